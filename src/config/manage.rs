//! `[manage]`, and `user_invites` of a host: who may use the page on which invites are created.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend::BackendKind;
use super::checks::Checks;
use super::text::dotted;
use crate::invite::KindName;
use crate::rate::Rate;

/// `[manage]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct ManageSettings {
    /// Whether holders of a key may sign in on `/manage`, and do there what the key may. Not with JWTs.
    pub keys: bool,
}

/// `[hosts."example.com".user_invites]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawUserInvites {
    /// Users of the host may sign in on `/manage` with their XMPP password, and each create so many invites there, as in
    /// `"5/30d"`. One budget with that of the component.
    pub per_user: Rate,
    /// Kinds of invites that they may create: `contact`, `account`; default: contact.
    #[serde(default = "default_kinds")]
    pub kinds: Vec<UserInviteKind>,
}

/// A kind of invite that users may create.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserInviteKind {
    /// An account.
    Account,
    /// An account, which has the user among its contacts.
    Contact,
}

fn default_kinds() -> Vec<UserInviteKind> {
    vec![UserInviteKind::Contact]
}

/// What users of a host may do on `/manage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInvites {
    /// Invites that each of them may create.
    pub per_user: Rate,
    kinds: BTreeSet<UserInviteKind>,
}

impl UserInvites {
    /// Whether they may create invites of that kind.
    #[must_use]
    pub fn allows(&self, kind: KindName) -> bool {
        match kind {
            KindName::Account => self.kinds.contains(&UserInviteKind::Account),
            KindName::Contact => self.kinds.contains(&UserInviteKind::Contact),
            KindName::Reset => false,
        }
    }
}

impl RawUserInvites {
    /// What users of the host `name` may do; nothing where its server cannot be asked for a password.
    pub(super) fn resolve(&self, name: &str, backend: BackendKind, checks: &mut Checks<'_>) -> Option<UserInvites> {
        let at = ["hosts", name, "user_invites"];
        if self.kinds.is_empty() {
            checks.fault(&[at.as_slice(), &["kinds"]].concat(), "expected account, contact or both");
            return None;
        }
        let mut kinds: BTreeSet<_> = self.kinds.iter().copied().collect();
        match backend {
            BackendKind::Ledger => {
                let at = dotted(&at);
                checks.notice(format!(
                    "{at}: has no effect, because backend.kind = \"ledger\" is no XMPP server that could be asked for a password"
                ));
                return None;
            }
            BackendKind::Xmpp => {
                if kinds.remove(&UserInviteKind::Contact) {
                    let at = dotted(&at);
                    checks.notice(format!(
                        "{at}.kinds: contact has no effect, because contacts cannot be had with backend.kind = \"xmpp\""
                    ));
                }
            }
            BackendKind::Prosody | BackendKind::Ejabberd | BackendKind::Demo => {}
        }
        (!kinds.is_empty()).then_some(UserInvites { per_user: self.per_user, kinds })
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::checked;
    use super::*;

    fn resolved(kinds: &[UserInviteKind], backend: BackendKind) -> (Option<UserInvites>, Vec<String>) {
        let raw = RawUserInvites { per_user: "5/30d".parse().unwrap(), kinds: kinds.to_vec() };
        checked(|checks| raw.resolve("example.com", backend, checks))
    }

    #[test]
    fn users_may_do_what_their_server_can_do() {
        use UserInviteKind::{Account, Contact};
        let may = |kinds: &[_], backend| {
            let rules = resolved(kinds, backend).0;
            let may = |kind| rules.as_ref().is_some_and(|rules| rules.allows(kind));
            [KindName::Account, KindName::Contact, KindName::Reset].map(may)
        };
        assert_eq!(may(&[Contact], BackendKind::Prosody), [false, true, false]);
        assert_eq!(may(&[Account, Contact], BackendKind::Ejabberd), [true, true, false]);
        assert_eq!(may(&[Account, Contact], BackendKind::Xmpp), [true, false, false]);
        assert_eq!(resolved(&[Contact], BackendKind::Xmpp).0, None);
        assert_eq!(resolved(&[Account, Contact], BackendKind::Ledger).0, None);
        let none = resolved(&[], BackendKind::Prosody);
        assert_eq!(none, (None, vec!["expected account, contact or both".to_owned()]));
    }
}
