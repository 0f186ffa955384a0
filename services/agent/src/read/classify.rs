//! What a portal's message means.
//!
//! Only text that appeared after an action is looked at: notices that always stand on a page
//! ("solo tickets del mes") would be taken for refusals.

use regex::{Regex, RegexBuilder};
use schemas::adapter::{Adapter, Outcome, OutcomePattern};
use thiserror::Error;

/// An adapter's pattern that can't be used.
#[derive(Debug, Error)]
#[error("outcome pattern «{pattern}»: {source}")]
pub struct PatternError {
    pattern: String,
    source: Box<regex::Error>,
}

/// A portal's patterns, in the adapter's order.
#[derive(Clone, Debug, Default)]
pub struct Classifier {
    patterns: Vec<(Outcome, Regex)>,
}

impl Classifier {
    /// The patterns of that adapter; also what it says of a wrong CAPTCHA answer.
    ///
    /// # Errors
    /// The first pattern that is no regular expression.
    pub fn new(adapter: &Adapter) -> Result<Self, PatternError> {
        let wrong = adapter
            .steps
            .iter()
            .chain(&adapter.recover)
            .filter_map(|step| match step {
                schemas::adapter::StepPlan::Captcha { captcha } => captcha.wrong.clone(),
                _ => None,
            });
        let wrong = wrong.map(|text| OutcomePattern {
            is: Outcome::CaptchaWrong,
            text,
        });
        let patterns = wrong
            .chain(adapter.outcomes.iter().cloned())
            .map(|pattern| {
                let text = normalise(&pattern.text);
                match RegexBuilder::new(&text).size_limit(1 << 20).build() {
                    Ok(regex) => Ok((pattern.is, regex)),
                    Err(source) => Err(PatternError {
                        pattern: pattern.text,
                        source: Box::new(source),
                    }),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// The first pattern that matches, if any.
    pub fn classify(&self, text: &str) -> Option<Outcome> {
        let text = normalise(text);
        if text.is_empty() {
            return None;
        }
        self.patterns
            .iter()
            .find(|(_, regex)| regex.is_match(&text))
            .map(|(outcome, _)| *outcome)
    }
}

/// Lower case, without accents (ñ becomes n), blanks collapsed. A pattern goes the same way, so an
/// author may write accents; `\S` and the other escapes of a pattern keep their case.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            escaped = false;
            continue;
        }
        if escaped {
            out.push(c);
            escaped = false;
            continue;
        }
        escaped = c == '\\';
        for lower in c.to_lowercase() {
            match unaccented(lower) {
                // Combining marks of decomposed letters.
                '\u{300}'..='\u{36f}' => {}
                plain => out.push(plain),
            }
        }
    }
    out.trim().to_owned()
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
        'ú' | 'ù' | 'ü' | 'û' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classifier(patterns: &[(&str, &str)]) -> Classifier {
        let outcomes: String = patterns
            .iter()
            .map(|(is, text)| format!("  - {{ is: {is}, text: '{text}' }}\n"))
            .collect();
        let yaml = format!(
            "id: p\nname: P\nversion: 1\nhosts: [p.example]\nentry: https://p.example/\n\
             fields:\n  - {{ name: ticket, label: Ticket, kind: text }}\nidentity: [ticket]\n\
             steps:\n  - captcha: {{ image: [{{ css: img }}], answer: [{{ id: a }}], wrong: 'no coincide con la imagen' }}\n  \
             - submit: [{{ button: Facturar }}]\noutcomes:\n{outcomes}"
        );
        Classifier::new(&Adapter::from_yaml("p.yaml", &yaml).unwrap()).unwrap()
    }

    #[test]
    fn case_accents_and_blanks_do_not_matter() {
        let c = classifier(&[
            ("accepted", "factura.{0,25}(generada|lista)"),
            ("not_found", "Número de ticket no existe"),
        ]);
        assert_eq!(
            c.classify("¡Tu  FACTURA\n fue\u{a0}Generada!"),
            Some(Outcome::Accepted)
        );
        assert_eq!(
            c.classify("El nu\u{301}mero de TICKET no existe."),
            Some(Outcome::NotFound)
        );
        assert_eq!(c.classify("Bienvenido"), None);
        assert_eq!(c.classify("  "), None);
    }

    #[test]
    fn the_first_match_wins() {
        let c = classifier(&[
            ("already_invoiced", "ya .{0,30}facturad[oa]"),
            ("accepted", "facturad[oa]"),
        ]);
        assert_eq!(
            c.classify("El ticket ya fue facturado"),
            Some(Outcome::AlreadyInvoiced)
        );
        assert_eq!(c.classify("Ticket facturado"), Some(Outcome::Accepted));
    }

    #[test]
    fn the_captchas_own_message_counts() {
        let c = classifier(&[("accepted", "lista")]);
        assert_eq!(
            c.classify("El código NO coincide con la imagen, intenta otra vez"),
            Some(Outcome::CaptchaWrong)
        );
    }

    #[test]
    fn escapes_of_a_pattern_survive() {
        let c = classifier(&[
            ("fiscal_data_refused", "CFDI40\\d{3}"),
            ("accepted", "\\Aok\\b"),
        ]);
        assert_eq!(
            c.classify("Error CFDI40147: el CP no corresponde"),
            Some(Outcome::FiscalDataRefused)
        );
        assert_eq!(c.classify("OK, listo"), Some(Outcome::Accepted));
    }
}
