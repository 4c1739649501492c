//! Files of real tools, where they are at hand: they are never part of the repository.

use entity::Provider;

use super::company::Company;
use crate::connectors::read_file;

#[tokio::test]
async fn real_files_import_twice_without_a_change() {
    let Ok(folder) = std::env::var("THROUGHLINE_REAL_FILES") else { return };
    for company in Company::on_each_database().await {
        for (provider, file) in [
            (Provider::Trello, "trello/gocd-test-drive.board.json"),
            (Provider::Trello, "trello/user-location-toy.board.json"),
            (Provider::Jira, "jira/search/tidev-daemon.search.json"),
            (Provider::Jira, "jira/search/tidev-timob-epics.search.json"),
            (Provider::Jira, "jira/search/tempo-timespent-worklog.search.json"),
        ] {
            let bytes = std::fs::read(format!("{folder}/{file}")).unwrap();
            let batch = read_file(provider, &bytes).unwrap();
            let begin = std::time::Instant::now();
            let summary = company.merge(&batch).await;
            let first = begin.elapsed();
            let before = company.dump().await;
            let begin = std::time::Instant::now();
            let again = company.merge(&batch).await;
            let second = begin.elapsed();
            let report = format!(
                "{file}: {first:?}, again {second:?}\n  {} {:?} projects {:?} tasks {:?}\n  people {} + {} \
                 unmatched, links {}, tokens {:?}\n  skipped {:?} notes {:?}\n",
                summary.name,
                summary.projects,
                summary.project_counts,
                summary.task_counts,
                summary.people_matched,
                summary.people_unmatched.len(),
                summary.links_made,
                summary.tokens_unresolved,
                summary.skipped,
                summary.notes
            );
            std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).unwrap();
            assert_eq!(again.task_counts.unchanged, batch.tasks.len());
            assert!(company.dump().await == before, "{file}: the second import changed something");
        }
    }
}
