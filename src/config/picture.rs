//! Pictures of apps. They are read here, so that a page loads nothing from elsewhere.

use std::path::Path;
use std::sync::Arc;

/// A picture that we serve ourselves.
#[derive(Debug)]
pub struct Picture {
    /// Its file name in links: the digest of what is in it.
    pub name: String,
    /// `image/…`
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A larger picture was named by mistake: it delays the page on a phone.
const MAX_PICTURE_BYTES: u64 = 64 << 10;

/// What kind of picture a path is of.
pub(super) fn picture_type(path: &Path) -> Result<&'static str, String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension {
        _ if !path.is_absolute() => {
            Err(format!("{}: expected the absolute path of a picture; we serve it ourselves", path.display()))
        }
        "svg" => Ok("image/svg+xml"),
        "png" => Ok("image/png"),
        "webp" => Ok("image/webp"),
        "jpg" | "jpeg" => Ok("image/jpeg"),
        _ => Err(format!("{}: expected a file that ends in .svg, .png, .webp or .jpg", path.display())),
    }
}

pub(super) fn read_picture(path: &Path, content_type: &'static str) -> Result<Arc<Picture>, String> {
    let cannot = |error: std::io::Error| format!("cannot read {} ({error})", path.display());
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_PICTURE_BYTES {
        return Err(format!("{} is larger than {} KiB", path.display(), MAX_PICTURE_BYTES >> 10));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    Ok(Arc::new(Picture { name: format!("{}.{extension}", digest(&bytes)), content_type, bytes }))
}

/// What tells the content of one file from another's, short enough for a link.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let digest = sha2::Sha256::digest(bytes);
    digest[..6].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
