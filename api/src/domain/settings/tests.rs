//! Tests of the settings: stored form, ranges, catalogue.

use serde_json::json;

use super::*;

fn problems(change: impl FnOnce(&mut Settings)) -> Vec<(&'static str, String)> {
    let mut settings = Settings::default();
    change(&mut settings);
    settings.validate().into_iter().map(|problem| (problem.field, problem.message)).collect()
}

#[test]
fn defaults_are_those_of_the_design() {
    let expected = json!({
        "connectionModel": "ANY", "outsideModel": "WARN", "partialCredit": 0.0, "onTrackGap": 0.1,
        "atRiskGap": 0.25, "checkInDays": 7, "graceDays": 3, "externalStaleHours": 24, "bareTokens": false,
        "requireConfirm": false, "maxLinks": 3, "gate": "WARN", "workDoneLongAgoDays": 60,
        "noActivityDays": 30, "neverConfirmedDays": 14, "evaluationDays": 14, "emergencyDays": 14,
        "waiverDays": 30, "scopeGrowth": 0.2, "granularityTasks": 5, "granularityShare": 0.5,
        "objectivePrefix": "O", "keyResultPrefix": "KR",
        "checkNoKeyResult": "ADVISE", "checkTooManyKeyResults": "ADVISE", "maxKeyResults": 5,
        "checkNoOwner": "ADVISE", "checkTargetIsStart": "ADVISE", "checkTaskWording": true,
    });
    let catalogue: Map<String, Value> =
        SETTINGS.iter().map(|info| (info.name.to_owned(), (info.default)())).collect();
    assert_eq!(Value::Object(catalogue), expected);
    let settings = Settings::default();
    for info in SETTINGS {
        assert_eq!(settings.value(info.name), Some((info.default)()), "{}", info.name);
        assert!(info.description.ends_with('.') && !info.description.starts_with(' '), "{}", info.name);
    }
    assert_eq!(settings.value("colour"), None);
    assert_eq!(settings.validate(), []);
}

#[test]
fn every_name_of_a_choice_can_be_stored() {
    let mut choices = 0;
    for info in SETTINGS {
        if let Range::Choice(names) = info.range {
            for name in names {
                let stored = json!({ (info.name): name }).to_string();
                let settings = Settings::from_stored(&stored).unwrap();
                assert_eq!(settings.value(info.name), Some(json!(name)));
                assert_eq!(settings.validate(), []);
                choices += 1;
            }
        }
    }
    assert_eq!(choices, 4 + 2 + 3 + 4 * 3);
}

#[test]
fn only_what_differs_is_stored() {
    assert_eq!(Settings::default().to_stored(), "{}");
    let mut settings = Settings::from_stored("{}").unwrap();
    settings.apply(SettingsPatch {
        grace_days: Some(5),
        gate: Some(Gate::Block),
        partial_credit: Some(0.5),
        bare_tokens: Some(false),
        ..SettingsPatch::default()
    });
    assert_eq!(settings.to_stored(), r#"{"gate":"BLOCK","graceDays":5,"partialCredit":0.5}"#);
    assert_eq!(Settings::from_stored(&settings.to_stored()).unwrap(), settings);
    settings.apply(SettingsPatch { grace_days: Some(3), ..SettingsPatch::default() });
    assert_eq!(settings.to_stored(), r#"{"gate":"BLOCK","partialCredit":0.5}"#);
}

#[test]
fn unknown_keys_survive_and_wrong_kinds_do_not_pass() {
    let mut settings = Settings::from_stored(r#"{"moonPhase":{"a":1},"maxLinks":4,"gate":null}"#).unwrap();
    assert_eq!((settings.max_links, settings.gate), (4, Gate::Warn));
    settings.max_links = 3;
    assert_eq!(settings.to_stored(), r#"{"moonPhase":{"a":1}}"#);
    for (stored, named) in [
        (r#"{"maxLinks":"4"}"#, "maxLinks"),
        (r#"{"maxLinks":4.5}"#, "maxLinks"),
        (r#"{"maxLinks":3000000000}"#, "maxLinks"),
        (r#"{"gate":"OPEN"}"#, "gate"),
        (r#"{"bareTokens":1}"#, "bareTokens"),
        (r#"{"partialCredit":true}"#, "partialCredit"),
        (r#"{"objectivePrefix":7}"#, "objectivePrefix"),
        ("[]", "object"),
        ("", "object"),
    ] {
        let error = Settings::from_stored(stored).unwrap_err().to_string();
        assert!(error.contains(named), "{stored}: {error}");
    }
}

#[test]
fn ranges_are_told() {
    for (change, field) in [
        (
            Box::new(|settings: &mut Settings| settings.partial_credit = 1.1)
                as Box<dyn FnOnce(&mut Settings)>,
            "partialCredit",
        ),
        (Box::new(|settings| settings.partial_credit = -0.1), "partialCredit"),
        (Box::new(|settings| settings.partial_credit = f64::NAN), "partialCredit"),
        (Box::new(|settings| settings.scope_growth = f64::INFINITY), "scopeGrowth"),
        (Box::new(|settings| settings.check_in_days = 0), "checkInDays"),
        (Box::new(|settings| settings.check_in_days = 367), "checkInDays"),
        (Box::new(|settings| settings.grace_days = -1), "graceDays"),
        (Box::new(|settings| settings.max_links = 0), "maxLinks"),
        (Box::new(|settings| settings.objective_prefix = String::new()), "objectivePrefix"),
        (Box::new(|settings| settings.objective_prefix = "ABCDEFGHIJK".to_owned()), "objectivePrefix"),
        (Box::new(|settings| settings.objective_prefix = "o".to_owned()), "objectivePrefix"),
        (Box::new(|settings| settings.objective_prefix = "1O".to_owned()), "objectivePrefix"),
        (Box::new(|settings| settings.objective_prefix = "O-K".to_owned()), "objectivePrefix"),
        (Box::new(|settings| settings.key_result_prefix = "ÄR".to_owned()), "keyResultPrefix"),
        (Box::new(|settings| settings.key_result_prefix = "O".to_owned()), "keyResultPrefix"),
        (Box::new(|settings| settings.at_risk_gap = 0.05), "atRiskGap"),
    ] {
        let found = problems(change);
        assert_eq!(found.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [field]);
    }
    assert_eq!(
        problems(|settings| settings.grace_days = 91),
        [("graceDays", "must be a whole number from 0 to 90".to_owned())]
    );
    assert_eq!(problems(|settings| settings.objective_prefix = "OBJ2026ABC".to_owned()), []);
    assert_eq!(problems(|settings| (settings.on_track_gap, settings.at_risk_gap) = (0.2, 0.2)), []);
}
