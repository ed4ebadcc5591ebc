//! Mail that is handed to a server (RFC 5321, RFC 6409), by lettre: over TLS alone, with a login where one is declared. What a
//! letter says is not written here, nor whether it is sent again.
//!
//! The one connection is kept for a minute; lettre blocks, so it has threads of its own to do so.

mod error;

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{PoolConfig, SmtpTransport};
use lettre::{Message, Transport as _};

use crate::config::MailSettings;
use crate::invite::mail::MailAddress;
use crate::log::Cause;
pub use error::MailError;

/// A server gets so long for each of its replies: most answer at once, and a few look the sender up first.
const REPLY_TIMEOUT: Duration = Duration::from_secs(15);

/// A connection that nobody needs is kept for so long.
const IDLE: Duration = Duration::from_mins(1);

/// What is mailed.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub to: MailAddress,
    /// What tells it from every other one, also when it is sent again: letters, digits and `.-_`.
    pub id: String,
    /// When it was first to be sent.
    pub date: Timestamp,
    /// Its language (BCP 47).
    pub language: &'static str,
    /// Its subject, in one line.
    pub subject: String,
    /// What it says, as text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Hands letters to a mail server.
pub struct Mailer {
    settings: MailSettings,
    /// None where there is no password to log in with.
    transport: Option<SmtpTransport>,
}

impl Mailer {
    /// For that server. Connects when there is something to send.
    ///
    /// # Errors
    /// When TLS cannot be set up for a server of that name.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let tls =
            TlsParameters::new_rustls(settings.server.clone()).map_err(|error| error::of_server(&error, settings))?;
        let tls = if settings.is_tls_first { Tls::Wrapper(tls) } else { Tls::Required(tls) };
        let builder = SmtpTransport::builder_dangerous(&settings.server)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(REPLY_TIMEOUT))
            .hello_name(ClientId::Domain(settings.from.parts().1.to_owned()))
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE));
        let transport = match &settings.login {
            None => Some(builder.build()),
            Some(login) => login.password.as_ref().map(|password| {
                let (user, password) = (login.user.clone(), password.reveal().to_owned());
                builder.credentials(Credentials::new(user, password)).build()
            }),
        };
        Ok(Self { settings: settings.clone(), transport })
    }

    /// What it was created from.
    #[must_use]
    pub fn settings(&self) -> &MailSettings {
        &self.settings
    }

    /// Hands a letter to the server, which answers for it from then on.
    ///
    /// # Errors
    /// It was not taken; the error says whether it would be later.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let (message, transport) = (self.message(letter)?, self.transport()?.clone());
        let (settings, to) = (self.settings.clone(), letter.to.clone());
        blocking::unblock(move || {
            // What is wrong before there is a letter is not the letter's fault.
            transport.test_connection().map_err(|error| error::of_server(&error, &settings))?;
            transport.send(&message).map_err(|error| error::of_letter(&error, &to, &settings))?;
            Ok(())
        })
        .await
    }

    /// Sees whether the server is there, is who it says, and lets us in. Sends nothing.
    ///
    /// # Errors
    /// When it is not.
    pub async fn examine(&self) -> Result<(), MailError> {
        let (transport, settings) = (self.transport()?.clone(), self.settings.clone());
        blocking::unblock(move || {
            let answer = transport.test_connection();
            transport.shutdown();
            match answer {
                Ok(true) => Ok(()),
                Ok(false) => Err(MailError::Away("it ended the connection".into())),
                Err(error) => Err(error::of_server(&error, &settings)),
            }
        })
        .await
    }

    fn transport(&self) -> Result<&SmtpTransport, MailError> {
        let unread = || MailError::Away("its password is a credential that only the service can read".into());
        self.transport.as_ref().ok_or_else(unread)
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
            MailError::Refused(Cause::because("the letter cannot be written", error))
        };
        let address = |address: &MailAddress| address.reveal().parse().map_err(|_| wrong("no address".into()));
        let (from, to) = (address(&self.settings.from)?, address(&letter.to)?);
        let domain = self.settings.from.parts().1;
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let seconds = u64::try_from(letter.date.as_second()).unwrap_or(0);
        Message::builder()
            .from(Mailbox::new(self.settings.from_name.clone(), from))
            .to(Mailbox::new(None, to))
            .subject(one_line(&letter.subject))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            // RFC 3834, 5: no vacation answers it.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", letter.language))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| wrong(error.into()))
    }
}

/// A text without what could end a line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}
