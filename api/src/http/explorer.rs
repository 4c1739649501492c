//! The explorer at `/`: GraphiQL out of the program itself, so that it works without internet and nothing
//! of what is typed there leaves for another site.
//!
//! Pages are small and asked for anew each time; what they load lies under a path that holds a hash of all
//! files, so browsers keep it until the next version of the program. GraphiQL's files are stored compressed
//! and sent as they are.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// The query that the explorer begins with: from objectives to tasks.
pub const EXAMPLE_QUERY: &str = include_str!("../../assets/example.graphql");

const PAGE: &str = include_str!("../../assets/explorer.html");

/// Nothing but our own files, and neither script nor style in the page; fonts and icons are inside the style
/// sheet. A browser reports that one style was blocked when a dialog opens: GraphiQL would stop the page
/// behind it from scrolling, and this page does not scroll.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    gzipped: bool,
    content: &'static [u8],
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 6] = [
    Asset {
        name: "explorer.js",
        content_type: JAVASCRIPT,
        gzipped: false,
        content: include_bytes!("../../assets/explorer.js"),
    },
    Asset {
        name: "explorer.css",
        content_type: STYLE,
        gzipped: false,
        content: include_bytes!("../../assets/explorer.css"),
    },
    Asset {
        name: "graphiql.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        content: include_bytes!("../../assets/graphiql/graphiql.min.js.gz"),
    },
    Asset {
        name: "graphiql.min.css",
        content_type: STYLE,
        gzipped: true,
        content: include_bytes!("../../assets/graphiql/graphiql.min.css.gz"),
    },
    Asset {
        name: "react.production.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        content: include_bytes!("../../assets/graphiql/react.production.min.js.gz"),
    },
    Asset {
        name: "react-dom.production.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        content: include_bytes!("../../assets/graphiql/react-dom.production.min.js.gz"),
    },
];

/// Twelve hex digits of the hash of all files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in &ASSETS {
        hasher.update(asset.content);
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

static PAGE_WITH_PATHS: LazyLock<String> = LazyLock::new(|| {
    let example = EXAMPLE_QUERY.replace('&', "&amp;").replace('<', "&lt;");
    PAGE.replace("{version}", &VERSION).replace("{example}", &example)
});

/// The routes `/` and `/explorer/…`, for a router with any state. Leave them out where `graphql.explorer`
/// is off.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(page)).route("/explorer/{version}/{file}", get(asset))
}

/// The explorer's page, also for `GET /graphql` from a browser.
pub async fn page() -> Response {
    guarded("text/html; charset=utf-8", "no-cache", PAGE_WITH_PATHS.as_str()).into_response()
}

async fn asset(Path((version, file)): Path<(String, String)>, request: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == file && version == *VERSION) else {
        return (StatusCode::NOT_FOUND, guarded("text/plain; charset=utf-8", "no-store", "no such file\n"))
            .into_response();
    };
    let kept = "public, max-age=31536000, immutable";
    if !asset.gzipped {
        return guarded(asset.content_type, kept, asset.content).into_response();
    }
    let by_encoding = (header::VARY, HeaderValue::from_static("accept-encoding"));
    if !takes_gzip(&request) {
        let message = "this file is stored compressed: ask with accept-encoding: gzip\n";
        return (
            StatusCode::NOT_ACCEPTABLE,
            [by_encoding],
            guarded("text/plain; charset=utf-8", "no-store", message),
        )
            .into_response();
    }
    let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    ([by_encoding, encoding], guarded(asset.content_type, kept, asset.content)).into_response()
}

/// A body with the headers that every answer here has.
fn guarded<B: IntoResponse>(
    content_type: &'static str,
    cache_control: &'static str,
    body: B,
) -> ([(HeaderName, HeaderValue); 6], B) {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, cache_control),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), body)
}

/// Whether the client takes gzip (RFC 9110 §12.5.3): named or meant by `*`, and not with weight 0. Every
/// browser does.
fn takes_gzip(request: &HeaderMap) -> bool {
    let codings = request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let (mut named, mut any) = (None, None);
    for coding in codings {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let wanted = weight.is_none_or(|text| text.parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match name.as_str() {
            "gzip" | "x-gzip" => named = Some(wanted),
            "*" => any = Some(wanted),
            _ => {}
        }
    }
    named.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use http_body_util::BodyExt;
    use tower::Service;

    use super::*;

    async fn answer(path: &str, accept_encoding: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().uri(path);
        if let Some(value) = accept_encoding {
            request = request.header(header::ACCEPT_ENCODING, value);
        }
        let response = router::<()>().call(request.body(Body::empty()).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn the_page_loads_only_files_that_are_here() {
        let (status, headers, body) = answer("/", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        let page = String::from_utf8(body).unwrap();
        assert!(!page.contains("//") && !page.contains("{version}") && !page.contains("{example}"), "{page}");
        assert!(page.contains("objectives(first: 5)"));
        let mut loaded = 0;
        for path in page.split(['"']).filter(|text| text.starts_with("/explorer/")) {
            let (status, headers, body) = answer(path, Some("gzip, deflate, br")).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            let compressed = headers.get(header::CONTENT_ENCODING).is_some();
            assert_eq!(compressed, body.starts_with(&[0x1f, 0x8b]), "{path}");
            loaded += 1;
        }
        assert_eq!(loaded, ASSETS.len(), "each file is used");
    }

    #[tokio::test]
    async fn every_answer_is_guarded() {
        let gzipped = format!("/explorer/{}/graphiql.min.js", *VERSION);
        let plain = format!("/explorer/{}/explorer.js", *VERSION);
        for (path, encoding, expected) in [
            ("/", None, StatusCode::OK),
            (plain.as_str(), None, StatusCode::OK),
            (gzipped.as_str(), Some("gzip"), StatusCode::OK),
            (gzipped.as_str(), None, StatusCode::NOT_ACCEPTABLE),
            ("/explorer/000000000000/explorer.js", None, StatusCode::NOT_FOUND),
            (&format!("/explorer/{}/..%2Fexplorer.html", *VERSION), None, StatusCode::NOT_FOUND),
        ] {
            let (status, headers, _) = answer(path, encoding).await;
            assert_eq!(status, expected, "{path}");
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
            assert!(!policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
            assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        }
    }

    #[test]
    fn accept_encoding_is_read_with_its_weights() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("*;q=0.1", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("br, deflate", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&headers), expected, "{value:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
