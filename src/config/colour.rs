//! Colours: how well one is read upon another, as WCAG 2.2 measures it, and the nearest one of the same hue that is read
//! well enough.

use std::fmt;
use std::str::FromStr;

use super::value::ValueError;

/// What text must have upon what it stands on (WCAG 2.2, 1.4.3).
const ENOUGH: f64 = 4.5;

/// What texts and buttons in the accent stand on: the page, a card, and what is under the pointer. As in style.css.
const LIGHT: [Colour; 3] = [Colour([0xf4, 0xf5, 0xf7]), Colour([0xff, 0xff, 0xff]), Colour([0xee, 0xf2, 0xfb])];
const DARK: [Colour; 3] = [Colour([0x12, 0x15, 0x1c]), Colour([0x1c, 0x21, 0x2c]), Colour([0x26, 0x2e, 0x40])];

/// A colour of a screen (sRGB): red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl FromStr for Colour {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, parts @ ..] =
            number.ok_or_else(|| ValueError("expected a colour such as \"#2050a0\"".into()))?.to_be_bytes();
        Ok(Self(parts))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colour of a site. The pages are drawn with it as it is where they are light, and on paper; where they are dark, with
/// the nearest of its hue that is read there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// On light pages; white is read upon it.
    pub light: Colour,
    /// On dark pages; their colour is read upon it.
    pub dark: Colour,
}

impl Accent {
    /// What is read on buttons in [`Self::light`].
    pub const ON_LIGHT: Colour = LIGHT[1];
    /// What is read on buttons in [`Self::dark`].
    pub const ON_DARK: Colour = DARK[0];

    /// The accent `colour`.
    ///
    /// # Errors
    /// When it is not read on light pages; says which one would be.
    pub(super) fn of(colour: Colour) -> Result<Self, String> {
        if !colour.is_read_on(&LIGHT) {
            let least = LIGHT.into_iter().map(|background| colour.contrast(background)).fold(f64::INFINITY, f64::min);
            let nearest = colour.nearest(0.0, |nearest| nearest.is_read_on(&LIGHT));
            // As the number is cut and not rounded, it is never told as enough.
            let least = (least * 10.0).floor() / 10.0;
            return Err(format!(
                "is too light for text on light pages, and for white text on buttons: the contrast is {least}:1, and has to \
                 be {ENOUGH}:1; the nearest colour that would do is \"{nearest}\""
            ));
        }
        Ok(Self { light: colour, dark: colour.nearest(1.0, |nearest| nearest.is_read_on(&DARK)) })
    }
}

impl Colour {
    /// How much two colours differ in light, from 1 to 21 (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(other) / one.min(other)
    }

    fn is_read_on(self, backgrounds: &[Self]) -> bool {
        backgrounds.iter().all(|background| self.contrast(*background) >= ENOUGH)
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The amounts of light, each from 0 to 1.
    fn linear(self) -> [f64; 3] {
        self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// The first colour that `fits` on the way to `end` (0: black, 1: white), if this one does not. The hue is kept; where a
    /// screen has no such colour of this chroma, that is reduced as far as it must be.
    fn nearest(self, end: f64, fits: impl Fn(Self) -> bool) -> Self {
        /// Fewer than two of them change a colour by more than a screen can.
        const STEPS: u16 = 500;
        if fits(self) {
            return self;
        }
        let from = Oklch::of(self);
        let on_the_way = (1..=STEPS).map(|step| {
            let part = f64::from(step) / f64::from(STEPS);
            Oklch { lightness: from.lightness + (end - from.lightness) * part, ..from }.on_screen()
        });
        { on_the_way }.find(|colour| fits(*colour)).unwrap_or(self)
    }
}

/// A colour by how it is seen (<https://www.w3.org/TR/css-color-4/#ok-lab>): equal steps look equally far.
#[derive(Clone, Copy, Debug)]
struct Oklch {
    lightness: f64,
    chroma: f64,
    /// In radians.
    hue: f64,
}

type Matrix = [[f64; 3]; 3];

/// From amounts of light to what the eye has cells for, and on to Oklab; and back. The numbers are those of Björn Ottosson,
/// <https://bottosson.github.io/posts/oklab/>.
const CELLS_OF_LIGHT: Matrix = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const LAB_OF_CELLS: Matrix = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];
const CELLS_OF_LAB: Matrix = [
    [1.0, 0.396_337_777_4, 0.215_803_757_3],
    [1.0, -0.105_561_345_8, -0.063_854_172_8],
    [1.0, -0.089_484_177_5, -1.291_485_548_0],
];
const LIGHT_OF_CELLS: Matrix = [
    [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
    [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
    [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
];

fn product(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.into_iter().zip(vector).map(|(factor, part)| factor * part).sum())
}

impl Oklch {
    fn of(colour: Colour) -> Self {
        let cells = product(&CELLS_OF_LIGHT, colour.linear()).map(f64::cbrt);
        let [lightness, a, b] = product(&LAB_OF_CELLS, cells);
        Self { lightness, chroma: a.hypot(b), hue: b.atan2(a) }
    }

    /// As amounts of light, of which a screen has those from 0 to 1.
    fn linear(self) -> [f64; 3] {
        let (sine, cosine) = self.hue.sin_cos();
        let cells = product(&CELLS_OF_LAB, [self.lightness, self.chroma * cosine, self.chroma * sine]);
        product(&LIGHT_OF_CELLS, cells.map(|part| part.powi(3)))
    }

    fn is_on_screen(self) -> bool {
        // What is half a step of a screen away is rounded.
        self.linear().into_iter().all(|part| (-0.000_15..=1.002).contains(&part))
    }

    /// The colour of a screen with this lightness and hue, and with this chroma if there is one, else the greatest that
    /// there is.
    fn on_screen(self) -> Colour {
        let (mut least, mut most) = (0.0, self.chroma);
        if !self.is_on_screen() {
            // Halved so often, what is left is less than a step of a screen.
            for _ in 0..12 {
                let chroma = f64::midpoint(least, most);
                *(if (Self { chroma, ..self }).is_on_screen() { &mut least } else { &mut most }) = chroma;
            }
            most = least;
        }
        Colour(Self { chroma: most, ..self }.linear().map(|part| {
            let part = part.clamp(0.0, 1.0);
            let part = if part <= 0.003_130_8 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 255")]
            let part = (part * 255.0).round() as u8;
            part
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    fn any_colour() -> impl Strategy<Value = Colour> {
        any::<[u8; 3]>().prop_map(Colour)
    }

    /// The colours that the style sheet has for light and dark pages, by the name of the variable.
    fn of_the_sheet(name: &str) -> [Colour; 2] {
        let sheet = include_str!("../pages/assets/style.css");
        let found: Vec<_> =
            sheet.split(&format!("--{name}: ")).skip(1).map(|rest| &rest[..rest.find(';').unwrap()]).collect();
        let full = |text: &str| match text.len() {
            4 => text.chars().flat_map(|c| if c == '#' { vec![c] } else { vec![c, c] }).collect(),
            _ => text.to_owned(),
        };
        [colour(&full(found[0])), colour(&full(found[1]))]
    }

    #[test]
    fn a_colour_is_written_with_six_digits() {
        assert_eq!(colour("#2050A0"), Colour([0x20, 0x50, 0xa0]));
        assert_eq!(colour("#2050A0").to_string(), "#2050a0");
        for wrong in ["", "#", "2050a0", "#2050a", "#2050a00", "#+050a0", "#25a", "#äää", "blue", "#2050a0;"] {
            assert_eq!(
                wrong.parse::<Colour>().unwrap_err().to_string(),
                "expected a colour such as \"#2050a0\"",
                "{wrong}"
            );
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        for (one, other, ratio) in [
            ("#ffffff", "#000000", 21.0),
            ("#808080", "#808080", 1.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#0000ff", "#ffffff", 8.59),
            ("#ff0000", "#ffffff", 4.0),
            ("#00ff00", "#000000", 15.3),
        ] {
            let found = colour(one).contrast(colour(other));
            assert!((found - ratio).abs() < 0.01, "{one} on {other}: {found}");
        }
    }

    #[test]
    fn what_it_is_held_against_is_what_the_pages_have() {
        let themes = ["page", "card", "tint"].map(of_the_sheet);
        assert_eq!((themes.map(|[light, _]| light), themes.map(|[_, dark]| dark)), (LIGHT, DARK));
        // What they have without an accent would be allowed for one.
        let [light, dark] = of_the_sheet("strong");
        assert!(light.is_read_on(&LIGHT) && dark.is_read_on(&DARK));
    }

    #[test]
    fn a_colour_that_is_too_light_is_refused_with_the_nearest_that_would_do() {
        assert_eq!(Accent::of(colour("#2050a0")).unwrap().light, colour("#2050a0"));
        for (wrong, told) in [("#ffffff", "1:1"), ("#ffcc00", "1.3:1"), ("#777777", "3.9:1")] {
            let refused = Accent::of(colour(wrong)).unwrap_err();
            let begin = format!(
                "is too light for text on light pages, and for white text on buttons: the contrast is {told}, "
            );
            assert!(refused.starts_with(&begin), "{wrong}: {refused}");
            let nearest = refused.split("would do is \"").nth(1).unwrap().trim_end_matches('"');
            assert_eq!(Accent::of(colour(nearest)).unwrap().light, colour(nearest), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn text_and_form_belong_together(colour in any_colour()) {
            prop_assert_eq!(colour.to_string().parse::<Colour>().unwrap(), colour);
        }

        #[test]
        fn contrast_has_no_direction_and_its_bounds(one in any_colour(), other in any_colour()) {
            let found = one.contrast(other);
            prop_assert!((1.0..21.001).contains(&found), "{}", found);
            prop_assert!((found - other.contrast(one)).abs() < 1e-12);
        }

        #[test]
        fn a_colour_is_found_again_by_how_it_is_seen(colour in any_colour()) {
            prop_assert_eq!(Oklch::of(colour).on_screen(), colour);
        }

        /// On every background of both themes, as text and below the text of a button.
        #[test]
        fn whatever_is_allowed_is_read_everywhere(colour in any_colour()) {
            let accent = Accent::of(colour.nearest(0.0, |nearest| nearest.is_read_on(&LIGHT))).unwrap();
            for (own, on_it, backgrounds) in
                [(accent.light, Accent::ON_LIGHT, LIGHT), (accent.dark, Accent::ON_DARK, DARK)]
            {
                for other in backgrounds.into_iter().chain([on_it]) {
                    prop_assert!(own.contrast(other) >= 4.5, "{} on {}", own, other);
                }
            }
        }

        #[test]
        fn what_fits_is_left_as_it_is_and_what_does_not_gets_no_further_than_it_must(colour in any_colour()) {
            for (end, backgrounds) in [(0.0, LIGHT), (1.0, DARK)] {
                let nearest = colour.nearest(end, |nearest| nearest.is_read_on(&backgrounds));
                if colour.is_read_on(&backgrounds) {
                    prop_assert_eq!(nearest, colour);
                    continue;
                }
                let least = backgrounds.map(|background| nearest.contrast(background)).into_iter().fold(21.0, f64::min);
                prop_assert!((4.5..4.75).contains(&least), "{} to {}: {}", colour, nearest, least);
                let (from, to) = (Oklch::of(colour), Oklch::of(nearest));
                // Of what is nearly grey, a screen's steps are larger than a hue.
                if from.chroma > 0.05 && to.chroma > 0.05 {
                    let turn = (from.hue - to.hue).rem_euclid(std::f64::consts::TAU);
                    let turn = turn.min(std::f64::consts::TAU - turn).to_degrees();
                    prop_assert!(turn < 4.0, "{} to {}: {}", colour, nearest, turn);
                }
                prop_assert!(to.chroma < from.chroma + 0.01, "{} to {}", colour, nearest);
            }
        }
    }
}
