//! Settings of an organization.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::enums::ConnectionModel;
use crate::domain::settings::{Settings, SettingsPatch};

/// What happens to a link that the connection model does not foresee.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::settings::OutsideModel")]
pub enum OutsideModel {
    /// The link is made, with a warning.
    Warn,
    /// The link is refused.
    Refuse,
}

/// What happens when a project goes in progress without a link, an acknowledgement or a waiver.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::settings::Gate")]
pub enum Gate {
    /// Nothing.
    Off,
    /// It starts with a warning, and a finding is opened.
    Warn,
    /// It does not start; a project that a tool moves gets a finding, since the tool is not stopped.
    Block,
}

/// What a rule for good objectives does.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::settings::CheckRule")]
pub enum CheckRule {
    /// Nothing.
    Off,
    /// It is told by `objectiveCheck`.
    Advise,
    /// It is told, and keeps an objective from being published.
    Block,
}

/// Declares the object and the input from one table; a test holds it to the catalogue of the domain.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $field:ident: $kind:ty;)+) => {
        /// How an organization practises OKRs; every setting has a default, which it shows until changed.
        #[derive(SimpleObject, Clone, Debug, PartialEq)]
        pub struct OrganizationSettings {
            $($(#[doc = $doc])+ pub $field: $kind,)+
        }

        /// A change of some settings; what is left out or null stays.
        #[derive(InputObject, Clone, Debug, Default)]
        pub struct OrganizationSettingsInput {
            $($(#[doc = $doc])+ pub $field: Option<$kind>,)+
        }

        impl From<Settings> for OrganizationSettings {
            fn from(settings: Settings) -> Self {
                Self { $($field: settings.$field.into(),)+ }
            }
        }

        impl From<OrganizationSettingsInput> for SettingsPatch {
            fn from(input: OrganizationSettingsInput) -> Self {
                Self { $($field: input.$field.map(Into::into),)+ }
            }
        }
    };
}

settings! {
    /// Which kinds of work may serve which kinds of goals; a team may set its own. Default: ANY.
    connection_model: ConnectionModel;
    /// Whether a link outside the connection model is made with a warning, or refused. Default: WARN.
    outside_model: OutsideModel;
    /// What a task in progress counts in completion, as a share of a done one: 0–1. Default: 0. All numbers
    /// are computed anew soon after a change.
    partial_credit: f64;
    /// Greatest gap between expected and actual progress at which pace is still ON_TRACK, as a share of 1:
    /// 0–1. Default: 0.1.
    on_track_gap: f64;
    /// Greatest gap between expected and actual progress at which pace is still AT_RISK, as a share of 1;
    /// beyond it pace is OFF_TRACK: 0–1, not below `onTrackGap`. Default: 0.25.
    at_risk_gap: f64;
    /// Days between check-ins where neither the key result nor its objective, one above it, or the cycle says
    /// otherwise: 1–366. Default: 7.
    check_in_days: i32;
    /// Days that a check-in may be overdue before health becomes OUTDATED: 0–90. Default: 3.
    grace_days: i32;
    /// Hours after the last good sync at which numbers that come from a tool become OUTDATED: 1–8760.
    /// Default: 24.
    external_stale_hours: i32;
    /// Whether a bare code such as KR-12 in a description makes a link, without brackets or a hash sign.
    /// Default: false. The texts of all work are read again soon after a change.
    bare_tokens: bool;
    /// Whether links made by references or rules count only once a person has confirmed them. Default:
    /// false. All numbers are computed anew soon after a change.
    require_confirm: bool;
    /// Direct links on one item beyond which it is over-linked: 1–100. Default: 3.
    max_links: i32;
    /// What happens when a project goes in progress without a link, an acknowledgement or a waiver. Default:
    /// WARN.
    gate: Gate;
    /// Days after which a link to work that ended, and that nobody confirmed since, is stale: 1–3650. Default: 60.
    work_done_long_ago_days: i32;
    /// Days without any movement of open work after which its links are stale: 1–3650. Default: 30.
    no_activity_days: i32;
    /// Days after which a link that waits for confirmation, with `requireConfirm`, is stale: 1–3650. Default: 14.
    never_confirmed_days: i32;
    /// Days within which an acknowledged opportunity must be evaluated: 1–366. Default: 14.
    evaluation_days: i32;
    /// Longest time that an acknowledged emergency may last, in days: 1–366. Default: 14.
    emergency_days: i32;
    /// Longest time for which the gate may be waived for a project, and a finding be put off or accepted, in
    /// days: 1–366. Default: 30.
    waiver_days: i32;
    /// Growth of a project's scope that opens a review of its links, as a share of the scope before: 0–10.
    /// Default: 0.2.
    scope_growth: f64;
    /// Tasks of a project that are linked one by one to one goal from which on the project should be linked:
    /// 2–1000. Default: 5.
    granularity_tasks: i32;
    /// Share of a project's tasks that these must be, as a share of 1: 0–1. Default: 0.5.
    granularity_share: f64;
    /// What it means for publishing that an objective has no key result. Default: ADVISE.
    check_no_key_result: CheckRule;
    /// What it means for publishing that an objective has more key results than `maxKeyResults`. Default:
    /// ADVISE.
    check_too_many_key_results: CheckRule;
    /// Key results of one objective beyond which there are too many: 1–100. Default: 5.
    max_key_results: i32;
    /// What it means for publishing that an objective has no owner. Default: ADVISE.
    check_no_owner: CheckRule;
    /// What it means for publishing that the target of a key result is its start. Default: ADVISE.
    check_target_is_start: CheckRule;
    /// Whether key results that are worded like tasks are told of; that never blocks. Default: true.
    check_task_wording: bool;
    /// What stands before the hyphen in the code of an objective: 1–10 characters A–Z and 0–9, beginning
    /// with a letter. Default: O. Codes under earlier prefixes stay valid; a prefix that a synced tool's keys
    /// have is refused.
    objective_prefix: String;
    /// What stands before the hyphen in the code of a key result: 1–10 characters A–Z and 0–9, beginning
    /// with a letter. Default: KR. Codes under earlier prefixes stay valid; a prefix that a synced tool's
    /// keys have is refused.
    key_result_prefix: String;
}

#[cfg(test)]
mod tests {
    use async_graphql::{InputType, OutputType};
    use serde_json::Value;

    use super::*;
    use crate::{
        domain::settings::{Range, SETTINGS},
        graphql::schema,
    };

    /// Range and default, as a description writes them.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
    fn facts(info: &crate::domain::settings::SettingInfo) -> Vec<String> {
        let default = match (info.default)() {
            Value::String(text) => text,
            Value::Number(number) if number.as_f64() == Some(0.0) => "0".to_owned(),
            other => other.to_string(),
        };
        let range = match info.range {
            Range::Number { min, max } => Some(format!("{min}–{max}")),
            Range::Whole { min, max } => Some(format!("{min}–{max}")),
            Range::Choice(_) | Range::Flag | Range::Prefix => None,
        };
        range.into_iter().chain([format!("Default: {default}.")]).collect()
    }

    #[test]
    fn every_setting_can_be_read_and_written_and_says_its_range_and_default() {
        let sdl = schema().sdl();
        for (kind, of) in [
            ("type", OrganizationSettings::type_name()),
            ("input", <OrganizationSettingsInput as InputType>::type_name()),
        ] {
            let start = sdl.find(&format!("{kind} {of} {{")).unwrap();
            let body = &sdl[start..start + sdl[start..].find("\n}").unwrap()];
            let mut rest = body;
            for info in SETTINGS {
                let at = rest.find(&format!("\t{}: ", info.name)).unwrap_or_else(|| panic!("{}", info.name));
                let description = rest[..at].split_whitespace().collect::<Vec<_>>().join(" ");
                for fact in facts(info) {
                    assert!(description.contains(&fact), "{kind} {}: {fact} in {description}", info.name);
                }
                rest = &rest[at + 1..];
            }
            assert_eq!(body.matches("\t\"\"\"\n").count(), 2 * SETTINGS.len(), "no setting of its own");
        }
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let input = OrganizationSettingsInput {
            gate: Some(Gate::Block),
            max_links: Some(5),
            ..OrganizationSettingsInput::default()
        };
        let mut settings = Settings::default();
        settings.apply(input.into());
        let shown = OrganizationSettings::from(settings);
        assert_eq!((shown.gate, shown.max_links, shown.grace_days), (Gate::Block, 5, 3));
    }
}
