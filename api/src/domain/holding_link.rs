//! Which goals hold the work that is linked to them: the one condition behind a task that takes its projects'
//! links or acknowledgement, and behind the gate.

/// As the text of a condition, that the row `link` counts (it is not retired, and confirmed where that is required)
/// and [`holds`].
pub(in crate::domain) fn counts_and_holds(link: &str, task: Option<&str>, require_confirm: bool) -> String {
    let confirmed =
        if require_confirm { format!(" AND {link}.confirmed_at IS NOT NULL") } else { String::new() };
    format!("{link}.state <> 'RETIRED'{confirmed} AND {}", holds(link, task))
}

/// As the text of a condition, that the goal of the row `link` is pursued: neither it nor its objective is over
/// (closed, given up or archived).
///
/// With the row of a `task`, also that the task was finished before the goal was over: then its work was for that
/// goal. Finished when, nobody can tell, is taken for finished before.
pub(in crate::domain) fn holds(link: &str, task: Option<&str>) -> String {
    let not_over = |end: String| match task {
        Some(task) => format!(
            "({end} IS NULL OR ({task}.status = 'DONE' AND COALESCE({task}.completed_at, 0) <= {end}))"
        ),
        None => format!("{end} IS NULL"),
    };
    let pursued = |row: &str| {
        ["ended_at", "archived_at"].map(|column| not_over(format!("{row}.{column}"))).join(" AND ")
    };
    let (part, goal) = (pursued("part"), pursued("goal"));
    format!(
        "(({link}.objective_id IS NULL OR EXISTS (SELECT 1 FROM objective AS goal \
         WHERE goal.id = {link}.objective_id AND {goal})) \
         AND ({link}.key_result_id IS NULL OR EXISTS (SELECT 1 FROM key_result AS part \
         JOIN objective AS goal ON goal.id = part.objective_id \
         WHERE part.id = {link}.key_result_id AND {part} AND {goal})))"
    )
}
