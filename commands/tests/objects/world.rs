//! A folder, a bucket, and files to put there.

use bytes::Bytes;
use commands::{Objects, ObjectsError, S3};
use devstack::{S3Server, s3};
use futures::TryStreamExt as _;
use std::time::Duration;

/// Longer than one part.
pub const LONG: usize = 20 * 1024 * 1024;

pub fn settings(server: &S3Server) -> S3 {
    S3 {
        bucket: s3::BUCKET.to_owned(),
        prefix: "relevo/a".to_owned(),
        endpoint: Some(server.endpoint()),
        region: s3::REGION.to_owned(),
        virtual_hosted: false,
        access_key_id: s3::ACCESS_KEY_ID.into(),
        secret_access_key: s3::SECRET_ACCESS_KEY.into(),
        timeout: Duration::from_secs(5),
        retries: 2,
    }
}

pub async fn bucket() -> (S3Server, Objects) {
    let server = S3Server::start().await.unwrap();
    let objects = Objects::s3(&settings(&server)).unwrap();
    (server, objects)
}

/// A bucket of a store that somebody runs, if it is named; see `docs/operators.md`.
pub fn real_bucket() -> Option<Objects> {
    let endpoint = std::env::var("RELEVO_TEST_S3_ENDPOINT").ok()?;
    let given = |name: &str| std::env::var(format!("RELEVO_TEST_S3_{name}")).unwrap();
    let settings = S3 {
        bucket: given("BUCKET"),
        prefix: format!("contract/{}", uuid::Uuid::new_v4()),
        endpoint: Some(endpoint),
        region: given("REGION"),
        virtual_hosted: false,
        access_key_id: given("ACCESS_KEY_ID").into(),
        secret_access_key: given("SECRET_ACCESS_KEY").into(),
        timeout: Duration::from_secs(30),
        retries: 2,
    };
    Some(Objects::s3(&settings).unwrap())
}

/// Bytes of which no part is like another.
pub fn content(length: usize) -> Bytes {
    (0..length as u32)
        .map(|n| (n ^ (n >> 11) ^ (n >> 19)) as u8)
        .collect()
}

pub async fn put(objects: &Objects, name: &str, content: &[u8]) -> Result<(), ObjectsError> {
    let mut upload = objects.write(name).await?;
    for piece in content.chunks(999_999) {
        upload.buffer().extend_from_slice(piece);
        upload.flush().await?;
    }
    upload.finish().await
}

/// The whole file; `None` when there is none.
pub async fn get(objects: &Objects, name: &str) -> Result<Option<Vec<u8>>, ObjectsError> {
    let Some(object) = objects.read(name).await? else {
        return Ok(None);
    };
    let pieces: Vec<Bytes> = object.content.try_collect().await?;
    let whole = pieces.concat();
    assert_eq!(whole.len() as u64, object.size);
    Ok(Some(whole))
}

/// What went wrong, with all its causes.
pub fn told(error: &dyn std::error::Error) -> String {
    let below = error.source().map(told);
    format!("{error}: {}", below.unwrap_or_default())
}
