//! `invited invite list`: invites that fit, newest first.

use clap_complete::ArgValueCandidates;

use super::candidates;
use super::invite_admin::Admin;
use super::invite_create::explain;
use super::listing::{ListCell, ListColumn, PrintedRows};
use super::outcome::Outcome;
use super::terminal::{JsonList, hint, print_json};
use crate::api::cursor::Cursor;
use crate::api::view::InviteList;
use crate::invite::name::{HostName, KeyId, Username};
use crate::invite::{Invite, KindName, Source, Status};
use crate::ledger::Filter;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited invite list --status pending
  invited invite list --key website --limit 20    the last 20 of a key
  invited invite list --inviter romeo@example.com
  invited invite list --json | jq -r '.invites[].landing_page'")]
pub(super) struct ListInvites {
    /// Only invites to this host
    #[arg(long, add = ArgValueCandidates::new(candidates::hosts))]
    host: Option<HostName>,
    /// Only invites with this status
    #[arg(long)]
    status: Option<Status>,
    /// Only invites of this kind
    #[arg(long)]
    kind: Option<KindName>,
    /// Only invites that were created with the key of this ID
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(candidates::keys))]
    key: Option<KeyId>,
    /// Only the invites for this user name
    #[arg(long)]
    username: Option<Username>,
    /// Only invites of this inviter: an address, or the text that --inviter of `invited invite create` had
    #[arg(long, value_name = "JID")]
    inviter: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Go on where a list with --limit ended: its `next_cursor`
    #[arg(long)]
    cursor: Option<Cursor>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ListInvites {
    fn into_filter(self) -> Filter {
        Filter {
            hosts: self.host.map(|host| [host].into()),
            status: self.status,
            kind: self.kind,
            source: self.key.map(Source::Key),
            username: self.username,
            inviter: self.inviter,
            before: self.cursor.map(|cursor| cursor.0),
        }
    }
}

const HEADS: [ListColumn; 8] = [
    ListColumn { head: "ID", is_whole: true },
    ListColumn { head: "STATUS", is_whole: true },
    ListColumn { head: "KIND", is_whole: true },
    ListColumn { head: "HOST", is_whole: true },
    ListColumn { head: "LEFT", is_whole: true },
    ListColumn { head: "EXPIRES", is_whole: true },
    ListColumn { head: "SOURCE", is_whole: false },
    ListColumn { head: "NOTE", is_whole: false },
];

/// So many are read, and written, at once.
const PAGE: u32 = 1_000;

pub(super) async fn list(admin: &Admin, options: ListInvites) -> Outcome {
    let (limit, is_json) = (options.limit.map(u64::from), options.json);
    let (mut filter, mut count, mut next_cursor) = (options.into_filter(), 0, None);
    let (mut json, mut rows) = (JsonList::new("invites"), PrintedRows::new(&HEADS, admin.now));
    loop {
        let mut page = admin.invites.list(filter.clone(), PAGE, admin.now).await?;
        // One more would be too many, and says that there are more.
        let left = limit.map_or(u64::MAX, |limit| limit - count);
        if page.invites.len() as u64 > left {
            page.invites.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            next_cursor = page.invites.last().map_or(filter.before, |last| Some(last.id));
            page.next = None;
        }
        count += page.invites.len() as u64;
        if is_json {
            let views = admin.views(page.invites).map_err(|error| explain(&admin.settings, error))?;
            views.iter().try_for_each(|view| json.add(view))?;
        } else {
            rows.add(page.invites.into_iter().map(|invite| row(invite, admin)))?;
        }
        let Some(next) = page.next else { break };
        filter.before = Some(next);
    }
    let next_cursor = next_cursor.map(|id| Cursor(id).to_string());
    if is_json {
        return json.end("next_cursor", &next_cursor);
    }
    if count == 0 {
        hint("no such invites");
    }
    rows.end()?;
    if let Some(cursor) = next_cursor {
        hint(&format!("there are more; go on with --cursor {cursor}"));
    }
    Ok(())
}

fn row(invite: Invite, admin: &Admin) -> Vec<ListCell> {
    let (status, left, draft) = (invite.status(admin.now), invite.uses_left(), invite.draft);
    vec![
        ListCell::Text(invite.id.to_string()),
        ListCell::Text(status.to_string()),
        ListCell::Text(draft.kind.name().word().to_owned()),
        ListCell::Text(draft.host.to_string()),
        ListCell::Text(left.to_string()),
        ListCell::Time(Some(draft.expires_at), ""),
        ListCell::Text(draft.source.to_string()),
        ListCell::Text(draft.note.unwrap_or_default()),
    ]
}

/// The list where there is no ledger yet.
pub(super) fn print_none(options: &ListInvites) -> Outcome {
    if options.json {
        return print_json(&InviteList { invites: vec![], next_cursor: None });
    }
    hint("no invites yet; create one: invited invite create");
    Ok(())
}
