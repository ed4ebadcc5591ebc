//! The only log: what is written there, under which names. How a line looks is the business of [`lines`].
//!
//! Field names are fixed here, and events have stable names. Nothing that is secret has a field. Whatever is logged while a
//! request is handled has its `request.id`, because it is logged inside of [`request_span`]; where work for a request goes
//! on in a task or thread of its own, the span goes with it (`tracing::Instrument`).

mod chain;
mod lines;

use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};
use tracing_subscriber::layer::SubscriberExt as _;

pub use chain::{Cause, chain};
use lines::Lines;

/// Something that happened and that an admin may want to search for. The names are stable.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A key appeared in the state directory.
    KeyCreated {
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
    /// An invite was created.
    InviteCreated {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// Who had it created.
        source: &'a dyn Display,
    },
    /// A use of an invite was redeemed.
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
    /// Somebody signed in on `/manage`.
    SessionOpened {
        /// Who: a key's id, or a user, of whom it is not said which.
        manager: &'a dyn Display,
        /// Where.
        client: &'a dyn Display,
    },
    /// Somebody was refused there.
    SessionRefused {
        /// With what: a key, or a user's password.
        with: &'a dyn Display,
        /// Where.
        client: &'a dyn Display,
    },
    /// Somebody signed out.
    SessionClosed {
        /// As in [`Self::SessionOpened`].
        manager: &'a dyn Display,
    },
    /// The link of an invite was handed to the mail server.
    MailSent {
        /// The invite's id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// To whom, without what tells who that is.
        to: &'a dyn Display,
    },
    /// The mail server does not take the link of an invite, and would not take it later.
    MailRefused {
        /// The invite's id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// To whom, without what tells who that is.
        to: &'a dyn Display,
        /// What the server says.
        reason: &'a dyn Display,
    },
    /// A webhook began to fail.
    WebhookFailing {
        /// Its name.
        webhook: &'a dyn Display,
        /// Why.
        reason: &'a dyn Display,
    },
    /// A webhook that failed has taken what it did not take before.
    WebhookRecovered {
        /// Its name.
        webhook: &'a dyn Display,
    },
    /// Events are not sent any more, as a webhook did not take them for three days.
    WebhookDead {
        /// Its name.
        webhook: &'a dyn Display,
        /// How many.
        count: u64,
    },
    /// The configuration was reloaded and is in force.
    Reloaded,
    /// The configuration could not be reloaded; the running one stays in force.
    ReloadRefused {
        /// Why.
        reason: &'a dyn Display,
    },
}

/// Writes an event as an info line, a warning where something goes on worse, or an error where a person must act; `event=` is its stable name.
pub fn event(event: &Event<'_>) {
    match event {
        // A request may be the first to see these; it is not what caused them.
        Event::KeyCreated { key } => {
            tracing::info!(parent: None, event = "key.created", key.id = %key, "a key was created");
        }
        Event::KeyDeleted { key } => {
            tracing::info!(parent: None, event = "key.deleted", key.id = %key, "a key was deleted");
        }
        Event::KeyRefused { key, client, reason } => tracing::info!(
            event = "key.refused", key.id = key.map(tracing::field::display), client = %client, reason = %reason,
            "a key was refused"),
        Event::InviteCreated { invite, host, source } => tracing::info!(
            event = "invite.created", invite.id = %invite, host = %host, source = %source,
            "an invite was created"),
        Event::InviteRedeemed { invite, host, via, source } => tracing::info!(
            event = "invite.redeemed", invite.id = %invite, host = %host, via = %via, source = %source,
            "an invite was redeemed"),
        Event::InviteRevoked { invite, host } => {
            tracing::info!(event = "invite.revoked", invite.id = %invite, host = %host, "an invite was revoked");
        }
        Event::SessionOpened { manager, client } => tracing::info!(
            event = "session.opened", manager = %manager, client = %client, "somebody signed in to manage invites"),
        Event::SessionRefused { with, client } => tracing::info!(
            event = "session.refused", with = %with, client = %client, "a sign-in to manage invites was refused"),
        Event::SessionClosed { manager } => {
            tracing::info!(event = "session.closed", manager = %manager, "somebody signed out");
        }
        Event::MailSent { invite, host, to } => tracing::info!(
            event = "mail.sent", invite.id = %invite, host = %host, to = %to, "an invite was mailed"),
        Event::MailRefused { invite, host, to, reason } => tracing::warn!(
            event = "mail.refused", invite.id = %invite, host = %host, to = %to, error = %reason,
            "an invite could not be mailed"),
        Event::WebhookFailing { webhook, reason } => tracing::warn!(
            event = "webhook.failing", webhook = %webhook, error = %reason,
            "a webhook does not take what it is sent, will retry"),
        Event::WebhookRecovered { webhook } => tracing::info!(
            event = "webhook.recovered", webhook = %webhook, "a webhook takes what it is sent again"),
        Event::WebhookDead { webhook, count } => tracing::warn!(
            event = "webhook.dead", webhook = %webhook, count,
            "events were not taken by a webhook for three days and are not sent; send them: invited webhook retry {webhook}"),
        Event::Reloaded => tracing::info!(event = "reload.done", "the configuration was reloaded"),
        Event::ReloadRefused { reason } => {
            tracing::error!(event = "reload.refused", "reload refused: {reason}; keeping the running configuration");
        }
    }
}

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

/// Starts logging. `verbosity`: -1 for warnings only, 0 for info, 1 for debug, 2 for everything.
pub fn start(verbosity: i8) {
    let level = match verbosity {
        i8::MIN..=-1 => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // systemd says where it has connected stderr to the journal.
    let priorities = std::env::var_os("JOURNAL_STREAM").is_some() || std::env::var_os("INVOCATION_ID").is_some();
    // Whoever was first has started it.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Lines::new(level, priorities)));
    // A panic says where, and not what: its message may hold anything.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        tracing::error!("internal error{at}");
    }));
}
