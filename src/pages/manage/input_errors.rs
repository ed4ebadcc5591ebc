//! What is told beside the form for a new invite: all that is wrong with it at once, each beside the field that it is about.

use std::time::Duration;

use crate::desk::CreateInviteError;
use crate::desk::manage::{Manage, Manager};
use crate::invite::field::{FieldError, FieldErrorKind};
use crate::invite::policy::span_text;
use crate::ledger::CreateError;
use crate::pages::html::Html;
use crate::pages::look::Look;
use crate::problem::Problem;

/// What an invite is meant to be, as far as the form says: by that, texts beside its fields say what they may hold.
pub(super) struct Meant {
    /// Its host.
    pub(super) host: String,
    /// The most uses that it may have: one for one name alone.
    pub(super) max_uses: u32,
}

/// What is wrong.
#[derive(Default)]
pub(super) struct InputErrors {
    pub(super) status: u16,
    /// Above the form.
    pub(super) summary: Option<Html<'static>>,
    /// Beside fields, each with its id.
    pub(super) fields: Vec<(&'static str, Html<'static>)>,
    pub(super) retry_after: Option<Duration>,
    /// Whether the form was sent before, with something else in it: another one is given.
    pub(super) is_used: bool,
}

impl InputErrors {
    /// What is wrong with a field.
    pub(super) fn of(&self, field: &str) -> Option<&Html<'static>> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, text)| text)
    }

    fn above(status: u16, text: Html<'static>) -> Self {
        Self { status, summary: Some(text), ..Self::default() }
    }

    fn beside(status: u16, fields: Vec<(&'static str, Html<'static>)>, look: &Look<'_>) -> Self {
        Self { fields, ..Self::above(status, look.text("error-summary")) }
    }

    /// What the desk refuses.
    ///
    /// # Errors
    /// When that is about nothing in the form.
    pub(super) fn of_error(
        error: CreateInviteError,
        manage: &Manage,
        manager: &Manager,
        meant: &Meant,
        look: &Look<'_>,
    ) -> Result<Self, Problem> {
        let beside = |errors: &[FieldError]| -> Option<Self> {
            let told = |error: &FieldError| Some((field_of(error)?, text_of(error, manage, manager, meant, look)));
            let fields: Option<Vec<_>> = errors.iter().map(told).collect();
            Some(Self::beside(422, fields?, look))
        };
        match error {
            CreateInviteError::Fields(errors) => beside(&errors).ok_or_else(|| Problem::of_fields(errors)),
            CreateInviteError::Accounts(ref errors) => {
                let fields = errors.iter().map(|error| match &*error.field {
                    "contact" => ("contact", look.text("manage-error-nobody")),
                    "reset" => ("name", look.text("manage-error-nobody")),
                    _ => ("name", look.text("error-username-taken")),
                });
                Ok(Self::beside(422, fields.collect(), look))
            }
            CreateInviteError::NameTaken(_) | CreateInviteError::Ledger(CreateError::NameReserved(_)) => {
                Ok(Self::beside(409, vec![("name", look.text("error-username-taken"))], look))
            }
            CreateInviteError::Ledger(CreateError::Limit { retry_after } | CreateError::Pending { retry_after }) => {
                let above = Self::above(429, look.text("manage-error-limit"));
                Ok(Self { retry_after: Some(retry_after), ..above })
            }
            CreateInviteError::Ledger(CreateError::MailLimit { retry_after }) => {
                let beside = Self::beside(429, vec![("mail", look.text("manage-error-mails"))], look);
                Ok(Self { retry_after: Some(retry_after), ..beside })
            }
            CreateInviteError::Ledger(CreateError::IdempotencyKeyReused) => {
                Ok(Self { is_used: true, ..Self::above(409, look.text("error-form")) })
            }
            CreateInviteError::Scopes(lacking) => {
                let scopes: Vec<_> = lacking.lacks.iter().map(ToString::to_string).collect();
                Ok(Self::above(403, look.with("manage-error-scope", "scopes", &scopes.join(", "))))
            }
            // An admin's password, or a name that is as good as one.
            CreateInviteError::AdminsPassword => {
                Ok(Self::beside(403, vec![("name", look.text("error-username-reserved"))], look))
            }
            error @ (CreateInviteError::Host(_)
            | CreateInviteError::WhichHost(_)
            | CreateInviteError::Ledger(_)
            | CreateInviteError::NoAppToken(_)
            | CreateInviteError::NoPublicUrl) => Err(error.into()),
        }
    }
}

/// The field of the form that an error is about, if it is about one.
fn field_of(error: &FieldError) -> Option<&'static str> {
    Some(match &*error.field {
        "username" | "reset" => "name",
        "contact" => "contact",
        "note" => "note",
        "uses" => "uses",
        "ttl" => "ttl",
        "groups" => "groups",
        "mail" => "mail",
        "kind" => "kind",
        _ => return None,
    })
}

fn text_of(error: &FieldError, manage: &Manage, manager: &Manager, meant: &Meant, look: &Look<'_>) -> Html<'static> {
    match (&*error.field, error.kind) {
        ("username" | "reset", FieldErrorKind::Reserved) => look.text("error-username-reserved"),
        ("username" | "reset", _) => look.text("error-username-invalid"),
        ("contact", _) => contact_hint(&meant.host, look),
        ("uses", _) => uses_hint(meant.max_uses, look),
        ("ttl", _) => ttl_hint(manage, manager, look),
        ("mail", _) => look.text("manage-error-mail"),
        _ => look.text("manage-error-text"),
    }
}

/// What is wanted of the address of a contact.
pub(super) fn contact_hint(host: &str, look: &Look<'_>) -> Html<'static> {
    look.with_typed("manage-contact-hint", "host", host)
}

/// What is wanted of a number of uses.
pub(super) fn uses_hint(most: u32, look: &Look<'_>) -> Html<'static> {
    look.with("manage-uses-hint", "most", &most.to_string())
}

/// What is wanted of a lifetime.
pub(super) fn ttl_hint(manage: &Manage, manager: &Manager, look: &Look<'_>) -> Html<'static> {
    look.with_typed("manage-ttl-hint", "most", &span_text(manage.max_ttl(manager)))
}
