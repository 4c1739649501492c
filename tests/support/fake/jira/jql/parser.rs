//! Reads the queries that the fake understands, and refuses all others.

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use entity::Instant;

use super::{
    By, Clause, Named, Term,
    tokens::{Token, tokens},
};

/// Words that are no values unless they are quoted.
const RESERVED: [&str; 12] =
    ["and", "or", "not", "in", "is", "was", "empty", "null", "order", "by", "asc", "desc"];

/// What a query is read with.
pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    now: Instant,
    zone: Tz,
}

/// A value and whether it was quoted.
struct Value {
    text: String,
    quoted: bool,
}

type Read<T> = Result<T, String>;

impl Parser {
    pub(super) fn new(text: &str, now: Instant, zone: Tz) -> Read<Self> {
        Ok(Self { tokens: tokens(text)?, at: 0, now, zone })
    }

    /// The whole query: clauses that all hold, and an order.
    pub(super) fn query(mut self) -> Read<(Vec<Clause>, Vec<Term>)> {
        let has_clauses = !self.tokens.is_empty() && !self.is_next("order");
        let clauses = if has_clauses { self.clauses()? } else { Vec::new() };
        let mut order = Vec::new();
        if self.takes("order") {
            if !self.takes("by") {
                return Err(self.unexpected("by"));
            }
            order.push(self.term()?);
            while self.takes_sign(",") {
                order.push(self.term()?);
            }
        }
        if self.at < self.tokens.len() {
            return Err(self.unexpected("AND, ORDER BY or the end"));
        }
        Ok((clauses, order))
    }

    /// Clauses and groups of clauses that all hold.
    fn clauses(&mut self) -> Read<Vec<Clause>> {
        let mut clauses = Vec::new();
        loop {
            if self.takes_sign("(") {
                clauses.extend(self.clauses()?);
                self.sign(")")?;
            } else {
                clauses.push(self.clause()?);
            }
            if !self.takes("and") {
                return Ok(clauses);
            }
        }
    }

    fn clause(&mut self) -> Read<Clause> {
        let field = self.word("a field")?.to_lowercase();
        match field.as_str() {
            "project" => {
                let values = self.values()?;
                Ok(Clause::Project(values.into_iter().map(|value| value.text).collect()))
            }
            "updated" => {
                self.sign(">=")?;
                self.since().map(Clause::UpdatedSince)
            }
            "labels" => {
                self.sign("=")?;
                Ok(Clause::Label(self.value()?.text))
            }
            "id" | "key" => {
                let values = self.values()?.into_iter();
                values.map(|value| named(&field, value)).collect::<Read<Vec<_>>>().map(Clause::Issues)
            }
            _ => Err(format!("Field '{field}' does not exist or you do not have permission to view it.")),
        }
    }

    /// `= a` or `in (a, b)`.
    fn values(&mut self) -> Read<Vec<Value>> {
        if self.takes_sign("=") {
            return Ok(vec![self.value()?]);
        }
        if !self.takes("in") {
            return Err(self.unexpected("'=' or 'in'"));
        }
        self.sign("(")?;
        let mut values = vec![self.value()?];
        while self.takes_sign(",") {
            values.push(self.value()?);
        }
        self.sign(")")?;
        Ok(values)
    }

    fn value(&mut self) -> Read<Value> {
        let value = match self.tokens.get(self.at) {
            Some(Token::Quoted(text)) => Value { text: text.clone(), quoted: true },
            Some(Token::Word(word)) if !RESERVED.contains(&word.to_lowercase().as_str()) => {
                Value { text: word.clone(), quoted: false }
            }
            Some(Token::Word(_) | Token::Sign(_)) | None => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        Ok(value)
    }

    /// A minute where the user is, or a span before now.
    fn since(&mut self) -> Read<Instant> {
        let Value { text, .. } = self.value()?;
        let before = text.strip_prefix('-').and_then(seconds_of);
        let since = match before {
            Some(seconds) => Some(self.now.plus_seconds(-seconds)),
            None => NaiveDateTime::parse_from_str(&text, "%Y/%m/%d %H:%M")
                .ok()
                .and_then(|local| instant(local, self.zone)),
        };
        since.ok_or_else(|| {
            format!(
                "Date value '{text}' for field 'updated' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm' or a \
                 period format e.g. '-90m'."
            )
        })
    }

    fn term(&mut self) -> Read<Term> {
        let field = self.word("a field")?.to_lowercase();
        let by = match field.as_str() {
            "updated" => By::Updated,
            "created" => By::Created,
            "id" => By::Id,
            "key" => By::Key,
            _ => return Err(format!("Not able to sort using field '{field}'.")),
        };
        let descending = self.takes("desc");
        if !descending {
            self.takes("asc");
        }
        Ok(Term { by, descending })
    }

    fn word(&mut self, wanted: &str) -> Read<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            Some(Token::Quoted(_) | Token::Sign(_)) | None => Err(self.unexpected(wanted)),
        }
    }

    fn is_next(&self, keyword: &str) -> bool {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => word.eq_ignore_ascii_case(keyword),
            Some(Token::Quoted(_) | Token::Sign(_)) | None => false,
        }
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let found = self.is_next(keyword);
        self.at += usize::from(found);
        found
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign.to_owned()));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> Read<()> {
        if self.takes_sign(sign) { Ok(()) } else { Err(self.unexpected(sign)) }
    }

    fn unexpected(&self, wanted: &str) -> String {
        let found = match self.tokens.get(self.at) {
            Some(Token::Word(text) | Token::Quoted(text) | Token::Sign(text)) => format!("'{text}'"),
            None => "the end".to_owned(),
        };
        format!("Error in the JQL Query: Expecting {wanted} but got {found}.")
    }
}

/// An issue by its id, which is a number without quotes, or by its key.
fn named(field: &str, value: Value) -> Read<Named> {
    let Value { text, quoted } = value;
    if let Some(id) = text.parse().ok().filter(|_| !quoted) {
        return Ok(Named::Id(id));
    }
    let number = text.rsplit_once('-').map(|(_, number)| number);
    let is_key = number.is_some_and(|number| number.parse::<u32>().is_ok());
    if is_key {
        Ok(Named::Key(text))
    } else {
        Err(format!("The issue key '{text}' for field '{field}' is invalid."))
    }
}

/// The seconds of `90m`, `2h`, `1d` or `1w`.
fn seconds_of(period: &str) -> Option<i64> {
    let mut digits = period.chars();
    let unit = match digits.next_back()? {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count: u32 = digits.as_str().parse().ok()?;
    Some(i64::from(count) * unit)
}

/// A minute of a zone; one that a change of clocks left out is an hour after the one that was an hour before.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    let hour = TimeDelta::hours(1);
    let at = zone.from_local_datetime(&local).earliest().map(|at| at.to_utc());
    let at = at.or_else(|| Some(zone.from_local_datetime(&(local - hour)).earliest()?.to_utc() + hour))?;
    Some(Instant::from(at))
}
