//! What a look at a server showed: `invited check --connect`.

/// What a look at a server showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// What stands there, such as `Prosody 0.12.3`; none if it could not be reached.
    pub server: Option<String>,
    /// What is missing there, or could be better.
    pub findings: Vec<Finding>,
}

/// Something that is missing at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether sign-up or app tokens do not work because of it; else it is advice.
    pub is_fault: bool,
    /// What is missing.
    pub what: String,
    /// The exact lines that mend it, and where they belong.
    pub mend: String,
}
