//! What a key may do, and how it may be presented.

use std::collections::BTreeSet;
use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checks::Checks;

/// The most uses of an invite of a key that says nothing else.
pub const DEFAULT_MAX_USES: u32 = 1;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Create invites for accounts.
    Create,
    /// Make the new account and a user of the host each other's contacts.
    Contact,
    /// Create invites that set a new password.
    Reset,
    /// Give the new account roles and groups.
    Roles,
    /// See invites of other keys.
    Read,
    /// Revoke invites.
    Revoke,
    /// Redeem invites.
    Redeem,
    /// Create accounts with invites.
    Register,
    /// Have the links of invites mailed.
    Mail,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Contact,
        Self::Reset,
        Self::Roles,
        Self::Read,
        Self::Revoke,
        Self::Redeem,
        Self::Register,
        Self::Mail,
    ];

    /// What a key may do that says nothing else: create plain invites for accounts.
    #[must_use]
    pub fn defaults() -> BTreeSet<Self> {
        BTreeSet::from([Self::Create])
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Contact => "contact",
            Self::Reset => "reset",
            Self::Roles => "roles",
            Self::Read => "read",
            Self::Revoke => "revoke",
            Self::Redeem => "redeem",
            Self::Register => "register",
            Self::Mail => "mail",
        })
    }
}

/// What a caller asked for and was not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key lacks the scope{} {}", plural(.lacks), listed(.lacks, " and ", ToString::to_string))]
pub struct LackingScopes {
    /// What the caller may do.
    pub has: BTreeSet<Scope>,
    /// What it would have to be given for this.
    pub lacks: BTreeSet<Scope>,
    /// Whether it came with a JWT, which may have less than its key.
    pub is_signed: bool,
}

impl LackingScopes {
    /// What is lacking and how it is given, for whoever reads the answer.
    #[must_use]
    pub fn detail(&self) -> String {
        let all: BTreeSet<_> = self.has.union(&self.lacks).copied().collect();
        let lacks = listed(&self.lacks, " and ", |scope| format!("`{scope}`"));
        let lacks = format!("This key lacks the scope{} {lacks}", plural(&self.lacks));
        let declared = listed(&all, ", ", |scope| format!("\"{scope}\""));
        if self.is_signed {
            let claim = listed(&all, " ", ToString::to_string);
            return format!(
                "{lacks}: `allow = [{declared}]` where the key is declared, and \"{claim}\" in the claim `scope` of a JWT \
                 that has it."
            );
        }
        let made = listed(&all, " ", |scope| format!("--allow {scope}"));
        format!("{lacks}: `allow = [{declared}]` where the key is declared, or `{made}` when it is created by command.")
    }
}

fn plural(scopes: &BTreeSet<Scope>) -> &'static str {
    if scopes.len() == 1 { "" } else { "s" }
}

fn listed(scopes: &BTreeSet<Scope>, between: &str, shown: impl Fn(&Scope) -> String) -> String {
    scopes.iter().map(shown).collect::<Vec<_>>().join(between)
}

/// A method of `/invites_api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApiMethod {
    /// As links and `curl URL` do.
    Get,
    /// As forms and programs do.
    Post,
}

impl ApiMethod {
    /// All of them, which is what a key may use that says nothing else.
    pub const ALL: [Self; 2] = [Self::Get, Self::Post];
}

/// Notes which scopes of the declared key `name` give nothing; `mail` says whether mail can be sent.
pub(super) fn note_idle(name: &str, allow: &BTreeSet<Scope>, mail: bool, checks: &mut Checks<'_>) {
    // An account is what these two are given to.
    let idle = [Scope::Contact, Scope::Roles].into_iter().filter(|scope| allow.contains(scope));
    for scope in idle.filter(|_| !allow.contains(&Scope::Create)) {
        checks.notice(format!("keys.{name}.allow: {scope} gives nothing without create; add it"));
    }
    if allow.contains(&Scope::Mail) && !mail {
        checks.notice(format!("keys.{name}.allow: mail gives nothing without [mail]; declare that"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named_with_the_way_to_give_it() {
        let lacks = BTreeSet::from([Scope::Reset, Scope::Roles]);
        let mut lacking = LackingScopes { has: Scope::defaults(), lacks, is_signed: false };
        assert_eq!(lacking.to_string(), "the key lacks the scopes reset and roles");
        assert!(
            lacking.detail().starts_with("This key lacks the scopes `reset` and `roles`: "),
            "{}",
            lacking.detail()
        );
        lacking.lacks.remove(&Scope::Roles);
        assert_eq!(
            lacking.detail(),
            "This key lacks the scope `reset`: `allow = [\"create\", \"reset\"]` where the key is declared, or `--allow create \
             --allow reset` when it is created by command."
        );
        lacking.is_signed = true;
        assert_eq!(
            lacking.detail(),
            "This key lacks the scope `reset`: `allow = [\"create\", \"reset\"]` where the key is declared, and \"create \
             reset\" in the claim `scope` of a JWT that has it."
        );
    }
}
