//! What is read from files, and that what is written is read again.

use std::collections::BTreeMap;

use entity::{Decimal, GoalState, KeyResultKind};
use proptest::prelude::*;

use super::{
    column::{Column, GoalType},
    csv,
    export::{Exported, Value, WholeExport},
    fault::{Fault, FaultCode},
    json,
    report::TOLD_AT_MOST,
    sheet::{Format, ROWS_AT_MOST, Sheet},
    wanted::{self, Wanted},
};
use crate::domain::trial::Trial;

fn read(format: Format, bytes: &[u8]) -> (Vec<Option<Wanted>>, Vec<String>) {
    let mut sheet = Sheet::read(format, bytes);
    let rows = wanted::read(&mut sheet);
    (rows, sheet.faults.into_first().iter().map(ToString::to_string).collect())
}

fn csv_of(text: &str) -> (Vec<Option<Wanted>>, Vec<String>) {
    read(Format::Csv, text.as_bytes())
}

/// The one fault of a file.
fn fault(format: Format, bytes: &[u8]) -> String {
    let (_, faults) = read(format, bytes);
    let [only] = faults.as_slice() else { panic!("one fault was expected, not {faults:#?}") };
    only.clone()
}

fn starts(format: Format, bytes: &[u8], start: &str) {
    let told = fault(format, bytes);
    assert!(told.starts_with(start), "{told}\nwas expected to begin with\n{start}");
}

#[test]
fn cells_have_types() {
    let text = "type,title,state,kind,start,target,weight,starts_on,current\r\n\
                key result,\"Two\nlines, \"\"quoted\"\"\",active,maintain-within,-1.5,'-2,0.25,2026-01-31,\r\n\
                \r\n,,,,,,,,\r\nOBJECTIVE, Grow ,,,,,,,\r\n";
    let (rows, faults) = csv_of(text);
    assert_eq!(faults, Vec::<String>::new());
    let [Some(first), Some(second)] = rows.as_slice() else { panic!("two rows") };
    assert_eq!(first.goal, GoalType::KeyResult);
    assert_eq!(first.title.as_deref(), Some("Two\nlines, \"quoted\""));
    assert_eq!(first.state, Some(GoalState::Active));
    assert_eq!(first.key_result_kind, Some(KeyResultKind::MaintainWithin));
    assert_eq!(first.start, Some(Some(Decimal(-1_500_000))));
    assert_eq!(first.target, Some(Some(Decimal(-2_000_000))));
    assert_eq!(first.weight, Some(0.25));
    assert_eq!(first.starts_on.flatten().map(|day| day.to_string()).as_deref(), Some("2026-01-31"));
    assert_eq!(first.current, None, "an empty cell of what cannot be taken away leaves it");
    assert_eq!(first.description, None, "a column that is left out says nothing");
    assert_eq!(second.title.as_deref(), Some("Grow"));
    assert_eq!(second.start, Some(None), "an empty cell says that nothing is there");
}

#[test]
fn semicolons_and_tabs_separate_too_and_a_byte_order_mark_is_no_text() {
    let (rows, faults) = csv_of("\u{feff}Type;Title;Start;Target\nKEY_RESULT;\"a;b\";0,125;12,5\n");
    assert_eq!(faults, Vec::<String>::new());
    let row = rows[0].as_ref().unwrap();
    assert_eq!((row.title.as_deref(), row.target.flatten()), (Some("a;b"), Some(Decimal(12_500_000))));
    assert_eq!(row.start.flatten(), Some(Decimal(125_000)));
    let (rows, faults) = csv_of("type\ttitle\nOBJECTIVE\ta,b;c\n");
    assert_eq!((rows[0].as_ref().unwrap().title.as_deref(), faults.len()), (Some("a,b;c"), 0));
    let ambiguous = "type;title;start\nKEY_RESULT;a;1,500\n";
    starts(Format::Csv, ambiguous.as_bytes(), "line 2, column start: \"1,500\" may be read in two ways");
    // A point may stand for thousands too, where a comma may stand before decimals.
    let ambiguous = "type;title;start\nKEY_RESULT;a;-1.500\n";
    starts(Format::Csv, ambiguous.as_bytes(), "line 2, column start: \"-1.500\" may be read in two ways");
    let (rows, faults) = csv_of(
        "type;title;start;target;current\nKEY_RESULT;a;0.500;1.5;1.5000\nKEY_RESULT;b;-0.125;1500;12.25\n",
    );
    assert_eq!(faults, Vec::<String>::new());
    let row = rows[0].as_ref().unwrap();
    assert_eq!((row.start.flatten(), row.current), (Some(Decimal(500_000)), Some(Decimal(1_500_000))));
    let (_, faults) = csv_of("type,title,start\nKEY_RESULT,a,1.500\n");
    assert_eq!(faults, Vec::<String>::new(), "a comma that separates cells stands before no decimals");
}

#[test]
fn every_fault_is_told_with_line_and_column() {
    let text = "type,title,weight,state,start,team,starts_on,priority\n\
                OBJECTIVE,a,heavy,done,,,,\n\
                KEY_RESULT,\"b\nb\",1,,12%,Build,31.01.2026,\n\
                EPIC,c,,,,,,\n\
                ,d,,,,,,NaN\n\
                OBJECTIVE,short\n\
                OBJECTIVE,e,,,5,,,1e999\n";
    let (_, faults) = csv_of(text);
    assert_eq!(
        faults,
        [
            "line 2, column state: \"done\" is none of DRAFT, ACTIVE, CLOSED, CANCELLED",
            "line 2, column weight: \"heavy\" is no number: write digits with at most one point, such as 0.5",
            "line 3, column team: is that of its objective: leave it empty for a key result",
            "line 3, column starts_on: \"31.01.2026\" is no day: write year, month and day, such as 2026-01-31",
            "line 3, column start: \"12%\" cannot be read: write the number alone and % into the column unit",
            "line 5, column type: \"EPIC\" is no type: write OBJECTIVE or KEY_RESULT",
            "line 6, column type: write OBJECTIVE or KEY_RESULT",
            "line 7: has 2 cells where the header has 8",
            "line 8, column start: belongs to key results: leave it empty for an objective",
            "line 8, column priority: \"1e999\" is no number: write digits with at most one point, such as 0.5",
        ]
    );
}

#[test]
fn headers_name_known_columns_once() {
    let (_, faults) = csv_of("title,Titel,title,Name\nOBJECTIVE,a,OBJECTIVE,b\n");
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(
        faults[0].starts_with("line 1, column Titel: is no column: use type, external_id, "),
        "{}",
        faults[0]
    );
    assert_eq!(faults[1], "line 1, column title: stands twice in the header");
    assert_eq!(faults[2], "line 1, column Name: is no column", "all names are listed once");
    assert_eq!(faults[3], "line 1, column type: is missing in the header");
    let (rows, faults) = csv_of("type,code,current\nKEY_RESULT,KR-1,5\n");
    assert_eq!((rows.len(), faults.len()), (1, 0), "a file that makes nothing needs no titles");
    for empty in ["", "\n\n", "\u{feff}"] {
        starts(Format::Csv, empty.as_bytes(), "line 1: the file is empty");
    }
    assert_eq!(csv_of("type,title\n").0.len(), 0);
}

#[test]
fn broken_files_are_refused_with_the_line() {
    for (bytes, start) in [
        (
            &b"type,title\nOBJECTIVE,\"never closed\nOBJECTIVE,b\n"[..],
            "line 2: the quote that opens here is never",
        ),
        (b"type,title\nOBJECTIVE,\"a\"b\n", "line 2: a quote inside a quoted cell is written twice"),
        (b"type,title\nOBJECTIVE,a\nOBJECTIVE,\xff\n", "line 3: a byte here is no UTF-8"),
        (b"\xff\xfet\0y\0", "line 1: the file is UTF-16"),
        (b"PK\x03\x04rest", "line 1: the file is a workbook"),
        (b"type,title\rOBJECTIVE,a\rOBJECTIVE,\"b\r", "line 3: the quote that opens here"),
        (b"type,title\nOBJECTIVE,a,surplus\n", "line 2: has 3 cells where the header has 2"),
        (b"type,title\nOBJECTIVE,a\0b\n", "line 2, column title: may not contain the NUL"),
    ] {
        starts(Format::Csv, bytes, start);
    }
    for (bytes, start) in [
        (&b""[..], "line 1: the file is empty"),
        (b"[\n {\n", "line 3: is no JSON at character"),
        (b"{ \"type\": 1 }", "line 1: the file is a list of objects"),
        (b"[\n 5 ]", "line 2, [0]: is no object"),
        (b"[\n {\n  \"titel\": 1 } ]", "line 3, [0], column titel: is no column"),
        (b"[ { \"title\": [1] } ]", "line 1, [0], column title: is a text, a number"),
        (b"[ { \"title\": \"a\",\n \"title\": \"b\" } ]", "line 2, [0], column title: stands twice"),
        (b"[ { \"title\": \"a\", \"key_results\": 5 } ]", "line 1, [0], column key_results: is a list"),
        (
            b"[ { \"title\": \"a\", \"key_results\": [ {\n \"weight\": \"x\" } ] } ]",
            "line 2, [0].key_results[0], column weight: \"x\" is no number",
        ),
        (
            b"[ { \"title\": \"a\", \"key_results\": [ { \"type\": \"OBJECTIVE\" } ] } ]",
            "line 1, [0].key_results[0], column type: only key results stand within",
        ),
    ] {
        starts(Format::Json, bytes, start);
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_whole() {
    let mut text = String::from("type,title\n");
    for _ in 0..=ROWS_AT_MOST {
        text.push_str("OBJECTIVE,a\n");
    }
    let sheet = Sheet::read(Format::Csv, text.as_bytes());
    assert_eq!((sheet.rows(), sheet.faults.count()), (0, 1));
    assert_eq!(sheet.faults.into_first()[0].code, FaultCode::Unreadable);
}

/// What is wrong may fill a file; it is told of in little, and read no further than one import takes.
#[test]
fn faults_without_end_are_counted_and_a_few_kept() {
    let many = 500_000;
    let faults = Sheet::read(Format::Csv, "a,".repeat(many).as_bytes()).faults;
    assert_eq!(faults.count(), many + 1);
    let first = faults.into_first();
    assert_eq!(first.len(), TOLD_AT_MOST);
    let is_long = |fault: &&Fault| fault.message.contains("check_in_reviewer_email");
    assert_eq!(first.iter().filter(is_long).count(), 1, "the names are listed once");
    // An unnamed column is none, and each further one is compared with the names that there are, not with all
    // the columns before it.
    let wide = format!("type,title,{}{}", ",".repeat(many), "unit,".repeat(100_000));
    assert_eq!(Sheet::read(Format::Csv, wide.as_bytes()).faults.count(), 99_999);

    let names = format!("[{{{}}}]", vec!["\"a\":1"; 100_000].join(","));
    let faults = Sheet::read(Format::Json, names.as_bytes()).faults;
    assert_eq!(faults.count(), 100_000);
    let first = faults.into_first();
    assert_eq!((first.len(), first.iter().filter(is_long).count()), (TOLD_AT_MOST, 1));

    let short = format!("type,title\n{}", "x\n".repeat(many));
    let numbers = format!("[{}5]", "5,".repeat(many));
    let nested = format!("[{{\"title\":\"a\",\"key_results\":{numbers}}}]");
    for (format, text) in [(Format::Csv, short), (Format::Json, numbers), (Format::Json, nested)] {
        let told = fault(format, text.as_bytes());
        assert!(told.starts_with("line 1: the file has more than the 10000 rows"), "{told}");
    }
    let below = format!("type,title\n{}", "x\n".repeat(ROWS_AT_MOST));
    assert_eq!(Sheet::read(Format::Csv, below.as_bytes()).faults.count(), ROWS_AT_MOST);
}

#[test]
fn the_first_faults_are_those_of_the_first_lines() {
    let rows: String = (0..400).map(|_| "OBJECTIVE,a,x\n").collect();
    let mut sheet = Sheet::read(Format::Csv, format!("type,title,weight\n{rows}y\n").as_bytes());
    wanted::read(&mut sheet);
    assert_eq!(sheet.faults.count(), 401);
    let lines: Vec<u64> = sheet.faults.into_first().iter().map(|fault| fault.line).collect();
    assert_eq!(lines, (2..102).collect::<Vec<u64>>(), "the short last line was found first");
}

#[test]
fn blanks_are_no_names() {
    let (rows, faults) = csv_of("type,external_id,code,title\nOBJECTIVE, , ,\" \"\n");
    assert_eq!(faults, Vec::<String>::new());
    let row = rows[0].as_ref().unwrap();
    assert_eq!((&row.external_id, &row.code, &row.title), (&None, &None, &None));
}

/// A cell that a program with other separators would break up is quoted, and none of its parts is a formula.
#[test]
fn cells_within_a_cell_are_no_formulas_either() {
    let rows = exported("Grow;=HYPERLINK(\"x\")", "a\t+1", "€", 1, 1.0);
    let text = csv::write(&rows);
    assert!(text.contains(",\"Grow;'=HYPERLINK(\"\"x\"\")\",\"a\t'+1\","), "{text}");
    let (read, faults) = csv_of(&text);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(read[0].as_ref().unwrap().title.as_deref(), Some("Grow;=HYPERLINK(\"x\")"));
    assert!(csv::write(&exported("a;b", "c", "d", 1, 1.0)).contains(",\"a;b\",c,"));
}

/// However few are read at a time, no key result is left out.
#[tokio::test]
async fn an_export_reads_key_results_until_all_are_there() {
    let trial = Trial::new().await;
    let (one, other) = (trial.objective("One", None).await.id, trial.objective("Other", None).await.id);
    for objective in [one, other, one, one, other] {
        trial.key_result(objective).await;
    }
    let scope = trial.scope(trial.leader).await;
    for at_a_time in [1, 2, 5, 100] {
        let members = scope.key_results_of(&[one, other], false, at_a_time, usize::MAX).await.unwrap();
        let numbers = |id| members[&id].iter().map(|row| row.number).collect::<Vec<i64>>();
        assert_eq!((numbers(one), numbers(other)), (vec![1, 3, 4], vec![2, 5]), "{at_a_time} at a time");
    }
    let members = scope.key_results_of(&[one, other], false, 2, 3).await.unwrap();
    assert_eq!(
        members.values().map(Vec::len).sum::<usize>(),
        4,
        "no more than tells that there are too many"
    );
}

#[test]
fn a_whole_export_tells_when_no_import_takes_it() {
    let of = |key_results| WholeExport { text: String::new(), objectives: 10, key_results };
    assert_eq!(of(ROWS_AT_MOST - 10).remark(), None);
    let told = of(ROWS_AT_MOST - 9).remark().unwrap();
    assert!(told.starts_with("10001 rows are more than the 10000 that one import takes"), "{told}");
}

#[test]
fn json_numbers_are_not_rounded() {
    let text = br#"[{ "title": "a", "key_results": [{ "title": "b", "target": 9223372036854.775807, "start": "-0.000001", "weight": 1 }] }]"#;
    let (rows, faults) = read(Format::Json, text);
    assert_eq!(faults, Vec::<String>::new());
    let row = rows[1].as_ref().unwrap();
    assert_eq!((row.target.flatten(), row.start.flatten()), (Some(Decimal(i64::MAX)), Some(Decimal(-1))));
    assert_eq!(row.goal, GoalType::KeyResult);
}

fn exported(title: &str, description: &str, unit: &str, value: i64, weight: f64) -> Vec<Exported> {
    let objective = BTreeMap::from([
        (Column::Type, Value::Word("OBJECTIVE".to_owned())),
        (Column::Title, Value::Text(title.to_owned())),
        (Column::Description, Value::Text(description.to_owned())),
        (Column::IncludeChildren, Value::Word("true".to_owned())),
        (Column::Weight, Value::Number(weight.to_string())),
    ]);
    let key_result = BTreeMap::from([
        (Column::Type, Value::Word("KEY_RESULT".to_owned())),
        (Column::Title, Value::Text(title.to_owned())),
        (Column::Unit, Value::Text(unit.to_owned())),
        (Column::Target, Value::Decimal(Decimal(value).to_string())),
        (Column::Start, Value::Nothing),
    ]);
    vec![
        Exported { goal: GoalType::Objective, values: objective },
        Exported { goal: GoalType::KeyResult, values: key_result },
    ]
}

/// Texts as people write them, and as attackers and spreadsheets do.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC*",
        "['=+@\\-\\t\\r\\n＝＋－＠\",; a0]{0,12}",
        "(;|\t|'|\"|=|-|a){0,10}",
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

proptest! {
    #[test]
    fn any_text_in_a_cell_comes_back(
        title in any_text(),
        description in any_text(),
        unit in any_text(),
        value in any::<i64>(),
        weight in 0.0..1e6_f64,
    ) {
        let rows = exported(&title, &description, &unit, value, weight);
        let files = [(Format::Csv, csv::write(&rows)), (Format::Json, json::write(&rows))];
        for (format, text) in files {
            let (read, faults) = read(format, text.as_bytes());
            prop_assert_eq!(faults, Vec::<String>::new(), "{}", text);
            let (first, second) = (read[0].as_ref().unwrap(), read[1].as_ref().unwrap());
            let trimmed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            prop_assert_eq!(first.title.clone().filter(|title| !title.is_empty()), trimmed(&title));
            let whole = Some(description.clone()).filter(|text| !text.trim().is_empty());
            prop_assert_eq!(first.description.clone(), Some(whole));
            prop_assert_eq!(second.unit.clone(), Some(trimmed(&unit)));
            prop_assert_eq!(second.target, Some(Some(Decimal(value))));
            prop_assert_eq!(second.start, Some(None));
            prop_assert_eq!((first.weight, first.include_children), (Some(weight), Some(true)));
        }
    }

    /// What a spreadsheet program would run never stands at the start of a cell of text, nor where a program
    /// with other separators sees one.
    #[test]
    fn no_cell_of_text_begins_like_a_formula(text in any_text()) {
        let written = super::cell::escaped(&text);
        prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", written);
        for cell in written.split([';', '\t']) {
            let bare = cell.trim_start_matches('"');
            prop_assert!(!bare.starts_with(['=', '+', '-', '@', '\r', '＝', '＋', '－', '＠']), "{:?}", written);
        }
        prop_assert_eq!(super::cell::unescaped(&written), text);
    }

    /// Whatever the bytes, a file is read or refused, and never more than told.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in [Format::Csv, Format::Json] {
            let sheet = Sheet::read(format, &bytes);
            prop_assert!(sheet.rows() > 0 || !sheet.faults.is_empty() || format == Format::Json);
        }
    }
}

/// The README is where people look the columns up.
#[test]
fn the_readme_names_every_column() {
    let readme = include_str!("../../../../README.md");
    for column in Column::ALL {
        assert!(
            readme.contains(&format!("`{}`", column.name())),
            "README.md does not name {}",
            column.name()
        );
    }
}
