//! Sign-up in an app, at a server that asks us: whether its token is good, whether it may register, and what came of that.
//!
//! A token is known by its MAC before the ledger is asked for anything. A use is reserved for each account that is about to
//! be created, and redeemed when the server says that it was. Where the server has not said so in time it is asked, as after
//! a crash ([`super::SignUp::reconcile_all`]).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use super::SignUp;
use super::chosen::UsernameError;
use super::guest::SignUpError;
use crate::backend::{Backend, CallError, InAppRefusal, InAppStep, Question, Verdict, Welcome};
use crate::desk::app_tokens::TokenError;
use crate::invite::name::{HostName, Jid, Username};
use crate::invite::{Draft, Invite, Source, Status, Via};
use crate::ledger::{LedgerError, RedeemError, ReservationEnd, ReservationId};
use crate::log::chain;

/// Keeps MACs for reservations apart from other MACs.
const RESERVATION: &str = "app reservation";

/// Why a question has no other answer.
enum NoUse {
    Refused(InAppRefusal),
    Later,
}

impl From<NoUse> for Verdict {
    fn from(why: NoUse) -> Self {
        match why {
            NoUse::Refused(why) => Self::Refused(why),
            NoUse::Later => Self::Later,
        }
    }
}

impl From<LedgerError> for NoUse {
    fn from(error: LedgerError) -> Self {
        tracing::debug!(error = %chain(&error), "an app is told to try again");
        Self::Later
    }
}

impl From<TokenError> for NoUse {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Ledger(error) => error.into(),
            TokenError::Call(_) => Self::Later,
        }
    }
}

impl From<RedeemError> for NoUse {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Ledger(error) => error.into(),
            RedeemError::Absent | RedeemError::Ended(_) => Self::Refused(InAppRefusal::Ended),
            RedeemError::OtherName => Self::Refused(InAppRefusal::OtherName),
            RedeemError::Taken(_) => Self::Refused(InAppRefusal::Taken),
            RedeemError::AppTokenOutstanding | RedeemError::IdempotencyKeyReused => Self::Later,
        }
    }
}

impl SignUp {
    /// Answers what a server asks.
    pub async fn answer(&self, Question { host, id, step }: Question, now: Timestamp) {
        let Some(backend) = self.context.backend(&host) else { return };
        let mut contact_use = None;
        let verdict = match step {
            InAppStep::Preauth { token } => self.show(&host, &token, now).await,
            InAppStep::Register { token, username } => self.reserve(backend, (&host, &token), &username, now).await,
            InAppStep::Subscribe { token, inviter, contact } => {
                match self.befriend((&host, &token), &inviter, &contact, now).await {
                    Ok((verdict, reserved)) => {
                        contact_use = reserved;
                        verdict
                    }
                    Err(why) => why.into(),
                }
            }
            InAppStep::Registered { reservation, created } => {
                if let Some(reservation) = self.unsealed(&host, &reservation) {
                    self.finish(reservation, created).await;
                }
                return;
            }
        };
        let heard = backend.answer(&id, &verdict).await;
        let is_unheard = matches!(heard, Ok(false) | Err(CallError::Away(_) | CallError::Refused(_)));
        if let Some(reservation) = contact_use {
            // Heard is done; and where nobody knows, it is not granted twice.
            self.finish(reservation, !is_unheard).await;
        }
        if let Verdict::Reserved(reservation) = verdict
            && let Some(reservation) = self.unsealed(&host, &reservation)
            // Else the server will say what came of it, or is asked.
            && is_unheard
        {
            self.finish(reservation, false).await;
        }
    }

    /// The invite that `token` opens on `host`; nothing if it is none of ours.
    async fn shown(&self, host: &HostName, token: &str) -> Result<Option<Invite>, LedgerError> {
        let Some(id) = self.context.ledger.key().open(token) else { return Ok(None) };
        Ok(self.context.ledger.find_alone(id).await?.filter(|invite| invite.draft.host == *host))
    }

    async fn show(&self, host: &HostName, token: &str, now: Timestamp) -> Verdict {
        let invite = match self.shown(host, token).await {
            Ok(Some(invite)) => invite,
            Ok(None) => return Verdict::Unknown,
            Err(error) => return NoUse::from(error).into(),
        };
        if invite.draft.source == Source::Server {
            let own = invite.live_app_token(now).and_then(|token| self.context.reveal(token));
            return own.map_or(Verdict::Refused(InAppRefusal::Ended), Verdict::Instead);
        }
        if invite.status(now) != Status::Pending {
            return Verdict::Refused(InAppRefusal::Ended);
        }
        if self.context.is_reserved_reset(&invite.draft) {
            return Verdict::Refused(InAppRefusal::Closed);
        }
        welcome(invite.draft)
    }

    async fn reserve(
        &self,
        backend: &Backend,
        (host, token): (&HostName, &str),
        username: &str,
        now: Timestamp,
    ) -> Verdict {
        let reserved = async {
            let Some(invite) = self.shown(host, token).await? else { return Ok(Verdict::Unknown) };
            // What the server calls it is what the ledger would call it, or it is another one.
            let name = username.parse::<Username>().ok().filter(|name| name.as_str() == username);
            let name = name.ok_or(NoUse::Refused(InAppRefusal::Name))?;
            if self.context.is_reserved_reset(&invite.draft) {
                return Err(NoUse::Refused(InAppRefusal::Closed));
            }
            self.may_be_called(&invite, &name).map_err(|error| NoUse::Refused(in_app(&error)))?;
            let invite = self.without_other_token(invite, now).await?;
            match self.context.ledger.reserve(invite.id, name.clone(), Via::App, now).await {
                Ok(reservation) => Ok(Verdict::Reserved(self.sealed(host, reservation.id))),
                // Of whom it is not known yet whether they have it: also of this app, if it was not answered in time.
                Err(RedeemError::Taken(_)) if self.is_being_created(&invite, &name).await? => Err(NoUse::Later),
                Err(error) => Err(error.into()),
            }
        };
        let verdict = reserved.await.unwrap_or_else(Verdict::from);
        if let Verdict::Refused(why) = verdict {
            tracing::debug!(host = %host, backend = %backend.kind().word(), reason = ?why, "an app may not register");
        }
        verdict
    }

    /// What whoever wants a contact is answered, and the use that is reserved for that.
    async fn befriend(
        &self,
        (host, token): (&HostName, &str),
        inviter: &str,
        contact: &str,
        now: Timestamp,
    ) -> Result<(Verdict, Option<ReservationId>), NoUse> {
        let Some(invite) = self.shown(host, token).await? else { return Ok((Verdict::Unknown, None)) };
        if invite.draft.kind.contact().is_none_or(|jid| jid.user.as_str() != inviter) {
            return Err(NoUse::Refused(InAppRefusal::OtherName));
        }
        let here = contact.parse::<Jid>().ok().filter(|jid| jid.host == *host).map(|jid| jid.user);
        let invite = self.without_other_token(invite, now).await?;
        let reservation = self.context.ledger.reserve_contact(invite.id, here, now).await?;
        Ok((welcome(invite.draft), Some(reservation)))
    }

    /// Frees the last use of an invite from a token that an earlier version had minted, unless an app has used that.
    async fn without_other_token(&self, invite: Invite, now: Timestamp) -> Result<Invite, NoUse> {
        if invite.draft.app_token.is_none() || invite.uses_left() > 1 {
            return Ok(invite);
        }
        let _lock = self.context.locks.lock(invite.id).await;
        let Some(invite) = self.context.ledger.find_alone(invite.id).await? else {
            return Err(NoUse::Refused(InAppRefusal::Ended));
        };
        Ok(self.app_tokens.withdraw(invite, now).await?)
    }

    /// Whether a use of the invite is reserved for that name.
    async fn is_being_created(&self, invite: &Invite, name: &Username) -> Result<bool, LedgerError> {
        let reservations = self.context.ledger.reservations(Some(invite.id)).await?;
        Ok(reservations.iter().any(|reservation| reservation.account == *name))
    }

    /// Ends a reservation as the server says. Where the ledger cannot be written it stays, and is ended later.
    async fn finish(&self, reservation: ReservationId, created: bool) {
        let end = if created { ReservationEnd::Redeemed } else { ReservationEnd::Released };
        match self.context.ledger.end_reservation(reservation, end).await {
            Ok(Some(invite)) if created => self.context.redeemed(&invite, Via::App, &Source::Server),
            Ok(_) => {}
            Err(error) => tracing::debug!(error = %chain(&error), "a reserved use stays reserved, will retry"),
        }
    }

    /// A reservation as the server of `host` is told it: of another host's it can tell nothing.
    fn sealed(&self, host: &HostName, reservation: ReservationId) -> String {
        let number = reservation.to_string();
        let mac = self.mac(&[RESERVATION, host.as_str(), &number]);
        format!("{number}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    fn unsealed(&self, host: &HostName, sealed: &str) -> Option<ReservationId> {
        let reservation = sealed.split('.').next()?.parse().ok()?;
        bool::from(self.sealed(host, reservation).as_bytes().ct_eq(sealed.as_bytes())).then_some(reservation)
    }
}

fn welcome(Draft { kind, groups, roles, source, .. }: Draft) -> Verdict {
    Verdict::Welcome(Box::new(Welcome { kind, groups, roles, spares_admins: source != Source::Cli }))
}

/// What an app is told of a name that may not be had.
fn in_app(error: &SignUpError) -> InAppRefusal {
    match UsernameError::of(error) {
        Some(UsernameError::Other) => InAppRefusal::OtherName,
        Some(UsernameError::Reserved) => InAppRefusal::ReservedName,
        Some(UsernameError::Taken) => InAppRefusal::Taken,
        Some(UsernameError::Empty | UsernameError::Invalid | UsernameError::Address | UsernameError::Long) => {
            InAppRefusal::Name
        }
        None => InAppRefusal::Closed,
    }
}
