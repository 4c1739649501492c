//! What Trello sends when something happens: one action on a board or on one of its cards.

use secrecy::SecretString;
use serde::Deserialize;

use crate::connectors::signature::{self, Hash};
use crate::domain::sync::port::{Delivery, Hint, NotHeard, Received};

#[derive(Deserialize)]
struct Body {
    action: Action,
}

#[derive(Deserialize)]
struct Action {
    id: String,
    data: Option<Data>,
}

/// What an action is about; the kinds of actions are many and new ones come, but all name these two alike.
#[derive(Deserialize)]
struct Data {
    card: Option<Named>,
    board: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Verifies a delivery and reads what it points at: the card of an action on a card, also of one that left the
/// board or was deleted, else the board; nothing for an action on a person or a workspace.
///
/// The secret is that of the app whose key made the webhook, not the token. Signed are the body and the address to
/// which it is sent, letter by letter as it was given to Trello.
///
/// # Errors
/// When it is not signed with this secret for this address, or is not an action.
pub(super) fn hear(secret: &SecretString, received: Received<'_>) -> Result<Delivery, NotHeard> {
    let value = signature::header(received, "x-trello-webhook")?.ok_or(NotHeard::Unsigned)?;
    let tag = signature::from_base64(value).ok_or(NotHeard::Unsigned)?;
    let signed = [received.body, received.url.as_bytes()].concat();
    signature::verify(Hash::Sha1, secret, &signed, &tag)?;

    let Body { action } = serde_json::from_slice(received.body)
        .map_err(|_| NotHeard::Unreadable("its body is not an action"))?;
    let (card, board) = action.data.map_or((None, None), |data| (data.card, data.board));
    let hint = match (card, board) {
        (Some(card), _) => Some(Hint::Item(checked(card.id)?)),
        (None, Some(board)) => Some(Hint::Container(checked(board.id)?)),
        (None, None) => None,
    };
    Ok(Delivery { key: checked(action.id)?, hints: hint.into_iter().collect() })
}

/// Takes an id only if it is made of letters and digits, so that it may stand in an address as it is.
fn checked(id: String) -> Result<String, NotHeard> {
    if (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(id)
    } else {
        Err(NotHeard::Unreadable("it names something by what is not an id"))
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ring::hmac;
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "trello-oauth1-secret";
    const URL: &str = "https://okr.example.com/hooks/trello/1?x=1";

    fn receive(secret: &str, signatures: &[&str], body: &str, url: &str) -> Result<Delivery, NotHeard> {
        let headers: Vec<(String, String)> =
            signatures.iter().map(|value| ("x-trello-webhook".to_owned(), (*value).to_owned())).collect();
        hear(&SecretString::from(secret), Received { headers: &headers, body: body.as_bytes(), url })
    }

    fn tag(body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        STANDARD.encode(hmac::sign(&key, format!("{body}{URL}").as_bytes()))
    }

    fn signed(body: &Value) -> Result<Delivery, NotHeard> {
        let body = body.to_string();
        receive(SECRET, &[&tag(&body)], &body, URL)
    }

    #[test]
    fn the_vectors_hold_for_their_body_and_address() {
        for (body, value) in [
            (
                r#"{"action":{"type":"updateCard"},"model":{"id":"5abbe4b7ddc1b351ef961414"}}"#,
                "q8ERU1EY+rZlI1J5pPmKs7iSGwE=",
            ),
            (r#"{"text":"Zielgröße ✓"}"#, "74O4n1i6W3BwbQsnguLFPQroEAc="),
        ] {
            // Signed as they should be, but no actions with an id.
            let unreadable = Err(NotHeard::Unreadable("its body is not an action"));
            assert_eq!(receive(SECRET, &[value], body, URL), unreadable);
            assert_eq!(receive(SECRET, &[value], &format!("{body} "), URL), Err(NotHeard::Forged));
            assert_eq!(receive(SECRET, &[value], body, &URL[..URL.len() - 1]), Err(NotHeard::Forged));
            assert_eq!(receive("another", &[value], body, URL), Err(NotHeard::Forged));
            assert_eq!(receive("", &[value], body, URL), Err(NotHeard::Forged));
        }
    }

    #[test]
    fn what_is_not_signed_is_not_heard() {
        let body = r#"{"action":{"id":"a1","data":{"card":{"id":"c1"}}}}"#;
        let good = tag(body);
        assert!(receive(SECRET, &[&good], body, URL).is_ok());
        let cases: [(&[&str], NotHeard); 7] = [
            (&[], NotHeard::Unsigned),
            (&[&good, &good], NotHeard::Unsigned),
            (&[&good[..good.len() - 1]], NotHeard::Unsigned),
            (&["*"], NotHeard::Unsigned),
            (&["sha1=00"], NotHeard::Unsigned),
            (&[""], NotHeard::Forged),
            (&["AAAA"], NotHeard::Forged),
        ];
        for (signatures, refusal) in cases {
            assert_eq!(receive(SECRET, signatures, body, URL), Err(refusal), "{signatures:?}");
        }
    }

    #[test]
    fn every_action_points_at_its_card_or_its_board() {
        let of_card = [
            "createCard",
            "copyCard",
            "updateCard",
            "deleteCard",
            "emailCard",
            "convertToCardFromCheckItem",
            "moveCardToBoard",
            "moveCardFromBoard",
            "moveInboxCardToBoard",
            "addMemberToCard",
            "removeMemberFromCard",
            "addLabelToCard",
            "removeLabelFromCard",
            "updateCustomFieldItem",
            "addAttachmentToCard",
            "addChecklistToCard",
            "updateCheckItemStateOnCard",
            "commentCard",
            "voteOnCard",
        ];
        let of_board = [
            "createList",
            "updateList",
            "moveListFromBoard",
            "moveListToBoard",
            "updateBoard",
            "copyBoard",
            "createLabel",
            "updateLabel",
            "deleteLabel",
            "addMemberToBoard",
            "removeMemberFromBoard",
            "makeAdminOfBoard",
            "createCustomField",
            "updateCustomField",
            "deleteCustomField",
            "addToOrganizationBoard",
        ];
        let told = |kind: &str, data: Value| {
            let action = json!({"id": "5abbe4b7ddc1b351ef961602", "type": kind, "data": data});
            signed(&json!({"action": action, "model": {"id": "b1"}}))
        };
        let heard = |hints: Vec<Hint>| -> Result<Delivery, NotHeard> {
            Ok(Delivery { key: "5abbe4b7ddc1b351ef961602".to_owned(), hints })
        };
        for kind in of_card {
            let data =
                json!({"card": {"id": "c1", "shortLink": "s"}, "board": {"id": "b1"}, "list": {"id": "l1"}});
            assert_eq!(told(kind, data), heard(vec![Hint::Item("c1".to_owned())]), "{kind}");
        }
        for kind in of_board {
            let data = json!({"board": {"id": "b1"}, "list": {"id": "l1"}, "idMember": "m1", "card": null});
            assert_eq!(told(kind, data), heard(vec![Hint::Container("b1".to_owned())]), "{kind}");
        }
        assert_eq!(told("updateMember", json!({"member": {"id": "m1"}})), heard(Vec::new()));
        assert_eq!(told("unheardOf", Value::Null), heard(Vec::new()));
    }

    #[test]
    fn what_is_no_action_is_unreadable() {
        for body in [
            json!([]),
            json!({}),
            json!({"action": null}),
            json!({"action": {"data": {"card": {"id": "c1"}}}}),
            json!({"action": {"id": "", "data": {"card": {"id": "c1"}}}}),
            json!({"action": {"id": "a1", "data": {"card": {"id": 5}}}}),
            json!({"action": {"id": "a1", "data": {"card": {}}}}),
            json!({"action": {"id": "a1", "data": {"card": {"id": "c1/../b1"}}}}),
            json!({"action": {"id": "a1", "data": {"board": {"id": "b\0"}}}}),
            json!({"action": {"id": "a".repeat(65)}}),
        ] {
            assert!(matches!(signed(&body), Err(NotHeard::Unreadable(_))), "{body}");
        }
    }

    #[test]
    fn half_of_a_character_in_a_text_does_no_harm() {
        // Texts are cut to a length where they are shown.
        let body = r#"{"action":{"id":"a1","display":{"text":"\ud83d"},"data":{"card":{"id":"c1"}}}}"#;
        let delivery = receive(SECRET, &[&tag(body)], body, URL).unwrap();
        assert_eq!(delivery.hints, [Hint::Item("c1".to_owned())]);
    }
}
