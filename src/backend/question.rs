//! What a server asks of the ledger while an app waits at it, and what it is answered. Only servers that can be made to ask
//! do so (Prosody); an app then shows the token of the invite's link itself.

use async_channel::{Receiver, Sender, bounded};

use crate::invite::Kind;
use crate::invite::name::HostName;

/// So many questions may wait to be taken on; an app whose question found no place is told to try again by its server.
const MAX_WAITING: usize = 1024;

/// A question, and where the answer goes.
pub struct Question {
    /// The host whose server asks.
    pub host: HostName,
    /// What the server knows it by.
    pub id: String,
    /// What the app does.
    pub step: InAppStep,
}

/// What an app does, about which the ledger is asked. Names are as the server has them.
pub enum InAppStep {
    /// An app shows a token before it registers (XEP-0445, 2).
    Preauth {
        /// The token: secret, and perhaps none of ours.
        token: String,
    },
    /// It registers: a use is to be reserved for the account.
    Register {
        /// The token.
        token: String,
        /// What the account is to be called; for a new password, what it is called.
        username: String,
    },
    /// Somebody who has an account wants the inviter for a contact (XEP-0379, 4).
    Subscribe {
        /// The token.
        token: String,
        /// The user who is to be the contact.
        inviter: String,
        /// The bare JID of whoever asks.
        contact: String,
    },
    /// It has registered, or not: what became of a use that was reserved. Nobody waits for an answer.
    Registered {
        /// What [`Verdict::Reserved`] has.
        reservation: String,
        /// Whether the account was created, or the password set.
        created: bool,
    },
}

/// What the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The token is none of ours.
    Unknown,
    /// The app may register, or has its contact.
    Welcome(Box<Welcome>),
    /// The invite is the server's own, which it knows by this token.
    Instead(String),
    /// A use is reserved: by this it is told what became of it.
    Reserved(String),
    /// The invite is ours, and not for this.
    Refused(InAppRefusal),
    /// That cannot be said now.
    Later,
}

/// What an account gets with an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// For what the invite is.
    pub kind: Kind,
    /// Groups of the new account.
    pub groups: Vec<String>,
    /// Roles of the new account.
    pub roles: Vec<String>,
    /// Whether it must not set the password of an admin of the server, whenever it is used.
    pub spares_admins: bool,
}

/// Why an app is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InAppRefusal {
    /// It is redeemed, expired or revoked.
    Ended,
    /// It is for another name, or another contact.
    OtherName,
    /// The name is nobody's on this host.
    ReservedName,
    /// No such name is taken.
    Name,
    /// Somebody has the name, or it is kept for somebody.
    Taken,
    /// It is for no app.
    Closed,
}

/// The questions of all servers.
#[derive(Clone)]
pub struct Questions {
    sender: Sender<Question>,
    receiver: Receiver<Question>,
}

impl Default for Questions {
    fn default() -> Self {
        let (sender, receiver) = bounded(MAX_WAITING);
        Self { sender, receiver }
    }
}

impl Questions {
    /// Puts a question; false if too many wait.
    #[must_use]
    pub fn put(&self, question: Question) -> bool {
        self.sender.try_send(question).is_ok()
    }

    /// The next question, whenever it comes; nothing if none will.
    pub async fn next(&self) -> Option<Question> {
        self.receiver.recv().await.ok()
    }
}
