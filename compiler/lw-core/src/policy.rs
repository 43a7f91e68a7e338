//! Rules: which values they are asked about, and what their answers mean.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Stop};
use crate::machine::Machine;
use crate::program::{GlobalId, NameId, ResourceTypeId, SiteMode, WireRecordId, WireShape};
use crate::value::{Cause, Finding, ResourceId, Value};
use crate::worlds::{ConditionId, choice};

/// A rule in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// A global whose value is the rule's function.
    pub function: GlobalId,
    pub selector: Selector,
}

/// Which values a rule is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Selector {
    Resource(ResourceTypeId),
    /// Every declared site of a nested record.
    Record(WireRecordId),
    /// Every resource whose type declares these properties.
    ResourcesWith(Vec<NameId>),
    /// Every declared site of a named refinement.
    Site(Arc<str>),
    /// All of them at once, as a list.
    All(Box<Selector>),
    Graph,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Nothing of that kind, waived, or the rule does not apply.
    Skip,
    Pass,
    Undecided,
    Fail,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Skip => "SKIP",
            Verdict::Pass => "PASS",
            Verdict::Undecided => "UNDECIDED",
            Verdict::Fail => "FAIL",
        }
    }
}

/// A rule's answer for one value.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    /// The reasons, for FAIL, UNDECIDED, and SKIP where the rule gave one.
    pub findings: Vec<Finding>,
    /// The mistake that stopped the rule; the verdict is then FAIL.
    pub failure: Option<Box<Failure>>,
}

/// One value that a rule is asked about.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The resource that it is or belongs to; none where the rule sees several.
    pub resource: Option<ResourceId>,
    /// The property path within it, in the program's names: `ebs.volumeSize`.
    pub property: Option<String>,
    pub value: Value,
    /// The conditions under which it is there.
    pub given: Vec<(ConditionId, bool)>,
}

/// The values of a graph by what rules may ask for, gathered once for all rules.
#[derive(Debug, Default)]
pub struct Sites {
    /// In the order of their paths.
    resources: Vec<ResourceId>,
    by_type: FxHashMap<ResourceTypeId, Vec<ResourceId>>,
    by_record: FxHashMap<WireRecordId, Vec<Selected>>,
    by_name: FxHashMap<Arc<str>, Vec<Selected>>,
}

impl Machine<'_> {
    /// Asks a rule about a value. What is not known makes the answer undecided instead of stopping it.
    pub fn judge(&mut self, function: &Value, value: Value) -> Outcome {
        self.judge_given(function, value, &[])
    }

    /// The same where some conditions hold: those under which the value is there.
    pub fn judge_given(&mut self, function: &Value, value: Value, given: &[(ConditionId, bool)]) -> Outcome {
        if self.conditions.is_empty() {
            return self.judge_once(function, value).0;
        }
        self.judge_worlds(function, &value, given)
    }

    /// Asks once; also gives what an undecided answer waits for.
    pub(crate) fn judge_once(&mut self, function: &Value, value: Value) -> (Outcome, Option<Rc<Cause>>) {
        let policy = std::mem::replace(&mut self.policy, true);
        let forks = std::mem::replace(&mut self.forks_left, self.limits.forks);
        let height = self.stack.len();
        let result = self.call(function, vec![value], crate::program::OriginId::NONE);
        self.stack.truncate(height);
        self.policy = policy;
        self.forks_left = forks;
        let cause = match &result {
            Ok(Value::Undecided(cause)) | Err(Stop::Undecided(cause)) => Some(cause.clone()),
            Ok(Value::Later(later)) => Some(Rc::new(Cause::Later(later.clone()))),
            _ => None,
        };
        (self.outcome_of(result), cause)
    }

    /// What a value that a rule or test has given means.
    pub fn answer(&mut self, value: Value) -> Outcome {
        self.outcome_of(Ok(value))
    }

    fn outcome_of(&mut self, result: Result<Value, Stop>) -> Outcome {
        let decided = |verdict, findings| Outcome { verdict, findings, failure: None };
        match result {
            Ok(Value::Bool(true)) => decided(Verdict::Pass, Vec::new()),
            Ok(Value::Bool(false)) => decided(Verdict::Fail, vec![plain("the condition does not hold")]),
            Ok(Value::Constructor(constructor, payload)) => {
                match (&*self.program.constructor(constructor).name, payload) {
                    ("Failure", Some(payload)) => decided(Verdict::Fail, self.reasons(&payload)),
                    ("Success", Some(reason)) => decided(Verdict::Skip, self.reasons(&reason)),
                    _ => decided(Verdict::Pass, Vec::new()),
                }
            }
            Ok(Value::Undecided(cause)) | Err(Stop::Undecided(cause)) => {
                decided(Verdict::Undecided, vec![plain(&self.cause_text(&cause))])
            }
            Ok(Value::Later(later)) => {
                decided(Verdict::Undecided, vec![plain(&self.cause_text(&Rc::new(Cause::Later(later))))])
            }
            Ok(other) => decided(Verdict::Fail, vec![plain(&format!("the rule answers {}", other.kind()))]),
            Err(Stop::Failure(failure)) => Outcome {
                verdict: Verdict::Fail,
                findings: vec![plain("the rule could not be evaluated")],
                failure: Some(failure),
            },
            Err(Stop::Reported) => decided(Verdict::Undecided, vec![plain("the rule was not evaluated")]),
        }
    }

    fn reasons(&mut self, payload: &Value) -> Vec<Finding> {
        match payload {
            Value::Message(message) => message.findings.clone(),
            Value::Later(later) => vec![plain(&self.show_later(later))],
            Value::Undecided(_) => vec![plain("the rule does not hold, whatever the values turn out to be")],
            other => vec![plain(&self.show_plain(other))],
        }
    }

    /// What something undecided waits for.
    pub fn cause_text(&self, cause: &Cause) -> String {
        match cause {
            Cause::Later(later) => format!("it depends on `{}`, which is known later", self.show_later(later)),
            Cause::Unknown(what) => format!("it depends on `{what}`, which is not known"),
            Cause::Choice(choice) => format!("it depends on {}", self.condition_text(choice.condition)),
            Cause::Forks => format!("it depends on more than {} unknown conditions", self.limits.forks),
        }
    }

    /// Gathers what the given selectors may ask for among resources, given in path order.
    pub fn sites<'s>(&self, resources: &[ResourceId], selectors: impl Iterator<Item = &'s Selector>) -> Sites {
        let mut sites = Sites { resources: resources.to_vec(), ..Sites::default() };
        let mut inner = false;
        for selector in selectors {
            let mut selector = selector;
            while let Selector::All(one) = selector {
                selector = one;
            }
            match selector {
                Selector::Record(record) => {
                    inner = true;
                    sites.by_record.entry(*record).or_default();
                }
                Selector::Site(name) => {
                    inner = true;
                    sites.by_name.entry(name.clone()).or_default();
                }
                _ => {}
            }
        }
        for id in resources {
            let resource_type = self.resource(*id).resource_type;
            sites.by_type.entry(resource_type).or_default().push(*id);
            if !inner {
                continue;
            }
            for (name, value) in self.properties(*id) {
                let Some(property) = self.program.resource_type(resource_type).property(name) else { continue };
                let given = self.resource(*id).condition.map(|condition| (condition, true)).into_iter().collect();
                let mut walk = Walk { machine: self, resource: *id, sites: &mut sites, given };
                let path = self.program.name(name).to_string();
                walk.value(value, &property.shape, property.site.as_ref(), &path);
            }
        }
        sites
    }

    /// The values that a selector selects; several at once are one list.
    pub fn select(&self, selector: &Selector, sites: &Sites) -> Vec<Selected> {
        match selector {
            Selector::Resource(wanted) => {
                sites.by_type.get(wanted).map_or(&[][..], Vec::as_slice).iter().map(|id| self.whole(*id)).collect()
            }
            Selector::Record(wanted) => sites.by_record.get(wanted).cloned().unwrap_or_default(),
            Selector::Site(wanted) => sites.by_name.get(wanted).cloned().unwrap_or_default(),
            Selector::ResourcesWith(names) => {
                let has_all = |id: &ResourceTypeId| {
                    let resource_type = self.program.resource_type(*id);
                    names.iter().all(|name| resource_type.property(*name).is_some())
                };
                let types: FxHashSet<ResourceTypeId> = sites.by_type.keys().copied().filter(has_all).collect();
                let is_wanted = |id: &&ResourceId| types.contains(&self.resource(**id).resource_type);
                let mut found: Vec<ResourceId> = sites.resources.iter().filter(is_wanted).copied().collect();
                // They are in this order already, but for those without a path.
                let key = |id: &ResourceId| (self.path(*id), *id);
                if !found.is_sorted_by(|left, right| key(left) <= key(right)) {
                    found.sort_by(|left, right| key(left).cmp(&key(right)));
                }
                found.into_iter().map(|id| self.whole(id)).collect()
            }
            Selector::All(one) => {
                let values: Vec<Value> = self.select(one, sites).into_iter().map(Selected::if_there).collect();
                if values.is_empty() {
                    return Vec::new();
                }
                vec![Selected::of_all(Value::list(values))]
            }
            Selector::Graph => vec![Selected::of_all(Value::unit())],
            Selector::Nothing => Vec::new(),
        }
    }

    fn whole(&self, id: ResourceId) -> Selected {
        let value = match self.resource(id).mode {
            SiteMode::Blueprint => Value::Blueprint(id),
            SiteMode::Managed | SiteMode::Existing => Value::Resource(id),
        };
        let given = self.resource(id).condition.map(|condition| (condition, true)).into_iter().collect();
        Selected { resource: Some(id), property: None, value, given }
    }
}

impl Selected {
    fn of_all(value: Value) -> Selected {
        Selected { resource: None, property: None, value, given: Vec::new() }
    }

    /// The value, or None in the worlds where it is not there.
    fn if_there(self) -> Value {
        self.given.iter().rev().fold(self.value, |value, (condition, holds)| match holds {
            true => choice(*condition, value, Value::None),
            false => choice(*condition, Value::None, value),
        })
    }
}

fn plain(message: &str) -> Finding {
    Finding { message: message.into(), property: None, edit: None }
}

struct Walk<'w, 'p> {
    machine: &'w Machine<'p>,
    resource: ResourceId,
    sites: &'w mut Sites,
    /// The conditions under which what is being looked at is there.
    given: Vec<(ConditionId, bool)>,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: &Value, shape: &WireShape, site: Option<&Arc<str>>, path: &str) {
        match (shape, value) {
            (_, Value::Some(inner)) => return self.value(inner, shape, site, path),
            (_, Value::None) => return,
            (_, Value::Undecided(cause)) if matches!(**cause, Cause::Choice(_)) => {
                let Cause::Choice(choice) = &**cause else { return };
                for (holds, branch) in [(true, &choice.then), (false, &choice.otherwise)] {
                    self.given.push((choice.condition, holds));
                    crate::eval::with_stack(|| self.value(branch, shape, site, path));
                    self.given.pop();
                }
                return;
            }
            (WireShape::List(shape), Value::List(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.value(item, shape, site, &format!("{path}[{at}]"));
                }
                return;
            }
            (WireShape::Dictionary(shape), Value::Dictionary(entries)) => {
                for (key, item) in entries.entries() {
                    self.value(item, shape, site, &format!("{path}[{}]", crate::show::quoted(key)));
                }
                return;
            }
            _ => {}
        }
        if let Some(name) = site
            && let Some(found) = self.sites.by_name.get_mut(name)
        {
            let property = Some(path.to_string());
            found.push(Selected {
                resource: Some(self.resource),
                property,
                value: value.clone(),
                given: self.given.clone(),
            });
        }
        let WireShape::Record(id) = shape else { return };
        if let Some(found) = self.sites.by_record.get_mut(id) {
            let property = Some(path.to_string());
            found.push(Selected {
                resource: Some(self.resource),
                property,
                value: value.clone(),
                given: self.given.clone(),
            });
        }
        let Value::Record(record) = value else { return };
        let declared = self.machine.program.wire_record(*id);
        for (name, item) in record.fields() {
            let Some(field) = declared.field(name) else { continue };
            let path = format!("{path}.{}", self.machine.program.name(name));
            crate::eval::with_stack(|| self.value(item, &field.shape, field.site.as_ref(), &path));
        }
    }
}
