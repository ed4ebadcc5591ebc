//! Looks after the service, once a second: keys, counts, clearing up, watchdog, status, idleness.

use std::pin::pin;
use std::time::{Duration, Instant};

use async_io::Timer;
use jiff::SignedDuration;

use super::in_force::log_certificate;
use super::running::Running;
use crate::clock;
use crate::ledger::LedgerError;
use crate::log::chain;
use crate::server::lifecycle;

/// How often the service looks after itself.
const ROUND: Duration = Duration::from_secs(1);
/// Pending invites are counted anew so often, though nobody asks.
const COUNT_EVERY: Duration = Duration::from_mins(1);
/// Ended invites are forgotten so often.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// Events that could not be sent are kept as long as invites, and at least for so long: longer than they are tried.
const OUTBOX_RETENTION: Duration = Duration::from_hours(7 * 24);
/// The certificate is looked at so often.
const CERTIFICATE_EVERY: Duration = Duration::from_hours(24);
/// A ledger that failed is tried again so often.
const PROBE_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Housekeeper {
    running: Running,
    activated: bool,
    idle: async_channel::Sender<()>,
    /// The status as the service manager has it.
    status: String,
    key_changes: u64,
    has_swept: bool,
}

impl Housekeeper {
    /// `activated` says whether the service manager starts the service again for a connection: then `idle` hears when
    /// nobody needs it.
    pub(super) fn new(running: Running, activated: bool, idle: async_channel::Sender<()>) -> Self {
        Self { running, activated, idle, status: String::new(), key_changes: 0, has_swept: false }
    }

    pub(super) async fn run(mut self) {
        let watchdog = lifecycle::watchdog();
        let pause = watchdog.map_or(ROUND, |most| ROUND.min(most / 3));
        let mut due = Due::default();
        // The start has looked at it.
        due.is(Task::Certificate, CERTIFICATE_EVERY);
        let mut last_request = (self.running.server.requests(), clock::instant());
        let mut has_said_why = false;
        loop {
            let _ = self.running.state_keys.current();
            let changes = self.running.state_keys.changes();
            self.running.metrics.key_reloads.inc_by(changes - std::mem::replace(&mut self.key_changes, changes));
            if due.is(Task::Count, COUNT_EVERY) {
                // What is counted is right without it, and it is tried again.
                let _ = self.running.ledger.count_expired(self.running.ledger.now()).await;
                self.running.counting.count().await;
            }
            // Nothing is forgotten by a clock that is wrong.
            if self.running.ledger.may_judge().is_ok() && due.is(Task::Sweep, SWEEP_EVERY) {
                self.sweep().await;
            }
            if due.is(Task::Certificate, CERTIFICATE_EVERY)
                && let Some(tls) = self.running.server.tls()
            {
                log_certificate(&tls);
            }
            let ledger = &self.running.ledger;
            // A file that was moved away is told of also while nobody writes.
            let must_probe =
                if ledger.trouble().is_some() { due.is(Task::Probe, PROBE_EVERY) } else { ledger.has_moved() };
            if must_probe {
                // How that went is logged by the ledger itself.
                let _ = self.running.ledger.probe().await;
            }
            // A thread that hangs comes round late or never, which is told meanwhile.
            let mut alive = pin!(self.running.is_alive());
            let is_alive = loop {
                self.measure_ledger();
                if let Some(is_alive) = clock::within(ROUND, &mut alive).await {
                    break is_alive;
                }
            };
            if is_alive && watchdog.is_some() {
                lifecycle::alive();
            }
            let status = self.running.status();
            if status != self.status {
                lifecycle::status(&status);
                self.status = status;
            }
            let requests = self.running.server.requests();
            if requests != last_request.0 {
                last_request = (requests, clock::instant());
            }
            let idle_exit = self.running.state.load().settings.idle_exit.filter(|_| self.activated);
            let is_idle = idle_exit.is_some_and(|idle| clock::instant().duration_since(last_request.1) >= idle);
            let needed = if is_idle { self.needed().await } else { None };
            if let Some(reason) = needed {
                if !std::mem::replace(&mut has_said_why, true) {
                    tracing::info!("idle, but {reason}; going on");
                }
            } else if is_idle {
                tracing::info!("idle; the next connection starts the service again");
                let _ = self.idle.send(()).await;
                return;
            }
            Timer::after(pause).await;
        }
    }

    fn measure_ledger(&self) {
        let Running { ledger, metrics, .. } = &self.running;
        metrics.ready.set((ledger.trouble().is_none() && ledger.may_judge().is_ok()).into());
        metrics.ledger_damaged.set(ledger.damaged());
        metrics.ledger_stale_servers.set(ledger.stale_servers());
    }

    /// What there is to do, if there is anything, although nobody calls.
    async fn needed(&self) -> Option<&'static str> {
        let state = self.running.state.load_full();
        if state.settings.component.is_some() {
            return Some("users may call by the component");
        }
        if state.desk.app_tokens.are_asked_about() {
            return Some("an XMPP server asks about the tokens that apps show");
        }
        if state.settings.mail.is_some() && self.running.ledger.is_any_letter_to_be_sent().await.unwrap_or(true) {
            return Some("mail waits to be sent");
        }
        if self.running.ledger.is_anything_to_be_sent().await.unwrap_or(true) {
            return Some("events wait to be sent to webhooks");
        }
        // Their server is looked after, and it is asked what they use.
        state.desk.app_tokens.are_out(state.desk.now()).await.then_some("apps hold tokens, whose use is watched")
    }

    /// Forgets what ended longer ago than it is to be kept.
    async fn sweep(&mut self) {
        match self.forget().await {
            Ok(0) => {}
            Ok(forgotten) => {
                self.running.metrics.forgotten.inc_by(forgotten);
                tracing::info!("{forgotten} invites that ended before ledger.retention were forgotten");
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "cannot forget invites that ended before ledger.retention, will retry");
            }
        }
    }

    /// By a clock that a jump has not carried away; answers a day later than they could be, as it may be off by that much.
    async fn forget(&mut self) -> Result<u64, LedgerError> {
        let ledger = &self.running.ledger;
        let now = ledger.now();
        // At the start the clock may not be set yet.
        if std::mem::replace(&mut self.has_swept, true) {
            ledger.bound_answers(now).await?;
        }
        let sure = ledger.forgetting_clock(now).await?;
        if let Ok(before) = sure.checked_sub(SignedDuration::from_hours(24)) {
            ledger.forget_answers(before).await?;
            ledger.forget_mailboxes(before).await?;
        }
        let retention = self.running.state.load().settings.ledger.retention;
        if let Ok(before) = sure.checked_sub(retention.max(OUTBOX_RETENTION)) {
            let forgotten = ledger.forget_outbox(before).await?;
            if forgotten > 0 {
                tracing::warn!(
                    "{forgotten} events were forgotten that could not be sent to webhooks before ledger.retention"
                );
            }
        }
        match sure.checked_sub(retention) {
            Ok(ended_before) => ledger.sweep(ended_before, now).await,
            Err(_) => Ok(0),
        }
    }
}

/// What is done now and then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Count,
    Sweep,
    Probe,
    Certificate,
}

/// When each task was last done.
#[derive(Default)]
struct Due([Option<Instant>; 4]);

impl Due {
    /// Whether `task` is due; if so, it counts as done.
    fn is(&mut self, task: Task, every: Duration) -> bool {
        let now = clock::instant();
        let last = &mut self.0[task as usize];
        let due = last.is_none_or(|last| now.duration_since(last) >= every);
        if due {
            *last = Some(now);
        }
        due
    }
}
