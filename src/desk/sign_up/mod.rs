//! Sign-up: a guest sees what an invite offers, gets an account with it, or a new password.
//!
//! A use is reserved in the ledger, then the server creates the account, then the ledger records it. Whatever goes wrong
//! in between, the use is not granted twice: it stays reserved until the server has said whether there is an account
//! ([`SignUp::reconcile_all`]).
//!
//! | module | what it has |
//! |---|---|
//! | `offer` | what a guest can do with an invite |
//! | `chosen`, `password` | what is wrong with a name or a password |
//! | `register` | sign-up by a site's own form |
//! | `again` | registrations that come again |
//! | `submissions` | forms that were sent |
//! | `carry_out` | what the server is asked for |
//! | `end` | how a reservation ends |
//! | `in_app` | sign-up in an app, at a server that asks |
//! | `guest` | who signs up, and why that may not work |

mod again;
mod carry_out;
mod chosen;
mod end;
mod guest;
mod in_app;
mod offer;
mod password;
mod register;
mod submissions;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::app_tokens::{AppTokens, Asker};
use super::context::Context;
use super::invites::Invites;
use crate::backend::{self, Backend, CallError, Refusal};
use crate::clock;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Kind, Status, Via};
use crate::ledger::{LedgerError, Reservation};
use again::{Before, Registration};
use carry_out::{carry_out, is_free};
pub use chosen::{ChoiceErrors, UsernameError, name_instead};
use end::{Ends, RECONCILE_AFTER};
use guest::Applicant;
pub use guest::{Guest, SignUpError};
use offer::Offers;
pub use offer::{AppLink, Offer, WebSignUp};
pub use password::{PasswordError, generated_password};
pub use register::{RegisterError, RegisterRequest};
pub(super) use submissions::Submissions;
use submissions::just_served;

/// A token that an app used in the meantime frees the way for one more try.
const TRIES: usize = 2;

/// Sign-up: a part of the desk.
#[derive(Clone)]
pub struct SignUp {
    context: Arc<Context>,
    app_tokens: AppTokens,
    invites: Invites,
    submissions: Arc<Submissions>,
    offers: Offers,
    ends: Ends,
}

impl SignUp {
    pub(super) fn new(
        context: &Arc<Context>,
        app_tokens: AppTokens,
        invites: Invites,
        submissions: Arc<Submissions>,
    ) -> Self {
        let offers = Offers::new(Arc::clone(context), app_tokens.clone());
        Self {
            context: Arc::clone(context),
            app_tokens,
            invites,
            submissions,
            offers,
            ends: Ends::new(Arc::clone(context)),
        }
    }

    /// What a guest can do with a pending invite. Redeems nothing; mints the app token if there is none yet and the link
    /// for an app is wanted.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn offer(&self, invite: Invite, app_link: AppLink, now: Timestamp) -> Result<Offer, LedgerError> {
        self.offers.offer(invite, app_link, now).await
    }

    /// Creates an account with an invite.
    ///
    /// # Errors
    /// Nothing was redeemed, but for [`SignUpError::Away`] and [`SignUpError::Ledger`]: then it may come true later.
    pub async fn register(&self, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let invite =
            self.invites.open(guest.token, &Asker::guest(guest.client), now).await?.ok_or(SignUpError::Absent)?;
        if matches!(invite.draft.kind, Kind::Reset { .. }) {
            return Err(SignUpError::WrongKind);
        }
        self.redeem(&invite, guest.into(), Registration::ON_THE_WEB, now).await
    }

    /// Sets a new password with an invite.
    ///
    /// # Errors
    /// As [`SignUp::register`].
    pub async fn reset_password(&self, guest: Guest<'_>, now: Timestamp) -> Result<Invite, SignUpError> {
        let invite =
            self.invites.open(guest.token, &Asker::guest(guest.client), now).await?.ok_or(SignUpError::Absent)?;
        if !matches!(invite.draft.kind, Kind::Reset { .. }) {
            return Err(SignUpError::WrongKind);
        }
        self.redeem(&invite, guest.into(), Registration::ON_THE_WEB, now).await
    }

    /// What speaks against a new account's name, as far as that is known without creating it: for whoever refuses a form
    /// for another reason, and says all that is wrong with it at once.
    ///
    /// # Errors
    /// What [`SignUp::register`] would say of the name, or that its server is away.
    async fn check_name(&self, invite: &Invite, username: &Username) -> Result<(), SignUpError> {
        self.may_be_called(invite, username)?;
        is_free(self.context.backend(&invite.draft.host).ok_or(SignUpError::Closed)?, username).await
    }

    /// Redeems a use for an applicant: one at a time an invite.
    async fn redeem(
        &self,
        invite: &Invite,
        applicant: Applicant<'_>,
        registration: Registration<'_>,
        now: Timestamp,
    ) -> Result<Invite, SignUpError> {
        let began = clock::instant();
        // A lock may be waited for, and a server; what is reserved then is reserved then.
        let passed = || now + SignedDuration::try_from(began.elapsed()).unwrap_or_default();
        let _lock = self.context.locks.lock(invite.id).await;
        let done = Box::pin(self.redeem_locked(invite.id, applicant, registration, (now, &passed))).await?;
        registration.keep(&self.context.ledger, applicant.username, &done).await;
        Ok(done)
    }

    async fn redeem_locked(
        &self,
        id: InviteId,
        applicant: Applicant<'_>,
        registration: Registration<'_>,
        (now, passed): (Timestamp, &(impl Fn() -> Timestamp + Sync)),
    ) -> Result<Invite, SignUpError> {
        let ledger = &self.context.ledger;
        let invite = ledger.find_for(id, applicant.username.clone()).await?.ok_or(SignUpError::Absent)?;
        let is_same = self.submissions.is_same(id, applicant, now);
        if registration.via == Via::Web && is_same == Some(true) && just_served(&invite, applicant.username, now) {
            return Ok(invite);
        }
        let mut begun = match registration.before(ledger, &invite, applicant.username, now).await? {
            Before::Done(invite) => return Ok(*invite),
            Before::Begun(at) => Some(at),
            Before::Nothing => None,
        };
        let unfinished = ledger.reservations(Some(id)).await?;
        let backend = self.offers.server_for(&invite, registration.via)?;
        if let Some(reservation) = unfinished.into_iter().find(|reservation| reservation.account == *applicant.username)
        {
            // Somebody else may have chosen the same name: on another form, or in an app.
            let is_theirs = is_same.unwrap_or(reservation.via == registration.via);
            if !is_theirs && !matches!(invite.draft.kind, Kind::Reset { .. }) {
                return Err(SignUpError::Taken);
            }
            return self.resume(backend, &reservation, applicant, now).await;
        }
        self.check(&invite, applicant, now)?;
        let invite = self.app_tokens.reconcile(invite, now).await?;
        let is_account = !matches!(invite.draft.kind, Kind::Reset { .. });
        if is_account {
            is_free(backend, applicant.username).await?;
        }
        for _ in 0..TRIES {
            let reservation = registration.reserve(ledger, id, applicant.username, &mut begun, passed()).await?;
            self.submissions.note(id, applicant, now);
            let answer = carry_out(&self.context, backend, &reservation, applicant).await;
            let used_in_app = answer == Err(CallError::Refused(Refusal::NoToken));
            let is_undone = match &answer {
                Err(CallError::Away(_)) => true,
                Err(CallError::Refused(_)) => reservation.token.is_none(),
                Ok(()) | Err(CallError::Unsure(_)) => false,
            };
            let ended = self.ends.end(backend, &reservation, answer).await;
            if is_undone && ended == Err(SignUpError::Away) {
                registration.give_back(ledger).await;
            }
            // What has not ended is still reserved: a second try would be one too many.
            if !used_in_app || ended == Err(SignUpError::Away) {
                return ended;
            }
        }
        Err(SignUpError::Ended(Status::Redeemed))
    }

    /// What can be said without asking anybody.
    fn check(&self, invite: &Invite, applicant: Applicant<'_>, now: Timestamp) -> Result<(), SignUpError> {
        let status = invite.status(now);
        if status != Status::Pending {
            return Err(SignUpError::Ended(status));
        }
        self.may_be_called(invite, applicant.username)?;
        let host = self.context.settings.hosts.get(&invite.draft.host).ok_or(SignUpError::Closed)?;
        if applicant.password.reveal().chars().count() < host.min_password_length {
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
            if self.context.is_reserved(&invite.draft, username) {
                return Err(SignUpError::Reserved);
            }
            if !backend::is_kept(username) {
                return Err(SignUpError::Name);
            }
        }
        Ok(())
    }

    /// Goes on with what this guest began and nobody knows the end of.
    async fn resume(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        applicant: Applicant<'_>,
        now: Timestamp,
    ) -> Result<Invite, SignUpError> {
        if matches!(reservation.invite.draft.kind, Kind::Reset { .. }) {
            self.submissions.note(reservation.invite.id, applicant, now);
            let mut answer = carry_out(&self.context, backend, reservation, applicant).await;
            if answer == Err(CallError::Refused(Refusal::NoToken)) {
                // The first try has used it up. Setting a password twice is setting it once.
                let without = Reservation { token: None, ..reservation.clone() };
                answer = carry_out(&self.context, backend, &without, applicant).await;
            }
            return self.ends.end(backend, reservation, answer).await;
        }
        match backend.exists(&reservation.account).await {
            // Where it cannot be asked, it is tried again: a name that is taken now was reserved for this guest, and a
            // token that is gone was used up by the first try.
            Err(CallError::Refused(Refusal::Unsupported)) => {
                match carry_out(&self.context, backend, reservation, applicant).await {
                    Ok(()) | Err(CallError::Refused(Refusal::Taken | Refusal::NoToken)) => {
                        self.ends.record(reservation).await
                    }
                    answer => self.ends.end(backend, reservation, answer).await,
                }
            }
            _ => self.ends.reconcile(backend, reservation, now).await?.ok_or(SignUpError::Away),
        }
    }

    /// Ends reservations that were left open, by a crash or by a server that did not answer.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn reconcile_all(&self, now: Timestamp) -> Result<(), LedgerError> {
        for reservation in self.context.ledger.reservations(None).await? {
            if clock::distance(reservation.at, now) < RECONCILE_AFTER {
                continue;
            }
            let Some(backend) = self.context.backend(&reservation.invite.draft.host) else { continue };
            let _lock = self.context.locks.lock(reservation.invite.id).await;
            if let Err(SignUpError::Ledger(error)) = self.ends.reconcile(backend, &reservation, now).await {
                return Err(error);
            }
        }
        Ok(())
    }

    /// A MAC under the ledger's key over `parts`: what a page writes itself it knows again by it.
    #[must_use]
    pub fn mac(&self, parts: &[&str]) -> Vec<u8> {
        self.context.ledger.seal().slot(parts)
    }
}
