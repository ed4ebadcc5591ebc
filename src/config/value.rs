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
    ($type:ty, $expected:literal) => {
        impl $type {
            /// What is allowed.
            const EXPECTED: &str = $expected;
        }
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
#[schemars(with = "String", extend("expected" = Span::EXPECTED))]
pub struct Span(pub Duration);
text_value!(Span, "expected a duration such as \"90s\", \"10m\" or \"7d\"");

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
            None => Err(ValueError(Self::EXPECTED.into())),
        }
    }
}

/// The units of a length of time. Others differ in length, or in what they are taken for: `M` is a month or a minute.
const UNITS: [&str; 5] = ["d", "h", "m", "s", "ms"];

/// Reads a length of time in jiff's friendly format: units from the longest to the shortest, days of 24 hours.
fn duration(text: &str) -> Option<Duration> {
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    if text.contains(':') || !words.all(|word| UNITS.contains(&word)) {
        return None;
    }
    let span = SpanParser::new().parse_span(text).ok()?;
    Duration::try_from(span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?).ok()
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&span_text(self.0))
    }
}

/// A number of bytes: `16KiB`, `1MiB`, `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("expected" = Size::EXPECTED))]
pub struct Size(pub u64);
text_value!(Size, "expected a size such as \"64KiB\"");

impl FromStr for Size {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        bytesize::ByteSize::from_str(text)
            .map(|size| Self(size.as_u64()))
            .map_err(|_| ValueError(Self::EXPECTED.into()))
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
#[schemars(with = "String", extend("expected" = Listen::EXPECTED))]
pub enum Listen {
    /// Host name or address, and port; port 0 takes a free one.
    Tcp(String),
    /// A socket file.
    Unix(std::path::PathBuf),
}
text_value!(Listen, "expected \"host:port\", \"[v6]:port\" or \"unix:/path\"");

impl FromStr for Listen {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError(Self::EXPECTED.into());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(wrong()) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        // All addresses are `0.0.0.0` and `[::]`: `*` would be looked up as a name.
        let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
        if is_port && (is_name || text.parse::<std::net::SocketAddrV6>().is_ok()) {
            return Ok(Self::Tcp(text.to_owned()));
        }
        Err(wrong())
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
#[schemars(with = "String", extend("expected" = Network::EXPECTED))]
pub struct Network(pub ipnet::IpNet);
text_value!(Network, "expected an address or a CIDR such as \"10.0.0.0/8\"");

impl Network {
    /// Whether it is larger than the largest network that one may have for oneself (RFC 1918, RFC 4193).
    #[must_use]
    pub fn is_boundless(&self) -> bool {
        match self.0 {
            ipnet::IpNet::V4(network) => network.prefix_len() < 8,
            ipnet::IpNet::V6(network) => network.prefix_len() < 7,
        }
    }
}

impl FromStr for Network {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        if let Ok(address) = text.parse::<std::net::IpAddr>() {
            return Ok(Self(address.into()));
        }
        text.parse().map(Self).map_err(|_| ValueError(Self::EXPECTED.into()))
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
#[schemars(with = "String", extend("expected" = Moment::EXPECTED, "format" = "date-time"))]
pub struct Moment(pub jiff::Timestamp);
text_value!(Moment, "expected a time such as \"2027-01-01T00:00:00Z\"");

impl FromStr for Moment {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map(Self).map_err(|_| ValueError(Self::EXPECTED.into()))
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
#[schemars(with = "String", extend("expected" = Sha256::EXPECTED))]
pub struct Sha256(pub [u8; 32]);
text_value!(Sha256, "expected the 64 hexadecimal digits of a SHA-256 digest");

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
        let wrong = || ValueError(Self::EXPECTED.into());
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
        for text in ["127.0.0.1:5290", "[::1]:0", "[fe80::1%2]:80", "localhost:80", "unix:/run/x.sock"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        for text in ["10.0.0.0/8", "::1", "127.0.0.1"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn networks_that_nobody_has_alone_are_boundless() {
        for (text, is) in
            [("0.0.0.0/0", true), ("::/0", true), ("128.0.0.0/1", true), ("10.0.0.0/8", false), ("fc00::/7", false)]
        {
            assert_eq!(text.parse::<Network>().unwrap().is_boundless(), is, "{text}");
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
            ("1h 30m", 5_400.0),
            ("1.5h", 5_400.0),
            ("36h", 1.5 * day),
            ("7d", 7.0 * day),
            ("14d 1h", 14.0 * day + 3_600.0),
        ] {
            let read = text.parse::<Span>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!((read.0.as_secs_f64() - seconds).abs() < 1e-6, "{text}: {read:?}");
        }
        for wrong in ["", "7", "d", "-7d", "7d ago", "30m1h", "7D", "P7D", "1h30", "7d x", "1e3s", "\u{0667}d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
        // Nobody has to know what these are taken for.
        for unit in
            ["M", "mo", "months", "w", "weeks", "y", "Y", "H", "S", "min", "sec", "hours", "us", "\u{b5}s", "ns"]
        {
            assert!(format!("1{unit}").parse::<Span>().is_err(), "{unit}");
        }
        for beyond in ["0s", "0d", "36601d", "99999999999d", "1d 00:00:01", "00:01"] {
            assert!(beyond.parse::<Span>().is_err(), "{beyond}");
        }
    }

    #[test]
    fn wrong_values_are_told_what_is_allowed() {
        assert_eq!("7x".parse::<Span>().unwrap_err().0, "expected a duration such as \"90s\", \"10m\" or \"7d\"");
        assert_eq!("0s".parse::<Span>().unwrap_err().0, "expected a duration between 1ms and 100 years");
        for wrong in [
            "5290",
            "::1:80",
            "[a]:80",
            "a:99999",
            "a:+80",
            "a:",
            "unix:relative",
            ":80",
            "*:80",
            "a b:80",
            "http://a:80",
        ] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }
}
