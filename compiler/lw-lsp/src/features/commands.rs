//! What is asked for by command: the drawing of a program, a test run again.

use std::path::PathBuf;

use lw_compiler::PolicyReport;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Decoration;
use crate::documents::path_of;
use crate::server::Server;

/// Commands that the server itself carries out.
pub const COMMANDS: [&str; 1] = ["linework.runTest"];

/// `linework/graph`: a composition and how to draw it.
#[derive(Debug, Deserialize)]
pub struct GraphParams {
    uri: lsp_types::Uri,
    #[serde(default = "svg")]
    format: String,
}

fn svg() -> String {
    "svg".to_string()
}

/// The drawing of what the last evaluation of a composition came to; `null` while there is none, or where it makes no Plan.
pub fn graph(server: &mut Server, params: &GraphParams) -> Value {
    let path = path_of(&params.uri);
    let number = server.workspace.project_of(&path);
    let open = server.workspace.project(number);
    let Some(evaluation) = &open.evaluation else { return Value::Null };
    let Some(plan) = evaluation.plans.get(&path) else { return Value::Null };
    let decoration = Decoration {
        verdicts: PolicyReport::by_resource(&evaluation.compiled.policies),
        changes: evaluation.changes.get(&path).cloned().unwrap_or_default(),
    };
    match server.workspace.host.drawing(plan, &decoration, &params.format) {
        Some(text) => json!({"text": text, "current": evaluation.revision == open.revision}),
        None => Value::Null,
    }
}

pub fn execute(server: &mut Server, params: &lsp_types::ExecuteCommandParams) -> Result<Value, String> {
    match (params.command.as_str(), params.arguments.as_slice()) {
        ("linework.runTest", [uri, name]) => {
            let (Some(uri), Some(name)) = (uri.as_str().and_then(|uri| uri.parse().ok()), name.as_str()) else {
                return Err("`linework.runTest` takes an address and the name of a test".to_string());
            };
            server.run_test(path_of(&uri), name.to_string());
            Ok(Value::Null)
        }
        (other, _) => Err(format!("the server does not know the command `{other}`")),
    }
}

/// A test that somebody waits for.
pub struct AwaitedTest {
    pub path: PathBuf,
    pub name: String,
}

impl AwaitedTest {
    /// What is said once the file was evaluated.
    pub fn message(&self, compiled: &lw_compiler::Compiled) -> (bool, String) {
        let unit = compiled.units.iter().find(|unit| unit.path == self.path);
        let result = unit.and_then(|unit| unit.tests.iter().find(|test| test.name == self.name));
        match result {
            Some(test) if test.passed => (true, format!("`{}` passed", self.name)),
            Some(test) => {
                let reason = test.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                (false, format!("`{}` failed{reason}", self.name))
            }
            None => (false, format!("`{}` could not be run: the file has errors", self.name)),
        }
    }
}
