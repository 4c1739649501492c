//! Trello, whose cards say less of themselves than issues do.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::stage::Stage;

both_databases! {
    async fn all_of_a_trello_comes_in_as_it_is_and_what_changes_follows(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let trello = &stage.trello;
        let (_, lists) = trello.add_board("Launch", &["To do", "Doing", "Done"]);
        let cards: Vec<String> =
            (0..12).map(|number| trello.create_card(&lists[number % 3], &format!("Card {number}"))).collect();
        trello.archive(&cards[5]);
        let id = stage.take_in(stage.trello_input()).await;
        let state = async |card: &str| {
            let task = stage.task(card).await;
            (task["status"].clone(), task["providerStatus"].clone(), task["archivedAt"] != Value::Null)
        };
        assert_eq!(stage.tasks().await.len(), 12);
        assert_eq!(state(&cards[0]).await, (json!("TODO"), json!("To do"), false));
        assert_eq!(state(&cards[1]).await, (json!("IN_PROGRESS"), json!("Doing"), false));
        assert_eq!(state(&cards[2]).await, (json!("DONE"), json!("Done"), false));
        assert_eq!(state(&cards[5]).await, (json!("DONE"), json!("Done"), true));

        trello.advance(60);
        trello.move_to_list(&cards[0], &lists[2]);
        trello.rename(&cards[1], "Another name");
        trello.label(&cards[3], "kr-1");
        let born = trello.create_card(&lists[1], "Born later");
        let run = stage.sync(&id, false).await;
        assert_eq!((run["state"].clone(), run["updatedCount"].clone()), (json!("DONE"), json!(3)), "{run}");
        assert_eq!(state(&cards[0]).await.0, "DONE");
        assert_eq!(stage.task(&cards[1]).await["title"], "Another name");
        assert_eq!(stage.task(&cards[3]).await["labels"], json!(["kr-1"]));
        assert_eq!(state(&born).await.0, "IN_PROGRESS");

        // An action tells that a card was deleted, and a look at its id that it is so.
        trello.advance(60);
        trello.delete(&cards[4]);
        stage.sync(&id, true).await;
        assert_ne!(stage.task(&cards[4]).await["sourceDeletedAt"], Value::Null);
    }

    async fn a_list_that_gets_another_name_is_read_again(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let trello = &stage.trello;
        let (_, lists) = trello.add_board("Launch", &["Soon", "Done"]);
        let card = trello.create_card(&lists[0], "Card");
        let id = stage.take_in(stage.trello_input()).await;
        assert_eq!(stage.task(&card).await["status"], "TODO");
        trello.advance(60);
        trello.rename_list(&lists[0], "Doing");
        stage.sync(&id, true).await;
        let task = stage.task(&card).await;
        assert_eq!((task["status"].clone(), task["providerStatus"].clone()), (json!("IN_PROGRESS"), json!("Doing")));
    }
}
