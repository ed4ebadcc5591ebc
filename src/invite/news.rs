//! What users of a host are told by messages. In the outbox it has no token, no code, no link and no note; what is said is
//! written when it is sent, by what is true then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::InviteId;
use super::name::Jid;
use super::open::OpenInvites;

/// What a user is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserNews {
    /// Somebody has an account by an invite of theirs.
    Joined {
        /// The account.
        account: Jid,
    },
    /// An invite of theirs expires within a day.
    Expiring {
        /// Which.
        invite: InviteId,
        /// When; if that was put off, this is over.
        expires_at: Timestamp,
    },
    /// Of an admin: links are open that live long.
    Open(OpenInvites),
}

impl UserNews {
    /// As the outbox has it: what is equal is written equally.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // None of it has a map whose keys are no texts, which is all that this could fail for.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What the outbox has, if it is this.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_as_they_were_written() {
        let at = crate::invite::tests::moment("2026-01-08T00:00:00Z");
        let invite = InviteId::after(None, at, 7);
        for news in [
            UserNews::Joined { account: "juliet@example.com".parse().unwrap() },
            UserNews::Expiring { invite, expires_at: at },
            UserNews::Open(OpenInvites { count: 0, invites: vec![] }),
        ] {
            assert_eq!(UserNews::read(&news.to_bytes()), Some(news));
        }
        assert_eq!(UserNews::read(b"{}"), None);
    }
}
