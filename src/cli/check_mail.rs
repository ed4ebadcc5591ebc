//! What `invited check` says of the mail server.

use super::check_report::{MailReport, Reporter};
use crate::config::Settings;
use crate::log::chain;
use crate::mail::Mailer;

/// Tries the mail server, to which nothing is sent; gives what to call it if it does not work.
pub(super) fn try_mail(settings: &Settings, report: &mut Reporter) -> anyhow::Result<Option<String>> {
    let Some(mail) = &settings.mail else { return Ok(None) };
    let server = format!("{}:{}", mail.server, mail.port);
    if mail.login.as_ref().is_some_and(|login| login.password.is_none()) {
        let why = "its password is a credential that only the service can read";
        report.note(&format!("mail server {server} is not tried: {why}"));
        return Ok(None);
    }
    let tried = Mailer::new(mail).and_then(|mailer| async_std::task::block_on(mailer.examine()));
    let (works, what) = match tried {
        Ok(()) if mail.login.is_some() => (true, "it is who it says, over TLS, and lets us in".to_owned()),
        Ok(()) => (true, "it is who it says, over TLS".to_owned()),
        Err(error) => (false, chain(&error).to_string()),
    };
    let lacking = (!works).then(|| format!("mail server {server}"));
    report.mail(MailReport { server, works, what })?;
    Ok(lacking)
}
