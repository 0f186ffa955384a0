//! placeholder
pub(crate) fn render(_: &crate::cfdi::Invoice) -> Vec<u8> { Vec::new() }
