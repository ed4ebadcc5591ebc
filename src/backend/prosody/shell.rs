//! What Prosody's shell (mod_admin_shell) is sent, and what it says. Requests are written by hand: all that is in them is Lua
//! of ours and base64.
//!
//! Prosody 13 ends a stream with a stanza of more than 16 KiB (0.12: 1 MiB). So whatever is sent goes over in pieces that
//! are put together there, the helper itself included.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minidom::Element;

use crate::backend::CallError;

/// Sent once a connection.
pub(super) const HELPER: &str = concat!(
    include_str!("lua/base.lua"),
    include_str!("lua/own_tokens.lua"),
    include_str!("lua/asks.lua"),
    include_str!("lua/calls.lua")
);

/// Gathers pieces of base64, and gives the whole: sent first. `console` is where the shell keeps the names of one
/// connection; what is loaded lives there, too.
pub(super) const LOADER: &str = r#"
local function R(name) local ok, found = pcall(require, "prosody." .. name) if ok then return found end return require(name) end
local decode, envload, console = R "util.encodings".base64.decode, R "util.envload".envload, getfenv and getfenv() or _ENV
local pieces = {}
function INVITED_PIECE(piece) table.insert(pieces, piece) return "" end
function INVITED_WHOLE(last) local whole = decode(table.concat(pieces) .. last) pieces = {} return whole end
function INVITED_LOAD(last) return assert(envload(INVITED_WHOLE(last), "=invited", console))() end
return "loader""#;

/// A piece of base64: with what stands around it, a stanza is half as long as Prosody 13 allows.
const PIECE_BYTES: usize = 8_000;

/// What the helper says that it is; another one is not ours.
pub(super) fn helper_version() -> &'static str {
    HELPER.split_once("VERSION = \"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

/// What opens the stream.
pub(super) const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
                      xmlns='xmpp:prosody.im/admin'>";

/// What Prosody answered to one request, or why there is no answer.
pub(super) type ShellAnswer = Result<String, CallError>;

/// What the shell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShellOutput {
    /// The answer to a request.
    Answer(ShellAnswer),
    /// What was printed, by a request or by whatever has kept its `print`.
    Printed(String),
}

/// What an element says.
pub(super) fn said(element: &Element) -> Result<ShellOutput, &'static str> {
    match element.name() {
        "repl-output" => Ok(ShellOutput::Printed(element.text())),
        "repl-result" => Ok(ShellOutput::Answer(result(&element.text(), element.attr("type") == Some("error")))),
        "error" => Err("Prosody found the stream wrong"),
        _ => Err(NO_ADMIN_SOCKET),
    }
}

/// Something else answers there.
pub(super) const NO_ADMIN_SOCKET: &str = "this is no admin socket";

/// What a shell answer says: `Result: ` and what was returned.
fn result(text: &str, is_error: bool) -> ShellAnswer {
    match text.strip_prefix("Result: ") {
        Some(result) if !is_error => Ok(result.to_owned()),
        _ if text.contains("No module handled this query") => {
            Err(CallError::Away("mod_admin_shell is not loaded (add \"admin_shell\" to modules_enabled)".into()))
        }
        _ => Err(CallError::Away("Prosody could not run what was asked".into())),
    }
}

/// The stanzas that have `function` called with `argument`, none of which is too long.
pub(super) fn in_pieces(function: &str, argument: &[u8]) -> Vec<String> {
    let argument = STANDARD.encode(argument);
    let pieces: Vec<_> = argument.as_bytes().chunks(PIECE_BYTES).map(String::from_utf8_lossy).collect();
    let (last, before) = pieces.split_last().map_or(("", &[][..]), |(last, before)| (last.as_ref(), before));
    let call = stanza(&format!("return {function}\"{last}\""));
    before.iter().map(|piece| stanza(&format!("return INVITED_PIECE\"{piece}\""))).chain([call]).collect()
}

/// Lua for the shell to run in the global environment, as XML (XML 1.0, 2.4).
pub(super) fn stanza(code: &str) -> String {
    let code = code.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<repl-input>&gt;{code}</repl-input>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_sent_goes_over_in_stanzas_that_prosody_13_takes() {
        for length in [0, 1, 5_999, 6_000, 6_001, HELPER.len(), 1 << 20] {
            let sent = vec![b'<'; length];
            let stanzas = in_pieces("INV", &sent);
            assert!(stanzas.iter().all(|stanza| stanza.len() <= 8_192), "{length}");
            let pieces = stanzas.iter().map(|stanza| stanza.split('"').nth(1).unwrap_or_default());
            assert_eq!(STANDARD.decode(pieces.collect::<String>()), Ok(sent), "{length}");
        }
        assert!(stanza(LOADER).len() <= 8_192);
        assert_eq!(in_pieces("INV", b"{}"), ["<repl-input>&gt;return INV\"e30=\"</repl-input>"]);
    }

    #[test]
    fn a_changed_helper_has_another_version() {
        use sha2::{Digest as _, Sha256};
        let digest = STANDARD.encode(Sha256::digest(HELPER));
        // A hook of the same version stays in a running Prosody: whoever changes the helper changes both.
        assert_eq!((helper_version(), &digest[..8]), ("invited-9", "t+vT9zP/"));
    }

    #[test]
    fn a_missing_shell_is_told() {
        let text = "No module handled this query. Is mod_admin_shell enabled?";
        assert!(matches!(result(text, true), Err(CallError::Away(why)) if why.to_string().contains("admin_shell")));
    }
}
