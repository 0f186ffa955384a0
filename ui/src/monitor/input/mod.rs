//! A human's hands: what the browser tells of pointer and keyboard, as the agent wants it. Pure.
//!
//! Nothing of what is typed is kept: it passes through and is gone. What is kept is which buttons
//! and keys are down, so that all can be let go.

mod keys;
mod mouse;
mod text;
mod touch;

pub use keys::{Keyboard, Press, Ruling};
pub use mouse::{Mouse, Pointer, Spin};
pub use text::{SENTINEL, pieces, typed};
pub use touch::{Finger, Touch};
