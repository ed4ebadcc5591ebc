//! `/manage`, for people who are no admins of the machine: who may sign in, what proves it from then on, and what they may do
//! with invites.
//!
//! | module | what it has |
//! |---|---|
//! | `manager` | who is signed in, and what that one may do |
//! | `session` | what proves it from page to page, until it ends |
//! | `sign_in` | keys and passwords |
//! | `attempts` | how often passwords may be wrong |
//! | `work` | invites: listed, found, created, changed |

mod attempts;
mod manager;
mod session;
mod sign_in;
mod work;

use std::sync::Arc;

use super::access::Access;
use super::context::Context;
use super::invites::Invites;
pub(super) use attempts::SignInMemory;
pub use manager::Manager;
pub use session::{SESSION_LIFE, Session};
pub use sign_in::{BROWSER_LIFE, SignInError, SignedIn};
pub use work::{InviteAct, InvitesFilter, ManageError};

/// What is done on `/manage`: a part of the desk.
pub struct Manage {
    context: Arc<Context>,
    access: Access,
    invites: Invites,
    memory: SignInMemory,
}

impl Manage {
    pub(super) fn new(context: Arc<Context>, access: Access, invites: Invites, memory: SignInMemory) -> Self {
        Self { context, access, invites, memory }
    }
}
