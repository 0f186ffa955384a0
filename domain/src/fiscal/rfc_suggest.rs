use super::rfc::{Rfc, normalise};

/// Characters that are read or typed for one another.
const SWAPS: [(char, char); 5] = [('O', '0'), ('I', '1'), ('S', '5'), ('B', '8'), ('Z', '2')];

/// How many suggestions a person can still choose from.
const MOST: usize = 5;

impl Rfc {
    /// What a mistyped or misread RFC may have been (O for 0, I for 1, S for 5, B for 8, Z for 2,
    /// `&amp;` for `&`): up to five, each with a right check digit. Empty when the text is right
    /// already or nothing fits. Only for offering: the user confirms.
    #[must_use]
    pub fn suggestions(text: &str) -> Vec<Self> {
        let typed: Vec<char> = normalise(text).replace("&AMP;", "&").chars().collect();
        if Self::parse(text).is_ok_and(|rfc| rfc.check_digit_ok()) {
            return Vec::new();
        }
        let letters = match typed.len() {
            12 => 3,
            13 => 4,
            _ => return Vec::new(),
        };
        let mut base = typed;
        for (i, c) in base.iter_mut().enumerate() {
            if i < letters {
                *c = to_letter(*c);
            } else if i < letters + 6 {
                *c = to_digit(*c);
            }
        }
        let mut found = Vec::new();
        // The homoclave and its digit hold letters and digits alike: try each of the 2³ readings.
        for mask in 0..8_u8 {
            let mut candidate = base.clone();
            for bit in 0..3 {
                if mask & (1 << bit) != 0 {
                    let c = &mut candidate[letters + 6 + bit];
                    *c = swapped(*c);
                }
            }
            let candidate: String = candidate.into_iter().collect();
            if let Ok(rfc) = Self::parse_exact(&candidate)
                && rfc.check_digit_ok()
                && !found.contains(&rfc)
            {
                found.push(rfc);
            }
        }
        found.truncate(MOST);
        found
    }
}

fn to_letter(c: char) -> char {
    SWAPS
        .iter()
        .find(|(_, digit)| *digit == c)
        .map_or(c, |(letter, _)| *letter)
}

fn to_digit(c: char) -> char {
    SWAPS
        .iter()
        .find(|(letter, _)| *letter == c)
        .map_or(c, |(_, digit)| *digit)
}

fn swapped(c: char) -> char {
    if c.is_ascii_digit() {
        to_letter(c)
    } else {
        to_digit(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &str) -> Vec<String> {
        Rfc::suggestions(text)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn common_swaps_are_offered() {
        assert_eq!(offered("C0SC8001137NA"), ["COSC8001137NA"]);
        assert_eq!(offered("COSC8OO1137NA"), ["COSC8001137NA"]);
        assert_eq!(offered("EKU9O0317 3C9"), ["EKU9003173C9"]);
        assert_eq!(offered("GODE56I231GRB"), ["GODE561231GR8"]);
        assert_eq!(offered("L&amp;O950913MSA"), ["L&O950913MSA"]);
        assert_eq!(offered("WERX631016530"), ["WERX631016S30"]);
    }

    #[test]
    fn a_right_or_hopeless_text_offers_nothing() {
        assert!(offered("COSC8001137NA").is_empty());
        assert!(offered("hola").is_empty());
        assert!(offered("").is_empty());
    }
}
