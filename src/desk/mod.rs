//! The use cases: whoever wants something of an invite asks here, be it over HTTP, on a page, or on the command line.
//!
//! The desk hands out its parts. Each takes the parts that it uses when it is built, so none can come to use one that is
//! built after it:
//!
//! | part | what it does |
//! |---|---|
//! | [`access`] | who calls: keys, guesses, rates |
//! | [`health`] | how the ledger and the servers are |
//! | [`app_tokens`] | tokens with which apps sign up: minted, watched, withdrawn; invites of the servers adopted |
//! | [`invites`] | invites: created, found, amended, revoked, redeemed by a program |
//! | [`sign_up`] | what a guest is offered, and gets |
//! | [`manage`] | who signs in to manage invites, and what they may do |
//! | [`reconcile`] | what was left undone |
//!
//! `context` is what they have in common, `locks` keeps one job an invite.

pub mod access;
pub mod app_tokens;
mod context;
pub mod health;
pub mod invites;
mod locks;
pub mod manage;
pub mod reconcile;
pub mod sign_up;

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{Backends, Questions};
use crate::config::Settings;
use crate::key::KeyRing;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
pub use access::AuthError;
use access::{Access, CallerMemory};
use app_tokens::{AppTokens, TokenMemory};
pub use app_tokens::{Asker, FindError};
use context::Context;
use health::ServiceHealth;
use invites::Invites;
pub use invites::{
    AmendError, Caller, CreateInviteError, CreatedInvite, CreationRules, LetterContent, MailedInvite,
    RedeemInviteError, TrueNews, WebOnly,
};
use locks::InviteLocks;
use manage::{Manage, SignInMemory};
use reconcile::Reconcile;
pub use sign_up::{
    AppLink, ChoiceErrors, Guest, Offer, PasswordError, RegisterError, RegisterRequest, SignUpError, UsernameError,
    WebSignUp, generated_password, name_instead,
};
use sign_up::{SignUp, Submissions};

/// The use cases under one configuration, over what outlives it.
pub struct Desk {
    /// Who calls.
    pub access: Access,
    /// How it goes.
    pub health: ServiceHealth,
    /// Tokens with which apps sign up.
    pub app_tokens: AppTokens,
    /// Invites.
    pub invites: Invites,
    /// What a guest is offered, and gets.
    pub sign_up: SignUp,
    /// Who manages invites without being an admin of the machine.
    pub manage: Manage,
    /// What was left undone.
    pub reconcile: Reconcile,
    context: Arc<Context>,
    process: ProcessState,
}

/// What is remembered from one configuration to the next, as long as the process lives. In memory alone.
#[derive(Clone, Default)]
struct ProcessState {
    access: CallerMemory,
    app_tokens: TokenMemory,
    submissions: Arc<Submissions>,
    sign_ins: SignInMemory,
    locks: Arc<InviteLocks>,
}

impl Desk {
    /// Brings the first configuration of a process to work.
    #[must_use]
    pub fn new(
        settings: Arc<Settings>,
        keys: KeyRing,
        backends: Arc<Backends>,
        ledger: Ledger,
        metrics: Arc<Metrics>,
    ) -> Self {
        let process = ProcessState::default();
        let locks = Arc::clone(&process.locks);
        Self::build(keys, process, Context { settings, backends, ledger, metrics, locks })
    }

    /// The same under another configuration: servers whose settings have not changed stay as they are, and nothing that
    /// is remembered is lost.
    #[must_use]
    pub fn renewed(&self, settings: Arc<Settings>, keys: KeyRing) -> Self {
        let Context { backends, ledger, metrics, locks, .. } = &*self.context;
        let context = Context {
            backends: Arc::new(Backends::new(&settings.hosts, Some(backends), metrics)),
            settings,
            ledger: ledger.clone(),
            metrics: Arc::clone(metrics),
            locks: Arc::clone(locks),
        };
        Self::build(keys, self.process.clone(), context)
    }

    /// The time by which all is judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context.ledger.now()
    }

    /// What the servers ask, under every configuration: for [`SignUp::answer`].
    #[must_use]
    pub fn questions(&self) -> &Questions {
        self.context.backends.questions()
    }

    fn build(keys: KeyRing, process: ProcessState, context: Context) -> Self {
        let context = Arc::new(context);
        let access = Access::new(&context.settings, keys, process.access.clone(), context.ledger.clone());
        let health = ServiceHealth::new(Arc::clone(&context));
        let app_tokens = AppTokens::new(&context, process.app_tokens.clone());
        let invites = Invites::new(Arc::clone(&context), app_tokens.clone());
        let sign_up = SignUp::new(&context, app_tokens.clone(), invites.clone(), Arc::clone(&process.submissions));
        let manage = Manage::new(Arc::clone(&context), access.clone(), invites.clone(), process.sign_ins.clone());
        let reconcile = Reconcile::new(Arc::clone(&context.backends), app_tokens.clone(), sign_up.clone());
        Self { access, health, app_tokens, invites, sign_up, manage, reconcile, context, process }
    }
}
