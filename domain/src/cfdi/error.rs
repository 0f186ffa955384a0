use super::FileKind;

/// Why a file is not a CFDI 4.0 that we can use. `Display` is Spanish, for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CfdiError {
    /// Nothing in it.
    #[error("el archivo está vacío")]
    Empty,
    /// Larger than [`super::MAX_SIZE_BYTES`].
    #[error("el archivo pesa {size_bytes} bytes, más de lo que pesa una factura")]
    TooLarge {
        /// Size of the file.
        size_bytes: usize,
    },
    /// Something else than XML.
    #[error("el archivo no es un XML: parece {0}")]
    NotXml(FileKind),
    /// Not UTF-8, the only encoding of a CFDI.
    #[error("el XML no está en UTF-8")]
    Encoding,
    /// It declares a document type or entities, which no CFDI does and attacks do.
    #[error("el XML declara un DTD o entidades; no se abre por seguridad")]
    Dtd,
    /// More attributes in one element, or more name spaces, than an invoice has.
    #[error("el XML es más enredado que una factura; no se abre por seguridad")]
    TooComplex,
    /// XML that breaks off or is not well formed.
    #[error("el XML está mal formado ({detail})")]
    Malformed {
        /// The beginning of the parser's words.
        detail: String,
    },
    /// Well-formed XML of something else.
    #[error("el XML no es un CFDI: su raíz es «{root}»")]
    NotCfdi {
        /// Name of the root element.
        root: String,
    },
    /// A CFDI of another version, such as 3.3.
    #[error("es un CFDI {version}; solo se acepta el 4.0")]
    Version {
        /// The version it claims.
        version: String,
    },
    /// Without TimbreFiscalDigital: a draft, not an invoice.
    #[error("el CFDI no está timbrado (no tiene TimbreFiscalDigital)")]
    NotStamped,
    /// A required element is missing.
    #[error("al CFDI le falta el elemento {element}")]
    MissingElement {
        /// Local name.
        element: &'static str,
    },
    /// An element that may stand once stands twice, so what was signed can't be told.
    #[error("el CFDI repite el elemento {element}")]
    RepeatedElement {
        /// Local name.
        element: &'static str,
    },
    /// A required attribute is missing.
    #[error("al CFDI le falta {element}/@{attribute}")]
    MissingAttribute {
        /// Local name of the element.
        element: &'static str,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// An attribute has a value that it may not have.
    #[error("en el CFDI no se entiende {element}/@{attribute}")]
    BadAttribute {
        /// Local name of the element.
        element: &'static str,
        /// Name of the attribute.
        attribute: &'static str,
    },
}

impl CfdiError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "cfdi_empty",
            Self::TooLarge { .. } => "cfdi_too_large",
            Self::NotXml(_) => "cfdi_not_xml",
            Self::Encoding => "cfdi_encoding",
            Self::Dtd => "cfdi_dtd",
            Self::TooComplex => "cfdi_too_complex",
            Self::Malformed { .. } => "cfdi_malformed",
            Self::NotCfdi { .. } => "cfdi_other_document",
            Self::Version { .. } => "cfdi_version",
            Self::NotStamped => "cfdi_not_stamped",
            Self::MissingElement { .. } => "cfdi_missing_element",
            Self::RepeatedElement { .. } => "cfdi_repeated_element",
            Self::MissingAttribute { .. } => "cfdi_missing_attribute",
            Self::BadAttribute { .. } => "cfdi_bad_attribute",
        }
    }
}
