//! One request and its answer, through aws-smithy's orchestrator: connections are kept, dead ones are not used again, and a server
//! that says nothing is not waited for for ever.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::Endpoint;
use crate::protocol::{Request, Response};

/// No operation that is used takes longer to answer.
const ANSWER_SECONDS_MAX: u64 = 120;
const CONNECT_SECONDS_MAX: u64 = 10;

pub struct Sender {
    http: SharedHttpClient,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Transport {
    /// No byte reached the service.
    NotSent(String),
    /// It may have arrived.
    Lost(String),
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(String);

impl Sender {
    pub fn new() -> Sender {
        let builder = aws_smithy_http_client::Builder::new();
        Sender { http: builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https() }
    }

    pub fn http_client(&self) -> SharedHttpClient {
        self.http.clone()
    }

    pub async fn send(&self, endpoint: &Endpoint, request: Request) -> Result<Response, Transport> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
            .operation_attempt_timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            .build();
        // The prefix of the host is part of where it goes.
        let url = request.url(&endpoint.url);
        let operation = Operation::builder()
            .service_name("aws")
            .operation_name("call")
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .endpoint_url(&origin(&url))
            .no_auth()
            .no_retry()
            .sleep_impl(TokioSleep::new())
            .timeout_config(timeouts)
            .with_connection_poisoning()
            .serializer(move |request: Request| written(&url, request))
            .deserializer(|response: &HttpResponse| read(response))
            .build();
        operation.invoke(request).await.map_err(|error| {
            let message = described(&error);
            match &error {
                SdkError::ConstructionFailure(_) => Transport::NotSent(message),
                SdkError::DispatchFailure(failure) if failure.is_user() || could_not_connect(&message) => {
                    Transport::NotSent(message)
                }
                _ => Transport::Lost(message),
            }
        })
    }
}

/// `https://host:port`.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}

fn written(url: &str, request: Request) -> Result<HttpRequest, aws_smithy_runtime_api::box_error::BoxError> {
    let path = &url[origin(url).len()..];
    let mut http = HttpRequest::new(SdkBody::from(request.body));
    http.set_method(&request.method)?;
    http.set_uri(if path.is_empty() { "/" } else { path })?;
    for (name, value) in request.headers {
        http.headers_mut().try_insert(name, value)?;
    }
    Ok(http)
}

fn read(response: &HttpResponse) -> Result<Response, OrchestratorError<Broken>> {
    let body = response.body().bytes().ok_or_else(|| OrchestratorError::operation(Broken("no body".to_string())))?;
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Ok(Response { status: response.status().as_u16(), headers: headers.collect(), body: body.to_vec() })
}

fn described(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        if !parts.contains(&text) {
            parts.push(text);
        }
        source = inner.source();
    }
    parts.join(": ")
}

/// Whether the failure is one of finding or reaching the host: no request was sent.
fn could_not_connect(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["client error (connect)", "connection refused", "dns error", "failed to lookup", "connect timeout"]
        .iter()
        .any(|words| message.contains(words))
}
