//! `invited invite tree`: who invited whom. For a person whoever was invited stands below who invited them.

use std::collections::{BTreeMap, BTreeSet};

use clap_complete::ArgValueCandidates;

use super::candidates;
use super::invite_admin::Admin;
use super::listing::{ListCell, ListColumn, print_rows};
use super::outcome::Outcome;
use super::terminal::{hint, is_read_by_a_person, print_json};
use crate::api::tree::InvitedAccountList;
use crate::invite::Inviter;
use crate::invite::inviter::INVITER_EXPECTED;
use crate::invite::name::HostName;
use crate::ledger::{InvitedAccount, TreeFilter};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited invite tree
  invited invite tree romeo@example.com    all whom romeo has invited
  invited invite tree key/website          and those of a key
  invited invite tree | cut -f 2 | sort | uniq -c | sort -rn    who invites most")]
pub(super) struct ShowTree {
    /// Only whom this one has invited, and whom those have invited: an address, key/ID, cli or server
    #[arg(value_name = "JID", value_parser = inviter)]
    inviter: Option<Inviter>,
    /// Only accounts on this host
    #[arg(long, add = ArgValueCandidates::new(candidates::hosts))]
    host: Option<HostName>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

fn inviter(text: &str) -> Result<Inviter, &'static str> {
    text.parse().map_err(|_| INVITER_EXPECTED)
}

const HEADS: [ListColumn; 3] = [
    ListColumn { head: "ACCOUNT", is_whole: true },
    ListColumn { head: "SOURCE", is_whole: false },
    ListColumn { head: "INVITED", is_whole: true },
];

/// What a program is given, which gets no header.
const FIELDS: [ListColumn; 4] = [
    ListColumn { head: "ACCOUNT", is_whole: true },
    ListColumn { head: "INVITER", is_whole: true },
    ListColumn { head: "SOURCE", is_whole: true },
    ListColumn { head: "AT", is_whole: true },
];

/// Deeper than this nobody is set further to the right.
const DEEPEST: usize = 12;

pub(super) async fn show_tree(admin: &Admin, options: ShowTree) -> Outcome {
    let ShowTree { inviter, host, json } = options;
    let hosts = host.map(|host| [host].into());
    let filter = TreeFilter { hosts, inviter: inviter.clone(), is_deep: true, ..TreeFilter::default() };
    let accounts = admin.invites.tree(filter).await?;
    if json {
        let accounts = accounts.into_iter().map(Into::into).collect();
        return print_json(&InvitedAccountList { accounts, next_cursor: None });
    }
    match &inviter {
        Some(inviter) if accounts.is_empty() => hint(&format!("{inviter} has invited nobody that is known of")),
        None if accounts.is_empty() => hint("no account has been created with an invite yet"),
        _ => {}
    }
    if is_read_by_a_person() {
        return print_rows(&HEADS, branches(&accounts, inviter.as_ref()).into_iter().map(branch).collect(), admin.now);
    }
    print_rows(&FIELDS, accounts.iter().map(fields).collect(), admin.now)
}

/// The tree where there is no ledger yet.
pub(super) fn print_no_tree(options: &ShowTree) -> Outcome {
    if options.json {
        return print_json(&InvitedAccountList::default());
    }
    hint("no account has been created with an invite yet");
    Ok(())
}

fn fields(one: &InvitedAccount) -> Vec<ListCell> {
    vec![
        ListCell::Text(one.account.to_string()),
        ListCell::Text(one.inviter.to_string()),
        ListCell::Text(one.source.to_string()),
        ListCell::Time(Some(one.at), ""),
    ]
}

/// A line of the tree.
#[derive(Debug, PartialEq, Eq)]
struct TreeLine<'a> {
    depth: usize,
    /// Who stands there.
    name: String,
    /// Nothing for who has invited, and was invited by nobody.
    account: Option<&'a InvitedAccount>,
}

fn branch(line: TreeLine<'_>) -> Vec<ListCell> {
    let TreeLine { depth, name, account } = line;
    let further = if depth > DEEPEST { "… " } else { "" };
    vec![
        ListCell::Text(format!("{}{further}{name}", "  ".repeat(depth.min(DEEPEST)))),
        ListCell::Text(account.map(|one| one.source.to_string()).unwrap_or_default()),
        ListCell::Time(account.map(|one| one.at), ""),
    ]
}

/// Each account below who invited it, from `first` on, or from all who were invited by nobody. Of those who invited each other in
/// a circle the first one begins.
fn branches<'a>(accounts: &'a [InvitedAccount], first: Option<&Inviter>) -> Vec<TreeLine<'a>> {
    let mut below: BTreeMap<String, Vec<&InvitedAccount>> = BTreeMap::new();
    for one in accounts {
        below.entry(one.inviter.to_string()).or_default().push(one);
    }
    let known: BTreeSet<_> = accounts.iter().map(|one| one.account.to_string()).collect();
    let first = first.map(ToString::to_string).into_iter();
    let strangers = below.keys().filter(|inviter| !known.contains(*inviter)).cloned();
    let all: Vec<_> = first.chain(strangers).chain(known.iter().cloned()).collect();
    let mut lines = vec![];
    // Where a line is begun, what stands below it is taken, so that each account stands in one line.
    for root in all {
        let Some(invited) = below.remove(&root) else { continue };
        lines.push(TreeLine { depth: 0, name: root, account: None });
        let mut open: Vec<_> = invited.into_iter().rev().map(|one| (1, one)).collect();
        while let Some((depth, one)) = open.pop() {
            let name = one.account.to_string();
            open.extend(below.remove(&name).into_iter().flatten().rev().map(|next| (depth + 1, next)));
            lines.push(TreeLine { depth, name, account: Some(one) });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::InviteId;

    fn accounts(pairs: &[(&str, &str)]) -> Vec<InvitedAccount> {
        let one = |(account, inviter): &(&str, &str)| InvitedAccount {
            account: account.parse().unwrap(),
            inviter: inviter.parse().unwrap(),
            source: "cli".parse().unwrap(),
            invite: InviteId::from_row(1),
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        pairs.iter().map(one).collect()
    }

    fn shown(pairs: &[(&str, &str)], first: Option<&str>) -> Vec<String> {
        let (accounts, first) = (accounts(pairs), first.map(|first| first.parse().unwrap()));
        let line = |line: &TreeLine<'_>| format!("{}{}", " ".repeat(line.depth), line.name);
        branches(&accounts, first.as_ref()).iter().map(line).collect()
    }

    #[test]
    fn whoever_was_invited_stands_below_who_invited_them() {
        let pairs = [
            ("b@a.example", "key/website"),
            ("c@a.example", "b@a.example"),
            ("d@a.example", "cli"),
            ("e@a.example", "c@a.example"),
            ("f@a.example", "b@a.example"),
        ];
        let below_b = [" b@a.example", "  c@a.example", "   e@a.example", "  f@a.example"];
        assert_eq!(shown(&pairs, None), [&["cli", " d@a.example", "key/website"], &below_b[..]].concat());
        let of_b = [("c@a.example", "b@a.example"), ("e@a.example", "c@a.example")];
        assert_eq!(shown(&of_b, Some("b@a.example")), ["b@a.example", " c@a.example", "  e@a.example"]);
        assert_eq!(shown(&[], Some("b@a.example")), Vec::<String>::new());
    }

    #[test]
    fn a_circle_is_shown_once() {
        let pairs = [("a@a.example", "c@a.example"), ("b@a.example", "a@a.example"), ("c@a.example", "b@a.example")];
        let expected = ["a@a.example", " b@a.example", "  c@a.example", "   a@a.example"];
        assert_eq!(shown(&pairs, None), expected);
        assert_eq!(shown(&pairs, Some("c@a.example"))[0], "c@a.example");
        assert_eq!(shown(&[("a@a.example", "a@a.example")], None), ["a@a.example", " a@a.example"]);
        let outside = [&pairs[..], &[("d@a.example", "cli"), ("e@a.example", "b@a.example")]].concat();
        assert_eq!(shown(&outside, None).len(), outside.len() + 2);
    }

    #[test]
    fn a_long_line_of_accounts_is_no_wide_one() {
        let name = |at: usize| format!("u{at:06}@a.example");
        let names: Vec<_> = (0..100_000).map(name).collect();
        let pairs: Vec<_> = names.windows(2).map(|two| (two[1].as_str(), two[0].as_str())).collect();
        let accounts = accounts(&pairs);
        let lines = branches(&accounts, None);
        assert_eq!((lines.len(), lines.last().unwrap().depth), (100_000, 99_999));
        let ListCell::Text(last) = branch(lines.into_iter().next_back().unwrap()).swap_remove(0) else { panic!() };
        assert_eq!(last, format!("{}… u099999@a.example", "  ".repeat(DEEPEST)));
    }
}
