//! Values as people write them: durations, sizes, addresses. Each reads from and prints to one text form.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::invite::policy::span_text;

/// What is wrong with a value: says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub String);

/// Gives a text-valued type its serde form and schema.
macro_rules! text_value {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = ValueError;
            fn try_from(text: String) -> Result<Self, ValueError> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }
    };
}

/// A length of time: `90s`, `10m`, `12h`, `7d`, or several of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Span(pub Duration);
text_value!(Span);

impl Span {
    /// A century is more than anyone means, and all sums with it stay far from overflow.
    pub const MAX: Duration = Duration::from_hours(100 * 366 * 24);

    /// `count` seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// `count` days of 24 hours.
    #[must_use]
    pub const fn days(count: u64) -> Self {
        Self(Duration::from_secs(count * 86_400))
    }
}

impl FromStr for Span {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        match duration(text) {
            Some(duration) if duration > Duration::ZERO && duration <= Self::MAX => Ok(Self(duration)),
            Some(_) => Err(ValueError("expected a duration between 1ms and 100 years".into())),
            None => Err(ValueError("expected a duration such as \"90s\", \"10m\" or \"7d\"".into())),
        }
    }
}

/// What units that differ in length are taken for, as in systemd.time(7).
const MONTH: Duration = Duration::from_secs(2_630_016);
const YEAR: Duration = Duration::from_hours(8_766);

/// Reads a length of time in jiff's friendly format: units from the longest to the shortest, days of 24 hours.
fn duration(text: &str) -> Option<Duration> {
    // In systemd.time(7) `M` is a month and `m` a minute; jiff knows the latter.
    let span = SpanParser::new().parse_span(text.replace('M', "mo")).ok()?;
    let years = YEAR.checked_mul(span.get_years().try_into().ok()?)?;
    let months = MONTH.checked_mul(span.get_months().try_into().ok()?)?;
    let rest = span.years(0).months(0).to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(rest).ok()?.checked_add(years)?.checked_add(months)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&span_text(self.0))
    }
}

/// A number of bytes: `16KiB`, `1MiB`, `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Size(pub u64);
text_value!(Size);

impl FromStr for Size {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        bytesize::ByteSize::from_str(text)
            .map(|size| Self(size.as_u64()))
            .map_err(|_| ValueError("expected a size such as \"64KiB\"".into()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n % (1 << 20) == 0 => write!(f, "{}MiB", n >> 20),
            n if n > 0 && n % (1 << 10) == 0 => write!(f, "{}KiB", n >> 10),
            n => write!(f, "{n}B"),
        }
    }
}

/// Where to listen: `127.0.0.1:5290`, `[::1]:5290` or `unix:/run/invited.sock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Listen {
    /// Host name or address, and port; port 0 takes a free one.
    Tcp(String),
    /// A socket file.
    Unix(std::path::PathBuf),
}
text_value!(Listen);

impl FromStr for Listen {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError("expected \"host:port\", \"[v6]:port\" or \"unix:/path\"".into());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(wrong()) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let v6 = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (host.contains(':') && !v6) || port.parse::<u16>().is_err() {
            return Err(wrong());
        }
        Ok(Self::Tcp(text.to_owned()))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A network that is trusted to name the client's address: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Network(pub ipnet::IpNet);
text_value!(Network);

impl FromStr for Network {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        if let Ok(address) = text.parse::<std::net::IpAddr>() {
            return Ok(Self(address.into()));
        }
        text.parse().map(Self).map_err(|_| ValueError("expected an address or a CIDR such as \"10.0.0.0/8\"".into()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// A point in time, RFC 3339: `2027-01-01T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Moment(pub jiff::Timestamp);
text_value!(Moment);

impl FromStr for Moment {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map(Self).map_err(|_| ValueError("expected a time such as \"2027-01-01T00:00:00Z\"".into()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A SHA-256 digest in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Sha256(pub [u8; 32]);
text_value!(Sha256);

impl Sha256 {
    /// The digest that is kept of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(secret.as_bytes()).into())
    }
}

impl FromStr for Sha256 {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError("expected the 64 hexadecimal digits of a SHA-256 digest".into());
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_they_are_read() {
        for text in ["90s", "10m", "12h", "7d", "500ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["64KiB", "1MiB", "100B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["127.0.0.1:5290", "[::1]:0", "localhost:80", "unix:/run/x.sock"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        for text in ["10.0.0.0/8", "::1", "127.0.0.1"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn durations_read_as_people_write_them() {
        let day = 86_400.0;
        for (text, seconds) in [
            ("1ms", 0.001),
            ("90s", 90.0),
            ("1.5s", 1.5),
            ("10m", 600.0),
            ("1h30m", 5_400.0),
            ("1h 30min", 5_400.0),
            ("1 hour, 30 minutes", 5_400.0),
            ("1.5h", 5_400.0),
            ("36h", 1.5 * day),
            ("7d", 7.0 * day),
            ("2 weeks 1 day", 15.0 * day),
            ("1w", 7.0 * day),
            ("1M", 30.44 * day),
            ("3 months", 91.32 * day),
            ("1y", 365.25 * day),
            ("1 year 1d", 366.25 * day),
        ] {
            let read = text.parse::<Span>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!((read.0.as_secs_f64() - seconds).abs() < 1e-6, "{text}: {read:?}");
        }
        for wrong in ["", "7", "d", "-7d", "7d ago", "30m1h", "7D", "P7D", "1h30", "7d x", "1e3s", "\u{0667}d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
        for beyond in ["0s", "0d", "101y", "5000 weeks 2000 weeks", "99999999999y", "36601d"] {
            assert!(beyond.parse::<Span>().is_err(), "{beyond}");
        }
    }

    #[test]
    fn wrong_values_are_told_what_is_allowed() {
        assert_eq!("7x".parse::<Span>().unwrap_err().0, "expected a duration such as \"90s\", \"10m\" or \"7d\"");
        assert_eq!("0s".parse::<Span>().unwrap_err().0, "expected a duration between 1ms and 100 years");
        for wrong in ["5290", "::1:80", "host:99999", "unix:relative", ":80"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }
}
