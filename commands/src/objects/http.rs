//! HTTP for `object_store` by the client that everything else uses, instead of a second one with a
//! TLS of its own.

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::redirect::Policy;
use std::time::Duration;

/// Makes clients.
#[derive(Debug)]
pub(super) struct Connector {
    /// How long a store may be silent within a request.
    pub(super) timeout: Duration,
}

impl HttpConnector for Connector {
    /// The options are those of the client that this stands for; they are ours already.
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .connect_timeout(self.timeout.min(Duration::from_secs(5)))
            .read_timeout(self.timeout)
            // A signed request is for one host only.
            .redirect(Policy::none())
            .build();
        let client = client.map_err(|source| object_store::Error::Generic {
            store: "S3",
            source: source.into(),
        })?;
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(reqwest::Client);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = request.map(reqwest::Body::wrap);
        let request = reqwest::Request::try_from(request).map_err(error)?;
        let answer = self.0.execute(request).await.map_err(error)?;
        let answer: http::Response<reqwest::Body> = answer.into();
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(error))))
    }
}

/// Says of an error what decides whether the request is repeated. Addresses are left out: errors of
/// the store name them.
fn error(error: reqwest::Error) -> HttpError {
    let kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        () if error.is_connect() => HttpErrorKind::Connect,
        () if error.is_request() || error.is_body() => HttpErrorKind::Interrupted,
        () if error.is_decode() => HttpErrorKind::Interrupted,
        () => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error.without_url())
}
