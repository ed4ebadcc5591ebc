//! `invited invite`: invites, created and kept by hand. Works beside a running service, on the same ledger.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use jiff::Timestamp;

use super::global::Global;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::qr;
use super::terminal::{hint, print, print_json};
use crate::api::fields::Ttl;
use crate::api::view::{Created, InviteList, InviteView};
use crate::backend::Backends;
use crate::clock;
use crate::config::Settings;
use crate::desk::invites::Invites;
use crate::desk::{Caller, CreateInviteError, CreationRules, Desk};
use crate::invite::field::{FieldError, Given};
use crate::invite::name::HostName;
use crate::invite::request::{InviteRequest, Minting};
use crate::invite::text::is_control;
use crate::invite::{Invite, InviteId, Status};
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::ledger::{Filter, Ledger};
use crate::metrics::{self, Metrics};

#[derive(Debug, Subcommand)]
pub(super) enum InviteCommand {
    /// Create invites; prints one link a line
    Create(CreateInvites),
    /// List invites, newest first: ID, status, kind, host, uses left, expiry, source, note
    List {
        /// Only invites to this host
        #[arg(long)]
        host: Option<HostName>,
        /// Only invites with this status
        #[arg(long)]
        status: Option<Status>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show an invite, with its link
    Show {
        /// ID of the invite, as `invited invite list` prints it
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke invites: they can no longer be redeemed
    Revoke {
        /// IDs of the invites, as `invited invite list` prints them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited invite create                               one invite
  invited invite create --uses 30 --ttl 12h --qr      one link for a whole class
  invited invite create --count 30 --note \"Class 7b\"  30 links, one each
  invited invite create --contact romeo@example.com   for a friend of romeo
  invited invite create --reset juliet                a new password for juliet")]
pub(super) struct CreateInvites {
    /// Host to invite to [default: the only one declared]
    #[arg(long)]
    host: Option<String>,
    /// Lifetime, such as 12h or 3d [default: `invites.ttl` of the configuration; 1d at most with --reset]
    #[arg(long, value_name = "DURATION")]
    ttl: Option<Given<Ttl>>,
    /// How many times it can be redeemed, 1 to 10000 [default: 1]
    #[arg(long, value_name = "N")]
    uses: Option<Given<u32>>,
    /// User name of the new account; nobody else can have it while the invite is pending [default: the guest chooses]
    #[arg(long)]
    username: Option<String>,
    /// Address of a user of the host; they and the new account become contacts
    #[arg(long, value_name = "JID")]
    contact: Option<String>,
    /// Let this user set a new password, instead of creating an account
    #[arg(long, value_name = "USERNAME")]
    reset: Option<String>,
    /// Group that the new account joins; repeatable
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Role of the new account; repeatable
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Remark for admins; guests do not see it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print the xmpp: link, for an app, instead of the page's; mints the app token now where the server has its own
    #[arg(long)]
    uri: bool,
    /// How many invites to create, 1 to 1000, all alike [default: 1]
    #[arg(long, value_name = "N")]
    count: Option<Given<u32>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw the QR code of each link, too
    #[arg(long, conflicts_with = "json")]
    qr: bool,
}

/// What an admin works with by hand.
struct Admin {
    invites: Invites,
    settings: Arc<Settings>,
    ledger: Ledger,
}

pub(super) fn run(global: &Global, command: InviteCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    let now = clock::now();
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    let backends = Arc::new(Backends::new(&settings.hosts, None, &metrics));
    if let InviteCommand::Create(options) = &command {
        // Whatever is refused for what was typed leaves no ledger behind where there was none.
        let drafted = CreationRules::new(&settings, &backends).draft(&Caller::Admin, &request(options), now);
        drafted.map_err(|error| explain(&settings, error))?;
    }
    become_owner(&settings)?;
    if !settings.ledger.may_be_there() {
        match command {
            InviteCommand::Create(_) => {}
            InviteCommand::List { json: true, .. } => {
                return print_json(&InviteList { invites: vec![], next_cursor: None });
            }
            InviteCommand::List { json: false, .. } => return Ok(()),
            InviteCommand::Show { .. } | InviteCommand::Revoke { .. } => bail!(UNKNOWN),
        }
    }
    let ledger = Ledger::open(&settings.ledger)?;
    let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    let settings = Arc::new(settings);
    let desk = Desk::new(Arc::clone(&settings), keys, backends, ledger.clone(), metrics);
    let admin = Admin { invites: desk.invites, settings, ledger };
    let result = async_std::task::block_on(async {
        match command {
            InviteCommand::Create(options) => create(&admin, &options, now).await,
            InviteCommand::List { host, status, json } => list(&admin, host, status, json, now).await,
            InviteCommand::Show { id, json } => show(&admin, &id, json, now).await,
            InviteCommand::Revoke { ids } => revoke(&admin, &ids, now).await,
        }
    });
    admin.ledger.close();
    result
}

/// What is asked for.
fn request(options: &CreateInvites) -> InviteRequest {
    InviteRequest {
        host: options.host.clone().into(),
        username: options.username.clone().into(),
        contact: options.contact.clone().into(),
        reset: options.reset.clone().into(),
        uses: options.uses.unwrap_or_default(),
        ttl: options.ttl.unwrap_or_default().map(|ttl| ttl.0),
        groups: Given::Is(options.groups.clone()),
        roles: Given::Is(options.roles.clone()),
        note: options.note.clone().into(),
        minting: Given::Is(if options.uri { Minting::Required } else { Minting::Later }),
        count: options.count.unwrap_or_default(),
        ..InviteRequest::default()
    }
}

async fn create(admin: &Admin, options: &CreateInvites, now: Timestamp) -> Outcome {
    let request = request(options);
    let created = admin.invites.create(&Caller::Admin, &request, now).await;
    let created = created.map_err(|error| explain(&admin.settings, error))?.value;
    if options.json {
        let views = created.into_iter().map(|created| InviteView::new(created, now)).collect();
        return print_json(&Created::of(views, request.count() > 1));
    }
    let mut text = String::new();
    let early = created.iter().filter(|one| options.uri && one.uri_expires_at.is_some());
    if let Some(end) = early.filter_map(|one| one.uri_expires_at).min() {
        hint(&format!("note: the XMPP server accepts these links only until {end}; the invites expire later"));
    }
    for one in created {
        let link = one.uri.filter(|_| options.uri).unwrap_or(one.landing_page);
        writeln!(text, "{link}")?;
        if options.qr {
            writeln!(text, "{}", qr::draw(&link)?)?;
        }
    }
    print(&text)
}

/// Says which of it is wrong use of the command line.
fn explain(settings: &Settings, error: CreateInviteError) -> anyhow::Error {
    let hosts = || settings.hosts.keys().map(HostName::as_str).collect::<Vec<_>>().join(", ");
    match error {
        CreateInviteError::Host if settings.hosts.is_empty() => {
            WrongUse("no host is declared; add [hosts.\"example.com\"] to the configuration".into()).into()
        }
        CreateInviteError::Host => WrongUse(format!("no such host is declared; declared are: {}", hosts())).into(),
        CreateInviteError::WhichHost => WrongUse(format!("name one of the hosts with --host: {}", hosts())).into(),
        CreateInviteError::Fields(errors) => WrongUse(all_in_options(&errors)).into(),
        CreateInviteError::Accounts(errors) => anyhow!(all_in_options(&errors)),
        CreateInviteError::NoPublicUrl => WrongUse(error.to_string()).into(),
        CreateInviteError::Scopes(_)
        | CreateInviteError::AdminsPassword
        | CreateInviteError::NameTaken(_)
        | CreateInviteError::Ledger(_)
        | CreateInviteError::NoAppToken(_) => error.into(),
    }
}

fn all_in_options(errors: &[FieldError]) -> String {
    errors.iter().map(in_options).collect::<Vec<_>>().join("; ")
}

/// A field by the name of its option.
fn in_options(error: &FieldError) -> String {
    let option = match &*error.field {
        "groups" => "group",
        "roles" => "role",
        field => field,
    };
    format!("--{option}: {}", error.reason)
}

async fn list(admin: &Admin, host: Option<HostName>, status: Option<Status>, json: bool, now: Timestamp) -> Outcome {
    let invites =
        admin.invites.list(Filter { hosts: host.map(|host| [host].into()), status, ..Filter::default() }, now).await?;
    if json {
        let views = invites.into_iter().map(|invite| Ok(InviteView::new(admin.invites.with_links(invite)?, now)));
        let invites =
            views.collect::<Result<_, CreateInviteError>>().map_err(|error| explain(&admin.settings, error))?;
        return print_json(&InviteList { invites, next_cursor: None });
    }
    let mut text = String::new();
    for invite in invites {
        let (id, status, draft) = (invite.id, invite.status(now), &invite.draft);
        let (kind, host, left, expires) = (draft.kind.name().word(), &draft.host, invite.uses_left(), draft.expires_at);
        let note = draft.note.as_deref().unwrap_or_default().replace(is_control, " ");
        writeln!(text, "{id}\t{status}\t{kind}\t{host}\t{left}\t{expires}\t{}\t{note}", draft.source)?;
    }
    if text.is_empty() { Ok(()) } else { print(&text) }
}

const UNKNOWN: &str = "no such invite; see: invited invite list";

async fn find(admin: &Admin, id: &str) -> anyhow::Result<Invite> {
    let parsed: InviteId = id.parse().ok().context(UNKNOWN)?;
    admin.ledger.find(parsed).await?.context(UNKNOWN)
}

async fn show(admin: &Admin, id: &str, json: bool, now: Timestamp) -> Outcome {
    let invite = find(admin, id).await?;
    let created = admin.invites.with_links(invite).map_err(|error| explain(&admin.settings, error))?;
    let view = InviteView::new(created, now);
    if json {
        return print_json(&view);
    }
    let fields = serde_json::to_value(&view)?;
    let mut text = String::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Null => {}
            serde_json::Value::Array(list) if list.is_empty() => {}
            serde_json::Value::String(value) => writeln!(text, "{name:13} {}", value.replace(is_control, " "))?,
            other => writeln!(text, "{name:13} {other}")?,
        }
    }
    print(&text)
}

async fn revoke(admin: &Admin, ids: &[String], now: Timestamp) -> Outcome {
    let mut invites = Vec::new();
    for id in ids {
        invites.push(find(admin, id).await?);
    }
    admin.invites.revoke(invites.iter().map(|invite| invite.id).collect(), now).await?;
    let spent: Vec<_> = invites
        .iter()
        .filter(|invite| invite.status(now) == Status::Redeemed)
        .map(|invite| invite.id.to_string())
        .collect();
    if !spent.is_empty() {
        bail!("cannot revoke invites that have been redeemed: {}", spent.join(", "));
    }
    Ok(())
}
