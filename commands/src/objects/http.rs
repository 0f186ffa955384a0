//! HTTP for `object_store` by the client that everything else uses, instead of a second one with a
//! TLS of its own.

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::Method;
use reqwest::redirect::Policy;
use std::time::Duration;

/// So many bytes are sent within a second at least, or the request is given up.
const SLOWEST: u64 = 256 * 1024;

/// Makes clients.
#[derive(Debug)]
pub(super) struct Connector {
    /// How long a store may be silent within a request, once it has been sent.
    pub(super) timeout: Duration,
}

impl Connector {
    fn client(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(self.timeout.min(Duration::from_secs(5)))
            // A signed request is for one host only.
            .redirect(Policy::none())
    }
}

impl HttpConnector for Connector {
    /// The options are those of the client that this stands for; they are ours already.
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let built = |client: reqwest::ClientBuilder| {
            client
                .build()
                .map_err(|source| object_store::Error::Generic {
                    store: "S3",
                    source: source.into(),
                })
        };
        Ok(HttpClient::new(Service {
            asking: built(self.client().read_timeout(self.timeout))?,
            sending: built(self.client())?,
            timeout: self.timeout,
        }))
    }
}

/// The time between two reads, which `asking` minds, goes on while a request is being sent.
#[derive(Debug)]
struct Service {
    asking: reqwest::Client,
    /// For `PUT`: long requests with short answers.
    sending: reqwest::Client,
    timeout: Duration,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let length = request.body().content_length() as u64;
        let request = request.map(reqwest::Body::wrap);
        let mut request = reqwest::Request::try_from(request).map_err(error)?;
        let client = match *request.method() == Method::PUT {
            true => {
                let sent = Duration::from_millis(length * 1000 / SLOWEST);
                *request.timeout_mut() = Some(self.timeout + sent);
                &self.sending
            }
            false => &self.asking,
        };
        let answer = client.execute(request).await.map_err(error)?;
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
