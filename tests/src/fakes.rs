//! Files that are no invoices, and archives of files.

use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A ZIP of these files.
///
/// # Errors
/// Never for what fits into memory.
pub fn archive(files: &[(&str, &[u8])]) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default())?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A few kilobytes that unfold to 64 MiB.
///
/// # Errors
/// Never for what fits into memory.
pub fn bomb() -> anyhow::Result<Vec<u8>> {
    archive(&[("factura.xml", &vec![b' '; 64 << 20])])
}

/// XML with a document type and an entity that would read a file.
pub const DTD: &str =
    "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<a>&x;</a>";

/// Well-formed XML of something else.
pub const NOT_A_CFDI: &str = "<?xml version=\"1.0\"?><pedido><total>1</total></pedido>";
