//! Guards: policies that the compiler could not decide, asked again before each operation whose inputs they read.
//!
//! The one idea: a policy means one thing. What travels in the Plan is run here by the same interpreter, over what the Plan says and
//! what has become known since; only what is known grows, so that an answer that was given stays.
//!
//! An operation's inputs are its resource's properties and the resources that these refer to. A policy's inputs are the resources that
//! it looked at when it was last asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lw_core::{Answer, Limits, Observed, Package, Question, Verdict};
use lw_plan::{Json, Map, NodeKind, Plan, references, simplify};

use crate::ResourceRecord;
use crate::attributes::attribute_in;
use crate::verdict::shown;

/// The questions of a Plan's policies that are still open.
#[derive(Clone, Debug)]
pub struct Guards {
    package: Arc<Package>,
    nodes: Arc<BTreeMap<String, Node>>,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Node {
    wire_type: String,
    existing: bool,
    /// In the Plan's term form.
    properties: Map<String, Json>,
    /// What its record showed when all began; `None` where there is none.
    recorded: Option<Map<String, Json>>,
    /// The paths that an operation on it takes values from, its own among them.
    inputs: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Open {
    question: Question,
    reads: BTreeSet<String>,
    /// Only with all resources in view is the answer the right one.
    needs_all: bool,
    /// Every operation changes what it reads.
    concerns_all: bool,
}

/// What an execution knows of a path.
pub(crate) enum Known {
    /// These are the values, with those that are sent next.
    Values(Map<String, Json>),
    /// It will change, or come to be: the Plan says how.
    Later,
    /// This execution has nothing to do with it.
    Untouched,
}

impl Guards {
    /// What is open before anything is done; `None` where every policy is satisfied already. `today` (`2026-01-31`) ends waivers.
    /// The error says what is wrong with the policies.
    pub fn new(plan: &Plan, records: &[ResourceRecord], today: &str) -> Result<Option<Guards>, String> {
        let Some(mut package) = Package::read(&plan.meaning.policies)? else { return Ok(None) };
        package.waivers.retain(|waiver| waiver.until.as_deref().is_none_or(|until| until >= today));
        let observed: Vec<Observed<'_>> = plan
            .meaning
            .nodes
            .iter()
            .map(|node| Observed {
                path: node.path.as_str(),
                wire_type: &node.wire_type,
                existing: node.kind == NodeKind::Existing,
                properties: &node.properties,
            })
            .collect();
        // What failed when it was compiled was refused then; it is open where an exception has ended since.
        let is_open = |answer: &Answer| matches!(answer.judged.verdict, Verdict::Undecided | Verdict::Fail);
        let answers = package.ask(&observed, Limits::default(), &|_| true);
        let open: Vec<Open> = answers.into_iter().filter(is_open).map(Open::of).collect();
        if open.is_empty() {
            return Ok(None);
        }
        let live = records.iter().filter(|record| record.is_live());
        let recorded: BTreeMap<&str, &ResourceRecord> = live.map(|record| (record.path.as_str(), record)).collect();
        let nodes = plan.meaning.nodes.iter().map(|node| {
            let path = node.path.as_str().to_string();
            let mut inputs: BTreeSet<String> = node.depends_on.iter().map(|path| path.as_str().to_string()).collect();
            inputs.insert(path.clone());
            for value in node.properties.values().chain(node.deferred.iter().map(|deferred| &deferred.value)) {
                references(value, &mut |path, _| {
                    inputs.insert(path.to_string());
                });
            }
            let node = Node {
                wire_type: node.wire_type.clone(),
                existing: node.kind == NodeKind::Existing,
                properties: node.properties.clone(),
                recorded: recorded.get(path.as_str()).and_then(|record| shown(record)),
                inputs,
            };
            (path, node)
        });
        Ok(Some(Guards { nodes: Arc::new(nodes.collect()), package: Arc::new(package), open }))
    }

    /// Asks what is open about operations that are about to be sent, by the paths that they are for. What comes back are those that
    /// must not be sent, each with the reason.
    pub(crate) fn refused(&mut self, about: &[&str], known: &dyn Fn(&str) -> Known) -> Vec<(usize, String)> {
        let inputs: Vec<Option<&BTreeSet<String>>> =
            about.iter().map(|path| self.nodes.get(*path).map(|node| &node.inputs)).collect();
        let concerns = |open: &Open, inputs: &Option<&BTreeSet<String>>| {
            inputs.is_some_and(|inputs| open.concerns_all || open.reads.iter().any(|path| inputs.contains(path)))
        };
        let is_due = |open: &&Open| inputs.iter().any(|inputs| concerns(open, inputs));
        let due: BTreeMap<&Question, &Open> =
            self.open.iter().filter(is_due).map(|open| (&open.question, open)).collect();
        if due.is_empty() {
            return Vec::new();
        }
        let all = due.values().any(|open| open.needs_all);
        let seen = self
            .nodes
            .iter()
            .filter(|(path, _)| all || due.values().any(|open| open.reads.contains(*path)))
            .map(|(path, node)| (path.as_str(), node, self.values(path, node, known)));
        let seen: Vec<(&str, &Node, Map<String, Json>)> = seen.collect();
        let observed: Vec<Observed<'_>> = seen
            .iter()
            .map(|(path, node, properties)| Observed {
                path,
                wire_type: &node.wire_type,
                existing: node.existing,
                properties,
            })
            .collect();
        let answers = self.package.ask(&observed, Limits::default(), &|question| due.contains_key(question));
        let mut refused = Vec::new();
        for answer in answers.iter().filter(|answer| answer.judged.verdict == Verdict::Fail) {
            let reason = self.reason(answer);
            let open = Open::of(answer.clone());
            // The one that it is about, if that is among them; else those that change what it reads; else those that use it.
            let own = |path: &&str| answer.question.path.as_deref() == Some(*path);
            let read = |path: &&str| open.reads.contains(*path);
            let meant: Vec<usize> = [&own as &dyn Fn(&&str) -> bool, &read]
                .iter()
                .map(|is_meant| (0..about.len()).filter(|at| is_meant(&about[*at])).collect::<Vec<usize>>())
                .find(|meant| !meant.is_empty())
                .unwrap_or_else(|| (0..about.len()).filter(|at| concerns(&open, &inputs[*at])).collect());
            refused.extend(meant.into_iter().map(|at| (at, reason.clone())));
        }
        let answers: Vec<(Question, Answer)> =
            answers.into_iter().map(|answer| (answer.question.clone(), answer)).collect();
        let asked: BTreeSet<Question> = due.keys().map(|question| (*question).clone()).collect();
        // Values of operations that are refused are not what will be: their questions stay open.
        self.open.retain(|open| !asked.contains(&open.question));
        let still = |answer: &Answer| matches!(answer.judged.verdict, Verdict::Undecided | Verdict::Fail);
        self.open.extend(answers.into_iter().map(|(_, answer)| answer).filter(still).map(Open::of));
        refused
    }

    fn values(&self, path: &str, node: &Node, known: &dyn Fn(&str) -> Known) -> Map<String, Json> {
        match (known(path), &node.recorded) {
            (Known::Values(values), _) => values,
            (Known::Untouched, Some(recorded)) => recorded.clone(),
            (Known::Later | Known::Untouched, _) => {
                let mut attribute = |path: &str, attribute: &str| match (known(path), self.nodes.get(path)) {
                    (Known::Values(values), _) => attribute_in(&values, attribute).cloned(),
                    (Known::Untouched, Some(node)) => attribute_in(node.recorded.as_ref()?, attribute).cloned(),
                    _ => None,
                };
                let value = |(name, value): (&String, &Json)| {
                    let value = simplify(value, &mut attribute).unwrap_or_else(|_| value.clone());
                    (name.clone(), value)
                };
                node.properties.iter().map(value).collect()
            }
        }
    }

    fn reason(&self, answer: &Answer) -> String {
        let policy = &self.package.policies[answer.question.policy];
        let reasons: Vec<&str> = answer.judged.findings.iter().map(|finding| &*finding.message).collect();
        let reason = match (reasons.is_empty(), &policy.title) {
            (false, _) => reasons.join("; "),
            (true, Some(title)) => title.clone(),
            (true, None) => "the rule does not hold".to_string(),
        };
        match &answer.question.path {
            Some(path) => format!("the policy `{}` refuses `{path}`: {reason}", policy.id),
            None => format!("the policy `{}` fails: {reason}", policy.id),
        }
    }
}

impl Open {
    fn of(answer: Answer) -> Open {
        let several = answer.question.path.is_none();
        Open {
            reads: answer.reads,
            needs_all: several || answer.by_name || answer.whole_graph,
            concerns_all: answer.whole_graph,
            question: answer.question,
        }
    }
}
