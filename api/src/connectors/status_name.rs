//! Names of lists and states, read as our statuses.

use entity::TaskStatus;

/// Our status for the name of a list or state: the whole name, else the first of its parts
/// (`Backlog/Future Work/Ideas`, `Done (May)`, `Doing - web`) that says one. Case, punctuation and
/// emoji do not matter. Nothing for a name that says none.
pub(super) fn status_of(name: &str) -> Option<TaskStatus> {
    known(&fold(name)).or_else(|| {
        name.split(['/', '|', '(', ')', '[', ']', ':', ',', ';', '–', '—'])
            .flat_map(|part| part.split(" - "))
            .find_map(|part| known(&fold(part)))
    })
}

/// Whether the resolution of a finished item says that it was not done.
pub(super) fn resolution_gives_up(name: &str) -> bool {
    matches!(
        fold(name).as_str(),
        "wont do"
            | "wont fix"
            | "will not do"
            | "will not fix"
            | "cancelled"
            | "canceled"
            | "declined"
            | "duplicate"
            | "duplicated"
            | "rejected"
            | "invalid"
            | "incomplete"
            | "cannot reproduce"
            | "cant reproduce"
            | "not reproducible"
            | "not a bug"
            | "not our bug"
            | "not an issue"
            | "not applicable"
            | "works as designed"
            | "working as designed"
            | "working as expected"
            | "by design"
            | "out of scope"
            | "obsolete"
            | "abandoned"
            | "withdrawn"
    )
}

/// Lower case, letters and digits only, one space between words; apostrophes close up (`wont do`).
fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            folded.push(character);
        } else if !matches!(character, '\'' | '’' | '`') && !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn known(folded: &str) -> Option<TaskStatus> {
    Some(match folded {
        "backlog" | "product backlog" | "the backlog" | "ideas" | "idea" | "icebox" | "ice box"
        | "future" | "future work" | "someday" | "someday maybe" | "later" | "wishlist" | "wish list"
        | "parking lot" => TaskStatus::Backlog,
        "to do"
        | "todo"
        | "to dos"
        | "todos"
        | "things to do"
        | "up next"
        | "next up"
        | "next"
        | "ready"
        | "ready for dev"
        | "ready for development"
        | "ready to start"
        | "ready for work"
        | "selected for development"
        | "sprint backlog"
        | "planned"
        | "not started"
        | "open"
        | "new"
        | "reopened"
        | "queue"
        | "queued"
        | "this week"
        | "today" => TaskStatus::Todo,
        "doing"
        | "in progress"
        | "inprogress"
        | "progress"
        | "wip"
        | "work in progress"
        | "working on it"
        | "started"
        | "in development"
        | "development"
        | "in dev"
        | "coding"
        | "review"
        | "in review"
        | "reviewing"
        | "code review"
        | "peer review"
        | "under review"
        | "ready for review"
        | "ready for code review"
        | "test"
        | "testing"
        | "in test"
        | "in testing"
        | "ready for test"
        | "ready for testing"
        | "ready to test"
        | "qa"
        | "in qa"
        | "qa testing"
        | "ready for qa"
        | "ready to merge"
        | "ready to deploy"
        | "ready for deploy"
        | "ready for deployment"
        | "ready to release"
        | "ready for release"
        | "ready to ship"
        | "deploying"
        | "releasing"
        | "staging"
        | "uat"
        | "verify"
        | "verifying"
        | "verification"
        | "validation"
        | "validating"
        | "blocked" => TaskStatus::InProgress,
        "done" | "all done" | "complete" | "completed" | "finished" | "shipped" | "released" | "deployed"
        | "closed" | "resolved" | "live" | "launched" | "accepted" | "verified" => TaskStatus::Done,
        "cancelled" | "canceled" | "wont do" | "wont fix" | "will not do" | "not doing" | "rejected"
        | "declined" | "abandoned" | "dropped" | "discarded" | "duplicate" => TaskStatus::Cancelled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_their_dress() {
        for (name, status) in [
            ("Backlog", Some(TaskStatus::Backlog)),
            ("Backlog/Future Work/Ideas", Some(TaskStatus::Backlog)),
            ("💡 Ideas!", Some(TaskStatus::Backlog)),
            (" TO-DO ", Some(TaskStatus::Todo)),
            ("Up Next", Some(TaskStatus::Todo)),
            ("Ready", Some(TaskStatus::Todo)),
            ("Ready to merge", Some(TaskStatus::InProgress)),
            ("Ready for QA", Some(TaskStatus::InProgress)),
            ("Doing - web", Some(TaskStatus::InProgress)),
            ("WIP (max 3)", Some(TaskStatus::InProgress)),
            ("✅ Done (May 2019)", Some(TaskStatus::Done)),
            ("Won’t do", Some(TaskStatus::Cancelled)),
            ("Won't Do", Some(TaskStatus::Cancelled)),
            ("Not done", None),
            ("Landing Page", None),
            ("Documentation/Release Notes", None),
            ("", None),
            ("🚀", None),
        ] {
            assert_eq!(status_of(name), status, "{name}");
        }
    }

    #[test]
    fn resolutions_without_a_result_are_told_from_results() {
        for name in ["Won't Do", "WON’T FIX", "Duplicate", "Cannot Reproduce", "Not Our Bug"] {
            assert!(resolution_gives_up(name), "{name}");
        }
        for name in ["Fixed", "Done", "Resolved", "Hold", ""] {
            assert!(!resolution_gives_up(name), "{name}");
        }
    }
}
