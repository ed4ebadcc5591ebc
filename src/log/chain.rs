//! How an error reads: what happened, in brackets what caused it, then the way out. The only place that prints causes; an
//! error's own text never repeats its source.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// `error` and all that caused it, each once: `cannot open the ledger x (disk I/O error); check the disk`.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut source) = self.0.source() else { return write!(f, "{}", self.0) };
        let text = self.0.to_string();
        // The way out stands at the end of what happened.
        let (what, way_out) = text.split_at(text.find("; ").unwrap_or(text.len()));
        write!(f, "{what} ({source}")?;
        while let Some(next) = source.source() {
            source = next;
            write!(f, ": {source}")?;
        }
        write!(f, "){way_out}")
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
        assert_eq!(told(cause().into()), "cannot read the page (no medium)");
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
    }
}
