//! Requests that may come again with the same Idempotency-Key, and what came of them: kept as data, for as long as a day.
//!
//! What is kept is the invites as they were then, in JSON, sealed under the ledger key because it may hold tokens for apps.
//! How that reads to a caller is the caller's side's business: the first answer and the repeated one are rendered alike.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::error::LedgerError;
use super::seal::Seal;

/// The form in which answers are kept. Whoever changes it counts on: an answer in another form is in another slot, so
/// after an upgrade it is not found, the request is done anew, and the old answer is forgotten with its day.
const FORM: &str = "answer 3";

/// A request that may come again, with the same Idempotency-Key: then it is answered as before, and nothing is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeatable {
    /// Which request; see [`Seal::slot`].
    pub(super) slot: Vec<u8>,
    /// What it asks for; see [`Seal::digest`].
    pub(super) body: Vec<u8>,
}

impl Repeatable {
    /// A request that `parts` tell from others: who asks, with what that one may do now, where, and the Idempotency-Key.
    #[must_use]
    pub fn new(seal: &Seal, parts: [&str; 3], body: &[u8]) -> Self {
        let [who, path, key] = parts;
        Self { slot: seal.slot(&[FORM, who, path, key]), body: seal.digest(body) }
    }
}

/// What came of a request that may have come before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What came of it, as it was then.
    pub value: T,
    /// When it was done.
    pub at: Timestamp,
    /// Whether it was done before, and not now.
    pub is_repeated: bool,
}

impl<T> Answer<T> {
    /// The same with another value.
    #[must_use]
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { value: other(self.value), at: self.at, is_repeated: self.is_repeated }
    }
}

/// What is kept under the Idempotency-Key of a request.
pub(super) struct KeptAnswer {
    /// The digest of the body that came with it.
    pub(super) body: Vec<u8>,
    /// Since when.
    pub(super) at: Timestamp,
    /// The answer.
    pub(super) sealed: Vec<u8>,
}

/// An answer as the writer has it.
pub(super) enum Recorded<T> {
    /// Just done.
    New(T),
    /// Done before; sealed.
    Before { sealed: Vec<u8>, at: Timestamp },
}

impl<T: DeserializeOwned> Recorded<T> {
    /// Opens it, beside the writer, which has others to serve.
    pub(super) fn open(self, seal: &Seal, now: Timestamp) -> Result<Answer<T>, LedgerError> {
        match self {
            Self::New(value) => Ok(Answer { value, at: now, is_repeated: false }),
            Self::Before { sealed, at } => {
                let value = seal.open(&sealed).and_then(|bytes| serde_json::from_slice(&bytes).ok());
                let value = value.ok_or_else(|| LedgerError::unavailable("a kept answer is damaged"))?;
                Ok(Answer { value, at, is_repeated: true })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;
    use crate::invite::token::LedgerKey;
    use crate::invite::{AppToken, Draft, Invite, InviteId, Kind, Redemption, Source, Via};

    /// As it was written; a change that cannot read it any more is a change of [`FORM`].
    const KEPT: &str = r#"[{"id":8347158417931599879,"draft":{"kind":{"Contact":{"contact":{"user":"romeo","host":"example.com"},"username":"juliet"}},"host":"example.com","uses":1,"created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-08T00:00:00Z","groups":["Verona"],"roles":[],"note":"ü","inviter":null,"source":{"Key":"site"},"app_token":{"sealed":[1,2],"expires_at":"2026-01-02T00:00:00Z","is_withdrawing":false}},"used":1,"revoked_at":null,"redemptions":[{"account":"juliet","at":"2026-01-01T00:00:00Z","via":"api"}]}]"#;

    #[test]
    fn an_answer_is_read_as_it_was_kept() {
        let (at, now) = (moment("2026-01-01T00:00:00Z"), moment("2026-01-01T01:00:00Z"));
        let draft = Draft {
            kind: Kind::Contact {
                contact: "romeo@example.com".parse().unwrap(),
                username: Some("juliet".parse().unwrap()),
            },
            host: "example.com".parse().unwrap(),
            uses: 1,
            created_at: at,
            expires_at: moment("2026-01-08T00:00:00Z"),
            groups: vec!["Verona".into()],
            roles: vec![],
            note: Some("ü".into()),
            inviter: None,
            source: Source::Key("site".parse().unwrap()),
            app_token: Some(AppToken {
                sealed: vec![1, 2],
                expires_at: moment("2026-01-02T00:00:00Z"),
                is_withdrawing: false,
            }),
        };
        let redemption = Redemption { account: Some("juliet".parse().unwrap()), at, via: Via::Api };
        let id = InviteId::from_row(8_347_158_417_931_599_879);
        let invite = Invite { used: 1, redemptions: vec![redemption], ..Invite::from((id, draft)) };
        assert_eq!(serde_json::to_string(&[&invite]).unwrap(), KEPT);

        let seal = Seal::new(&LedgerKey::new(&[1; 32]));
        let before = Recorded::<Vec<Invite>>::Before { sealed: seal.close(KEPT.as_bytes()), at };
        assert_eq!(before.open(&seal, now), Ok(Answer { value: vec![invite.clone()], at, is_repeated: true }));
        let new = Recorded::New(vec![invite.clone()]);
        assert_eq!(new.open(&seal, now), Ok(Answer { value: vec![invite], at: now, is_repeated: false }));
        let damaged = Recorded::<Vec<Invite>>::Before { sealed: seal.close(b"{}"), at };
        assert!(damaged.open(&seal, now).is_err());
    }

    #[test]
    fn each_part_tells_a_request_from_others() {
        let seal = Seal::new(&LedgerKey::new(&[1; 32]));
        let of = |parts| Repeatable::new(&seal, parts, b"{}");
        let one = of(["key/site", "/redeem", "1"]);
        assert_eq!(one, of(["key/site", "/redeem", "1"]));
        for other in [["key/other", "/redeem", "1"], ["key/site", "/invites", "1"], ["key/site", "/redeem", "2"]] {
            assert_ne!(one.slot, of(other).slot);
        }
        // An answer of a version that told callers apart by less stays where it is.
        assert_ne!(one.slot, seal.slot(&["answer 2", "key/site", "/redeem", "1"]));
    }
}
