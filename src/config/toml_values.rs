//! Values of TOML as the tree of the configuration has them. That tree has no dates: one is text where a point in time is
//! wanted, and refused elsewhere, as it was written.

use figment::value::{Dict, Value};

use super::origin::{ConfigFault, Origin};
use super::shape::{Wanted, expected, wanted};
use super::text::{dotted, is_secret};

/// A value that can stand nowhere in the tree.
#[derive(Debug)]
pub(super) struct Misplaced {
    pub(super) path: Vec<String>,
    /// As it was written; none where it may be a secret.
    pub(super) shown: Option<String>,
    pub(super) reason: String,
}

impl Misplaced {
    /// The same as a fault of whoever wrote it.
    pub(super) fn fault(self, origin: Origin) -> ConfigFault {
        ConfigFault { path: dotted(&self.path), value: self.shown, origin: Some(origin), reason: self.reason }
    }
}

/// The values of a whole file. What can stand nowhere is left out, and given beside.
pub(super) fn all(table: toml::Table) -> (Dict, Vec<Misplaced>) {
    let mut misplaced = Vec::new();
    let dict = convert_table(table, &mut Vec::new(), &mut misplaced);
    (dict, misplaced)
}

/// The value for `path` that `text` is; none if it is none.
pub(super) fn one(path: &[String], text: &str) -> Option<Result<Value, Misplaced>> {
    let mut table = toml::from_str::<toml::Table>(&format!("value = {text}")).ok().filter(|table| table.len() == 1)?;
    let value = table.remove("value")?;
    let mut misplaced = Vec::new();
    let converted = convert(value, &mut path.to_vec(), &mut misplaced);
    misplaced.pop().map(Err).or(converted.map(Ok))
}

fn convert_table(table: toml::Table, path: &mut Vec<String>, misplaced: &mut Vec<Misplaced>) -> Dict {
    let mut dict = Dict::new();
    for (name, value) in table {
        path.push(name.clone());
        if let Some(value) = convert(value, path, misplaced) {
            dict.insert(name, value);
        }
        path.pop();
    }
    dict
}

fn convert(value: toml::Value, path: &mut Vec<String>, misplaced: &mut Vec<Misplaced>) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(yes) => yes.into(),
        toml::Value::Datetime(date) => match (wanted(path), expected(path)) {
            // Of what is no setting, that is all there is to say.
            (None | Some(Wanted::Moment), _) | (_, None) => date.to_string().into(),
            (Some(_), Some(reason)) => {
                let shown = Some(date.to_string()).filter(|_| !path.last().is_some_and(|name| is_secret(name)));
                misplaced.push(Misplaced { path: path.clone(), shown, reason });
                return None;
            }
        },
        toml::Value::Array(values) => {
            let mut list = Vec::new();
            for (at, value) in values.into_iter().enumerate() {
                path.push(at.to_string());
                list.extend(convert(value, path, misplaced));
                path.pop();
            }
            list.into()
        }
        toml::Value::Table(table) => convert_table(table, path, misplaced).into(),
    })
}
