//! `[metrics]`: where metrics are served. What people write is what is in force.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::Listen;

/// `[metrics]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct MetricsSettings {
    /// Where metrics are served; off unless set, never on the public listener.
    pub listen: Vec<Listen>,
}
