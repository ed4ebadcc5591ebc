//! Why the command line could not do something with the keys of the state directory.

use std::io;
use std::path::PathBuf;

use crate::files::way_out;
use crate::invite::name::KeyId;

/// Why keys could not be listed, or one not stored or deleted.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is one by that id.
    #[error("there is already a key {0} in the state directory; delete it first, or choose another --id")]
    Exists(KeyId),
    /// There is none by that id.
    #[error("there is no key by that id in the state directory; see: invited key list")]
    Absent,
    /// Nobody knows which there are.
    #[error("cannot list {}{}", dir.display(), way_out(source))]
    List {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system says no.
    #[error("cannot write {}{}", path.display(), way_out(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
