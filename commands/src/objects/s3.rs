//! A bucket of a store that speaks S3.

use super::http::Connector;
use super::{Objects, ObjectsError};
use object_store::aws::{AmazonS3Builder, Checksum};
use object_store::path::Path as Name;
use object_store::{BackoffConfig, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::time::Duration;

/// Where a bucket is, and who we are to it.
#[derive(Clone, Debug)]
pub struct S3 {
    pub bucket: String,
    /// Before each name; empty, or `a/b`, and [plain](Self::is_plain).
    pub prefix: String,
    /// The bucket's own address when it is virtual-hosted, else the store's; `None`: Amazon's.
    pub endpoint: Option<String>,
    pub region: String,
    /// Whether the bucket is named by the host (`bucket.store.example`), not by the path.
    pub virtual_hosted: bool,
    /// The access key's id.
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
    /// How long a store may be silent within a request; what is sent has a second more for each
    /// 256 KiB.
    pub timeout: Duration,
    /// How often a request is repeated that the store didn't answer, or answered with 5xx or 429.
    pub retries: usize,
}

impl S3 {
    /// Whether names below a prefix are stored as they are spelled: some characters are written in
    /// another way, and `//` is one `/`.
    pub fn is_plain(prefix: &str) -> bool {
        Name::from(prefix).as_ref() == prefix
    }

    /// How it is called in errors.
    fn place(&self) -> String {
        let at = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("Amazon's {}", self.region),
        };
        format!("s3://{}/{} at {at}", self.bucket, self.prefix)
    }
}

impl Objects {
    /// A bucket. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When no client can be made of what was given.
    pub fn s3(s3: &S3) -> Result<Self, ObjectsError> {
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        };
        let retry = RetryConfig {
            backoff,
            max_retries: s3.retries,
            retry_timeout: s3.timeout * 3,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_virtual_hosted_style_request(s3.virtual_hosted)
            .with_access_key_id(s3.access_key_id.expose_secret())
            .with_secret_access_key(s3.secret_access_key.expose_secret())
            // Buckets that lock files want one, and no other store minds.
            .with_checksum_algorithm(Checksum::SHA256)
            // One request per file: not every store knows the other one.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(Connector {
                timeout: s3.timeout,
            });
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let place = s3.place();
        match builder.build() {
            Ok(store) => Ok(Self::store(Arc::new(store), &place, &s3.prefix)),
            Err(source) => Err(ObjectsError {
                place,
                name: String::new(),
                source,
            }),
        }
    }
}
