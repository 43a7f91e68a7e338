//! One program, both ways.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lw_compiler::{Request, compile, gather};
use lw_diagnostics::Severity;
use serde_json::Value as Json;

use crate::evaluate::{SKIPPED, evaluate};
use crate::generate::{Counts, generate};
use crate::nodes::{Nodes, nodes};
use crate::one_file::OneFile;

/// What a seed came to.
pub struct Tried {
    pub outcome: Outcome,
    pub counts: Counts,
    /// Resources in the Plan, and whether a property or output has a later value.
    pub resources: usize,
    pub later: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The same Plan.
    SamePlan,
    /// The same failures.
    SameFailures,
    /// Too long, or not modelled.
    Skipped,
    /// Both sides, and the program.
    Differ { reference: String, compiler: String, program: String },
}

pub fn agree(seed: u64) -> Tried {
    let (program, counts) = generate(seed);
    let text = program.written();
    let mut evaluated = evaluate(&program);
    let reference = nodes(&mut evaluated);
    let compiled = compiled(&text);
    let (resources, later) = match &reference {
        Ok(nodes) => (
            nodes.values().filter(|(ty, _)| ty != "Linework::Output").count(),
            nodes.values().any(|(_, properties)| properties.to_string().contains("\"$get\"")),
        ),
        Err(_) => (0, false),
    };
    let outcome = match (&reference, &compiled) {
        (Err(failures), _) if failures.contains(SKIPPED) => Outcome::Skipped,
        (Ok(one), Ok(other)) if same(one, other) => Outcome::SamePlan,
        (Err(one), Err(other)) if *one == other.iter().map(String::as_str).collect::<BTreeSet<_>>() => {
            Outcome::SameFailures
        }
        _ => {
            Outcome::Differ { reference: format!("{reference:#?}"), compiler: format!("{compiled:#?}"), program: text }
        }
    };
    Tried { outcome, counts, resources, later }
}

/// The nodes of the Plan that the compiler makes, or the codes of its errors.
fn compiled(text: &str) -> Result<Nodes, BTreeSet<String>> {
    let world = OneFile(text.to_string());
    let root = PathBuf::from("/agree");
    let gathered = gather(&world, &[root.join("main.lw")], &root);
    let request = Request { working_folder: root, wants_plan: true, ..Request::default() };
    let Some(work) = gathered.work.first() else { return Err(BTreeSet::from(["nothing was read".to_string()])) };
    let compiled = compile(&world, work, &request);
    let errors: BTreeSet<String> = compiled
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| {
            // What fails in evaluation has a code of its own; anything else is no matter of evaluation and is told whole.
            if diagnostic.code.starts_with("LW06") {
                diagnostic.code.to_string()
            } else {
                let place = diagnostic.primary.as_ref().map_or("", |label| {
                    let span = label.span;
                    compiled.files.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
                });
                format!("{}: {}: {place}", diagnostic.code, diagnostic.message)
            }
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let Some(plan) = compiled.units.first().and_then(|unit| unit.plan.as_ref()) else {
        return Err(BTreeSet::from(["no Plan, and no error".to_string()]));
    };
    let plan: Json = serde_json::from_str(&plan.text).map_err(|error| BTreeSet::from([error.to_string()]))?;
    let mut nodes = Nodes::new();
    for node in plan["meaning"]["nodes"].as_array().into_iter().flatten() {
        let text = |name: &str| node[name].as_str().unwrap_or_default().to_string();
        let properties = node.get("properties").cloned().unwrap_or_else(|| Json::Object(serde_json::Map::new()));
        nodes.insert(text("path"), (text("type"), properties));
    }
    Ok(nodes)
}

fn same(one: &Nodes, other: &Nodes) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((path, (ty, properties)), (other_path, (other_type, others)))| {
            path == other_path && ty == other_type && same_json(properties, others)
        })
}

/// Equal, however a number is written.
fn same_json(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_json(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same_json(value, other)))
        }
        (one, other) => one == other,
    }
}
