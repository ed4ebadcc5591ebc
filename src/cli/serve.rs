//! `invited serve`: the service, from its configuration to its last answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use async_io::Timer;
use futures_lite::FutureExt as _;
use jiff::Timestamp;
use tide::listener::Listener as _;

use super::{Global, Outcome, WrongUse, load_tls, refuse, tend};
use crate::app;
use crate::backend::{Backends, State};
use crate::caller::AppState;
use crate::clock;
use crate::component;
use crate::config::value::Listen;
use crate::config::{Credentials, Faults, Purpose, Settings, Sources};
use crate::desk::Desk;
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::ledger::{Census, Ledger};
use crate::log::{self, Event, event};
use crate::metrics::{Metrics, Of};
use crate::pages::register;
use crate::server::lifecycle::{self, Request, Requests};
use crate::server::listen::{self, Role, Socket};
use crate::server::{Listeners, Server};

/// How often the service looks after itself: keys, status, watchdog, idleness.
const TURN: Duration = Duration::from_secs(1);
/// Pending invites are counted anew at most so often.
const COUNT_EVERY: Duration = Duration::from_mins(1);
/// Ended invites are dropped so often.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// A ledger that failed is tried again so often.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// The component had all the time that connections had, and gets as long again as a call to a server takes at most.
const COMPONENT_PATIENCE: Duration = Duration::from_secs(5);

/// Whoever collects metrics is given so long to read them when the service stops.
const METRICS_PATIENCE: Duration = Duration::from_secs(1);

const EXAMPLE: &str = "nothing is configured. Write /etc/invited/config.toml, for example:

public_url = \"https://invite.example.com/\"
[hosts.\"example.com\"]
site_name = \"Example\"
[keys.website]
sha256 = \"…\"   # run: invited key create --id website --declare

Then run `invited check`. For a tour without any configuration, run `invited demo`.";

pub(super) fn run(global: &Global) -> Outcome {
    log::start(global.verbosity);
    let adopted = listen::adopt()?;
    match prepare(global, &adopted) {
        Ok((service, bound)) => {
            let sockets = adopted.into_iter().chain(bound).collect();
            async_std::task::block_on(service.run(sockets, async |_| Ok(())))
        }
        Err(error) => {
            async_std::task::block_on(refuse::all(adopted, &error));
            Err(error)
        }
    }
}

/// The service, and the sockets that are configured, unless systemd passed some.
fn prepare(global: &Global, adopted: &[Socket]) -> anyhow::Result<(Service, Vec<Socket>)> {
    let merged = global.merge();
    if !merged.is_configured() {
        return Err(WrongUse(EXAMPLE.into()).into());
    }
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Serve)?;
    if adopted.iter().any(|socket| socket.role == Role::Https) && settings.tls.is_none() {
        return Err(WrongUse("systemd passed a socket named https, and [tls] is not configured".into()).into());
    }
    let bound = bind(&settings, adopted)?;
    Ok((Service::start(settings, global.sources.clone())?, bound))
}

/// What is configured. Where systemd passed sockets, these are all; but for metrics, if none of them is for these.
fn bind(settings: &Settings, adopted: &[Socket]) -> anyhow::Result<Vec<Socket>> {
    // Behind a socket file there is a proxy, which speaks TLS itself.
    let role = |listen: &Listen| match listen {
        Listen::Tcp(_) if settings.tls.is_some() => Role::Https,
        Listen::Tcp(_) | Listen::Unix(_) => Role::Http,
    };
    let public = settings.listen.iter().filter(|_| adopted.is_empty());
    let has_metrics = adopted.iter().any(|socket| socket.role == Role::Metrics);
    let metrics = settings.metrics.listen.iter().filter(|_| !has_metrics);
    let public = public.map(|listen| listen::bind(listen, role(listen)));
    Ok(public.chain(metrics.map(|listen| listen::bind(listen, Role::Metrics))).collect::<Result<_, _>>()?)
}

/// A service that is ready to run.
pub(super) struct Service {
    sources: Sources,
    server: Server<Arc<AppState>>,
    metrics_server: Server<Arc<Metrics>>,
    metrics: Arc<Metrics>,
    state_keys: Arc<StateKeys>,
    ledger: Ledger,
    state: Arc<ArcSwap<AppState>>,
    pending: Arc<AtomicU64>,
    component: Arc<component::Health>,
}

impl Service {
    /// Opens the ledger and reads the keys.
    pub(super) fn start(settings: Settings, sources: Sources) -> anyhow::Result<Self> {
        let ledger = Ledger::open(&settings.ledger)?;
        let state_keys = Arc::new(StateKeys::new(&settings.state_dir));
        let _ = state_keys.current();
        let server = Server::new(settings.http.clone());
        let tls = load_tls(&settings)?;
        server.replace_tls(tls);
        let keys = KeyRing::new(&settings.keys, Arc::clone(&state_keys));
        tell(&settings);
        let metrics = Arc::new(Metrics::new(ledger.commits().clone()));
        let metrics_server = Server::new(settings.http.clone());
        let backends = Arc::new(Backends::new(&settings.hosts, None, &metrics));
        let settings = Arc::new(settings);
        let desk = Desk::new(Arc::clone(&settings), keys, backends, ledger.clone(), Arc::clone(&metrics));
        let state = Arc::new(ArcSwap::from_pointee(AppState { desk, settings }));
        let (pending, component) = (Arc::default(), Arc::default());
        Ok(Self { sources, server, metrics_server, metrics, state_keys, ledger, state, pending, component })
    }

    /// Serves until it is told to stop. `started` is called when requests are answered.
    pub(super) async fn run(self, sockets: Vec<Socket>, started: impl AsyncFnOnce(&Self) -> Outcome) -> Outcome {
        let activated = sockets.iter().any(|socket| socket.adopted);
        let mut requests = Requests::catch().context("cannot catch signals")?;
        let (metrics, public): (Vec<_>, _) = sockets.into_iter().partition(|socket| socket.role == Role::Metrics);
        let app = app::build(self.state.load_full(), Arc::clone(&self.metrics));
        let mut listeners = app.bind(Listeners::new(&self.server, public)).await?;
        let places: Vec<_> = listeners.info().iter().map(ToString::to_string).collect();
        let app = app::build_metrics(Arc::clone(&self.metrics));
        let mut metrics = app.bind(Listeners::new(&self.metrics_server, metrics)).await?;
        for place in metrics.info() {
            ::log::info!("metrics on {place}");
        }
        let accepting = async_std::task::spawn(async move { listeners.accept().await });
        let accepting_metrics = async_std::task::spawn(async move { metrics.accept().await });

        let (idle, idled) = async_channel::bounded(1);
        let housekeeper = Housekeeper {
            service: self.handle(),
            activated,
            idle,
            told: String::new(),
            key_changes: 0,
            counted_at: clock::now(),
        };
        let status = housekeeper.service.status();
        ::log::info!("listening on {}; {status}", places.join(", "));
        lifecycle::ready(&status);
        async_std::task::spawn(housekeeper.run());
        async_std::task::spawn(tend::run(Arc::clone(&self.state)));
        let (going, stop) = async_channel::bounded(1);
        let component =
            async_std::task::spawn(component::run(Arc::clone(&self.state), Arc::clone(&self.component), stop));
        started(&self).await?;

        loop {
            let idle = async {
                match idled.recv().await {
                    Ok(()) => Request::Stop,
                    Err(_) => std::future::pending().await,
                }
            };
            match requests.next().or(idle).await {
                Request::Reload => self.reload(),
                Request::Stop => break,
            }
        }
        lifecycle::stopping("answering what is in flight");
        ::log::info!("stopping; answering what is in flight");
        let patience = self.state.load().settings.http.drain_timeout.0;
        drop(going);
        let hurried = async {
            while requests.next().await != Request::Stop {}
            usize::MAX
        };
        let left = self.server.drain(accepting, patience).or(hurried).await;
        match left {
            0 => {}
            usize::MAX => ::log::warn!("told to stop twice; not waiting for what is in flight"),
            left => ::log::warn!("{left} connections were still open after drain_timeout"),
        }
        if left != usize::MAX {
            clock::within(COMPONENT_PATIENCE, component).await;
        }
        self.metrics_server.drain(accepting_metrics, METRICS_PATIENCE).await;
        self.ledger.close();
        ::log::info!("stopped");
        Ok(())
    }

    fn handle(&self) -> Handle {
        Handle {
            server: self.server.clone(),
            metrics: Arc::clone(&self.metrics),
            state_keys: Arc::clone(&self.state_keys),
            ledger: self.ledger.clone(),
            state: Arc::clone(&self.state),
            pending: Arc::clone(&self.pending),
            component: Arc::clone(&self.component),
        }
    }

    /// Reads everything again; all of it is right and put in force, or nothing changes.
    fn reload(&self) {
        lifecycle::reloading();
        match self.read_again() {
            Ok(()) => event(&Event::Reloaded),
            Err(error) => {
                event(&Event::ReloadRefused);
                match error.downcast_ref::<Faults>() {
                    Some(Faults(faults)) => faults.iter().for_each(|fault| ::log::error!("{fault}")),
                    None => ::log::error!("{error:#}"),
                }
            }
        }
        lifecycle::ready(&self.handle().status());
    }

    fn read_again(&self) -> Outcome {
        let settings = self.sources.merge().settings(&Credentials::from_environment(), Purpose::Serve)?;
        let tls = load_tls(&settings)?;
        let state = self.state.load_full();
        let before = &state.settings;
        for (what, changed) in [
            ("listen", settings.listen != before.listen),
            ("metrics.listen", settings.metrics.listen != before.metrics.listen),
            ("state_dir", settings.state_dir != before.state_dir),
            ("ledger.url", settings.ledger.url != before.ledger.url),
            ("ledger.key_file", settings.ledger.key_file != before.ledger.key_file),
            ("tls", settings.tls.is_some() != before.tls.is_some()),
        ] {
            if changed {
                ::log::warn!("{what} has changed, and needs a restart");
            }
        }
        tell(&settings);
        let limits = settings.http.clone();
        let keys = KeyRing::new(&settings.keys, Arc::clone(&self.state_keys));
        let settings = Arc::new(settings);
        let desk = state.desk.renewed(Arc::clone(&settings), keys);
        let state = Arc::new(AppState { desk, settings });
        self.state.store(Arc::clone(&state));
        if tls.is_some() {
            self.server.replace_tls(tls);
        }
        self.server.replace(app::build(state, Arc::clone(&self.metrics)), limits);
        self.metrics.key_reloads.inc();
        Ok(())
    }
}

/// Tells the admin what to know of a configuration that comes into force.
fn tell(settings: &Settings) {
    for notice in &settings.notices {
        ::log::warn!("{notice}");
    }
    for (host, why) in register::not_offered(settings) {
        ::log::info!("no sign-up form on {host}: {why}");
    }
}

/// What the housekeeper sees of the service.
struct Handle {
    server: Server<Arc<AppState>>,
    metrics: Arc<Metrics>,
    state_keys: Arc<StateKeys>,
    ledger: Ledger,
    state: Arc<ArcSwap<AppState>>,
    /// How many invites were pending when they were last counted.
    pending: Arc<AtomicU64>,
    component: Arc<component::Health>,
}

impl Handle {
    /// One line about how it goes.
    fn status(&self) -> String {
        let AppState { desk, settings } = &**self.state.load();
        let hosts: Vec<_> = settings.hosts.keys().map(ToString::to_string).collect();
        let keys = desk.access.key_count();
        let pending = self.pending.load(Ordering::Relaxed);
        let plural = if keys == 1 { "" } else { "s" };
        let mut status = format!("serving {}; {keys} key{plural}; {pending} pending", hosts.join(", "));
        for (host, _, state) in desk.health.hosts() {
            if let Some(State::Away(why)) = state {
                status = format!("{status}; the XMPP server of {host} is away ({why})");
            }
        }
        if let Some(trouble) = self.component.trouble() {
            status = format!("{status}; {trouble}");
        }
        match self.ledger.trouble() {
            Some(trouble) => format!("{status}; {trouble}"),
            None => status,
        }
    }
}

/// Looks after the service, once a second.
struct Housekeeper {
    service: Handle,
    activated: bool,
    idle: async_channel::Sender<()>,
    told: String,
    key_changes: u64,
    counted_at: Timestamp,
}

impl Housekeeper {
    async fn run(mut self) {
        let watchdog = lifecycle::watchdog();
        let turn = watchdog.map_or(TURN, |most| TURN.min(most / 3));
        let mut due = Due::default();
        let mut last_request = (self.service.server.requests(), clock::instant());
        let mut told_needed = false;
        loop {
            let _ = self.service.state_keys.current();
            let changes = self.service.state_keys.changes();
            self.service.metrics.key_reloads.inc_by(changes - std::mem::replace(&mut self.key_changes, changes));
            if due.is(Task::Count, COUNT_EVERY) {
                self.count().await;
            }
            if due.is(Task::Sweep, SWEEP_EVERY) {
                self.sweep().await;
            }
            if self.service.ledger.trouble().is_some() && due.is(Task::Probe, PROBE_EVERY) {
                // Whether it worked is told by the ledger itself.
                let _ = self.service.ledger.probe().await;
            }
            // A request would be answered: the accept loops and the ledger come round.
            let turns = self.service.server.turn().await && self.service.ledger.heartbeat().await.is_ok();
            if turns && watchdog.is_some() {
                lifecycle::alive();
            }
            let status = self.service.status();
            if status != self.told {
                lifecycle::status(&status);
                self.told = status;
            }
            let requests = self.service.server.requests();
            if requests != last_request.0 {
                last_request = (requests, clock::instant());
            }
            let idle_exit = self.service.state.load().settings.idle_exit.filter(|_| self.activated);
            let is_idle = idle_exit.is_some_and(|idle| clock::instant().duration_since(last_request.1) >= idle);
            let needed = if is_idle { self.needed().await } else { None };
            if let Some(reason) = needed {
                if !std::mem::replace(&mut told_needed, true) {
                    ::log::info!("idle, but {reason}; going on");
                }
            } else if is_idle {
                ::log::info!("idle; the next connection starts the service again");
                let _ = self.idle.send(()).await;
                return;
            }
            Timer::after(turn).await;
        }
    }

    /// What there is to do, if there is anything, although nobody calls.
    async fn needed(&self) -> Option<&'static str> {
        let state = self.service.state.load_full();
        if state.settings.component.is_some() {
            return Some("users may call by the component");
        }
        // Their server is looked after, and it is asked what they use.
        state.desk.app_tokens.are_out(clock::now()).await.then_some("apps hold tokens, whose use is watched")
    }

    /// Counts what is pending, and what expired since it was last counted.
    async fn count(&mut self) {
        let now = clock::now();
        let Ok(census) = self.service.ledger.census(self.counted_at, now).await else { return };
        let metrics = &self.service.metrics;
        metrics.pending.clear();
        for Census { host, source, pending, expired } in &census {
            let of = Of { host: host.to_string(), key: source.label() };
            // Users are counted together.
            metrics.pending.get_or_create(&of).inc_by(*pending);
            if *expired > 0 {
                metrics.expired.get_or_create(&of).inc_by(*expired);
            }
        }
        self.counted_at = now;
        self.service.pending.store(census.iter().map(|one| one.pending).sum(), Ordering::Relaxed);
    }

    async fn sweep(&self) {
        let retention = self.service.state.load().settings.ledger.retention;
        let Ok(ended_before) = clock::now().checked_sub(retention) else { return };
        match self.service.ledger.sweep(ended_before, clock::now()).await {
            Ok(0) => {}
            Ok(dropped) => ::log::info!("{dropped} invites that ended long ago were dropped"),
            Err(error) => ::log::warn!("error":% = error; "invites that ended long ago are not dropped"),
        }
    }
}

/// What is done now and then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Count,
    Sweep,
    Probe,
}

/// When each task was last done.
#[derive(Default)]
struct Due([Option<std::time::Instant>; 3]);

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
