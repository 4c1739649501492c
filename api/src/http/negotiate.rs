//! Media types: what the client wants to read, and whether what it sends is JSON.

use axum::http::{HeaderMap, HeaderName, header};

/// What a GraphQL answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: the status is 200 whatever became of a well-formed request.
    Json,
    /// `application/graphql-response+json`: the status says whether the operation ran.
    GraphqlResponse,
    /// A page for people, only where it is offered.
    Html,
    /// A stream of events.
    EventStream,
}

impl Media {
    /// The `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::GraphqlResponse => ("application", "graphql-response+json"),
            Self::Html => ("text", "html"),
            Self::EventStream => ("text", "event-stream"),
        }
    }
}

/// The best of what is offered, the earlier where the client likes two alike; none when it takes neither.
/// No `Accept`, or `*/*`, takes the first.
pub(super) fn accepted(headers: &HeaderMap, offered: &[Media]) -> Option<Media> {
    if !headers.contains_key(header::ACCEPT) {
        return offered.first().copied();
    }
    let text = joined(headers, header::ACCEPT);
    let ranges: Vec<Range<'_>> = split(&text, ',').filter_map(Range::read).collect();
    if text.trim().is_empty() {
        return offered.first().copied();
    }
    let mut best: Option<(Media, Liking)> = None;
    for media in offered {
        let Some(liking) = liking(*media, &ranges) else { continue };
        if best.is_none_or(|(_, other)| liking > other) {
            best = Some((*media, liking));
        }
    }
    best.map(|(media, _)| media)
}

/// Whether a stream of events is what the client likes best. Clients that can also read streams name them after
/// JSON, and mean it.
pub(super) fn wants_stream(headers: &HeaderMap) -> bool {
    accepted(headers, &[Media::Json, Media::GraphqlResponse, Media::EventStream]) == Some(Media::EventStream)
}

/// How much a type is wanted: its quality in thousandths, whether it is named or only fits a wildcard, and
/// how early it is named.
type Liking = (u16, bool, std::cmp::Reverse<usize>);

fn liking(media: Media, ranges: &[Range<'_>]) -> Option<Liking> {
    let (kind, subtype) = media.name();
    let fits = |range: &Range<'_>| {
        let same = |range: &str, name: &str| range == "*" || range.eq_ignore_ascii_case(name);
        same(range.kind, kind) && same(range.subtype, subtype)
    };
    // The most exact range decides, also when it says no.
    let (at, range) = ranges
        .iter()
        .enumerate()
        .filter(|(_, range)| fits(range))
        .max_by_key(|(at, range)| (range.exactness(), std::cmp::Reverse(*at)))?;
    let named = range.exactness() == 2;
    // A wildcard names nothing, so it gives no order.
    let place = if named { at } else { usize::MAX };
    (range.quality > 0).then_some((range.quality, named, std::cmp::Reverse(place)))
}

/// One entry of `Accept`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// 0–1000.
    quality: u16,
}

impl<'a> Range<'a> {
    /// None for what is no media range, and for one in a charset that we do not write.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = split(text, ';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let mut quality = 1_000;
        for part in parts {
            let (name, value) = part.trim().split_once('=')?;
            if name.eq_ignore_ascii_case("q") {
                quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
                return None;
            }
        }
        Some(Self { kind, subtype, quality })
    }

    fn exactness(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

/// A quality, `0`–`1` with up to three decimal places.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, decimals) {
        ("0", _) => Some(decimals),
        ("1", 0) => Some(1_000),
        (_, _) => None,
    }
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// The lines of a header as one; a line that is no text counts as nothing.
fn joined(headers: &HeaderMap, name: HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    lines.join(",")
}

/// Cuts at a separator that stands in no quoted text.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        let cut = character == separator && !quoted;
        if escaped {
            escaped = false;
        } else if character == '"' {
            quoted = !quoted;
        } else {
            escaped = quoted && character == '\\';
        }
        cut
    })
}

/// Whether a body is JSON in UTF-8, as it is. Anything else is refused: a form or a text can be sent across
/// sites without the browser asking first.
///
/// # Errors
/// What to send instead.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let line = lines.next().filter(|_| lines.next().is_none()).and_then(|line| line.to_str().ok());
    let mut parts = split(line.unwrap_or_default(), ';');
    if !parts.next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return Err("send the operation as application/json, with this Content-Type");
    }
    let foreign = parts
        .filter_map(|part| part.trim().split_once('='))
        .any(|(name, value)| name.eq_ignore_ascii_case("charset") && !is_utf8(value));
    if foreign {
        return Err("send the operation in UTF-8: charset=utf-8, or no charset");
    }
    let plain = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Err("send the operation uncompressed, without Content-Encoding");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect()
    }

    #[test]
    fn quality_then_name_then_order_decide() {
        const OFFERED: [Media; 2] = [Media::Json, Media::GraphqlResponse];
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlResponse));
        for (lines, expected) in [
            (&[][..], json),
            (&[""], json),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["Application/JSON"], json),
            (&["application/graphql-response+json"], graphql),
            (&["application/graphql-response+json, application/json"], graphql),
            (&["application/json, application/graphql-response+json"], json),
            (&["application/graphql-response+json;q=0.9, application/json;q=0.1"], graphql),
            (&["application/graphql-response+json; q=0.1 ,application/json; q=0.9"], json),
            (&["application/graphql-response+json;q=0.9", "application/json"], json),
            (&["application/graphql-response+json, */*;q=0.1"], graphql),
            (&["*/*, application/graphql-response+json"], graphql),
            (&["*/*, application/json;q=0"], graphql),
            (&["application/json;q=0"], None),
            (&["text/csv"], None),
            (&["text/html, text/csv"], None),
            (&["application/json; charset=utf-8"], json),
            (&["application/json; charset=\"UTF-8\""], json),
            (&["application/json; charset=utf-16"], None),
            (&["application/json;q=2"], None),
            (&["application/json;q=1.000"], json),
            (&["application/json;q=0.0001"], None),
            (&["text/x;a=\",application/json\""], None),
            (&["nonsense"], None),
        ] {
            assert_eq!(accepted(&headers(header::ACCEPT, lines), &OFFERED), expected, "{lines:?}");
        }
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let offered = [Media::Json, Media::GraphqlResponse, Media::Html];
        assert_eq!(accepted(&headers(header::ACCEPT, &[browser]), &offered), Some(Media::Html));
        assert_eq!(accepted(&headers(header::ACCEPT, &["*/*"]), &offered), json);
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        for (lines, good) in [
            (&["application/json"][..], true),
            (&["application/json; charset=utf-8"], true),
            (&["APPLICATION/JSON;charset=\"utf-8\""], true),
            (&["application/json; charset=utf-16"], false),
            (&["application/json", "text/plain"], false),
            (&["text/plain; a=\"application/json\""], false),
            (&["text/plain"], false),
            (&["application/jsonx"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, lines)).is_ok(), good, "{lines:?}");
        }
        let mut packed = headers(header::CONTENT_TYPE, &["application/json"]);
        packed.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(is_json(&packed).is_err());
    }
}
