//! Why PostgreSQL does not let a node in, and what mends it: from what the server or its library says, by its SQLSTATE where
//! there is one (PostgreSQL, appendix A).

use std::error::Error as _;
use std::io;

use tokio_postgres::config::Host;
use tokio_postgres::error::{DbError, SqlState};

use super::error::SqlError;
use super::server_finding::ServerFinding;
use crate::config::postgres::Postgres;

/// Where a server is, and as what it is asked; nothing of a password.
pub(super) struct ServerPlace {
    pub(super) user: String,
    pub(super) database: String,
    /// `HOST:PORT`, or a socket; several are separated by commas.
    pub(super) hosts: String,
    is_socket: bool,
    is_encrypted: bool,
}

impl ServerPlace {
    pub(super) fn of(server: &Postgres) -> Self {
        let config = server.config();
        let own = || nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name);
        let user = config.get_user().map(str::to_owned).or_else(own).unwrap_or_else(|| "USER".into());
        let database = config.get_dbname().map_or_else(|| user.clone(), str::to_owned);
        let port = |at: usize| config.get_ports().get(at).or(config.get_ports().first()).copied().unwrap_or(5432);
        let named = config.get_hosts().iter().enumerate().map(|(at, host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(dir) => format!("{}/.s.PGSQL.{}", dir.display(), port(at)),
        });
        let mut hosts: Vec<_> = named.collect();
        if hosts.is_empty() {
            let addresses = config.get_hostaddrs().iter().enumerate();
            hosts = addresses.map(|(at, address)| format!("{address}:{}", port(at))).collect();
        }
        let is_socket = config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
        Self { user, database, hosts: hosts.join(", "), is_socket, is_encrypted: server.is_encrypted() }
    }

    /// A name as SQL has it.
    pub(super) fn quoted(name: &str) -> String {
        let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    }

    /// A command for the admin of the server, on one line of a shell.
    pub(super) fn as_admin(sql: &str) -> String {
        format!("sudo -u postgres psql -c '{}'", sql.replace('\'', "'\\''"))
    }

    /// The same, in the ledger's database.
    pub(super) fn in_database(&self, sql: &str) -> String {
        let database = self.database.replace('\'', "'\\''");
        format!("sudo -u postgres psql -d '{database}' -c '{}'", sql.replace('\'', "'\\''"))
    }
}

/// What is said of a statement that was prepared on another connection.
const OF_POOLER: [SqlState; 2] = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];

/// A pooler that does not leave sessions whole.
pub(super) fn pooler() -> ServerFinding {
    ServerFinding::advice(
        "a pooler is in between that may give each transaction another connection (pool_mode = transaction)",
        "give the ledger's database a connection for each session: for PgBouncer, in [databases]: pool_mode=session",
    )
}

/// What an error of connecting is about.
pub(super) fn fault(place: &ServerPlace, error: &SqlError) -> ServerFinding {
    if let SqlError::Postgres(cause) = error
        && cause.code().is_some_and(|code| OF_POOLER.contains(code))
    {
        return pooler();
    }
    let (what, mend) = match error {
        SqlError::TimedOut => silent(place),
        SqlError::Postgres(cause) => match cause.as_db_error() {
            Some(answer) => of_server(place, answer),
            None => of_connection(place, cause).unwrap_or_else(|| by_text(place, &error.to_string())),
        },
        other => by_text(place, &other.to_string()),
    };
    ServerFinding::fault(what, mend)
}

fn silent(place: &ServerPlace) -> (String, String) {
    let what = format!("PostgreSQL at {} does not answer in time", place.hosts);
    (what, "see whether it runs, and whether a firewall drops what is sent there: pg_isready".into())
}

/// What the server answers.
fn of_server(place: &ServerPlace, answer: &DbError) -> (String, String) {
    let (user, database) = (ServerPlace::quoted(&place.user), ServerPlace::quoted(&place.database));
    let message = answer.message();
    let code = answer.code();
    let told = |what: &str| format!("{what} (it says: {message})");
    if *code == SqlState::INVALID_PASSWORD {
        let what = format!("PostgreSQL refuses the password of the user {}, or has no such user", place.user);
        let set = ServerPlace::as_admin(&format!("ALTER ROLE {user} PASSWORD $$…$$"));
        let mend = format!(
            "put the right password into the URL (@ / ? as %40 %2F %3F), or set it:\n{set}\nor create the user:\n{}",
            create_user(place)
        );
        return (told(&what), mend);
    }
    if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        if message.contains("does not exist") {
            return (told(&format!("PostgreSQL has no user {}", place.user)), create_user(place));
        }
        if message.contains("pg_hba.conf") {
            let kind = if place.is_socket {
                "local"
            } else if place.is_encrypted {
                "hostssl"
            } else {
                "host"
            };
            let address = if place.is_socket { "" } else { " samenet" };
            let method = if place.is_socket { "peer" } else { "scram-sha-256" };
            let line = format!("{kind} {database} {user}{address} {method}");
            let mend = format!("add to pg_hba.conf, with this machine's network, and reload PostgreSQL:\n{line}");
            return (told("PostgreSQL has no rule that lets this user in from here"), mend);
        }
        if message.contains("permitted to log in") {
            let mend = ServerPlace::as_admin(&format!("ALTER ROLE {user} LOGIN"));
            return (told(&format!("the user {} may not log in", place.user)), mend);
        }
        let mend = format!(
            "by its socket PostgreSQL lets {} in from processes of the system's user of that name alone: run this as the service does, \
             or name the user in pg_ident.conf",
            place.user
        );
        return (told("PostgreSQL does not believe who this is"), mend);
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return (told(&format!("PostgreSQL has no database {}", place.database)), create_database(place));
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        let mend = ServerPlace::as_admin(&format!("GRANT CONNECT ON DATABASE {database} TO {user}"));
        return (told("the user lacks a right that it needs to connect"), mend);
    }
    if *code == SqlState::TOO_MANY_CONNECTIONS {
        // Since PostgreSQL 16 a general limit is told as `…are reserved for roles with…`.
        let mend = if message.contains("connections for role") {
            ServerPlace::as_admin(&format!("ALTER ROLE {user} CONNECTION LIMIT -1"))
        } else if message.contains("connections for database") {
            ServerPlace::as_admin(&format!("ALTER DATABASE {database} CONNECTION LIMIT -1"))
        } else {
            format!(
                "close others, or raise it, and restart PostgreSQL:\n{}",
                ServerPlace::as_admin("ALTER SYSTEM SET max_connections = 200")
            )
        };
        return (told("PostgreSQL has no connection left"), mend);
    }
    if *code == SqlState::CANNOT_CONNECT_NOW {
        return (told("PostgreSQL is starting or stopping"), "wait, and try again; its log says more".into());
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return read_only(place);
    }
    if *code == SqlState::PROTOCOL_VIOLATION {
        let mend = "what answers is a pooler or a proxy: its log and its configuration say why (for PgBouncer [databases], [users] and \
                    auth_file)";
        return (told("what answers is not PostgreSQL itself, and refuses the connection"), mend.into());
    }
    (format!("PostgreSQL refuses the connection: {message} (SQLSTATE {})", code.code()), String::new())
}

fn create_user(place: &ServerPlace) -> String {
    let more = if place.is_socket { "" } else { "--pwprompt " };
    format!("sudo -u postgres createuser {more}'{}'", place.user)
}

pub(super) fn create_database(place: &ServerPlace) -> String {
    let (user, database) = (&place.user, &place.database);
    format!("sudo -u postgres createdb --owner='{user}' --encoding=UTF8 --template=template0 '{database}'")
}

fn read_only(place: &ServerPlace) -> (String, String) {
    let what =
        format!("PostgreSQL at {} can be read and not written: it is a replica, or read-only by default", place.hosts);
    let mend = format!(
        "name the primary in ledger.url, or all servers: postgres://{}@db1.example.com,db2.example.com/{}",
        place.user, place.database
    );
    (what, mend)
}

/// What the library finds on the way.
fn of_connection(place: &ServerPlace, error: &tokio_postgres::Error) -> Option<(String, String)> {
    let mut cause = error.source();
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<io::Error>() {
            let where_to = format!("PostgreSQL at {} cannot be reached ({error})", place.hosts);
            return match error.kind() {
                io::ErrorKind::NotFound if place.is_socket => {
                    let mend = "start PostgreSQL, or name the directory of its socket (host=…) and its port in ledger.url:\n\
                                sudo -u postgres psql -c 'SHOW unix_socket_directories'";
                    Some((where_to, mend.into()))
                }
                io::ErrorKind::ConnectionRefused => Some((
                    where_to,
                    "start PostgreSQL, or have it listen there: listen_addresses and port in postgresql.conf".into(),
                )),
                io::ErrorKind::TimedOut => Some(silent(place)),
                io::ErrorKind::PermissionDenied if error.raw_os_error().is_some() => Some((
                    where_to,
                    "let the service's user reach that socket; under systemd a server behind TCP needs the drop-in network.conf"
                        .into(),
                )),
                _ => None,
            };
        }
        cause = source.source();
    }
    None
}

/// What only a text tells.
fn by_text(place: &ServerPlace, text: &str) -> (String, String) {
    let mends = [
        ("does not allow writes", ""),
        (
            "password missing",
            "put the password into the URL: postgres://USER:PASSWORD@HOST/DATABASE, in a file that ledger.url_file names",
        ),
        (
            "server does not support TLS",
            "set ssl = on, ssl_cert_file and ssl_key_file in postgresql.conf; or add sslmode=disable to the URL where nobody listens on the \
             way",
        ),
        ("UnknownIssuer", "name the CA that signed it in the URL: sslrootcert=/etc/invited/postgres-ca.pem"),
        (
            "CaUsedAsEndEntity",
            "give PostgreSQL a certificate that a CA signed, and name that CA in the URL: sslrootcert=FILE",
        ),
        ("not valid for name", "connect by a name that the certificate is for, or have one made for this name"),
        ("NotValidForName", "connect by a name that the certificate is for, or have one made for this name"),
        ("Expired", "renew the certificate of PostgreSQL, and have it reloaded: systemctl reload postgresql"),
        ("expired", "renew the certificate of PostgreSQL, and have it reloaded: systemctl reload postgresql"),
        ("NotValidYet", "the certificate is for later: see whether both clocks are right"),
        ("not valid yet", "the certificate is for later: see whether both clocks are right"),
        (
            "CertificateRequired",
            "PostgreSQL asks for a client certificate: name it in the URL: sslcert=FILE&sslkey=FILE",
        ),
        (
            "as it is named in ledger.url",
            "let the service's user read that file, and have it hold PEM: a certificate, or its private key",
        ),
        ("cannot read certificates", "let the service's user read that file, and have it hold certificates in PEM"),
        ("lookup", "see whether the name is right, and whether this machine can look it up: getent hosts NAME"),
        ("looked up", "see whether the name is right, and whether this machine can look it up: getent hosts NAME"),
    ];
    match mends.into_iter().find(|(part, _)| text.contains(part)) {
        Some(("does not allow writes", _)) => read_only(place),
        Some((_, mend)) => (format!("cannot connect to PostgreSQL at {}: {text}", place.hosts), mend.to_owned()),
        None => (format!("cannot connect to PostgreSQL at {}: {text}", place.hosts), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_sql_would_read_others() {
        for (name, quoted) in [
            ("invited", "invited"),
            ("Invited", "\"Invited\""),
            ("a-b", "\"a-b\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
        ] {
            assert_eq!(ServerPlace::quoted(name), quoted);
        }
    }

    #[test]
    fn a_place_says_where_and_as_whom_and_no_password() {
        let place = |url: &str| ServerPlace::of(&url.parse().unwrap());
        let one = place("postgres://ann:s3cret@db1,db2:6432/invites?application_name=x");
        assert_eq!((one.user.as_str(), one.database.as_str(), one.is_encrypted), ("ann", "invites", true));
        assert_eq!(one.hosts, "db1:5432, db2:6432");
        let one = place("postgres://ann@/?host=/run/postgresql");
        assert_eq!((one.hosts.as_str(), one.database.as_str()), ("/run/postgresql/.s.PGSQL.5432", "ann"));
    }
}
