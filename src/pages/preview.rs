//! The picture that a link preview shows: the site's own, or the first letter of its name, in a colour of its own.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::letters::{HEIGHT, WIDTH, strokes};
use crate::config::apps::digest;
use crate::config::{Accent, HostSettings};
use crate::invite::name::HostName;

/// Its width and height.
const SIZE: u16 = 400;
/// What a step of a letter's grid measures.
const STEP: f32 = 40.0;
/// Half the width of a stroke.
const RADIUS: f32 = 21.0;
/// How many shades there are from the colour to white, so that edges are smooth.
const SHADES: u8 = 16;

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

/// What the picture of a site is called in links: its own, if it is one that programs show, which drawings are not.
pub(super) fn name(host: &HostName, site: &HostSettings) -> String {
    /// By host: what the picture depends on, as it was last, and the name then.
    static NAMES: Mutex<BTreeMap<HostName, (Drawn, String)>> = Mutex::new(BTreeMap::new());
    if let Some(logo) = site.logo.as_ref().filter(|logo| !logo.is_drawing()) {
        return logo.name.clone();
    }
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let is_same = |drawn: &Drawn| drawn.site_name == site.site_name && drawn.accent == site.accent;
    if let Some((_, name)) = names.get(host).filter(|(drawn, _)| is_same(drawn)) {
        return name.clone();
    }
    // Another way to draw needs another number here.
    let depends = format!("preview 4 {:?} {}", colour_of(host, site), letters_of(host, site));
    let name = format!("{}.png", digest(depends.as_bytes()));
    names.insert(host.clone(), (Drawn { site_name: site.site_name.clone(), accent: site.accent }, name.clone()));
    name
}

/// What the drawn picture of a host depends on.
struct Drawn {
    site_name: String,
    accent: Option<Accent>,
}

/// The drawn picture, as PNG; drawn once.
pub(super) fn picture(host: &HostName, site: &HostSettings) -> Result<Vec<u8>, png::EncodingError> {
    static DRAWN: LazyLock<Mutex<BTreeMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);
    let name = name(host, site);
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(picture) = drawn.get(&name) {
        return Ok(picture.clone());
    }
    let picture = draw(colour_of(host, site), &letters_of(host, site))?;
    drawn.insert(name, picture.clone());
    Ok(picture)
}

/// Where a letter to draw is looked for: in the site's name, else in the host's.
fn letters_of(host: &HostName, site: &HostSettings) -> String {
    format!("{}{host}", site.site_name)
}

/// What it is drawn upon: the site's own colour, which is dark enough, too; else one for the host.
fn colour_of(host: &HostName, site: &HostSettings) -> [u8; 3] {
    let ours = || COLOURS[digest(host.as_str().as_bytes()).bytes().map(usize::from).sum::<usize>() % COLOURS.len()];
    site.accent.map_or_else(ours, |accent| accent.light.0)
}

fn draw(colour: [u8; 3], letters: &str) -> Result<Vec<u8>, png::EncodingError> {
    let shade = |shade: u8| {
        colour
            .map(|part| part + u8::try_from(u16::from(255 - part) * u16::from(shade) / u16::from(SHADES)).unwrap_or(0))
    };
    let palette: Vec<u8> = (0..=SHADES).flat_map(shade).collect();
    let lines = lines(letters);
    let pixels: Vec<u8> = (0..SIZE).flat_map(|y| (0..SIZE).map(move |x| (x, y))).map(|at| ink(at, &lines)).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIZE.into(), SIZE.into());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

type Point = (f32, f32);

/// The lines of the first letter that can be drawn, in the middle of the picture.
fn lines(letters: &str) -> Vec<(Point, Point)> {
    let margin = |steps: u8| (f32::from(SIZE) - f32::from(steps) * STEP) / 2.0;
    let point = |(x, y): (u8, u8)| (margin(WIDTH) + f32::from(x) * STEP, margin(HEIGHT) + f32::from(y) * STEP);
    let pairs =
        strokes(letters).into_iter().flat_map(|stroke| stroke.windows(2).map(<[_]>::to_vec).collect::<Vec<_>>());
    pairs.map(|pair| (point(pair[0]), point(pair[1]))).collect()
}

/// How white a pixel is.
fn ink((x, y): (u16, u16), lines: &[(Point, Point)]) -> u8 {
    let at = (f32::from(x) + 0.5, f32::from(y) + 0.5);
    let nearest = lines.iter().map(|line| distance(at, *line)).fold(f32::INFINITY, f32::min);
    let shade = (RADIUS + 0.5 - nearest).clamp(0.0, 1.0) * f32::from(SHADES);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to SHADES")]
    let shade = shade.round() as u8;
    shade
}

/// From a point to a line between two others.
fn distance((x, y): Point, ((ax, ay), (bx, by)): (Point, Point)) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_have_pictures_of_their_own() {
        let drawn = |colour, name| draw(colour, name).unwrap();
        let one = drawn(COLOURS[0], "Acme");
        assert!(one.starts_with(b"\x89PNG") && one.len() < 6144, "{}", one.len());
        assert_eq!(one, drawn(COLOURS[0], "acme"));
        assert_ne!(one, drawn(COLOURS[0], "Beta"));
        assert_ne!(one, drawn(COLOURS[1], "Acme"));
    }

    #[test]
    fn a_letter_is_white_on_a_colour() {
        let lines = lines("I");
        assert_eq!((ink((200, 200), &lines), ink((20, 20), &lines), ink((140, 200), &lines)), (SHADES, 0, 0));
    }
}
