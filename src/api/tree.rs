//! `/api/v1/tree`: who invited whom.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tide::Response;

use super::call::{Call, json};
use super::cursor::{NoCursor, TreeCursor};
use super::fields;
use super::invites::{DEFAULT_PAGE, MAX_PAGE};
use super::permit::permit;
use crate::invite::Inviter;
use crate::invite::field::{FieldError, FieldErrors, Given};
use crate::invite::inviter::INVITER_EXPECTED;
use crate::invite::name::HostName;
use crate::invite::policy::whole_number;
use crate::ledger::{InvitedAccount, TreeFilter};
use crate::problem::Problem;

/// Where it is, below the prefix.
pub const PATH: &str = "/api/v1/tree";

/// An account that was created with an invite, as outsiders see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InvitedAccountView {
    /// The address of the account.
    account: String,
    /// Who invited it: an address, or where none is named, the source.
    inviter: String,
    /// Who had the invite created: `key/ID`, `cli`, `server`, or `xmpp/JID` for a user, in an app. Unless it is that user, the
    /// inviter is who this one says.
    source: String,
    /// When the account was created. RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
}

impl From<InvitedAccount> for InvitedAccountView {
    fn from(one: InvitedAccount) -> Self {
        let InvitedAccount { account, inviter, source, invite: _, at } = one;
        Self { account: account.to_string(), inviter: inviter.to_string(), source: source.to_string(), at }
    }
}

/// A page of accounts.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct InvitedAccountList {
    /// In the order of host and name.
    pub accounts: Vec<InvitedAccountView>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// Which accounts to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TreeQuery {
    /// Only whom this one has invited, and whom those have invited, and so on: an address, `key/ID`, `cli` or `server`.
    #[schemars(with = "Option<String>", extend("format" = "inviter"))]
    inviter: Given<Inviter>,
    /// Only accounts of this domain.
    #[schemars(extend("format" = "host"))]
    host: Given<String>,
    /// At most so many; 100 if it is not given.
    #[schemars(range(min = 1, max = MAX_PAGE))]
    limit: Given<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    #[schemars(with = "Option<String>", extend("format" = "tree-cursor"))]
    cursor: Given<TreeCursor>,
}

impl TreeQuery {
    /// What to look for and how many of it; `errors` are what was wrong beside its fields.
    fn filter(self, errors: &[FieldError]) -> Result<(TreeFilter, u32), Problem> {
        let mut errors = FieldErrors::from(errors);
        let max = |limit: &u32| (1..=MAX_PAGE).contains(limit).then_some(*limit);
        let limit = errors.read("limit", &self.limit, whole_number(MAX_PAGE), max).unwrap_or(DEFAULT_PAGE);
        let filter = TreeFilter {
            // What is no host has no accounts, as one that the key has nothing to do with has none for it.
            hosts: self.host.value().map(|host| host.parse::<HostName>().ok().into_iter().collect()),
            inviter: errors.read("inviter", &self.inviter, INVITER_EXPECTED, |inviter| Some(inviter.clone())),
            is_deep: true,
            after: errors.read("cursor", &self.cursor, NoCursor.to_string(), |cursor| Some(cursor.0.clone())),
            limit: Some(limit + 1),
        };
        if errors.is_empty() { Ok((filter, limit)) } else { Err(Problem::of_fields(errors.sorted())) }
    }
}

/// Lists accounts with who invited them.
///
/// # Errors
/// When the query is wrong, or the ledger cannot be read.
pub async fn list(call: Call) -> Result<Response, Problem> {
    let (query, errors): (TreeQuery, _) = fields::query(&call.request, &["limit"])?;
    let (filter, limit) = query.filter(&errors)?;
    let _permit = permit().await?;
    let mut accounts = call.desk().invites.tree_for(&call.key, filter).await?;
    let is_last = accounts.len() <= limit as usize;
    accounts.truncate(limit as usize);
    let last = accounts.last().filter(|_| !is_last);
    let next_cursor = last.map(|last| TreeCursor(last.account.clone()).to_string());
    json(200, &InvitedAccountList { accounts: accounts.into_iter().map(Into::into).collect(), next_cursor })
}
