//! The refusals, each with its status, slug, title and public text.

use std::borrow::Cow;
use std::time::Duration;

use crate::config::LackingScopes;
use crate::desk::AuthError;
use crate::invite::Status;
use crate::invite::field::{FieldError, FieldErrorKind};
use crate::ledger::ClockDifference;
use crate::log::Cause;

/// A refusal.
#[derive(Clone, Debug)]
pub enum Problem {
    /// 400: the request is not one.
    BadRequest(&'static str),
    /// 400: fields are wrong.
    Fields(Vec<FieldError>),
    /// 401: the API wants a key, and there is none that is good; true if one was sent.
    Unauthorized(AuthError, bool),
    /// 403: no key, or none that is good. Which of these is not told.
    Unauthenticated(AuthError),
    /// 403: the key is good, but may not do this.
    NotAllowed(&'static str),
    /// 403: the key is good, and may not create invites for this host, or there is no such host.
    Host,
    /// 403: the key is good, and was not given what this takes.
    Scopes(LackingScopes),
    /// 403: a browser fetches ahead of its user.
    Prefetch,
    /// 404: there is no such path, or nothing at it.
    NotFound,
    /// 404: there is something below this prefix, which a front end has stripped.
    Stripped(String),
    /// 404: no invite has this id or token, or none that the caller may know of.
    NoSuchInvite,
    /// 405, with what `Allow` says.
    Method(String),
    /// 408
    Timeout,
    /// 409: somebody else has the name, or it is reserved.
    NameTaken,
    /// 409: an app has a token for the invite's last use, and it cannot be withdrawn.
    AppTokenOutstanding,
    /// 410: an invite that is redeemed, expired or revoked.
    Ended(Status),
    /// 413
    TooLarge,
    /// 414
    TargetTooLong,
    /// 415
    MediaType,
    /// 422: fields that are right as such, and of which the host's server makes something else.
    NotForServer(Vec<FieldError>),
    /// 422: names and passwords with which no account is created.
    NotAccepted(Vec<FieldError>),
    /// 422: an Idempotency-Key that came before with another request.
    IdempotencyKeyReused,
    /// 429: too many wrong keys, invites, or pending invites.
    TooMany(TooMany, Duration),
    /// 431
    HeadTooLarge,
    /// 500: our fault.
    Internal(Cause),
    /// 501: a method or transfer coding that we do not know.
    NotImplemented(&'static str),
    /// 503: the ledger cannot be written.
    Unavailable(Cause),
    /// 503: the ledger does not say whether it has written.
    Unsure(Cause),
    /// 503: this node's clock is too far from the database's.
    Clock(ClockDifference),
    /// 503: the XMPP server is away, and this cannot be done without it.
    ServerAway,
    /// 503: the XMPP server is away, or has not said whether it has created an account.
    NoAccountYet,
}

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// Wrong keys from one address.
    Failures,
    /// Invites created by the key.
    Invites,
    /// Pending invites of the key.
    Pending,
    /// Mails to one address.
    Mails,
}

/// What a ledger that cannot be written is given to heal.
const HEAL_TIME: Duration = Duration::from_secs(5);

/// What somebody is given who sets a clock.
const CLOCK_TIME: Duration = Duration::from_mins(1);

impl Problem {
    /// What is wrong with fields: not their form, if the host's server alone would not take any of them, or none of them
    /// does for an account.
    #[must_use]
    pub fn of_fields(errors: Vec<FieldError>) -> Self {
        let all_are = |kind| errors.iter().all(|error| error.kind == kind);
        if all_are(FieldErrorKind::NotForServer) {
            Self::NotForServer(errors)
        } else if all_are(FieldErrorKind::NotAccepted) {
            Self::NotAccepted(errors)
        } else {
            Self::Fields(errors)
        }
    }

    /// Something that is our fault.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Cause::new(cause))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) | Self::Fields(_) => 400,
            Self::Unauthorized(..) => 401,
            Self::Unauthenticated(_) | Self::NotAllowed(_) | Self::Host | Self::Scopes(_) | Self::Prefetch => 403,
            Self::NotFound | Self::Stripped(_) | Self::NoSuchInvite => 404,
            Self::Method(_) => 405,
            Self::Timeout => 408,
            Self::NameTaken | Self::AppTokenOutstanding => 409,
            Self::Ended(_) => 410,
            Self::TooLarge => 413,
            Self::TargetTooLong => 414,
            Self::MediaType => 415,
            Self::NotForServer(_) | Self::NotAccepted(_) | Self::IdempotencyKeyReused => 422,
            Self::TooMany(..) => 429,
            Self::HeadTooLarge => 431,
            Self::Internal(_) => 500,
            Self::NotImplemented(_) => 501,
            Self::Unavailable(_) | Self::Unsure(_) | Self::Clock(_) | Self::ServerAway | Self::NoAccountYet => 503,
        }
    }

    /// The last part of the problem's `type`; stable.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::Fields(_) => "invalid-fields",
            Self::Unauthorized(..) => "unauthorized",
            Self::Unauthenticated(_) => "key-refused",
            Self::NotAllowed(_) | Self::Host | Self::Scopes(_) => "not-allowed",
            Self::Prefetch => "prefetch",
            Self::NotFound | Self::Stripped(_) => "not-found",
            Self::NoSuchInvite => "no-such-invite",
            Self::Method(_) => "method-not-allowed",
            Self::Timeout => "timeout",
            Self::NameTaken => "name-taken",
            Self::AppTokenOutstanding => "app-token-outstanding",
            Self::Ended(_) => "invite-ended",
            Self::TooLarge => "body-too-large",
            Self::TargetTooLong => "target-too-long",
            Self::MediaType => "media-type",
            Self::NotForServer(_) => "not-for-server",
            Self::NotAccepted(_) => "not-accepted",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::TooMany(TooMany::Failures, _) => "too-many-failures",
            Self::TooMany(TooMany::Invites, _) => "too-many-invites",
            Self::TooMany(TooMany::Pending, _) => "too-many-pending",
            Self::TooMany(TooMany::Mails, _) => "too-many-mails",
            Self::HeadTooLarge => "head-too-large",
            Self::Internal(_) => "internal",
            Self::NotImplemented(_) => "not-implemented",
            Self::Unavailable(_) | Self::Unsure(_) => "unavailable",
            Self::Clock(_) => "clock",
            Self::ServerAway | Self::NoAccountYet => "server-away",
        }
    }

    /// What it is, in three words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "Bad request",
            Self::Fields(_) => "Invalid fields",
            Self::Unauthorized(..) => "Key needed",
            Self::Unauthenticated(_) => "Key refused",
            Self::NotAllowed(_) | Self::Host | Self::Scopes(_) => "Not allowed",
            Self::Prefetch => "Not prefetched",
            Self::NotFound | Self::Stripped(_) => "Not found",
            Self::NoSuchInvite => "No such invite",
            Self::Method(_) => "Method not allowed",
            Self::Timeout => "Request timed out",
            Self::NameTaken => "Name is taken",
            Self::AppTokenOutstanding => "In use by an app",
            Self::Ended(_) => "Invite has ended",
            Self::TooLarge => "Body too large",
            Self::TargetTooLong => "Target too long",
            Self::MediaType => "Unsupported media type",
            Self::NotForServer(_) => "Not for this server",
            Self::NotAccepted(_) => "Not accepted",
            Self::IdempotencyKeyReused => "Idempotency-Key was used",
            Self::TooMany(..) => "Too many requests",
            Self::HeadTooLarge => "Head too large",
            Self::Internal(_) => "Internal error",
            Self::NotImplemented(_) => "Not implemented",
            Self::Unavailable(_) | Self::Unsure(_) | Self::Clock(_) | Self::ServerAway | Self::NoAccountYet => {
                "Try again later"
            }
        }
    }

    /// What is wrong and what to do, for anyone to read.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Scopes(lacking) => lacking.detail().into(),
            Self::Clock(difference) => format!(
                "The clock of this node is {difference}, so it decides nothing, and nothing has changed; set it (chrony or \
                 systemd-timesyncd keeps it right), or ask another node."
            )
            .into(),
            Self::Stripped(prefix) => {
                format!("There is nothing here: all is below {prefix}/, which the front end has to pass on.").into()
            }
            other => other.fixed_detail().into(),
        }
    }

    fn fixed_detail(&self) -> &'static str {
        match self {
            Self::BadRequest(detail) | Self::NotAllowed(detail) | Self::NotImplemented(detail) => detail,
            Self::Host => "This key may not create invites for this host.",
            Self::Scopes(_) => "This key may not do this.",
            Self::Fields(_) => "Some fields are wrong; `errors` says which.",
            Self::Unauthorized(..) => "A valid key is needed: send `Authorization: Bearer ID/SECRET`.",
            Self::Unauthenticated(_) => {
                "A valid key is needed: send `Authorization: Bearer ID/SECRET`, or `?key=ID/SECRET`."
            }
            Self::Prefetch => "Making an invite is not something to do ahead of time.",
            Self::NotFound | Self::Stripped(_) => "There is nothing here.",
            Self::NoSuchInvite => "There is no such invite, or none that you may know of.",
            Self::Method(_) => "This method cannot be used here; `Allow` says which can.",
            Self::Timeout => "The request took too long to arrive.",
            Self::NameTaken => "Somebody has this name, or another invite reserves it.",
            Self::AppTokenOutstanding => {
                "An app may be signing up with this invite, and its token cannot be withdrawn."
            }
            Self::Ended(Status::Pending) => "This invite can be redeemed.",
            Self::Ended(Status::Redeemed) => "All uses of this invite are redeemed.",
            Self::Ended(Status::Expired) => "This invite has expired.",
            Self::Ended(Status::Revoked) => "This invite was revoked.",
            Self::TooLarge => "The request's body is too large.",
            Self::TargetTooLong => "The request's target is too long.",
            Self::MediaType => "The body must be JSON; send `Content-Type: application/json`.",
            Self::NotForServer(_) => "The host's server would not take this; `errors` says what.",
            Self::NotAccepted(_) => "No account can be created with this; `errors` says why.",
            Self::IdempotencyKeyReused => "This Idempotency-Key came before, with another request.",
            Self::TooMany(TooMany::Failures, _) => {
                "Too many wrong keys came from this address; wait as `Retry-After` says."
            }
            Self::TooMany(TooMany::Invites, _) => "This key has created as many invites as it may for now.",
            Self::TooMany(TooMany::Pending, _) => "This key has as many pending invites as it may.",
            Self::TooMany(TooMany::Mails, _) => "As many mails as may be went to this address for now.",
            Self::HeadTooLarge => "The request's head is too large.",
            Self::Internal(_) => "Something went wrong here; the log knows it by the request's id.",
            Self::ServerAway => "The XMPP server is away, and it must be asked for this; nothing has changed.",
            Self::NoAccountYet => {
                "The XMPP server is away or does not answer, so there is no account yet; send the same again later."
            }
            Self::Unavailable(_) | Self::Clock(_) => "Invites cannot be made at the moment; nothing has changed.",
            Self::Unsure(_) => {
                "The ledger does not answer as it should, and what was asked may have been done; send it again with the \
                 same `Idempotency-Key`."
            }
        }
    }

    /// Seconds for `Retry-After`, rounded up.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::TooMany(_, wait) => *wait,
            Self::Unavailable(_) | Self::Unsure(_) | Self::ServerAway | Self::NoAccountYet => HEAL_TIME,
            Self::Clock(_) => CLOCK_TIME,
            _ => return None,
        };
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl From<Problem> for tide::Response {
    /// A response that the envelope will give its body.
    fn from(problem: Problem) -> Self {
        let mut response = Self::new(problem.status());
        response.insert_ext(problem);
        response
    }
}
