//! Settings of an organization: OKR practice, which belongs to leaders.
//!
//! The numbers of the design that an organization may choose stand in one table below, each with its
//! default, range and meaning; the typed [`Settings`], the patch, the checks and the catalogue are made
//! from it, so that none can be forgotten. The time zone is not here: it is a column of the organization.
//!
//! Stored is a JSON object of what differs from the defaults, so that a better default reaches everybody
//! who did not choose. A key that this version does not know is ignored and written back as it was:
//! during an upgrade nodes of two versions share the row, and neither may break on, or wipe, what the
//! other wrote. A known key of the wrong kind is an error, never silently the default.

mod range;

use entity::ConnectionModel;
use serde_json::{Map, Value};

pub use range::{CheckRule, Gate, OutsideModel, Range, SettingInfo};

use range::SettingKind;

/// Makes the types, the catalogue and the walks over all settings from one table.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $field:ident, $name:literal: $kind:ty = $default:expr, $range:expr;)+) => {
        /// Settings of an organization, complete: what it did not choose holds the default.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $field: $kind,)+
            /// Stored keys that this version does not know, kept for the version that does.
            pub unrecognized: Map<String, Value>,
        }

        /// A change of some settings; what is null stays. A setting returns to its default by being set
        /// to it, for what equals the default is not stored.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct SettingsPatch {
            $($(#[doc = $doc])+ pub $field: Option<$kind>,)+
        }

        /// Every setting, in the order of the documentation.
        pub const SETTINGS: &[SettingInfo] = &[
            $(SettingInfo {
                name: $name,
                description: concat!($($doc),+).trim_ascii(),
                range: $range,
                default: || <$kind as SettingKind>::to_json(&$default),
            },)+
        ];

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)+ unrecognized: Map::new() }
            }
        }

        impl Settings {
            /// Changes what the patch names.
            pub fn apply(&mut self, patch: SettingsPatch) {
                $(if let Some(value) = patch.$field {
                    self.$field = value;
                })+
            }

            /// The value of a setting by its name, as JSON; null for a name that is none.
            #[must_use]
            pub fn value(&self, name: &str) -> Option<Value> {
                match name {
                    $($name => Some(self.$field.to_json()),)+
                    _ => None,
                }
            }

            fn from_object(mut stored: Map<String, Value>) -> Result<Self, StoredSettingsError> {
                let mut settings = Self::default();
                $(match stored.remove($name) {
                    None | Some(Value::Null) => {}
                    Some(found) => {
                        settings.$field = SettingKind::from_json(&found).ok_or_else(|| {
                            StoredSettingsError::WrongKind { name: $name, wanted: $range, found }
                        })?;
                    }
                })+
                settings.unrecognized = stored;
                Ok(settings)
            }

            fn to_object(&self) -> Map<String, Value> {
                let default = Self::default();
                let mut stored = self.unrecognized.clone();
                $(if self.$field != default.$field {
                    stored.insert($name.to_owned(), self.$field.to_json());
                })+
                stored
            }

            fn outside_range(&self) -> Vec<SettingProblem> {
                let mut problems = Vec::new();
                $(if !self.$field.fits(&$range) {
                    problems.push(SettingProblem {
                        field: $name,
                        message: format!("must be {}", $range),
                    });
                })+
                problems
            }
        }
    };
}

settings! {
    /// Which kinds of work may serve which kinds of goals; a team may set its own.
    connection_model, "connectionModel": ConnectionModel = ConnectionModel::Any,
        Range::Choice(&["KEY_RESULT_TO_PROJECT", "OBJECTIVE_TO_PROJECT", "TASK_TO_KEY_RESULT", "ANY"]);
    /// Whether a link outside the connection model is made with a warning, or refused.
    outside_model, "outsideModel": OutsideModel = OutsideModel::Warn, Range::Choice(&["WARN", "REFUSE"]);
    /// What a task in progress counts in completion, as a share of a done one.
    partial_credit, "partialCredit": f64 = 0.0, Range::Number { min: 0.0, max: 1.0 };
    /// Greatest gap between expected and actual progress at which pace is still ON_TRACK, as a share of 1.
    on_track_gap, "onTrackGap": f64 = 0.10, Range::Number { min: 0.0, max: 1.0 };
    /// Greatest gap between expected and actual progress at which pace is still AT_RISK, as a share of 1;
    /// beyond it pace is OFF_TRACK.
    at_risk_gap, "atRiskGap": f64 = 0.25, Range::Number { min: 0.0, max: 1.0 };
    /// Days between check-ins where neither the key result nor its objective, one above it, or the cycle says
    /// otherwise.
    check_in_days, "checkInDays": i32 = 7, Range::Whole { min: 1, max: 366 };
    /// Days that a check-in may be overdue before health becomes OUTDATED.
    grace_days, "graceDays": i32 = 3, Range::Whole { min: 0, max: 90 };
    /// Hours after the last good sync at which numbers that come from a tool become OUTDATED.
    external_stale_hours, "externalStaleHours": i32 = 24, Range::Whole { min: 1, max: 8760 };
    /// Whether a bare code such as KR-12 in a description makes a link, without brackets or a hash sign.
    bare_tokens, "bareTokens": bool = false, Range::Flag;
    /// Whether links made by references or rules count only once a person has confirmed them.
    require_confirm, "requireConfirm": bool = false, Range::Flag;
    /// Direct links on one item beyond which it is over-linked.
    max_links, "maxLinks": i32 = 3, Range::Whole { min: 1, max: 100 };
    /// What happens when a project goes in progress without a link, an acknowledgement or a waiver.
    gate, "gate": Gate = Gate::Warn, Range::Choice(&["OFF", "WARN", "BLOCK"]);
    /// Days after which a link to finished work is stale.
    work_done_long_ago_days, "workDoneLongAgoDays": i32 = 60, Range::Whole { min: 1, max: 3650 };
    /// Days without any movement after which a link is stale.
    no_activity_days, "noActivityDays": i32 = 30, Range::Whole { min: 1, max: 3650 };
    /// Days after which a link that waits for confirmation is stale.
    never_confirmed_days, "neverConfirmedDays": i32 = 14, Range::Whole { min: 1, max: 3650 };
    /// Days within which an acknowledged opportunity must be evaluated.
    evaluation_days, "evaluationDays": i32 = 14, Range::Whole { min: 1, max: 366 };
    /// Longest time that an acknowledged emergency may last, in days.
    emergency_days, "emergencyDays": i32 = 14, Range::Whole { min: 1, max: 366 };
    /// Longest time for which the gate may be waived for a project, and a finding be put off or accepted, in
    /// days.
    waiver_days, "waiverDays": i32 = 30, Range::Whole { min: 1, max: 366 };
    /// Growth of a project's scope that opens a review of its links, as a share of the scope before.
    scope_growth, "scopeGrowth": f64 = 0.20, Range::Number { min: 0.0, max: 10.0 };
    /// Tasks of a project that are linked one by one to one goal from which on the project should be linked.
    granularity_tasks, "granularityTasks": i32 = 5, Range::Whole { min: 2, max: 1000 };
    /// Share of a project's tasks that these must be, as a share of 1.
    granularity_share, "granularityShare": f64 = 0.5, Range::Number { min: 0.0, max: 1.0 };
    /// What it means for publishing that an objective has no key result.
    check_no_key_result, "checkNoKeyResult": CheckRule = CheckRule::Advise,
        Range::Choice(&["OFF", "ADVISE", "BLOCK"]);
    /// What it means for publishing that an objective has more key results than maxKeyResults.
    check_too_many_key_results, "checkTooManyKeyResults": CheckRule = CheckRule::Advise,
        Range::Choice(&["OFF", "ADVISE", "BLOCK"]);
    /// Key results of one objective beyond which there are too many.
    max_key_results, "maxKeyResults": i32 = 5, Range::Whole { min: 1, max: 100 };
    /// What it means for publishing that an objective has no owner.
    check_no_owner, "checkNoOwner": CheckRule = CheckRule::Advise,
        Range::Choice(&["OFF", "ADVISE", "BLOCK"]);
    /// What it means for publishing that the target of a key result is its start.
    check_target_is_start, "checkTargetIsStart": CheckRule = CheckRule::Advise,
        Range::Choice(&["OFF", "ADVISE", "BLOCK"]);
    /// Whether key results that are worded like tasks are told of; that never blocks.
    check_task_wording, "checkTaskWording": bool = true, Range::Flag;
    /// What stands before the hyphen in the code of an objective; earlier prefixes stay valid.
    objective_prefix, "objectivePrefix": String = "O".to_owned(), Range::Prefix;
    /// What stands before the hyphen in the code of a key result; earlier prefixes stay valid.
    key_result_prefix, "keyResultPrefix": String = "KR".to_owned(), Range::Prefix;
}

/// Why stored settings cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredSettingsError {
    /// The text is no JSON object.
    #[error("the stored settings are not a JSON object: {0}")]
    NotAnObject(#[from] serde_json::Error),
    /// A setting holds a value of another kind.
    #[error("the stored setting {name} must be {wanted}, and is {found}")]
    WrongKind {
        /// Its name.
        name: &'static str,
        /// What it may hold.
        wanted: Range,
        /// What was found.
        found: Value,
    },
}

/// What a person can mend about a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// Name of the setting in the API.
    pub field: &'static str,
    /// What is wanted, as the end of a sentence that begins with the field.
    pub message: String,
}

impl Settings {
    /// Reads what an organization's row holds and fills in the defaults.
    ///
    /// Ranges are not checked again: every write was, and a range that became narrower since must not
    /// lock an organization out of its own settings.
    ///
    /// # Errors
    /// When the text is no JSON object, or a known setting is of the wrong kind.
    pub fn from_stored(stored: &str) -> Result<Self, StoredSettingsError> {
        Self::from_object(serde_json::from_str(stored)?)
    }

    /// Writes what differs from the defaults as a JSON object, keys in the order of the alphabet.
    #[must_use]
    pub fn to_stored(&self) -> String {
        Value::Object(self.to_object()).to_string()
    }

    /// Lists what keeps these settings from being stored: values out of range, and values that
    /// contradict each other. Empty means valid.
    #[must_use]
    pub fn validate(&self) -> Vec<SettingProblem> {
        let mut problems = self.outside_range();
        if self.at_risk_gap < self.on_track_gap {
            problems.push(SettingProblem {
                field: "atRiskGap",
                message: format!("must not be below onTrackGap, which is {}", self.on_track_gap),
            });
        }
        if self.key_result_prefix == self.objective_prefix {
            problems.push(SettingProblem {
                field: "keyResultPrefix",
                message: format!("must differ from objectivePrefix, which is {}", self.objective_prefix),
            });
        }
        problems
    }
}

#[cfg(test)]
mod tests;
