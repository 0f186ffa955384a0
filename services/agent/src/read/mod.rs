//! Pure parts of a run: values, their written forms and masks, messages, and places in a plan.

pub mod classify;
pub mod plan;
pub mod values;
