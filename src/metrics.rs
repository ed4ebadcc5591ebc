//! What is counted, and how it reads: OpenMetrics 1.0.
//!
//! Labels are routes, statuses, declared hosts and ids of keys that exist: nothing that a caller makes up, so the number
//! of series is bounded.

mod classic;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub use classic::classic;

/// Bounds of a histogram of durations, in seconds.
const SECONDS: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// A histogram of durations.
#[must_use]
pub fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// Which request was answered, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
}

/// Which host and key a number is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct MetricLabels {
    /// For which host; empty where none was named that there is.
    pub host: String,
    /// The id of the key that asked; `cli` for the command line, `xmpp` for users.
    pub key: String,
}

/// A call to a host's XMPP server, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    /// The host.
    pub host: String,
    /// What was asked.
    pub operation: &'static str,
    /// `ok`, `refused`, `away` or `unsure`.
    pub outcome: &'static str,
}

/// Something that was sent to a webhook, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeliveryLabels {
    /// The webhook.
    pub webhook: String,
    /// `delivered`, `failed` or `dead`.
    pub result: &'static str,
}

/// What came of a mail, or of a message to a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SentLabel {
    /// `sent`, `failed` (and sent again), `refused` (or given up) or `dropped` (as it is true no more).
    pub result: &'static str,
}

/// Which webhook a number is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct WebhookLabel {
    /// The webhook.
    pub webhook: String,
}

/// Which host's XMPP server a number is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HostLabel {
    /// The host.
    pub host: String,
}

/// When the certificate expires: a number without labels that is not there without a certificate, as zero would be an
/// alarm.
#[derive(Debug, Default)]
struct CertificateExpiry(Mutex<Option<Timestamp>>);

impl Collector for CertificateExpiry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let expires_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(expires_at) = expires_at else { return Ok(()) };
        let (name, help) = ("tls_certificate_expiry_timestamp", "When the certificate of [tls] expires.");
        let gauge = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Gauge)?;
        ConstGauge::new(expires_at.as_second()).encode(gauge)
    }
}

/// Everything that is counted; lives as long as the process, and so do its series.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    /// Invites created.
    pub created: Family<MetricLabels, Counter>,
    /// Uses redeemed.
    pub redeemed: Family<MetricLabels, Counter>,
    /// Requests for invites that were refused to a key.
    pub refused: Family<MetricLabels, Counter>,
    /// Invites that expired.
    pub expired: Family<MetricLabels, Counter>,
    /// Ended invites that were forgotten.
    pub forgotten: Counter,
    /// By how many seconds this node's clock is ahead of PostgreSQL's.
    pub clock_difference: Gauge<f64, AtomicU64>,
    /// Invites that can be redeemed.
    pub pending: Family<MetricLabels, Gauge<u64, AtomicU64>>,
    /// How much of the ledger was found damaged.
    pub ledger_damaged: Gauge<u64, AtomicU64>,
    /// PostgreSQL servers from the past.
    pub ledger_stale_servers: Gauge<u64, AtomicU64>,
    /// 1 where `/readyz` says so.
    pub ready: Gauge<u64, AtomicU64>,
    /// 1 where the last reload was refused.
    pub reload_refused: Gauge<u64, AtomicU64>,
    /// Times that keys were reloaded.
    pub key_reloads: Counter,
    /// Duration of calls to XMPP servers.
    pub backend_calls: Family<CallLabels, Histogram, fn() -> Histogram>,
    /// App tokens at XMPP servers that limit them.
    pub backend_tokens: Family<HostLabel, Gauge<u64, AtomicU64>>,
    /// That limit.
    pub backend_tokens_limit: Family<HostLabel, Gauge<u64, AtomicU64>>,
    /// Mails, by what came of them.
    pub mails: Family<SentLabel, Counter>,
    /// Messages to users, likewise.
    pub messages: Family<SentLabel, Counter>,
    /// What was sent to webhooks.
    deliveries: Family<DeliveryLabels, Counter>,
    /// Events that are to be sent.
    pub webhook_waiting: Family<WebhookLabel, Gauge<u64, AtomicU64>>,
    /// Events that are tried no more.
    pub webhook_dead: Family<WebhookLabel, Gauge<u64, AtomicU64>>,
    /// For how long the oldest event waits.
    pub webhook_oldest: Family<WebhookLabel, Gauge<f64, AtomicU64>>,
    /// When the certificate expires, where there is one.
    certificate: Arc<CertificateExpiry>,
}

impl Metrics {
    /// Starts counting. `commits` is how long the ledger took for each of its commits.
    #[must_use]
    pub fn new(commits: Histogram) -> Self {
        let mut registry = Registry::with_prefix("invited");
        let build = Family::<BuildLabel, Gauge>::default();
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "Version of the program", build);
        registry.register_with_unit("ledger_commit", "Duration of commits of the ledger", Unit::Seconds, commits);
        let [created, redeemed, refused, expired]: [Family<MetricLabels, Counter>; 4] = Default::default();
        let metrics = Self {
            requests: Family::default(),
            created: created.clone(),
            redeemed: redeemed.clone(),
            refused: refused.clone(),
            expired: expired.clone(),
            forgotten: Counter::default(),
            clock_difference: Gauge::default(),
            pending: Family::default(),
            ledger_damaged: Gauge::default(),
            ledger_stale_servers: Gauge::default(),
            ready: Gauge::default(),
            reload_refused: Gauge::default(),
            key_reloads: Counter::default(),
            backend_calls: Family::new_with_constructor(seconds),
            backend_tokens: Family::default(),
            backend_tokens_limit: Family::default(),
            mails: Family::default(),
            messages: Family::default(),
            deliveries: Family::default(),
            webhook_waiting: Family::default(),
            webhook_dead: Family::default(),
            webhook_oldest: Family::default(),
            certificate: Arc::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register("invites_created", "Invites created", created);
        registry.register("invites_redeemed", "Uses of invites redeemed", redeemed);
        registry.register("invites_refused", "Requests for invites refused, by the key that asked", refused);
        registry.register("invites_expired", "Invites expired before all uses were redeemed", expired);
        registry.register(
            "invites_forgotten",
            "Invites forgotten, as they ended before ledger.retention",
            metrics.forgotten.clone(),
        );
        registry.register("invites_pending", "Invites pending", metrics.pending.clone());
        registry.register(
            "ledger_damaged",
            "Invites that could not be read, and 1 if the ledger's file was found damaged",
            metrics.ledger_damaged.clone(),
        );
        registry.register(
            "ledger_stale_servers",
            "PostgreSQL servers that can be written and are refused, as the ledger went on elsewhere",
            metrics.ledger_stale_servers.clone(),
        );
        let ready = "1 if the ledger was written when that was last tried, and this node judges; else 0";
        registry.register("ready", ready, metrics.ready.clone());
        let refused = "1 if the last reload was refused: the files say what is not in force; else 0";
        registry.register("reload_refused", refused, metrics.reload_refused.clone());
        registry.register_with_unit(
            "clock_difference",
            "How far this node's clock is ahead of PostgreSQL's, by which it judges",
            Unit::Seconds,
            metrics.clock_difference.clone(),
        );
        registry.register("key_reloads", "Times that keys were reloaded", metrics.key_reloads.clone());
        registry.register_with_unit(
            "backend_call",
            "Duration of calls to XMPP servers",
            Unit::Seconds,
            metrics.backend_calls.clone(),
        );
        registry.register(
            "backend_tokens",
            "App tokens that count towards the limit of the XMPP server, expired ones included",
            metrics.backend_tokens.clone(),
        );
        registry.register(
            "backend_tokens_limit",
            "App tokens at which the XMPP server mints no more",
            metrics.backend_tokens_limit.clone(),
        );
        metrics.register_webhooks(&mut registry);
        registry.register_collector(Box::new(Arc::clone(&metrics.certificate)));
        Self { registry, ..metrics }
    }

    fn register_webhooks(&self, registry: &mut Registry) {
        registry.register("mails", "Mails with links of invites, by what came of it", self.mails.clone());
        let messages = "Messages to users about their invites, by what came of it";
        registry.register("messages", messages, self.messages.clone());
        registry.register("webhook_deliveries", "Events sent to webhooks, by what came of it", self.deliveries.clone());
        registry.register("webhook_waiting", "Events to be sent to a webhook", self.webhook_waiting.clone());
        registry.register(
            "webhook_dead",
            "Events that a webhook did not take for three days",
            self.webhook_dead.clone(),
        );
        registry.register_with_unit(
            "webhook_oldest",
            "Age of the oldest event to be sent to a webhook",
            Unit::Seconds,
            self.webhook_oldest.clone(),
        );
    }

    /// Counts something that was sent to a webhook.
    pub fn count_delivery(&self, labels: &DeliveryLabels) {
        self.deliveries.get_or_create(labels).inc();
    }

    /// Tells when the certificate in use expires, if that is known.
    pub fn certificate(&self, expires_at: Option<Timestamp>) {
        *self.certificate.0.lock().unwrap_or_else(PoisonError::into_inner) = expires_at;
    }

    /// Counts an answer.
    pub fn answered(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// Everything, as OpenMetrics text.
    ///
    /// # Errors
    /// Never in practice: text is written to memory.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
