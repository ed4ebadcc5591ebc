//! Why a text is not Lua data.

/// What Prosody stores has three levels; a deeper one is another file, or an attack on the stack.
pub(super) const MAX_DEPTH: usize = 32;

/// Why a text is not Lua data. Tells nothing of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LuaError {
    /// Something else was expected.
    #[error("line {line}: expected {expected}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// Tables in tables in tables.
    #[error("line {line}: expected at most {MAX_DEPTH} tables within each other")]
    Depth {
        /// Counted from 1.
        line: usize,
    },
}
