//! Whatever comes in whatever order, and wherever it crashes: never more redemptions than uses, never by a name that may
//! not, and what was answered is there.
//!
//! Random histories run against a real ledger and beside it against a plain model, which says of each call whether it
//! must succeed. After every step the ledger must hold what the model holds, to the last field. The rules are the same in
//! SQLite and in PostgreSQL.

use crate::common::postgres;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use futures_lite::future::{self, Boxed, FutureExt as _, block_on};
use invited::config::{LedgerSettings, LedgerUrl};
use invited::invite::name::{HostName, Jid, Username};
use invited::invite::{Change, Draft, Invite, InviteId, Inviter, Kind, Redemption, Source, Status, Via};
use invited::ledger::{Filter, InvitedAccount, Ledger, TreeFilter};
use jiff::{SignedDuration, Timestamp};
use postgres::Postgres;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tempfile::TempDir;

const CASES: u32 = 64;
const HOSTS: [&str; 2] = ["example.com", "example.org"];
const NAMES: [&str; 3] = ["romeo", "juliet", "nurse"];

/// A call; invites are picked among those that there are.
#[derive(Clone, Debug)]
enum Call {
    Create { host: usize, kind: NewKind, uses: u32, hours: i64 },
    Redeem { pick: Index, account: Option<usize> },
    Change { pick: Index, uses: Option<u32>, revoked: Option<bool>, hours: Option<i64> },
    Revoke { pick: Index },
}

#[derive(Clone, Debug)]
enum NewKind {
    Open,
    Bound(usize),
    Contact(Option<usize>),
    Reset(usize),
}

#[derive(Clone, Debug)]
enum Step {
    /// Calls that are under way at once.
    Calls(Vec<Call>),
    /// Time goes by.
    Later { hours: i64 },
    /// What ended so long ago is dropped.
    Sweep { hours: i64 },
    /// The power fails when so many of the calls are answered and the others are under way.
    Crash { calls: Vec<Call>, answered: usize },
    /// The ledger is left without being closed, and opened again.
    Reopen,
}

fn a_call() -> impl Strategy<Value = Call> {
    let name = 0..NAMES.len();
    let kind = prop_oneof![
        3 => Just(NewKind::Open),
        2 => name.clone().prop_map(NewKind::Bound),
        1 => option::of(name.clone()).prop_map(NewKind::Contact),
        1 => name.clone().prop_map(NewKind::Reset),
    ];
    let create = (0..HOSTS.len(), kind, 1..4_u32, 1..72_i64);
    let change = (any::<Index>(), option::of(1..4_u32), option::of(any::<bool>()), option::of(-2..72_i64));
    prop_oneof![
        3 => create.prop_map(|(host, kind, uses, hours)| Call::Create { host, kind, uses, hours }),
        6 => (any::<Index>(), option::of(name)).prop_map(|(pick, account)| Call::Redeem { pick, account }),
        2 => change.prop_map(|(pick, uses, revoked, hours)| Call::Change { pick, uses, revoked, hours }),
        1 => any::<Index>().prop_map(|pick| Call::Revoke { pick }),
    ]
}

fn a_history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => vec(a_call(), 1..8).prop_map(Step::Calls),
        2 => (1..30_i64).prop_map(|hours| Step::Later { hours }),
        1 => (0..30_i64).prop_map(|hours| Step::Sweep { hours }),
        1 => (vec(a_call(), 1..8), 0..8_usize).prop_map(|(calls, answered)| Step::Crash { calls, answered }),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..24)
}

/// A [`Call`] with its invite picked.
#[derive(Clone, Debug)]
enum Ask {
    Create(Box<Draft>),
    Redeem(InviteId, Option<Username>),
    Change(InviteId, Change),
    Revoke(InviteId),
}

/// What the ledger answers: the invite as it is then, or nothing if it refuses.
type Answered = Boxed<Option<Invite>>;

impl Ask {
    fn of(call: Call, model: &Model, now: Timestamp) -> Option<Self> {
        let ids: Vec<_> = model.0.keys().copied().collect();
        let picked = |pick: Index| (!ids.is_empty()).then(|| ids[pick.index(ids.len())]);
        Some(match call {
            Call::Create { host, kind, uses, hours: life } => {
                Self::Create(Box::new(draft(host, &kind, uses, now, hours(life))))
            }
            Call::Redeem { pick, account } => Self::Redeem(picked(pick)?, account.map(name)),
            Call::Change { pick, uses, revoked, hours: life } => {
                let expires_at = life.map(|life| now + hours(life));
                Self::Change(picked(pick)?, Change { note: None, expires_at, uses, revoked })
            }
            Call::Revoke { pick } => Self::Revoke(picked(pick)?),
        })
    }

    fn id(&self) -> Option<InviteId> {
        match self {
            Self::Create(_) => None,
            Self::Redeem(id, _) | Self::Change(id, _) | Self::Revoke(id) => Some(*id),
        }
    }

    fn send(self, ledger: Ledger, now: Timestamp) -> Answered {
        match self {
            Self::Create(draft) => {
                async move { ledger.create(vec![*draft], None, None, now).await.ok()?.value.pop() }.boxed()
            }
            Self::Redeem(id, account) => {
                async move { Some(ledger.redeem(id, account, Via::Api, None, now).await.ok()?.value) }.boxed()
            }
            Self::Change(id, change) => async move { ledger.amend(id, change, None, now).await.ok() }.boxed(),
            Self::Revoke(id) => async move { ledger.revoke(vec![id], now).await.ok()?.pop() }.boxed(),
        }
    }
}

fn draft(host: usize, kind: &NewKind, uses: u32, now: Timestamp, life: SignedDuration) -> Draft {
    let host: HostName = HOSTS[host].parse().unwrap();
    let kind = match *kind {
        NewKind::Open => Kind::Account { username: None },
        NewKind::Bound(bound) => Kind::Account { username: Some(name(bound)) },
        NewKind::Contact(bound) => {
            Kind::Contact { contact: format!("friend@{host}").parse().unwrap(), username: bound.map(name) }
        }
        NewKind::Reset(whose) => Kind::Reset { username: name(whose) },
    };
    let uses = if kind.username().is_some() { 1 } else { uses };
    Draft {
        kind,
        host,
        uses,
        created_at: now,
        expires_at: now + life,
        groups: vec![],
        roles: vec![],
        note: None,
        inviter: None,
        source: Source::Cli,
        app_token: None,
    }
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn name(index: usize) -> Username {
    NAMES[index].parse().unwrap()
}

/// What the ledger must hold.
#[derive(Debug, Default, PartialEq)]
struct Model(BTreeMap<InviteId, Invite>);

impl Model {
    /// Whether another pending invite reserves the name, or an invite was redeemed for it.
    fn is_free(&self, host: &HostName, name: &Username, id: Option<InviteId>, now: Timestamp, redeemed: bool) -> bool {
        self.0.values().filter(|invite| invite.draft.host == *host).all(|invite| {
            let reserves = Some(invite.id) != id
                && invite.draft.kind.reserves() == Some(name)
                && invite.status(now) == Status::Pending;
            let took = redeemed && invite.redemptions.iter().any(|one| one.account.as_ref() == Some(name));
            !reserves && !took
        })
    }

    /// The invite as it must be after `ask`; nothing if that must be refused.
    fn expect(&self, ask: &Ask, answer: Option<&Invite>, now: Timestamp) -> Option<Invite> {
        let mut invite = match ask.id() {
            Some(id) => self.0.get(&id)?.clone(),
            None => Invite { redemptions: vec![], ..answer?.clone() },
        };
        let (id, host, kind) = (invite.id, invite.draft.host.clone(), invite.draft.kind.clone());
        let is_pending = invite.status(now) == Status::Pending;
        match ask {
            Ask::Create(draft) => invite = Invite::from((id, Draft::clone(draft))),
            Ask::Redeem(_, account) => {
                let bound = kind.username();
                let account = account.as_ref().or(bound);
                let is_reset = matches!(kind, Kind::Reset { .. });
                let is_free = is_reset || account.is_none_or(|name| self.is_free(&host, name, Some(id), now, true));
                if !is_pending || (bound.is_some() && bound != account) || !is_free {
                    return None;
                }
                invite.used += 1;
                invite.redemptions.push(Redemption { account: account.cloned(), at: now, via: Via::Api });
            }
            Ask::Change(_, change) => {
                let revives = change.clone().apply(&mut invite, now).ok()?;
                if revives && kind.reserves().is_some_and(|name| !self.is_free(&host, name, Some(id), now, true)) {
                    return None;
                }
            }
            Ask::Revoke(_) if is_pending => invite.revoked_at = Some(now),
            Ask::Revoke(_) => return None,
        }
        Some(invite)
    }

    fn check_answer(&mut self, ask: &Ask, mut answer: Option<Invite>, now: Timestamp) {
        if let (Ask::Redeem(id, _), Some(invite)) = (ask, &mut answer) {
            // It has its own redemption, and no other.
            let earlier = self.0.get(id).map_or(vec![], |before| before.redemptions.clone());
            invite.redemptions.splice(0..0, earlier);
        }
        if let Ask::Create(draft) = ask {
            let Draft { kind, host, .. } = draft.as_ref();
            let is_free = kind.reserves().is_none_or(|name| self.is_free(host, name, None, now, false));
            assert_eq!(answer.is_some(), is_free, "{ask:?}");
        }
        assert_eq!(answer, self.expect(ask, answer.as_ref(), now), "{ask:?}");
        if let Some(invite) = answer {
            self.0.insert(invite.id, invite);
        }
    }

    /// What holds of every ledger, told without asking how it came to be.
    fn check(&self, now: Timestamp) {
        let (mut reserved, mut taken) = (BTreeSet::new(), BTreeSet::new());
        for Invite { draft, used, redemptions, .. } in self.0.values() {
            assert!(*used <= draft.uses, "{used} of {} uses", draft.uses);
            assert_eq!(*used as usize, redemptions.len());
            let bound = draft.kind.username();
            assert!(bound.is_none() || redemptions.iter().all(|redemption| redemption.account.as_ref() == bound));
            if !matches!(draft.kind, Kind::Reset { .. }) {
                for name in redemptions.iter().filter_map(|redemption| redemption.account.as_ref()) {
                    assert!(taken.insert((&draft.host, name)), "{name} has two accounts");
                }
            }
        }
        for invite in self.0.values().filter(|invite| invite.status(now) == Status::Pending) {
            if let Some(name) = invite.draft.kind.reserves() {
                assert!(reserved.insert((&invite.draft.host, name)), "{name} is reserved twice");
            }
        }
    }
}

struct History {
    place: Place,
    ledger: Ledger,
    now: Timestamp,
    model: Model,
    /// Who invited whom, also with invites that were dropped.
    tree: BTreeMap<Jid, InvitedAccount>,
}

/// Where a ledger is. Its key is in the directory.
enum Place {
    Sqlite(TempDir),
    /// In a schema of its own.
    Postgres {
        dir: TempDir,
        url: String,
        server: Rc<Postgres>,
    },
}

impl Place {
    fn open(&self) -> Ledger {
        let (url, dir) = match self {
            Self::Sqlite(dir) => (LedgerUrl::Sqlite(dir.path().join(FILE)), dir),
            Self::Postgres { dir, url, .. } => (LedgerUrl::Postgres(Box::new(url.parse().unwrap())), dir),
        };
        let (key_file, retention) = (dir.path().join(KEY_FILE), Duration::from_hours(1));
        Ledger::open(&LedgerSettings { url, key_file, key: None, retention }).unwrap()
    }
}

const FILE: &str = "ledger.db";
const KEY_FILE: &str = "ledger.key";

impl History {
    fn new(place: Place) -> Self {
        let ledger = place.open();
        Self {
            place,
            ledger,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            model: Model::default(),
            tree: BTreeMap::new(),
        }
    }

    fn run(&mut self, step: Step) {
        self.now += SignedDuration::from_millis(1);
        match step {
            Step::Calls(calls) => {
                let sent = self.send(calls);
                self.check_answers(sent);
            }
            Step::Later { hours: count } => {
                self.now += hours(count);
                // Now and then, as the service does.
                if count % 2 == 0 {
                    block_on(self.ledger.count_expired(self.now)).unwrap();
                }
            }
            Step::Sweep { hours: count } => self.sweep(self.now - hours(count)),
            Step::Crash { calls, answered } => {
                let mut sent = self.send(calls);
                let under_way = sent.split_off(answered.min(sent.len()));
                self.check_answers(sent);
                self.crash(under_way);
            }
            // The writer of the old one may still be at it.
            Step::Reopen => self.ledger = self.place.open(),
        }
        assert_eq!(self.listed(), self.model);
        self.model.check(self.now);
        self.check_tree();
        // Also where the clock is set back.
        for at in [self.now, self.now - hours(1), self.now + hours(1)] {
            self.check_counts(at);
        }
    }

    /// What is counted as it comes is what there is.
    fn check_counts(&self, now: Timestamp) {
        let mut counts = BTreeMap::<_, (u64, u64)>::new();
        for invite in self.model.0.values() {
            let Draft { host, source, .. } = &invite.draft;
            let count = counts.entry((host.clone(), source.to_string())).or_default();
            match invite.status(now) {
                Status::Pending => count.0 += 1,
                Status::Expired => count.1 += 1,
                Status::Redeemed | Status::Revoked => {}
            }
        }
        for (host, source) in counts.keys() {
            let pending: u64 = counts.iter().filter(|((_, other), _)| other == source).map(|(_, count)| count.0).sum();
            let found = block_on(self.ledger.pending_of(source.parse().unwrap(), now)).unwrap();
            assert_eq!(found, pending, "{source} on {host} at {now}");
        }
        counts.retain(|_, count| *count != (0, 0));
        let census = block_on(self.ledger.census(Timestamp::UNIX_EPOCH, now)).unwrap();
        let found = census.into_iter().map(|one| ((one.host, one.source.to_string()), (one.pending, one.expired)));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), counts);
        for status in [Status::Pending, Status::Expired, Status::Redeemed, Status::Revoked] {
            let filter = Filter { status: Some(status), ..Filter::default() };
            let found = block_on(self.ledger.list(filter, 1_000, now)).unwrap().invites;
            let expected: Vec<_> = self.model.0.values().rev().filter(|invite| invite.status(now) == status).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{status} at {now}");
        }
    }

    /// Whoever redeemed an invite for an account was invited with it, and that outlives it.
    fn check_tree(&mut self) {
        for (id, Invite { draft, redemptions, .. }) in &self.model.0 {
            if matches!(draft.kind, Kind::Reset { .. }) {
                continue;
            }
            for Redemption { account, at, .. } in redemptions {
                let Some(user) = account.clone() else { continue };
                let account = Jid { user, host: draft.host.clone() };
                let (inviter, source) = (Inviter::of(draft), draft.source.clone());
                let one = InvitedAccount { account: account.clone(), inviter, source, invite: *id, at: *at };
                self.tree.insert(account, one);
            }
        }
        let found = block_on(self.ledger.tree(TreeFilter::default())).unwrap();
        assert_eq!(found.into_iter().map(|one| (one.account.clone(), one)).collect::<BTreeMap<_, _>>(), self.tree);
    }

    /// Puts all calls into the ledger's queue, in this order, before any answer is waited for.
    fn send(&self, calls: Vec<Call>) -> Vec<(Ask, Answered)> {
        let asks: Vec<_> = calls.into_iter().filter_map(|call| Ask::of(call, &self.model, self.now)).collect();
        let sent = asks.into_iter().map(|ask| {
            let mut answer = ask.clone().send(self.ledger.clone(), self.now);
            match block_on(future::poll_once(&mut answer)) {
                Some(done) => (ask, future::ready(done).boxed()),
                None => (ask, answer),
            }
        });
        sent.collect()
    }

    fn check_answers(&mut self, sent: Vec<(Ask, Answered)>) {
        for (ask, answer) in sent {
            self.model.check_answer(&ask, block_on(answer), self.now);
        }
    }

    fn listed(&self) -> Model {
        let invites = block_on(self.ledger.list(Filter::default(), 1_000, self.now)).unwrap().invites;
        Model(invites.into_iter().map(|invite| (invite.id, invite)).collect())
    }

    /// Only what ended may go.
    fn sweep(&mut self, ended_before: Timestamp) {
        let dropped = block_on(self.ledger.sweep(ended_before, self.now)).unwrap();
        let kept = self.listed();
        let before = self.model.0.len();
        self.model.0.retain(|id, invite| {
            let stays = kept.0.contains_key(id);
            let has_ended = invite.status(ended_before) != Status::Pending;
            assert!(stays || (has_ended && invite.draft.created_at < ended_before), "{invite:?} was dropped");
            stays
        });
        assert_eq!(usize::try_from(dropped).unwrap(), before - self.model.0.len());
    }

    /// Goes on after a crash, at which the calls `under_way` may be done or not.
    fn crash(&mut self, under_way: Vec<(Ask, Answered)>) {
        let (asks, answers): (Vec<_>, Vec<_>) = under_way.into_iter().unzip();
        match &self.place {
            Place::Sqlite(before) => {
                // With a copy of the files as they are.
                let dir = tempfile::tempdir().unwrap();
                // The ledger first: nothing is moved into it from the -wal file in so short a life.
                for file in [FILE, &format!("{FILE}-wal"), KEY_FILE] {
                    match std::fs::copy(before.path().join(file), dir.path().join(file)) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{file}: {error}"),
                        _ => {}
                    }
                }
                self.place = Place::Sqlite(dir);
            }
            Place::Postgres { server, .. } => {
                // Without its connections. What waits is done on new ones, or fails.
                server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'invited'");
                for answer in answers {
                    let _ = block_on(answer);
                }
            }
        }
        self.ledger = self.place.open();
        let under_way: Vec<_> = asks.iter().collect();
        let found = self.listed();
        for (id, invite) in &self.model.0 {
            let now = found.0.get(id).unwrap_or_else(|| panic!("{invite:?} was lost"));
            if under_way.iter().all(|ask| ask.id() != Some(*id)) {
                assert_eq!(now, invite);
            }
            assert!(now.redemptions.starts_with(&invite.redemptions), "{invite:?} lost redemptions: {now:?}");
        }
        let creates = under_way.iter().filter(|ask| ask.id().is_none()).count();
        assert!(found.0.len() <= self.model.0.len() + creates, "there are invites that nobody asked for");
        self.model = found;
    }
}

/// Runs histories, each in a place of its own.
fn check_histories(cases: u32, place: impl Fn() -> Place) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&a_history(), |steps| {
        let mut history = History::new(place());
        for step in steps {
            history.run(step);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_history_keeps_the_promises() {
    check_histories(CASES, || Place::Sqlite(tempfile::tempdir().unwrap()));
}

#[test]
fn any_history_keeps_the_promises_in_postgresql() {
    let server = Rc::new(Postgres::start());
    let count = Cell::new(0);
    check_histories(CASES / 4, || {
        count.set(count.get() + 1);
        let schema = format!("history{}", count.get());
        server.ask(&format!("CREATE SCHEMA {schema}"));
        let url = format!("{}&options=-csearch_path%3D{schema}", server.url());
        Place::Postgres { dir: tempfile::tempdir().unwrap(), url, server: Rc::clone(&server) }
    });
}
