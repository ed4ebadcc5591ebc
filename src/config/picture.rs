//! Pictures of apps and of sites. They are read and looked at here, so that a page loads nothing from elsewhere, and what we
//! serve is what it is called.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checks::Checks;
use super::drawing;
use super::origin::Origin;
use super::text::dotted;

/// A picture that we serve ourselves.
#[derive(Debug)]
pub struct Picture {
    /// Its file name in links: the digest of what is in it.
    pub name: String,
    /// `image/…`
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// It is drawn in other colours where the page is dark.
    pub minds_the_theme: bool,
}

/// Why there is no picture.
#[derive(Debug)]
pub(super) enum PictureError {
    /// A page can do without it.
    Unreadable(String),
    /// It is none that we would serve.
    Refused(String),
}

/// A larger picture was named by mistake: it delays the page on a phone.
const MAX_PICTURE_BYTES: u64 = 64 << 10;
/// So few bytes may say that they are much more.
const MAX_SIDE_PIXELS: u32 = 2048;

const DRAWING: &str = "image/svg+xml";

/// By the end of its name, what a picture is sent as.
const TYPES: [(&str, &str); 5] =
    [("svg", DRAWING), ("png", "image/png"), ("webp", "image/webp"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg")];

impl Picture {
    /// Whether it is a drawing (SVG).
    #[must_use]
    pub fn is_drawing(&self) -> bool {
        self.content_type == DRAWING
    }
}

/// What kind of picture a path is of.
pub(super) fn picture_type(path: &Path) -> Result<&'static str, String> {
    let named = TYPES.iter().find(|(extension, _)| path.extension().is_some_and(|own| own == *extension));
    match named {
        _ if !path.is_absolute() => {
            Err(format!("{}: expected the absolute path of a picture; we serve it ourselves", path.display()))
        }
        Some((_, content_type)) => Ok(content_type),
        None => Err(format!("{}: expected a file that ends in .svg, .png, .webp or .jpg", path.display())),
    }
}

pub(super) fn read_picture(path: &Path, content_type: &'static str) -> Result<Arc<Picture>, PictureError> {
    let cannot = |error: std::io::Error| PictureError::Unreadable(format!("cannot read {} ({error})", path.display()));
    let wrong = |reason: &str| PictureError::Refused(format!("{} {reason}", path.display()));
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_PICTURE_BYTES {
        return Err(wrong(&format!("is larger than {} KiB", MAX_PICTURE_BYTES >> 10)));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    check(&bytes, content_type).map_err(|reason| wrong(&reason))?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let name = format!("{}.{extension}", digest(&bytes));
    let minds_the_theme = content_type == DRAWING && String::from_utf8_lossy(&bytes).contains("prefers-color-scheme");
    Ok(Arc::new(Picture { name, content_type, bytes, minds_the_theme }))
}

/// The picture of a site, which is named at `at`.
pub(super) fn read_logo(named: &Path, at: &[&str], checks: &mut Checks<'_>) -> Option<Arc<Picture>> {
    let content_type = TYPES[..3].iter().find(|(extension, _)| named.extension().is_some_and(|own| own == *extension));
    let Some((_, content_type)) = content_type else {
        checks.fault(at, "expected a file that ends in .svg, .png or .webp");
        return None;
    };
    let Some(path) = place(named, &checks.origin_at(at), checks) else {
        checks.fault(at, "expected an absolute path, as no file sets it that it could be beside of");
        return None;
    };
    if !checks.is_to_serve() {
        return None;
    }
    match read_picture(&path, content_type) {
        Ok(picture) => Some(picture),
        Err(PictureError::Refused(reason)) => {
            checks.fault(at, &reason);
            None
        }
        Err(PictureError::Unreadable(reason)) => {
            checks.notice(format!("{}: pages have no logo: {reason}", dotted(at)));
            None
        }
    }
}

/// Where a file is that is named in the configuration: a bare name may be a credential, and other names are those of files
/// beside the one that has them.
fn place(named: &Path, origin: &Origin, checks: &Checks<'_>) -> Option<PathBuf> {
    let passed = || checks.credentials().locate(named).ok().filter(|path| path.exists());
    if named.is_absolute() {
        return Some(named.to_owned());
    }
    match origin {
        Origin::File(file) => passed().or_else(|| Some(file.parent()?.join(named))),
        Origin::Default | Origin::Variable(_) | Origin::CommandLine => passed(),
    }
}

/// Whether a file is what it is called.
fn check(bytes: &[u8], content_type: &str) -> Result<(), String> {
    let size = match content_type {
        DRAWING => return drawing::check(bytes),
        "image/png" => png_size(bytes).ok_or("is no PNG")?,
        "image/webp" => webp_size(bytes).ok_or("is no WebP")?,
        _ if bytes.starts_with(b"\xff\xd8\xff") => return Ok(()),
        _ => return Err("is no JPEG".into()),
    };
    if size.0.max(size.1) > MAX_SIDE_PIXELS {
        return Err(format!("has {} x {} pixels; expected at most {MAX_SIDE_PIXELS} each way", size.0, size.1));
    }
    Ok(())
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    Some(reader.info().size())
}

/// By the head of its first chunk (RFC 9649, 2.4 to 2.7).
fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize, length: usize| -> Option<u32> {
        Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    };
    let is_whole = usize::try_from(number(4, 4)?).ok()?.checked_add(8)? <= bytes.len();
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" || !is_whole {
        return None;
    }
    match bytes.get(12..16)? {
        b"VP8X" => Some((number(24, 3)? + 1, number(27, 3)? + 1)),
        b"VP8L" if *bytes.get(20)? == 0x2f => {
            let sides = number(21, 4)?;
            Some(((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1))
        }
        b"VP8 " if bytes.get(23..26)? == b"\x9d\x01\x2a" => Some((number(26, 2)? & 0x3fff, number(28, 2)? & 0x3fff)),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&vec![0; (width * height) as usize]).unwrap();
        file
    }

    /// A file of WebP with this first chunk.
    fn webp(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let chunk = [kind, &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
        [&b"RIFF"[..], &u32::try_from(chunk.len() + 4).unwrap().to_le_bytes()[..], b"WEBP", &chunk].concat()
    }

    #[test]
    fn a_picture_is_what_its_name_says() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
        let lossless = webp(b"VP8L", &[0x2f, 0x3f, 0xc0, 0x0f, 0]);
        let kinds = [
            ("image/svg+xml", svg, "is no SVG"),
            ("image/png", png(1, 2), "is no PNG"),
            ("image/webp", lossless, "is no WebP"),
            ("image/jpeg", b"\xff\xd8\xff\xe0".to_vec(), "is no JPEG"),
        ];
        for (content_type, _, refusal) in &kinds {
            for (own, bytes, _) in &kinds {
                match check(bytes, content_type) {
                    Ok(()) => assert_eq!(own, content_type),
                    Err(reason) => assert!(own != content_type && reason.starts_with(refusal), "{own}: {reason}"),
                }
            }
            for broken in [&b""[..], b"\xff", b"RIFF\0\0\0\0WEBPVP8 ", b"\x89PNG\r\n\x1a\n"] {
                assert!(check(broken, content_type).unwrap_err().starts_with(refusal), "{content_type}");
            }
        }
    }

    #[test]
    fn the_size_of_a_picture_is_read_and_bounded() {
        assert_eq!(png_size(&png(3, 5)), Some((3, 5)));
        let lossy = [&[0, 0, 0, 0x9d, 0x01, 0x2a][..], &300_u16.to_le_bytes(), &200_u16.to_le_bytes()].concat();
        assert_eq!(webp_size(&webp(b"VP8 ", &lossy)), Some((300, 200)));
        // 14 bits each, of one less: 299 and 199.
        let lossless = [&[0x2f][..], &(0x12b_u32 | (0xc7 << 14)).to_le_bytes()].concat();
        assert_eq!(webp_size(&webp(b"VP8L", &lossless)), Some((300, 200)));
        let extended = [&[0_u8; 4][..], &[0x2b, 0x01, 0], &[0xc7, 0, 0]].concat();
        assert_eq!(webp_size(&webp(b"VP8X", &extended)), Some((300, 200)));
        let cut = webp(b"VP8X", &extended);
        assert_eq!(webp_size(&cut[..cut.len() - 1]), None);
        let bomb = webp(b"VP8X", &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(
            check(&bomb, "image/webp").unwrap_err(),
            "has 16777216 x 16777216 pixels; expected at most 2048 each way"
        );
        assert_eq!(check(&png(2048, 1), "image/png"), Ok(()));
        assert!(check(&png(1, 2049), "image/png").is_err());
    }
}
