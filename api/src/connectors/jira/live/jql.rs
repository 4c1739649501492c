//! Queries in Jira's own language.

use chrono::TimeZone as _;
use chrono_tz::Tz;
use entity::Instant;

use crate::domain::sync::port::ToolError;

/// Seconds that are asked for once more before the last change that is known: the language tells minutes only, and
/// the index of a search comes after what it is an index of.
const OVERLAP: i64 = 120;

/// An hour in seconds.
const HOUR: i64 = 3_600;

/// Hours that are gone back to find one that clocks go through only once.
const HOURS_BACK: i64 = 3;

/// Longest query of an admin, in characters.
const SCOPE_AT_MOST: usize = 5_000;

/// What bounds the issues of a project: the admin's own condition, and the time from which they have changed.
pub(super) fn within(project: &str, scope: Option<&str>, since: Option<&str>) -> String {
    let mut condition = format!("project = {}", quoted(project));
    if let Some(scope) = scope {
        condition.push_str(" AND ");
        condition.push_str(scope);
    }
    if let Some(since) = since {
        condition.push_str(" AND updated >= ");
        condition.push_str(&quoted(since));
    }
    condition
}

/// Issues by their ids, which are numbers; those outside of the admin's condition are not among them.
pub(super) fn these(ids: &[&str], scope: Option<&str>) -> String {
    let condition = format!("id in ({})", ids.join(", "));
    scope.map_or_else(|| condition.clone(), |scope| format!("{condition} AND {scope}"))
}

/// A text that stands for itself.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// The time from which changes are asked for, two minutes before the one given and as clocks show it in the time zone
/// of the account, for so it is read; none where no clock shows it.
///
/// An hour that clocks go through twice may be read as the later one: then an earlier one is asked for.
pub(super) fn since(since: Instant, zone: Tz) -> Option<String> {
    let shown = (0..=HOURS_BACK)
        .filter_map(|hours| since.plus_seconds(-OVERLAP - hours * HOUR).to_utc())
        .map(|at| at.with_timezone(&zone).naive_local())
        .find(|shown| zone.from_local_datetime(shown).single().is_some())?;
    Some(shown.format("%Y/%m/%d %H:%M").to_string())
}

/// An admin's condition in parentheses, without its order; none where nothing is left.
///
/// # Errors
/// [`ToolError::Refused`] where a parenthesis or a quotation is not closed: what it bounds would not be bounded.
pub(super) fn scope(told: &str) -> Result<Option<String>, ToolError> {
    let refused = |message: String| Err(ToolError::Refused(message));
    if told.chars().nth(SCOPE_AT_MOST).is_some() {
        return refused(format!("the option jql has {SCOPE_AT_MOST} characters at most"));
    }
    let condition = without_order(told).trim();
    if !is_closed(condition) {
        let message =
            "a parenthesis or quotation of the option jql is not closed, or is closed before it is opened";
        return refused(message.to_owned());
    }
    Ok((!condition.is_empty()).then(|| format!("({condition})")))
}

/// What of a query is plain: each of its characters outside of quotations, with the place where it stands.
struct Plain<'q> {
    characters: std::str::CharIndices<'q>,
    quotation: Option<char>,
}

impl<'q> Plain<'q> {
    fn of(query: &'q str) -> Self {
        Self { characters: query.char_indices(), quotation: None }
    }
}

impl Iterator for Plain<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        loop {
            let (at, c) = self.characters.next()?;
            match (self.quotation, c) {
                // Whatever stands behind it stands for itself.
                (_, '\\') => {
                    self.characters.next();
                }
                (None, '"' | '\'') => self.quotation = Some(c),
                (None, _) => return Some((at, c)),
                (Some(open), _) if open == c => self.quotation = None,
                (Some(_), _) => {}
            }
        }
    }
}

/// The condition before `ORDER BY`.
fn without_order(query: &str) -> &str {
    let begins = |at: usize| {
        let before = query.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !is_of_word(c)) && query.get(at..).is_some_and(is_order)
    };
    let end = Plain::of(query).map(|(at, _)| at).find(|at| begins(*at));
    end.and_then(|end| query.get(..end)).unwrap_or(query)
}

fn is_order(text: &str) -> bool {
    let Some(rest) = after_word(text, "order") else { return false };
    let by = rest.trim_start();
    by.len() < rest.len() && after_word(by, "by").is_some_and(|rest| !rest.starts_with(is_of_word))
}

fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (begin, rest) = text.split_at_checked(word.len())?;
    begin.eq_ignore_ascii_case(word).then_some(rest)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether every parenthesis and quotation of it is closed in it, so that nothing behind it is drawn in.
fn is_closed(condition: &str) -> bool {
    let mut plain = Plain::of(condition);
    let mut open = 0_usize;
    for (_, c) in plain.by_ref() {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return false,
            ')' => open -= 1,
            _ => {}
        }
    }
    // A lone backslash at the end would take the parenthesis that we put there.
    let ends = condition.chars().rev().take_while(|c| *c == '\\').count() % 2 == 0;
    open == 0 && plain.quotation.is_none() && ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        crate::connectors::date::instant(text).unwrap()
    }

    #[test]
    fn conditions_are_put_together() {
        assert_eq!(within("10000", None, None), "project = \"10000\"");
        assert_eq!(
            within("10000", Some("(a = 1 OR b = 2)"), Some("2026/03/01 09:58")),
            "project = \"10000\" AND (a = 1 OR b = 2) AND updated >= \"2026/03/01 09:58\""
        );
        assert_eq!(within("a\" OR \\x\n", None, None), r#"project = "a\" OR \\x""#);
        assert_eq!(these(&["1", "20"], None), "id in (1, 20)");
        assert_eq!(these(&["1"], Some("(a = 1)")), "id in (1) AND (a = 1)");
    }

    #[test]
    fn the_time_is_that_of_the_accounts_clock() {
        for (zone, time, shown) in [
            ("UTC", "2026-03-01T10:00:30Z", "2026/03/01 09:58"),
            ("America/New_York", "2026-03-01T00:01:00Z", "2026/02/28 18:59"),
            ("Asia/Kolkata", "2026-03-01T10:00:00Z", "2026/03/01 15:28"),
            ("Etc/GMT+12", "2026-03-01T10:00:00Z", "2026/02/28 21:58"),
            // 02:28 comes twice that night; before it, 01:28 came once.
            ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026/10/25 01:28"),
            ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026/10/25 01:28"),
            ("Europe/Berlin", "2026-10-25T02:30:00Z", "2026/10/25 03:28"),
            ("Europe/Berlin", "2026-03-29T01:01:00Z", "2026/03/29 01:59"),
        ] {
            assert_eq!(since(at(time), zone.parse().unwrap()).as_deref(), Some(shown), "{zone} {time}");
        }
        assert_eq!(since(Instant(i64::MAX), Tz::UTC), None);
    }

    #[test]
    fn an_admins_condition_stays_within_its_parentheses() {
        for (told, condition) in [
            ("", None),
            ("  order by created", None),
            ("labels = okr", Some("(labels = okr)")),
            (" a = 1 OR b = 2 Order  By rank DESC", Some("(a = 1 OR b = 2)")),
            ("a = 1\nORDER\nBY key", Some("(a = 1)")),
            ("summary ~ \"order by me\" ORDER BY key", Some("(summary ~ \"order by me\")")),
            ("summary ~ 'it\\'s (' AND (a = 1)", Some("(summary ~ 'it\\'s (' AND (a = 1))")),
            ("reorder by = 1", Some("(reorder by = 1)")),
            ("order bye", Some("(order bye)")),
            ("status = \"größer\" order by x", Some("(status = \"größer\")")),
        ] {
            assert_eq!(scope(told), Ok(condition.map(str::to_owned)), "{told}");
        }
        let long = "x".repeat(5_001);
        for told in
            ["(", ")", "a = 1) OR (b = 2", "a ~ \"x", "a ~ 'x\"", "a = x\\", "(a order by b)", long.as_str()]
        {
            assert!(matches!(scope(told), Err(ToolError::Refused(_))), "{told}");
        }
    }
}
