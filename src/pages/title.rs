//! What an invite is called: who invites to what.

use super::language::Language;
use crate::invite::{Draft, Kind};

impl Language {
    /// Who invites to what, on a site of that name.
    pub(super) fn title(&self, draft: &Draft, site: &str) -> String {
        match (&draft.kind, &draft.inviter) {
            (Kind::Reset { .. }, _) => self.with_texts("landing-title-reset", &[("site", site)]),
            (Kind::Contact { .. }, Some(inviter)) => self.with_texts("landing-title-contact", &[("inviter", inviter)]),
            (Kind::Account { .. }, Some(inviter)) => {
                self.with_texts("landing-title-by", &[("inviter", inviter.as_str()), ("site", site)])
            }
            (Kind::Account { .. } | Kind::Contact { .. }, None) => self.with_texts("landing-title", &[("site", site)]),
        }
    }
}
