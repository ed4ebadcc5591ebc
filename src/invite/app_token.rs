//! App tokens: a token of the host's XMPP server, with which an app signs up. Each holds one use of its invite, at a
//! server that does not ask the ledger; so whoever else wants that use has to know first what became of the token.
//!
//! [`next`] is the life of a token, all of it: what happens in which state, what is done about it, and what the state is
//! then. It decides and does nothing; the desk raises the events and does the actions. A server that does not answer is
//! no event: the state stays, and the server is asked again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Invite, Source, Status};

/// A token of the host's server, with which an app can use an invite once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppToken {
    /// The token, sealed under the ledger key.
    pub sealed: Vec<u8>,
    /// Until when the server takes it.
    pub expires_at: Timestamp,
    /// Whether it is being withdrawn: nobody is given it any more.
    pub is_withdrawing: bool,
}

/// How an invite and its app token stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTokenState {
    /// No token is out, and one may be minted: the invite can be redeemed.
    Absent,
    /// No token is out, and none will be: the invite has ended.
    Ended,
    /// Apps are given it.
    Live,
    /// Apps are given it, and it is all of the invite: the server created both.
    Adopted,
    /// Nobody is given it any more. Whether an app was first is not known yet.
    Withdrawing,
    /// It has expired, and what became of it is not known yet.
    Expired,
    /// The same, and it no longer matters: the invite has ended, too.
    Moot,
    /// The use that it holds is reserved for a guest on the web.
    Reserved,
}

impl AppTokenState {
    /// As it is at `now`, as far as the invite shows: of reservations the ledger alone knows.
    #[must_use]
    pub fn of(invite: &Invite, now: Timestamp) -> Self {
        let is_pending = invite.status(now) == Status::Pending;
        match &invite.draft.app_token {
            None if is_pending => Self::Absent,
            None => Self::Ended,
            Some(token) if now >= token.expires_at && is_pending => Self::Expired,
            Some(token) if now >= token.expires_at => Self::Moot,
            Some(token) if token.is_withdrawing => Self::Withdrawing,
            Some(_) if invite.draft.source == Source::Server => Self::Adopted,
            Some(_) => Self::Live,
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTokenEvent {
    /// Somebody opens the invite who may want to use it in an app.
    Wanted,
    /// The server has minted a token.
    Minted,
    /// It has to be known what became of a token that nobody is given any more: another use depends on it.
    Reconcile,
    /// Nobody is to use it: the invite was changed, has ended, or a program takes the use.
    Withdraw,
    /// Asked to begin a withdrawal: the host has no server any more, or the token cannot be read.
    NoServer,
    /// Asked to begin a withdrawal: this server withdraws no tokens.
    CannotWithdraw,
    /// Asked to begin a withdrawal: the ledger has noted that it begins.
    Marked,
    /// Asked to begin a withdrawal: the token is somebody else's to end, by a reservation or otherwise.
    Held,
    /// The server had it, unused, and has it no longer.
    Withdrawn,
    /// The server had none to withdraw.
    NotThere,
    /// The server says that it can be used.
    FoundLive,
    /// The server says that it was used.
    FoundUsed,
    /// The server says that nobody has used it and nobody can.
    FoundUnused,
    /// The guest for whom it was reserved has what the invite is for.
    Created,
    /// The guest has not, and the server has not touched the token.
    NothingDone,
    /// The guest has not, and the server says nothing about tokens.
    Untold,
    /// The same, but for this: it refused the token itself.
    TokenRefused,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTokenAction {
    /// Nothing.
    Leave,
    /// Have the server mint a token; then [`AppTokenEvent::Minted`].
    Mint,
    /// Keep the minted token in the ledger.
    Keep,
    /// Withdraw the minted token: nobody has got it.
    WithdrawMinted,
    /// Note in the ledger that the token is being withdrawn, if its server can; then one of four events.
    BeginWithdrawal,
    /// Have the server withdraw it; then [`AppTokenEvent::Withdrawn`] or [`AppTokenEvent::NotThere`].
    Withdraw,
    /// Ask the server what became of it.
    LookUp,
    /// Record that an app has used it, and forget it.
    RecordUse,
    /// Forget it: nobody has used it, or it no longer matters.
    Forget,
    /// Revoke the invite, unless guests are using it, and forget the token.
    Revoke,
    /// Refuse: an app may use it until it expires.
    Refuse,
    /// Give up for now: the server has not done what it was asked for.
    TryLater,
    /// Record that the guest has redeemed the reserved use; the token is gone with it.
    Redeem,
    /// Release the reserved use; the token stays.
    Release,
    /// Release the reserved use, and forget the token.
    ReleaseTokenGone,
}

/// What `event` does to a token in `state`: the state after it, and what is to be done. Where that leaves no token out,
/// [`AppTokenState::Absent`] stands for [`AppTokenState::Ended`], too: whether the invite has uses left is not the token's to say.
#[must_use]
pub fn next(state: AppTokenState, event: AppTokenEvent) -> (AppTokenState, AppTokenAction) {
    use AppTokenAction::{
        BeginWithdrawal, Forget, Keep, Leave, LookUp, Mint, RecordUse, Redeem, Refuse, Release, ReleaseTokenGone,
        Revoke, TryLater, Withdraw, WithdrawMinted,
    };
    use AppTokenState::{Absent, Adopted, Ended, Expired, Live, Moot, Reserved, Withdrawing};
    match event {
        AppTokenEvent::Wanted => match state {
            Absent => (Absent, Mint),
            // At most one is out, and of one that nobody is given it has to be known first what became of it.
            Ended | Live | Adopted | Withdrawing | Expired | Moot | Reserved => (state, Leave),
        },
        AppTokenEvent::Minted => match state {
            Absent => (Live, Keep),
            // Somebody was faster, or the invite has ended in the meantime.
            Ended | Live | Adopted | Withdrawing | Expired | Moot | Reserved => (state, WithdrawMinted),
        },
        AppTokenEvent::Reconcile => match state {
            Withdrawing | Expired | Moot => (state, BeginWithdrawal),
            Absent | Ended | Live | Adopted | Reserved => (state, Leave),
        },
        AppTokenEvent::Withdraw => match state {
            Live | Adopted | Withdrawing | Expired | Moot => (state, BeginWithdrawal),
            Absent | Ended | Reserved => (state, Leave),
        },
        AppTokenEvent::NoServer => match state {
            Live | Adopted | Withdrawing | Expired => (Absent, Forget),
            Moot => (Ended, Forget),
            Absent | Ended | Reserved => (state, Leave),
        },
        AppTokenEvent::CannotWithdraw => match state {
            Live | Adopted | Withdrawing => (state, Refuse),
            // Nobody will ever know whether it was used; where that matters, it counts as used.
            Expired => (Absent, RecordUse),
            Moot => (Ended, Forget),
            Absent | Ended | Reserved => (state, Leave),
        },
        AppTokenEvent::Marked => match state {
            Live | Adopted | Withdrawing | Expired | Moot => (Withdrawing, Withdraw),
            Absent | Ended | Reserved => (state, Leave),
        },
        AppTokenEvent::Held => match state {
            Live | Adopted | Withdrawing | Expired | Moot => (Reserved, Leave),
            Absent | Ended | Reserved => (state, Leave),
        },
        AppTokenEvent::Withdrawn => match state {
            Withdrawing => (Absent, Forget),
            Absent | Ended | Live | Adopted | Expired | Moot | Reserved => (state, Leave),
        },
        AppTokenEvent::NotThere => match state {
            Withdrawing => (Withdrawing, LookUp),
            Absent | Ended | Live | Adopted | Expired | Moot | Reserved => (state, Leave),
        },
        AppTokenEvent::FoundLive => match state {
            Withdrawing => (Withdrawing, TryLater),
            Reserved => (Live, Release),
            Absent | Ended | Live | Adopted | Expired | Moot => (state, Leave),
        },
        AppTokenEvent::FoundUsed => match state {
            Live | Adopted | Withdrawing | Expired | Moot | Reserved => (Absent, RecordUse),
            Absent | Ended => (state, Leave),
        },
        AppTokenEvent::FoundUnused => match state {
            // Whoever opens the invite again gets another one.
            Live | Withdrawing | Expired => (Absent, Forget),
            Moot => (Ended, Forget),
            Adopted => (Ended, Revoke),
            // Used up for an account that was not created, or ended by somebody else: nobody has that use.
            Reserved => (Absent, ReleaseTokenGone),
            Absent | Ended => (state, Leave),
        },
        AppTokenEvent::Created => match state {
            Reserved => (Absent, Redeem),
            Absent | Ended | Live | Adopted | Withdrawing | Expired | Moot => (state, Leave),
        },
        AppTokenEvent::NothingDone | AppTokenEvent::Untold => match state {
            Reserved => (Live, Release),
            Absent | Ended | Live | Adopted | Withdrawing | Expired | Moot => (state, Leave),
        },
        AppTokenEvent::TokenRefused => match state {
            // A server that is never to be asked has refused the token itself: an app was there before.
            Reserved => (Absent, RecordUse),
            Absent | Ended | Live | Adopted | Withdrawing | Expired | Moot => (state, Leave),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::invite::InviteId;
    use crate::invite::tests::{draft, moment};

    const STATES: [AppTokenState; 8] = [
        AppTokenState::Absent,
        AppTokenState::Ended,
        AppTokenState::Live,
        AppTokenState::Adopted,
        AppTokenState::Withdrawing,
        AppTokenState::Expired,
        AppTokenState::Moot,
        AppTokenState::Reserved,
    ];

    const EVENTS: [AppTokenEvent; 17] = [
        AppTokenEvent::Wanted,
        AppTokenEvent::Minted,
        AppTokenEvent::Reconcile,
        AppTokenEvent::Withdraw,
        AppTokenEvent::NoServer,
        AppTokenEvent::CannotWithdraw,
        AppTokenEvent::Marked,
        AppTokenEvent::Held,
        AppTokenEvent::Withdrawn,
        AppTokenEvent::NotThere,
        AppTokenEvent::FoundLive,
        AppTokenEvent::FoundUsed,
        AppTokenEvent::FoundUnused,
        AppTokenEvent::Created,
        AppTokenEvent::NothingDone,
        AppTokenEvent::Untold,
        AppTokenEvent::TokenRefused,
    ];

    /// Every pair of a state and an event: what is done, and the state after it if that is another one.
    #[test]
    fn the_table_is_this_one() {
        let mut table = String::new();
        for event in EVENTS {
            writeln!(table, "{event:?}").unwrap();
            for state in STATES {
                let (after, action) = next(state, event);
                let arrow = if after == state { String::new() } else { format!(" -> {after:?}") };
                if (after, action) != (state, AppTokenAction::Leave) {
                    writeln!(table, "  {state:?}: {action:?}{arrow}").unwrap();
                }
            }
        }
        let expected = "\
Wanted
  Absent: Mint
Minted
  Absent: Keep -> Live
  Ended: WithdrawMinted
  Live: WithdrawMinted
  Adopted: WithdrawMinted
  Withdrawing: WithdrawMinted
  Expired: WithdrawMinted
  Moot: WithdrawMinted
  Reserved: WithdrawMinted
Reconcile
  Withdrawing: BeginWithdrawal
  Expired: BeginWithdrawal
  Moot: BeginWithdrawal
Withdraw
  Live: BeginWithdrawal
  Adopted: BeginWithdrawal
  Withdrawing: BeginWithdrawal
  Expired: BeginWithdrawal
  Moot: BeginWithdrawal
NoServer
  Live: Forget -> Absent
  Adopted: Forget -> Absent
  Withdrawing: Forget -> Absent
  Expired: Forget -> Absent
  Moot: Forget -> Ended
CannotWithdraw
  Live: Refuse
  Adopted: Refuse
  Withdrawing: Refuse
  Expired: RecordUse -> Absent
  Moot: Forget -> Ended
Marked
  Live: Withdraw -> Withdrawing
  Adopted: Withdraw -> Withdrawing
  Withdrawing: Withdraw
  Expired: Withdraw -> Withdrawing
  Moot: Withdraw -> Withdrawing
Held
  Live: Leave -> Reserved
  Adopted: Leave -> Reserved
  Withdrawing: Leave -> Reserved
  Expired: Leave -> Reserved
  Moot: Leave -> Reserved
Withdrawn
  Withdrawing: Forget -> Absent
NotThere
  Withdrawing: LookUp
FoundLive
  Withdrawing: TryLater
  Reserved: Release -> Live
FoundUsed
  Live: RecordUse -> Absent
  Adopted: RecordUse -> Absent
  Withdrawing: RecordUse -> Absent
  Expired: RecordUse -> Absent
  Moot: RecordUse -> Absent
  Reserved: RecordUse -> Absent
FoundUnused
  Live: Forget -> Absent
  Adopted: Revoke -> Ended
  Withdrawing: Forget -> Absent
  Expired: Forget -> Absent
  Moot: Forget -> Ended
  Reserved: ReleaseTokenGone -> Absent
Created
  Reserved: Redeem -> Absent
NothingDone
  Reserved: Release -> Live
Untold
  Reserved: Release -> Live
TokenRefused
  Reserved: RecordUse -> Absent
";
        assert_eq!(table, expected);
    }

    /// Nothing but a token that is kept leads out of the states without one, and whatever ends a token leads there.
    #[test]
    fn a_token_ends_once() {
        let is_out = |state| !matches!(state, AppTokenState::Absent | AppTokenState::Ended);
        for (state, event) in STATES.into_iter().flat_map(|state| EVENTS.map(|event| (state, event))) {
            let (after, action) = next(state, event);
            let ends = matches!(
                action,
                AppTokenAction::RecordUse
                    | AppTokenAction::Forget
                    | AppTokenAction::Revoke
                    | AppTokenAction::Redeem
                    | AppTokenAction::ReleaseTokenGone
            );
            assert_eq!(ends, is_out(state) && !is_out(after), "{state:?}, {event:?}");
            assert_eq!(action == AppTokenAction::Keep, !is_out(state) && is_out(after), "{state:?}, {event:?}");
        }
    }

    /// Whoever is told that a use is free, or gets it, is told so after the token is known to be out of the way.
    #[test]
    fn a_withdrawal_forgets_nothing_before_the_server_has_answered() {
        for event in [AppTokenEvent::Reconcile, AppTokenEvent::Withdraw, AppTokenEvent::Marked, AppTokenEvent::NotThere]
        {
            for state in STATES {
                assert!(
                    matches!(
                        next(state, event).1,
                        AppTokenAction::Leave
                            | AppTokenAction::BeginWithdrawal
                            | AppTokenAction::Withdraw
                            | AppTokenAction::LookUp
                    ),
                    "{state:?}, {event:?}"
                );
            }
        }
    }

    #[test]
    fn the_state_is_read_from_the_invite() {
        let (now, end) = (moment("2026-01-02T00:00:00Z"), moment("2026-01-03T00:00:00Z"));
        let mut invite = Invite::from((InviteId::after(None, now, 0), draft()));
        let over = |invite: &Invite| Invite { revoked_at: Some(now), ..invite.clone() };
        assert_eq!(
            (AppTokenState::of(&invite, now), AppTokenState::of(&over(&invite), now)),
            (AppTokenState::Absent, AppTokenState::Ended)
        );
        invite.draft.app_token = Some(AppToken { sealed: vec![], expires_at: end, is_withdrawing: false });
        assert_eq!(
            (AppTokenState::of(&invite, now), AppTokenState::of(&over(&invite), now)),
            (AppTokenState::Live, AppTokenState::Live)
        );
        assert_eq!(
            (AppTokenState::of(&invite, end), AppTokenState::of(&over(&invite), end)),
            (AppTokenState::Expired, AppTokenState::Moot)
        );
        let mut own = invite.clone();
        own.draft.source = Source::Server;
        assert_eq!(
            (AppTokenState::of(&own, now), AppTokenState::of(&own, end)),
            (AppTokenState::Adopted, AppTokenState::Expired)
        );
        invite.draft.app_token.as_mut().unwrap().is_withdrawing = true;
        assert_eq!(
            (AppTokenState::of(&invite, now), AppTokenState::of(&invite, end)),
            (AppTokenState::Withdrawing, AppTokenState::Expired)
        );
    }
}
