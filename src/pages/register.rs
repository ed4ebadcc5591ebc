//! `GET, POST /register?t=TOKEN&c=APP`: an account with an invite.

use tide::Response;

use super::form::FormPurpose;
use super::sign_up;
use crate::caller::Request;
use crate::config::BackendSettings;
use crate::config::Settings;
use crate::invite::name::HostName;
use crate::problem::Problem;

/// The form, or the finished account.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    sign_up::get(request, FormPurpose::Account).await
}

/// Creates the account.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub async fn post(request: Request) -> Result<Response, Problem> {
    sign_up::post(request, FormPurpose::Account).await
}

/// The hosts on which the form is not offered, each with the reason, for the log: guests see no reason.
pub fn not_offered(settings: &Settings) -> impl Iterator<Item = (&HostName, &'static str)> {
    settings.hosts.iter().filter_map(|(name, host)| {
        let why = match host.backend {
            BackendSettings::Ledger => "backend.kind = \"ledger\" creates no accounts",
            BackendSettings::Prosody { .. }
            | BackendSettings::Ejabberd { .. }
            | BackendSettings::Xmpp(_)
            | BackendSettings::Demo => {
                if host.registration {
                    return None;
                }
                "registration = false"
            }
        };
        Some((name, why))
    })
}
