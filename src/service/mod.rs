//! The service: from its settings to its last answer.
//!
//! | module | what it has |
//! |---|---|
//! | `reload` | another configuration, put in force while requests are answered |
//! | `in_force` | what is done about each configuration that comes into force |
//! | `counting` | what is pending, and has expired |
//! | `housekeeper` | keys, counts, clearing up, watchdog, status, idleness: every second |
//! | `reconciler` | what the XMPP servers need, and what was left undone |
//! | `answerer` | what the XMPP servers ask |
//! | `carriers` | what letters and messages are sent with |
//! | `postman` | links of invites that are mailed, and reminders |
//! | `messenger` | messages to users by the component |
//! | `timekeeper` | how far this node's clock is from the database's |
//! | `running` | what these share, and one line about how it goes |

mod answerer;
mod carriers;
mod counting;
mod housekeeper;
mod in_force;
mod messenger;
mod postman;
mod reconciler;
mod reload;
mod running;
mod timekeeper;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_lite::FutureExt as _;
use tide::listener::Listener as _;

use crate::app;
use crate::backend::Backends;
use crate::caller::AppState;
use crate::clock;
use crate::component;
use crate::config::{HttpSettings, Settings, Sources};
use crate::delivery;
use crate::desk::Desk;
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::ledger::{DEADLINE, Ledger, OpenError};
use crate::metrics::Metrics;
use crate::server::lifecycle::{self, ServiceSignal, ServiceSignals};
use crate::server::listen::{Role, Socket};
use crate::server::{Listeners, Server, TlsConfig};
use counting::Counting;
use housekeeper::Housekeeper;
pub use in_force::{load_tls, state_keys_without_mail, state_within_container};
use in_force::{log_certificate, log_notices, proxies};
use reload::Reloader;
use running::Running;

/// The component had all the time that connections had, and gets as long again as a call to a server takes at most.
const COMPONENT_PATIENCE: Duration = Duration::from_secs(5);

/// What is being sent was told to end when connections were; what has not ended by now is sent again.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(3);

/// Collectors at once; the files that they need are kept from `http.max_connections`.
const MAX_COLLECTORS: u32 = 64;

/// Whoever collects metrics waits so long for what is pending to be counted, and else gets what was counted before.
const COUNT_PATIENCE: Duration = Duration::from_millis(250);

/// Whoever collects metrics is given so long to read them when the service stops.
const METRICS_PATIENCE: Duration = Duration::from_secs(1);

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// A socket cannot be listened on.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

/// A service that is ready to run.
pub struct Service {
    running: Running,
    metrics_server: Server<Arc<Metrics>>,
    reloader: Option<Reloader>,
}

impl Service {
    /// Opens the ledger and reads the keys. `tls` is what [`load_tls`] gave; `sources` are read again on reload; without
    /// any the service stops then, as when a terminal hangs up.
    ///
    /// # Errors
    /// When a person must act.
    pub fn start(
        settings: Settings,
        tls: Option<Arc<TlsConfig>>,
        sources: Option<Sources>,
    ) -> Result<Self, ServeError> {
        let ledger = Ledger::serve(&settings.ledger)?;
        ledger.subscribe(delivery::subscribers(&settings));
        let state_keys = Arc::new(StateKeys::new(&settings.state_dir));
        let _ = state_keys.current();
        let server = Server::new(settings.http.clone(), &settings.trusted_proxies);
        server.replace_tls(tls);
        server.replace_proxies(proxies(&settings));
        let keys = KeyRing::new(&settings.keys, Arc::clone(&state_keys));
        log_notices(&settings, &keys);
        let metrics = Arc::new(Metrics::new(ledger.commits().clone()));
        if let Some(tls) = server.tls() {
            log_certificate(&tls);
            metrics.certificate(tls.expires_at());
        }
        let collectors = settings.http.max_connections.min(MAX_COLLECTORS);
        let limits = HttpSettings { max_connections: collectors, ..settings.http.clone() };
        let metrics_server = Server::new(limits, &settings.trusted_proxies);
        let backends = Arc::new(Backends::new(&settings.hosts, None, &metrics));
        let settings = Arc::new(settings);
        let desk = Desk::new(Arc::clone(&settings), keys, backends, ledger.clone(), Arc::clone(&metrics));
        let state = Arc::new(ArcSwap::from_pointee(AppState { desk, settings, proxies: Arc::default() }));
        let counting = Arc::new(Counting::new(&ledger, &metrics));
        let (component, outlet) = (Arc::default(), Arc::default());
        let running = Running { server, metrics, state_keys, ledger, state, counting, component, outlet };
        let reloader = sources.map(|sources| Reloader::new(sources, running.clone()));
        Ok(Self { running, metrics_server, reloader })
    }

    /// Serves until it is told to stop by `signals`, which are caught before anybody can connect: one that nobody catches ends
    /// the process. `started` is called when requests are answered.
    ///
    /// # Errors
    /// When it cannot listen, or `started` fails.
    pub async fn run<E: From<ServeError>>(
        self,
        mut signals: ServiceSignals,
        sockets: Vec<Socket>,
        started: impl AsyncFnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { running, metrics_server, reloader } = self;
        let activated = sockets.iter().any(|socket| socket.adopted);
        let (metrics, public): (Vec<_>, _) = sockets.into_iter().partition(|socket| socket.role == Role::Metrics);
        let app = app::build(running.state.load_full(), Arc::clone(&running.metrics));
        let mut listeners = app.bind(Listeners::new(&running.server, public)).await.map_err(ServeError::Listen)?;
        let places: Vec<_> = listeners.info().iter().map(ToString::to_string).collect();
        let counting = Arc::clone(&running.counting);
        let count = move || {
            let counting = Arc::clone(&counting);
            async move { counting.count_within(COUNT_PATIENCE).await }
        };
        let app = app::build_metrics(Arc::clone(&running.metrics), count);
        let mut metrics = app.bind(Listeners::new(&metrics_server, metrics)).await.map_err(ServeError::Listen)?;
        for place in metrics.info() {
            tracing::info!("metrics on {place}");
        }
        let accepting = async_std::task::spawn(async move { listeners.accept().await });
        let accepting_metrics = async_std::task::spawn(async move { metrics.accept().await });

        let (idle, idled) = async_channel::bounded(1);
        running.counting.count_within(DEADLINE).await;
        let status = running.status();
        tracing::info!("listening on {}; {status}", places.join(", "));
        lifecycle::ready(&status);
        let housekeeper = async_std::task::spawn(Housekeeper::new(running.clone(), activated, idle).run());
        async_std::task::spawn(timekeeper::run(running.ledger.clone(), Arc::clone(&running.metrics)));
        async_std::task::spawn(reconciler::run(Arc::clone(&running.state)));
        let questions = running.state.load().desk.questions().clone();
        async_std::task::spawn(answerer::run(Arc::clone(&running.state), questions));
        let (going, stop) = async_channel::bounded(1);
        let state = Arc::clone(&running.state);
        let delivery = async_std::task::spawn(delivery::run(
            move || Arc::clone(&state.load().settings),
            carriers::carriers(running.clone()),
            running.ledger.clone(),
            Arc::clone(&running.metrics),
            stop.clone(),
        ));
        let component = async_std::task::spawn(component::run(
            Arc::clone(&running.state),
            running.ledger.clone(),
            Arc::clone(&running.component),
            Arc::clone(&running.outlet),
            stop,
        ));
        started().await?;

        loop {
            let idle = async {
                match idled.recv().await {
                    Ok(()) => ServiceSignal::Stop,
                    Err(_) => std::future::pending().await,
                }
            };
            match (signals.next().or(idle).await, &reloader) {
                (ServiceSignal::Reload, Some(reloader)) => reloader.reload(),
                (ServiceSignal::Reload, None) | (ServiceSignal::Stop, _) => break,
            }
        }
        lifecycle::stopping("finishing requests in flight");
        tracing::info!("stopping; finishing requests in flight");
        let patience = running.state.load().settings.http.drain_timeout.0;
        drop(going);
        let hurried = async {
            while signals.next().await != ServiceSignal::Stop {}
            usize::MAX
        };
        let left = running.server.drain(accepting, patience).or(hurried).await;
        match left {
            0 => {}
            usize::MAX => tracing::warn!("told to stop twice; not waiting for requests in flight"),
            1 => tracing::warn!("1 connection was still open after drain_timeout"),
            left => tracing::warn!("{left} connections were still open after drain_timeout"),
        }
        if left != usize::MAX {
            clock::within(COMPONENT_PATIENCE, component).await;
        }
        clock::within(DELIVERY_PATIENCE, delivery).await;
        metrics_server.drain(accepting_metrics, METRICS_PATIENCE).await;
        housekeeper.cancel().await;
        running.ledger.close();
        tracing::info!("stopped");
        Ok(())
    }
}
