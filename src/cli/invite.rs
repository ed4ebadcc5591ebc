//! `invited invite`: invites, created and kept by hand. Works beside a running service, on the same ledger.

use std::sync::Arc;

use clap::Subcommand;
use clap_complete::ArgValueCompleter;

use super::candidates;
use super::global::Global;
use super::invite_admin::{Admin, no_such};
use super::invite_create::{CreateInvites, create, explain, request};
use super::invite_list::{ListInvites, list, print_none};
use super::invite_of::{forget, forget_none, revoke_of, revoke_of_none};
use super::invite_show::show;
use super::invite_status::{restore, revoke};
use super::invite_tree::{ShowTree, print_no_tree, show_tree};
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use crate::backend::Backends;
use crate::clock;
use crate::delivery;
use crate::desk::{Caller, CreationRules, Desk};
use crate::invite::name::Jid;
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::ledger::Ledger;
use crate::metrics::{self, Metrics};

#[derive(Debug, Subcommand)]
pub(super) enum InviteCommand {
    /// Create invites; prints one link a line
    Create(CreateInvites),
    /// List invites, newest first: ID, status, kind, host, uses left, expiry, source, note
    ///
    /// Only those that all options fit are listed. At a terminal the list is in columns. Into a pipe each invite is a line with a tab between two fields, and
    /// times are in UTC (RFC 3339).
    List(ListInvites),
    /// Show an invite, with its link
    #[command(after_help = "\
Examples:
  invited invite show AdXsSwAAAAc
  invited invite show AdXsSwAAAAc --json    the same as GET /api/v1/invites/ID")]
    Show {
        /// ID of the invite, as `invited invite list` prints it
        #[arg(add = ArgValueCompleter::new(candidates::invites))]
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke invites: they can no longer be redeemed
    ///
    /// With --of, also the accounts are listed that the inviter has invited, with --deep those below, too: on standard output the
    /// lines with which the tools of their servers disable them. Nothing is done to these accounts.
    #[command(after_help = "\
Examples:
  invited invite revoke AdXsSwAAAAc
  invited invite list --status pending --key website | cut -f 1 |
      xargs invited invite revoke    all that a key has pending
  invited invite revoke --of romeo@example.com --deep    and of all below")]
    Revoke {
        /// IDs of the invites, as `invited invite list` prints them
        #[arg(
            required_unless_present = "of", conflicts_with = "of", value_name = "ID",
            add = ArgValueCompleter::new(candidates::pending_invites)
        )]
        ids: Vec<String>,
        /// All that are pending of this inviter, instead
        #[arg(long, value_name = "JID")]
        of: Option<Jid>,
        /// With --of: and those of all whom the inviter has invited, and whom those have invited
        #[arg(long, requires = "of")]
        deep: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Restore revoked invites: they can be redeemed again, unless they have expired
    #[command(after_help = "\
Examples:
  invited invite restore AdXsSwAAAAc
  invited invite list --status revoked    those that can be restored")]
    Restore {
        /// IDs of the invites, as `invited invite list` prints them
        #[arg(required = true, value_name = "ID", add = ArgValueCompleter::new(candidates::revoked_invites))]
        ids: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show who invited whom: account, inviter, source, time
    ///
    /// It is kept when the invites are forgotten. At a terminal whoever was invited stands below who invited them. The source is who
    /// had the invite created: unless that is the inviter, in an app, the inviter is who the source says. Into a pipe each account
    /// is a line with a tab between two fields, and times are in UTC (RFC 3339).
    Tree(ShowTree),
    /// Forget who invited a user, and whom that user invited
    ///
    /// For a user who asks for it, or is gone. Revoke what they have pending before, with `invited invite revoke --of`.
    #[command(after_help = "\
Examples:
  invited invite forget romeo@example.com")]
    Forget {
        /// Addresses of the users
        #[arg(required = true, value_name = "JID")]
        users: Vec<Jid>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, command: InviteCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    let backends = Arc::new(Backends::new(&settings.hosts, None, &metrics));
    if let InviteCommand::Create(options) = &command {
        // Whatever is refused for what was typed leaves no ledger behind where there was none.
        let drafted = CreationRules::new(&settings, &backends).draft(&Caller::Admin, &request(options), clock::now());
        drafted.map_err(|error| explain(&settings, error))?;
    }
    if let InviteCommand::Revoke { of: None, deep: true, .. } = &command {
        // clap asks for no option that another argument rules out.
        return Err(WrongUse("--deep goes with --of, not with IDs".into()).into());
    }
    become_owner(&settings)?;
    if !settings.ledger.may_be_there() {
        match &command {
            InviteCommand::Create(_) => {}
            InviteCommand::List(options) => return print_none(options),
            InviteCommand::Show { id, .. } => return Err(no_such(id)),
            InviteCommand::Tree(options) => return print_no_tree(options),
            InviteCommand::Forget { users, json } => return forget_none(users, *json),
            InviteCommand::Revoke { of: Some(inviter), json, .. } => return revoke_of_none(inviter, *json),
            InviteCommand::Revoke { ids, .. } | InviteCommand::Restore { ids, .. } => {
                return Err(no_such(ids.first().map_or("", String::as_str)));
            }
        }
    }
    let ledger = Ledger::open(&settings.ledger)?;
    ledger.subscribe(delivery::subscribers(&settings));
    let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    let settings = Arc::new(settings);
    let desk = Desk::new(Arc::clone(&settings), keys, backends, ledger.clone(), metrics);
    let now = ledger.now();
    let admin = Admin { invites: desk.invites, settings, ledger, now };
    let result = async_std::task::block_on(async {
        match command {
            InviteCommand::Create(options) => create(&admin, &options).await,
            InviteCommand::List(options) => list(&admin, options).await,
            InviteCommand::Show { id, json } => show(&admin, &id, json).await,
            InviteCommand::Revoke { of: Some(inviter), deep, json, .. } => {
                revoke_of(&admin, &inviter, deep, json).await
            }
            InviteCommand::Revoke { ids, json, .. } => revoke(&admin, &ids, json).await,
            InviteCommand::Restore { ids, json } => restore(&admin, &ids, json).await,
            InviteCommand::Tree(options) => show_tree(&admin, options).await,
            InviteCommand::Forget { users, json } => forget(&admin, &users, json).await,
        }
    });
    admin.ledger.close();
    result
}
