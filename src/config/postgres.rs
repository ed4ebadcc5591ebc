//! Where a PostgreSQL ledger is, from a `postgres://` URL.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::passfile;

/// A PostgreSQL database and the way there. It never shows itself: a password may stand anywhere in its URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Postgres {
    config: Config,
    root_file: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
}

impl Postgres {
    /// What to connect to. It is encrypted always or never.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the connection is encrypted, and the server's certificate checked.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.config.get_ssl_mode() != SslMode::Disable
    }

    /// PEM: whom to trust instead of those whom the system trusts.
    #[must_use]
    pub fn root_file(&self) -> Option<&PathBuf> {
        self.root_file.as_ref()
    }

    /// PEM: the certificate that this side shows, and its key.
    #[must_use]
    pub fn identity(&self) -> Option<(&Path, &Path)> {
        self.identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()))
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postgres(…)")
    }
}

/// What is wrong with a URL, without anything of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresError {
    /// The user information.
    #[error("write @ as %40, / as %2F and ? as %3F in the user's name and the password")]
    User,
    /// There is no host.
    #[error(
        "expected a host in \"postgres://USER@HOST/DATABASE\", or a socket's directory in \"?host=/run/postgresql\""
    )]
    Host,
    /// There are not as many ports as hosts.
    #[error("expected one port for all hosts, or one for each; and an address for each in hostaddr, if for any")]
    Hosts,
    /// `sslmode`.
    #[error(
        "expected sslmode=disable or sslmode=verify-full; without it, all but loopback and Unix sockets is encrypted and verified"
    )]
    Tls,
    /// `sslcert`, `sslkey`.
    #[error("expected sslcert and sslkey together, for an encrypted connection")]
    Identity,
    /// `passfile`.
    #[error("passfile: expected a file as libpq has it, which this user can read and others cannot (chmod 600)")]
    Passfile,
    /// Something else.
    #[error(
        "expected \"postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE&…\", with parameters as libpq has them"
    )]
    Form,
}

impl std::str::FromStr for Postgres {
    type Err = PostgresError;

    fn from_str(url: &str) -> Result<Self, PostgresError> {
        // What is taken apart at the wrong place would turn up in messages of the server.
        if let Some((user, place)) = url.split_once("://").and_then(|(_, rest)| rest.split_once('@'))
            && (user.contains(['/', '?']) || place.contains('@'))
        {
            return Err(PostgresError::User);
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut tls, mut root_file, mut others) = (None, None, Vec::new());
        let (mut certificate, mut key, mut passwords) = (None, None, None);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", "disable")) => tls = Some(false),
                // A certificate that is not looked at protects from nobody.
                Some(("sslmode", "require" | "verify-full")) => tls = Some(true),
                Some(("sslmode", _)) => return Err(PostgresError::Tls),
                Some(("sslrootcert", file)) => root_file = Some(percent_decoded(file)?),
                Some(("sslcert", file)) => certificate = Some(percent_decoded(file)?),
                Some(("sslkey", file)) => key = Some(percent_decoded(file)?),
                Some(("passfile", file)) => passwords = Some(percent_decoded(file)?),
                _ => others.push(parameter),
            }
        }
        let url = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        let mut config: Config = url.parse().map_err(|_| PostgresError::Form)?;
        let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
        if hosts.is_empty() && addresses.is_empty() {
            return Err(PostgresError::Host);
        }
        let count = hosts.len().max(addresses.len());
        let fits = |found: usize, few: usize| found <= few || found == count;
        if !fits(hosts.len(), 0) || !fits(addresses.len(), 0) || !fits(config.get_ports().len(), 1) {
            return Err(PostgresError::Hosts);
        }
        let is_local = hosts.iter().all(is_local) && addresses.iter().all(IpAddr::is_loopback);
        config.ssl_mode(if tls.unwrap_or(!is_local) { SslMode::Require } else { SslMode::Disable });
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) if config.get_ssl_mode() == SslMode::Require => {
                Some((certificate.into(), key.into()))
            }
            (Some(_), _) | (None, Some(_)) => return Err(PostgresError::Identity),
        };
        if let Some(file) = passwords.filter(|_| config.get_password().is_none()) {
            let found = passfile::password(Path::new(&file), &config).map_err(|_| PostgresError::Passfile)?;
            if let Some(password) = found {
                config.password(password);
            }
        }
        Ok(Self { config, root_file: root_file.map(PathBuf::from), identity })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

fn percent_decoded(text: &str) -> Result<String, PostgresError> {
    // In a form + is a space.
    let form = format!("x={}", text.replace('+', "%2B"));
    let decoded = url::form_urlencoded::parse(form.as_bytes()).next();
    decoded.map(|(_, text)| text.into_owned()).ok_or(PostgresError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_this_machine_is_encrypted_unless_it_is_said() {
        for (url, encrypted) in [
            ("postgres:///invited?host=/run/postgresql", false),
            ("postgresql://%2Frun%2Fpostgresql/invited", false),
            ("postgres://invited@localhost/invited", false),
            ("postgres://invited:secret@127.0.0.1:5433,[::1]/invited", false),
            ("postgres://invited@db.example.com/invited", true),
            ("postgres://invited@localhost,db.example.com/invited", true),
            ("postgres://invited@localhost/invited?sslmode=verify-full", true),
            ("postgres://invited@localhost/invited?sslmode=require&connect_timeout=2", true),
            ("postgres://invited@db.example.com/invited?connect_timeout=2&sslmode=disable", false),
        ] {
            assert_eq!(url.parse::<Postgres>().unwrap().is_encrypted(), encrypted, "{url}");
        }
        let url = "postgres://u@db/i?sslrootcert=/etc/my+%20ca.pem&application_name=x";
        assert_eq!(url.parse::<Postgres>().unwrap().root_file(), Some(&PathBuf::from("/etc/my+ ca.pem")));
    }

    #[test]
    fn what_is_no_url_is_refused_and_never_shown() {
        for (url, error) in [
            ("postgres://u:pa@ss@db/i", PostgresError::User),
            ("postgres://u:pa/ss@db/i", PostgresError::User),
            ("postgres:///i?host=/run&password=s3cret@x", PostgresError::User),
            ("postgres:///i", PostgresError::Host),
            ("postgres://db/i?sslmode=prefer", PostgresError::Tls),
            ("postgres://db/i?password=s3&cret", PostgresError::Form),
            ("postgres://db/i?password=s3&cret=x", PostgresError::Form),
            ("postgres://db:port/i", PostgresError::Form),
            ("postgres://one,two/i?hostaddr=192.0.2.1", PostgresError::Hosts),
            ("postgres:///i?host=one,two,three&port=1,2", PostgresError::Hosts),
            ("postgres://db/i?sslcert=/a", PostgresError::Identity),
            ("postgres://localhost/i?sslcert=/a&sslkey=/b", PostgresError::Identity),
            ("postgres://db/i?passfile=/nonexistent", PostgresError::Passfile),
        ] {
            assert_eq!(url.parse::<Postgres>(), Err(error), "{url}");
        }
        let shown = format!("{:?}", "postgres://user:s3cret@db/i".parse::<Postgres>().unwrap());
        assert_eq!(shown, "Postgres(…)");
    }
}
