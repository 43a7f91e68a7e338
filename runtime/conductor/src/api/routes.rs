//! Every route there is.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::access::Role;
use super::handlers;
use super::page;
use super::registry;
use super::route::{Body, Route, problems};

pub fn routes() -> Vec<Route> {
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let ok = StatusCode::OK;
    let get = |path, name, summary, role: Role| (Method::GET, path, name, summary, role);
    macro_rules! route {
        ($parts:expr, $handler:path) => {{
            let (method, path, name, summary, role) = $parts;
            Route::new(method, path, name, summary, role, $handler)
        }};
    }
    let number = |least: u64, most: u64| json!({"type": "integer", "minimum": least, "maximum": most});
    let lines = || Body::Lines(schema("Progress"));
    let mut routes = vec![
        Route::new(Method::GET, "/healthz", "health", "Whether it runs", None, handlers::health).replies(
            ok,
            "it does",
            Body::Json(json!({"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}})),
        ),
        Route::new(Method::GET, "/v1/openapi.json", "openapi", "This document", None, handlers::openapi).replies(
            ok,
            "this document",
            Body::Json(json!({"type": "object"})),
        ),
        route!(get("/v1/me", "me", "Whose the token is and what it may", Role::Read), handlers::me).replies(
            ok,
            "the token's name and role",
            Body::Json(schema("Me")),
        ),
        route!(
            get("/v1/deployments", "deployments", "Deployments with their resources", Role::Read),
            handlers::deployments
        )
        .replies(ok, "as `lw status --json`", Body::Json(schema("Status"))),
        route!(get("/v1/deployments/{name}", "deployment", "One deployment", Role::Read), handlers::deployment)
            .replies(ok, "as `lw status NAME --json`", Body::Json(schema("Status"))),
        route!(get("/v1/deployments/{name}/outputs", "outputs", "Its outputs by name", Role::Read), handlers::outputs)
            .replies(ok, "as `lw output NAME --json`", Body::Json(json!({"type": "object"}))),
        route!(
            get("/v1/deployments/{name}/condition", "condition", "What the loops know of it now", Role::Read),
            handlers::condition
        )
        .replies(ok, "looks, drift, verdicts, cadence", Body::Json(schema("Condition"))),
        route!(get("/v1/deployments/{name}/graph", "graph", "Its resources as a drawing", Role::Read), handlers::graph)
            .replies(ok, "boxes, groups and curves", Body::Json(schema("Graph"))),
        route!(get("/v1/deployments/{name}/drift", "drift", "Looks now", Role::Plan), handlers::drift).replies(
            ok,
            "as `lw drift NAME --json`",
            Body::Json(schema("Drift")),
        ),
        route!(get("/v1/deployments/{name}/verdicts", "verdicts", "Judges now", Role::Plan), handlers::verdicts)
            .replies(ok, "as `lw verify NAME --json`", Body::Json(schema("Verdicts"))),
        route!(get("/v1/deployments/{name}/history", "history", "Its event log", Role::Read), handlers::history)
            .asks("after", number(0, u64::MAX >> 1), "a sequence number: later events alone")
            .asks("most", number(1, 1_000), "how many")
            .replies(ok, "as `lw history NAME --json`", Body::Json(schema("History"))),
        route!(get("/v1/incidents", "incidents", "What was seen and done", Role::Read), handlers::incidents)
            .asks("deployment", json!({"type": "string"}), "of one deployment")
            .asks("open", json!({"type": "boolean"}), "those alone that are not over")
            .asks("before", number(1, u64::MAX >> 1), "an incident's id: older ones alone")
            .asks("most", number(1, 1_000), "how many are looked through")
            .replies(ok, "as `lw incidents --json`", Body::Json(schema("Incidents"))),
        route!(get("/v1/changes", "changes", "Waits for something to happen", Role::Read), handlers::changes)
            .asks("after", number(0, u64::MAX >> 1), "the last count that is known")
            .replies(ok, "a count that grows", Body::Json(schema("Changes"))),
        route!(get("/metrics", "metrics", "Figures for Prometheus", Role::Read), handlers::metrics).replies(
            ok,
            "the text format",
            Body::Text("text/plain"),
        ),
        route!(
            (Method::POST, "/v1/deployments/{name}/preview", "preview", "What applying would change", Role::Plan),
            handlers::preview
        )
        .takes(schema("Request"))
        .replies(ok, "the change set, and why it would be refused", Body::Json(schema("Previewed")))
        .replies(StatusCode::CONFLICT, "it is refused", Body::Json(problems())),
        route!((Method::POST, "/v1/deployments/{name}/apply", "apply", "Makes it so", Role::Apply), handlers::apply)
            .takes(schema("Request"))
            .replies(ok, "progress, and how it ended", lines()),
        route!(
            (Method::POST, "/v1/deployments/{name}/correct", "correct", "Puts right what deviates, now", Role::Apply),
            handlers::correct
        )
        .replies(ok, "progress, and how it ended", lines()),
        route!(
            (Method::POST, "/v1/deployments/{name}/destroy", "destroy", "Deletes what it made", Role::Destroy),
            handlers::destroy
        )
        .asks("allowDelete", number(0, u64::MAX >> 1), "how many data resources may go")
        .replies(ok, "progress, and how it ended", lines()),
        route!(
            (Method::PUT, "/v1/deployments/{name}/pause", "pause", "Corrects nothing for a while", Role::Apply),
            handlers::pause
        )
        .takes(schema("PauseRequest"))
        .replies(ok, "the pause", Body::Json(schema("Pause"))),
        route!((Method::DELETE, "/v1/deployments/{name}/pause", "unpause", "Goes on", Role::Apply), handlers::unpause)
            .replies(ok, "it goes on", Body::Json(json!({"type": "object"}))),
    ];
    routes.extend([
        route!(
            get("/v1/deployments/{name}/variables", "variables", "Its variables and their values", Role::Read),
            registry::variables
        )
        .for_members()
        .replies(ok, "as `lw vars list NAME --json`", Body::Json(schema("Variables"))),
        route!(
            get("/v1/deployments/{name}/variables/{variable}", "variable", "A variable's values", Role::Read),
            registry::variable
        )
        .for_members()
        .asks("after", number(0, u64::MAX >> 1), "a version: waits up to 20 s for later ones")
        .replies(ok, "the newest version, or all after one", Body::Json(schema("Variable"))),
        route!(
            (
                Method::PUT,
                "/v1/deployments/{name}/variables/{variable}",
                "setVariable",
                "Writes a variable's next version",
                Role::Apply
            ),
            registry::set_variable
        )
        .for_members()
        .takes(schema("VariableRequest"))
        .replies(ok, "the version that was written", Body::Json(schema("VariableVersion")))
        .replies(
            StatusCode::CONFLICT,
            "it is at another version, or holds values of another kind",
            Body::Json(problems()),
        ),
        route!(get("/v1/deployments/{name}/services", "services", "Who serves what", Role::Read), registry::services)
            .for_members()
            .asks("after", json!({"type": "string"}), "a revision: waits up to 20 s for another one")
            .replies(ok, "as `lw services list NAME --json`", Body::Json(schema("Services"))),
    ]);
    routes.extend(page::routes());
    routes
}
