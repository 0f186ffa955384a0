/// What a delivered file is, by its first bytes; never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// No bytes, or only blanks.
    Empty,
    /// XML of some kind.
    Xml,
    /// A web page, mostly an error of the portal.
    Html,
    /// A ZIP archive; many portals deliver XML and PDF in one.
    Zip,
    /// A PDF.
    Pdf,
    /// JSON, such as a portal's answer with the file inside as base64.
    Json,
    /// None of these.
    Unknown,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "vacío",
            Self::Xml => "XML",
            Self::Html => "una página web (HTML)",
            Self::Zip => "un ZIP",
            Self::Pdf => "un PDF",
            Self::Json => "JSON",
            Self::Unknown => "otra cosa",
        })
    }
}

/// Tells what the file is.
#[must_use]
pub fn sniff(bytes: &[u8]) -> FileKind {
    let bytes = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii_start();
    if bytes.is_empty() {
        return FileKind::Empty;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return FileKind::Zip;
    }
    if bytes.starts_with(b"%PDF-") {
        return FileKind::Pdf;
    }
    if bytes.starts_with(b"{") || bytes.starts_with(b"[") {
        return FileKind::Json;
    }
    if is_html(bytes) {
        return FileKind::Html;
    }
    // UTF-16 with its mark is XML too, though none that a CFDI may be.
    if bytes.starts_with(b"<") || bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return FileKind::Xml;
    }
    FileKind::Unknown
}

/// Looks for a page's opening, also behind an XML declaration or a comment (XHTML).
fn is_html(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(1024)].to_ascii_lowercase();
    let has = |needle: &[u8]| head.windows(needle.len()).any(|w| w == needle);
    if !head.starts_with(b"<") || has(b":comprobante") || has(b"<comprobante") {
        return false;
    }
    has(b"<!doctype html") || has(b"<html") || has(b"<head>") || has(b"<body") || has(b"<script")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_bytes() {
        for (bytes, kind) in [
            (&b""[..], FileKind::Empty),
            (b"\xEF\xBB\xBF \r\n", FileKind::Empty),
            (b"PK\x03\x04rest", FileKind::Zip),
            (b"%PDF-1.7", FileKind::Pdf),
            (b"{\"xml\": \"PD94\"}", FileKind::Json),
            (b"<!DOCTYPE html><html>", FileKind::Html),
            (b"\n<HTML><BODY>", FileKind::Html),
            (
                b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">",
                FileKind::Html,
            ),
            (b"<?xml version=\"1.0\"?><cfdi:Comprobante/>", FileKind::Xml),
            (b"<!-- <html> --><cfdi:Comprobante/>", FileKind::Xml),
            (b"\xFF\xFE<\0", FileKind::Xml),
            (b"Internal error", FileKind::Unknown),
        ] {
            assert_eq!(sniff(bytes), kind, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
