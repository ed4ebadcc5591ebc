//! What a guest does with an invite: sees what it offers, signs up, sets a new password.
//!
//! A use is reserved in the ledger, then the server makes the account, then the ledger records it. Whatever goes wrong
//! in between, the use is not granted twice: it stays reserved until the server has said whether there is an account
//! ([`Desk::tend`]).

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::{Desk, IssueError};
use crate::backend::{Backend, CallError, NewAccount, NewPassword, Refusal, State, TokenState};
use crate::config::secret::Secret;
use crate::invite::name::Username;
use crate::invite::{Invite, Kind, Source, Status, Via};
use crate::ledger::{LedgerError, RedeemError, Reservation, Taker};

/// What a guest can do with an invite now.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// Its link.
    pub landing_page: String,
    /// The link for an app; none where apps cannot sign up with it, or the server is away.
    pub uri: Option<String>,
    /// Whether it can be used on the web.
    pub web: Web,
}

/// Whether an invite can be used on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Web {
    /// It can.
    Open,
    /// It could, but the server is away.
    Away,
    /// It cannot: that is switched off, or nothing here makes accounts.
    Closed,
}

/// Somebody who uses an invite on the web.
#[derive(Clone, Copy, Debug)]
pub struct Guest<'a> {
    /// The invite's token.
    pub token: &'a str,
    /// What the account is to be called; for a reset, what it is called.
    pub username: &'a Username,
    /// Its password.
    pub password: &'a Secret,
    /// Where the guest is.
    pub client: IpAddr,
}

/// Why there is no account, or no new password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignUpError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no such invite.
    #[error("there is no such invite")]
    Absent,
    /// It is spent, expired or revoked.
    #[error("the invite is {0}")]
    Ended(Status),
    /// It is for a new password and not for an account, or the other way round.
    #[error("the invite is for something else")]
    WrongKind,
    /// It is for another name.
    #[error("the invite is for another name")]
    OtherName,
    /// The name is nobody's on this host.
    #[error("the name is reserved on this host")]
    Reserved,
    /// Somebody has the name.
    #[error("the name is taken")]
    Taken,
    /// The server takes no such name.
    #[error("the server does not take this name")]
    Name,
    /// The password has fewer characters than this.
    #[error("the password is shorter than {0} characters")]
    PasswordTooShort(usize),
    /// The server takes no such password.
    #[error("the server does not take this password")]
    Password,
    /// Nothing here makes accounts.
    #[error("accounts are not made here")]
    Closed,
    /// The server is away; later it may work.
    #[error("the XMPP server is away")]
    Away,
}

impl From<RedeemError> for SignUpError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Ledger(error) => error.into(),
            RedeemError::Absent => Self::Absent,
            RedeemError::Ended(status) => Self::Ended(status),
            RedeemError::OtherName => Self::OtherName,
            RedeemError::Taken(_) => Self::Taken,
            // A reservation takes the token along, and has no Idempotency-Key.
            RedeemError::InApp | RedeemError::OtherBody => Self::Away,
        }
    }
}

/// The same guest may send the same form twice: then the second answer is that of the first, for so long.
const TWICE_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Nobody makes an account any more that was asked for so long ago (twice the deadline of a call).
const SETTLE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// A token that an app used in the meantime frees the way for one more try.
const TRIES: usize = 2;

impl Desk {
    /// What a guest can do with a pending invite. Spends nothing; mints the token for apps if there is none yet.
    ///
    /// # Errors
    /// When the ledger cannot be used, or there is nothing to make links of.
    pub async fn offer(&self, invite: Invite, now: Timestamp) -> Result<Offer, IssueError> {
        let ledger = |error: LedgerError| IssueError::Ledger(error.into());
        let invite = self.refresh(invite, now).await.map_err(ledger)?;
        let invite = self.with_app_token(invite, now).await.map_err(ledger)?;
        let web = match self.web(&invite) {
            Ok(backend) if matches!(backend.state(), State::Away(_)) => Web::Away,
            Ok(_) => Web::Open,
            Err(_) => Web::Closed,
        };
        let issued = self.issued(invite)?;
        Ok(Offer {
            invite: issued.invite,
            token: issued.token,
            landing_page: issued.landing_page,
            uri: issued.uri,
            web,
        })
    }

    /// The server that makes accounts for an invite, or sets passwords.
    fn web(&self, invite: &Invite) -> Result<&Backend, SignUpError> {
        let backend = self.backend(&invite.draft.host).ok_or(SignUpError::Closed)?;
        let abilities = backend.abilities();
        let is_open = match invite.draft.kind {
            Kind::Reset { .. } => abilities.reset,
            Kind::Account { .. } | Kind::Contact { .. } => {
                abilities.sign_up && self.settings.hosts.get(&invite.draft.host).is_some_and(|host| host.registration)
            }
        };
        if is_open { Ok(backend) } else { Err(SignUpError::Closed) }
    }

    /// Whether an account of that name could be made with a pending invite.
    ///
    /// # Errors
    /// When the server or the ledger cannot tell.
    pub async fn is_free(&self, invite: &Invite, username: &Username) -> Result<bool, SignUpError> {
        if self.is_reserved(invite, username) {
            return Ok(false);
        }
        let exists = self.web(invite)?.exists(username).await;
        exists.map(|exists| !exists).map_err(|_| SignUpError::Away)
    }

    fn is_reserved(&self, invite: &Invite, username: &Username) -> bool {
        let host = self.settings.hosts.get(&invite.draft.host);
        // Whoever made the invite for that name has been through this.
        invite.draft.kind.username() != Some(username)
            && host.is_some_and(|host| host.reserved_usernames.contains(username))
    }

    /// Makes an account with an invite.
    ///
    /// # Errors
    /// Nothing was spent, but for [`SignUpError::Away`] and [`SignUpError::Ledger`]: then it may be settled later.
    pub async fn sign_up(&self, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let invite = self.open(guest.token, now).await?.ok_or(SignUpError::Absent)?;
        if matches!(invite.draft.kind, Kind::Reset { .. }) {
            return Err(SignUpError::WrongKind);
        }
        self.use_on_web(invite, guest, now).await
    }

    /// Sets a new password with an invite.
    ///
    /// # Errors
    /// As [`Desk::sign_up`].
    pub async fn reset_password(&self, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let invite = self.open(guest.token, now).await?.ok_or(SignUpError::Absent)?;
        if !matches!(invite.draft.kind, Kind::Reset { .. }) {
            return Err(SignUpError::WrongKind);
        }
        self.use_on_web(invite, guest, now).await
    }

    async fn use_on_web(&self, invite: Invite, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let _turn = self.lasting.turns.of(invite.id).await;
        let invite = self.ledger.find(invite.id).await?.ok_or(SignUpError::Absent)?;
        if sent_twice(&invite, guest.username, now) {
            return Ok(invite);
        }
        let unfinished = self.ledger.reservations(Some(invite.id)).await?;
        let backend = self.web(&invite)?;
        if let Some(reservation) = unfinished.into_iter().find(|reservation| reservation.account == *guest.username) {
            return self.resume(backend, &reservation, guest, now).await;
        }
        self.check(&invite, guest, now)?;
        let is_account = !matches!(invite.draft.kind, Kind::Reset { .. });
        if is_account {
            match backend.exists(guest.username).await {
                Ok(true) => return Err(SignUpError::Taken),
                // Where it cannot be asked, it is found out by trying.
                Ok(false) | Err(CallError::Refused(Refusal::Unsupported)) => {}
                Err(_) => return Err(SignUpError::Away),
            }
        }
        for _ in 0..TRIES {
            let reservation = self.ledger.reserve(invite.id, guest.username.clone(), Via::Web, now).await?;
            let answer = self.carry_out(backend, &reservation, guest).await;
            let used_in_app = answer == Err(CallError::Refused(Refusal::NoToken));
            let ended = self.end(backend, &reservation, answer, now).await;
            if !used_in_app {
                return ended;
            }
        }
        Err(SignUpError::Ended(Status::Redeemed))
    }

    /// What can be said without asking anybody.
    fn check(&self, invite: &Invite, guest: Guest<'_>, now: Timestamp) -> Result<(), SignUpError> {
        let status = invite.status(now);
        if status != Status::Pending {
            return Err(SignUpError::Ended(status));
        }
        if invite.draft.kind.username().is_some_and(|bound| bound != guest.username) {
            return Err(SignUpError::OtherName);
        }
        if !matches!(invite.draft.kind, Kind::Reset { .. }) && self.is_reserved(invite, guest.username) {
            return Err(SignUpError::Reserved);
        }
        let host = self.settings.hosts.get(&invite.draft.host).ok_or(SignUpError::Closed)?;
        if guest.password.reveal().chars().count() < host.min_password_length {
            return Err(SignUpError::PasswordTooShort(host.min_password_length));
        }
        Ok(())
    }

    /// Asks the server for what a use was reserved for.
    async fn carry_out(&self, backend: &Backend, reservation: &Reservation, guest: Guest<'_>) -> Result<(), CallError> {
        let draft = &reservation.invite.draft;
        let token = reservation.token.as_ref().and_then(|token| self.reveal(token));
        if matches!(draft.kind, Kind::Reset { .. }) {
            let reset = NewPassword {
                username: guest.username,
                password: guest.password,
                token: token.as_deref(),
                not_after: Backend::not_after(),
            };
            return backend.set_password(&reset).await;
        }
        let account = NewAccount {
            username: guest.username,
            password: guest.password,
            contact: draft.kind.contact(),
            groups: &draft.groups,
            roles: &draft.roles,
            token: token.as_deref(),
            client: Some(guest.client),
            not_after: Backend::not_after(),
        };
        backend.create(&account).await
    }

    /// Ends a reservation by what the server answered.
    async fn end(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        answer: Result<(), CallError>,
        now: Timestamp,
    ) -> Result<Invite, SignUpError> {
        let error = match answer {
            Ok(()) => return self.record(reservation).await,
            // It may come true yet; whoever asks again finds it reserved.
            Err(CallError::Unsure(_)) => return Err(SignUpError::Away),
            Err(error) => error,
        };
        let gone = error == CallError::Refused(Refusal::NoToken);
        self.release(backend, reservation, gone, now).await?;
        Self::tell(&reservation.invite, "no account was made", &error);
        Err(match error {
            CallError::Away(_) | CallError::Unsure(_) => SignUpError::Away,
            CallError::Refused(refusal) => match refusal {
                Refusal::Taken => SignUpError::Taken,
                Refusal::NoToken => SignUpError::Ended(Status::Redeemed),
                Refusal::Name | Refusal::NoAccount => SignUpError::Name,
                Refusal::Password => SignUpError::Password,
                Refusal::Unsupported => SignUpError::Closed,
                Refusal::Other(_) => SignUpError::Away,
            },
        })
    }

    async fn record(&self, reservation: &Reservation) -> Result<Invite, SignUpError> {
        let taker = if reservation.token.is_some() { Taker::GuestWithToken } else { Taker::Guest };
        let invite = self.ledger.end_reservation(reservation.id, taker).await?;
        if let Some(invite) = &invite {
            self.redeemed(invite, reservation.via, &Source::Server);
        }
        // Ended before: then it is recorded, by another node.
        let invite = match invite {
            Some(invite) => Some(invite),
            None => self.ledger.find(reservation.invite.id).await?,
        };
        invite.ok_or(SignUpError::Absent)
    }

    /// Frees a use. If the server's token held it, the server knows what has become of that; `gone`: it has said that the
    /// token is no longer there, so an app has the use.
    async fn release(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        gone: bool,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let invite = self.ledger.end_reservation(reservation.id, Taker::Nobody).await?;
        let (Some(invite), Some(token)) = (invite, reservation.token.clone()) else { return Ok(()) };
        let Some(text) = self.reveal(&token) else { return Ok(()) };
        match backend.look_up(&text).await {
            Ok(TokenState::Live(_)) | Err(_) => {}
            Ok(TokenState::Used(account)) => _ = self.used_in_app(invite, token, account, now).await?,
            Ok(TokenState::Absent) if gone => _ = self.used_in_app(invite, token, None, now).await?,
            // Taken back for an account that was not made.
            Ok(TokenState::Absent) => _ = self.ledger.drop_app_token(invite.id, token).await?,
        }
        Ok(())
    }

    /// Goes on with what this guest began and nobody knows the end of.
    async fn resume(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        guest: Guest<'_>,
        now: Timestamp,
    ) -> Result<Invite, SignUpError> {
        if matches!(reservation.invite.draft.kind, Kind::Reset { .. }) {
            // Setting a password twice is setting it once.
            let answer = self.carry_out(backend, reservation, guest).await;
            return self.end(backend, reservation, answer, now).await;
        }
        match backend.exists(&reservation.account).await {
            // Where it cannot be asked, it is tried again: a name that is taken now was reserved for this guest.
            Err(CallError::Refused(Refusal::Unsupported)) => match self.carry_out(backend, reservation, guest).await {
                Ok(()) | Err(CallError::Refused(Refusal::Taken)) => self.record(reservation).await,
                answer => self.end(backend, reservation, answer, now).await,
            },
            _ => self.settle(backend, reservation, now).await?.ok_or(SignUpError::Away),
        }
    }

    /// Asks the server how a reservation ended; gives the invite if there is an account.
    async fn settle(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        now: Timestamp,
    ) -> Result<Option<Invite>, SignUpError> {
        let is_old = now.duration_since(reservation.at) >= SETTLE_AFTER;
        match backend.exists(&reservation.account).await {
            Ok(true) => self.record(reservation).await.map(Some),
            Ok(false) if is_old => {
                self.release(backend, reservation, false, now).await?;
                Ok(None)
            }
            // Nobody will ever know: then it is not granted twice.
            Err(CallError::Refused(_)) if is_old => self.record(reservation).await.map(Some),
            Ok(false) | Err(_) => Ok(None),
        }
    }

    /// Settles what was left open, by a crash or by a server that did not answer.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn settle_all(&self, now: Timestamp) -> Result<(), LedgerError> {
        for reservation in self.ledger.reservations(None).await? {
            if now.duration_since(reservation.at) < SETTLE_AFTER {
                continue;
            }
            let Some(backend) = self.backend(&reservation.invite.draft.host) else { continue };
            let _turn = self.lasting.turns.of(reservation.invite.id).await;
            if let Err(SignUpError::Ledger(error)) = self.settle(backend, &reservation, now).await {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Whether the same guest has just been served: a form that was sent twice, or a page that was loaded again.
fn sent_twice(invite: &Invite, username: &Username, now: Timestamp) -> bool {
    let is_same = |redemption: &crate::invite::Redemption| {
        redemption.via == Via::Web
            && redemption.account.as_ref() == Some(username)
            && now.duration_since(redemption.at) < TWICE_WITHIN
    };
    invite.redemptions.iter().any(is_same)
}
