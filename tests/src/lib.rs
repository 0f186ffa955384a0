//! The harness of Relevo's tests.
