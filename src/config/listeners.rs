//! Where to listen, in the clear and for metrics: an address can be had once.

use super::checks::Checks;
use super::value::Listen;

/// Puts down each address that came before, in the same list or the other one. Port 0 is another port each time.
pub(super) fn check(listen: &[Listen], metrics: &[Listen], checks: &mut Checks<'_>) {
    let of_all = listen.iter().map(|one| (&["listen"][..], one));
    let of_metrics = metrics.iter().map(|one| (&["metrics", "listen"][..], one));
    let mut seen = vec![];
    for (list, one) in of_all.chain(of_metrics) {
        if seen.contains(&one) {
            checks.fault(list, &format!("{one} is there twice, and can be listened on once"));
        } else if !matches!(one, Listen::Tcp(address) if address.ends_with(":0")) {
            seen.push(one);
        }
    }
}
