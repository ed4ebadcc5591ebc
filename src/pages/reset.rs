//! `GET, POST /reset?t=TOKEN`: a new password with an invite, once.

use tide::Response;

use super::form::FormPurpose;
use super::sign_up;
use crate::caller::Request;
use crate::problem::Problem;

/// The form, or the end of it.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    sign_up::get(request, FormPurpose::Password).await
}

/// Sets the password.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub async fn post(request: Request) -> Result<Response, Problem> {
    sign_up::post(request, FormPurpose::Password).await
}
