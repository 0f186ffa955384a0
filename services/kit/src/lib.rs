//! What every service needs: configuration, telemetry, problem documents, NATS subjects, the
//! portal catalogue and the holder of child processes.

pub mod adapters;
pub mod archive;
pub mod config;
pub mod credentials;
pub mod delivery;
pub mod holder;
pub mod leader;
pub mod live;
pub mod nats;
pub mod problem;
pub mod reader;
pub mod role;
pub mod subjects;
pub mod telemetry;
pub mod totp;
pub mod values;
