//! The picture that a link preview shows: a letter in an envelope, in a colour of the site's own.

use crate::config::apps::digest;
use crate::invite::name::HostName;

/// Its width and height.
const SIZE: u32 = 400;

/// What the picture of `host` is called in links. Another drawing needs another number here.
pub(super) fn name(host: &HostName) -> String {
    format!("{}.png", digest(format!("preview 1 {host}").as_bytes()))
}

/// Draws it, as PNG.
pub(super) fn draw(host: &HostName) -> Result<Vec<u8>, png::EncodingError> {
    /// Dark enough for white upon them.
    const COLOURS: [[u8; 3]; 8] = [
        [0x25, 0x4e, 0xa8],
        [0x0f, 0x76, 0x6e],
        [0x7c, 0x3a, 0xed],
        [0xb4, 0x23, 0x5a],
        [0x9a, 0x45, 0x0d],
        [0x1f, 0x6f, 0x3a],
        [0x47, 0x55, 0x69],
        [0xb9, 0x1c, 0x1c],
    ];
    let colour = COLOURS[digest(host.as_str().as_bytes()).bytes().map(usize::from).sum::<usize>() % COLOURS.len()];
    let white = [0xff; 3];
    let palette = [colour, white].concat();
    let pixels: Vec<u8> = (0..SIZE)
        .flat_map(|y| (0..SIZE).map(move |x| u8::from(is_envelope(x.cast_signed(), y.cast_signed()))))
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIZE, SIZE);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// Whether the envelope is at a pixel: a rectangle, without the line of its flap.
fn is_envelope(x: i32, y: i32) -> bool {
    let (left, right, top, bottom) = (80, 320, 120, 280);
    let inside = (left..right).contains(&x) && (top..bottom).contains(&y);
    // The flap goes down to the middle and up again.
    let flap = top + 12 + (120 - (x - 200).abs()) * 3 / 4;
    inside && (y - flap).abs() > 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_have_pictures_of_their_own() {
        let hosts: [HostName; 2] = ["example.com", "chat.example.org"].map(|name| name.parse().unwrap());
        let [one, other] = hosts.each_ref().map(|host| draw(host).unwrap());
        assert!(one.starts_with(b"\x89PNG") && one.len() < 4096, "{}", one.len());
        assert_ne!(one, other);
        assert_ne!(name(&hosts[0]), name(&hosts[1]));
    }
}
