//! Links that live long and are still open, as admins are reminded of them: what they are called by, and nothing that opens them.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An invite lives long that lives longer than this.
pub const LONG: SignedDuration = SignedDuration::from_hours(30 * 24);

/// So many are named.
pub const NAMED: u32 = 10;

/// Invites that live longer than 30 days and can still be redeemed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenInvites {
    /// How many there are.
    pub count: u64,
    /// The first ten of them, in the order in which they were created.
    pub invites: Vec<OpenInvite>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenInvite {
    /// What it is called by; not secret.
    pub id: String,
    /// For which domain.
    pub host: String,
    /// How often it still may be redeemed.
    pub uses_left: u32,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
}

impl OpenInvites {
    /// What it says above all.
    #[must_use]
    pub fn title(&self) -> String {
        match self.count {
            1 => "One invite that lives longer than 30 days is still open".into(),
            count => format!("{count} invites that live longer than 30 days are still open"),
        }
    }

    /// All that is said of them, as text; admins are told in English, as by the log and the command line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}:\n\n", self.title());
        for OpenInvite { id, host, uses_left, expires_at, .. } in &self.invites {
            let uses = if *uses_left == 1 { "1 use".into() } else { format!("{uses_left} uses") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{id} for {host}: {uses} left, until {}", expires_at.strftime("%F %R UTC"));
        }
        let named = u64::try_from(self.invites.len()).unwrap_or(u64::MAX);
        if let Some(more) = self.count.checked_sub(named).filter(|more| *more > 0) {
            let _ = writeln!(text, "and {more} more");
        }
        text.push_str(
            "\ninvited invite list --status pending shows all that are open, invited invite revoke ID ends one.\n",
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn admins_are_told_which_links_are_open_and_where_to_see_them() {
        let one = |id: &str, uses_left| OpenInvite {
            id: id.into(),
            host: "example.com".into(),
            uses_left,
            created_at: moment("2026-01-01T00:00:00Z"),
            expires_at: moment("2026-12-31T18:30:00Z"),
        };
        let some = OpenInvites { count: 13, invites: vec![one("AdXsSwAAAAc", 1), one("AdXsSwAAAAg", 40)] };
        let expected = "13 invites that live longer than 30 days are still open:\n\n\
                        AdXsSwAAAAc for example.com: 1 use left, until 2026-12-31 18:30 UTC\n\
                        AdXsSwAAAAg for example.com: 40 uses left, until 2026-12-31 18:30 UTC\n\
                        and 11 more\n\n\
                        invited invite list --status pending shows all that are open, invited invite revoke ID ends one.\n";
        assert_eq!(some.text(), expected);
        let single = OpenInvites { count: 1, invites: vec![one("AdXsSwAAAAc", 1)] };
        assert!(single.text().starts_with("One invite that lives") && !single.text().contains("more\n"));
    }
}
