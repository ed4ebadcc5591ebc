//! `invited webhook`: what is sent to receivers of events, and what could not be.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::bail;
use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use serde::Serialize;
use serde_json::json;

use super::candidates;
use super::global::Global;
use super::listing::{ListCell, ListColumn, print_rows};
use super::outcome::Outcome;
use super::owner::become_owner;
use super::terminal::{count, hint, print, print_json};
use crate::clock;
use crate::config::{LedgerUrl, Settings, WebhookSettings};
use crate::delivery::webhook::{self, Webhook};
use crate::invite::event::{EventKind, body};
use crate::invite::name::HostName;
use crate::ledger::{ChannelState, Ledger};
use crate::log::chain;

#[derive(Debug, Subcommand)]
pub(super) enum WebhookCommand {
    /// List webhooks: name, URL, events, how many wait and are dead, and when the last was delivered or failed
    ///
    /// At a terminal the list is in columns. Into a pipe each webhook is a line with a tab between two fields, and times are in
    /// UTC (RFC 3339). The URL is shown without user, password and query.
    #[command(after_help = "\
Examples:
  invited webhook list
  invited webhook list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send one signed event, webhook.test, now and from here; says what came back
    #[command(after_help = "\
Examples:
  invited webhook test site
  invited webhook test site --json    the status, for a program")]
    Test {
        /// Name of the webhook
        #[arg(add = ArgValueCandidates::new(candidates::webhooks))]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Try again what is dead: what a webhook did not take for three days
    ///
    /// A running service sends it within seconds; else it is sent when the service starts.
    #[command(after_help = "\
Examples:
  invited webhook retry site")]
    Retry {
        /// Name of the webhook
        #[arg(add = ArgValueCandidates::new(candidates::webhooks))]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// A webhook in `webhook list --json`.
#[derive(Serialize)]
struct ListedWebhook<'a> {
    name: &'a str,
    url: String,
    events: Vec<EventKind>,
    hosts: Option<Vec<&'a str>>,
    waiting: u64,
    oldest_waiting_at: Option<jiff::Timestamp>,
    dead: u64,
    delivered_at: Option<jiff::Timestamp>,
    failed_at: Option<jiff::Timestamp>,
    failure: Option<String>,
}

/// One that is not declared any more, and has something left.
#[derive(Serialize)]
struct UndeclaredWebhook {
    name: String,
    waiting: u64,
    dead: u64,
}

#[derive(Serialize)]
struct WebhookList<'a> {
    webhooks: Vec<ListedWebhook<'a>>,
    undeclared: Vec<UndeclaredWebhook>,
}

const HEADS: [ListColumn; 8] = [
    ListColumn { head: "NAME", is_whole: true },
    ListColumn { head: "URL", is_whole: false },
    ListColumn { head: "EVENTS", is_whole: false },
    ListColumn { head: "WAITING", is_whole: true },
    ListColumn { head: "DEAD", is_whole: true },
    ListColumn { head: "DELIVERED", is_whole: false },
    ListColumn { head: "FAILED", is_whole: false },
    ListColumn { head: "WHY", is_whole: false },
];

pub(super) fn run(global: &Global, command: WebhookCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    match command {
        WebhookCommand::List { json } => list(&settings, json),
        WebhookCommand::Test { name, json } => test(&settings, &name, json),
        WebhookCommand::Retry { name, json } => retry(&settings, &name, json),
    }
}

fn list(settings: &Settings, is_json: bool) -> Outcome {
    let mut channels = match open(settings)? {
        Some(ledger) => {
            let channels = async_std::task::block_on(ledger.channels());
            ledger.close();
            channels?
        }
        None => BTreeMap::new(),
    };
    let listed: Vec<_> = settings
        .webhooks
        .iter()
        .map(|webhook| view(webhook, channels.remove(&webhook::channel(&webhook.name)).unwrap_or_default()))
        .collect();
    let undeclared: Vec<_> = channels
        .into_iter()
        .filter(|(_, state)| state.waiting + state.dead > 0)
        .filter_map(|(channel, ChannelState { waiting, dead, .. })| {
            Some(UndeclaredWebhook { name: webhook::name_of(&channel)?.to_owned(), waiting, dead })
        })
        .collect();
    if is_json {
        return print_json(&WebhookList { webhooks: listed, undeclared });
    }
    for UndeclaredWebhook { name, waiting, dead } in &undeclared {
        hint(&format!(
            "note: {waiting} events wait for the webhook {name} and {dead} are dead, and it is not declared any more; they are \
             sent if it is declared again"
        ));
    }
    if listed.is_empty() {
        hint("no webhooks; declare one in the configuration: [[webhooks]]");
    }
    print_rows(&HEADS, listed.into_iter().map(row).collect(), clock::now())
}

fn view(webhook: &WebhookSettings, state: ChannelState) -> ListedWebhook<'_> {
    ListedWebhook {
        name: &webhook.name,
        url: webhook.shown_url(),
        events: webhook.events.iter().copied().collect(),
        hosts: webhook.hosts.as_ref().map(|hosts| hosts.iter().map(HostName::as_str).collect()),
        waiting: state.waiting,
        oldest_waiting_at: state.oldest,
        dead: state.dead,
        delivered_at: state.delivered_at,
        failed_at: state.failed_at,
        failure: state.failure,
    }
}

fn row(webhook: ListedWebhook<'_>) -> Vec<ListCell> {
    let names: Vec<_> = webhook.events.iter().map(|event| event.name()).collect();
    let happening = EventKind::happening();
    let events = match webhook.events.len() {
        _ if !happening.iter().all(|event| webhook.events.contains(event)) => names.join(", "),
        length if length == happening.len() => "all".to_owned(),
        _ => format!("all, {}", EventKind::InvitesOpen),
    };
    vec![
        ListCell::Text(webhook.name.to_owned()),
        ListCell::Text(webhook.url),
        ListCell::Words(events, names.join(",")),
        ListCell::Text(webhook.waiting.to_string()),
        ListCell::Text(webhook.dead.to_string()),
        ListCell::Time(webhook.delivered_at, "never"),
        ListCell::Time(webhook.failed_at, "never"),
        ListCell::Text(webhook.failure.unwrap_or_default()),
    ]
}

fn test(settings: &Settings, name: &str, is_json: bool) -> Outcome {
    let webhook = declared(settings, name)?;
    let now = clock::now();
    let id = format!("msg_test_{}", now.as_millisecond());
    let text = body(webhook::TEST, now, json!({ "webhook": name }));
    let began: Instant = clock::instant();
    let sent = Webhook::new(webhook).map_err(|error| anyhow::anyhow!("the webhook {name} cannot be tried: {error}"))?;
    let sent = async_std::task::block_on(sent.send(&id, text, now));
    let took = clock::instant().duration_since(began).as_millis();
    let reason = sent.as_ref().err().map(|error| chain(error).to_string());
    let status = match &sent {
        Ok(answer) | Err(webhook::DeliveryError::Refused(answer)) => Some(answer.status),
        Err(_) => None,
    };
    if is_json {
        print_json(&json!({
            "name": name, "delivered": sent.is_ok(), "status": status, "reason": reason, "duration_ms": took,
        }))?;
    }
    match (reason, status) {
        (Some(reason), _) => bail!("the webhook {name} did not take the test: {reason}"),
        (None, status) if !is_json => {
            let status = status.map_or_else(String::new, |status| format!(": status {status}"));
            print(&format!("delivered{status}, in {took} ms"))
        }
        (None, _) => Ok(()),
    }
}

fn retry(settings: &Settings, name: &str, is_json: bool) -> Outcome {
    declared(settings, name)?;
    let revived = match open(settings)? {
        Some(ledger) => {
            let revived = async_std::task::block_on(ledger.revive_outbox(&webhook::channel(name), ledger.now()));
            ledger.close();
            revived?
        }
        None => 0,
    };
    if is_json {
        print_json(&json!({ "name": name, "retried": revived }))?;
    }
    hint(&match revived {
        0 => format!("nothing is dead of the webhook {name}"),
        _ => format!("{} of the webhook {name} will be sent", count(usize::try_from(revived)?, "event")),
    });
    Ok(())
}

/// The webhook of that name.
fn declared<'a>(settings: &'a Settings, name: &str) -> anyhow::Result<&'a WebhookSettings> {
    let found = settings.webhooks.iter().find(|webhook| webhook.name == name);
    found.ok_or_else(|| anyhow::anyhow!("no such webhook: {name}; see: invited webhook list"))
}

/// The ledger, if there is one: nothing is created.
fn open(settings: &Settings) -> anyhow::Result<Option<Ledger>> {
    become_owner(settings)?;
    let is_sqlite = matches!(settings.ledger.url, LedgerUrl::Sqlite(_));
    if !settings.ledger.may_be_there() || !(is_sqlite || settings.ledger.key_file.exists()) {
        return Ok(None);
    }
    Ok(Some(Ledger::open(&settings.ledger)?))
}
