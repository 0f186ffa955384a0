//! Signature Version 4, as the store checks it: computed anew from the request and the secret.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use super::{ACCESS_KEY_ID, Asked, REGION, SECRET_ACCESS_KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whether the request is signed by who may do everything, now, as it came; else the error's code.
pub(super) fn check(asked: &Asked, now: DateTime<Utc>) -> Result<(), &'static str> {
    let authorization = asked.header("authorization").ok_or("AccessDenied")?;
    let given = Given::parse(authorization).ok_or("AuthorizationHeaderMalformed")?;
    let date = asked.header("x-amz-date").ok_or("AccessDenied")?;
    let signed_at = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ");
    let signed_at = signed_at.map_err(|_| "AccessDenied")?.and_utc();
    if (now - signed_at).abs() > TimeDelta::minutes(15) {
        return Err("RequestTimeTooSkewed");
    }
    let scope = format!("{}/{REGION}/s3/aws4_request", signed_at.format("%Y%m%d"));
    let Some(asked_scope) = given.credential.strip_prefix(&format!("{ACCESS_KEY_ID}/")) else {
        return Err("InvalidAccessKeyId");
    };
    if asked_scope != scope {
        return Err("AuthorizationHeaderMalformed");
    }
    let hash = asked
        .header("x-amz-content-sha256")
        .ok_or("MissingSecurityHeader")?;
    if hash != hex::encode(Sha256::digest(&asked.body)) {
        return Err("XAmzContentSHA256Mismatch");
    }
    let checksum = STANDARD.encode(Sha256::digest(&asked.body));
    if asked
        .header("x-amz-checksum-sha256")
        .is_some_and(|given| given != checksum)
    {
        return Err("BadDigest");
    }
    if !covers(&given, asked) {
        return Err("AccessDenied");
    }
    let canonical = Sha256::digest(canonical(asked, &given, hash).ok_or("InvalidURI")?);
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex::encode(canonical));
    let key = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
    let key = scope.split('/').fold(key, |key, part| mac(&key, part));
    match hex::encode(mac(&key, &text)) == given.signature {
        true => Ok(()),
        false => Err("SignatureDoesNotMatch"),
    }
}

struct Given<'a> {
    credential: &'a str,
    /// In order, lower case.
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Given<'a> {
    fn parse(authorization: &'a str) -> Option<Self> {
        let fields = authorization.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut fields = fields.split(',').map(str::trim);
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Self {
            credential: field("Credential")?,
            headers: field("SignedHeaders")?.split(';').collect(),
            signature: field("Signature")?,
        })
    }
}

/// Whether everything is signed that must be.
fn covers(given: &Given<'_>, asked: &Asked) -> bool {
    let names = asked.parts.headers.keys().map(|name| name.as_str());
    let mut must = names.filter(|name| name.starts_with("x-amz-") || *name == "host");
    must.all(|name| given.headers.contains(&name))
}

fn canonical(asked: &Asked, given: &Given<'_>, hash: &str) -> Option<String> {
    let mut text = format!("{}\n", asked.method);
    let path: Vec<String> = asked.key.split('/').map(decoded).collect::<Option<_>>()?;
    let path: Vec<String> = path.iter().map(|part| encoded(part)).collect();
    writeln!(text, "{}", path.join("/")).ok()?;
    let mut query: Vec<String> = asked
        .query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    query.sort();
    writeln!(text, "{}", query.join("&")).ok()?;
    for name in &given.headers {
        let value: Vec<&str> = asked.header(name)?.split_whitespace().collect();
        writeln!(text, "{name}:{}", value.join(" ")).ok()?;
    }
    write!(text, "\n{}\n{hash}", given.headers.join(";")).ok()?;
    Some(text)
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Everything but letters, digits and `-._~` as `%XX`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// What a path's part stands for.
pub(super) fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_that_of_the_signature() {
        assert_eq!(encoded("a b/ñ~"), "a%20b%2F%C3%B1~");
        assert_eq!(decoded("a%20b%2F%C3%B1~").as_deref(), Some("a b/ñ~"));
        assert_eq!(decoded("%2"), None);
    }
}
