//! `INVITED_*` variables. Each sets one setting, with `__` between levels. A value is text as it stands where the setting is
//! text; see [`Wanted`] for the others.

use std::ffi::{OsStr, OsString};

use figment::value::{Dict, Value};

use super::origin::{ConfigFault, Origin};
use super::shape::{Wanted, wanted};
use super::text::toml_value;
use super::toml_values::{self, Misplaced};

/// The variables that set configuration begin so.
const PREFIX: &str = "INVITED_";

/// What one variable sets.
#[derive(Debug)]
pub(super) struct Variable {
    /// As it is written.
    pub(super) name: String,
    /// The setting, alone in its tables.
    pub(super) values: Dict,
}

/// What the environment says.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Those that set something, by name.
    pub(super) set: Vec<Variable>,
    /// Those that container engines set for a service of this name.
    pub(super) left_alone: Vec<String>,
    pub(super) faults: Vec<ConfigFault>,
}

impl Variables {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        Self::read(std::env::vars_os())
    }

    fn read(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut ours: Vec<_> = all
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| name.get(..PREFIX.len()).is_some_and(|first| first.eq_ignore_ascii_case(PREFIX)))
            .collect();
        ours.sort();
        let mut variables = Self::default();
        for (name, value) in ours {
            if is_injected(&name[PREFIX.len()..], &value) {
                variables.left_alone.push(name);
                continue;
            }
            let path = path(&name[PREFIX.len()..]);
            match read_value(&path, &value) {
                Ok(value) => variables.set.push(Variable { name, values: nested(&path, value) }),
                Err(misplaced) => variables.faults.push(misplaced.fault(Origin::Variable(name))),
            }
        }
        variables
    }

    /// What an admin should know of those that set nothing.
    pub(super) fn notice(&self) -> Option<String> {
        let are = if self.left_alone.len() == 1 { "sets" } else { "set" };
        (!self.left_alone.is_empty()).then(|| {
            format!(
                "{} {are} nothing: container engines give such variables to a service of this name \
                 (Kubernetes: enableServiceLinks)",
                self.left_alone.join(", ")
            )
        })
    }
}

/// Whether a container engine sets a variable of that name: Kubernetes for each service, `NAME_SERVICE_HOST` and `NAME_PORT` with
/// more behind them, <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>; and Docker for
/// each link, which adds `NAME_NAME` and `NAME_ENV_…`. The service may be one of several, as `invited-web` is.
fn is_injected(name: &str, value: &OsStr) -> bool {
    let name = name.to_ascii_uppercase();
    let begins = |first: &str| name.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    if begins("PORT") || begins("SERVICE") || name == "NAME" || name.starts_with("ENV_") {
        return true;
    }
    // One below a table is a setting's, whatever an admin calls what is there.
    if name.contains("__") {
        return false;
    }
    let is_address = || {
        value.to_str().is_some_and(|text| ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme)))
    };
    let is_port = || {
        name.split_once("_PORT_").and_then(|(_, rest)| rest.split_once('_')).is_some_and(|(port, rest)| {
            port.parse::<u16>().is_ok() && ["TCP", "UDP", "SCTP"].iter().any(|kind| rest.starts_with(kind))
        })
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || is_port()
        || (name.ends_with("_PORT") && is_address())
}

/// The setting that a variable names. Only a name of the admin's own keeps its letters: `INVITED_KEYS__Ab3dE_9x__NAME`; all in
/// capitals, it is meant in small ones.
fn path(name: &str) -> Vec<String> {
    let mut path = Vec::new();
    for part in name.split("__") {
        let is_free = wanted(&path) == Some(Wanted::Table { free: true });
        let keeps = is_free && part.contains(|c: char| c.is_lowercase());
        path.push(if keeps { part.to_owned() } else { part.to_lowercase() });
    }
    path
}

fn read_value(path: &[String], value: &OsStr) -> Result<Value, Misplaced> {
    let wrong = |reason: &str| Misplaced { path: path.to_vec(), shown: None, reason: reason.into() };
    let text = value.to_str().ok_or_else(|| wrong("expected UTF-8"))?;
    let bare = text.trim();
    let as_it_stands = Value::from(text);
    // What cannot be read is told with all else that has the wrong type.
    Ok(match wanted(path) {
        Some(Wanted::Number) => match (bare.parse::<u64>(), bare.parse::<i64>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => as_it_stands,
        },
        Some(Wanted::Boolean) => bare.parse::<bool>().map_or(as_it_stands, Value::from),
        Some(Wanted::List) if bare.starts_with('[') && bare.ends_with(']') => {
            let expected = "expected one value, or several as TOML has them: [\"one\", \"another\"]";
            toml_values::one(path, bare).unwrap_or_else(|| Err(wrong(expected)))?
        }
        Some(Wanted::List) => vec![text].into(),
        Some(Wanted::Table { .. }) if bare.starts_with('{') && bare.ends_with('}') => {
            let expected = "expected a table as TOML has it in one line: { name = \"value\" }";
            toml_values::one(path, bare).unwrap_or_else(|| Err(wrong(expected)))?
        }
        // The next variable of that table would put it away, and all that files say of the table.
        Some(Wanted::Table { .. }) => {
            let shown = Some(toml_value(path.last().map_or("", String::as_str), &as_it_stands));
            return Err(Misplaced {
                shown,
                ..wrong("expected a table as TOML has it in one line: { name = \"value\" }")
            });
        }
        Some(Wanted::Text | Wanted::Moment) | None => as_it_stands,
    })
}

/// `value` at `path`, and nothing else.
fn nested(path: &[String], value: Value) -> Dict {
    let Some((first, rest)) = path.split_first() else { return Dict::new() };
    let value = if rest.is_empty() { value } else { nested(rest, value).into() };
    Dict::from([(first.clone(), value)])
}

#[cfg(test)]
mod tests {
    use super::super::text::dotted;
    use super::*;

    fn read(all: &[(&str, &str)]) -> Variables {
        Variables::read(all.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn what_container_engines_set_is_no_setting() {
        let injected = [
            ("INVITED_ENV_PATH", "/usr/bin"),
            ("INVITED_NAME", "/web/invited"),
            ("INVITED_PORT", "tcp://10.0.0.1:5290"),
            ("INVITED_PORT_5290_TCP", "tcp://10.0.0.1:5290"),
            ("INVITED_PORT_5290_TCP_ADDR", "10.0.0.1"),
            ("INVITED_SERVICE_HOST", "10.0.0.1"),
            ("INVITED_SERVICE_PORT_HTTP", "5290"),
            ("INVITED_WEB_PORT", "tcp://10.0.0.1:80"),
            ("INVITED_WEB_PORT_80_TCP_PROTO", "tcp"),
            ("INVITED_WEB_SERVICE_HOST", "10.0.0.1"),
            ("INVITED_WEB_SERVICE_PORT", "80"),
        ];
        let variables = read(&injected);
        assert_eq!(variables.left_alone, injected.map(|(name, _)| name));
        assert!(variables.set.is_empty() && variables.faults.is_empty(), "{variables:?}");
        // No setting is lost to that, and what is misspelt is told as such.
        let names = crate::config::schema()["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        for name in names.iter().map(String::as_str).chain(["ports", "web_port", "names", "keys__a_service_port__name"])
        {
            let variables = read(&[(&format!("INVITED_{}", name.to_uppercase()), "80")]);
            assert_eq!(variables.set.len() + variables.faults.len(), 1, "{name}");
        }
    }

    #[test]
    fn a_value_is_what_the_setting_takes() {
        for (name, value, expected) in [
            ("INVITED_COMPONENT__SECRET", "111111", "component.secret = \"…\""),
            ("INVITED_HOSTS__E.EXAMPLE__SITE_NAME", " true ", "hosts.\"e.example\".site_name = \" true \""),
            ("INVITED_HOSTS__E.EXAMPLE__REGISTRATION", "false", "hosts.\"e.example\".registration = false"),
            ("INVITED_HTTP__MAX_CONNECTIONS", "7", "http.max_connections = 7"),
            ("INVITED_HTTP__MAX_CONNECTIONS", "-7", "http.max_connections = -7"),
            ("INVITED_HTTP__MAX_CONNECTIONS", "many", "http.max_connections = \"many\""),
            ("INVITED_LISTEN", "[::1]:5290", "listen = [\"[::1]:5290\"]"),
            ("INVITED_LISTEN", "['a:1', \"b:2\"]", "listen = [\"a:1\", \"b:2\"]"),
            ("INVITED_HOSTS", "{\"e.example\" = {registration = false}}", "hosts.\"e.example\".registration = false"),
            ("INVITED_KEYS__Ab_9__LIMIT", "1/s", "keys.Ab_9.limit = \"1/s\""),
            ("INVITED_KEYS__WEB__EXPIRES", "2027-01-01T00:00:00Z", "keys.web.expires = \"2027-01-01T00:00:00Z\""),
            ("INVITED_KEYS__WEB__CLAIMS__SUB", "12", "keys.web.claims.sub = \"12\""),
            ("INVITED_COLOUR__RED", "1", "colour.red = \"1\""),
        ] {
            let variables = read(&[(name, value)]);
            let mut at = &Value::from(variables.set[0].values.clone());
            let mut path = Vec::new();
            while let Value::Dict(_, dict) = at {
                let (name, value) = dict.iter().next().unwrap();
                path.push(name.clone());
                at = value;
            }
            let shown = format!("{} = {}", dotted(&path), toml_value(path.last().unwrap(), at));
            assert_eq!(shown, expected, "{name}={value}");
        }
    }

    #[test]
    fn what_is_no_value_is_told_with_the_name_of_its_variable() {
        for (name, value, expected) in [
            (
                "INVITED_LISTEN",
                "[\"a:1\", b]",
                "listen ($INVITED_LISTEN): expected one value, or several as TOML has them: [\"one\", \"another\"]",
            ),
            (
                "INVITED_HTTP",
                "{max_body}",
                "http ($INVITED_HTTP): expected a table as TOML has it in one line: { name = \"value\" }",
            ),
            (
                "INVITED_HTTP",
                "5",
                "http = \"5\" ($INVITED_HTTP): expected a table as TOML has it in one line: { name = \"value\" }",
            ),
        ] {
            let faults: Vec<_> = read(&[(name, value)]).faults.iter().map(ToString::to_string).collect();
            assert_eq!(faults, [expected]);
        }
    }
}
