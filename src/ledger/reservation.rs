//! Uses of invites that are kept for accounts while these are being created.

use jiff::Timestamp;

use crate::invite::name::Username;
use crate::invite::{AppToken, AppUser, Invite, Via};

/// Which reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservationId(pub(super) i64);

impl std::fmt::Display for ReservationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for ReservationId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A use of an invite that is kept for an account while it is being created.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// Which.
    pub id: ReservationId,
    /// The invite, as it was before.
    pub invite: Invite,
    /// For whom.
    pub account: Username,
    /// Since when.
    pub at: Timestamp,
    /// By which way.
    pub via: Via,
    /// The server's token that holds this use: it must be redeemed with it, or the use is not to be had.
    pub token: Option<AppToken>,
}

/// How a reservation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationEnd {
    /// No account was created, and the use is free again.
    Released,
    /// The same, and the server's token is gone all the same.
    ReleasedTokenGone,
    /// The account was created; the server's token, if the use is that of one, was redeemed with it.
    Redeemed,
    /// An app redeemed the server's token before; for whom, as far as the server knows.
    RedeemedInApp(Option<AppUser>),
}
