//! Small components that all pages share. PatternFly's classes; no `style` attribute anywhere,
//! since the page's content security policy forbids it.

mod alert;
mod button;
mod chip;
mod dialog;
mod field;
mod files;
mod heading;
mod icon;
mod menu;
mod select;
mod states;

pub use alert::Alert;
pub use button::{Button, LinkButton, Variant};
pub use chip::{Chip, Colour};
pub use dialog::Dialog;
pub use field::{Group, TextField, sentence};
pub use files::Files;
pub use heading::Heading;
pub use icon::{Glyph, Icon};
pub use menu::{Item, Menu};
pub use select::{Choice, SelectField};
pub use states::{Empty, Failed, Loading};
