//! Code in descriptions, in which codes are not references: Markdown's fences and backticks, and Jira's
//! `{code}`, `{noformat}` and `{{…}}`.

use std::ops::Range;

/// Longest `{code:…}` opener, in characters.
const LONGEST_OPENER: usize = 100;

/// For each character whether it is in code; empty when there is no code at all.
pub(super) fn mask(text: &[char]) -> Vec<bool> {
    if !text.iter().any(|character| matches!(character, '`' | '~' | '{')) {
        return Vec::new();
    }
    super::steps::take(text.len());
    let mut mask = vec![false; text.len()];
    let mut paragraph = 0;
    let mut fence: Option<(char, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive(|character| *character == '\n') {
        let end = start + line.len();
        let blank = line.iter().all(|character| character.is_whitespace());
        let run = fence_run(line);
        match (fence, run) {
            (Some(open), run) => {
                cover(&mut mask, start..end);
                if run.is_some_and(|run| run.mark == open.0 && run.length >= open.1 && run.alone) {
                    fence = None;
                }
                paragraph = end;
            }
            (None, Some(run)) if run.opens => {
                inline(text, paragraph..start, &mut mask);
                cover(&mut mask, start..end);
                fence = Some((run.mark, run.length));
                paragraph = end;
            }
            (None, _) if blank => {
                inline(text, paragraph..start, &mut mask);
                paragraph = end;
            }
            (None, _) => {}
        }
        start = end;
    }
    inline(text, paragraph..text.len(), &mut mask);
    wiki(text, &mut mask);
    mask
}

fn cover(mask: &mut [bool], range: Range<usize>) {
    if let Some(part) = mask.get_mut(range) {
        part.fill(true);
    }
}

struct FenceRun {
    mark: char,
    length: usize,
    /// Whether nothing follows on the line, as after a closing fence.
    alone: bool,
    /// Whether it may open a fence: what follows one of backticks holds no backtick.
    opens: bool,
}

/// The fence that a line begins with, after white space and quote marks.
fn fence_run(line: &[char]) -> Option<FenceRun> {
    let lead = line.iter().take_while(|character| matches!(character, ' ' | '\t' | '>')).count();
    let rest = line.get(lead..)?;
    let mark = *rest.first().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = rest.iter().take_while(|character| **character == mark).count();
    let after = rest.get(length..)?;
    (length >= 3).then(|| FenceRun {
        mark,
        length,
        alone: after.iter().all(|character| character.is_whitespace()),
        opens: mark == '~' || !after.contains(&'`'),
    })
}

/// Covers what stands between runs of backticks of one length in a paragraph.
fn inline(text: &[char], paragraph: Range<usize>, mask: &mut [bool]) {
    super::steps::take(paragraph.len());
    let offset = paragraph.start;
    let characters = text.get(paragraph).unwrap_or_default();
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, character) in characters.iter().enumerate() {
        if *character == '`' {
            let index = offset + index;
            match runs.last_mut().filter(|run| run.end == index) {
                Some(run) => run.end += 1,
                None => runs.push(index..index + 1),
            }
        }
    }
    // From the right: for each run the next one of its length.
    let longest = runs.iter().map(Range::len).max().unwrap_or_default();
    let mut next_of_length = vec![None; longest + 1];
    let mut closers = vec![None; runs.len()];
    for (index, run) in runs.iter().enumerate().rev() {
        if let Some(closer) = closers.get_mut(index) {
            *closer = next_of_length.get_mut(run.len()).and_then(|next| next.replace(index));
        }
    }
    let mut index = 0;
    while let Some(run) = runs.get(index) {
        match closers.get(index).copied().flatten() {
            Some(closer) => {
                cover(mask, run.start..runs.get(closer).map_or(run.end, |run| run.end));
                index = closer + 1;
            }
            None => index += 1,
        }
    }
}

/// Covers Jira's code blocks and monospaced words. A block without an end is no block.
fn wiki(text: &[char], mask: &mut [bool]) {
    let mut unclosed: [bool; 2] = [false; 2];
    let mut braces = Braces { text, next: 0 };
    let mut at = 0;
    while at < text.len() {
        super::steps::take(1);
        if text.get(at) != Some(&'{') || mask.get(at).copied().unwrap_or_default() {
            at += 1;
            continue;
        }
        let mut end = None;
        for (name, unclosed) in ["code", "noformat"].into_iter().zip(&mut unclosed) {
            if let Some(body) = opener(text, at, name, &mut braces).filter(|_| !*unclosed) {
                end = closer(text, body, name);
                *unclosed = end.is_none();
            }
        }
        if end.is_none() && text.get(at + 1) == Some(&'{') {
            let body = text.get(at + 2..).unwrap_or_default();
            let stop = body.iter().enumerate().position(|(index, character)| {
                *character == '\n' || body.get(index..).is_some_and(|rest| rest.starts_with(&['}', '}']))
            });
            let stop = at + 2 + stop.unwrap_or(body.len());
            super::steps::take(stop - at);
            if text.get(stop) != Some(&'}') {
                // No other `{{` of this line has an end either.
                at = stop;
                continue;
            }
            end = Some(stop + 2);
        }
        match end {
            Some(end) => {
                cover(mask, at..end);
                at = end;
            }
            None => at += 1,
        }
    }
}

/// The closing braces of a text, asked for in ascending order: each stretch is looked through once.
struct Braces<'t> {
    text: &'t [char],
    /// The last one that was found, or where the look ended.
    next: usize,
}

impl Braces<'_> {
    /// The first closing brace from here on.
    fn closing(&mut self, from: usize) -> Option<usize> {
        if self.next < from || self.text.get(self.next).is_some_and(|brace| *brace != '}') {
            let start = self.next.max(from);
            let rest = self.text.get(start..).unwrap_or_default();
            let length = rest.iter().position(|character| *character == '}').unwrap_or(rest.len());
            super::steps::take(length);
            self.next = start + length;
        }
        (self.next < self.text.len()).then_some(self.next)
    }
}

/// Where the body begins after `{name}` or `{name:…}`.
fn opener(text: &[char], at: usize, name: &str, braces: &mut Braces<'_>) -> Option<usize> {
    let start = at + 1 + name.len();
    if !text.get(at + 1..start)?.iter().copied().eq(name.chars()) {
        return None;
    }
    match text.get(start)? {
        '}' => Some(start + 1),
        ':' => {
            let close = braces.closing(start)?;
            (close < start + LONGEST_OPENER).then_some(close + 1)
        }
        _ => None,
    }
}

/// The place after the next `{name}`.
fn closer(text: &[char], from: usize, name: &str) -> Option<usize> {
    let closing: Vec<char> = format!("{{{name}}}").chars().collect();
    let rest = text.get(from..)?;
    let found = rest.windows(closing.len()).position(|window| window == closing);
    super::steps::take(found.unwrap_or(rest.len()));
    let found = found?;
    Some(from + found + closing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with its code blacked out.
    fn blackened(text: &str) -> String {
        let characters: Vec<char> = text.chars().collect();
        let mask = mask(&characters);
        let covered = |index: usize| mask.get(index).copied().unwrap_or_default();
        let shown = |(index, character): (usize, &char)| {
            if covered(index) && *character != '\n' { '#' } else { *character }
        };
        characters.iter().enumerate().map(shown).collect()
    }

    #[test]
    fn code_is_told_from_text() {
        for (text, expected) in [
            ("a `b` c", "a ### c"),
            ("a `b c", "a `b c"),
            ("a ``b ` c`` d", "a ######### d"),
            ("a `b\n\nc` d", "a `b\n\nc` d"),
            ("a\n```rust\nb\n```\nc", "a\n#######\n#\n###\nc"),
            ("a\n```\nb", "a\n###\n#"),
            ("~~~\nb\n```\n~~~~\nc", "###\n#\n###\n####\nc"),
            ("```inline``` a", "############ a"),
            ("{code:java}a{code} b", "################## b"),
            ("{noformat}a{noformat} b", "##################### b"),
            ("{code} a", "{code} a"),
            ("{{a}} {{b", "##### {{b"),
            ("{{a\nb}}", "{{a\nb}}"),
            ("{code}a", "{code}a"),
        ] {
            assert_eq!(blackened(text), expected, "{text}");
        }
    }
}
