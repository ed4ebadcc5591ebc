//! Where the clients of a domain connect to: what its SRV records say (RFC 6120, 3.2; XEP-0368), else the domain itself.

use std::fmt;

use crate::backend::CallError;
use crate::backend::dns::{self, DnsError, Resolver, Srv};
use crate::clock;
use crate::config::TlsUse;
use crate::log::chain;

/// More places than these are not tried: there is no time for them.
const MAX_PLACES: usize = 4;
/// RFC 6120, 3.2.2.
const DEFAULT_PORT: u16 = 5222;

/// A port that takes clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientPort {
    /// `host:port`.
    pub(super) address: String,
    /// TLS begins with the connection (XEP-0368), and not by STARTTLS.
    pub(super) is_tls: bool,
}

impl fmt::Display for ClientPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Where to connect to for `domain`, an ASCII name, in the order in which it is tried.
pub(super) async fn places(domain: &str, tls: TlsUse) -> Result<Vec<ClientPort>, CallError> {
    let resolver = Resolver::of_system();
    let starttls = resolver.srv("_xmpp-client._tcp", domain);
    if tls == TlsUse::Off {
        return chosen(domain, starttls.await, Ok(vec![]));
    }
    let direct = resolver.srv("_xmpps-client._tcp", domain);
    let (starttls, direct) = futures_lite::future::zip(starttls, direct).await;
    chosen(domain, starttls, direct)
}

/// What follows from the records. Both kinds are one list (XEP-0368). The domain itself is tried where nothing is said; not
/// where it is said that there is no such service, nor where the places that are said cannot be reached (RFC 6120, 3.2.1).
fn chosen(
    domain: &str,
    starttls: Result<Vec<Srv>, DnsError>,
    direct: Result<Vec<Srv>, DnsError>,
) -> Result<Vec<ClientPort>, CallError> {
    let mut records = Vec::new();
    for (said, is_tls) in [(starttls, false), (direct, true)] {
        match said {
            Ok(said) => records.extend(said.into_iter().map(|record| (record, is_tls))),
            // Then it is as if nothing were said (RFC 6120, 3.2.1).
            Err(error) => tracing::debug!(error = %chain(&error), "cannot look up the SRV records of an XMPP server"),
        }
    }
    if records.is_empty() {
        return Ok(vec![ClientPort { address: format!("{domain}:{DEFAULT_PORT}"), is_tls: false }]);
    }
    let places = dns::in_order(records, &mut clock::rng()).into_iter().filter_map(|(record, is_tls)| {
        let address = format!("{}:{}", record.target?, record.port);
        Some(ClientPort { address, is_tls })
    });
    let places: Vec<_> = places.take(MAX_PLACES).collect();
    if places.is_empty() {
        return Err(CallError::Away(
            format!("DNS says that {domain} has no service for clients (SRV record with `.`)").into(),
        ));
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(target: Option<&str>, priority: u16) -> Srv {
        Srv::new(priority, 0, 5_222, target)
    }

    fn addresses(starttls: Result<Vec<Srv>, DnsError>, direct: Result<Vec<Srv>, DnsError>) -> Vec<(String, bool)> {
        let places = chosen("example.com", starttls, direct).unwrap();
        places.into_iter().map(|place| (place.address, place.is_tls)).collect()
    }

    fn fallback() -> Vec<(String, bool)> {
        vec![("example.com:5222".into(), false)]
    }

    #[test]
    fn both_kinds_are_one_list() {
        let starttls = vec![record(Some("b"), 20), record(Some("d"), 40)];
        let direct = vec![record(Some("c"), 30), record(Some("a"), 10), record(None, 0)];
        let expected = [("a:5222", true), ("b:5222", false), ("c:5222", true), ("d:5222", false)];
        assert_eq!(addresses(Ok(starttls), Ok(direct)), expected.map(|(address, tls)| (address.to_owned(), tls)));
    }

    #[test]
    fn the_domain_itself_is_tried_only_where_nothing_is_said() {
        let lost = || Err(DnsError::NoAnswer("lost".into()));
        for (starttls, direct) in
            [(Ok(vec![]), Ok(vec![])), (lost(), lost()), (lost(), Ok(vec![])), (Ok(vec![]), lost())]
        {
            assert_eq!(addresses(starttls, direct), fallback());
        }
        for direct in [Ok(vec![]), Ok(vec![record(None, 0)]), lost()] {
            let Err(CallError::Away(why)) = chosen("example.com", Ok(vec![record(None, 0)]), direct) else { panic!() };
            assert!(why.to_string().contains("example.com has no service for clients"), "{why}");
        }
        assert_eq!(addresses(lost(), Ok(vec![record(Some("a"), 0)])), [("a:5222".into(), true)]);
    }

    #[test]
    fn many_places_are_not_all_tried() {
        let many = (0..60).map(|priority| record(Some("a"), priority)).collect();
        assert_eq!(addresses(Ok(many), Ok(vec![])).len(), MAX_PLACES);
    }
}
