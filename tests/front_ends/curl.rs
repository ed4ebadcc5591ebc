//! curl, as a client on the other side of a front end.

use std::path::Path;
use std::process::Command;

use crate::common::Response;

/// An answer, and by which version of HTTP it came.
pub struct Answer {
    pub version: String,
    pub response: Response,
}

/// Asks as the world does, by name and without a port: where that leads, curl is told. `ports` are those of HTTP and HTTPS.
pub struct Curl<'a> {
    pub dir: &'a Path,
    pub ports: (u16, u16),
}

impl Curl<'_> {
    pub fn ask(&self, url: &str, arguments: &[&str]) -> Answer {
        self.try_ask(url, arguments).unwrap_or_else(|said| panic!("curl {arguments:?} {url}: {said}"))
    }

    /// An error: what curl says of it.
    pub fn try_ask(&self, url: &str, arguments: &[&str]) -> Result<Answer, String> {
        let (head, body) = (self.dir.join("curl.head"), self.dir.join("curl.body"));
        for file in [&head, &body] {
            std::fs::write(file, "").unwrap();
        }
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--http2", "--write-out", "%{http_version}"])
            .args(["--connect-to", &format!(":80:127.0.0.1:{}", self.ports.0)])
            .args(["--connect-to", &format!(":443:127.0.0.1:{}", self.ports.1)])
            .arg("--cacert")
            .arg(self.dir.join("fullchain.pem"))
            .arg("--dump-header")
            .arg(&head)
            .arg("--output")
            .arg(&body)
            .args(arguments)
            .arg(url)
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let head = std::fs::read_to_string(&head).unwrap();
        // After interim answers.
        let head = head.trim_end().rsplit("\r\n\r\n").next().unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let fields = lines.map(|line| line.split_once(':').unwrap());
        let headers = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let response = Response { status, headers, body: std::fs::read(&body).unwrap() };
        Ok(Answer { version: String::from_utf8(output.stdout).unwrap(), response })
    }

    pub fn get(&self, url: &str) -> Response {
        self.ask(url, &[]).response
    }
}
