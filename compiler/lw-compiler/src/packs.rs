//! Policy packs: modules whose policies are in force because `lw.toml` or `--policy` names them.
//!
//! The one idea: a pack is in force exactly as if every composition imported it. So a composition that imports all packs and does
//! nothing else is checked beside the files that were given, and what it activates is theirs.

use std::sync::Arc;

use lw_check::typed::{Policy, Program};
use lw_check::{Modules, RootSource};
use lw_diagnostics::{Diagnostic, Edit, Span, did_you_mean};

use crate::manifest::Environment;
use crate::project::Project;

/// The composition that imports all packs; `None` where there are none.
pub fn source(
    project: &Project,
    environment: Option<&Environment>,
    asked: &[String],
    modules: &dyn Modules,
) -> Result<Option<RootSource>, Vec<Diagnostic>> {
    let of_environment = environment.into_iter().flat_map(|environment| &environment.packs);
    let written =
        project.manifest.packs.iter().chain(of_environment).map(|pack| (pack.value.as_str(), Some(pack.span)));
    let mut names: Vec<(&str, Option<Span>)> = written.chain(asked.iter().map(|pack| (pack.as_str(), None))).collect();
    let mut seen = Vec::new();
    names.retain(|(name, _)| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    let unknown: Vec<Diagnostic> = names
        .iter()
        .filter(|(name, _)| modules.module(name).is_none())
        .map(|(name, span)| unknown_pack(name, *span, &modules.names()))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    if names.is_empty() {
        return Ok(None);
    }
    let imports: String = names.iter().map(|(name, _)| format!("import {name}\n")).collect();
    let text = Arc::from(format!("composition\n\n{imports}"));
    Ok(Some(RootSource { file_name: Arc::from("packs"), module: None, text }))
}

/// Gives what the packs activate, the root after the `given` ones, to every composition.
pub fn put_in_force(program: &mut Program, given: usize) {
    let Some(packs) = program.roots.get(given) else { return };
    let policies = packs.policies.clone();
    program.roots.truncate(given);
    for root in program.roots.iter_mut().filter(|root| root.composition) {
        for policy in &policies {
            let is_same = |known: &&mut Policy| match (known.applied, policy.applied) {
                (false, false) => known.declared == policy.declared && known.id == policy.id,
                _ => known.span == policy.span,
            };
            match root.policies.iter_mut().find(is_same) {
                // The same function is in force once; what several modules say that it controls adds up.
                Some(known) => {
                    let is_new = |control: &&String| !known.controls.contains(control);
                    let new: Vec<String> = policy.controls.iter().filter(is_new).cloned().collect();
                    known.controls.extend(new);
                }
                None => root.policies.push(policy.clone()),
            }
        }
    }
}

fn unknown_pack(name: &str, span: Option<Span>, modules: &[String]) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("LW0260", format!("there is no policy pack `{name}`"));
    if let Some(span) = span {
        diagnostic = diagnostic.at(span, "not the name of a module");
    }
    match (did_you_mean(name, modules.iter().map(String::as_str)), span) {
        (Some(near), Some(span)) => {
            diagnostic.fix(format!("write `{near}`"), [Edit { span, text: format!("\"{near}\"") }])
        }
        (Some(near), None) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, _) => diagnostic,
    }
}
