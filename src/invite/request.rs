//! What is asked for, whoever asks and by which way. [`policy`](super::policy) says whether it can be had.

use std::time::Duration;

use jiff::Timestamp;

use super::KindName;
use super::field::{FieldError, Given};
use super::name::Account;

/// What is wrong where a host has to be named.
pub(super) const WHICH_HOST: &str = "several hosts are possible: name one; `GET /api/v1/self` lists them";

/// Whether tokens for apps are minted along with invites, where the server has tokens of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Minting {
    /// Not before they are needed.
    #[default]
    Later,
    /// Now, if the server is there.
    IfPossible,
    /// Now, or no invite is created.
    Required,
}

/// What is asked for when invites are to be created. What is left out takes the host's defaults.
#[derive(Clone, Debug, Default)]
pub struct InviteRequest {
    /// For which host; need not be named where only one is possible.
    pub host: Given<String>,
    /// Must agree with `contact` and `reset`, from which it follows.
    pub kind: Given<KindName>,
    /// The only name that may redeem it.
    pub username: Given<String>,
    /// A JID on the host: a contact invite.
    pub contact: Given<String>,
    /// A user name: a password reset.
    pub reset: Given<String>,
    /// How often it may be redeemed.
    pub uses: Given<u32>,
    /// For how long.
    pub ttl: Given<Duration>,
    /// Groups of the new account.
    pub groups: Given<Vec<String>>,
    /// Roles of the new account.
    pub roles: Given<Vec<String>>,
    /// A remark for admins.
    pub note: Given<String>,
    /// Who invites, in words.
    pub inviter: Given<String>,
    /// Its token for apps; the field is `uri`.
    pub minting: Given<Minting>,
    /// How many alike.
    pub count: Given<u32>,
    /// The address that its link is mailed to.
    pub mail: Given<String>,
    /// The language of that mail.
    pub language: Given<&'static str>,
    /// Set where the request may come again.
    pub idempotency: Option<Idempotency>,
    /// What is wrong beside these fields, such as a field that there is none of.
    pub errors: Vec<FieldError>,
}

impl InviteRequest {
    /// How many are asked for.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.value().copied().unwrap_or(1)
    }
}

/// What is to be different of an invite. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct ChangeRequest {
    /// Another remark; the empty one is none.
    pub note: Given<String>,
    /// Another end.
    pub expires_at: Given<Timestamp>,
    /// Another number of uses.
    pub uses: Given<u32>,
    /// Revoked, or restored; the field is `status`.
    pub revoked: Given<bool>,
    /// As in [`InviteRequest::errors`].
    pub errors: Vec<FieldError>,
}

/// A use that is to be redeemed, for a caller's own sign-up.
#[derive(Clone, Debug, Default)]
pub struct RedeemRequest {
    /// The token of the invite's link.
    pub token: Given<String>,
    /// Whose account it is, if that is told.
    pub account: Given<Account>,
    /// As in [`InviteRequest::idempotency`].
    pub idempotency: Option<Idempotency>,
    /// As in [`InviteRequest::errors`].
    pub errors: Vec<FieldError>,
}

/// By what a request is recognised that comes again (draft-ietf-httpapi-idempotency-key-header).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Where it is sent: the same key elsewhere is another one.
    pub path: &'static str,
    /// What the caller calls it.
    pub key: String,
    /// What it asks for: the same key with another request is refused.
    pub body: Vec<u8>,
}
