//! `examples/grafana`: what Grafana takes, and what a running service has.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::prometheus::Prometheus;
use crate::common::tools::ApiTools;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use common::Client;
use invited::metrics::{MetricLabels, Metrics, seconds};
use serde_json::Value;

const DASHBOARD: &str = include_str!("../../examples/grafana/invited.json");

/// What comes in the place of what Grafana fills in.
const FILLED_IN: [(&str, &str); 2] = [("$__rate_interval", "1m"), ("$instance", ".*")];

/// Here none expires; those that do are counted with the labels of those that are created.
const IN_PLACE_OF_EXPIRED: (&str, &str) = ("invited_invites_expired_total", "invited_invites_created_total");

fn dashboard() -> Value {
    serde_json::from_str(DASHBOARD).unwrap()
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().unwrap()
}

/// Every query: its panel's title, its expression, and its legend.
fn queries(dashboard: &Value) -> Vec<[&str; 3]> {
    let mut queries = Vec::new();
    for panel in panels(dashboard) {
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries
                .push([&panel["title"], &target["expr"], &target["legendFormat"]].map(|text| text.as_str().unwrap()));
        }
    }
    queries
}

/// Types are what Grafana publishes of a dashboard; it has no schema in JSON.
#[test]
fn it_is_a_dashboard_as_grafana_describes_it() {
    let Some(tools) = ApiTools::installed("it_is_a_dashboard_as_grafana_describes_it") else { return };
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(&tools.modules, dir.path().join("node_modules")).unwrap();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grafana/types.ts"), dir.path().join("types.ts"))
        .unwrap();
    let check = |name: &str, dashboard: &str| {
        let file = dir.path().join(name);
        let text = format!("import type {{ Imported }} from \"./types\";\nexport const it: Imported = {dashboard};\n");
        std::fs::write(&file, text).unwrap();
        let mut tsc = tools.command("tsc");
        tsc.args(["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"]);
        tsc.current_dir(dir.path()).arg(&file).output().unwrap()
    };
    let output = check("dashboard.ts", DASHBOARD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // And it would be said if it were not.
    let output = check("other.ts", &DASHBOARD.replace("\"gridPos\"", "\"gridPosition\""));
    assert!(!output.status.success(), "anything is taken for a dashboard");
}

#[test]
fn panels_have_places_and_queries_of_their_own() {
    let dashboard = dashboard();
    assert!(dashboard["id"].is_null(), "an id is of one Grafana");
    let variables: Vec<_> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(variables, ["datasource", "instance"]);
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: another panel has its id");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + w <= 24 && w > 0 && h > 0, "{title} is beside the grid");
        for place in (y..y + h).flat_map(|row| (x..x + w).map(move |column| (row, column))) {
            assert!(taken.insert(place), "{title} is on top of another panel");
        }
        if panel["type"] == "row" {
            continue;
        }
        // The data source is chosen on the dashboard.
        let targets = panel["targets"].as_array().unwrap();
        for source in targets.iter().chain([panel]).map(|part| &part["datasource"]) {
            assert_eq!(source["uid"], "${datasource}", "{title}");
        }
        let names: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str().unwrap()).collect();
        assert!(!targets.is_empty() && names.len() == targets.len(), "{title}: {names:?}");
    }
    for [title, expression, _] in queries(&dashboard) {
        let is_chosen = expression.contains("{instance=~\"$instance\"") || expression.contains("ALERTS");
        assert!(is_chosen, "{title} is of more than the instances that are chosen");
    }
}

/// Of services to which everything has happened, every query gives something, and every metric is on the dashboard.
pub fn assert_shows_all(prometheus: &Prometheus, services: &[SocketAddr]) {
    let dashboard = dashboard();
    for [title, expression, legend] in queries(&dashboard) {
        let filled = FILLED_IN.iter().fold(expression.to_owned(), |text, (name, value)| text.replace(name, value));
        let found = prometheus.wait_query(&filled.replace(IN_PLACE_OF_EXPIRED.0, IN_PLACE_OF_EXPIRED.1));
        for label in legend.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()) {
            let has = |series: &Value| series["metric"].get(label).is_some();
            assert!(found.iter().all(has), "{title} names {label}, which {expression} has not");
        }
    }
    let metrics = Metrics::new(seconds());
    metrics.expired.get_or_create(&MetricLabels { host: "example.com".into(), key: "site".into() }).inc();
    assert!(metrics.text().unwrap().contains(&format!("\n{}{{host=", IN_PLACE_OF_EXPIRED.0)));
    let mut names = BTreeSet::from([IN_PLACE_OF_EXPIRED.0.trim_end_matches("_total").to_owned()]);
    for service in services {
        let text = Client::tcp(*service).get("/metrics").text();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned));
        names.extend(types);
    }
    let missing: Vec<_> = names.iter().filter(|name| !DASHBOARD.contains(name.as_str())).collect();
    assert!(names.len() > 20 && missing.is_empty(), "not on the dashboard: {missing:?}");
}
