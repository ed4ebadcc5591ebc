//! Every refusal that an outsider may see: status, slug, title and public text. What caused it goes to the log alone.

mod causes;
mod details;
mod refusal;
mod telling;

pub use details::ProblemDetails;
pub use refusal::{Problem, TooMany};
