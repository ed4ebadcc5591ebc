//! The service beside a real Prosody: what it does and tells when nobody asks.

use crate::common;
use crate::common::prosody;

use common::{CONFIG, Client, Notified, Scratch, listener};
use prosody::{Prosody, Storage};

/// Nobody else answers what the server asks.
#[test]
fn idle_service_goes_on_where_an_app_may_sign_up() {
    let prosody = Prosody::with_clients(Storage::Internal);
    let scratch = Scratch::new(&format!(
        "idle_exit = \"1s\"\n{}[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
        // Nothing can be bound there: it serves on the socket that it is passed.
        CONFIG.replace("127.0.0.1:0", "192.0.2.1:1"),
        prosody.socket().display()
    ));
    let link = scratch.ok(&["invite", "create"]);
    let socket = listener();
    let address = socket.local_addr().unwrap();
    // Who opens the page is there before the service is; else it may be idle before that.
    let mut guest = Client::tcp(address);
    guest.send(common::http::request("GET", &link.trim().replace("https://invite.example.com", ""), &[], ""));
    let mut served = scratch.serve_activated(vec![socket.into()], "http", &[]);
    assert_eq!(guest.read().expect("an answer").status, 200);
    drop(guest);
    served.wait_log("idle, but an XMPP server asks about the tokens that apps show");
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
}

/// In STATUS=, in /readyz and in the metrics; nobody has to ask for it.
#[test]
fn an_xmpp_server_that_goes_and_comes_back_is_told_of() {
    let mut prosody = Prosody::with_clients(Storage::Internal);
    let scratch = Scratch::new(&format!(
        "{CONFIG}[metrics]\nlisten = [\"127.0.0.1:0\"]\n[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
        prosody.socket().display()
    ));
    let notified = Notified::new(&scratch);
    let served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
    let readyz = || {
        let answer = served.client().get("/readyz");
        (answer.status, answer.json()["backends"]["example.com"]["state"].clone())
    };
    notified.wait("READY=1");
    prosody.stop();
    // At first it may be away because a connection was lost.
    let status = notified.wait(prosody.socket().to_str().unwrap());
    assert!(status.contains("the XMPP server of example.com is away"), "{status}");
    assert_eq!(readyz(), (200, "away".into()));
    prosody.start_again();
    while notified.wait("STATUS=").contains("away") {}
    assert_eq!(readyz(), (200, "ok".into()));
    let metrics = served.wait_log("metrics on http://").rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let metrics = Client::tcp(metrics).get("/metrics").text();
    for outcome in ["ok", "away"] {
        let series = metrics.lines().any(|line| {
            let labels = ["host=\"example.com\"".to_owned(), format!("outcome=\"{outcome}\"")];
            line.starts_with("invited_backend_call_seconds_count{") && labels.iter().all(|label| line.contains(label))
        });
        assert!(series, "{outcome}: {metrics}");
    }
}
