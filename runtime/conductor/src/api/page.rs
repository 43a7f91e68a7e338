//! The web page: files that are in the program; nothing comes from anywhere else.

use std::sync::Arc;

use axum::http::{Method, StatusCode};

use super::handlers::{Answer, Asked, Reply};
use super::route::{Body, Route};
use crate::daemon::Common;

const HTML: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = include_str!("../page/script.js");
const TOPOLOGY: &str = include_str!("../page/topology.js");

/// The page shows nothing by itself: what it asks the API for needs a token.
pub fn routes() -> Vec<Route> {
    let file = |path, name, summary, kind, handler: fn(Arc<Common>, Asked) -> std::future::Ready<Answer>| {
        Route::new(Method::GET, path, name, summary, None, handler).replies(
            StatusCode::OK,
            "the file",
            Body::Text(kind),
        )
    };
    vec![
        file("/", "page", "The web page", "text/html", |_, _| said("text/html; charset=utf-8", HTML)),
        file("/style.css", "pageStyle", "Its style", "text/css", |_, _| said("text/css; charset=utf-8", STYLE)),
        file("/script.js", "pageScript", "Its script", "text/javascript", |_, _| {
            said("text/javascript; charset=utf-8", SCRIPT)
        }),
        file("/topology.js", "pageTopology", "Its drawing", "text/javascript", |_, _| {
            said("text/javascript; charset=utf-8", TOPOLOGY)
        }),
    ]
}

fn said(kind: &'static str, text: &str) -> std::future::Ready<Answer> {
    std::future::ready(Ok(Reply::Text(kind, text.to_string())))
}
