//! What proves from page to page who signed in: a text that is sealed under the ledger key, for a browser to keep. It holds
//! nothing that is secret, and no more than that somebody signed in: what they may do is looked up each time. It ends by itself,
//! when whoever it is for may do something else by now, and by signing out, which the ledger notes: so a copy of it ends as
//! well, at every node, also after a restart.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Manage;
use super::manager::Manager;
use crate::clock;
use crate::invite::Source;
use crate::ledger::{LedgerError, OneTimeUse};
use crate::log::{Event, event};

/// Whoever signed in does so again after this.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// What sessions are sealed for.
const PURPOSE: &str = "session of /manage 1";

/// Under which name the ledger notes that one was closed, beside the ids of tokens that were used.
const CLOSED: &str = "session";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub manager: Manager,
    id: String,
    until: Timestamp,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct SessionRecord {
    id: String,
    who: Source,
    /// Milliseconds since 1970.
    began: i64,
    /// A MAC of what whoever it is for was given when it began.
    given: Vec<u8>,
}

impl Session {
    /// What tells it from all others; nobody guesses it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the ledger notes when it is closed.
    fn closing(&self, now: Timestamp) -> Option<OneTimeUse> {
        Some(OneTimeUse::new(&CLOSED.parse().ok()?, &self.id, self.until, Arc::default(), now))
    }
}

impl Manage {
    /// Opens a session: always a new one.
    pub(super) fn open_session(&self, manager: &Manager, now: Timestamp) -> Option<String> {
        let record = SessionRecord {
            id: clock::random_id(),
            who: manager.caller().source(),
            began: now.as_millisecond(),
            given: self.given_to(manager)?,
        };
        let bytes = serde_json::to_vec(&record).ok()?;
        Some(URL_SAFE_NO_PAD.encode(self.context.ledger.seal().close_as(PURPOSE, &bytes)))
    }

    /// The session that `sealed` is; nothing if it is none, or has ended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn session(&self, sealed: &str, now: Timestamp) -> Result<Option<Session>, LedgerError> {
        let Some(session) = self.unsealed(sealed, now) else { return Ok(None) };
        // One that could not be noted as closed is none.
        let Some(closing) = session.closing(now) else { return Ok(None) };
        Ok(self.context.ledger.may_use(closing).await?.then_some(session))
    }

    /// Closes a session, for everybody who has a copy of it.
    ///
    /// # Errors
    /// When the ledger cannot be written: it goes on.
    pub async fn close_session(&self, session: &Session, now: Timestamp) -> Result<(), LedgerError> {
        if let Some(closing) = session.closing(now)
            && self.context.ledger.use_once(closing).await?
        {
            event(&Event::SessionClosed { manager: &session.manager.label() });
        }
        Ok(())
    }

    fn unsealed(&self, sealed: &str, now: Timestamp) -> Option<Session> {
        let bytes = self.context.ledger.seal().open_as(PURPOSE, &URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        let SessionRecord { id, who, began, given } = serde_json::from_slice(&bytes).ok()?;
        let began = Timestamp::from_millisecond(began).ok()?;
        if clock::distance(began, now) >= SESSION_LIFE {
            return None;
        }
        let manager = self.manager(&who, now)?;
        (self.given_to(&manager)? == given).then(|| Session { manager, id, until: began + SESSION_LIFE })
    }

    /// Who `who` is by the configuration in force, if that one may be signed in at all.
    fn manager(&self, who: &Source, now: Timestamp) -> Option<Manager> {
        let settings = &self.context.settings;
        match who {
            Source::Key(id) => {
                let key = self.access.key(id).filter(|_| settings.manage.keys)?;
                key.settings.expires.is_none_or(|at| now < at).then_some(Manager::Key(key))
            }
            Source::Xmpp(jid) => {
                let rules = settings.hosts.get(&jid.host)?.user_invites.clone()?;
                Some(Manager::User { jid: jid.clone(), rules })
            }
            Source::Cli | Source::Server => None,
        }
    }

    /// A MAC of all that whoever is signed in was given: it is another one as soon as anything about that is.
    fn given_to(&self, manager: &Manager) -> Option<Vec<u8>> {
        let (who, given) = match manager {
            Manager::Key(key) => (key.id.to_string(), key.as_declared()?),
            Manager::User { jid, rules } => (jid.to_string(), format!("{rules:?}")),
        };
        Some(self.context.ledger.seal().slot(&[PURPOSE, manager.label(), &who, &given]))
    }
}
