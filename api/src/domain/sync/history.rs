//! A task's spans in its statuses: what the tool tells, joined to what was known before.

use entity::{Instant, TaskStatus};

use super::external::ExternalInterval;

/// A span in one status: from included, to not; open while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) status: TaskStatus,
    pub(super) provider_status: Option<String>,
    pub(super) from: Instant,
    pub(super) to: Option<Instant>,
}

/// The state a task is in, and what is known of when.
pub(super) struct Present {
    pub(super) status: TaskStatus,
    pub(super) provider_status: Option<String>,
    /// When the state was entered, for a task without any history.
    pub(super) since: Instant,
    /// When the item was last changed: the time of a change of state that nobody told.
    pub(super) changed_at: Instant,
}

/// The spans of a task after a merge, oldest first, at most the last one open.
///
/// A tool often tells only the latest part of its history: what was known of the time before it stays.
pub(super) fn after(known: &[Span], told: &[ExternalInterval], present: &Present) -> Vec<Span> {
    let mut known = known.to_vec();
    known.sort_by_key(|span| span.from);
    if let Some(begin) = told.iter().map(|span| span.from).min() {
        known.retain(|span| span.from < begin);
        for span in &mut known {
            span.to = Some(span.to.map_or(begin, |to| to.min(begin)));
        }
        known.extend(in_order(told));
        return known;
    }
    let now = |from| Span {
        status: present.status,
        provider_status: present.provider_status.clone(),
        from,
        to: None,
    };
    let Some(last) = known.pop() else { return vec![now(present.since)] };
    if last.to.is_none() && last.status == present.status && last.provider_status == present.provider_status {
        known.push(last);
        return known;
    }
    let begin = last.to.unwrap_or(present.changed_at).max(last.from);
    if begin > last.from {
        known.push(Span { to: Some(begin), ..last });
    }
    known.push(now(begin));
    known
}

/// What a tool tells, without overlap: each span ends at the latest where the next begins.
fn in_order(told: &[ExternalInterval]) -> Vec<Span> {
    let mut told: Vec<&ExternalInterval> = told.iter().collect();
    told.sort_by_key(|span| span.from);
    let nexts = told.iter().skip(1).map(|span| Some(span.from)).chain([None]).collect::<Vec<_>>();
    told.into_iter()
        .zip(nexts)
        .map(|(span, next)| Span {
            status: span.status,
            provider_status: super::tidy::optional_line(span.provider_status.as_deref()),
            from: span.from,
            to: match (span.to, next) {
                (Some(to), Some(next)) => Some(to.min(next)),
                (to, next) => to.or(next),
            },
        })
        .filter(|span| span.to.is_none_or(|to| to > span.from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(status: TaskStatus, from: i64, to: Option<i64>) -> Span {
        Span { status, provider_status: None, from: Instant(from), to: to.map(Instant) }
    }

    fn told(status: TaskStatus, from: i64, to: Option<i64>) -> ExternalInterval {
        ExternalInterval { status, provider_status: None, from: Instant(from), to: to.map(Instant) }
    }

    fn present(status: TaskStatus) -> Present {
        Present { status, provider_status: None, since: Instant(5), changed_at: Instant(50) }
    }

    #[test]
    fn without_history_the_own_observations_are_kept() {
        use TaskStatus::{Done, Todo};
        let first = after(&[], &[], &present(Todo));
        assert_eq!(first, [span(Todo, 5, None)]);
        assert_eq!(after(&first, &[], &present(Todo)), first);
        assert_eq!(after(&first, &[], &present(Done)), [span(Todo, 5, Some(50)), span(Done, 50, None)]);
        let later = [span(Todo, 60, None)];
        assert_eq!(after(&later, &[], &present(Done)), [span(Done, 60, None)], "not before it began");
    }

    #[test]
    fn what_the_tool_tells_replaces_what_was_seen_from_then_on() {
        use TaskStatus::{Done, InProgress, Todo};
        let known = [span(Todo, 5, Some(30)), span(InProgress, 30, None)];
        let tells = [told(InProgress, 20, Some(40)), told(Done, 40, None)];
        let joined = [span(Todo, 5, Some(20)), span(InProgress, 20, Some(40)), span(Done, 40, None)];
        assert_eq!(after(&known, &tells, &present(Done)), joined);
        assert_eq!(after(&joined, &tells, &present(Done)), joined, "a second time changes nothing");
    }

    #[test]
    fn spans_do_not_overlap_and_only_the_last_is_open() {
        use TaskStatus::{Done, InProgress, Todo};
        let tells = [told(Todo, 10, None), told(InProgress, 10, Some(9)), told(Done, 30, None)];
        assert_eq!(after(&[], &tells, &present(Done)), [span(Done, 30, None)]);
        let tells = [told(Todo, 10, None), told(InProgress, 20, Some(90)), told(Done, 30, None)];
        let apart = [span(Todo, 10, Some(20)), span(InProgress, 20, Some(30)), span(Done, 30, None)];
        assert_eq!(after(&[], &tells, &present(Done)), apart);
    }
}
