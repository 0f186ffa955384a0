//! A bucket that can't be used is found out before it is, and named.

use crate::world::*;
use commands::{Objects, S3};
use devstack::{S3Server, s3};

#[tokio::test]
async fn a_bucket_that_cant_be_used_is_named_with_the_reason() {
    let server = S3Server::start().await.unwrap();
    let good = settings(&server);
    Objects::s3(&good).unwrap().check().await.unwrap();
    let closed = {
        let gone = S3Server::start().await.unwrap();
        gone.endpoint()
    };
    let other = |change: fn(&mut S3)| {
        let mut s3 = good.clone();
        change(&mut s3);
        s3
    };
    let unreachable = S3 {
        endpoint: Some(closed),
        ..good.clone()
    };
    for (s3, why) in [
        (other(|s3| s3.bucket = "others".into()), "NoSuchBucket"),
        (
            other(|s3| s3.access_key_id = "AKOTHER".into()),
            "InvalidAccessKeyId",
        ),
        (
            other(|s3| s3.secret_access_key = "guessed".into()),
            "SignatureDoesNotMatch",
        ),
        (
            other(|s3| s3.region = "us-east-1".into()),
            "AuthorizationHeaderMalformed",
        ),
        (unreachable, "error sending request"),
    ] {
        let error = Objects::s3(&s3).unwrap().check().await.unwrap_err();
        let told = told(&error);
        assert!(told.contains(why), "{why}: {told}");
        let place = format!("s3://{}/relevo/a at {}", s3.bucket, s3.endpoint.unwrap());
        assert!(told.contains(&place), "{told}");
        assert!(
            !told.contains(s3::SECRET_ACCESS_KEY) && !told.contains("guessed"),
            "{told}"
        );
    }
    assert!(server.names().is_empty());
}

/// The store of these tests is one that can refuse: else the ones above would show nothing.
#[tokio::test]
async fn a_request_without_a_signature_or_with_another_body_is_refused() {
    let server = S3Server::start().await.unwrap();
    let url = format!("{}/{}/file", server.endpoint(), s3::BUCKET);
    let http = reqwest::Client::new();
    let sent = http.put(&url).body("text").send().await.unwrap();
    assert_eq!(sent.status(), 403);
    let signature = "AWS4-HMAC-SHA256 Credential=AKIDRELEVO/20261126/mx-central-1/s3/aws4_request, \
                     SignedHeaders=host, Signature=00";
    let sent = http
        .put(&url)
        .header("authorization", signature)
        .body("text");
    assert_eq!(sent.send().await.unwrap().status(), 403);
    assert!(server.names().is_empty());
}
