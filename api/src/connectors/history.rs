//! Spans of time in each status, rebuilt from what a tool tells of an item's changes.

use entity::{Instant, TaskStatus};

use crate::domain::sync::external::ExternalInterval;

/// A status with the tool's own name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) status: TaskStatus,
    pub(super) name: Option<String>,
}

/// What is known of an item's changes.
pub(super) struct Changes {
    /// The state that it began in, or was in when the record begins, and since when; nothing when
    /// not even that is known.
    pub(super) first: Option<(Instant, State)>,
    /// The states that it was moved into, in any order of time.
    pub(super) moves: Vec<(Instant, State)>,
    /// The state that the item says it is in, which is right when the record differs.
    pub(super) current: State,
    /// When the item was last changed in any way: the time of a change that the record lacks.
    pub(super) changed_at: Option<Instant>,
    /// Whether the record begins with the item's life.
    pub(super) from_birth: bool,
}

/// An item's spans, oldest first, without gap or overlap, the last one open and in the item's state.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) intervals: Vec<ExternalInterval>,
    from_birth: bool,
}

impl Changes {
    /// Rebuilds the spans. None when nothing is known of the item's past.
    pub(super) fn rebuild(mut self) -> History {
        self.moves.sort_by_key(|(at, _)| *at);
        let earliest = self.moves.first().map(|(at, _)| *at);
        let first = self.first.filter(|(at, _)| earliest.is_none_or(|earliest| *at <= earliest));
        let from_birth = self.from_birth && first.is_some();
        let mut points: Vec<(Instant, State)> = Vec::with_capacity(self.moves.len() + 2);
        for (at, state) in first.into_iter().chain(self.moves) {
            push(&mut points, at, state);
        }
        let Some((last_at, last)) = points.last() else { return History::default() };
        if *last != self.current {
            let at = self.changed_at.map_or(*last_at, |changed_at| changed_at.max(*last_at));
            push(&mut points, at, self.current);
        }
        let ends = points.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]).collect::<Vec<_>>();
        let intervals = points
            .into_iter()
            .zip(ends)
            .map(|((from, state), to)| ExternalInterval {
                status: state.status,
                provider_status: state.name,
                from,
                to,
            })
            .collect();
        History { intervals, from_birth }
    }
}

/// Adds a point: it replaces one at the same instant and is dropped when it changes nothing.
fn push(points: &mut Vec<(Instant, State)>, at: Instant, state: State) {
    points.pop_if(|(last_at, _)| *last_at == at);
    if points.last().is_none_or(|(_, last)| *last != state) {
        points.push((at, state));
    }
}

impl History {
    /// When the item first went in progress. Nothing when it was so already as the record begins.
    pub(super) fn started_at(&self) -> Option<Instant> {
        let index = self.intervals.iter().position(|span| span.status == TaskStatus::InProgress)?;
        self.known_from(index)
    }

    /// When the item was last done, if it still is. Nothing when it was so already as the record begins.
    pub(super) fn completed_at(&self) -> Option<Instant> {
        let trailing = self.intervals.iter().rev().take_while(|span| span.status == TaskStatus::Done).count();
        self.known_from(self.intervals.len() - trailing)
    }

    fn known_from(&self, index: usize) -> Option<Instant> {
        self.intervals.get(index).filter(|_| index > 0 || self.from_birth).map(|span| span.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: TaskStatus, name: &str) -> State {
        State { status, name: Some(name.to_owned()) }
    }

    fn todo() -> State {
        state(TaskStatus::Todo, "To Do")
    }
    fn doing() -> State {
        state(TaskStatus::InProgress, "Doing")
    }
    fn done() -> State {
        state(TaskStatus::Done, "Done")
    }

    fn spans(history: &History) -> Vec<(TaskStatus, i64, Option<i64>)> {
        history.intervals.iter().map(|span| (span.status, span.from.0, span.to.map(|to| to.0))).collect()
    }

    fn rebuild(
        first: Option<(i64, State)>,
        moves: Vec<(i64, State)>,
        current: State,
        from_birth: bool,
    ) -> History {
        Changes {
            first: first.map(|(at, state)| (Instant(at), state)),
            moves: moves.into_iter().map(|(at, state)| (Instant(at), state)).collect(),
            current,
            changed_at: Some(Instant(90)),
            from_birth,
        }
        .rebuild()
    }

    #[test]
    fn moves_in_any_order_become_spans_without_gap_or_overlap() {
        let history = rebuild(
            Some((10, todo())),
            vec![(40, done()), (20, doing()), (30, todo()), (35, doing())],
            done(),
            true,
        );
        assert_eq!(
            spans(&history),
            [
                (TaskStatus::Todo, 10, Some(20)),
                (TaskStatus::InProgress, 20, Some(30)),
                (TaskStatus::Todo, 30, Some(35)),
                (TaskStatus::InProgress, 35, Some(40)),
                (TaskStatus::Done, 40, None),
            ]
        );
        assert_eq!(history.started_at(), Some(Instant(20)));
        assert_eq!(history.completed_at(), Some(Instant(40)));
    }

    #[test]
    fn the_items_own_state_is_right_when_the_record_differs() {
        let history = rebuild(Some((10, todo())), vec![(20, doing())], done(), true);
        assert_eq!(spans(&history).last(), Some(&(TaskStatus::Done, 90, None)));
        let back = rebuild(Some((10, todo())), vec![(95, doing())], todo(), true);
        assert_eq!(spans(&back), [(TaskStatus::Todo, 10, None)]);
    }

    #[test]
    fn moves_of_one_instant_leave_the_last() {
        let history = rebuild(Some((10, todo())), vec![(20, doing()), (20, done())], done(), true);
        assert_eq!(spans(&history), [(TaskStatus::Todo, 10, Some(20)), (TaskStatus::Done, 20, None)]);
    }

    #[test]
    fn what_was_before_the_record_is_not_claimed() {
        let history = rebuild(Some((10, doing())), vec![(20, done())], done(), false);
        assert_eq!(history.started_at(), None);
        assert_eq!(history.completed_at(), Some(Instant(20)));
        let done_before = rebuild(Some((10, done())), vec![], done(), false);
        assert_eq!(done_before.completed_at(), None);
        assert_eq!(rebuild(None, vec![], done(), false).intervals, []);
        assert_eq!(rebuild(None, vec![], done(), false).completed_at(), None);
    }

    #[test]
    fn a_birth_after_the_first_move_is_not_believed() {
        let history = rebuild(Some((50, todo())), vec![(20, doing()), (30, done())], done(), true);
        assert_eq!(spans(&history), [(TaskStatus::InProgress, 20, Some(30)), (TaskStatus::Done, 30, None)]);
        assert_eq!(history.started_at(), None);
    }

    #[test]
    fn reopened_work_is_not_completed() {
        let history = rebuild(Some((10, todo())), vec![(20, done()), (30, doing())], doing(), true);
        assert_eq!(history.completed_at(), None);
        assert_eq!(history.started_at(), Some(Instant(30)));
    }
}
