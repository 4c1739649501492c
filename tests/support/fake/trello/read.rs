//! What is read.

use serde_json::{Value, json};

use super::{
    action::Action,
    board::Board,
    card::{Attachment, Card},
    pages::{MOST, Page, asks, part, parts},
    refusal,
    site::Site,
};
use crate::fake::{call::Call, reply::Reply};

/// How many actions or labels are told where nothing is said.
const USUAL: usize = 50;

/// The answer to a GET below `/1`; nothing where the path leads nowhere.
pub(super) fn answer(site: &Site, call: &Call, rest: &[&str]) -> Result<Option<Value>, Reply> {
    Ok(Some(match rest {
        ["members", id] => member(site, call, id)?,
        ["members", id, "boards"] => {
            member(site, call, id)?;
            boards(site, call)
        }
        ["members", _, "organizations"] => json!([]),
        ["tokens", token, "webhooks"] if *token == site.login.token => {
            site.hooks.iter().map(|hook| hook.json()).collect()
        }
        ["tokens", token, "member"] if *token == site.login.token => member(site, call, "me")?,
        ["webhooks", id] => {
            let hook = site.hooks.iter().find(|hook| hook.id == *id);
            hook.ok_or_else(|| refusal::absent(id))?.json()
        }
        ["boards", id, more @ ..] => {
            let board = site.find_board(id).ok_or_else(|| refusal::absent(id))?;
            return of_board(site, call, board, more);
        }
        ["lists", id] => {
            let list = site.lists.iter().find(|list| list.id == *id);
            part(call, "fields", list.ok_or_else(|| refusal::absent(id))?.json())
        }
        ["cards", id, more @ ..] => {
            let card = site.find_card(id).ok_or_else(|| refusal::absent(id))?;
            return of_card(site, call, card, more);
        }
        ["customFields", id] => site.field(id).ok_or_else(|| refusal::absent(id))?.json(),
        ["labels", id] => part(call, "fields", site.label(id).ok_or_else(|| refusal::absent(id))?.json()),
        ["actions", id] => {
            let action = site.actions.iter().find(|action| action.id == *id);
            site.action_json(action.ok_or_else(|| refusal::absent(id))?)
        }
        _ => return Ok(None),
    }))
}

/// Someone; e-mail addresses are told to their owners alone.
fn member(site: &Site, call: &Call, id: &str) -> Result<Value, Reply> {
    let told = match id {
        "me" => site.members[0].own_json(),
        id => site.member(id).ok_or_else(|| refusal::absent(id))?.json(),
    };
    Ok(part(call, "fields", told))
}

fn boards(site: &Site, call: &Call) -> Value {
    let filter = call.parameter("filter").unwrap_or("all");
    let wanted = site.boards.iter().filter(|board| is_wanted(board.closed, filter));
    parts(call, "fields", wanted.map(Board::json))
}

/// Whether something that is closed or not is meant by a filter.
fn is_wanted(closed: bool, filter: &str) -> bool {
    match filter {
        "open" => !closed,
        "closed" => closed,
        _ => true,
    }
}

fn of_board(site: &Site, call: &Call, board: &Board, more: &[&str]) -> Result<Option<Value>, Reply> {
    let filter = call.parameter("filter");
    Ok(Some(match more {
        [] => whole_board(site, call, board)?,
        ["lists"] => parts(call, "fields", lists(site, board, filter.unwrap_or("open")).into_iter()),
        ["lists", filter] => parts(call, "fields", lists(site, board, filter).into_iter()),
        ["cards"] => cards(site, call, board, filter.unwrap_or("visible"))?,
        ["cards", filter] => cards(site, call, board, filter)?,
        ["labels"] => {
            let labels = labels(site, board).into_iter().take(number(call, "limit"));
            parts(call, "fields", labels)
        }
        ["members"] => parts(call, "fields", members(site).into_iter()),
        ["customFields"] => fields(site, board),
        ["actions"] => actions(site, call, |action| action.board == board.id)?,
        _ => return Ok(None),
    }))
}

/// A board with what is asked for beside it.
fn whole_board(site: &Site, call: &Call, board: &Board) -> Result<Value, Reply> {
    let mut told = part(call, "fields", board.json());
    if asks(call, "lists") {
        let lists = lists(site, board, call.parameter("lists").unwrap_or("all"));
        told["lists"] = parts(call, "list_fields", lists.into_iter());
    }
    if asks(call, "labels") {
        let labels = labels(site, board).into_iter().take(number(call, "labels_limit"));
        told["labels"] = parts(call, "label_fields", labels);
    }
    if asks(call, "members") {
        told["members"] = parts(call, "member_fields", members(site).into_iter());
    }
    if asks(call, "customFields") {
        told["customFields"] = fields(site, board);
    }
    if asks(call, "cards") {
        let page = Page::read(call, MOST)?;
        let cards = cards_of(site, board, call.parameter("cards").unwrap_or("all"));
        let cards = page.of(cards, |card| card.id.as_str()).into_iter().map(|card| site.card_json(card));
        told["cards"] = parts(call, "card_fields", cards);
    }
    Ok(told)
}

/// How many are asked for by a parameter.
fn number(call: &Call, parameter: &str) -> usize {
    call.number(parameter).and_then(|number| usize::try_from(number).ok()).unwrap_or(USUAL)
}

fn lists(site: &Site, board: &Board, filter: &str) -> Vec<Value> {
    let lists = site.lists.iter().filter(|list| list.board == board.id);
    lists.filter(|list| is_wanted(list.closed, filter)).map(|list| list.json()).collect()
}

fn labels(site: &Site, board: &Board) -> Vec<Value> {
    site.labels.iter().filter(|label| label.board == board.id).map(|label| label.json()).collect()
}

/// Everybody is a member of every board.
fn members(site: &Site) -> Vec<Value> {
    site.members.iter().map(|member| member.json()).collect()
}

fn fields(site: &Site, board: &Board) -> Value {
    site.fields.iter().filter(|field| field.board == board.id).map(|field| field.json()).collect()
}

/// The cards of a board that a filter means, newest first. What stands in a closed list is not visible.
fn cards_of<'s>(site: &'s Site, board: &Board, filter: &str) -> impl Iterator<Item = &'s Card> {
    let is_meant = |card: &&Card| match filter {
        "visible" => !card.closed && !site.list(&card.list).closed,
        other => is_wanted(card.closed, other),
    };
    let found: Vec<_> =
        site.cards.values().rev().filter(|card| card.board == board.id).filter(is_meant).collect();
    found.into_iter()
}

fn cards(site: &Site, call: &Call, board: &Board, filter: &str) -> Result<Value, Reply> {
    let page = Page::read(call, MOST)?;
    let found = page.of(cards_of(site, board, filter), |card| card.id.as_str());
    Ok(found.into_iter().map(|card| card_with(site, call, card)).collect())
}

/// A card with what is asked for beside it.
fn card_with(site: &Site, call: &Call, card: &Card) -> Value {
    let mut told = part(call, "fields", site.card_json(card));
    if asks(call, "members") {
        told["members"] = parts(call, "member_fields", site.card_members(card).into_iter());
    }
    if asks(call, "customFieldItems") {
        told["customFieldItems"] = card.values_json();
    }
    if asks(call, "attachments") {
        let attachments = card.attachments.iter().map(Attachment::json);
        told["attachments"] = parts(call, "attachment_fields", attachments);
    }
    if asks(call, "checklists") {
        told["checklists"] = json!([]);
    }
    if asks(call, "actions") {
        let actions = of_kinds(site, &call.list("actions"), |action| action.card.as_ref() == Some(&card.id));
        let actions = actions.into_iter().take(number(call, "actions_limit"));
        told["actions"] = parts(call, "action_fields", actions.map(|action| site.action_json(action)));
    }
    told
}

fn of_card(site: &Site, call: &Call, card: &Card, more: &[&str]) -> Result<Option<Value>, Reply> {
    Ok(Some(match more {
        [] => card_with(site, call, card),
        ["actions"] => actions(site, call, |action| action.card.as_ref() == Some(&card.id))?,
        ["attachments"] => parts(call, "fields", card.attachments.iter().map(Attachment::json)),
        ["customFieldItems"] => card.values_json(),
        ["members"] => parts(call, "fields", site.card_members(card).into_iter()),
        ["checklists"] => json!([]),
        _ => return Ok(None),
    }))
}

/// A page of actions, newest first.
fn actions(site: &Site, call: &Call, is_meant: impl Fn(&Action) -> bool) -> Result<Value, Reply> {
    let page = Page::read(call, USUAL)?;
    let actions = of_kinds(site, &call.list("filter"), is_meant);
    let found = page.of(actions.into_iter(), |action| action.id.as_str());
    Ok(parts(call, "fields", found.into_iter().map(|action| site.action_json(action))))
}

/// Actions of some kinds, newest first; all where none are named. Of `updateCard` those of one field alone are named
/// `updateCard:idList`.
fn of_kinds<'s>(site: &'s Site, kinds: &[String], is_meant: impl Fn(&Action) -> bool) -> Vec<&'s Action> {
    let is_named = |action: &Action| {
        kinds.iter().any(|name| match name.split_once(':') {
            Some((kind, field)) => action.kind == kind && !action.data["old"][field].is_null(),
            None => name == "all" || action.kind == *name,
        })
    };
    let meant = site.actions.iter().rev().filter(|action| is_meant(action));
    meant.filter(|action| kinds.is_empty() || is_named(action)).collect()
}
