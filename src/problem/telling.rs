//! Which refusals answer a question: they use up a token that is for one use, as an answer does.

use super::refusal::Problem;
use crate::invite::field::FieldErrorKind;

impl Problem {
    /// Whether it answers a question: what there is of accounts and invites, which the caller need not have known. Whoever
    /// may ask once must not get more than one of these.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        match self {
            Self::NotAllowed(_)
            | Self::NoSuchInvite
            | Self::NameTaken
            | Self::AppTokenOutstanding
            | Self::Ended(_)
            | Self::NotForServer(_)
            | Self::NotAccepted(_) => true,
            Self::Fields(wrong) => {
                let is_told = [FieldErrorKind::NotForServer, FieldErrorKind::NotAccepted];
                wrong.iter().any(|error| is_told.contains(&error.kind))
            }
            Self::BadRequest(_)
            | Self::Unauthorized(..)
            | Self::Unauthenticated(_)
            | Self::Host
            | Self::Scopes(_)
            | Self::Prefetch
            | Self::NotFound
            | Self::Stripped(_)
            | Self::Method(_)
            | Self::Timeout
            | Self::TooLarge
            | Self::TargetTooLong
            | Self::MediaType
            | Self::IdempotencyKeyReused
            | Self::TooMany(..)
            | Self::HeadTooLarge
            | Self::Internal(_)
            | Self::NotImplemented(_)
            | Self::Unavailable(_)
            | Self::Unsure(_)
            | Self::Clock(_)
            | Self::ServerAway
            | Self::NoAccountYet => false,
        }
    }
}
