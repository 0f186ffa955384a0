//! What there is: `ListObjectsV2`.

use super::{Answer, Asked, refusal, reply};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Small, so that tests come to a second page.
const PAGE: usize = 10;

pub(super) fn list(files: &BTreeMap<String, Bytes>, asked: &Asked) -> Answer {
    if asked.query("list-type") != Some("2") {
        return refusal(501, "NotImplemented");
    }
    let after = asked.query("continuation-token");
    let start = asked.query("start-after");
    let start = start.filter(|_| !asked.from_the_start);
    let after = after.or(start).unwrap_or_default();
    let found = found(files, asked);
    let mut left = found.iter().filter(|(name, _)| name.as_str() > after);
    let mut xml = String::from("<ListBucketResult>");
    let mut last = "";
    for (name, size) in left.by_ref().take(PAGE) {
        last = name;
        let _ = match size {
            None => write!(
                xml,
                "<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            ),
            Some(size) => write!(
                xml,
                "<Contents><Key>{name}</Key><Size>{size}</Size>\
                 <LastModified>2026-11-26T16:00:00.000Z</LastModified></Contents>"
            ),
        };
    }
    if left.next().is_some() {
        let _ = write!(xml, "<NextContinuationToken>{last}</NextContinuationToken>");
    }
    xml.push_str("</ListBucketResult>");
    reply(200, &[("content-type", "application/xml")], xml)
}

/// Names below the prefix, in order: files with their size, folders without.
fn found(files: &BTreeMap<String, Bytes>, asked: &Asked) -> BTreeMap<String, Option<usize>> {
    let prefix = asked.query("prefix").unwrap_or_default();
    let delimiter = asked.query("delimiter").filter(|text| !text.is_empty());
    let below = files.iter().filter_map(|(name, content)| {
        let rest = name.strip_prefix(prefix)?;
        let folder =
            delimiter.and_then(|delimiter| Some((rest.split_once(delimiter)?.0, delimiter)));
        Some(match folder {
            Some((folder, delimiter)) => (format!("{prefix}{folder}{delimiter}"), None),
            None => (name.clone(), Some(content.len())),
        })
    });
    below.collect()
}
