//! `invited invite create`: invites by hand.

use std::fmt::Write as _;

use anyhow::anyhow;
use clap_complete::ArgValueCandidates;

use super::candidates;
use super::invite_admin::Admin;
use super::outcome::{Outcome, WrongUse};
use super::qr;
use super::terminal::{count, hint, print, print_json};
use super::time;
use crate::api::fields::Ttl;
use crate::api::view::{Created, InviteView};
use crate::config::{LanguageTag, Settings};
use crate::desk::{Caller, CreateInviteError};
use crate::invite::field::{FieldError, Given};
use crate::invite::name::HostName;
use crate::invite::request::{InviteRequest, Minting};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited invite create                               one invite
  invited invite create --uses 30 --ttl 12h --qr      one link for a whole class
  invited invite create --count 30 --note \"Class 7b\"  30 links, one each
  invited invite create --contact romeo@example.com   for a friend of romeo
  invited invite create --inviter \"The chess club\"    who invites, on the page
  invited invite create --reset juliet                a new password for juliet")]
pub(super) struct CreateInvites {
    /// Host to invite to [default: the only one declared]
    #[arg(long, add = ArgValueCandidates::new(candidates::hosts))]
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
    /// Who invites: a name for guests to read, or an address [default: the --contact]
    #[arg(long, value_name = "TEXT")]
    inviter: Option<String>,
    /// Print the xmpp: link, for an app, instead of the page's; mints the app token now where the server has its own
    #[arg(long)]
    uri: bool,
    /// Mail the link to this address, by the mail server of the configuration
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    /// Language of that mail [default: the host's]
    #[arg(long, value_name = "TAG", requires = "mail")]
    language: Option<Given<LanguageTag>>,
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

/// What is asked for.
pub(super) fn request(options: &CreateInvites) -> InviteRequest {
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
        inviter: options.inviter.clone().into(),
        minting: Given::Is(if options.uri { Minting::Required } else { Minting::Later }),
        count: options.count.unwrap_or_default(),
        mail: options.mail.clone().into(),
        language: options.language.unwrap_or_default().map(|tag| tag.0),
        ..InviteRequest::default()
    }
}

pub(super) async fn create(admin: &Admin, options: &CreateInvites) -> Outcome {
    let (request, now) = (request(options), admin.now);
    let created = admin.invites.create(&Caller::Admin, &request, now).await;
    let created = created.map_err(|error| explain(&admin.settings, error))?.value;
    if let Some(first) = created.first() {
        let (what, draft) = (count(created.len(), "invite"), &first.invite.draft);
        let (verb, end) = (if created.len() == 1 { "expires" } else { "expire" }, time::away(draft.expires_at, now));
        hint(&format!(
            "created {what} to {}; {} {verb} {end}",
            draft.host,
            if created.len() == 1 { "it" } else { "they" }
        ));
    }
    if options.mail.is_some() {
        hint("its link is mailed by the running service");
    }
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
pub(super) fn explain(settings: &Settings, error: CreateInviteError) -> anyhow::Error {
    let hosts = || settings.hosts.keys().map(HostName::as_str).collect::<Vec<_>>().join(", ");
    match error {
        CreateInviteError::Host(wrong) if settings.hosts.is_empty() => {
            all_wrong("no host is declared; add [hosts.\"example.com\"] to the configuration".into(), &wrong)
        }
        CreateInviteError::Host(wrong) => {
            all_wrong(format!("no such host is declared; declared are: {}", hosts()), &wrong)
        }
        CreateInviteError::WhichHost(wrong) => {
            all_wrong(format!("name one of the hosts with --host: {}", hosts()), &wrong)
        }
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

/// What is wrong with the host, and what else is with the options.
fn all_wrong(with_host: String, errors: &[FieldError]) -> anyhow::Error {
    let others = errors.iter().filter(|error| error.field != "host").map(in_options);
    WrongUse(std::iter::once(with_host).chain(others).collect::<Vec<_>>().join("; ")).into()
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
