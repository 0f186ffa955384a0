//! Child processes that never outlive us; a crate of its own, so that the development stack needs
//! nothing else of the product.

pub use ::holder::*;
