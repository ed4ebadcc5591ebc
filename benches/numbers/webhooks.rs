//! What webhooks cost: creates while every one of them is sent to a receiver on this machine, and how many are sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use invited::clock;

use crate::load::content_length;
use crate::service::Scratch;
use crate::{Effort, Rates, Rounds, rate, tell_ratio, to_create};

/// Deliveries a second that are asked for.
const ASKED: f64 = 500.0;

/// Takes everything, and counts it.
fn receiver() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            std::thread::spawn(move || take(stream, &count));
        }
    });
    (url, taken)
}

fn take(stream: TcpStream, count: &AtomicUsize) -> Option<()> {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let mut body = vec![0; content_length(head.trim_end())];
        reader.read_exact(&mut body).ok()?;
        writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()?;
        count.fetch_add(1, Ordering::Relaxed);
    }
}

fn per_second(count: usize, time: std::time::Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
}

/// Creates with a webhook, of those without one; what is sent meanwhile, and what is sent of what was left over.
pub fn measure(effort: &Effort) {
    let [mut without, mut with] = std::array::from_fn(|_| Rates::default());
    let [mut meanwhile, mut after, mut asked] = std::array::from_fn(|_| Rounds(vec![]));
    for _ in 0..effort.rounds {
        let scratch = Scratch::new();
        let service = scratch.serve();
        service.first_answer();
        without.add(rate(&service, &to_create(&service), effort));
        drop(service);
        let (scratch, (url, taken)) = (Scratch::new(), receiver());
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        scratch.configure_more(&format!("[[webhooks]]\nname = \"site\"\nurl = {url:?}\nsecret = {secret:?}\n"));
        let service = scratch.serve();
        service.first_answer();
        let (before, began) = (taken.load(Ordering::Relaxed), clock::instant());
        with.add(rate(&service, &to_create(&service), effort));
        let (between, ended) = (taken.load(Ordering::Relaxed), clock::instant());
        meanwhile.0.push(per_second(between - before, ended.duration_since(began)));
        std::thread::sleep(effort.time);
        let sent = taken.load(Ordering::Relaxed) - between;
        after.0.push(per_second(sent, clock::instant().duration_since(ended)));
        asked.0.push(ASKED);
    }
    let [(without, of_without), (with, of_with)] = [without, with].map(Rates::done);
    tell_ratio("14 creates while a webhook is told, of none", &with, &without, Some(0.9));
    tell_ratio("   deliveries meanwhile, of 500", &meanwhile, &asked, Some(1.0));
    tell_ratio("   deliveries when nothing else is done", &after, &asked, Some(1.0));
    println!("  processor time per create, in µs: without {of_without:.1}, with {of_with:.1}");
}
