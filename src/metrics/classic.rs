//! What was counted, in the older text format.

/// `text` in the older text format of Prometheus (0.0.4), for collectors that do not know OpenMetrics: there a counter
/// has one name, with `_total`, and there are neither units nor an end.
#[must_use]
pub fn classic(text: &str) -> String {
    let counters: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut classic = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(&name) => {
                classic.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => classic.push_str(line),
        }
        classic.push('\n');
    }
    classic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Metrics, seconds};

    #[test]
    fn a_collector_of_either_text_format_gets_every_series() {
        let metrics = Metrics::new(seconds());
        metrics.answered("/invite", 200);
        let text = metrics.text().unwrap();
        let part = "# HELP invited_requests Requests answered.\n# TYPE invited_requests counter\n\
                    invited_requests_total{route=\"/invite\",status=\"200\"} 1\n";
        assert!(text.contains(part), "{text}");
        assert!(text.ends_with("# EOF\n") && text.contains("# UNIT invited_ledger_commit_seconds seconds\n"));
        let classic = classic(&text);
        let part = "# HELP invited_requests_total Requests answered.\n\
                    # TYPE invited_requests_total counter\n\
                    invited_requests_total{route=\"/invite\",status=\"200\"} 1\n";
        assert!(classic.contains(part), "{classic}");
        assert!(!classic.contains("# EOF") && !classic.contains("# UNIT"));
    }
}
