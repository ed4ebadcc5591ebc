//! Every refusal that an outsider may see: status, slug, title and public text. What caused it goes to the log alone.

use std::fmt;
use std::time::Duration;

use crate::desk::{AuthError, IssueError};
use crate::invite::policy::Wrong;
use crate::ledger::LedgerError;

/// A refusal.
#[derive(Clone, Debug)]
pub enum Problem {
    /// 400: the request is not one.
    BadRequest(&'static str),
    /// 400: fields are wrong.
    Fields(Vec<Wrong>),
    /// 403: no key, or none that is good. Which of these is not told.
    Unauthenticated(AuthError),
    /// 403: the key is good, but may not do this.
    NotAllowed(&'static str),
    /// 403: a browser fetches ahead of its user.
    Prefetch,
    /// 404
    NotFound,
    /// 405, with what `Allow` says.
    Method(String),
    /// 408
    Timeout,
    /// 409: somebody else has the name.
    NameReserved,
    /// 413
    TooLarge,
    /// 414
    TargetTooLong,
    /// 429: too many wrong keys, invites, or pending invites.
    TooMany(TooMany, Duration),
    /// 431
    HeadTooLarge,
    /// 500: our fault.
    Internal(String),
    /// 501: a method or transfer coding that we do not know.
    NotImplemented(&'static str),
    /// 503: the ledger cannot be written.
    Unavailable(String),
}

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// Wrong keys from one address.
    Failures,
    /// Invites made by the key.
    Invites,
    /// Pending invites of the key.
    Pending,
}

/// What a ledger that cannot be written is given to heal.
const HEAL_TIME: Duration = Duration::from_secs(5);

impl Problem {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) | Self::Fields(_) => 400,
            Self::Unauthenticated(_) | Self::NotAllowed(_) | Self::Prefetch => 403,
            Self::NotFound => 404,
            Self::Method(_) => 405,
            Self::Timeout => 408,
            Self::NameReserved => 409,
            Self::TooLarge => 413,
            Self::TargetTooLong => 414,
            Self::TooMany(..) => 429,
            Self::HeadTooLarge => 431,
            Self::Internal(_) => 500,
            Self::NotImplemented(_) => 501,
            Self::Unavailable(_) => 503,
        }
    }

    /// The last part of the problem's `type`; stable.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::Fields(_) => "invalid-fields",
            Self::Unauthenticated(_) => "key-refused",
            Self::NotAllowed(_) => "not-allowed",
            Self::Prefetch => "prefetch",
            Self::NotFound => "not-found",
            Self::Method(_) => "method-not-allowed",
            Self::Timeout => "timeout",
            Self::NameReserved => "name-reserved",
            Self::TooLarge => "body-too-large",
            Self::TargetTooLong => "target-too-long",
            Self::TooMany(TooMany::Failures, _) => "too-many-failures",
            Self::TooMany(TooMany::Invites, _) => "too-many-invites",
            Self::TooMany(TooMany::Pending, _) => "too-many-pending",
            Self::HeadTooLarge => "head-too-large",
            Self::Internal(_) => "internal",
            Self::NotImplemented(_) => "not-implemented",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// What it is, in three words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "Bad request",
            Self::Fields(_) => "Invalid fields",
            Self::Unauthenticated(_) => "Key refused",
            Self::NotAllowed(_) => "Not allowed",
            Self::Prefetch => "Not prefetched",
            Self::NotFound => "Not found",
            Self::Method(_) => "Method not allowed",
            Self::Timeout => "Request timed out",
            Self::NameReserved => "Name is reserved",
            Self::TooLarge => "Body too large",
            Self::TargetTooLong => "Target too long",
            Self::TooMany(..) => "Too many requests",
            Self::HeadTooLarge => "Head too large",
            Self::Internal(_) => "Internal error",
            Self::NotImplemented(_) => "Not implemented",
            Self::Unavailable(_) => "Try again later",
        }
    }

    /// What is wrong and what to do, for anyone to read.
    #[must_use]
    pub fn detail(&self) -> &'static str {
        match self {
            Self::BadRequest(detail) | Self::NotAllowed(detail) | Self::NotImplemented(detail) => detail,
            Self::Fields(_) => "Some fields are wrong; `errors` says which.",
            Self::Unauthenticated(_) => {
                "A valid key is needed: send `Authorization: Bearer ID/SECRET`, or `?key=ID/SECRET`."
            }
            Self::Prefetch => "Making an invite is not something to do ahead of time.",
            Self::NotFound => "There is nothing here.",
            Self::Method(_) => "This method cannot be used here; `Allow` says which can.",
            Self::Timeout => "The request took too long to arrive.",
            Self::NameReserved => "Another invite already reserves this name.",
            Self::TooLarge => "The request's body is too large.",
            Self::TargetTooLong => "The request's target is too long.",
            Self::TooMany(TooMany::Failures, _) => {
                "Too many wrong keys came from this address; wait as `Retry-After` says."
            }
            Self::TooMany(TooMany::Invites, _) => "This key has made as many invites as it may for now.",
            Self::TooMany(TooMany::Pending, _) => "This key has as many pending invites as it may.",
            Self::HeadTooLarge => "The request's head is too large.",
            Self::Internal(_) => "Something went wrong here; the log knows it by the request's id.",
            Self::Unavailable(_) => "Invites cannot be made at the moment; nothing has changed.",
        }
    }

    /// Seconds for `Retry-After`, rounded up.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::TooMany(_, wait) => *wait,
            Self::Unavailable(_) => HEAL_TIME,
            _ => return None,
        };
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl fmt::Display for Problem {
    /// For the log: with the cause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated(error) => error.fmt(f),
            Self::Fields(wrong) => {
                f.write_str("wrong:")?;
                wrong.iter().try_for_each(|wrong| write!(f, " {}", wrong.field))
            }
            Self::Internal(cause) | Self::Unavailable(cause) => f.write_str(cause),
            other => f.write_str(other.slug()),
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Wait(wait) => Self::TooMany(TooMany::Failures, wait),
            AuthError::Refused(_) => Self::Unauthenticated(error),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(cause) => Self::Unavailable(cause),
            LedgerError::NameReserved(_) => Self::NameReserved,
            LedgerError::Limit { retry_after } => Self::TooMany(TooMany::Invites, retry_after),
            LedgerError::Pending { retry_after } => Self::TooMany(TooMany::Pending, retry_after),
        }
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Scope => Self::NotAllowed("This key may not make invites."),
            IssueError::Host => Self::NotAllowed("This key may not make invites for this host."),
            IssueError::WhichHost => Self::BadRequest("Several hosts are possible; name one with `host=`."),
            IssueError::Order(wrong) => Self::Fields(wrong),
            IssueError::Ledger(error) => error.into(),
            IssueError::NoPublicUrl => Self::Internal("public_url is not set".into()),
        }
    }
}
