//! What a guest does with an invite: sees what it offers, signs up, sets a new password.
//!
//! A use is reserved in the ledger, then the server makes the account, then the ledger records it. Whatever goes wrong
//! in between, the use is not granted twice: it stays reserved until the server has said whether there is an account
//! ([`Desk::tend`]).

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::take_back::TakeBackError;
use super::{Desk, FindError};
use crate::backend::{self, Backend, CallError, NewAccount, NewPassword, Refusal, State};
use crate::clock;
use crate::config::secret::Secret;
use crate::invite::link;
use crate::invite::name::Username;
use crate::invite::{Invite, Kind, Source, Status, Via};
use crate::ledger::{LedgerError, RedeemError, Reservation};

/// What a guest can do with an invite now.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// The link for an app; none where apps cannot sign up with it, or the server is away.
    pub uri: Option<String>,
    /// The link for an app that adds the contact to an account that there is.
    pub contact_uri: Option<String>,
    /// Whether an account can be made with it; else it is for whoever has one.
    pub is_for_accounts: bool,
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

/// What somebody who opens an invite may want to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// The link for an app, too: a token is made for it.
    App,
    /// The web alone, or nothing at all: a program that draws a preview of the link.
    Web,
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
    /// The server's own rules are against it.
    #[error("the server does not allow it")]
    NotAllowed,
    /// Nothing here makes accounts.
    #[error("accounts are not made here")]
    Closed,
    /// The server is away; later it may work.
    #[error("the XMPP server is away")]
    Away,
}

impl From<FindError> for SignUpError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ledger(error) => error.into(),
            FindError::Away => Self::Away,
        }
    }
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
            RedeemError::AppTokenOutstanding | RedeemError::IdempotencyKeyReused => Self::Away,
        }
    }
}

/// The same guest may send the same form twice: then the second answer is that of the first, for so long.
pub(super) const TWICE_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// A token that an app used in the meantime frees the way for one more try.
const TRIES: usize = 2;

impl Desk {
    /// What a guest can do with a pending invite. Spends nothing; mints the token for apps if there is none yet and this is
    /// somebody who may want it.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn offer(&self, invite: Invite, wants: Wants, now: Timestamp) -> Result<Offer, LedgerError> {
        let has_server = self.backend(&invite.draft.host).is_some();
        let (invite, is_for_accounts) =
            if has_server { Box::pin(self.fresh(invite, wants, now)).await? } else { (invite, true) };
        let web = match self.web(&invite) {
            _ if !is_for_accounts => Web::Closed,
            Ok(backend) if matches!(backend.state(), State::Away(_)) => Web::Away,
            Ok(_) => Web::Open,
            Err(_) => Web::Closed,
        };
        let token = self.ledger.key().token(invite.id);
        let app_token = if has_server {
            invite.live_app_token(now).and_then(|token| self.reveal(token))
        } else {
            Some(token.clone())
        };
        let contact_uri = invite.draft.kind.contact().map(|contact| link::contact_uri(contact, app_token.as_deref()));
        let uri = app_token.filter(|_| is_for_accounts).map(|token| link::uri(&invite, &token));
        Ok(Offer { invite, token, uri, contact_uri, is_for_accounts, web })
    }

    /// The invite as its server knows it now, with a token for apps where that can be; and whether it is for accounts.
    async fn fresh(&self, invite: Invite, wants: Wants, now: Timestamp) -> Result<(Invite, bool), LedgerError> {
        let invite = self.refresh(invite, now).await?;
        let invite = match wants {
            Wants::App => self.with_app_token(invite, now).await?,
            Wants::Web => invite,
        };
        let is_for_accounts = self.is_for_accounts(&invite, now).await;
        Ok((invite, is_for_accounts))
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

    /// What speaks against a new account's name, as far as that can be told without creating it: for whoever refuses a form
    /// for another reason, and says all that is wrong with it at once.
    ///
    /// # Errors
    /// What [`Desk::sign_up`] would say of the name, or that its server is away.
    pub async fn check_name(&self, invite: &Invite, username: &Username) -> Result<(), SignUpError> {
        self.may_be_called(invite, username)?;
        is_free(self.web(invite)?, username).await
    }

    async fn use_on_web(&self, invite: Invite, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let began = clock::instant();
        // A turn may be waited for, and a server; what is reserved then is reserved then.
        let passed = || now + SignedDuration::try_from(began.elapsed()).unwrap_or_default();
        let _turn = self.lasting.turns.of(invite.id).await;
        let invite = self.ledger.find(invite.id).await?.ok_or(SignUpError::Absent)?;
        let is_same = self.lasting.forms.is_same(invite.id, guest, now);
        if is_same == Some(true) && just_served(&invite, guest.username, now) {
            return Ok(invite);
        }
        let unfinished = self.ledger.reservations(Some(invite.id)).await?;
        let backend = self.web(&invite)?;
        if let Some(reservation) = unfinished.into_iter().find(|reservation| reservation.account == *guest.username) {
            // Somebody else may have chosen the same name.
            if is_same == Some(false) && !matches!(invite.draft.kind, Kind::Reset { .. }) {
                return Err(SignUpError::Taken);
            }
            return self.resume(backend, &reservation, guest, now).await;
        }
        self.check(&invite, guest, now)?;
        let invite = self.settled(invite, now).await.map_err(|error| match error {
            TakeBackError::Ledger(error) => error.into(),
            TakeBackError::Call(_) => SignUpError::Away,
        })?;
        let is_account = !matches!(invite.draft.kind, Kind::Reset { .. });
        if is_account {
            is_free(backend, guest.username).await?;
        }
        for _ in 0..TRIES {
            let reservation = self.ledger.reserve(invite.id, guest.username.clone(), Via::Web, passed()).await?;
            self.lasting.forms.note(invite.id, guest, now);
            let answer = self.carry_out(backend, &reservation, guest).await;
            let used_in_app = answer == Err(CallError::Refused(Refusal::NoToken));
            let ended = self.end(backend, &reservation, answer).await;
            // What is not settled yet is still reserved: a second try would be one too many.
            if !used_in_app || ended == Err(SignUpError::Away) {
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
        self.may_be_called(invite, guest.username)?;
        let host = self.settings.hosts.get(&invite.draft.host).ok_or(SignUpError::Closed)?;
        if guest.password.reveal().chars().count() < host.min_password_length {
            return Err(SignUpError::PasswordTooShort(host.min_password_length));
        }
        Ok(())
    }

    /// What the invite and the host say of a name.
    fn may_be_called(&self, invite: &Invite, username: &Username) -> Result<(), SignUpError> {
        if invite.draft.kind.username().is_some_and(|bound| bound != username) {
            return Err(SignUpError::OtherName);
        }
        if !matches!(invite.draft.kind, Kind::Reset { .. }) {
            if self.is_reserved(invite, username) {
                return Err(SignUpError::Reserved);
            }
            if !backend::is_kept(username) {
                return Err(SignUpError::Name);
            }
        }
        Ok(())
    }

    /// Asks the server for what a use was reserved for.
    pub(super) async fn carry_out(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        guest: Guest<'_>,
    ) -> Result<(), CallError> {
        let draft = &reservation.invite.draft;
        // An invite of the server itself is used up there, also where it has more uses than one.
        let adopted = || draft.app_token.as_ref().filter(|_| draft.source == Source::Server);
        let token = reservation.token.as_ref().or_else(adopted).and_then(|token| self.reveal(token));
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
}

/// What the server says of a name for a new account.
async fn is_free(backend: &Backend, username: &Username) -> Result<(), SignUpError> {
    match backend.exists(username).await {
        Ok(true) => Err(SignUpError::Taken),
        // Where it cannot be asked, it is found out by trying.
        Ok(false) | Err(CallError::Refused(Refusal::Unsupported)) => Ok(()),
        Err(CallError::Refused(Refusal::Name)) => Err(SignUpError::Name),
        Err(_) => Err(SignUpError::Away),
    }
}

/// Whether a guest of that name has just been served.
fn just_served(invite: &Invite, username: &Username, now: Timestamp) -> bool {
    let is_same = |redemption: &crate::invite::Redemption| {
        redemption.via == Via::Web
            && redemption.account.as_ref() == Some(username)
            && now.duration_since(redemption.at) < TWICE_WITHIN
    };
    invite.redemptions.iter().any(is_same)
}
