//! Letters as strokes on a grid, for the one picture that we draw: a font would weigh more than the rest of the pages.

/// The grid's last column.
pub(super) const WIDTH: u8 = 4;
/// The grid's last row.
pub(super) const HEIGHT: u8 = 6;

/// An envelope, for names in letters that are not here.
const ENVELOPE: &str = "0141450501 012341";

/// The strokes of a letter: polylines, each point by its column and row.
fn letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "062046 1434",
        'B' => "06003041423303 3344453606",
        'C' => "4130100105163645",
        'D' => "06002042442606",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'G' => "41301001051636454323",
        'H' => "0006 4046 0343",
        'I' => "1030 2026 1636",
        'J' => "4045361605",
        'K' => "0006 400346",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'O' => "103041453616050110",
        'P' => "06003041423303",
        'Q' => "103041453616050110 2446",
        'R' => "06003041423303 2346",
        'S' => "413010010213334445361605",
        'T' => "0040 2026",
        'U' => "000516364540",
        'V' => "002640",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "002340 2326",
        'Z' => "00400646",
        '0' => "103041453616050110 1531",
        '1' => "112026 1636",
        '2' => "01103041420646",
        '3' => "0110304142334445361605 2333",
        '4' => "36300444",
        '5' => "4000023243453606",
        '6' => "30100105163645443303",
        '7' => "004016",
        '8' => "103041423344453616050413020110 1333",
        '9' => "16364541301001021343",
        _ => return None,
    })
}

/// The strokes of the first letter in `text` that can be drawn; of an envelope if there is none.
pub(super) fn strokes(text: &str) -> Vec<Vec<(u8, u8)>> {
    let found = text.chars().flat_map(char::to_uppercase).find_map(|c| letter(without_accent(c)));
    let point = |pair: &[u8]| (pair[0] - b'0', pair[1] - b'0');
    found.unwrap_or(ENVELOPE).split(' ').map(|stroke| stroke.as_bytes().chunks_exact(2).map(point).collect()).collect()
}

/// The letter below an accent, as names of our languages begin with.
fn without_accent(letter: char) -> char {
    match letter {
        'À'..='Æ' | 'Ą' | 'Ă' => 'A',
        'Ç' | 'Ć' | 'Č' => 'C',
        'Ď' => 'D',
        'È'..='Ë' | 'Ę' | 'Ě' => 'E',
        'Ğ' => 'G',
        'Ì'..='Ï' | 'İ' => 'I',
        'Ł' => 'L',
        'Ñ' | 'Ń' | 'Ň' => 'N',
        'Ò'..='Ö' | 'Ø' | 'Ő' | 'Œ' => 'O',
        'Ř' => 'R',
        'Ś' | 'Š' | 'Ş' | 'Ș' => 'S',
        'Ť' | 'Ț' => 'T',
        'Ù'..='Ü' | 'Ů' | 'Ű' => 'U',
        'Ý' => 'Y',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_on_the_grid_and_is_no_other() {
        let all: Vec<_> = ('A'..='Z').chain('0'..='9').map(|c| strokes(&c.to_string())).collect();
        for (at, strokes) in all.iter().enumerate() {
            assert!(strokes.iter().all(|stroke| stroke.len() > 1), "{at}");
            assert!(strokes.iter().flatten().all(|(x, y)| *x <= WIDTH && *y <= HEIGHT), "{at}");
            assert!(!all[..at].contains(strokes), "{at}");
        }
    }

    #[test]
    fn names_in_any_script_have_a_drawing() {
        assert_eq!(strokes("ärzte.example"), strokes("A"));
        assert_eq!(strokes("„Łódź“"), strokes("L"));
        assert_eq!(strokes("Țara Şehir"), strokes("T"));
        assert_eq!(strokes("чатexample.com"), strokes("E"));
        assert_eq!(strokes("чат.рф"), strokes(""));
    }
}
