//! `invited health`: what a probe that runs a command hears.

use crate::common;

use std::process::Output;

use common::{CONFIG, PATIENCE, Scratch, now};

/// Again, where the machine was too slow for a probe.
fn health(scratch: &Scratch, arguments: &[&str]) -> Output {
    let began = now();
    loop {
        let output = scratch.run(&[&["health"], arguments].concat());
        if !told(&output).contains("no answer from") || began.elapsed() > PATIENCE {
            return output;
        }
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_probe_hears_whether_the_service_is_ready() {
    let port = common::free_port().to_string();
    let scratch = Scratch::new(&CONFIG.replace("127.0.0.1:0", &port));
    let stopped = health(&scratch, &[]);
    assert_eq!(stopped.status.code(), Some(1), "{}", told(&stopped));
    assert!(told(&stopped).contains(&format!("the service does not answer on {port}")), "{}", told(&stopped));

    let served = scratch.serve();
    let ready = health(&scratch, &[]);
    assert_eq!(ready.status.code(), Some(0), "{}", told(&ready));
    assert!(told(&ready).contains("\"ledger\":\"ok\""), "{}", told(&ready));

    let ready = health(&scratch, &["--json"]);
    assert!(
        told(&ready).contains("\"status\": 200") && told(&ready).contains("\"ledger\": \"ok\""),
        "{}",
        told(&ready)
    );

    // Another file in the ledger's place: it is not ready, and says why.
    std::fs::rename(scratch.state().join("ledger.db"), scratch.state().join("other.db")).unwrap();
    let began = now();
    let away = loop {
        let output = health(&scratch, &[]);
        if !output.status.success() || began.elapsed() > PATIENCE {
            break output;
        }
    };
    assert_eq!(away.status.code(), Some(1), "{}", told(&away));
    assert!(told(&away).contains("is not ready (503)"), "{}", told(&away));
    drop(served);
}

#[test]
fn it_asks_as_the_configuration_has_it() {
    let scratch = Scratch::new(CONFIG);
    let socket = scratch.path().join("http.sock");
    let place = format!("unix:{}", socket.display());
    let below = CONFIG
        .replace("invite.example.com/", "example.com/invited/")
        .replace("\"127.0.0.1:0\"", &format!("\"127.0.0.1:0\", \"{place}\""));
    scratch.configure(&format!("{below}[http]\nproxy_protocol = true\n"));
    let served = scratch.serve();
    let ready = health(&scratch, &[&place]);
    assert_eq!(ready.status.code(), Some(0), "{}{}", told(&ready), served.log());
    drop(served);

    // Over TLS it would have to know whom to trust: it asks where there is none, or says what to do.
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| scratch.path().join(name).display().to_string());
    let tls = format!("{CONFIG}[tls]\ncertificate_file = \"{chain}\"\nprivate_key_file = \"{key}\"\n");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(chain, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    scratch.configure(&tls);
    let refused = health(&scratch, &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("add one such as unix:"), "{}", told(&refused));
    scratch.configure(&tls.replace("\"127.0.0.1:0\"", &format!("\"127.0.0.1:0\", \"{place}\"")));
    let gone = health(&scratch, &[]);
    assert!(told(&gone).contains(&format!("does not answer on {place}")), "{}", told(&gone));
}
