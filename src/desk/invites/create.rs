//! Creating invites.

use jiff::Timestamp;

use super::accounts::{PATIENCE, has_names};
use super::caller::Caller;
use super::error::CreateInviteError;
use super::links::{CreatedInvite, landing};
use super::{Invites, grants, max_ttl, max_uses};
use crate::backend::{self, Backend, Backends};
use crate::clock::within;
use crate::config::Settings;
use crate::invite::field::Given;
use crate::invite::name::HostName;
use crate::invite::policy::{self, Bounds, HostRules, ServerRules};
use crate::invite::request::{InviteRequest, Minting};
use crate::invite::{Draft, Invite};
use crate::ledger::{Answer, CreateError};
use crate::log::{Event, event};
use crate::metrics::MetricLabels;

impl Invites {
    /// Creates as many invites alike as the request counts, all or none. They are durable when this returns.
    ///
    /// A request with an Idempotency-Key that came before gets those of then, as they were then, and creates none. Only their
    /// links are of the configuration in force, so that they lead somewhere also if that has changed; and what it does not
    /// allow any more is refused.
    ///
    /// # Errors
    /// Nothing was created.
    pub async fn create(
        &self,
        caller: &Caller<'_>,
        request: &InviteRequest,
        now: Timestamp,
    ) -> Result<Answer<Vec<CreatedInvite>>, CreateInviteError> {
        let ledger = &self.context.ledger;
        let host = self.rules().meant_host(caller, &request.host);
        let label = host.as_ref().map_or(String::new(), |host| host.map(ToString::to_string).unwrap_or_default());
        let created = async {
            let draft = self.rules().draft(caller, request, now)?;
            let links = self.links(&draft.host)?;
            // It is asked again when somebody sets the password.
            if within(PATIENCE, self.context.is_admins_reset(&draft)).await.is_some_and(|is| is.unwrap_or(false)) {
                return Err(CreateInviteError::AdminsPassword);
            }
            let repeatable = caller.repeatable(ledger.seal(), request.idempotency.as_ref());
            let wanted = request.minting.value().copied().unwrap_or_default();
            let wanted = if links.landing.has_app_token() { wanted.max(Minting::IfPossible) } else { wanted };
            let (has_names, count) =
                (has_names(caller, &draft), usize::try_from(request.count()).unwrap_or(usize::MAX));
            let is_new = match caller.limits() {
                Some(limits) if has_names || wanted != Minting::Later => {
                    ledger.would_create(limits, count, repeatable.clone(), now).await.map_err(CreateError::from)?
                }
                _ => true,
            };
            // For what will be refused, or was answered before, no server is asked, and it needs no tokens.
            if has_names && is_new {
                self.check_accounts(caller, &draft).await?;
            }
            let drafts = vec![draft; count];
            let minting = if is_new { wanted } else { Minting::Later };
            let drafts = if minting == Minting::Later {
                drafts
            } else {
                self.app_tokens.mint_for(drafts, minting, now).await.map_err(CreateInviteError::NoAppToken)?
            };
            let minted: Vec<_> =
                drafts.iter().filter_map(|draft| Some((draft.host.clone(), draft.app_token.clone()?))).collect();
            let (letter, ledger) = (self.letter(request), caller.ledger(ledger, repeatable.as_ref(), now));
            let created = ledger.create_mailed(drafts, caller.limits(), repeatable, letter, now).await;
            if !matches!(created, Ok(Answer { is_repeated: false, .. })) {
                self.app_tokens.withdraw_minted(&minted).await;
            }
            Ok(created?.map(|invites| invites.into_iter().map(|invite| links.of(invite)).collect::<Vec<_>>()))
        };
        let created = created.await;
        self.record(&MetricLabels { host: label, key: caller.source().label() }, &created);
        created
    }

    /// Counts and logs what came of a request.
    fn record(&self, labels: &MetricLabels, created: &Result<Answer<Vec<CreatedInvite>>, CreateInviteError>) {
        let metrics = &self.context.metrics;
        match created {
            Ok(Answer { is_repeated: true, .. }) => {}
            Ok(Answer { value, .. }) => {
                metrics.created.get_or_create(labels).inc_by(value.len() as u64);
                for Invite { id, draft, .. } in value.iter().map(|created| &created.invite) {
                    event(&Event::InviteCreated { invite: id, host: &draft.host, source: &draft.source });
                }
            }
            Err(_) => _ = metrics.refused.get_or_create(labels).inc(),
        }
    }

    /// What requests are judged by.
    pub(super) fn rules(&self) -> CreationRules<'_> {
        CreationRules { settings: &self.context.settings, backends: &self.context.backends }
    }
}

/// What requests to create invites are judged by before anything is read or written: the configuration, and what the servers
/// are able to.
#[derive(Clone, Copy)]
pub struct CreationRules<'a> {
    settings: &'a Settings,
    backends: &'a Backends,
}

impl<'a> CreationRules<'a> {
    /// Those of a configuration.
    #[must_use]
    pub fn new(settings: &'a Settings, backends: &'a Backends) -> Self {
        Self { settings, backends }
    }

    /// What is to be created.
    ///
    /// # Errors
    /// When nothing is.
    pub fn draft(
        &self,
        caller: &Caller<'_>,
        request: &InviteRequest,
        now: Timestamp,
    ) -> Result<Draft, CreateInviteError> {
        caller.check_scopes(&grants::of_request(request))?;
        // Without a host, the rest is wrong all the same.
        let wrong = || policy::validate(request, &self.bounds(caller, None), now).err().unwrap_or_default();
        let host = match self.meant_host(caller, &request.host) {
            Err(CreateInviteError::WhichHost(_)) => return Err(CreateInviteError::WhichHost(wrong())),
            Err(CreateInviteError::Host(_)) => return Err(CreateInviteError::Host(wrong())),
            host => host?,
        };
        let bounds = self.bounds(caller, host);
        landing(self.settings, host)?;
        policy::validate(request, &bounds, now).map_err(CreateInviteError::Fields)
    }

    /// The host that is meant: the one named, or the only one possible; nothing if what is named can be none, which is for
    /// [`policy::validate`] to say.
    fn meant_host(
        &self,
        caller: &Caller<'_>,
        named: &Given<String>,
    ) -> Result<Option<&'a HostName>, CreateInviteError> {
        let may = |host: &&HostName| caller.key().is_none_or(|key| key.allows_host(host));
        let mut possible = self.settings.hosts.keys().filter(may);
        match named {
            Given::Malformed => Ok(None),
            Given::Is(name) => {
                let name = name.parse().map_err(|_| CreateInviteError::Host(vec![]))?;
                possible.find(|host| **host == name).map(Some).ok_or(CreateInviteError::Host(vec![]))
            }
            Given::Absent => match (possible.next(), possible.next()) {
                (Some(host), None) => Ok(Some(host)),
                (Some(_), Some(_)) => Err(CreateInviteError::WhichHost(vec![])),
                (None, _) => Err(CreateInviteError::Host(vec![])),
            },
        }
    }

    /// What bounds what `caller` may ask for on `host`.
    pub(super) fn bounds(&self, caller: &Caller<'_>, host: Option<&HostName>) -> Bounds<'a> {
        let settings = self.settings;
        let host = host.and_then(|host| settings.hosts.get_key_value(host)).map(|(name, settings)| HostRules {
            name,
            reserved: &settings.reserved_usernames,
            server: self.backends.of(name).map(|backend| server_rules(backend)),
        });
        let key = caller.key();
        Bounds {
            host,
            source: caller.source(),
            ttl: settings.invites.ttl,
            max_ttl: max_ttl(settings, key),
            max_uses: max_uses(key),
            has_mail: settings.mail.is_some(),
        }
    }
}

fn server_rules(backend: &Backend) -> ServerRules {
    let abilities = backend.abilities();
    ServerRules {
        kind: backend.kind().word(),
        contacts: abilities.contacts,
        resets: abilities.reset || abilities.in_app.reset,
        groups: abilities.groups,
        keeps: backend::is_kept,
    }
}
