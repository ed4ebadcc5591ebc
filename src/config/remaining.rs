//! The tree of a configuration without what is wrong in it. serde stops at the first error, so the value at fault is taken out
//! and the rest is read again, until what is left is right.

use figment::value::{Dict, Value};

use super::settings::RawConfig;
use super::shape::{self, Wanted};

/// What is left of a tree.
pub(super) struct Remaining {
    tree: Value,
    /// Elements that were taken out of lists, by the paths at which they were written.
    gone: Vec<Vec<String>>,
}

impl Remaining {
    pub(super) fn new(tree: Dict) -> Self {
        Self { tree: tree.into(), gone: vec![] }
    }

    /// Reads it into the raw shape.
    ///
    /// # Errors
    /// The first one.
    pub(super) fn read(&self) -> Result<RawConfig, Box<figment::Error>> {
        self.tree.deserialize().map_err(Box::new)
    }

    /// Where that was written which is at `path` now: one of a list has moved when another was taken out before it.
    pub(super) fn written_at(&self, path: &[String]) -> Vec<String> {
        let mut written: Vec<String> = Vec::new();
        for name in path {
            let number = name.parse::<usize>().ok().and_then(|at| self.number(&written, at));
            written.push(number.map_or_else(|| name.clone(), |number| number.to_string()));
        }
        written
    }

    /// Which number the one at `at` had in `list`; none if nothing was taken out of it.
    fn number(&self, list: &[String], at: usize) -> Option<usize> {
        let of_list = self.gone.iter().filter_map(|path| path.strip_prefix(list));
        let numbers = of_list.filter_map(|rest| if let [one] = rest { one.parse().ok() } else { None });
        let mut gone: Vec<usize> = numbers.collect();
        gone.sort_unstable();
        let moved = gone.iter().fold(at, |at, gone| if *gone <= at { at + 1 } else { at });
        (!gone.is_empty()).then_some(moved)
    }

    /// Puts something at `name` in the table at `path`, of which nothing will be said: a text, and one that is a rate.
    pub(super) fn stand_in(&mut self, path: &[String], name: &str) -> bool {
        match find(&mut self.tree, path) {
            Some(Value::Dict(_, dict)) => dict.insert(name.to_owned(), "1/h".into()).is_none(),
            _ => false,
        }
    }

    /// Takes out what is at `path`, or what it is in where there is nothing further down by that name. In place of a table of
    /// a list an empty one stays: what is said of those behind it later has their numbers.
    pub(super) fn take_out(&mut self, path: &[String]) -> bool {
        if !shape::is_in_list(path) {
            return take_out(&mut self.tree, path);
        }
        if let (Some(Wanted::Table { .. }), Some(value)) = (shape::wanted(path), find(&mut self.tree, path))
            && !matches!(value, Value::Dict(..))
        {
            *value = Dict::new().into();
            return true;
        }
        let written = self.written_at(path);
        self.gone.push(written);
        take_out(&mut self.tree, path)
    }
}

fn find<'a>(tree: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(tree, |value, name| match value {
        Value::Dict(_, dict) => dict.get_mut(name),
        Value::Array(_, values) => values.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    })
}

fn take_out(tree: &mut Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match tree {
        Value::Dict(_, dict) if rest.is_empty() => dict.remove(first).is_some(),
        Value::Dict(_, dict) => match dict.get_mut(first) {
            // Nothing further down by that name: the whole value is at fault.
            Some(value) => take_out(value, rest) || dict.remove(first).is_some(),
            None => false,
        },
        Value::Array(_, values) => match first.parse::<usize>() {
            Ok(at) if at < values.len() && rest.is_empty() => {
                values.remove(at);
                true
            }
            Ok(at) if at < values.len() => take_out(&mut values[at], rest),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_list_is_told_by_the_number_that_it_was_written_at() {
        let path = |text: &str| text.split('/').map(String::from).collect::<Vec<_>>();
        let list = |count: usize| Value::from(vec!["x"; count]);
        let events = Dict::from([("events".to_owned(), list(3))]);
        let tree = [("listen", list(5)), ("webhooks", vec![Value::from(5), events.into()].into())];
        let mut remaining = Remaining::new(tree.map(|(name, value)| (name.to_owned(), value)).into());
        for (now, written) in [
            ("listen/0", "listen/0"),
            ("listen/0", "listen/1"),
            ("listen/1", "listen/3"),
            ("webhooks/0", "webhooks/0"),
            ("webhooks/1/events/0", "webhooks/1/events/0"),
        ] {
            assert_eq!(remaining.written_at(&path(now)), path(written));
            assert!(remaining.take_out(&path(now)), "{now}");
        }
        for (now, written) in [
            ("listen", "listen"),
            ("listen/0", "listen/2"),
            ("listen/1", "listen/4"),
            ("webhooks/1/events/1", "webhooks/1/events/2"),
            ("webhooks/0/events/1", "webhooks/0/events/1"),
            ("keys/007", "keys/007"),
        ] {
            assert_eq!(remaining.written_at(&path(now)), path(written), "{now}");
        }
        assert!(remaining.stand_in(&path("webhooks/0"), "name") && !remaining.stand_in(&path("webhooks/7"), "name"));
    }
}
