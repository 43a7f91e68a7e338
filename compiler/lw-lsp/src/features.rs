//! What an editor can ask: one function a feature, and the table of them.

pub mod actions;
pub mod capabilities;
pub mod commands;
pub mod completion;
pub mod diagnostics;
pub mod folding;
pub mod formatting;
pub mod hints;
pub mod hover;
pub mod lenses;
pub mod navigation;
pub mod outline;
pub mod selection;
pub mod signature;
pub mod tokens;

use lsp_server::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::Server;

type Answer = Result<Value, (ErrorCode, String)>;

/// Answers one request.
pub fn answer(server: &mut Server, method: &str, params: Value) -> Answer {
    let workspace = &mut server.workspace;
    match method {
        "textDocument/codeAction" => with(params, |params| actions::actions(server, &params)),
        "linework/graph" => with(params, |params| commands::graph(server, &params)),
        "workspace/executeCommand" => trying(params, |params| commands::execute(server, &params)),
        "textDocument/formatting" => with(params, |params| formatting::document(workspace, &params)),
        "textDocument/rangeFormatting" => with(params, |params| formatting::range(workspace, &params)),
        "textDocument/documentSymbol" => with(params, |params| outline::document(workspace, &params)),
        "workspace/symbol" => with(params, |params| outline::workspace(workspace, &params)),
        "textDocument/foldingRange" => with(params, |params| folding::ranges(workspace, &params)),
        "textDocument/selectionRange" => with(params, |params| selection::ranges(workspace, &params)),
        "textDocument/semanticTokens/full" => with(params, |params| tokens::full(workspace, &params)),
        "textDocument/semanticTokens/range" => with(params, |params| tokens::range(workspace, &params)),
        "textDocument/hover" => with(params, |params| hover::hover(workspace, &params)),
        "textDocument/definition" => with(params, |params| navigation::definition(workspace, &params)),
        "textDocument/typeDefinition" => with(params, |params| navigation::type_definition(workspace, &params)),
        "textDocument/references" => with(params, |params| navigation::references(workspace, &params)),
        "textDocument/documentHighlight" => with(params, |params| navigation::highlights(workspace, &params)),
        "textDocument/prepareRename" => trying(params, |params| navigation::prepare_rename(workspace, &params)),
        "textDocument/rename" => trying(params, |params| navigation::rename(workspace, &params)),
        "textDocument/prepareCallHierarchy" => with(params, |params| navigation::calls::prepare(workspace, &params)),
        "callHierarchy/incomingCalls" => with(params, |params| navigation::calls::incoming(workspace, &params)),
        "callHierarchy/outgoingCalls" => with(params, |params| navigation::calls::outgoing(workspace, &params)),
        "textDocument/completion" => with(params, |params| completion::complete(workspace, &params)),
        "textDocument/signatureHelp" => with(params, |params| signature::help(workspace, &params)),
        "textDocument/inlayHint" => with(params, |params| hints::hints(workspace, &params)),
        "textDocument/codeLens" => with(params, |params| lenses::lenses(workspace, &params)),
        _ => Err((ErrorCode::MethodNotFound, format!("the server does not know `{method}`"))),
    }
}

/// The same for what can be refused, with the reason.
fn trying<P: DeserializeOwned, R: Serialize>(params: Value, work: impl FnOnce(P) -> Result<R, String>) -> Answer {
    let params = serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))?;
    let result = work(params).map_err(|reason| (ErrorCode::RequestFailed, reason))?;
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

/// Reads the parameters, and writes the answer.
fn with<P: DeserializeOwned, R: Serialize>(params: Value, work: impl FnOnce(P) -> R) -> Answer {
    let params = serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))?;
    serde_json::to_value(work(params)).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}
