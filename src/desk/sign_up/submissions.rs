//! Forms that were sent: a guest may send the same one twice, and another guest may choose the same name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use sha2::Sha256;

use super::guest::Applicant;
use crate::clock;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Redemption, Via};

/// The same guest may send the same form twice: then the second answer is that of the first, for so long.
const TWICE_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// So many forms are remembered.
const MAX_SUBMISSIONS: usize = 10_000;

/// What was lately sent with which invite for whom. In memory alone, and of a password no more than a MAC under a key
/// that goes with the process: after a restart, and at another node, nobody knows.
pub(in crate::desk) struct Submissions {
    key: [u8; 64],
    sent: Mutex<HashMap<(InviteId, Username), Sent>>,
}

struct Sent {
    password: [u8; 32],
    at: Timestamp,
}

impl Default for Submissions {
    fn default() -> Self {
        let mut key = [0; 64];
        clock::rng().fill_bytes(&mut key);
        Self { key, sent: Mutex::default() }
    }
}

impl Submissions {
    fn mac(&self, password: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new((&self.key).into());
        mac.update(password.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Remembers a form.
    pub(super) fn note(&self, id: InviteId, applicant: Applicant<'_>, now: Timestamp) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= MAX_SUBMISSIONS {
            sent.retain(|_, sent| clock::distance(sent.at, now) < TWICE_WITHIN);
        }
        if sent.len() < MAX_SUBMISSIONS {
            let form = Sent { password: self.mac(applicant.password.reveal()), at: now };
            sent.insert((id, applicant.username.clone()), form);
        }
    }

    /// Whether this is the form that was sent for that name last; nothing if that is not known.
    pub(super) fn is_same(&self, id: InviteId, applicant: Applicant<'_>, now: Timestamp) -> Option<bool> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let form = sent.get(&(id, applicant.username.clone()))?;
        (clock::distance(form.at, now) < TWICE_WITHIN).then(|| form.password == self.mac(applicant.password.reveal()))
    }
}

/// Whether somebody of that name has just been served by our form.
pub(super) fn just_served(invite: &Invite, username: &Username, now: Timestamp) -> bool {
    let is_same = |redemption: &Redemption| {
        redemption.via == Via::Web
            && redemption.account.as_ref() == Some(username)
            && clock::distance(redemption.at, now) < TWICE_WITHIN
    };
    invite.redemptions.iter().any(is_same)
}
