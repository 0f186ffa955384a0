//! Where the key-encryption keys are.

use super::some_secret;
use commands::KeySource;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// The key-encryption keys: `file`, or `text` with the same words, which is meant for a variable
/// (`RELEVO_KEYS__TEXT`).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Given")]
pub struct Keys {
    pub source: KeySource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    file: Option<PathBuf>,
    #[serde(default, deserialize_with = "some_secret")]
    text: Option<SecretString>,
}

impl Keys {
    /// Keys from a file.
    pub fn in_file(path: impl Into<PathBuf>) -> Self {
        Self {
            source: KeySource::File(path.into()),
        }
    }
}

impl TryFrom<Given> for Keys {
    type Error = &'static str;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        match (given.file, given.text) {
            (Some(path), None) => Ok(Self::in_file(path)),
            (None, Some(text)) => Ok(Self {
                source: KeySource::Text {
                    name: "RELEVO_KEYS__TEXT".to_owned(),
                    text,
                },
            }),
            (None, None) => Err("set keys.file, or RELEVO_KEYS__TEXT"),
            (Some(_), Some(_)) => Err("keys.file and RELEVO_KEYS__TEXT are both set: keep one"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    #![allow(
        clippy::result_large_err,
        reason = "figment's Jail wants its error as it is"
    )]

    use super::super::sources;
    use super::*;
    use figment::Jail;
    use secrecy::ExposeSecret as _;
    use std::path::Path;

    fn keys() -> Result<Keys, figment::Error> {
        sources(Path::new("relevo.toml")).extract_inner("keys")
    }

    #[test]
    fn keys_come_from_a_file_or_a_variable_never_both() {
        Jail::expect_with(|jail| {
            jail.create_file("relevo.toml", "[keys]\n")?;
            assert!(
                keys()
                    .unwrap_err()
                    .to_string()
                    .contains("RELEVO_KEYS__TEXT")
            );
            let text = "id = \"k1\"\nkey = \"abababab\"\n";
            jail.set_env("RELEVO_KEYS__TEXT", text);
            let KeySource::Text { name, text: read } = keys()?.source else {
                panic!("no text")
            };
            assert_eq!(
                (name.as_str(), read.expose_secret()),
                ("RELEVO_KEYS__TEXT", text)
            );
            jail.set_env("RELEVO_KEYS__FILE", "/etc/key.toml");
            let error = keys().unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains("both") && !told.contains("abab"), "{told}");
            Ok(())
        });
    }

    #[test]
    fn a_file_is_enough() {
        Jail::expect_with(|jail| {
            jail.create_file("relevo.toml", "[keys]\nfile = \"key.toml\"\n")?;
            let KeySource::File(path) = keys()?.source else {
                panic!("no file")
            };
            assert_eq!(path, Path::new("key.toml"));
            jail.create_file("relevo.toml", "[keys]\ntext = 12345678\n")?;
            assert!(!keys().unwrap_err().to_string().contains("1234"));
            Ok(())
        });
    }
}
