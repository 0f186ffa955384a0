//! Values that must not be found, and how they could be written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use std::collections::BTreeSet;

/// Known values by name.
#[derive(Default)]
pub struct Canaries(Vec<Canary>);

struct Canary {
    name: String,
    forms: Vec<Finder<'static>>,
}

impl Canaries {
    /// Adds a value that is long enough not to stand anywhere by chance.
    ///
    /// # Panics
    /// When it is shorter.
    pub fn add(&mut self, name: &str, value: &str) {
        assert!(
            value.len() >= 7,
            "{name} is too short to be told from noise"
        );
        self.0.push(Canary {
            name: name.to_owned(),
            forms: forms(value)
                .iter()
                .map(|form| Finder::new(form).into_owned())
                .collect(),
        });
    }

    /// The names of those that `bytes` hold, in any form.
    pub fn within(&self, bytes: &[u8]) -> Vec<&str> {
        let held = |canary: &&Canary| canary.forms.iter().any(|form| form.find(bytes).is_some());
        self.0
            .iter()
            .filter(held)
            .map(|canary| canary.name.as_str())
            .collect()
    }
}

/// As it is, as JSON and URLs escape it, in hex, as lists of bytes, and in base64 at each of the
/// three places within a longer text.
fn forms(value: &str) -> BTreeSet<Vec<u8>> {
    let bytes = value.as_bytes();
    let escaped = serde_json::Value::from(value).to_string();
    let encoded: String = reqwest::Url::parse_with_params("http://x/", [("v", value)])
        .map(|url| url.query().unwrap_or_default()[2..].to_owned())
        .unwrap_or_default();
    let listed: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = BTreeSet::from([
        bytes.to_vec(),
        escaped.trim_matches('"').as_bytes().to_vec(),
        encoded.into_bytes(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
        listed.join(", ").into_bytes(),
        listed.join(",").into_bytes(),
        wide,
    ]);
    for before in 0..3 {
        let padded = [vec![0; before], bytes.to_vec()].concat();
        // Only what no neighbour has a bit in.
        let whole = (padded.len() / 3) * 4;
        let first = (before * 8).div_ceil(6);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&padded);
            forms.insert(text.as_bytes()[first..whole].to_vec());
        }
    }
    forms.retain(|form| !form.is_empty());
    forms
}

#[test]
fn a_value_is_found_however_it_is_written() {
    let mut canaries = Canaries::default();
    let value = "pío+8@x/ñ";
    canaries.add("it", value);
    let wraps: [fn(&str) -> String; 6] = [
        |v| format!("a {v} b"),
        |v| STANDARD_NO_PAD.encode(format!("a{v}b")),
        |v| URL_SAFE_NO_PAD.encode(format!("ab{v}bc")),
        |v| STANDARD_NO_PAD.encode(format!("abc{v}")),
        |v| hex::encode(format!("a{v}b")),
        |v| format!("{:?}", v.as_bytes()),
    ];
    for (index, wrap) in wraps.iter().enumerate() {
        let text = wrap(value);
        assert_eq!(canaries.within(text.as_bytes()), ["it"], "{index}: {text}");
    }
    assert!(canaries.within(b"p\xc3\xado+8@x/").is_empty());
}
