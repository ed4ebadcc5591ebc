//! Why a letter was not taken, and whether it would be later.

use lettre::transport::smtp::Error;

use crate::config::MailSettings;
use crate::invite::mail::MailAddress;
use crate::log::Cause;

/// So much of what a server says is repeated.
const MAX_REPLY_CHARS: usize = 300;

/// Why a letter was not taken. The texts hold no address that anybody is written to at.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MailError {
    /// The server does not take this letter; sent again it would say so again.
    #[error("the mail server refuses the letter")]
    Refused(#[source] Cause),
    /// The server wants to be asked again.
    #[error("the mail server does not take the letter now")]
    Later(#[source] Cause),
    /// The server is not there, is not who it says, or does not let us in.
    #[error("no mail can be sent")]
    Away(#[source] Cause),
}

/// What goes wrong before a letter is there.
pub(super) fn of_server(error: &Error, settings: &MailSettings) -> MailError {
    MailError::Away(said(error, settings).into())
}

/// What comes of a letter.
pub(super) fn of_letter(error: &Error, to: &MailAddress, settings: &MailSettings) -> MailError {
    let why = to.redacted_in(&said(error, settings)).into();
    // That we are to log in, or with another password, is no word on the letter (RFC 4954, 6).
    let is_about_us = error.status().is_some_and(|code| matches!(&*code.to_string(), "530" | "534" | "535" | "538"));
    match error {
        _ if is_about_us => MailError::Away(why),
        error if error.is_permanent() => MailError::Refused(why),
        error if error.is_transient() => MailError::Later(why),
        _ => MailError::Away(why),
    }
}

/// What is told of it: the server's own words, as far as they can be shown.
fn said(error: &Error, settings: &MailSettings) -> String {
    let place = format!("{}:{}", settings.server, settings.port);
    // lettre's own text has its causes in it.
    let text: String = error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{place}: {}", text.chars().take(MAX_REPLY_CHARS).collect::<String>())
}
