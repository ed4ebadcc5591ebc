//! Tokens that apps sign up with, and invites that a server created itself.

use std::time::Duration;

use jiff::Timestamp;

use crate::invite::Kind;
use crate::invite::name::Username;

/// A token to be minted.
#[derive(Clone, Debug)]
pub struct Mint<'a> {
    /// For what.
    pub kind: &'a Kind,
    /// Groups of the new account.
    pub groups: &'a [String],
    /// Roles of the new account.
    pub roles: &'a [String],
    /// How long it is to be good.
    pub ttl: Duration,
    /// Whether it must not set the password of an admin of the server, whenever it is used.
    pub spares_admins: bool,
}

/// A token that was minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// Until when it is good, if that is earlier than was asked for.
    pub expires_at: Option<Timestamp>,
}

/// What has become of a token of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It can be used.
    Live(TokenDetails),
    /// It was used, by whom as far as the server knows.
    Used(Option<Username>),
    /// Somebody who had an account has become a contact with it; who, if that is known.
    Befriended(Option<Username>),
    /// Nobody has used it as far as the server knows, and nobody can: it never was there, has expired, was withdrawn, or
    /// the server has lost it. A use is what the server names, or what we have put down ourselves.
    Unused,
}

/// What a server knows of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDetails {
    /// What it is for.
    pub kind: Kind,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether it can be used any number of times.
    pub reusable: bool,
}

/// An invite that the server created itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// What it is.
    pub found: TokenDetails,
    /// Whether an account can be created with it; else it is for whoever has one.
    pub is_for_accounts: bool,
    /// How it has ended; nothing if it can be used.
    pub end: Option<End>,
}

/// How an invite of the server's own has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody used it, with that account as far as the server knows.
    Used(Option<Username>),
    /// The same, with an account that was there before: it is a contact now.
    Befriended(Option<Username>),
    /// It has expired, or somebody ended it.
    Unused,
}

/// How many tokens a server has, of those that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Those that count, whether they can still be used or not.
    pub used: u64,
    /// With so many it mints no more.
    pub limit: u64,
}

impl Room {
    /// Whether an admin should know before it is too late.
    #[must_use]
    pub fn is_scarce(self) -> bool {
        self.used >= self.limit / 5 * 4
    }
}
