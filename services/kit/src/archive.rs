//! ZIP archives as portals and users deliver them: unpacked in memory, within limits.
//!
//! Names inside are never used as paths. What a file is, its bytes tell ([`domain::cfdi::sniff`]).

use std::io::{Cursor, Read};
use thiserror::Error;
use zip::ZipArchive;

/// How much is unpacked at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Files in the archive.
    pub files: usize,
    /// Bytes of one unpacked file.
    pub file_bytes: u64,
    /// Bytes of all unpacked files.
    pub total_bytes: u64,
}

impl Default for Limits {
    /// 20 files of at most 8 MiB, 16 MiB in all: an invoice's XML and PDF have some kilobytes.
    fn default() -> Self {
        Self {
            files: 20,
            file_bytes: 8 << 20,
            total_bytes: 16 << 20,
        }
    }
}

/// Why an archive is refused. `Display` is for the user, in Spanish.
#[derive(Debug, Error)]
pub enum ArchiveError {
    #[error("el ZIP no se puede leer: {0}")]
    Malformed(String),
    #[error("el ZIP tiene contraseña")]
    Encrypted,
    #[error("el ZIP trae otro archivo comprimido adentro")]
    Nested,
    #[error("el ZIP trae más de {0} archivos")]
    TooManyFiles(usize),
    #[error("el contenido del ZIP pasa del límite de {0} bytes")]
    TooLarge(u64),
    #[error("los archivos del ZIP se enciman")]
    Overlapping,
}

/// The files of an archive, in its order, with their names as written there; folders left out.
///
/// The sizes that the archive declares are not believed: reading stops at the limit.
///
/// # Errors
/// [`ArchiveError`]: a bomb, an archive within, a password, or not a readable ZIP.
pub fn unpack(bytes: &[u8], limits: Limits) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let malformed = |error: zip::result::ZipError| ArchiveError::Malformed(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
    if archive.len() > limits.files {
        return Err(ArchiveError::TooManyFiles(limits.files));
    }
    if archive.has_overlapping_entries().map_err(malformed)? {
        return Err(ArchiveError::Overlapping);
    }
    let mut files = Vec::new();
    let mut left = limits.total_bytes;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(malformed)?;
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted);
        }
        if entry.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        drop(entry);
        let limit = limits.file_bytes.min(left);
        let mut entry = archive.by_index(index).map_err(malformed)?;
        let mut content = Vec::new();
        entry
            .by_ref()
            .take(limit + 1)
            .read_to_end(&mut content)
            .map_err(|error| ArchiveError::Malformed(error.to_string()))?;
        let size = content.len() as u64;
        if size > limit {
            return Err(ArchiveError::TooLarge(limit));
        }
        if is_archive(&content) {
            return Err(ArchiveError::Nested);
        }
        left -= size;
        files.push((name, content));
    }
    Ok(files)
}

/// ZIP, gzip, 7z, xz, RAR, bzip2, zstd.
fn is_archive(bytes: &[u8]) -> bool {
    const MAGIC: [&[u8]; 8] = [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"7z\xbc\xaf",
        b"\xfd7zXZ",
        b"Rar!",
        b"BZh",
        b"\x28\xb5\x2f\xfd",
    ];
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn files_come_out_in_order_with_their_names() {
        let zip = archive(&[("factura.xml", b"<a/>"), ("../../factura.pdf", b"%PDF-1.7")]);
        let files = unpack(&zip, Limits::default()).unwrap();
        assert_eq!(files[0], ("factura.xml".to_owned(), b"<a/>".to_vec()));
        assert_eq!(files[1].1, b"%PDF-1.7");
    }

    #[test]
    fn a_bomb_is_refused_before_it_unfolds() {
        let zip = archive(&[("bomb.xml", &vec![b' '; 9 << 20])]);
        assert!(zip.len() < 100_000, "it is a bomb: {} bytes", zip.len());
        let error = unpack(&zip, Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge(_)), "{error}");
    }

    #[test]
    fn many_middling_files_are_a_bomb_too() {
        let part = vec![b' '; 4 << 20];
        let names: Vec<String> = (0..6).map(|i| format!("{i}.xml")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &part[..])).collect();
        let error = unpack(&archive(&files), Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge(_)), "{error}");
    }

    #[test]
    fn an_archive_within_an_archive_is_refused() {
        let zip = archive(&[("mas.zip", &archive(&[("a", b"a")]))]);
        let error = unpack(&zip, Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::Nested), "{error}");
    }

    #[test]
    fn too_many_files_are_refused() {
        let names: Vec<String> = (0..21).map(|i| i.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
        let error = unpack(&archive(&files), Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::TooManyFiles(20)), "{error}");
    }

    #[test]
    fn what_is_no_zip_is_refused() {
        let error = unpack(b"PK\x03\x04 and nothing else", Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::Malformed(_)), "{error}");
    }

    #[test]
    fn an_encrypted_entry_is_refused() {
        // The flag of encryption set by hand in both headers.
        let mut zip = archive(&[("a.xml", b"<a/>")]);
        zip[6] |= 1;
        let central = zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        zip[central + 8] |= 1;
        let error = unpack(&zip, Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::Encrypted), "{error}");
    }
}
