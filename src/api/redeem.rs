//! `/api/v1/redeem`: spends one use for a caller's own sign-up.

use schemars::JsonSchema;
use serde::Deserialize;
use tide::Response;

use super::call::Call;
use super::fields::Body;
use super::invites::idempotency_key;
use super::view::RedeemedView;
use crate::desk::Repeat;
use crate::invite::Invite;
use crate::invite::name::Account;
use crate::invite::policy::Wrong;
use crate::ledger::Answer;
use crate::problem::Problem;

/// Where invites are redeemed, below the prefix.
pub const PATH: &str = "/api/v1/redeem";

/// What to redeem.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// The token of the invite's link.
    #[schemars(with = "String")]
    token: Option<String>,
    /// The user name of the account that is made with it, or its JID.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "username"))]
    account: Option<Account>,
}

/// Spends one use.
///
/// # Errors
/// Nothing was spent.
pub async fn redeem(mut call: Call) -> Result<Response, Problem> {
    let body = Body::take(&mut call.request).await?;
    let Redeem { token, account } = body.read()?;
    let missing =
        || Problem::Fields(vec![Wrong { field: "token".into(), reason: "expected the token of a link".into() }]);
    let token = token.ok_or_else(missing)?;
    let now = call.now;
    let answer = move |invite: Invite| serde_json::to_vec(&RedeemedView::new(invite, now)).unwrap_or_default();
    let idempotency_key = idempotency_key(&call)?;
    let parts = [call.key.id.as_str(), PATH, idempotency_key.as_deref().unwrap_or_default()];
    let repeat = idempotency_key.as_ref().map(|_| Repeat {
        parts: &parts,
        body: body.bytes(),
        answer: Box::new(answer) as Box<dyn FnOnce(Invite) -> Vec<u8> + Send>,
    });
    let bytes = match call.desk().redeem(&call.key, &token, account, repeat, now).await? {
        Answer::New(invite) => answer(invite),
        Answer::Before(bytes) => bytes,
    };
    let mut response = Response::new(200);
    response.set_body(bytes);
    response.set_content_type("application/json");
    Ok(response)
}
