//! The table: every route is documented, guarded and answers as it says.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use lw_plan::Json;
use serde_json::json;
use tower::ServiceExt;

use super::access::{Access, Role, Token, fresh};
use super::{document, router, routes};
use crate::daemon::testing;

/// A daemon's inside over an empty store, with a token of each role.
struct Bench {
    _folder: tempfile::TempDir,
    app: axum::Router,
    common: Arc<crate::daemon::Common>,
    secrets: Vec<(Role, String)>,
    document: Json,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let common = testing::common(&folder.path().join("state.db"));
        let mut tokens: Vec<Token> = Vec::new();
        let mut secrets = Vec::new();
        for role in Role::ALL {
            let (secret, token) = fresh(role.as_str(), role, Vec::new()).unwrap();
            tokens.push(token);
            secrets.push((role, secret));
        }
        let (secret, token) = fresh("stranger", Role::Admin, vec!["other@*".to_string()]).unwrap();
        tokens.push(token);
        secrets.push((Role::Admin, secret));
        let app = router(common.clone(), Arc::new(Access { tokens }));
        Bench { _folder: folder, app, common, secrets, document: document(&routes()) }
    }

    fn secret(&self, role: Role) -> &str {
        &self.secrets.iter().find(|(own, _)| *own == role).expect("a token for each role").1
    }

    async fn ask(&self, method: &Method, path: &str, secret: Option<&str>, body: &str) -> (StatusCode, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(secret) = secret {
            request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec())
    }

    /// Asserts that the document knows a route's status, and that a JSON body has the shape it says.
    fn check(&self, method: &Method, template: &str, status: StatusCode, body: &[u8]) {
        let operation = &self.document["paths"][template][method.as_str().to_lowercase()];
        let reply = &operation["responses"][status.as_str()];
        assert!(reply.is_object(), "{method} {template} answers {status}, which is not documented");
        if let Some(schema) = reply["content"]["application/json"].get("schema") {
            let body: Json = serde_json::from_slice(body).unwrap();
            if let Err(error) = conforms(&self.document, schema, &body, "") {
                panic!("{method} {template} {status}: {error}\n{body:#}");
            }
        }
    }
}

/// Whether a value has a shape, as far as this API's schemas go.
fn conforms(document: &Json, schema: &Json, value: &Json, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer).ok_or_else(|| format!("{at}: `{reference}` leads nowhere"))?;
        return conforms(document, target, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|one| conforms(document, one, value, at).is_ok());
        return if fits { Ok(()) } else { Err(format!("{at}: fits none of them")) };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Json::String(kind) => vec![kind],
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
        _ => return Ok(()),
    };
    let kind = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return Err(format!("{at}: {kind}, and not {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{at}: {value} is none of {words:?}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(document, &schema["items"], item, &format!("{at}[{index}]"))?;
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        if !object.contains_key(name) {
            return Err(format!("{at}: `{name}` is missing"));
        }
    }
    for (name, item) in object {
        let known = &schema["properties"][name];
        if known.is_null() && schema["properties"].is_object() && schema["required"].is_array() {
            let free = schema["properties"].get("event").is_some();
            if !free {
                return Err(format!("{at}: `{name}` is not documented"));
            }
        }
        let shape = if known.is_null() { &schema["additionalProperties"] } else { known };
        conforms(document, shape, item, &format!("{at}.{name}"))?;
    }
    Ok(())
}

fn filled(path: &str, name: &str) -> String {
    path.replace("{name}", name).replace("{variable}", "rate")
}

/// A body that a route takes.
fn body(name: &str) -> String {
    match name {
        "setVariable" => json!({"value": 7}).to_string(),
        "pause" => json!({"forMs": 1000, "reason": "a move"}).to_string(),
        "preview" | "apply" => json!({"wanted": "continue", "simulated": true}).to_string(),
        _ => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_do_what() {
    let bench = Bench::new();
    let mut guarded = 0;
    for route in routes().iter().filter(|route| route.name != "changes") {
        let path = filled(route.path, "shop");
        let (status, reply) = bench.ask(&route.method, &path, None, &body(route.name)).await;
        let Some(needed) = route.role else {
            assert_eq!(status, StatusCode::OK, "{}", route.path);
            continue;
        };
        guarded += 1;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{} without a token", route.path);
        bench.check(&route.method, route.path, status, &reply);
        let (status, _) = bench.ask(&route.method, &path, Some("lw_guess"), &body(route.name)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{} with a guess", route.path);
        for role in Role::ALL {
            let (status, reply) = bench.ask(&route.method, &path, Some(bench.secret(role)), &body(route.name)).await;
            let is_refused = status == StatusCode::FORBIDDEN || status == StatusCode::UNAUTHORIZED;
            assert_eq!(is_refused, role < needed, "{} {} as {role:?}: {status}", route.method, route.path);
            bench.check(&route.method, route.path, status, &reply);
        }
        if route.path.contains("{name}") {
            let stranger = &bench.secrets.last().unwrap().1;
            let (status, reply) = bench.ask(&route.method, &path, Some(stranger), &body(route.name)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{} for another deployment", route.path);
            bench.check(&route.method, route.path, status, &reply);
        }
    }
    assert!(guarded >= 15, "{guarded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_as_documented() {
    let bench = Bench::new();
    let admin = bench.secret(Role::Admin).to_string();
    for route in routes().iter().filter(|route| route.role.is_some() && route.name != "changes") {
        for (name, body) in
            [("sh op", "{}"), ("%ff", "{}"), ("a@b@c", "{}"), ("shop", "nonsense"), ("shop", "[]"), ("shop", "")]
        {
            let path = filled(route.path, &name.replace(' ', "%20"));
            let (status, reply) = bench.ask(&route.method, &path, Some(&admin), body).await;
            bench.check(&route.method, route.path, status, &reply);
            assert!(!status.is_server_error(), "{} {path}: {status}", route.method);
        }
        for parameter in &route.query {
            for wrong in ["-1", "x", "99999999999999999999", "%ff", ""] {
                let path = format!("{}?{}={wrong}", filled(route.path, "shop"), parameter.name);
                let (status, reply) = bench.ask(&route.method, &path, Some(&admin), "{}").await;
                bench.check(&route.method, route.path, status, &reply);
            }
        }
    }
    let (status, _) = bench.ask(&Method::GET, "/v2/everything", Some(&admin), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = bench.ask(&Method::DELETE, "/v1/deployments", Some(&admin), "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_there_is_shown_as_documented() {
    let bench = Bench::new();
    let admin = bench.secret(Role::Admin).to_string();
    let plan = testing::plan();
    let wanted = json!({"wanted": {"plan": plan}, "simulated": true}).to_string();
    let (status, lines) = bench.ask(&Method::POST, "/v1/deployments/shop/apply", Some(&admin), &wanted).await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<Json> =
        lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(lines.last().unwrap()["done"]["applied"]["success"], json!(true), "{lines:#?}");
    let shown = |name: &str| !["changes", "variable"].contains(&name);
    for route in routes().iter().filter(|route| route.method == Method::GET && shown(route.name)) {
        let path = filled(route.path, "shop");
        let (status, reply) = bench.ask(&route.method, &path, Some(&admin), "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&reply));
        bench.check(&route.method, route.path, status, &reply);
    }
    let (_, reply) = bench.ask(&Method::GET, "/v1/deployments/shop/graph", Some(&admin), "").await;
    let graph: Json = serde_json::from_slice(&reply).unwrap();
    assert_eq!(graph["nodes"].as_array().map(Vec::len), Some(2));
    assert_eq!(graph["edges"], json!([[1, 0]]));
}

/// A topic that may read and write a variable, a queue that may not, and a service of the topic; their identities.
async fn with_variables(bench: &Bench) -> (String, String) {
    let arn = json!([{"$get": ["topic", "TopicArn"]}]);
    let rate = json!({"Name": "rate", "Kind": "integer", "Initial": 5, "Readers": arn, "Writers": arn});
    let plan = testing::plan_of(vec![
        testing::node("topic", "AWS::SNS::Topic", json!({"DisplayName": "news"})),
        testing::node("other", "AWS::SQS::Queue", json!({})),
        testing::node("rate", "Linework::Variable", rate),
        testing::node("news", "Linework::Service", json!({"Name": "news", "Port": 80, "Members": arn})),
    ]);
    let wanted = json!({"wanted": {"plan": plan}, "simulated": true}).to_string();
    let admin = bench.secret(Role::Admin);
    let (status, lines) = bench.ask(&Method::POST, "/v1/deployments/shop/apply", Some(admin), &wanted).await;
    let lines = String::from_utf8(lines).unwrap();
    assert!(status == StatusCode::OK && lines.contains("\"success\":true"), "{lines}");
    let name = conductor_core::DeploymentName::parse("shop").unwrap();
    let records = conductor_store::Store::resources(&*bench.common.store, &name).unwrap();
    let identity = |path: &str| {
        let record = records.iter().find(|record| record.path.as_str() == path).expect("it was made");
        crate::registry::identity(&record.uid.to_string(), &bench.common.owner.clouds.secret_key()).unwrap()
    };
    (identity("topic"), identity("other"))
}

const RATE: &str = "/v1/deployments/shop/variables/rate";

#[tokio::test(flavor = "multi_thread")]
async fn a_member_may_what_names_it_and_nothing_else() {
    let bench = Bench::new();
    let (own, other) = with_variables(&bench).await;
    let set = json!({"value": 7}).to_string();
    let status = async |method: Method, path: &'static str, secret: &str, body: &str| {
        bench.ask(&method, path, Some(secret), body).await.0
    };
    assert_eq!(status(Method::GET, RATE, &own, "").await, StatusCode::OK);
    assert_eq!(status(Method::PUT, RATE, &own, &set).await, StatusCode::OK);
    assert_eq!(status(Method::GET, RATE, &other, "").await, StatusCode::FORBIDDEN);
    assert_eq!(status(Method::PUT, RATE, &other, &set).await, StatusCode::FORBIDDEN);
    let nowhere = "/v1/deployments/shop/variables/nothing";
    assert_eq!(
        status(Method::GET, nowhere, &other, "").await,
        StatusCode::FORBIDDEN,
        "nothing is told of what there is"
    );
    // Another uid, another digest, another deployment, another route.
    let forged = own.replace("lwm_", "lwm_0");
    let cut = &own[..own.len() - 1];
    for wrong in [forged.as_str(), cut, "lwm_", "lwm_x_y"] {
        assert_eq!(status(Method::GET, RATE, wrong, "").await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    assert_eq!(status(Method::GET, "/v1/deployments/other/variables/rate", &own, "").await, StatusCode::UNAUTHORIZED);
    for path in ["/v1/deployments", "/v1/deployments/shop", "/v1/deployments/shop/history", "/metrics", "/v1/me"] {
        assert_eq!(status(Method::GET, path, &own, "").await, StatusCode::UNAUTHORIZED, "{path}");
    }
    let (_, reply) = bench.ask(&Method::GET, "/v1/deployments/shop/variables", Some(&other), "").await;
    assert_eq!(serde_json::from_slice::<Json>(&reply).unwrap()["variables"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_versioned_compared_and_watched() {
    let bench = Bench::new();
    let (own, _) = with_variables(&bench).await;
    let template = "/v1/deployments/{name}/variables/{variable}";
    let read = async |query: &str| {
        let (status, reply) = bench.ask(&Method::GET, &format!("{RATE}{query}"), Some(&own), "").await;
        bench.check(&Method::GET, template, status, &reply);
        serde_json::from_slice::<Json>(&reply).unwrap()["versions"].clone()
    };
    let write = async |body: Json| {
        let (status, reply) = bench.ask(&Method::PUT, RATE, Some(&own), &body.to_string()).await;
        bench.check(&Method::PUT, template, status, &reply);
        status
    };
    assert_eq!(read("").await, json!([{"version": 0, "value": 5, "atMs": null}]));
    // Both wait for something to happen: one sees all of it, in order.
    let watching = async {
        let mut seen: Vec<(u64, u64)> = Vec::new();
        while seen.len() < 40 {
            let after = seen.last().map_or(0, |last| last.0);
            for one in read(&format!("?after={after}")).await.as_array().unwrap() {
                seen.push((one["version"].as_u64().unwrap(), one["value"].as_u64().unwrap()));
            }
        }
        seen
    };
    let writing = async {
        for value in 1..=40 {
            assert_eq!(write(json!({"value": value * 10, "version": value - 1})).await, StatusCode::OK);
        }
    };
    let (seen, ()) = tokio::join!(watching, writing);
    assert_eq!(seen, (1..=40).map(|version| (version, version * 10)).collect::<Vec<_>>());
    assert_eq!(write(json!({"value": 1, "version": 39})).await, StatusCode::CONFLICT);
    assert_eq!(write(json!({"value": "many"})).await, StatusCode::CONFLICT);
    // Of many who compare with one version, one has its way.
    let all = (0..8).map(|value| write(json!({"value": value, "version": 40})));
    let mut taken = 0;
    for status in futures_of(all).await {
        taken += usize::from(status == StatusCode::OK);
    }
    assert_eq!(taken, 1);
    assert_eq!(read("").await[0]["version"], json!(41));
}

async fn futures_of<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in pinned.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[test]
fn the_document_names_every_route_once_and_every_schema_it_uses() {
    let routes = routes();
    let document = document(&routes);
    let mut names = BTreeSet::new();
    let mut count = 0;
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            count += 1;
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_string()), "{operation}");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
        }
    }
    assert_eq!(count, routes.len());
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
