//! The only log: what is written there, under which names. How a line looks is the business of [`lines`].
//!
//! Field names are fixed here, and events have stable names. Nothing that is secret has a field. Whatever is logged while a
//! request is handled has its `request.id`, because it is logged inside of [`request_span`]; where work for a request goes
//! on in a task or thread of its own, the span goes with it (`tracing::Instrument`).

mod chain;
mod events;
mod lines;

use std::fmt::Display;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};
use tracing_subscriber::layer::SubscriberExt as _;

pub use chain::{Cause, chain};
pub use events::{Event, event};
use lines::Lines;

/// A new id for a request or a stanza, unique in the log: when the process began, and a number.
#[must_use]
pub fn request_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static BEGAN: OnceLock<u64> = OnceLock::new();
    let began = BEGAN.get_or_init(|| u64::try_from(crate::clock::now().as_millisecond()).unwrap_or(0));
    format!("{began:x}-{:08x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What is logged inside of this has the `request.id` `id`. It is there at every verbosity, as errors are.
#[must_use]
pub fn request_span(id: &str) -> Span {
    tracing::error_span!("request", request.id = id)
}

/// What the line about a request says.
pub struct RequestLine<'a> {
    /// `X-Request-Id`.
    pub id: &'a str,
    /// As the client wrote it, if it is one.
    pub method: &'a str,
    /// The route's pattern, never the path: paths hold tokens.
    pub route: &'a str,
    /// What was answered.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// Why it was refused, for us alone.
    pub error: Option<&'a dyn Display>,
}

impl RequestLine<'_> {
    /// An error where a person must act; debug for a probe that succeeds, of which there are many and which say nothing.
    fn level(&self) -> Level {
        match self.status {
            501 => Level::INFO,
            500.. => Level::ERROR,
            ..400 if matches!(self.route, "/healthz" | "/readyz" | "/metrics") => Level::DEBUG,
            _ => Level::INFO,
        }
    }
}

/// Writes the line about a request, outside of its span.
pub fn request(line: &RequestLine<'_>) {
    /// A level is part of a call site.
    macro_rules! write {
        ($level:expr) => {{
            let RequestLine { id, method, route, status, took, error } = line;
            let error = error.map(tracing::field::display);
            tracing::event!($level,
                request.id = id, http.method = method, http.route = route, http.status = status,
                duration_ms = %format_args!("{}.{:03}", took.as_millis(), took.subsec_micros() % 1000), error,
                "{method} {route} {status}");
        }};
    }
    match line.level() {
        Level::ERROR => write!(Level::ERROR),
        Level::INFO => write!(Level::INFO),
        _ => write!(Level::DEBUG),
    }
}

/// Whether lines on stderr have a priority: under systemd, which says so. A shell that a service of systemd has started, as
/// desktops do, says the same, and its terminal is no journal.
#[must_use]
pub fn has_priorities() -> bool {
    let is_said = ["JOURNAL_STREAM", "INVOCATION_ID"].into_iter().any(|name| std::env::var_os(name).is_some());
    is_said && !std::io::stderr().is_terminal()
}

/// Starts logging. `verbosity`: -1 for warnings only, 0 for info, 1 for debug, 2 for everything.
pub fn start(verbosity: i8) {
    let level = match verbosity {
        i8::MIN..=-1 => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Whoever was first has started it.
    let lines = Lines::new(level, has_priorities());
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
    // A panic says where, and not what: its message may hold anything.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        tracing::error!("internal error{at}");
    }));
}
