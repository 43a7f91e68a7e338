//! One apply is enough: whatever written value changes, the change set after the apply is empty.
//!
//! Generated: of every resource of every example, every written property that may change in place gets another value; the first
//! property of each resource at once, then the second of each, and so on. A property that moves an attribute which somebody refers to
//! is also changed alone, and back. The Plans come from the real binary; the applies run on the engine inside this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use conductor::{Allowance, DeploymentName, Engine, EngineOptions, Request, StepResult, Wanted};
use conductor_core::Catalogue as _;
use lw_plan::{Json, Node, NodeKind, Plan, references, set_fingerprints};

use crate::lifecycle::EXAMPLES;
use crate::suite::in_parallel;

/// A property of a node, and the value that it is to have.
struct Edit {
    node: usize,
    property: String,
    value: Json,
}

#[test]
fn one_apply_is_enough_for_every_property_of_every_example() {
    let (applied, refused, followed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = in_parallel(EXAMPLES, |example| {
        let folder = crate::lifecycle::copy(example.project);
        let built = folder.lw(&["build", example.file]);
        let plan = Plan::decode(&built.out).map_err(|error| format!("{}: {error}", example.file))?;
        fs::create_dir_all(folder.path().join("store")).expect("a folder in a temporary folder");
        let engine = Engine::new(EngineOptions::new(folder.path().join("store/state.db")));
        let settle =
            |plan: &Plan, what: &str| settle(&engine, plan).map_err(|why| format!("{} {what}: {why}", example.file));
        settle(&plan, "at first")?;
        for edit in edits(&plan).into_iter().filter(|edit| is_followed(&plan, edit)) {
            let what = format!("with another `{}` of `{}`", edit.property, plan.meaning.nodes[edit.node].path);
            let steps = settle(&edited(&plan, [&edit]), &what)?;
            followed.fetch_add(usize::from(steps > 1), Ordering::Relaxed);
            settle(&plan, &format!("{what}, and back"))?;
        }
        let mut rounds: Vec<Vec<Edit>> = Vec::new();
        let mut count = BTreeMap::new();
        for edit in edits(&plan) {
            let round: &mut usize = count.entry(edit.node).or_insert(0);
            rounds.resize_with(rounds.len().max(*round + 1), Vec::new);
            rounds[*round].push(edit);
            *round += 1;
        }
        for (number, mut round) in rounds.into_iter().enumerate() {
            let at_once = failed(&engine, &edited(&plan, &round));
            // Some values no cloud takes; who has one keeps what it had.
            if !at_once.is_empty() {
                refused.fetch_add(at_once.len(), Ordering::Relaxed);
                round.retain(|edit| !at_once.contains(plan.meaning.nodes[edit.node].path.as_str()));
                settle(&edited(&plan, &round), &format!("in round {number}"))?;
            } else if let Some(left) = left(&engine, &edited(&plan, &round)) {
                return Err(format!("{} in round {number}: after one apply, {left}", example.file));
            }
            applied.fetch_add(round.len(), Ordering::Relaxed);
        }
        settle(&plan, "at last").map(|_| ())
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let [applied, refused, followed] = [applied, refused, followed].map(AtomicUsize::into_inner);
    assert!(applied > 250 && refused < applied / 4, "{applied} applied, {refused} refused");
    assert!(followed > 0, "somewhere a dependent follows");
}

fn request(plan: &Plan) -> Request {
    let deployment = DeploymentName::parse("example").expect("a name");
    let paths = plan.meaning.nodes.iter().map(|node| node.path.clone());
    Request::new(deployment, Wanted::Plan(Box::new(plan.clone())))
        .simulated(true)
        .allow_delete(Allowance::All)
        .allow_replace(paths)
}

/// One apply; the paths of what the cloud did not take.
fn failed(engine: &Engine, plan: &Plan) -> BTreeSet<String> {
    let applied = engine.apply(request(plan), &mut |_| {}).expect("an answer");
    let steps = applied.report.steps.into_iter().filter(|step| step.result == StepResult::Failed);
    steps.map(|step| step.step.path.to_string()).collect()
}

/// One apply, after which nothing is left; the number of steps that it had.
fn settle(engine: &Engine, plan: &Plan) -> Result<usize, String> {
    let applied = engine.apply(request(plan), &mut |_| {}).map_err(|problems| format!("{problems:?}"))?;
    if !applied.success {
        return Err(format!("{:?}", applied.report.steps));
    }
    match left(engine, plan) {
        None => Ok(applied.report.steps.len()),
        Some(left) => Err(format!("after one apply, {left}")),
    }
}

/// What a second apply would do.
fn left(engine: &Engine, plan: &Plan) -> Option<String> {
    match engine.preview(request(plan), &mut |_| {}) {
        Ok(previewed) if previewed.report.steps.is_empty() => None,
        Ok(previewed) => {
            let steps = previewed.report.steps.iter().map(|step| format!("{}: {}", step.path, step.reason));
            Some(steps.collect::<Vec<_>>().join("; "))
        }
        Err(problems) => Some(format!("{problems:?}")),
    }
}

/// Whether the edit may move an attribute that another node refers to.
fn is_followed(plan: &Plan, edit: &Edit) -> bool {
    let edited = &plan.meaning.nodes[edit.node];
    let facts = adapter::Catalogue::embedded().facts(&edited.wire_type).expect("the examples use known types");
    let mut is_followed = false;
    for value in plan.meaning.nodes.iter().flat_map(|node| node.properties.values()) {
        references(value, &mut |path, attribute| {
            let moves = || facts.may_change(attribute, [edit.property.as_str()].into_iter());
            is_followed |= path == edited.path.as_str() && moves();
        });
    }
    is_followed
}

fn edits(plan: &Plan) -> Vec<Edit> {
    let mut edits = Vec::new();
    let managed = plan.meaning.nodes.iter().enumerate().filter(|(_, node)| node.kind == NodeKind::Managed);
    for (index, node) in managed.filter(|(_, node)| !node.lifecycle.protect) {
        for (property, value) in &node.properties {
            if let Some(value) = other(value).filter(|_| may_change(node, property)) {
                edits.push(Edit { node: index, property: property.clone(), value });
            }
        }
    }
    edits
}

/// Whether the cloud takes another value in place, whatever it is.
fn may_change(node: &Node, property: &str) -> bool {
    let catalogue = adapter::Catalogue::embedded();
    let facts = catalogue.facts(&node.wire_type).expect("the examples use known types");
    let schema = catalogue.schema(&node.wire_type).expect("the examples use known types");
    facts.create_only.iter().all(|path| path.top() != property)
        && schema.properties.get(property).is_none_or(|property| property.values.is_empty())
}

fn edited<'a>(plan: &Plan, edits: impl IntoIterator<Item = &'a Edit>) -> Plan {
    let mut meaning = plan.meaning.clone();
    for edit in edits {
        meaning.nodes[edit.node].properties.insert(edit.property.clone(), edit.value.clone());
    }
    set_fingerprints(&mut meaning);
    Plan::new(meaning, plan.provenance.clone())
}

/// The value with one part of it changed: the first that is no term and no name of something else.
fn other(value: &Json) -> Option<Json> {
    match value {
        Json::Bool(value) => Some(Json::from(!value)),
        Json::Number(number) => Some(Json::from(number.as_i64()? + 1)),
        Json::String(text) if text.contains(':') || text.starts_with('{') => None,
        Json::String(text) => match text.parse::<u32>() {
            Ok(number) => Some(Json::from((number + 1).to_string())),
            Err(_) => Some(Json::from(format!("{text}x"))),
        },
        Json::Array(items) => {
            let (index, value) = items.iter().enumerate().find_map(|(index, item)| Some((index, other(item)?)))?;
            let mut items = items.clone();
            items[index] = value;
            Some(Json::Array(items))
        }
        Json::Object(object) => {
            if object.keys().any(|key| key.starts_with('$')) {
                return None;
            }
            let (name, value) = object.iter().find_map(|(name, value)| Some((name.clone(), other(value)?)))?;
            let mut object = object.clone();
            object.insert(name, value);
            Some(Json::Object(object))
        }
        Json::Null => None,
    }
}
