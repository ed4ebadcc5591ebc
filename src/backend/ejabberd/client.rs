//! The API of a host on ejabberd, and what is known of the server.

use async_lock::Mutex;
use serde_json::Value;
use url::Url;

use super::http::{Api, ApiAnswer};
use super::known::KnownCommands;
use super::lists::{LIST, Lists};
use super::room::TokenCount;
use crate::backend::{CallError, Refusal};
use crate::config::Login;
use crate::invite::name::HostName;

/// A host on ejabberd.
pub struct Ejabberd {
    pub(super) host: HostName,
    pub(super) api: Api,
    pub(super) known: KnownCommands,
    pub(super) lists: Lists,
    pub(super) count: TokenCount,
    /// Held by whoever has a token minted.
    pub(super) minting: Mutex<()>,
}

impl Ejabberd {
    /// The server whose API is at `url`.
    #[must_use]
    pub fn new(host: &HostName, url: &Url, login: &Login) -> Self {
        let api = Api::new(host, url, login);
        let (known, lists, count) = (KnownCommands::default(), Lists::default(), TokenCount::default());
        Self { host: host.clone(), api, known, lists, count, minting: Mutex::new(()) }
    }

    /// Calls a command that accounts depend on.
    pub(super) async fn call(&self, command: &str, arguments: Value) -> Result<ApiAnswer, CallError> {
        let answer = self.ask(command, &arguments).await?;
        if answer.status == 403 {
            return Err(CallError::Away(format!("the account may not call {command} (see api_permissions)").into()));
        }
        Ok(answer)
    }

    /// Calls a command, and takes what is not specific to one.
    pub(super) async fn ask(&self, command: &str, arguments: &Value) -> Result<ApiAnswer, CallError> {
        let answer = self.api.call(command, arguments).await?;
        match (answer.status, answer.code(), answer.body.as_str()) {
            (401, ..) => Err(CallError::Away("it does not know the user, or the password or token is wrong".into())),
            // No command has that name; or one, of a module that is loaded nowhere, which is said in two ways.
            (404, Some(40 | 44), _) | (400, _, Some("unknown_command")) => Err(Refusal::Unsupported.into()),
            (502..=504, ..) => Err(CallError::Unsure(format!("status {} to {command}", answer.status).into())),
            _ if answer.is_cut && command == LIST => {
                let what = "list_invites lists too many; run ejabberdctl cleanup_expired_invite_tokens";
                Err(Refusal::Other(what.into()).into())
            }
            _ if answer.is_cut => Err(CallError::Unsure(format!("the answer to {command} was too large").into())),
            _ => Ok(answer),
        }
    }
}

/// An answer that no table has; without its text, which may repeat what was sent.
pub(super) fn unexpected(command: &str, answer: &ApiAnswer) -> CallError {
    let code = answer.code().map_or_else(String::new, |code| format!(", code {code}"));
    Refusal::Other(format!("{command} was answered with status {}{code}", answer.status)).into()
}
