//! What is asked of a server for a guest: an account, or a new password.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::config::secret::Secret;
use crate::invite::name::{Jid, Username};

/// No password that anybody is asked about is longer: those that are set here have at most
/// [`crate::config::MAX_PASSWORD_CHARS`] characters, each of up to four bytes.
pub(super) const MAX_PASSWORD_BYTES: usize = 4 * crate::config::MAX_PASSWORD_CHARS;

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// What it is called.
    pub username: &'a Username,
    /// Its password.
    pub password: &'a Secret,
    /// Who becomes its contact, and it theirs; an account on the same host.
    pub contact: Option<&'a Jid>,
    /// Groups it is put into.
    pub groups: &'a [String],
    /// Roles it is given.
    pub roles: &'a [String],
    /// The server's own token, which is redeemed by this: if it is no longer there, nothing is created and the answer is
    /// [`super::Refusal::NoToken`].
    pub token: Option<&'a str>,
    /// Where the guest is, for the server's own log and limits.
    pub client: Option<IpAddr>,
    /// An account that is not created by then is not created at all: nobody waits for it any more.
    pub not_after: Timestamp,
}

/// A password to be set.
#[derive(Clone, Debug)]
pub struct NewPassword<'a> {
    /// Whose.
    pub username: &'a Username,
    /// The new one.
    pub password: &'a Secret,
    /// As in [`NewAccount::token`].
    pub token: Option<&'a str>,
    /// As in [`NewAccount::not_after`].
    pub not_after: Timestamp,
}

/// Whether a server that prepares names as RFC 6122 did leaves this one as it is: such a one knows `ß` as `ss`, and the
/// account would be another than the ledger has. All servers that there are do so.
#[must_use]
pub fn is_kept(username: &Username) -> bool {
    stringprep::nodeprep(username.as_str()).is_ok_and(|name| name == username.as_str())
}
