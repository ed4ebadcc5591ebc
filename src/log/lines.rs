//! How the log is written: one line a record on stderr, `message field=value …`, with `<N>` priorities under systemd
//! (sd-daemon(3)) and a time of day elsewhere; at its end, the id of the request that it belongs to.
//!
//! Only this program's own records are written, at every level: a library's could hold what must not be told. Values are
//! escaped, so that no input can forge a line.

use std::error::Error;
use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The layer that writes lines.
pub(super) struct Lines {
    level: LevelFilter,
    priorities: bool,
    write: fn(&str),
}

impl Lines {
    /// Lines on stderr.
    pub(super) fn new(level: LevelFilter, priorities: bool) -> Self {
        // Nobody is left to tell that stderr is gone.
        Self { level, priorities, write: |line| drop(std::io::stderr().lock().write_all(line.as_bytes())) }
    }
}

/// What a span has to say: the id of its request.
struct RequestId(String);

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let target = metadata.target();
        (target == "invited" || target.starts_with("invited::")) && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = Find { name: "request.id", value: None };
        attributes.record(&mut found);
        if let (Some(value), Some(span)) = (found.value, context.span(id)) {
            span.extensions_mut().insert(RequestId(value));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let level = event.metadata().level();
        let mut line = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = if self.priorities {
            write!(line, "<{}>", priority(*level))
        } else {
            write!(line, "{:.3} {:<5} ", crate::clock::now(), word(*level))
        };
        event.record(&mut Fields(&mut line));
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(RequestId(id)) = span.extensions().get() {
                Fields(&mut line).value("request.id", format_args!("{id}"));
                break;
            }
        }
        line.push('\n');
        (self.write)(&line);
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// The text of one field.
struct Find {
    name: &'static str,
    value: Option<String>,
}

impl Visit for Find {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.name {
            self.value = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Escapes control characters: a line stays a line.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Nearly every text is plain.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match c {
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => self.0.extend(c.escape_default()),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// Writes the message, and fields as logfmt has them.
struct Fields<'a>(&'a mut String);

impl Fields<'_> {
    fn value(&mut self, name: &str, value: fmt::Arguments<'_>) {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
        self.0.extend([" ", name, "="]);
        let start = self.0.len();
        // Nearly every value is plain, and stays where it is.
        let _ = self.0.write_fmt(value);
        if self.0.len() == start || !self.0[start..].chars().all(plain) {
            let text = self.0.split_off(start);
            let _ = write!(self.0, "{text:?}");
        }
    }

    fn field(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        match field.name() {
            "message" => drop(Escaped(self.0).write_fmt(value)),
            name => self.value(name, value),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.field(field, format_args!("{}", super::chain::chain(error)));
    }

    /// Texts come here by `%`, too.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.field(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tracing::Instrument as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::{Event as Happened, RequestLine, event, request, request_span};
    use super::*;

    thread_local! {
        static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// What `act` has logged, with priorities.
    fn logged(level: LevelFilter, act: impl FnOnce()) -> String {
        let write = |line: &str| WRITTEN.with_borrow_mut(|written| written.push_str(line));
        let subscriber = tracing_subscriber::registry().with(Lines { level, priorities: true, write });
        tracing::subscriber::with_default(subscriber, act);
        WRITTEN.take()
    }

    fn line(route: &str, status: u16) -> String {
        let took = std::time::Duration::from_micros(1_234_567);
        logged(LevelFilter::TRACE, || {
            request(&RequestLine { id: "1-2", method: "GET", route, status, took, error: None });
        })
    }

    #[test]
    fn the_line_about_a_request_has_its_id_once_and_its_fields_in_order() {
        let fields = "http.method=GET http.route=/invite http.status=200 duration_ms=1234.567";
        assert_eq!(line("/invite", 200), format!("<6>GET /invite 200 request.id=1-2 {fields}\n"));
        let error: Option<&dyn fmt::Display> = Some(&"wrong: uses");
        let took = std::time::Duration::ZERO;
        let refused = logged(LevelFilter::INFO, || {
            request(&RequestLine { id: "1-2", method: "-", route: "-", status: 400, took, error });
        });
        let fields = "http.method=- http.route=- http.status=400 duration_ms=0.000 error=\"wrong: uses\"";
        assert_eq!(refused, format!("<6>- - 400 request.id=1-2 {fields}\n"));
    }

    #[test]
    fn a_probe_that_succeeds_is_a_debug_line_and_one_that_fails_is_not() {
        for route in ["/healthz", "/readyz", "/metrics"] {
            assert!(line(route, 200).starts_with("<7>"), "{route}");
            assert!(line(route, 405).starts_with("<6>"), "{route}");
            assert!(line(route, 503).starts_with("<3>"), "{route}");
        }
        for (status, start) in [(200, "<6>"), (404, "<6>"), (500, "<3>"), (501, "<6>"), (503, "<3>")] {
            assert!(line("/invite", status).starts_with(start), "{status}");
        }
    }

    #[test]
    fn every_line_that_is_logged_in_the_span_of_a_request_has_its_id() {
        let revoked = Happened::InviteRevoked { invite: &"x", host: &"a.example" };
        let both = async {
            event(&revoked);
            futures_lite::future::yield_now().await;
            tracing::warn_span!("inner").in_scope(|| tracing::warn!(host = "a.example", "it is slow"));
        };
        let written = logged(LevelFilter::WARN, || {
            futures_lite::future::block_on(both.instrument(request_span("1-2")));
            tracing::error!("outside");
        });
        assert_eq!(written, "<4>it is slow host=a.example request.id=1-2\n<3>outside\n");
        let written = logged(LevelFilter::INFO, || {
            request_span("1-3").in_scope(|| {
                event(&revoked);
                // It did not cause this.
                event(&Happened::KeyDeleted { key: &"ci" });
            });
        });
        let revoked = "<6>an invite was revoked event=invite.revoked invite.id=x host=a.example request.id=1-3\n";
        assert_eq!(written, format!("{revoked}<6>a key was deleted event=key.deleted key.id=ci\n"));
    }

    #[test]
    fn nothing_of_a_library_is_written() {
        let written = logged(LevelFilter::TRACE, || {
            tracing::error!(target: "hyper::proto", "GET /invite?TOKEN");
            tracing::error!(target: "invitedly", "no");
            tracing::error_span!(target: "hyper", "request", request.id = "secret").in_scope(|| tracing::trace!("own"));
        });
        assert_eq!(written, "<7>own\n");
    }

    #[test]
    fn values_and_messages_cannot_forge_a_line() {
        let forged = "x\n<0>y\u{2028}z";
        let written = logged(LevelFilter::INFO, || {
            tracing::info!(a = forged, b = %forged, empty = "", number = 5, eq = "a=b", "{forged}");
        });
        let quoted = "\"x\\n<0>y\\u{2028}z\"";
        assert_eq!(written, format!("<6>x\\n<0>y\\u{{2028}}z a={quoted} b={quoted} empty=\"\" number=5 eq=\"a=b\"\n"));
    }

    #[test]
    fn a_key_that_is_not_known_has_no_field() {
        let written = logged(LevelFilter::INFO, || {
            event(&Happened::KeyRefused { key: None, client: &"::1", reason: &"no key" });
            event(&Happened::KeyRefused { key: Some(&"ci"), client: &"::1", reason: &"expired" });
        });
        let start = "<6>a key was refused event=key.refused";
        assert_eq!(
            written,
            format!("{start} client=::1 reason=\"no key\"\n{start} key.id=ci client=::1 reason=expired\n")
        );
    }

    #[test]
    fn an_error_is_logged_with_its_causes() {
        let written = logged(LevelFilter::INFO, || {
            let error = anyhow::Error::from(std::io::Error::other("no medium")).context("cannot write; check the disk");
            let error: &(dyn Error + 'static) = error.as_ref();
            tracing::warn!(error, "no backup");
        });
        assert_eq!(written, "<4>no backup error=\"cannot write (no medium); check the disk\"\n");
    }
}
