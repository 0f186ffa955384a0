//! Files that come in parts.

use super::bucket::{Bucket, tag};
use super::{Answer, Asked, refusal, reply};
use bytes::Bytes;
use std::collections::BTreeMap;

/// A part is at least this long, but the last.
const SHORTEST: usize = 5 * 1024 * 1024;

/// Key and parts of each upload, by its id.
pub(super) type Uploads = BTreeMap<String, (String, BTreeMap<usize, Bytes>)>;

pub(super) fn answer(bucket: &mut Bucket, key: &str, asked: &Asked) -> Answer {
    let Some(id) = asked.query("uploadId") else {
        return begin(bucket, key, asked);
    };
    let Some((of, parts)) = bucket.uploads.get_mut(id) else {
        return refusal(404, "NoSuchUpload");
    };
    if of != key {
        return refusal(404, "NoSuchUpload");
    }
    match asked.method.as_str() {
        "PUT" => {
            let Some(number) = asked.query("partNumber").and_then(|n| n.parse().ok()) else {
                return refusal(400, "InvalidArgument");
            };
            parts.insert(number, asked.body.clone());
            reply(200, &[("etag", &tag(&asked.body))], "")
        }
        "POST" => match whole(parts, &asked.body) {
            Ok(file) => {
                let xml = format!(
                    "<CompleteMultipartUploadResult><ETag>{}</ETag></CompleteMultipartUploadResult>",
                    tag(&file)
                );
                bucket.uploads.remove(id);
                bucket.files.insert(key.to_owned(), file);
                reply(200, &[], xml)
            }
            Err(code) => refusal(400, code),
        },
        "DELETE" => {
            bucket.uploads.remove(id);
            reply(204, &[], "")
        }
        _ => refusal(405, "MethodNotAllowed"),
    }
}

fn begin(bucket: &mut Bucket, key: &str, asked: &Asked) -> Answer {
    if asked.method != "POST" {
        return refusal(405, "MethodNotAllowed");
    }
    let id = uuid::Uuid::new_v4().to_string();
    let parts = (key.to_owned(), BTreeMap::new());
    bucket.uploads.insert(id.clone(), parts);
    let xml = format!(
        "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
    );
    reply(200, &[], xml)
}

/// The parts that were listed, one after the other.
fn whole(parts: &BTreeMap<usize, Bytes>, listed: &[u8]) -> Result<Bytes, &'static str> {
    let listed = String::from_utf8_lossy(listed).replace("&quot;", "\"");
    let between = |text: &str, name: &str| -> Option<String> {
        let after = text.split_once(&format!("<{name}>"))?.1;
        Some(after.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    let mut file = Vec::new();
    let mut before = 0;
    let mut listed = listed.split("<Part>").skip(1).peekable();
    while let Some(part) = listed.next() {
        let number = between(part, "PartNumber").and_then(|n| n.parse().ok());
        let number: usize = number.ok_or("MalformedXML")?;
        let content = parts.get(&number).ok_or("InvalidPart")?;
        if between(part, "ETag") != Some(tag(content)) {
            return Err("InvalidPart");
        }
        if number <= before {
            return Err("InvalidPartOrder");
        }
        if listed.peek().is_some() && content.len() < SHORTEST {
            return Err("EntityTooSmall");
        }
        file.extend_from_slice(content);
        before = number;
    }
    Ok(file.into())
}
