//! What guests see: HTML from templates that are compiled in and cannot forget to escape. Complete without scripts, and
//! nothing comes from elsewhere.
//!
//! | path | |
//! |---|---|
//! | [`enter`] | `/`: a code that was typed by hand |
//! | [`landing`] | `/invite?TOKEN`: who invites to where, and the ways to accept |
//! | [`qr`] | `/invite/qr?TOKEN`: its QR code |
//! | [`setup`] | `/invite/setup/APP?TOKEN`: how to get going with an app |
//! | [`register`] | `/register?t=TOKEN&c=APP`: an account, on the web |
//! | [`reset`] | `/reset?t=TOKEN`: a new password |
//! | [`manage`] | `/manage`: invites, for people who are no admins of the machine |
//! | [`old_links`] | `/invites_page?TOKEN` and the like: links that other programs handed out |
//! | [`api_docs`] | `/api/v1/docs`: the description of the API, for people |
//! | [`assets`] | `/assets/…`: style, script, pictures |
//!
//! What these have in common, each using what comes after it and never the other way round:
//!
//! | module | |
//! |---|---|
//! | `sign_up` | the way through a form, for an account as for a new password |
//! | `form_page`, `done` | its page, and its end |
//! | `form_errors` | what is told beside a form |
//! | `cookies` | what a browser sends back |
//! | `form` | what forms are for, their fields, and whether a form is ours |
//! | `opened` | the invite that a link opens |
//! | `refused` | what guests are refused, and the one place that draws it |
//! | `offered` | the apps for a device |
//! | `mark` | what stands for an app |
//! | `onlooker` | who only looks |
//! | `api_examples`, `api_fields`, `prose` | calls of the API in three languages; its fields in words; its texts |
//! | `page` | how a page is sent |
//! | `look` | what all pages are drawn with |
//! | `assets`, `artwork`, `accent`, `preview`, `letters` | files; drawings, the colour and the picture of a site |
//! | `query` | the parameters of a link |
//! | [`mail`], [`news`] | an invite by mail; what users are told by messages |
//! | `title` | who invites to what |
//! | `negotiation`, `dates` | the language that a reader gets; points in time in words |
//! | `language`, `html` | what pages say, and what is not escaped again |
//! | `scripts` | which way texts run, and digits |

mod accent;
pub mod api_docs;
mod api_examples;
mod api_fields;
mod artwork;
pub mod assets;
mod cookies;
mod dates;
mod done;
pub mod enter;
mod form;
mod form_errors;
mod form_page;
mod html;
pub mod landing;
pub mod language;
mod letters;
mod look;
pub mod mail;
pub mod manage;
mod mark;
mod negotiation;
pub mod news;
pub mod offered;
pub mod old_links;
mod onlooker;
mod opened;
mod page;
mod preview;
mod prose;
pub mod qr;
mod query;
mod refused;
pub mod register;
pub mod reset;
mod scripts;
pub mod setup;
mod sign_up;
mod title;

pub use look::language;
pub use refused::problem;
