//! A route with everything that is to be known of it. The router and the OpenAPI document are made of the same table: what is not
//! described cannot be reached, and who may not is refused before the handler is called.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use lw_plan::Json;
use serde_json::json;

use super::access::Role;
use super::handlers::{Answer, Asked};
use crate::daemon::Common;

type Handler = Arc<dyn Fn(Arc<Common>, Asked) -> futures::BoxAnswer + Send + Sync>;

pub(super) mod futures {
    use std::pin::Pin;

    pub type BoxAnswer = Pin<Box<dyn Future<Output = super::Answer> + Send>>;
}

pub struct Route {
    pub method: Method,
    /// As axum and OpenAPI both write it: `/v1/deployments/{name}`.
    pub path: &'static str,
    /// The name of the operation.
    pub name: &'static str,
    pub summary: &'static str,
    /// Who may call it; `None` for everybody.
    pub role: Option<Role>,
    /// Whether members may call it with their identity.
    pub members: bool,
    pub query: Vec<Parameter>,
    /// The schema of the body that it takes.
    pub body: Option<Json>,
    /// Status, what it means, and the schema of its body.
    pub replies: Vec<(StatusCode, &'static str, Body)>,
    pub handler: Handler,
}

pub struct Parameter {
    pub name: &'static str,
    pub schema: Json,
    pub text: &'static str,
}

/// What a reply holds.
#[derive(Clone)]
pub enum Body {
    Json(Json),
    /// One JSON document a line.
    Lines(Json),
    Text(&'static str),
    Nothing,
}

impl Route {
    pub fn new<F>(
        method: Method,
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        role: impl Into<Option<Role>>,
        handler: fn(Arc<Common>, Asked) -> F,
    ) -> Route
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let role = role.into();
        let mut replies = Vec::new();
        if role.is_some() {
            replies.push((StatusCode::UNAUTHORIZED, "no token, or one that is not known", Body::Json(problems())));
            replies.push((StatusCode::FORBIDDEN, "the token's role does not allow it", Body::Json(problems())));
            replies.push((StatusCode::SERVICE_UNAVAILABLE, "a store or a cloud failed", Body::Json(problems())));
        }
        if path.contains('{') {
            replies.push((StatusCode::NOT_FOUND, "there is no such thing", Body::Json(problems())));
            replies.push((StatusCode::BAD_REQUEST, "what was asked makes no sense", Body::Json(problems())));
        }
        let handler: Handler = Arc::new(move |common, asked| Box::pin(handler(common, asked)));
        Route { method, path, name, summary, role, members: false, query: Vec::new(), body: None, replies, handler }
    }

    pub fn replies(mut self, status: StatusCode, text: &'static str, body: Body) -> Route {
        self.replies.push((status, text, body));
        self
    }

    /// Members may call it, too, for what names them.
    pub fn for_members(mut self) -> Route {
        self.members = true;
        self
    }

    pub fn takes(mut self, schema: Json) -> Route {
        self.body = Some(schema);
        self.replies(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large", Body::Json(problems()))
    }

    pub fn asks(mut self, name: &'static str, schema: Json, text: &'static str) -> Route {
        self.query.push(Parameter { name, schema, text });
        if !self.replies.iter().any(|(status, ..)| *status == StatusCode::BAD_REQUEST) {
            let text = "what was asked makes no sense";
            self.replies.push((StatusCode::BAD_REQUEST, text, Body::Json(problems())));
        }
        self
    }
}

/// The schema of every refusal: the shape of `lw check`'s diagnostics.
pub fn problems() -> Json {
    json!({"$ref": "#/components/schemas/Problems"})
}

/// The OpenAPI document of a table.
pub fn document(routes: &[Route]) -> Json {
    let mut paths = serde_json::Map::new();
    for route in routes {
        let mut parameters: Vec<Json> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| {
                json!({"name": name, "in": "path", "required": true, "schema": {
                    "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._@-]+$",
                }})
            })
            .collect();
        parameters.extend(route.query.iter().map(|one| {
            json!({"name": one.name, "in": "query", "required": false, "description": one.text, "schema": one.schema})
        }));
        let replies: serde_json::Map<String, Json> = route
            .replies
            .iter()
            .map(|(status, text, body)| {
                let content = match body {
                    Body::Json(schema) => json!({"application/json": {"schema": schema}}),
                    Body::Lines(schema) => json!({"application/x-ndjson": {"schema": schema}}),
                    Body::Text(kind) => json!({*kind: {"schema": {"type": "string"}}}),
                    Body::Nothing => json!({}),
                };
                (status.as_str().to_string(), json!({"description": text, "content": content}))
            })
            .collect();
        let mut operation = json!({
            "operationId": route.name,
            "summary": route.summary,
            "parameters": parameters,
            "responses": replies,
        });
        if let Some(role) = route.role {
            operation["security"] = json!([{"token": []}]);
            operation["x-role"] = json!(role.as_str());
            if route.members {
                operation["x-members"] = json!(true);
            }
        }
        if let Some(schema) = &route.body {
            operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        }
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method.as_str().to_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Linework Conductor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What was declared stays true. Every route says which role it needs (`x-role`).",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": super::schema::components(),
        },
    })
}
