//! How an error reads: what happened, what caused it, the way out. The only place that prints causes; an error's own text
//! never repeats its source.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// `error` and all that caused it, each once: `cannot read the key: permission denied`, or, where the text ends in a way out,
/// `cannot read the key (permission denied); run as root`.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let Some(cause) = self.0.source().map(chain) else { return f.write_str(&text) };
        match text.split_once("; ") {
            Some((what, way_out)) => write!(f, "{what} ({cause}); {way_out}"),
            None => write!(f, "{text}: {cause}"),
        }
    }
}

/// An error that many are told of: it can be cloned, and reads as the one that it holds.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Shares `error`, or a text.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into().into())
    }

    /// What happened, and the error that caused it.
    #[must_use]
    pub fn because(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Because { what: what.into(), source: source.into() })
    }
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Because {
    what: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Causes are the same when they read the same.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        chain(self).to_string() == chain(other).to_string()
    }
}

impl Eq for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("cannot open the ledger; run as root, or as its owner")]
        Open(#[source] Box<Failure>),
        #[error("cannot read the page")]
        Read(#[from] std::io::Error),
        #[error(transparent)]
        Same(Box<Failure>),
    }

    #[test]
    fn every_cause_is_told_once_and_the_way_out_last() {
        let cause = || std::io::Error::other("no medium");
        let told = |error: Failure| chain(&error).to_string();
        assert_eq!(told(cause().into()), "cannot read the page: no medium");
        let open = || Failure::Open(Box::new(cause().into()));
        assert_eq!(
            told(open()),
            "cannot open the ledger (cannot read the page: no medium); run as root, or as its owner"
        );
        assert_eq!(told(Failure::Same(Box::new(open()))), told(open()));
        let shared = Cause::new(open());
        assert_eq!(chain(&shared).to_string(), told(open()));
        assert_eq!((shared.clone(), Cause::new("no; go on").to_string()), (Cause::new(open()), "no; go on".into()));
        assert_ne!(shared, Cause::new(Failure::from(cause())));
        let lost = Cause::because("the connection was lost", open());
        assert_eq!(chain(&lost).to_string(), format!("the connection was lost: {}", told(open())));
        assert!(lost.source().unwrap().is::<Failure>());
    }
}
