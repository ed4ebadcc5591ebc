//! Passwords from a file as libpq has it: lines of `HOST:PORT:DATABASE:USER:PASSWORD`, the first that fits counts
//! (<https://www.postgresql.org/docs/current/libpq-pgpass.html>).

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The password for a connection, if the file has one.
///
/// # Errors
/// When it cannot be read, or others can.
pub(super) fn password(file: &Path, config: &Config) -> io::Result<Option<String>> {
    // As libpq: one that others can read is none.
    if std::fs::metadata(file)?.permissions().mode() & 0o077 != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let text = std::fs::read_to_string(file)?;
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let hosts: Vec<_> = config.get_hosts().iter().map(named).collect();
    let addresses: Vec<_> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    let places = if hosts.is_empty() { addresses } else { hosts };
    let port =
        |at: usize| config.get_ports().get(at).or(config.get_ports().first()).copied().unwrap_or(5432).to_string();
    Ok(places.iter().enumerate().find_map(|(at, host)| find(&text, [host, &port(at), database, user])))
}

/// By its socket, it is `localhost`.
fn named(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(_) => "localhost".to_owned(),
    }
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|fields| {
        let [host, port, database, user, password] = <[String; 5]>::try_from(fields).ok()?;
        let fits =
            [host, port, database, user].iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        fits.then_some(password)
    })
}

/// What stands between colons; `\` takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut letters) = (vec![String::new()], line.chars());
    while let Some(letter) = letters.next() {
        let taken = match letter {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => letters.next(),
            other => Some(other),
        };
        if let Some(field) = fields.last_mut() {
            field.extend(taken);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let text =
            "# db:5432:i:u:no\ndb:5433:i:u:other port\nbroken\ndb:*:i:u:with\\:colon \\\\ and: more\n*:*:*:u:any\n";
        for (wanted, password) in [
            (["db", "5432", "i", "u"], Some("with:colon \\ and: more")),
            (["db", "5433", "i", "u"], Some("other port")),
            (["db2", "5432", "x", "u"], Some("any")),
            (["db", "5432", "i", "v"], None),
        ] {
            assert_eq!(find(text, wanted).as_deref(), password, "{wanted:?}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "db1:5432:i:u:one\nlocalhost:5432:i:u:two\n").unwrap();
        let read = |url: &str| password(file.path(), &url.parse().unwrap());
        assert_eq!(read("postgres://u@db2,db1/i").unwrap().as_deref(), Some("one"));
        assert_eq!(read("postgres://u@/i?host=/run/postgresql").unwrap().as_deref(), Some("two"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read("postgres://u@db1/i").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
