//! What is wrong with a server, and the lines that mend it: `invited check --connect`.

use serde_json::{Value, json};

use super::http::Answer;
use super::invites::{EXPIRE, LIST, NO_TOKEN, is_not_loaded};
use super::{Ejabberd, unexpected};
use crate::backend::{CallError, Examination, Finding, Refusal};

impl Ejabberd {
    /// See [`crate::backend::Adapter::examine`].
    pub(super) async fn look_over(&self, base: &str) -> Examination {
        let account = json!({"user": "postmaster", "host": self.host.as_str()});
        let findings = match self.call("check_account", account).await {
            Ok(Answer { status: 200, .. }) => {
                let mut findings = Vec::from_iter(self.look_at_host().await);
                findings.extend(self.look_at_commands().await);
                findings.extend(self.look_at_invites(base).await);
                findings
            }
            Ok(_) | Err(CallError::Refused(_)) => {
                vec![fault("where url points, no command of mod_admin_extra is known", listener())]
            }
            Err(CallError::Away(why) | CallError::Unsure(why)) => {
                return Examination {
                    server: None,
                    findings: vec![fault(why, format!("{}\n{}", listener(), permissions()))],
                };
            }
        };
        Examination { server: Some(self.version().await), findings }
    }

    async fn look_at_host(&self) -> Option<Finding> {
        match self.call("registered_vhosts", json!({})).await {
            Ok(Answer { body: Value::Array(hosts), .. }) => {
                let is_served = hosts.iter().any(|host| host.as_str() == Some(self.host.as_str()));
                let mend = format!("ejabberd.yml:\nhosts:\n  - {}", self.host);
                (!is_served).then(|| fault(format!("it does not serve {}", self.host), mend))
            }
            _ => Some(advice("whether it serves the host cannot be seen", permissions())),
        }
    }

    async fn look_at_commands(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for command in ["register", "change_password", "add_rosteritem"] {
            // Without arguments nothing is done: that they are missing says that it could be.
            findings.extend(match self.call(command, json!({})).await {
                Ok(Answer { status: 400, .. }) => None,
                Ok(answer) => Some(fault(unexpected(command, &answer).to_string(), listener())),
                Err(CallError::Refused(_)) => Some(fault(format!("it has no command {command}"), listener())),
                Err(CallError::Away(why) | CallError::Unsure(why)) => Some(fault(why, permissions())),
            });
        }
        findings
    }

    /// Nothing of it is a fault: sign-up on the web works without.
    async fn look_at_invites(&self, base: &str) -> Vec<Finding> {
        let host = self.host.as_str();
        let rows = match self.ask(LIST, &json!({"host": host})).await {
            Ok(Answer { status: 200, body: Value::Array(rows), .. }) => rows,
            Ok(Answer { status: 403, .. }) => {
                let what = format!(
                    "no tokens for apps: the account may not call {LIST} and the other commands of mod_invites"
                );
                return vec![advice(what, permissions())];
            }
            Ok(answer) if is_not_loaded(&answer) => {
                let what = format!("no tokens for apps: mod_invites is not loaded for {host}");
                return vec![advice(what, invites(base))];
            }
            Err(CallError::Refused(Refusal::Unsupported)) => {
                let what = "no tokens for apps: they need ejabberd 26.07 or later with mod_invites";
                return vec![advice(
                    what,
                    format!("Invites are for the web sign-up until then. With 26.07, {}", invites(base)),
                )];
            }
            Ok(answer) => {
                return vec![advice(format!("no tokens for apps: {}", unexpected(LIST, &answer)), invites(base))];
            }
            Err(error) => return vec![advice(format!("no tokens for apps: {error}"), invites(base))],
        };
        match self.ask(EXPIRE, &json!({"host": host, "token": NO_TOKEN})).await {
            Ok(Answer { status: 403, .. }) => {
                return vec![advice(format!("no tokens for apps: the account may not call {EXPIRE}"), permissions())];
            }
            Ok(_) => {}
            Err(_) => {
                let what = "no tokens for apps: this version cannot take them back; they need ejabberd 26.07 or later";
                return vec![advice(what, "Renew ejabberd. Invites are for the web sign-up until then.".into())];
            }
        }
        let mut findings = Vec::new();
        let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if rows.iter().all(|row| text(row, "invitee").is_empty()) {
            // Whether they can is nowhere to be read.
            let what = "no app has signed up here with a token yet; if none can, mod_register does not let it";
            findings.push(advice(what, invites(base)));
        }
        if rows.iter().any(|row| text(row, "landing_page").is_empty()) {
            let what = "invites that users make in their apps have no landing page; ours can be that";
            findings.push(advice(what, invites(base)));
        }
        findings
    }

    async fn version(&self) -> String {
        let version = async {
            let answer = self.call("status", json!({})).await.ok()?;
            let after = answer.body.as_str()?.split("ejabberd ").nth(1)?.to_owned();
            Some(after.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.trim_end_matches('.').to_owned())
        };
        format!("ejabberd {}", version.await.unwrap_or_default()).trim_end().to_owned()
    }
}

fn fault(what: impl Into<String>, mend: String) -> Finding {
    Finding { is_fault: true, what: what.into(), mend }
}

fn advice(what: impl Into<String>, mend: String) -> Finding {
    Finding { is_fault: false, what: what.into(), mend }
}

fn listener() -> String {
    "ejabberd.yml:\nlisten:\n  - port: 5280\n    ip: \"127.0.0.1\"\n    module: ejabberd_http\n    \
     request_handlers:\n      /api: mod_http_api\nmodules:\n  mod_http_api: {}\n  mod_admin_extra: {}"
        .into()
}

fn permissions() -> String {
    "ejabberd.yml, where admin@example.com is the account that invited calls with:\nacl:\n  admin:\n    user: \
     admin@example.com\naccess_rules:\n  configure:\n    allow: admin\napi_permissions:\n  \"invited\":\n    who:\n      \
     access:\n        allow:\n          - acl: admin\n      oauth:\n        scope: \"ejabberd:admin\"\n        access:\n          \
     allow:\n            - acl: admin\n    what: \"*\""
        .into()
}

fn invites(base: &str) -> String {
    format!(
        "ejabberd.yml:\nmodules:\n  mod_invites:\n    access_create_account: configure\n    landing_page: \
         \"{base}invite?{{{{ invite.token }}}}\"\n  mod_register:\n    allow_modules: [mod_invites]"
    )
}
