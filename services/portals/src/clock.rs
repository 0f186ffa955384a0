//! The one place that reads the clock and draws random numbers.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Now.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

/// Local time of central Mexico, as CFDI's `Fecha` wants it.
pub(crate) fn mexican(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&chrono_tz::America::Mexico_City)
        .naive_local()
}

/// Random 64 bits from the operating system.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}

/// An unguessable id of 32 hexadecimal digits.
pub(crate) fn random_id() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// A random UUID (version 4) in upper case.
pub(crate) fn random_uuid() -> String {
    let bits = (u128::from(random()) << 64) | u128::from(random());
    uuid::Builder::from_random_bytes(bits.to_be_bytes())
        .into_uuid()
        .to_string()
        .to_uppercase()
}
