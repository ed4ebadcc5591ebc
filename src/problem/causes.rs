//! Which refusal an error of the desk or the ledger is; told exhaustively, so that a new one has to be decided on.

use super::refusal::{Problem, TooMany};
use crate::desk::{AmendError, AuthError, CreateInviteError, FindError, RedeemInviteError, RegisterError, SignUpError};
use crate::key::{Flaw, Refused};
use crate::ledger::{ChangeError, CreateError, LedgerError, RedeemError};
use crate::log::Cause;

const ADMINS_PASSWORD: &str = "This account is an admin's, or its name is reserved: its password is reset only by an invite \
                               of the command line (`invited invite create --reset`).";

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Wait(wait) => Self::TooMany(TooMany::Failures, wait),
            AuthError::Refused(_) => Self::Unauthenticated(error),
            AuthError::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(_) | LedgerError::Damaged(_) => Self::Unavailable(Cause::new(error)),
            // What is in a file that was moved away may come back with it.
            LedgerError::Unsure(_) | LedgerError::Moved(_) => Self::Unsure(Cause::new(error)),
            LedgerError::Clock(difference) => Self::Clock(difference),
            LedgerError::TokenUsed => Self::Unauthorized(AuthError::Refused(Refused::Jwt(Flaw::Used)), true),
        }
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ledger(error) => error.into(),
            FindError::Away => Self::ServerAway,
            FindError::Wait(wait) => Self::TooMany(TooMany::Failures, wait),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Ledger(error) => error.into(),
            CreateError::NameReserved(_) => Self::NameTaken,
            CreateError::Limit { retry_after } => Self::TooMany(TooMany::Invites, retry_after),
            CreateError::Pending { retry_after } => Self::TooMany(TooMany::Pending, retry_after),
            CreateError::MailLimit { retry_after } => Self::TooMany(TooMany::Mails, retry_after),
            CreateError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
        }
    }
}

impl From<AmendError> for Problem {
    fn from(error: AmendError) -> Self {
        match error {
            AmendError::Fields(errors) => Self::of_fields(errors),
            AmendError::Scopes(lacking) => Self::Scopes(lacking),
            AmendError::ForAdmins => {
                Self::NotAllowed("A password reset that the command line created can only be revoked by a key.")
            }
            AmendError::Ledger(ChangeError::Ledger(error)) => error.into(),
            AmendError::Ledger(ChangeError::Absent) => Self::NoSuchInvite,
            AmendError::Ledger(ChangeError::Uses(error)) => Self::Fields(vec![error.into()]),
            AmendError::Ledger(ChangeError::NameReserved(_)) => Self::NameTaken,
            AmendError::Ledger(ChangeError::Pending { retry_after }) => Self::TooMany(TooMany::Pending, retry_after),
        }
    }
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Ledger(error) => error.into(),
            RedeemError::Absent => Self::NoSuchInvite,
            RedeemError::Ended(status) => Self::Ended(status),
            RedeemError::OtherName => Self::NotAllowed("This invite is for another name."),
            RedeemError::Taken(_) => Self::NameTaken,
            RedeemError::AppTokenOutstanding => Self::AppTokenOutstanding,
            RedeemError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
        }
    }
}

impl From<RedeemInviteError> for Problem {
    fn from(error: RedeemInviteError) -> Self {
        match error {
            RedeemInviteError::Fields(errors) => Self::of_fields(errors),
            RedeemInviteError::Ledger(error) => error.into(),
            RedeemInviteError::AdminsPassword => Self::NotAllowed(ADMINS_PASSWORD),
            RedeemInviteError::Away => Self::ServerAway,
            RedeemInviteError::Wait(wait) => Self::TooMany(TooMany::Failures, wait),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Fields(errors) => Self::of_fields(errors),
            RegisterError::SignUp(error) => error.into(),
            RegisterError::Wait(wait) => Self::TooMany(TooMany::Failures, wait),
        }
    }
}

impl From<SignUpError> for Problem {
    /// As a program is told; guests see it beside the form.
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Ledger(error) => error.into(),
            SignUpError::Absent => Self::NoSuchInvite,
            SignUpError::Ended(status) => Self::Ended(status),
            SignUpError::WrongKind => Self::BadRequest("This invite is for a new password."),
            SignUpError::OtherName => Self::NotAllowed("This invite is for another name."),
            SignUpError::Reserved => Self::NotAllowed("This name is reserved."),
            SignUpError::Taken => Self::NameTaken,
            SignUpError::Name => Self::NotAllowed("The host's server does not take this name."),
            SignUpError::PasswordTooShort(_) | SignUpError::Password => {
                Self::NotAllowed("The host's server does not take this password.")
            }
            SignUpError::NotAllowed => Self::NotAllowed("The host's server does not allow this account."),
            SignUpError::Closed => Self::NotAllowed("No accounts are created with this invite here."),
            SignUpError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            SignUpError::Away => Self::NoAccountYet,
        }
    }
}

impl From<CreateInviteError> for Problem {
    fn from(error: CreateInviteError) -> Self {
        match error {
            CreateInviteError::Scopes(lacking) => Self::Scopes(lacking),
            CreateInviteError::AdminsPassword => Self::NotAllowed(ADMINS_PASSWORD),
            CreateInviteError::Host(_) => Self::Host,
            CreateInviteError::WhichHost(errors)
            | CreateInviteError::Fields(errors)
            | CreateInviteError::Accounts(errors) => Self::of_fields(errors),
            CreateInviteError::NameTaken(_) => Self::NameTaken,
            CreateInviteError::Ledger(error) => error.into(),
            CreateInviteError::NoAppToken(_) => Self::ServerAway,
            CreateInviteError::NoPublicUrl => Self::internal("public_url is not set"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::field::{FieldError, FieldErrorKind};

    #[test]
    fn refusals_of_the_ledger_have_slugs_of_their_own() {
        let told = |problem: Problem| (problem.status(), problem.slug());
        assert_eq!(told(RedeemError::AppTokenOutstanding.into()), (409, "app-token-outstanding"));
        assert_eq!(told(RedeemError::IdempotencyKeyReused.into()), (422, "idempotency-key-reused"));
        assert_eq!(told(CreateError::IdempotencyKeyReused.into()), (422, "idempotency-key-reused"));
    }

    #[test]
    fn what_does_for_no_account_is_no_fault_of_form() {
        let error = |kind| FieldError { kind, ..FieldError::new("username", "wrong") };
        let accepted = Problem::of_fields(vec![error(FieldErrorKind::NotAccepted); 2]);
        assert_eq!((accepted.status(), accepted.slug()), (422, "not-accepted"));
        let with_another = vec![error(FieldErrorKind::NotAccepted), error(FieldErrorKind::Invalid)];
        assert_eq!(Problem::of_fields(with_another).status(), 400);
    }

    #[test]
    fn what_the_server_alone_would_not_take_is_no_fault_of_form() {
        let of = |kinds: &[FieldErrorKind]| {
            let errors = kinds.iter().map(|kind| FieldError { kind: *kind, ..FieldError::new("username", "wrong") });
            Problem::of_fields(errors.collect()).status()
        };
        assert_eq!(
            [of(&[FieldErrorKind::Invalid]), of(&[FieldErrorKind::Reserved]), of(&[FieldErrorKind::NotForServer])],
            [400, 400, 422]
        );
        assert_eq!(of(&[FieldErrorKind::NotForServer, FieldErrorKind::Invalid]), 400);
    }
}
