//! A disk that hangs, and one whose fdatasync(2) fails: `tests/disk/disk.c` stands between the service and its ledger.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{CONFIG, Client, KEY, Response, Scratch, Served};

/// The disk of a service.
pub struct Disk {
    dir: PathBuf,
    library: PathBuf,
}

impl Disk {
    /// Nothing where there is no C compiler, which is said.
    pub fn of(scratch: &Scratch) -> Option<Self> {
        let (dir, library) = (scratch.path().join("disk"), scratch.path().join("disk.so"));
        fs::create_dir_all(dir.join("kept")).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/disk.c");
        match Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status() {
            Ok(status) if status.success() => Some(Self { dir, library }),
            other => {
                eprintln!("SKIPPED {}: cc {other:?}", std::thread::current().name().unwrap_or_default());
                None
            }
        }
    }

    pub fn serve(&self, scratch: &Scratch) -> Served {
        let [library, dir] = [&self.library, &self.dir].map(|path| path.to_str().unwrap());
        scratch.serve_with(&[("LD_PRELOAD", library), ("DISK", dir)])
    }

    /// Has it `hang` or `fail`, or not any more.
    pub fn set(&self, what: &str, is_so: bool) {
        let path = self.dir.join(what);
        if is_so { fs::write(path, b"").unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// What is on the disk if the power goes now.
    fn after_power_loss(&self, scratch: &Scratch) -> Scratch {
        let other = Scratch::new(CONFIG);
        fs::create_dir(other.state()).unwrap();
        fs::copy(scratch.state().join("ledger.key"), other.state().join("ledger.key")).unwrap();
        for name in ["ledger.db", "ledger.db-wal"] {
            let kept = self.dir.join("kept").join(name);
            if kept.exists() {
                fs::copy(kept, other.state().join(name)).unwrap();
            }
        }
        other
    }
}

fn create() -> String {
    common::http::request("POST", "/invites_api", &[&format!("Authorization: Bearer {KEY}")], "")
}

fn get(path: &str) -> String {
    common::http::request("GET", path, &[], "")
}

fn assert_unsure(answer: &Response) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("may have been done"), "{detail}");
}

/// The tokens of all invites.
fn listed(scratch: &Scratch) -> HashSet<String> {
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let invites = list["invites"].as_array().unwrap().iter();
    invites.map(|invite| invite["token"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_commit_waits_for_one_fdatasync_of_the_log() {
    let scratch = Scratch::new(CONFIG);
    let Some(disk) = Disk::of(&scratch) else { return };
    let served = disk.serve(&scratch);
    let mut client = served.client();
    client.invite(KEY).token();
    let syncs = || fs::read_to_string(disk.dir.join("syncs")).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    // Now and then the service writes something of its own, which is a commit, too.
    let is_one_each = (0..20).any(|_| {
        let before = syncs().len();
        // One after the other, so that none of them shares its commit.
        for _ in 0..5 {
            client.invite(KEY).token();
        }
        let since = syncs().split_off(before);
        assert!(since.len() >= 5 && since.iter().all(|sync| sync == "fdatasync ledger.db-wal"), "{since:?}");
        since.len() == 5
    });
    assert!(is_one_each, "more syncs than commits, each time");
}

#[test]
fn a_disk_that_hangs_is_503_and_all_goes_on_when_it_is_back() {
    let scratch = Scratch::new(CONFIG);
    let Some(disk) = Disk::of(&scratch) else { return };
    let served = disk.serve(&scratch);
    let mut client = served.client();
    let before = client.invite(KEY).token();
    // What the service has not read yet.
    let by_hand = scratch.ok(&["invite", "create"]);
    let by_hand = by_hand.trim().split_once('?').unwrap().1.to_owned();

    // Everything up to `back` is answered while the disk hangs.
    disk.set("hang", true);
    client.send(create());
    let mut probes: Vec<_> = (0..3).map(|_| served.client()).collect();
    for probe in &mut probes {
        probe.send(get("/readyz"));
    }
    assert_eq!(served.client().get("/healthz").status, 200);
    assert_unsure(&client.read().unwrap());
    let mut statuses = probes.iter_mut().map(|probe| probe.read().unwrap().status);
    assert!(statuses.all(|status| status == 503));
    let line = served.wait_log("invites cannot be created; ");
    assert!(line.contains("does not answer in time"), "{line}");
    // What has waited until its caller was told so is not done later.
    assert_eq!(client.invite(KEY).status, 503);
    let mut readers: Vec<_> = (0..4).map(|_| served.client()).collect();
    for reader in &mut readers {
        reader.send(get(&format!("/invite?{by_hand}")));
    }
    assert!(readers.iter_mut().all(|reader| reader.read().unwrap().status == 503));
    assert_eq!(served.client().get("/healthz").status, 200);

    let logged = served.log_length();
    disk.set("hang", false);
    served.wait_log_after(logged, "the ledger can be written again");
    let after = client.invite(KEY).token();
    for token in [&before, &by_hand, &after] {
        assert_eq!(client.get(&format!("/invite?{token}")).status, 200);
    }
    assert_eq!(client.get("/readyz").status, 200);
    let listed = listed(&scratch);
    assert!([before, by_hand, after].iter().all(|token| listed.contains(token)));
    // And at most the first one, of which nobody knew.
    assert!(listed.len() <= 4, "{listed:?}");
}

#[test]
fn nothing_that_was_answered_201_is_lost_with_the_power_after_a_sync_that_failed() {
    let scratch = Scratch::new(CONFIG);
    let Some(disk) = Disk::of(&scratch) else { return };
    let mut served = disk.serve(&scratch);
    let mut created = HashSet::new();
    let mut add = |client: &mut Client, count: usize| {
        for _ in 0..count {
            let answer = client.invite(KEY);
            assert_eq!(answer.status, 201, "{answer:?}");
            created.insert(answer.token());
        }
    };
    add(&mut served.client(), 5);
    for is_killed in [false, true] {
        disk.set("fail", true);
        let refused = served.client().invite(KEY);
        assert_unsure(&refused);
        disk.set("fail", false);
        if is_killed {
            // The machine has gone on: in its memory there is what is not on the disk.
            served.kill();
            served = disk.serve(&scratch);
        }
        add(&mut served.client(), 5);
    }
    served.kill();
    let kept = listed(&disk.after_power_loss(&scratch));
    let lost: Vec<_> = created.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), created.len());
}
