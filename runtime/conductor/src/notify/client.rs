//! One HTTP request: what deliveries and `--to URL` need, and nothing else.

use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("`{url}` is no address: {reason}")]
    Address { url: String, reason: String },
    #[error("`{host}` cannot be reached: {source}")]
    Unreachable { host: String, source: io::Error },
    #[error("the conversation broke off: {0}")]
    Broken(String),
}

/// Makes a request and gives the answer's pieces as they come.
pub async fn send_lines(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
    take: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<u16, HttpError> {
    let address = |reason: &str| HttpError::Address { url: url.to_string(), reason: reason.to_string() };
    let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| address(&error.to_string()))?;
    let host = uri.host().ok_or_else(|| address("it names no host"))?.to_string();
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(address("it begins with neither http nor https")),
    };
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let unreachable = |source: io::Error| HttpError::Unreachable { host: host.clone(), source };
    let plain_host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((plain_host, port)).await.map_err(unreachable)?;
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = http::Request::builder().method(method).uri(path).header("host", authority);
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| address(&error.to_string()))?;
    if !secure {
        return converse(stream, request, take).await;
    }
    let name = ServerName::try_from(plain_host.to_string()).map_err(|error| address(&error.to_string()))?;
    let stream = TlsConnector::from(tls()).connect(name, stream).await.map_err(unreachable)?;
    converse(stream, request, take).await
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: http::Request<Full<Bytes>>,
    take: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<u16, HttpError> {
    let broken = |error: hyper::Error| HttpError::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let mut body: Incoming = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.map_err(broken)?.data_ref() {
            take(data);
        }
    }
    connection.abort();
    Ok(status)
}

/// The certificates that this system trusts, and those of the file that `SSL_CERT_FILE` names.
fn tls() -> Arc<rustls::ClientConfig> {
    static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the protocols that rustls thinks safe");
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    });
    config.clone()
}
