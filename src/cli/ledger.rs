//! `invited ledger`: what is done with the ledger as a whole.

use clap::Subcommand;

use super::global::Global;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::terminal::{hint, print_json};
use crate::clock;
use crate::config::secret::Secret;
use crate::config::{Credentials, LedgerUrl, Settings};
use crate::ledger;

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Copy the ledger from one database to another, while the service is stopped
    ///
    /// Copy the ledger from one database to another, while the service is stopped: from SQLite to PostgreSQL, or back. The
    /// other one is empty, and every row of it is held against the first before it counts. The ledger key stays what and where
    /// it is.
    #[command(after_help = "\
Examples:
  invited ledger copy sqlite:ledger.db @/etc/invited/ledger.url
  invited ledger copy @/etc/invited/ledger.url sqlite:ledger.db")]
    Copy {
        /// URL of the ledger that is there, as `ledger.url` has it; `@FILE` for one in a file, as it may hold a password
        from: String,
        /// URL of the database to copy it to, likewise
        to: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, command: LedgerCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    match command {
        LedgerCommand::Copy { from, to, json } => copy(&settings, &from, &to, json),
    }
}

fn copy(settings: &Settings, from: &str, to: &str, json: bool) -> Outcome {
    let [from_url, to_url] = [from, to].map(|place| read(settings, place));
    let (from_url, to_url) = (from_url?, to_url?);
    for url in [&from_url, &to_url] {
        // Where root stays root, neither may be in others' hands.
        let mut own = settings.clone();
        own.ledger.url = url.clone();
        become_owner(&own)?;
    }
    let copied = ledger::copy(&settings.ledger, &from_url, &to_url, clock::now())?;
    if json {
        print_json(&copied)?;
    }
    let invites = copied.invites;
    let plural = if invites == 1 { "" } else { "s" };
    hint(&format!("copied {invites} invite{plural}, {} rows in all, and found each of them there", copied.rows));
    hint(&format!(
        "now set this in the configuration, start the service, and put {} away:\n\n[ledger]\n{}",
        shown(from, &from_url),
        setting(to, &to_url)
    ));
    Ok(())
}

/// The URL that `place` is, or has.
fn read(settings: &Settings, place: &str) -> anyhow::Result<LedgerUrl> {
    let url = match place.strip_prefix('@') {
        Some(file) => {
            let path = std::path::absolute(file)?;
            Credentials::default().read(&path)?
        }
        None => Secret::new(place.to_owned()),
    };
    LedgerUrl::read(url.reveal(), &settings.state_dir).map_err(|reason| {
        let named = if place.starts_with('@') { place } else { "the URL of a ledger" };
        WrongUse(format!("{named}: {reason}")).into()
    })
}

/// The old ledger, in a message.
fn shown(place: &str, url: &LedgerUrl) -> String {
    match url {
        LedgerUrl::Sqlite(file) => file.display().to_string(),
        LedgerUrl::Postgres(_) | LedgerUrl::Unread if has_secret(place) => "the old database".to_owned(),
        LedgerUrl::Postgres(_) | LedgerUrl::Unread => place.to_owned(),
    }
}

/// What the configuration is to say.
fn setting(place: &str, url: &LedgerUrl) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    match place.strip_prefix('@') {
        Some(file) => {
            let path = std::path::absolute(file).map_or_else(|_| file.to_owned(), |path| path.display().to_string());
            format!("url_file = {}", quoted(&path))
        }
        None if has_secret(place) && matches!(url, LedgerUrl::Postgres(_)) => {
            "url_file = \"…\"   # a file with the URL, which has a password".to_owned()
        }
        None => format!("url = {}", quoted(place)),
    }
}

/// Whether the URL itself may hold a password, wherever it stands.
fn has_secret(place: &str) -> bool {
    let user = place.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(user, _)| user);
    user.contains(':') || place.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_told_and_no_password() {
        let read = |url: &str| LedgerUrl::read(url, std::path::Path::new("/state")).unwrap();
        for (url, expected) in [
            ("sqlite:ledger.db", "url = \"sqlite:ledger.db\""),
            ("postgres://invited@/invited?host=/run", "url = \"postgres://invited@/invited?host=/run\""),
            ("postgres://u:s3cret@db/i", "url_file = \"…\"   # a file with the URL, which has a password"),
            ("postgres://u@db/i?password=s3cret", "url_file = \"…\"   # a file with the URL, which has a password"),
        ] {
            assert_eq!(setting(url, &read(url)), expected);
            assert!(!shown(url, &read(url)).contains("s3cret"), "{url}");
        }
        let url = read("postgres://u:s3cret@db/i");
        assert_eq!(setting("@/etc/invited/url", &url), "url_file = \"/etc/invited/url\"");
        assert_eq!(shown("sqlite:ledger.db", &read("sqlite:ledger.db")), "/state/ledger.db");
    }
}
