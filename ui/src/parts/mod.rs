//! Small components that all pages share. PatternFly's classes; no `style` attribute anywhere,
//! since the page's content security policy forbids it.

mod alert;
mod button;
mod icon;

pub use alert::Alert;
pub use button::{Button, LinkButton, Variant};
pub use icon::{Glyph, Icon};
