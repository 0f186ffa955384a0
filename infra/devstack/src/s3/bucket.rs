//! The files, and what is asked of them.

use super::parts::{self, Uploads};
use super::{Answer, Asked, listing, refusal, reply};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) uploads: Uploads,
}

impl Bucket {
    pub(super) fn answer(&mut self, key: &str, asked: &Asked) -> Answer {
        let of_parts = asked.query("uploads").or(asked.query("uploadId")).is_some();
        match (asked.method.as_str(), key) {
            ("GET", "") => listing::list(&self.files, asked),
            (_, "") => refusal(405, "MethodNotAllowed"),
            _ if of_parts => parts::answer(self, key, asked),
            ("GET" | "HEAD", _) => self.get(key, asked),
            ("PUT", _) => self.put(key, asked),
            ("DELETE", _) => {
                self.files.remove(key);
                reply(204, &[], "")
            }
            _ => refusal(405, "MethodNotAllowed"),
        }
    }

    fn get(&self, key: &str, asked: &Asked) -> Answer {
        let Some(file) = self.files.get(key) else {
            return refusal(404, "NoSuchKey");
        };
        let tag = tag(file);
        if asked.header("if-match").is_some_and(|wanted| wanted != tag) {
            return refusal(412, "PreconditionFailed");
        }
        let head = [
            ("etag", tag.as_str()),
            ("last-modified", "Thu, 26 Nov 2026 16:00:00 GMT"),
        ];
        let Some(range) = asked.header("range") else {
            return reply(200, &head, file.clone());
        };
        let Some(range) = range_of(range, file.len()) else {
            return refusal(416, "InvalidRange");
        };
        let place = format!("bytes {}-{}/{}", range.start, range.end - 1, file.len());
        let head = [&head[..], &[("content-range", place.as_str())]].concat();
        reply(206, &head, file.slice(range))
    }

    fn put(&mut self, key: &str, asked: &Asked) -> Answer {
        if asked.header("if-none-match") == Some("*") && self.files.contains_key(key) {
            return refusal(412, "PreconditionFailed");
        }
        self.files.insert(key.to_owned(), asked.body.clone());
        reply(200, &[("etag", &tag(&asked.body))], "")
    }
}

pub(super) fn tag(content: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(content)[..16]))
}

/// `bytes=a-b` or `bytes=a-`.
fn range_of(header: &str, length: usize) -> Option<Range<usize>> {
    let (start, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let start = start.parse().ok()?;
    let end = match last {
        "" => length,
        last => last.parse::<usize>().ok()?.saturating_add(1).min(length),
    };
    (start < end).then_some(start..end)
}
