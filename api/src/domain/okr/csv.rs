//! OKR files as CSV: RFC 4180, with the separators that spreadsheet programs use.
//!
//! The crate reads leniently: a quote that is never closed swallows the rest of the file. Quotes are
//! therefore looked over first, so that such a file is refused with the line of the quote.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use csv::{ByteRecord, ReaderBuilder};

use super::{
    cell::{delimited, escaped, unescaped},
    column::{Column, names, no_column},
    export::{Exported, Value},
    fault::{Fault, FaultCode, Faults},
    sheet::{Cell, Entry, Lines, ROWS_AT_MOST, Sheet},
};

/// Reads a text.
pub(super) fn read(text: &str) -> Sheet {
    let delimiter = delimiter_of(text);
    let lines = Lines::of(text);
    if let Some((offset, message)) = misquoted(text.as_bytes(), delimiter) {
        return Sheet::broken(Fault::at(lines.at(offset), FaultCode::Unreadable, message));
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut sheet = Sheet { decimal_comma: delimiter == b';', ..Sheet::default() };
    let mut header: Option<Vec<Option<Column>>> = None;
    let mut rows = 0;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Sheet::broken(Fault::at(1, FaultCode::Unreadable, error.to_string())),
        }
        let line = lines.at(start_of(text.as_bytes(), &record));
        let cells: Vec<Cow<'_, str>> = record.iter().map(String::from_utf8_lossy).collect();
        let Some(columns) = &header else {
            header = Some(read_header(&cells, line, &mut sheet.faults));
            if !sheet.faults.is_empty() {
                return sheet;
            }
            continue;
        };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        rows += 1;
        if rows > ROWS_AT_MOST {
            return Sheet::too_long();
        }
        read_row(columns, &cells, line, &mut sheet);
    }
    if header.is_none() {
        let message = format!("the file is empty: its first line names the columns, of {}", names());
        return Sheet::broken(Fault::at(1, FaultCode::Unreadable, message));
    }
    sheet
}

/// Column names hold none of the separators, so the first one in the header is the file's.
fn delimiter_of(text: &str) -> u8 {
    let header = text.trim_start_matches(['\r', '\n']).split(['\r', '\n']).next().unwrap_or_default();
    header.bytes().find(|byte| matches!(byte, b',' | b';' | b'\t')).unwrap_or(b',')
}

/// The position of a record is told before the empty lines that come before it.
fn start_of(bytes: &[u8], record: &ByteRecord) -> usize {
    let told = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
    let skipped = bytes.get(told..).unwrap_or_default();
    told + skipped.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// A quote that is never closed, or is followed by something else than the end of its cell.
fn misquoted(bytes: &[u8], delimiter: u8) -> Option<(usize, &'static str)> {
    let mut at = 0;
    let mut is_start = true;
    while let Some(byte) = bytes.get(at) {
        if is_start && *byte == b'"' {
            let opened = at;
            at += 1;
            loop {
                match (bytes.get(at), bytes.get(at + 1)) {
                    (None, _) => return Some((opened, "the quote that opens here is never closed")),
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), _) => break,
                    (Some(_), _) => at += 1,
                }
            }
            at += 1;
            let ends = bytes.get(at).is_none_or(|next| *next == delimiter || matches!(next, b'\r' | b'\n'));
            if !ends {
                return Some((at, "a quote inside a quoted cell is written twice (\"\")"));
            }
            is_start = false;
            continue;
        }
        is_start = *byte == delimiter || matches!(byte, b'\r' | b'\n');
        at += 1;
    }
    None
}

/// The columns of the header; an empty name at the end is an empty column, which some programs add.
///
/// `title` may be left out: a file that changes goals need not repeat their titles.
fn read_header(cells: &[Cow<'_, str>], line: u64, faults: &mut Faults) -> Vec<Option<Column>> {
    let mut columns = Vec::with_capacity(cells.len());
    let mut known = BTreeSet::new();
    let mut is_told = false;
    for name in cells {
        let column = Column::of(name);
        let mut refuse = |code, message: String| {
            let column = Some(name.trim().to_owned());
            faults.push(Fault { line, column, path: None, code, message });
        };
        match column {
            None if name.trim().is_empty() => {}
            None => refuse(FaultCode::Invalid, no_column(&mut is_told, "")),
            Some(column) if !known.insert(column) => {
                refuse(FaultCode::Conflict, "stands twice in the header".to_owned());
            }
            Some(_) => {}
        }
        columns.push(column);
    }
    if !known.contains(&Column::Type) {
        faults.push(Fault {
            line,
            column: Some(Column::Type.name().to_owned()),
            path: None,
            code: FaultCode::Required,
            message: "is missing in the header".to_owned(),
        });
    }
    columns
}

fn read_row(columns: &[Option<Column>], cells: &[Cow<'_, str>], line: u64, sheet: &mut Sheet) {
    let surplus = cells.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty());
    if cells.len() < columns.len() || surplus {
        let message = format!("has {} cells where the header has {}", cells.len(), columns.len());
        sheet.faults.push(Fault::at(line, FaultCode::Unreadable, message));
        return;
    }
    let mut entry = Entry { line, ..Entry::default() };
    let mut read = BTreeMap::new();
    for (column, cell) in columns.iter().zip(cells) {
        match column {
            Some(column) => {
                let text = Some(unescaped(cell)).filter(|text| !text.is_empty());
                read.insert(*column, Cell { text, line });
            }
            None if cell.trim().is_empty() => {}
            None => {
                let message = format!("\"{cell}\" stands in a column without a name");
                sheet.faults.push(Fault::at(line, FaultCode::Unreadable, message));
            }
        }
    }
    entry.cells = read;
    sheet.entries.push(entry);
}

/// Writes rows under a header; lines end as RFC 4180 says.
#[must_use]
pub(super) fn write(rows: &[Exported]) -> String {
    let mut text = String::with_capacity((rows.len() + 1) * 200);
    let mut line = |cells: &mut dyn Iterator<Item = Cow<'_, str>>| {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&delimited(&cell));
        }
        text.push_str("\r\n");
    };
    line(&mut Column::ALL.iter().map(|column| Cow::Borrowed(column.name())));
    for row in rows {
        line(&mut Column::ALL.iter().map(|column| match row.values.get(column) {
            None | Some(Value::Nothing) => Cow::Borrowed(""),
            Some(Value::Text(text)) => Cow::Owned(escaped(text)),
            Some(Value::Word(text) | Value::Number(text) | Value::Decimal(text)) => {
                Cow::Borrowed(text.as_str())
            }
        }));
    }
    text
}
