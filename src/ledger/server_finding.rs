//! What there is to say of a server that was tried.

/// Something that is missing, or that could be better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFinding {
    /// Whether the service cannot work so.
    pub is_fault: bool,
    /// What it is.
    pub what: String,
    /// What mends it, in lines; nothing where nobody can tell.
    pub mend: String,
}

impl ServerFinding {
    pub(super) fn fault(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { is_fault: true, what: what.into(), mend: mend.into() }
    }

    pub(super) fn advice(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { is_fault: false, what: what.into(), mend: mend.into() }
    }
}

/// What came of trying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTrial {
    /// Which server it is, if it let us in.
    pub server: Option<String>,
    /// What is to be said of it.
    pub findings: Vec<ServerFinding>,
}
