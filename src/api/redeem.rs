//! `/api/v1/redeem`: redeems one use for a caller's own sign-up.

use schemars::JsonSchema;
use serde::Deserialize;
use tide::Response;

use super::call::{Call, json};
use super::fields::Body;
use super::view::RedeemedView;
use crate::invite::field::Given;
use crate::invite::name::Account;
use crate::invite::request::RedeemRequest;
use crate::problem::Problem;

/// Where invites are redeemed, below the prefix.
pub const PATH: &str = "/api/v1/redeem";

/// What to redeem.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["token"]))]
pub struct Redeem {
    /// The token of the invite's link.
    #[schemars(with = "String")]
    token: Given<String>,
    /// The user name of the account that is created with it, or its JID.
    #[schemars(with = "Option<String>", extend("format" = "username"))]
    account: Given<Account>,
}

/// Redeems one use.
///
/// # Errors
/// Nothing was redeemed.
pub async fn redeem(mut call: Call) -> Result<Response, Problem> {
    let body = Body::take(&mut call.request).await?;
    let (Redeem { token, account }, errors) = body.read()?;
    let idempotency = call.idempotency(PATH, body).await?;
    let request = RedeemRequest { token, account, idempotency, errors };
    let redeemed = call.desk().invites.redeem(&call.key, &request, call.now).await;
    let answer = call.answered(redeemed, request.idempotency.as_ref()).await?;
    json(200, &RedeemedView::new(answer.value, answer.at))
}
