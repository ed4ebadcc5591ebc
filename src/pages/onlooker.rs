//! Programs that open a link for somebody who may never do so: those that draw a preview of it in a chat, and browsers that
//! read ahead. They see the page, and no app token is minted for them: some servers hold few.

use tide::http::Method;
use tide::http::headers;

use crate::caller::{Request, is_prefetch};
use crate::desk::AppLink;

/// What such programs call themselves with; most of them `…bot`. They want to be known: a page may have a picture for
/// them. XMPP clients and iOS borrow the name of Facebook's, Signal that of `WhatsApp`.
const NAMES: [&str; 7] = ["facebookexternalhit", "whatsapp/", "preview", "crawler", "spider", "embedly", "vkshare"];

/// A maker of phones, whose browsers say so.
const NO_BOT: &str = "cubot";

/// What the sender of `request` may want to use of an invite.
pub(super) fn wants(request: &Request) -> AppLink {
    let agent = request.header(headers::USER_AGENT).map_or("", |values| values.as_str());
    let is_onlooker = request.method() == Method::Head || is_prefetch(request) || is_program(agent);
    if is_onlooker { AppLink::NotWanted } else { AppLink::Wanted }
}

/// Whether `request` is one of a program that shows the page to others.
pub(super) fn is_preview(request: &Request) -> bool {
    is_program(request.header(headers::USER_AGENT).map_or("", |values| values.as_str()))
}

fn is_program(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    NAMES.iter().any(|name| agent.contains(name)) || agent.replace(NO_BOT, "").contains("bot")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_draw_previews_are_known_by_their_names() {
        for program in [
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 \
             Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "WhatsApp/2.23.20.0 A",
            "TelegramBot (like TwitterBot)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
            "Synapse (bot; +https://github.com/matrix-org/synapse)",
            "Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/) Bot",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        ] {
            assert!(is_program(program), "{program}");
        }
    }

    #[test]
    fn whoever_reads_is_taken_for_none() {
        for reader in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0",
        ] {
            assert!(!is_program(reader), "{reader}");
        }
    }
}
