//! The least that speaks to Prosody's admin socket: it sends what the adapter sends, waits for the answer, and reads
//! nothing out of it.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What the adapter sends; put together there by a loader that this one does without.
const HELPER: &str = concat!(
    "function INVITED_WHOLE(last) return require 'util.encodings'.base64.decode(last) end ",
    include_str!("../../src/backend/prosody/lua/base.lua"),
    include_str!("../../src/backend/prosody/lua/own_tokens.lua"),
    include_str!("../../src/backend/prosody/lua/asks.lua"),
    include_str!("../../src/backend/prosody/lua/calls.lua")
);
const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
                      xmlns='xmpp:prosody.im/admin'>";
const END: &str = "</repl-result>";

/// A connection on which the helper is defined.
pub struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Client {
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut client = Self { stream, buffer: vec![0; 16 << 10] };
        let helper = HELPER.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let answer = client.exchange(&format!("{HEADER}<repl-input>&gt;{helper}</repl-input>"));
        assert!(answer.contains("Result: invited-"), "{answer}");
        client
    }

    /// Calls the helper; gives the answer as it came.
    pub fn call(&mut self, request: &Value) -> String {
        let argument = STANDARD.encode(request.to_string());
        self.exchange(&format!("<repl-input>&gt;INV\"{argument}\"</repl-input>"))
    }

    fn exchange(&mut self, request: &str) -> String {
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut filled = 0;
        while !self.buffer[..filled].ends_with(END.as_bytes()) {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "the admin socket was closed");
            filled += read;
        }
        String::from_utf8(self.buffer[..filled].to_vec()).unwrap()
    }
}

/// What the helper gives, which must have done what it was asked for.
pub fn result(answer: &str) -> Value {
    let result = answer.rsplit_once("Result: ").and_then(|(_, result)| result.strip_suffix(END));
    let json = result.and_then(|result| STANDARD.decode(result).ok());
    let mut answer: Value = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    assert!(answer["ok"] == true, "{answer}");
    answer["result"].take()
}
