//! Code lenses: what evaluation and preview say, where it is written.

use lsp_types::*;
use lw_diagnostics::FileId;
use lw_plan::NodeKind;
use lw_syntax::ast::StatementKind;
use serde_json::json;

use super::hover::below;
use crate::documents::path_of;
use crate::workspace::Workspace;

pub fn lenses(workspace: &mut Workspace, params: &CodeLensParams) -> Option<Vec<CodeLens>> {
    let uri = params.text_document.uri.clone();
    let path = path_of(&uri);
    let text = workspace.documents.get(&path)?.text.clone();
    let number = workspace.project_of(&path);
    let open = workspace.project(number);
    let evaluation = open.evaluation.as_ref().filter(|evaluation| evaluation.revision == open.revision)?;
    let unit = evaluation.compiled.units.iter().find(|unit| unit.path == path)?;
    let plan = evaluation.plans.get(&path);
    let nodes = || plan.iter().flat_map(|plan| &plan.meaning.nodes).filter(|node| node.kind != NodeKind::Output);
    let changes = evaluation.changes.get(&path);
    let parsed = lw_syntax::parse(FileId(0), &text.text);
    let mut lenses = Vec::new();
    let mut add = |statement: &lw_syntax::ast::Statement, title: String, command: &str, arguments| {
        let end = statement.start + statement.range.end;
        lenses.push(CodeLens {
            range: text.range(statement.start, end, workspace.encoding),
            command: Some(Command { title, command: command.to_string(), arguments: Some(arguments) }),
            data: None,
        });
    };
    for statement in &parsed.file.statements {
        match &statement.kind {
            StatementKind::Composition { .. } => {
                let count = nodes().count();
                let resources = if count == 1 { "1 resource".to_string() } else { format!("{count} resources") };
                let failed = failed_policies(evaluation);
                let title = if failed > 0 { format!("{resources} · {failed} policies fail") } else { resources };
                add(statement, title, "linework.showGraph", vec![json!(uri)]);
                if let Some(changes) = changes {
                    add(statement, summary(changes), "linework.preview", vec![json!(uri)]);
                }
            }
            StatementKind::Binding(binding) => {
                let name = binding.name.name.as_str();
                let count = nodes().filter(|node| below(node.path.as_str(), name)).count();
                let own = changes.map(|changes| changes.iter().filter(|step| below(&step.path, name)).cloned());
                let mut parts = Vec::new();
                if count > 1 {
                    parts.push(format!("{count} resources"));
                }
                if let Some(own) = own.map(Iterator::collect::<Vec<_>>).filter(|_| count > 0) {
                    parts.push(match own.as_slice() {
                        [] => "unchanged".to_string(),
                        [only] if count == 1 => only.action.clone(),
                        several => summary(several),
                    });
                }
                if !parts.is_empty() {
                    add(statement, parts.join(" · "), "linework.preview", vec![json!(uri), json!(name)]);
                }
            }
            StatementKind::Test { name, .. } => {
                let Some(result) = unit.tests.iter().find(|test| test.name == *name) else { continue };
                let title = match (result.passed, &result.reason) {
                    (true, _) => "passed · run again".to_string(),
                    (false, Some(reason)) => format!("failed: {reason} · run again"),
                    (false, None) => "failed · run again".to_string(),
                };
                add(statement, title, "linework.runTest", vec![json!(uri), json!(name)]);
            }
            _ => {}
        }
    }
    Some(lenses)
}

fn failed_policies(evaluation: &crate::background::Evaluation) -> usize {
    evaluation.compiled.policies.iter().filter(|policy| policy.verdict == "FAIL").count()
}

/// `2 create, 1 replace`, or that nothing would change.
fn summary(steps: &[crate::PlannedStep]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for step in steps {
        match counts.iter_mut().find(|(action, _)| *action == step.action) {
            Some((_, count)) => *count += 1,
            None => counts.push((&step.action, 1)),
        }
    }
    if counts.is_empty() {
        return "nothing to change".to_string();
    }
    counts.iter().map(|(action, count)| format!("{count} to {action}")).collect::<Vec<_>>().join(", ")
}
