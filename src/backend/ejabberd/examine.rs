//! What is wrong with a server, and the lines that mend it: `invited check --connect`.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::http::{ApiAnswer, Listener};
use super::invites::{EXPIRE, NO_TOKEN, is_not_loaded};
use super::lists::LIST;
use super::tokens::Listed;
use super::{Ejabberd, unexpected};
use crate::backend::{Adapter as _, CallError, Examination, Finding, Refusal};
use crate::clock;
use crate::invite::name::Jid;
use crate::log::chain;

impl Ejabberd {
    /// See [`crate::backend::Adapter::examine`].
    pub(super) async fn look_over(&self, base: &str) -> Examination {
        let account = json!({"user": "postmaster", "host": self.host.as_str()});
        let findings = match self.ask("check_account", &account).await {
            Ok(ApiAnswer { status: 200, .. }) => {
                let mut findings = Vec::from_iter(self.look_at_host().await);
                findings.extend(self.look_at_commands().await);
                findings.extend(self.look_at_passwords().await);
                findings.extend(self.look_at_invites(base).await);
                findings
            }
            // In 26.07 nobody has rights at a host that it does not serve.
            Ok(ApiAnswer { status: 403, .. }) => match self.look_at_host().await {
                Some(finding) if finding.is_fault => vec![finding],
                _ => vec![fault("the account may not call check_account (see api_permissions)", self.permissions())],
            },
            Ok(_) | Err(CallError::Refused(_)) => {
                vec![fault("where url points, no command of mod_admin_extra is known", self.listener())]
            }
            Err(CallError::Away(why) | CallError::Unsure(why)) => {
                return Examination {
                    server: None,
                    findings: vec![fault(
                        chain(&why).to_string(),
                        format!("{}\n{}\n{}", self.listener(), self.permissions(), self.account()),
                    )],
                };
            }
        };
        Examination { server: Some(self.version().await), findings }
    }

    async fn look_at_host(&self) -> Option<Finding> {
        match self.call("registered_vhosts", json!({})).await {
            Ok(ApiAnswer { body: Value::Array(hosts), .. }) => {
                let is_served = hosts.iter().any(|host| host.as_str() == Some(self.host.as_str()));
                let mend = format!("ejabberd.yml:\nhosts:\n  - {}", self.host);
                (!is_served).then(|| fault(format!("it does not serve {}", self.host), mend))
            }
            _ => Some(advice("whether it serves the host cannot be seen", self.permissions())),
        }
    }

    async fn look_at_commands(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for command in ["register", "change_password", "add_rosteritem"] {
            // Without arguments nothing is done: that they are missing says that it could be.
            findings.extend(match self.call(command, json!({})).await {
                Ok(ApiAnswer { status: 400, .. }) => None,
                Ok(answer) => Some(fault(unexpected(command, &answer).to_string(), self.listener())),
                Err(CallError::Refused(_)) => Some(fault(format!("it has no command {command}"), self.listener())),
                Err(CallError::Away(why) | CallError::Unsure(why)) => {
                    Some(fault(chain(&why).to_string(), self.permissions()))
                }
            });
        }
        findings
    }

    /// No fault: nobody but users who sign in needs it.
    async fn look_at_passwords(&self) -> Option<Finding> {
        match self.ask("check_password", &json!({})).await {
            Ok(ApiAnswer { status: 403, .. }) => {
                let what = "no user can sign in here (user_invites): the account may not call check_password";
                Some(advice(what, self.permissions()))
            }
            _ => None,
        }
    }

    /// Nothing of it is a fault: sign-up on the web works without.
    async fn look_at_invites(&self, base: &str) -> Vec<Finding> {
        let host = self.host.as_str();
        let rows = match self.ask(LIST, &json!({"host": host})).await {
            Ok(ApiAnswer { status: 200, body: Value::Array(rows), .. }) => rows,
            Ok(ApiAnswer { status: 403, .. }) => {
                let what = format!(
                    "no tokens for apps: the account may not call {LIST} and the other commands of mod_invites"
                );
                return vec![advice(what, self.permissions())];
            }
            Ok(answer) if is_not_loaded(&answer) => {
                let what = format!("no tokens for apps: mod_invites is not loaded for {host}");
                return vec![advice(what, invites(base))];
            }
            // No module of it is loaded anywhere, or there is none.
            Err(CallError::Refused(Refusal::Unsupported)) if has_invites(&self.version().await) => {
                let what = "no tokens for apps: mod_invites is not loaded";
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
            Err(error) => return vec![advice(format!("no tokens for apps: {}", chain(&error)), invites(base))],
        };
        match self.ask(EXPIRE, &json!({"host": host, "token": NO_TOKEN})).await {
            Ok(ApiAnswer { status: 403, .. }) => {
                return vec![advice(
                    format!("no tokens for apps: the account may not call {EXPIRE}"),
                    self.permissions(),
                )];
            }
            Ok(_) => {}
            Err(_) => {
                let what = "no tokens for apps: this version cannot withdraw them; they need ejabberd 26.07 or later";
                return vec![advice(what, "Renew ejabberd. Invites are for the web sign-up until then.".into())];
            }
        }
        let rows: HashMap<_, _> = rows.iter().filter_map(|row| self.row(row)).collect();
        self.count.note(&rows, clock::instant());
        let mut findings = Vec::from_iter(self.look_at_room());
        if !rows.values().any(Listed::is_used) {
            // Whether they can is nowhere to be read.
            let what = "no app has signed up here with a token yet; if none can, mod_register does not let it";
            findings.push(advice(what, invites(base)));
        }
        if rows.values().any(|row| !row.has_page) {
            let what = "invites that users create in their apps have no landing page; ours can be that";
            findings.push(advice(what, invites(base)));
        }
        findings
    }

    fn look_at_room(&self) -> Option<Finding> {
        let room = self.room().filter(|room| room.is_scarce())?;
        let what = format!(
            "{} of {} tokens are there, used ones and expired ones counted; with {} apps can sign up no longer, only the web",
            room.used, room.limit, room.limit
        );
        let mend = format!(
            "ejabberdctl cleanup_expired_invite_tokens\nAnd if there are too many still, for each that was used:\nejabberdctl \
             delete_invite_by_token {} TOKEN",
            self.host
        );
        Some(advice(what, mend))
    }

    /// See [`crate::backend::Adapter::limits`].
    pub(super) fn own_limits(&self) -> Vec<String> {
        let Some(room) = self.room() else { return vec![] };
        vec![
            format!("{} of {} tokens for apps are there", room.used, room.limit),
            "apps at one address sign up once in ten minutes, if registration_timeout does not say otherwise".into(),
        ]
    }

    async fn version(&self) -> String {
        let version = async {
            let answer = self.call("status", json!({})).await.ok()?;
            let after = answer.body.as_str()?.split("ejabberd ").nth(1)?.to_owned();
            Some(after.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.trim_end_matches('.').to_owned())
        };
        format!("ejabberd {}", version.await.unwrap_or_default()).trim_end().to_owned()
    }

    /// Where the API is to be, as the configuration has it.
    fn listener(&self) -> String {
        let Listener { address, port, is_tls, path } = self.api.wanted();
        let tls = if is_tls { "\n    tls: true" } else { "" };
        format!(
            "ejabberd.yml:\nlisten:\n  - port: {port}\n    ip: \"{address}\"\n    module: ejabberd_http{tls}\n    \
             request_handlers:\n      {path}: mod_http_api\nmodules:\n  mod_http_api: {{}}\n  mod_admin_extra: {{}}"
        )
    }

    /// What is left to do for the account when the configuration is as it is to be.
    fn account(&self) -> String {
        let register = self.api.user().map_or_else(String::new, |Jid { user, host }| {
            format!("ejabberdctl register {user} {host} PASSWORD # that of this configuration, if there is no such account\n")
        });
        format!("then:\nsystemctl restart ejabberd.service\n{register}").trim_end().to_owned()
    }

    fn permissions(&self) -> String {
        let (acl, who) = match self.api.user() {
            Some(user) => (
                format!(
                    "acl:\n  invited:\n    user: {user}\naccess_rules:\n  configure:\n    - allow: admin\n    - allow: invited"
                ),
                "access:\n        allow:\n          - acl: invited",
            ),
            // Whose it is only ejabberd knows.
            None => (
                "access_rules:\n  configure:\n    allow: admin".into(),
                "oauth:\n        scope: \"ejabberd:admin\"\n        access:\n          allow:\n            - acl: admin",
            ),
        };
        format!("ejabberd.yml:\n{acl}\napi_permissions:\n  \"invited\":\n    who:\n      {who}\n    what: \"*\"")
    }
}

/// Whether a version, as [`Ejabberd::version`] gives it, has a mod_invites that can be used.
fn has_invites(version: &str) -> bool {
    let mut parts = version.trim_start_matches("ejabberd ").split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (26, 7)
}

fn fault(what: impl Into<String>, mend: String) -> Finding {
    Finding { is_fault: true, what: what.into(), mend }
}

fn advice(what: impl Into<String>, mend: String) -> Finding {
    Finding { is_fault: false, what: what.into(), mend }
}

fn invites(base: &str) -> String {
    format!(
        "ejabberd.yml:\nmodules:\n  mod_invites:\n    access_create_account: configure\n    landing_page: \
         \"{base}invite?{{{{ invite.token }}}}\"\n  mod_register:\n    allow_modules: [mod_invites]\n    ip_access: all"
    )
}
