//! The only logger: one line a record on stderr, `message field=value …`, with `<N>` priorities under systemd
//! (sd-daemon(3)) and a time of day elsewhere.
//!
//! Only this program's own records are written, at every level: a library's could hold what must not be told. Field
//! names are fixed here; nothing that is secret has a field. Values are escaped, so that no input can forge a line.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::io::Write as _;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Something that happened and that an admin may want to search for. The names are stable.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A key appeared in the state directory.
    KeyMade {
        /// Its id.
        key: &'a dyn Display,
    },
    /// A key disappeared from the state directory.
    KeyDeleted {
        /// Its id.
        key: &'a dyn Display,
    },
    /// A caller was refused for its key.
    KeyRefused {
        /// The id it named, if there is such a key.
        key: Option<&'a dyn Display>,
        /// Who called.
        client: &'a dyn Display,
        /// Why.
        reason: &'a dyn Display,
    },
    /// An invite was made.
    InviteMade {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// Who had it made.
        source: &'a dyn Display,
    },
    /// A use of an invite was spent.
    InviteRedeemed {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// By which way.
        via: &'a dyn Display,
        /// Who said so.
        source: &'a dyn Display,
    },
    /// An invite was revoked.
    InviteRevoked {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
    },
    /// The configuration was read again and is in force.
    Reloaded,
    /// The configuration was read again and is wrong; the old one stays in force.
    ReloadRefused,
}

/// Writes an event as an info line; `event=` is its stable name.
pub fn event(event: &Event<'_>) {
    match event {
        Event::KeyMade { key } => log::info!("event" = "key.made", "key.id":% = key; "a key was made"),
        Event::KeyDeleted { key } => log::info!("event" = "key.deleted", "key.id":% = key; "a key was deleted"),
        Event::KeyRefused { key: Some(key), client, reason } => {
            log::info!("event" = "key.refused", "key.id":% = key, "client":% = client, "reason":% = reason; "a key was refused");
        }
        Event::KeyRefused { key: None, client, reason } => {
            log::info!("event" = "key.refused", "client":% = client, "reason":% = reason; "a key was refused");
        }
        Event::InviteMade { invite, host, source } => {
            log::info!("event" = "invite.made", "invite.id":% = invite, "host":% = host, "source":% = source; "an invite was made");
        }
        Event::InviteRedeemed { invite, host, via, source } => {
            log::info!("event" = "invite.redeemed", "invite.id":% = invite, "host":% = host, "via":% = via, "source":% = source; "an invite was redeemed");
        }
        Event::InviteRevoked { invite, host } => {
            log::info!("event" = "invite.revoked", "invite.id":% = invite, "host":% = host; "an invite was revoked");
        }
        Event::Reloaded => log::info!("event" = "reload.done"; "the configuration was read again"),
        Event::ReloadRefused => {
            log::error!("event" = "reload.refused"; "the configuration was read again and is wrong; the old one stays in force");
        }
    }
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
    pub took: std::time::Duration,
    /// Why it was refused, for us alone.
    pub error: Option<&'a dyn Display>,
}

/// Writes the line about a request: an error where a person must act, else info.
pub fn request(line: &RequestLine<'_>) {
    let level = if line.status >= 500 && line.status != 501 { Level::Error } else { Level::Info };
    let RequestLine { id, method, route, status, took, error } = line;
    let milliseconds = format!("{}.{:03}", took.as_millis(), took.subsec_micros() % 1000);
    match error {
        Some(error) => log::log!(level,
            "request.id" = id, "http.method" = method, "http.route" = route, "http.status" = status,
            "duration_ms" = milliseconds.as_str(), "error":% = error; "{method} {route} {status}"),
        None => log::log!(level,
            "request.id" = id, "http.method" = method, "http.route" = route, "http.status" = status,
            "duration_ms" = milliseconds.as_str(); "{method} {route} {status}"),
    }
}

struct Stderr {
    priorities: bool,
}

/// Starts logging. `verbosity`: -1 for warnings only, 0 for info, 1 for debug, 2 for everything.
pub fn start(verbosity: i8) {
    let level = match verbosity {
        i8::MIN..=-1 => LevelFilter::Warn,
        0 => LevelFilter::Info,
        1 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    // systemd says where it has connected stderr to the journal.
    let priorities = std::env::var_os("JOURNAL_STREAM").is_some() || std::env::var_os("INVOCATION_ID").is_some();
    if log::set_boxed_logger(Box::new(Stderr { priorities })).is_ok() {
        log::set_max_level(level);
    }
    // A panic says where, and not what: its message may hold anything.
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(at) => log::error!("internal error at {}:{}", at.file(), at.line()),
        None => log::error!("internal error"),
    }));
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target == "invited" || target.starts_with("invited::")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut line = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = if self.priorities {
            write!(line, "<{}>", priority(record.level()))
        } else {
            write!(line, "{:.3} {:<5} ", crate::clock::now(), word(record.level()))
        };
        let _ = write!(Escaped(&mut line), "{}", record.args());
        let _ = record.key_values().visit(&mut Fields(&mut line));
        line.push('\n');
        // Nobody is left to tell that stderr is gone.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}

fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
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

struct Fields<'a>(&'a mut String);

impl<'kvs> log::kv::VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: log::kv::Key<'kvs>, value: log::kv::Value<'kvs>) -> Result<(), log::kv::Error> {
        let value = value.to_borrowed_str().map_or_else(|| value.to_string().into(), Cow::Borrowed);
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
        self.0.extend([" ", key.as_str(), "="]);
        if !value.is_empty() && value.chars().all(plain) {
            self.0.push_str(&value);
        } else {
            let _ = write!(self.0, "{value:?}");
        }
        Ok(())
    }
}
