//! Lines for the tools of XMPP servers: a person pastes them into a shell, and nothing in them is more than a word there.

use crate::config::BackendKind;
use crate::invite::Inviter;
use crate::invite::name::Jid;

/// The line that keeps an account from logging in, and that another line undoes; nothing where no tool is known.
///
/// Prosody 13 has `user disable` (0.12 only `user delete`); `ban_account` is of ejabberd's `mod_admin_extra`.
pub(super) fn disable(server: BackendKind, account: &Jid, inviter: &Inviter) -> Option<String> {
    match server {
        BackendKind::Prosody => Some(format!("prosodyctl shell user disable {}", quoted(&account.to_string()))),
        BackendKind::Ejabberd => {
            let [user, host] = [account.user.as_str(), account.host.as_str()].map(quoted);
            let reason = quoted(&format!("invited by {inviter}"));
            Some(format!("ejabberdctl ban_account {user} {host} {reason}"))
        }
        BackendKind::Ledger | BackendKind::Xmpp | BackendKind::Demo => None,
    }
}

/// A word of a POSIX shell that stands for `text`: between single quotes nothing but their end has a meaning (Shell Command
/// Language, 2.2.2).
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own_tool() {
        let account = "juliet@example.com".parse().unwrap();
        let inviter = "key/website".parse().unwrap();
        let line = |server| disable(server, &account, &inviter);
        assert_eq!(line(BackendKind::Prosody).unwrap(), "prosodyctl shell user disable juliet@example.com");
        let expected = "ejabberdctl ban_account juliet example.com 'invited by key/website'";
        assert_eq!(line(BackendKind::Ejabberd).unwrap(), expected);
        for server in [BackendKind::Ledger, BackendKind::Xmpp, BackendKind::Demo] {
            assert_eq!(line(server), None);
        }
    }

    /// A user chooses the name, and an admin pastes it as root; a real shell reads these in tests/api/tree.rs.
    #[test]
    fn no_name_is_more_than_a_word_to_a_shell() {
        for plain in ["juliet@example.com", "a-b_c+d.9", "-rf"] {
            assert_eq!(quoted(plain), plain);
        }
        for other in ["$(id)", "`id`", "a;id", "a\\", "!!", "*", "~root", "#a", "{a,b}", "a=b", "zoë", "a b", ""] {
            assert_eq!(quoted(other), format!("'{other}'"));
        }
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
