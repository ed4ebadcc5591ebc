//! `/api/v1/register`: creates an account with an invite, for a site that has a sign-up form of its own.

use schemars::JsonSchema;
use serde::Deserialize;
use tide::Response;

use super::call::{Call, json};
use super::fields::Body;
use super::view::RegisteredView;
use crate::config::secret::Secret;
use crate::desk::RegisterRequest;
use crate::invite::field::Given;
use crate::problem::Problem;

/// Where accounts are created, below the prefix.
pub const PATH: &str = "/api/v1/register";

/// The account to create.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["password", "token", "username"]))]
pub struct Register {
    /// The token of the invite's link.
    #[schemars(with = "String")]
    token: Given<String>,
    /// The user name of the new account, or its address on the invite's host.
    #[schemars(with = "String", extend("format" = "username"))]
    username: Given<String>,
    /// Its password. It is kept nowhere.
    #[schemars(with = "String", extend("format" = "password"))]
    password: Given<Secret>,
}

/// Creates the account.
///
/// # Errors
/// Nothing was created; but where the host's server does not answer, the account may come yet.
pub async fn register(mut call: Call) -> Result<Response, Problem> {
    let body = Body::take(&mut call.request).await?;
    let (Register { token, username, password }, errors) = body.read()?;
    let idempotency = call.idempotency(PATH, body).await?;
    let request = RegisterRequest { token, username, password, idempotency, errors };
    let registered = call.desk().sign_up.register_for(&call.key, &request, call.now).await;
    let (invite, username) = call.answered(registered, request.idempotency.as_ref()).await?;
    json(201, &RegisteredView::new(invite, &username, call.now))
}
