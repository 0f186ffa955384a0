//! The page's files, embedded when the api was built.

/// One file, and its compressed forms.
pub struct File {
    /// `index.html`, or a name below `assets/` that holds a hash of the content.
    pub name: &'static str,
    pub plain: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

/// All of them; empty when the page had not been built.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

impl File {
    /// The file of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.name == name)
    }

    /// Its media type.
    pub fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("wasm") => "application/wasm",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        }
    }

    /// The smallest form that the client takes, and what that encoding is called.
    pub fn encoded(&self, accepted: &str) -> (&'static [u8], Option<&'static str>) {
        let takes = |name: &str| {
            accepted.split(',').any(|offer| {
                let mut parts = offer.split(';').map(str::trim);
                let refused = |part: &str| {
                    let weight = part.strip_prefix("q=");
                    weight.and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0)
                };
                parts.next() == Some(name) && !parts.any(refused)
            })
        };
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if takes("br") => (bytes, Some("br")),
            (_, Some(bytes)) if takes("gzip") => (bytes, Some("gzip")),
            _ => (self.plain, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gets_what_it_takes() {
        let file = File {
            name: "assets/a-1.js",
            plain: b"plain",
            brotli: Some(b"br"),
            gzip: Some(b"gz"),
        };
        let encoding = |accepted| file.encoded(accepted).1;
        assert_eq!(encoding("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(encoding("gzip"), Some("gzip"));
        assert_eq!(encoding("br;q=0, gzip;q=0.5"), Some("gzip"));
        assert_eq!(encoding("br; q=0.0"), None);
        assert_eq!(encoding(""), None);
        assert_eq!(file.media_type(), "text/javascript; charset=utf-8");
    }
}
