use entity::Visibility;

use super::*;
use crate::domain::{check_in::MakeCheckIn, trial::Trial};

#[tokio::test]
async fn the_leaves_add_up() {
    let trial = Trial::new().await;
    let above = trial.objective("Above", None).await;
    let below = trial.objective("Below", Some(above.id)).await;
    let by_value = trial.key_result(below.id).await;
    let scope = trial.scope(trial.leader).await;
    let mut by_work = trial.new_key_result(below.id);
    by_work.progress_source = ProgressSource::Work;
    by_work.weight = 3.0;
    let by_work = scope.run(&by_work).await.unwrap();
    let seen = trial.work(by_work.id, 0.25, Visibility::Organization).await;
    let hidden = trial.work(by_work.id, 0.75, Visibility::Private).await;
    for (key_result, value) in [(by_value.id, "80"), (by_work.id, "1")] {
        let check_in = MakeCheckIn {
            id: None,
            key_result,
            at: None,
            value: value.parse().ok(),
            confidence: None,
            health: None,
            note: None,
        };
        scope.run(&check_in).await.unwrap();
    }
    crate::jobs::Runner::new(trial.installation.clone()).run_due().await.unwrap();
    let found = scope.explanations(&[above.id, below.id], &[by_work.id]).await.unwrap();
    // (1 · 0.8 + 3 · 0.5) / 4
    let tree = &found.objectives[&above.id];
    assert_eq!(tree.value, Some(0.575));
    assert!((tree.sum_of_leaves() - 0.575).abs() < 1e-9);
    let [child] = &tree.children[..] else { panic!("{tree:?}") };
    assert_eq!((child.id, child.children.len(), child.stale), (below.id, 2, false));
    let work = child.children.iter().find(|part| part.id == by_work.id).unwrap();
    assert_eq!((work.source, work.value, work.weight), (ValueSource::Work, Some(0.5), 3.0));
    assert_eq!(work.children.iter().map(|part| part.id).collect::<Vec<_>>(), [seen, hidden]);
    assert!((found.key_results[&by_work.id].sum_of_leaves() - 0.5).abs() < 1e-9);
}
