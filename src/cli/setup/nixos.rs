//! The same, as lines of the NixOS module: there nothing below /etc is written by hand.

use super::answers::SetupAnswers;
use super::front_end::FrontEnd;
use super::machine::{EJABBERD_PASSWORD, EJABBERD_URL, EJABBERD_USER, ServerKind};

/// What belongs into the system's configuration, beside the flake's module.
pub(super) fn lines(answers: &SetupAnswers) -> String {
    let (host, url) = (&answers.host, &answers.public_url);
    let server = match answers.server {
        ServerKind::Prosody => "  prosody.enable = true;\n".to_owned(),
        ServerKind::Ejabberd => format!(
            "  settings.hosts.\"{host}\".backend = {{\n    kind = \"ejabberd\";\n    url = \"{EJABBERD_URL}\";\n    \
             user = \"{EJABBERD_USER}@{host}\";\n    password_file = \"{EJABBERD_PASSWORD}\";\n  }};\n  \
             credentials.{EJABBERD_PASSWORD} = \"/etc/secrets/{EJABBERD_PASSWORD}\";\n"
        ),
        ServerKind::None => String::new(),
    };
    let front_end = match answers.front_end {
        FrontEnd::Nginx => format!("  nginx.virtualHost = \"{}\";\n", url.authority()),
        _ => String::new(),
    };
    let base = url.base();
    format!(
        "services.invited = {{\n  enable = true;\n{server}{front_end}  settings.public_url = \"{base}\";\n  \
         settings.hosts.\"{host}\".site_name = \"{host}\";\n}};"
    )
}
