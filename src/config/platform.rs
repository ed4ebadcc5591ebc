//! Where apps run.

/// Where an app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Phones and tablets.
    Android,
    /// iPhone and iPad.
    Ios,
    /// Desktops.
    Linux,
    /// Desktops.
    MacOs,
    /// Desktops.
    Windows,
    /// Any browser.
    Web,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Android, Self::Ios, Self::Linux, Self::MacOs, Self::Windows, Self::Web];

    /// What it is called, here and by its makers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Android => "Android",
            Self::Ios => "iOS",
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::Web => "web",
        }
    }
}
