//! Policies on the road: the code that travels inside a Plan, and its use on what the Plan says and what was observed.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::extract::extract;
use crate::graph::Graph;
use crate::inputs::NoInputs;
use crate::limits::Limits;
use crate::machine::{LookedAt, Machine};
use crate::observe::{Reader, references};
use crate::policy::{Outcome, Policy, Verdict};
use crate::program::{Program, ResourceTypeId, SiteMode};
use crate::value::{Finding, Record};

/// The version of the core language that this crate writes and runs.
pub const CORE_VERSION: u32 = 1;

/// Policies with everything that they need to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// [`CORE_VERSION`].
    pub core: u32,
    pub policies: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<PackagedWaiver>,
    pub program: Program,
}

/// An exception for one resource. Whether `until` has passed is for the reader to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackagedWaiver {
    pub path: String,
    pub policy: String,
    pub reason: String,
    /// The last day: `2026-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A resource as a Plan writes it or as it was observed: properties and attributes by wire name, in the Plan's term form.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'o> {
    pub path: &'o str,
    pub wire_type: &'o str,
    pub existing: bool,
    pub properties: &'o Map<String, Json>,
}

/// What a policy said of one value.
#[derive(Clone, Debug)]
pub struct Judged {
    pub path: Option<String>,
    /// The property within it, in the program's names.
    pub property: Option<String>,
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
    /// The waiver that made the verdict SKIP, by its number in the package.
    pub waiver: Option<usize>,
}

/// One question of a policy: the policy by its number in the package, and where the value is that it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub policy: usize,
    /// None where the policy sees several resources at once.
    pub path: Option<String>,
    pub property: Option<String>,
}

/// An answer, and what it was taken from.
#[derive(Clone, Debug)]
pub struct Answer {
    pub question: Question,
    pub judged: Judged,
    /// The paths of the resources that the policy looked at.
    pub reads: BTreeSet<String>,
    /// The policy looked for a resource by what its cloud calls it: resources that it did not read could be the ones meant.
    pub by_name: bool,
    /// The policy asked which resources there are, or how they refer to each other: all of them are its inputs.
    pub whole_graph: bool,
}

impl Package {
    /// Takes policies out of an evaluated program, with the resource types that the Plan has. Their order plays no part.
    pub fn new(
        machine: &Machine<'_>,
        policies: Vec<Policy>,
        types: &[ResourceTypeId],
        mut waivers: Vec<PackagedWaiver>,
    ) -> Package {
        let program = machine.program;
        let policies = in_order(machine, policies);
        let roots: Vec<_> = policies.iter().map(|policy| (policy.function, &policy.selector)).collect();
        let mut types = types.to_vec();
        types.sort_unstable();
        types.dedup();
        types.sort_by(|left, right| program.resource_type(*left).wire.cmp(&program.resource_type(*right).wire));
        let (program, renumbered) = extract(machine, &roots, &types);
        let policies = policies
            .into_iter()
            .zip(renumbered)
            .map(|(policy, (function, selector))| Policy { function, selector, ..policy })
            .collect();
        waivers.sort();
        waivers.dedup();
        Package { core: CORE_VERSION, policies, waivers, program }
    }

    /// The package in a Plan's list of policies, if it has one. The error says what is wrong with it.
    pub fn read(policies: &[Json]) -> Result<Option<Package>, String> {
        let Some(json) = policies.first() else { return Ok(None) };
        let version = json.get("core").and_then(Json::as_u64);
        if version != Some(u64::from(CORE_VERSION)) {
            return Err(format!("the policies are written in core language {version:?}, and this runs {CORE_VERSION}"));
        }
        serde_json::from_value(json.clone()).map(Some).map_err(|error| error.to_string())
    }

    /// The package as a Plan writes it.
    pub fn write(&self) -> Vec<Json> {
        vec![serde_json::to_value(self).expect("a program is plain data")]
    }

    /// Asks every policy about the resources; the answers are in the order of the policies.
    ///
    /// What is unknown makes verdicts undecided: an attribute that no resource shows, a term over it. Resources of types that the
    /// package does not know are not seen.
    pub fn check(&self, resources: &[Observed<'_>], limits: Limits) -> Vec<Vec<Judged>> {
        let mut all: Vec<Vec<Judged>> = self.policies.iter().map(|_| Vec::new()).collect();
        for answer in self.ask(resources, limits, &|_| true) {
            all[answer.question.policy].push(answer.judged);
        }
        all
    }

    /// The same for the wanted questions, with what each answer was taken from.
    pub fn ask(&self, resources: &[Observed<'_>], limits: Limits, wanted: &dyn Fn(&Question) -> bool) -> Vec<Answer> {
        let inputs = NoInputs;
        let mut machine = Machine::new(&self.program, &inputs, limits);
        let types: FxHashMap<&str, ResourceTypeId> = self
            .program
            .resource_types
            .iter()
            .enumerate()
            .map(|(at, declared)| (&*declared.wire, ResourceTypeId(at as u32)))
            .collect();
        let mut known: Vec<&Observed<'_>> = resources.iter().filter(|one| types.contains_key(one.wire_type)).collect();
        known.sort_by(|left, right| left.path.cmp(right.path));
        let mut by_path = FxHashMap::default();
        for one in &known {
            let mode = if one.existing { SiteMode::Existing } else { SiteMode::Managed };
            let id = machine.add_resource(types[one.wire_type], mode, Record::new(Vec::new()));
            by_path.insert(one.path, id);
        }
        let ids: Vec<_> = known.iter().map(|one| by_path[one.path]).collect();
        let raw: FxHashMap<&str, _> = resources.iter().map(|one| (one.path, one.properties)).collect();
        let mut names = FxHashMap::default();
        for (one, id) in known.iter().zip(&ids) {
            let declared = self.program.resource_type(types[one.wire_type]);
            let reader = Reader { program: &self.program, by_path: &by_path, raw: &raw, machine: &machine };
            let properties = reader.properties(declared, one.properties);
            if let [identifier] = declared.identifier[..]
                && let Some(text) = properties.get(identifier).and_then(|value| value.text())
            {
                names.insert(text.clone(), *id);
            }
            machine.set_properties(*id, properties);
        }
        machine.set_planned(by_path.iter().map(|(path, id)| (Arc::from(*path), *id)).collect());
        machine.set_paths(known.iter().map(|one| Some(Arc::from(one.path))).collect());
        let related =
            known.iter().zip(&ids).map(|(one, id)| (*id, references(one.properties, &by_path, &names, *id))).collect();
        let graph = Graph::with_names(ids.clone(), names);
        graph.set_references(related);
        machine.set_graph(graph);
        let scope: Vec<_> = ids.into_iter().filter(|id| machine.resource(*id).mode == SiteMode::Managed).collect();
        let sites = machine.sites(&scope, self.policies.iter().map(|policy| &policy.selector));
        let mut answers = Vec::new();
        for number in 0..self.policies.len() {
            self.judge(&mut machine, number, &sites, wanted, &mut answers);
        }
        answers
    }

    fn judge(
        &self,
        machine: &mut Machine<'_>,
        number: usize,
        sites: &crate::policy::Sites,
        wanted: &dyn Fn(&Question) -> bool,
        answers: &mut Vec<Answer>,
    ) {
        let policy = &self.policies[number];
        for one in machine.select(&policy.selector, sites) {
            let path = one.resource.and_then(|id| machine.path(id)).map(|path| path.to_string());
            let question = Question { policy: number, path: path.clone(), property: one.property.clone() };
            if !wanted(&question) {
                continue;
            }
            let is_meant = |waiver: &PackagedWaiver| waiver.policy == policy.id && Some(&waiver.path) == path.as_ref();
            if let Some(waiver) = self.waivers.iter().position(is_meant) {
                let (verdict, findings) = (Verdict::Skip, Vec::new());
                let judged = Judged { path, property: one.property, verdict, findings, waiver: Some(waiver) };
                let reads = BTreeSet::new();
                answers.push(Answer { question, judged, reads, by_name: false, whole_graph: false });
                continue;
            }
            let itself = one.resource.into_iter().collect();
            machine.looked_at = Some(LookedAt { resources: itself, ..LookedAt::default() });
            let outcome = match machine.global(policy.function) {
                Ok(function) => machine.judge(&function, one.value),
                Err(failure) => Outcome { verdict: Verdict::Undecided, findings: Vec::new(), failure },
            };
            let looked_at = machine.looked_at.take().unwrap_or_default();
            let reads =
                looked_at.resources.iter().filter_map(|id| machine.path(*id)).map(|path| path.to_string()).collect();
            let Outcome { verdict, findings, .. } = outcome;
            let judged = Judged { path, property: one.property, verdict, findings, waiver: None };
            let (by_name, whole_graph) = (looked_at.names, looked_at.graph);
            answers.push(Answer { question, judged, reads, by_name, whole_graph });
        }
    }
}

/// Policies by id; those of one id by what they do, so that where they were written plays no part.
fn in_order(machine: &Machine<'_>, mut policies: Vec<Policy>) -> Vec<Policy> {
    policies.sort_by(|left, right| left.id.cmp(&right.id));
    if policies.windows(2).any(|pair| pair[0].id == pair[1].id) {
        policies.sort_by_cached_key(|policy| {
            let (code, _) = extract(machine, &[(policy.function, &policy.selector)], &[]);
            (policy.id.clone(), serde_json::to_string(&code).unwrap_or_default())
        });
    }
    policies
}
