//! The HTTP API: JSON over HTTP/1.1, and the web page.
//!
//! The one idea: everything is one table ([`routes`]). What stands there is served, documented and guarded; nothing else is.
//! Guarantees: no route without a role is anything but public by intent; a token that is not known gets nothing.
//! Deliberately absent: what the answers mean (the owner's, the core's).

pub mod access;
mod drawing;
mod handlers;
mod page;
mod registry;
mod route;
mod routes;
mod schema;
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{RequestExt, Router};
use lw_plan::Json;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::daemon::Common;
use crate::owner::Stop;
use crate::{Exit, Problem, Problems};
use access::Access;
use handlers::{Answer, Asked, Refused, Reply, refused};
use route::Route;

pub use route::document;
pub use routes::routes;

/// A Plan of a hundred thousand resources is tens of megabytes.
const BODY_BYTES_MAX: usize = 256 << 20;

/// Where and how the API is served.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    pub listen: SocketAddr,
    /// Certificate chain and key, as PEM files. Without them, only this host may ask.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// An open door.
pub struct Door {
    pub address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Door {
    /// Returns when everybody has been served.
    pub async fn close(self) {
        // It was told to stop by the same word as everything else; a door that panicked is closed.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(30), self.serving).await;
    }
}

/// Opens the door.
pub async fn open(common: Arc<Common>, settings: &ApiSettings, access: Access, stop: Stop) -> Result<Door, Problems> {
    if settings.tls.is_none() && !settings.listen.ip().is_loopback() {
        let message = format!("`{}` can be reached by others, and there is no TLS", settings.listen);
        return Err(Problem::new("LW0591", Exit::Usage, message)
            .help("give `--tls-certificate` and `--tls-key`, or listen on 127.0.0.1")
            .into());
    }
    let cannot = |error: std::io::Error| {
        let message = format!("nobody can listen on `{}`: {error}", settings.listen);
        Problem::new("LW0592", Exit::Runtime, message).help("`--listen` takes another address")
    };
    let listener = TcpListener::bind(settings.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let app = router(common, Arc::new(access));
    let mut stopped = stop;
    let until = async move {
        // The word comes once.
        let _ = stopped.wait_for(Option::is_some).await;
    };
    let serving = match &settings.tls {
        None => tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the API has ended");
            }
        }),
        Some((certificate, key)) => {
            let listener = tls::listen(listener, certificate, key)?;
            tokio::spawn(async move {
                if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
                    tracing::error!(%error, "the API has ended");
                }
            })
        }
    };
    Ok(Door { address, serving })
}

/// The router that the table makes.
pub fn router(common: Arc<Common>, access: Arc<Access>) -> Router {
    let mut by_path: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
    for route in routes() {
        let path = route.path;
        let filter = MethodFilter::try_from(route.method.clone()).expect("methods of the table are plain");
        let (common, access, route) = (common.clone(), access.clone(), Arc::new(route));
        let serve = move |request: Request| serve(common, access, route, request);
        let methods = by_path.remove(path).unwrap_or_default();
        by_path.insert(path, methods.merge(on(filter, serve)));
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        router = router.route(path, methods);
    }
    router
        .fallback(async || refusal(&refused(StatusCode::NOT_FOUND, "LW0590", "there is no such route")))
        .method_not_allowed_fallback(async || {
            refusal(&refused(StatusCode::METHOD_NOT_ALLOWED, "LW0590", "this route takes another method"))
        })
}

async fn serve(common: Arc<Common>, access: Arc<Access>, route: Arc<Route>, request: Request) -> Response {
    match answer(common, &access, &route, request).await {
        Ok(reply) => response(reply),
        Err(refused) => {
            if refused.status.is_server_error() {
                tracing::warn!(route = route.name, status = refused.status.as_u16(), "{}", refused.problems);
            }
            refusal(&refused)
        }
    }
}

async fn answer(common: Arc<Common>, access: &Access, route: &Route, mut request: Request) -> Answer {
    let secret = request.headers().get(header::AUTHORIZATION).and_then(bearer);
    let member = secret.filter(|secret| route.members && secret.starts_with("lwm_")).map(str::to_string);
    let token = match route.role {
        None => None,
        // Who a member is, and what it may, depends on the deployment: the handler asks.
        Some(_) if member.is_some() => None,
        Some(role) => {
            let Some(token) = secret.and_then(|secret| access.of(secret)) else {
                return Err(refused(StatusCode::UNAUTHORIZED, "LW0589", "this needs a token that is known"));
            };
            if token.role < role {
                let message =
                    format!("the role `{}` does not allow this: it needs `{}`", token.role.as_str(), role.as_str());
                return Err(refused(StatusCode::FORBIDDEN, "LW0589", message));
            }
            Some(token.clone())
        }
    };
    let senseless = |what: &str| refused(StatusCode::BAD_REQUEST, "LW0588", what);
    let mut path = BTreeMap::new();
    if route.path.contains('{') {
        let parameters: RawPathParams =
            request.extract_parts().await.map_err(|_| senseless("the path is not UTF-8"))?;
        path.extend(parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    }
    let query = query(request.uri().query().unwrap_or_default()).ok_or_else(|| senseless("the query is not UTF-8"))?;
    let body = match &route.body {
        None => Bytes::new(),
        Some(_) => to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|error| {
            refused(StatusCode::PAYLOAD_TOO_LARGE, "LW0588", format!("the body is too large: {error}"))
        })?,
    };
    (route.handler)(common, Asked { token, member, path, query, body }).await
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// `a=1&b=x%20y`; the last of a name counts. `None` where it is no text.
fn query(text: &str) -> Option<BTreeMap<String, String>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn response(reply: Reply) -> Response {
    match reply {
        Reply::Json(json) => with_type("application/json", StatusCode::OK, Body::from(json.to_string())),
        Reply::Text(kind, text) => with_type(kind, StatusCode::OK, Body::from(text)),
        Reply::Lines(lines) => with_type("application/x-ndjson", StatusCode::OK, Body::from_stream(Lines(lines))),
    }
}

fn with_type(kind: &'static str, status: StatusCode, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
    ];
    (status, headers, body).into_response()
}

fn refusal(refused: &Refused) -> Response {
    let diagnostics: Vec<Json> = refused.problems.iter().map(diagnostic).collect();
    let body = Body::from(json!({"diagnostics": diagnostics}).to_string());
    let mut response = with_type("application/json", refused.status, body);
    if refused.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn diagnostic(problem: &Problem) -> Json {
    json!({
        "code": problem.code,
        "severity": "error",
        "message": problem.message,
        "help": problem.help,
        "path": problem.paths.first(),
        "file": problem.place.as_ref().map(|place| place.file.as_str()),
        "line": problem.place.as_ref().map(|place| place.line),
    })
}

/// Lines as they come.
struct Lines(mpsc::UnboundedReceiver<String>);

impl futures_core::Stream for Lines {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|line| line.map(|line| Ok(Bytes::from(line))))
    }
}

#[cfg(test)]
mod tests;
