//! Logs and spans: one line an event on standard error, so that standard output stays free for answers; and
//! where a collector is named, one span a request to it.

mod spans;

use std::io::{self, Write};
use std::sync::OnceLock;

use tracing_subscriber::{
    Layer as _, Registry, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use self::spans::Spans;

use crate::config::{ConfigError, Log, LogFormat, Telemetry};

static DONE: OnceLock<()> = OnceLock::new();

/// Sets logging up once; later calls, and calls in a process that has its own subscriber, change nothing.
///
/// # Errors
/// [`ConfigError`] if the level cannot be read, also when logging is set up already.
pub fn init(settings: &Log) -> Result<(), ConfigError> {
    set_up(settings, None)
}

/// Sets logging up once, and sends spans to the collector where one is named, until what is given is
/// [ended](Spans::end).
///
/// # Errors
/// [`ConfigError`] if a setting cannot be read, or the way to the collector cannot be prepared.
pub fn init_with_spans(settings: &Log, telemetry: &Telemetry) -> Result<Spans, ConfigError> {
    let spans = Spans::open(telemetry)?;
    set_up(settings, spans.layer())?;
    Ok(spans)
}

fn set_up(settings: &Log, spans: Option<spans::Layer>) -> Result<(), ConfigError> {
    let filter = settings.filter()?;
    DONE.get_or_init(|| {
        let lines = tracing_subscriber::fmt::layer().with_writer(OneLine);
        let lines = match settings.format {
            LogFormat::Text => lines.with_ansi(false).with_filter(filter).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
        };
        // An error means that the process has a subscriber already, which then is the one wanted.
        let _already_set = Registry::default().with(spans).with(lines).try_init();
    });
    Ok(())
}

/// Writes each event as one line: line breaks inside are shown as `\n` and `\r`, so that nobody who
/// controls a logged text can forge a log line.
struct OneLine;

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = LineWriter<io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter(io::stderr())
    }
}

/// The subscriber hands over an event in one piece, ending in a line break.
struct LineWriter<W>(W);

impl<W: Write> Write for LineWriter<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (body, end): (&[u8], &[u8]) = match event.split_last() {
            Some((b'\n', body)) => (body, b"\n"),
            Some(_) | None => (event, b""),
        };
        let mut line = Vec::with_capacity(event.len());
        for byte in body {
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                other => line.push(*other),
            }
        }
        line.extend_from_slice(end);
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_up_twice_is_no_error() {
        let settings = Log { level: "warn".to_owned(), format: LogFormat::Text };
        init(&settings).unwrap();
        init(&settings).unwrap();
    }

    #[test]
    fn an_event_stays_one_line() {
        let mut written = Vec::new();
        LineWriter(&mut written).write_all(b"first\r\nINFO forged\n").unwrap();
        assert_eq!(written, b"first\\r\\nINFO forged\n");
    }
}
