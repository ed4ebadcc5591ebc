//! Sign-up by a program: a site's own form, whose guests it stands for with its key.

use std::time::Duration;

use jiff::Timestamp;

use super::SignUp;
use super::again::Registration;
use super::chosen::{ChoiceErrors, UsernameError};
use super::guest::{Applicant, SignUpError};
use super::password::PasswordError;
use crate::config::secret::Secret;
use crate::desk::app_tokens::{Asker, FindError};
use crate::desk::invites::{Caller, one_time_use};
use crate::invite::field::{FieldError, FieldErrorKind, FieldErrors, Given, join};
use crate::invite::name::{MAX_NEW_NAME_BYTES, NameError, Username};
use crate::invite::request::Idempotency;
use crate::invite::{Invite, Kind, Status, Via};
use crate::key::Key;
use crate::ledger::LedgerError;

/// An account that is to be created with an invite.
#[derive(Default)]
pub struct RegisterRequest {
    /// The token of the invite's link.
    pub token: Given<String>,
    /// What the account is to be called: a name, or an address on the invite's host.
    pub username: Given<String>,
    /// Its password.
    pub password: Given<Secret>,
    /// Set where the request may come again.
    pub idempotency: Option<Idempotency>,
    /// What is wrong beside these fields, such as a field that there is none of.
    pub errors: Vec<FieldError>,
}

/// Why a program's guest has no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Fields of the request are wrong.
    #[error("{}", join(.0))]
    Fields(Vec<FieldError>),
    /// The invite, the host or its server say no.
    #[error(transparent)]
    SignUp(#[from] SignUpError),
    /// The caller asked for too many unknown tokens.
    #[error("too many unknown tokens came with this key")]
    Wait(Duration),
}

impl From<LedgerError> for RegisterError {
    fn from(error: LedgerError) -> Self {
        Self::SignUp(error.into())
    }
}

impl From<FindError> for RegisterError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Wait(wait) => Self::Wait(wait),
            error @ (FindError::Ledger(_) | FindError::Away) => Self::SignUp(error.into()),
        }
    }
}

impl SignUp {
    /// Creates an account with an invite for the holder of `key`, whose guest it is for; gives the invite as it is then, and
    /// what the account is called. Unknown tokens are counted by key: the caller's address is that of all its guests.
    ///
    /// # Errors
    /// As [`SignUp::register`].
    pub async fn register_for(
        &self,
        key: &Key,
        request: &RegisterRequest,
        now: Timestamp,
    ) -> Result<(Invite, Username), RegisterError> {
        let mut errors = malformed(request);
        let Some(token) = request.token.value() else { return Err(RegisterError::Fields(errors.sorted())) };
        let asker = Asker::Key(key.id.clone());
        let found = self.invites.open(token, &asker, now).await?.filter(|invite| key.allows_host(&invite.draft.host));
        // With a field that is none it is no request, whatever the token opens.
        let refused = |errors: FieldErrors, error: SignUpError| {
            Err(if errors.is_empty() { error.into() } else { RegisterError::Fields(errors.sorted()) })
        };
        let Some(invite) = found else { return refused(errors, SignUpError::Absent) };
        let Some(host) = self.context.settings.hosts.get(&invite.draft.host) else {
            return refused(errors, SignUpError::Closed);
        };
        if matches!(invite.draft.kind, Kind::Reset { .. }) {
            return refused(errors, SignUpError::WrongKind);
        }
        let (typed, none) = (request.username.value().map_or("", String::as_str), Secret::new(String::new()));
        let password = request.password.value().unwrap_or(&none);
        let username = match self.chosen(&invite, host, typed, password).await {
            Ok(username) if errors.is_empty() => username,
            Ok(_) => return Err(RegisterError::Fields(errors.sorted())),
            Err(wrong) => {
                let status = invite.status(now);
                if errors.is_empty() && status != Status::Pending {
                    return Err(SignUpError::Ended(status).into());
                }
                for error in field_errors(&invite, wrong, host.min_password_length) {
                    errors.add(error);
                }
                return Err(RegisterError::Fields(errors.sorted()));
            }
        };
        // A user's invite to become contacts is none to sign up with, unless the server says so.
        if !self.app_tokens.is_for_accounts(&invite, now).await {
            return Err(SignUpError::Closed.into());
        }
        let repeatable = Caller::Key(key).repeatable(self.context.ledger.seal(), request.idempotency.as_ref());
        let once = one_time_use(key, now).map(|one| one.by(repeatable.as_ref()));
        let registration = Registration { via: Via::Api, request: repeatable.as_ref(), once: once.as_ref() };
        let applicant = Applicant { username: &username, password, client: None };
        match self.redeem(&invite, applicant, registration, now).await {
            Ok(invite) => Ok((invite, username)),
            Err(error) => Err(match refused_choice(&error) {
                Some(wrong) => RegisterError::Fields(field_errors(&invite, wrong, host.min_password_length)),
                None => error.into(),
            }),
        }
    }
}

/// What is no text where one is needed.
fn malformed(request: &RegisterRequest) -> FieldErrors {
    let mut errors = FieldErrors::from(request.errors.as_slice());
    for (field, is_text, expected) in [
        ("token", request.token.value().is_some(), "expected the token of a link".to_owned()),
        ("username", request.username.value().is_some(), NameError::Username.to_string()),
        ("password", request.password.value().is_some(), "expected the password of the new account".to_owned()),
    ] {
        if !is_text {
            errors.refuse(field, expected);
        }
    }
    errors
}

/// What of a name or a password the desk refuses; who has the name is no matter of the request.
fn refused_choice(error: &SignUpError) -> Option<ChoiceErrors> {
    let username = UsernameError::of(error).filter(|error| *error != UsernameError::Taken);
    let password = match error {
        SignUpError::PasswordTooShort(least) => Some(PasswordError::Short(*least)),
        SignUpError::Password => Some(PasswordError::Refused),
        _ => None,
    };
    (username.is_some() || password.is_some()).then_some(ChoiceErrors { username, password })
}

/// What is wrong with a name and a password, for whoever wrote the form.
fn field_errors(invite: &Invite, wrong: ChoiceErrors, min_length: usize) -> Vec<FieldError> {
    let host = &invite.draft.host;
    let username = wrong.username.map(|error| match error {
        UsernameError::Empty | UsernameError::Invalid => NameError::Username.to_string(),
        UsernameError::Address => format!("expected a user name, or an address at {host}"),
        UsernameError::Reserved => format!("this name is reserved on {host}"),
        UsernameError::Taken => "somebody has this name, or another invite reserves it".to_owned(),
        UsernameError::Long => format!("expected at most {MAX_NEW_NAME_BYTES} bytes of UTF-8"),
        UsernameError::Other => match invite.draft.kind.username() {
            Some(bound) => format!("expected {bound}, for which this invite is"),
            None => "this invite is for another name".to_owned(),
        },
    });
    let password = wrong.password.map(|error| match error {
        PasswordError::Empty => format!("expected at least {min_length} characters"),
        PasswordError::Short(least) => format!("expected at least {least} characters"),
        PasswordError::Long(most) => format!("expected at most {most} characters"),
        PasswordError::Weak => "expected what is not easily guessed, such as several words".to_owned(),
        PasswordError::Refused => "the host's server does not take this password".to_owned(),
    });
    let of = |field, reason: Option<String>| {
        reason.map(|reason| FieldError { kind: FieldErrorKind::NotAccepted, ..FieldError::new(field, reason) })
    };
    [of("password", password), of("username", username)].into_iter().flatten().collect()
}
