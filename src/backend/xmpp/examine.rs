//! What is wrong with a server, and the lines that mend it: `invited check --connect`.

use minidom::Element;

use super::invite::{self, COMMANDS, CREATE_ACCOUNT};
use super::stream::{ClientStream, before};
use super::{IBR_TOKEN, Xmpp};
use crate::backend::{CallError, Examination, Finding, Refusal};
use crate::elements::element;
use crate::log::chain;

const INFO: &str = "http://jabber.org/protocol/disco#info";
const ITEMS: &str = "http://jabber.org/protocol/disco#items";

/// It completes the command at once, so that trying it creates an invite.
const AT_ONCE: &str = "Prosody";

impl Xmpp {
    /// See [`crate::backend::Adapter::examine`].
    pub(super) async fn look_over(&self) -> Examination {
        let mut findings = Vec::new();
        let mut add = |is_fault, what: String, mend: &str| {
            findings.push(Finding { is_fault, what, mend: mend.into() });
        };
        let guest = match self.session.open().await {
            Ok(stream) => stream,
            Err(error) => {
                add(true, chain(&error).to_string(), CONNECTION);
                return Examination { server: None, findings };
            }
        };
        if !guest.features.has_child("register", IBR_TOKEN) {
            add(true, "the server offers no sign-up with a token (XEP-0445)".into(), SIGN_UP);
        }
        let mut server = format!("an XMPP server for {}", self.host);
        match self.try_out(&mut server).await {
            Ok(false) => {}
            Ok(true) => {
                let what = "the server wants to know the name before it creates an invite: none is for apps";
                add(false, what.into(), "Invites are for the web sign-up.");
            }
            Err(CallError::Refused(Refusal::Unsupported)) => {
                add(true, "the server has no command to create invites (XEP-0401)".into(), COMMAND);
            }
            Err(error) => add(true, chain(&error).to_string(), ACCOUNT),
        }
        Examination { server: Some(server), findings }
    }

    /// Whether the server wants the name before it creates an invite. Learns what `server` is called.
    async fn try_out(&self, server: &mut String) -> Result<bool, CallError> {
        let (mut stream, host) = (self.session.log_in().await?, self.host.as_str());
        let info = ask(&mut stream, host, Element::bare("query", INFO)).await?;
        let identity = info.as_ref().and_then(|query| query.get_child("identity", INFO)?.attr("name"));
        if let Some(name) = identity {
            name.clone_into(server);
        }
        let items = element("query", ITEMS, &[("node", COMMANDS)]);
        let items = ask(&mut stream, host, items).await?;
        let is_listed =
            items.is_some_and(|query| query.children().any(|item| item.attr("node") == Some(CREATE_ACCOUNT)));
        if is_listed && identity == Some(AT_ONCE) {
            return Ok(false);
        }
        // Also where it is not listed: then this says why.
        invite::wants_name(&mut stream, host).await.map_err(before)
    }
}

async fn ask(stream: &mut ClientStream, host: &str, query: Element) -> Result<Option<Element>, CallError> {
    let answer = stream.ask("get", Some(host), query).await.map_err(before)?;
    Ok(answer.ok().and_then(|answer| answer.children().next().cloned()))
}

const CONNECTION: &str = "config.toml: see address and tls of this backend; without address, it is where the domain's SRV \
                          records say.\nThe server's certificate must be for the host's \
                          domain, from an authority that this system trusts.";
const SIGN_UP: &str = "Prosody, prosody.cfg.lua:\nmodules_enabled = { \"invites\"; \"invites_register\" }\nejabberd 26.01, \
                       ejabberd.yml:\nmodules:\n  mod_invites:\n    access_create_account: configure\n  mod_register:\n    \
                       allow_modules: [mod_invites]";
const COMMAND: &str = "Prosody, prosody.cfg.lua:\nmodules_enabled = { \"invites\"; \"invites_adhoc\"; \"invites_register\" \
                       }\nejabberd 26.01, ejabberd.yml:\nmodules:\n  mod_adhoc: {}\n  mod_invites:\n    \
                       access_create_account: configure";
const ACCOUNT: &str = "Prosody, prosody.cfg.lua, where invites-admin@example.com is the account of this backend:\nadmins = { \
                       \"invites-admin@example.com\" }\nejabberd.yml:\nacl:\n  admin:\n    user: \
                       invites-admin@example.com\naccess_rules:\n  configure:\n    allow: admin";
