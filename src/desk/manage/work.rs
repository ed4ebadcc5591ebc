//! What is done with invites by whoever is signed in: no more than the key may, or than users of the host are given.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Manage;
use super::manager::Manager;
use crate::config::{LackingScopes, Scope};
use crate::desk::invites::{AmendError, CreateInviteError, CreatedInvite};
use crate::invite::field::{FieldError, Given};
use crate::invite::name::HostName;
use crate::invite::request::{ChangeRequest, InviteRequest};
use crate::invite::{Invite, InviteId, KindName, Status};
use crate::ledger::{Answer, ChangeError, Filter, LedgerError, ListedInvites};

/// So often the ledger is looked into for one page, while what is found does not fill it.
const LOOKS: usize = 20;

/// Which invites are listed.
#[derive(Clone, Debug, Default)]
pub struct InvitesFilter {
    /// In this state.
    pub status: Option<Status>,
    /// For this host.
    pub host: Option<HostName>,
    /// Older than this one.
    pub before: Option<InviteId>,
    /// At most so many.
    pub limit: u32,
}

/// What is done with an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteAct {
    /// It ends now.
    Revoke,
    /// It is valid again.
    Restore,
    /// It ends when so much time has passed from now; nothing: what was given is no time.
    Extend(Given<Duration>),
}

/// Why nothing was done with an invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManageError {
    /// Whoever is signed in may not do this.
    #[error("this is not given to whoever is signed in")]
    NotGiven,
    /// As over the API.
    #[error(transparent)]
    Amend(#[from] AmendError),
}

impl From<LedgerError> for ManageError {
    fn from(error: LedgerError) -> Self {
        Self::Amend(ChangeError::from(error).into())
    }
}

impl Manage {
    /// The hosts that there are for `manager`.
    pub fn hosts_of<'a>(&'a self, manager: &'a Manager) -> impl Iterator<Item = &'a HostName> {
        self.context.settings.hosts.keys().filter(|host| manager.allows_host(host))
    }

    /// The kinds of invites that `manager` may create on any host.
    #[must_use]
    pub fn kinds_of(&self, manager: &Manager) -> Vec<KindName> {
        let is_had = |kind: KindName| {
            self.hosts_of(manager).any(|host| {
                let abilities = self.context.backend(host).map(crate::backend::Backend::abilities);
                abilities.is_none_or(|can| match kind {
                    KindName::Account => true,
                    KindName::Contact => can.contacts,
                    KindName::Reset => can.reset || can.in_app.reset,
                })
            })
        };
        let all = [KindName::Account, KindName::Contact, KindName::Reset];
        all.into_iter().filter(|kind| manager.may_create(*kind) && is_had(*kind)).collect()
    }

    /// The longest lifetime that `manager` may give an invite.
    #[must_use]
    pub fn max_ttl(&self, manager: &Manager) -> Duration {
        self.invites.max_ttl(manager.key())
    }

    /// A page of the invites that `manager` sees. What is rare among many is looked for among some at a time, so that nobody waits
    /// for it, and a page may have few, or none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(
        &self,
        manager: &Manager,
        wanted: InvitesFilter,
        now: Timestamp,
    ) -> Result<ListedInvites, LedgerError> {
        let allowed = match manager {
            Manager::Key(key) => key.settings.hosts.clone(),
            // The source says it, and has an index.
            Manager::User { .. } => None,
        };
        let hosts = match wanted.host {
            Some(host) => Some(Some(host).filter(|host| manager.allows_host(host)).into_iter().collect()),
            None => allowed,
        };
        let InvitesFilter { status, before, limit, .. } = wanted;
        let mut filter = Filter { hosts, status, source: manager.sees_only(), before, ..Filter::default() };
        let mut found = ListedInvites::default();
        for _ in 0..LOOKS {
            let left = limit.saturating_sub(u32::try_from(found.invites.len()).unwrap_or(u32::MAX));
            let more = self.invites.list(filter.clone(), left, now).await?;
            found.invites.extend(more.invites);
            found.next = more.next;
            if found.next.is_none() || found.invites.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
            filter.before = found.next;
        }
        Ok(found)
    }

    /// The invite called `id`, if `manager` sees it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find(&self, manager: &Manager, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        Ok(self.context.ledger.find(id).await?.filter(|invite| manager.sees(invite)))
    }

    /// Creates an invite. Users have theirs created for themselves: of the kinds that they are given, for one person each.
    ///
    /// # Errors
    /// Nothing was created.
    pub async fn create(
        &self,
        manager: &Manager,
        request: &InviteRequest,
        now: Timestamp,
    ) -> Result<Answer<Vec<CreatedInvite>>, CreateInviteError> {
        let caller = manager.caller();
        let Manager::User { jid, .. } = manager else { return self.invites.create(&caller, request, now).await };
        check_given_to_users(manager, request)?;
        let is_contact = request.kind.value() == Some(&KindName::Contact);
        let own = InviteRequest {
            host: Given::Is(jid.host.to_string()),
            // Whoever becomes a contact invites.
            inviter: if is_contact { Given::Absent } else { Given::Is(jid.to_string()) },
            contact: if is_contact { Given::Is(jid.to_string()) } else { Given::Absent },
            ..request.clone()
        };
        self.invites.create(&caller, &own, now).await
    }

    /// Does something with the invite called `id`, if `manager` sees it.
    ///
    /// # Errors
    /// Nothing was done.
    pub async fn act(
        &self,
        manager: &Manager,
        id: InviteId,
        act: InviteAct,
        now: Timestamp,
    ) -> Result<(), ManageError> {
        let invite = self.find(manager, id).await?.ok_or(AmendError::from(ChangeError::Absent))?;
        let change = match act {
            InviteAct::Revoke if !manager.may_revoke(&invite) => return Err(ManageError::NotGiven),
            InviteAct::Revoke => {
                self.invites.revoke_for(&manager.caller(), vec![id], now).await?;
                return Ok(());
            }
            _ if !manager.may_amend(&invite) => return Err(ManageError::NotGiven),
            InviteAct::Restore => ChangeRequest { revoked: Given::Is(false), ..ChangeRequest::default() },
            InviteAct::Extend(time) => ChangeRequest { expires_at: end(time, now), ..ChangeRequest::default() },
        };
        self.invites.amend(&manager.caller(), id, &change, now).await?;
        Ok(())
    }
}

/// When so much time has passed from `now`.
fn end(time: Given<Duration>, now: Timestamp) -> Given<Timestamp> {
    let Given::Is(time) = time else { return Given::Malformed };
    let end = SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok());
    end.map_or(Given::Malformed, Given::Is)
}

/// Checks that a user asks for nothing but what users are given.
fn check_given_to_users(manager: &Manager, request: &InviteRequest) -> Result<(), CreateInviteError> {
    let mut lacks = BTreeSet::new();
    match request.kind.value() {
        Some(kind) if manager.may_create(*kind) => {}
        Some(KindName::Contact) => _ = lacks.insert(Scope::Contact),
        Some(KindName::Reset) => _ = lacks.insert(Scope::Reset),
        Some(KindName::Account) | None => _ = lacks.insert(Scope::Create),
    }
    if !request.reset.is_absent() {
        lacks.insert(Scope::Reset);
    }
    if !request.groups.is_absent() || !request.roles.is_absent() {
        lacks.insert(Scope::Roles);
    }
    // As in an app: only an invite for an account is bound to a name, and reserves it.
    if !request.username.is_absent() && request.kind.value() != Some(&KindName::Account) {
        lacks.insert(Scope::Create);
    }
    // Whom else it would make a contact of.
    let own = manager.user().map(ToString::to_string);
    if !request.contact.is_absent() && request.contact.value() != own.as_ref() {
        lacks.insert(Scope::Contact);
    }
    if !lacks.is_empty() {
        return Err(LackingScopes { has: BTreeSet::new(), lacks, is_signed: false }.into());
    }
    let is_one = |count: Given<u32>| count.is_absent() || count == Given::Is(1);
    if !is_one(request.uses) || !is_one(request.count) {
        let error = FieldError::new("uses", "an invite of a user is for one person");
        return Err(CreateInviteError::Fields(vec![error]));
    }
    Ok(())
}
