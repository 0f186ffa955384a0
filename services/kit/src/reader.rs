//! The one loop of every reader: the log in Postgres, shortened by JetStream.
