//! Secrets that stand in a configuration file itself, where others on this machine can read that file.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use figment::value::{Dict, Value};

use super::checks::Checks;
use super::merged::Merged;
use super::origin::Origin;
use super::text::{dotted, has_secret};

/// Notes each secret that others can read.
pub(super) fn note(merged: &Merged, state_dir: &Path, checks: &mut Checks<'_>) {
    let groups = groups_of_ours(state_dir);
    let is_exposed = |file: &Path| can_be_read_by_others(file, &groups);
    let exposed: Vec<_> = merged.files().iter().filter(|file| is_exposed(file)).collect();
    if exposed.is_empty() {
        return;
    }
    let mut secrets = Vec::new();
    collect_table(&merged.tree, &mut Vec::new(), &mut secrets);
    for path in secrets {
        if let Origin::File(file) = merged.origin_at(&path)
            && exposed.contains(&&file)
        {
            let (setting, file) = (dotted(&path), file.display());
            checks.notice(format!(
                "{setting} stands in {file}, which others on this machine can read; use {setting}_file, or chmod 0640 {file}"
            ));
        }
    }
}

/// The paths of all secrets.
fn collect_table(dict: &Dict, path: &mut Vec<String>, secrets: &mut Vec<Vec<String>>) {
    for (name, value) in dict {
        path.push(name.clone());
        collect(name, value, path, secrets);
        path.pop();
    }
}

fn collect(name: &str, value: &Value, path: &mut Vec<String>, secrets: &mut Vec<Vec<String>>) {
    match value {
        Value::Dict(_, inner) => collect_table(inner, path, secrets),
        Value::Array(_, values) => {
            for (at, value) in values.iter().enumerate() {
                path.push(at.to_string());
                collect(name, value, path, secrets);
                path.pop();
            }
        }
        Value::String(_, text) if !text.is_empty() && has_secret(name, text) => secrets.push(path.clone()),
        _ => {}
    }
}

/// Groups whose members are no others: root's, those of this process, and that of the service.
fn groups_of_ours(state_dir: &Path) -> BTreeSet<u32> {
    let mut groups = BTreeSet::from([0, nix::unistd::getegid().as_raw()]);
    groups.extend(nix::unistd::getgroups().into_iter().flatten().map(nix::unistd::Gid::as_raw));
    groups.extend(std::fs::metadata(state_dir).map(|dir| dir.gid()));
    groups
}

/// Whether anybody but its owner, root and members of `groups` gets to read a file: what its mode gives counts only where
/// each directory above lets them through.
fn can_be_read_by_others(file: &Path, groups: &BTreeSet<u32>) -> bool {
    let gives = |path: &Path, right: u32| {
        std::fs::metadata(path).is_ok_and(|found| {
            let mode = found.mode();
            mode & right != 0 || (mode & (right << 3) != 0 && !groups.contains(&found.gid()))
        })
    };
    let Ok(file) = file.canonicalize() else { return false };
    gives(&file, 0o4) && file.ancestors().skip(1).all(|dir| gives(dir, 0o1))
}
