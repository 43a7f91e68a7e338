//! What a plan tells of the configuration that it was made of: which attributes are written, and what their expressions refer to.
//!
//! A plan has no expressions, only what is named in them: `${aws_kms_key.k.arn}/x` and `aws_kms_key.k.arn` look the same. So what
//! follows from a reference is what the table says of the attribute: where it takes the name of another resource, it is that resource.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::addresses::{module_names, parent_module, parts, within, without_index};
use super::changes::Change;
use crate::tree::{Node, NodeKind};

pub struct Configuration<'p> {
    /// By the names of the modules that lead to it.
    modules: FxHashMap<Vec<Arc<str>>, &'p Node>,
    /// Expressions of each module's resources, by their addresses within it.
    resources: FxHashMap<Vec<Arc<str>>, FxHashMap<&'p str, &'p Node>>,
    /// Whether a provider adds tags.
    default_tags: bool,
}

/// What an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An instance, by its number in the plan, and the attribute that is read of it.
    Resource(usize, Option<Arc<str>>),
    /// A variable of the whole configuration.
    Variable(Arc<str>),
    /// Something of which the plan says no more.
    Open,
}

/// Instances by the address of their module and their own without an index.
pub struct Instances {
    numbers: FxHashMap<(String, String), Vec<usize>>,
    indexes: Vec<Option<String>>,
    modules: Vec<String>,
}

impl Instances {
    pub fn of(changes: &[Change<'_>]) -> Instances {
        let mut numbers: FxHashMap<(String, String), Vec<usize>> = FxHashMap::default();
        let mut modules: Vec<String> = Vec::new();
        for (number, change) in changes.iter().enumerate() {
            numbers.entry((change.module.to_string(), change.local())).or_default().push(number);
            if modules.last().is_none_or(|last| last != change.module) {
                modules.push(change.module.to_string());
            }
        }
        modules.sort_unstable();
        modules.dedup();
        Instances { numbers, indexes: changes.iter().map(|change| change.index.clone()).collect(), modules }
    }

    /// Addresses of the instances of a module that is called in another.
    fn modules(&self, parent: &str, name: &str, index: Option<&str>) -> Vec<String> {
        let wanted = within(parent, &format!("module.{name}"));
        let count = parts(&wanted).len();
        let mut found: Vec<String> = Vec::new();
        for module in &self.modules {
            let own = parts(module);
            let Some(head) = own.get(..count).map(|head| head.join(".")) else { continue };
            let rest = head.strip_prefix(&wanted);
            let is_one = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
            let is_meant = index.is_none_or(|index| rest == Some(&format!("[{index}]")));
            if is_one && is_meant && !found.contains(&head) {
                found.push(head);
            }
        }
        found
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The address of the module.
    pub module: &'a str,
    /// The index of the instance: it chooses among several of the same index.
    pub index: Option<&'a str>,
}

/// References lead from module to module at most so often.
const HOPS_MAX: usize = 32;

impl<'p> Configuration<'p> {
    pub fn of(root: &'p Node) -> Configuration<'p> {
        let mut modules = FxHashMap::default();
        let configuration = root.get("configuration");
        if let Some(module) = configuration.and_then(|node| node.get("root_module")) {
            collect(module, Vec::new(), &mut modules);
        }
        let mut resources = FxHashMap::default();
        for (names, module) in &modules {
            let module: &'p Node = module;
            let listed = module.get("resources").map_or(&[][..], Node::items).iter();
            let expressions = listed.filter_map(|one| Some((&**one.get("address")?.text()?, one.get("expressions")?)));
            resources.insert(names.clone(), expressions.collect());
        }
        let providers = configuration.and_then(|node| node.get("provider_config")).map_or(&[][..], Node::entries);
        let has_tags =
            |provider: &Node| provider.get("expressions").is_some_and(|node| node.get("default_tags").is_some());
        Configuration { modules, resources, default_tags: providers.iter().any(|provider| has_tags(&provider.value)) }
    }

    /// Whether a provider adds tags to every resource.
    pub fn has_default_tags(&self) -> bool {
        self.default_tags
    }

    /// The expressions of a resource's attributes, if the plan has them.
    pub fn expressions(&self, change: &Change<'_>) -> Option<&'p Node> {
        self.resources.get(&module_names(change.module))?.get(&*change.local()).copied()
    }

    /// What a variable of the whole configuration is when nobody gives it a value.
    pub fn has_default(&self, variable: &str) -> bool {
        let module = self.modules.get(&Vec::new());
        let variable = module.and_then(|module| module.get("variables")?.get(variable));
        variable.and_then(|variable| variable.get("default")).is_some_and(|node| !matches!(node.kind, NodeKind::Null))
    }

    /// What an expression refers to, in order, each once; nothing where it refers to nothing.
    pub fn targets(&self, expression: &Node, place: Place<'_>, instances: &Instances) -> Vec<Target> {
        let mut found = Vec::new();
        self.follow(expression, place, instances, 0, &mut found);
        found
    }

    fn follow(&self, expression: &Node, place: Place<'_>, instances: &Instances, hops: usize, found: &mut Vec<Target>) {
        let references: Vec<&Arc<str>> = match expression.get("references") {
            Some(references) => references.items().iter().filter_map(Node::text).collect(),
            None => Vec::new(),
        };
        let is_prefix = |short: &str, long: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        };
        for reference in &references {
            // Each reference is followed by what it begins with.
            if references.iter().any(|other| is_prefix(reference, other)) {
                continue;
            }
            for target in self.reference(reference, place, instances, hops) {
                if !found.contains(&target) {
                    found.push(target);
                }
            }
        }
    }

    fn reference(&self, reference: &str, place: Place<'_>, instances: &Instances, hops: usize) -> Vec<Target> {
        let parts = parts(reference);
        let mut found = Vec::new();
        if hops >= HOPS_MAX {
            return vec![Target::Open];
        }
        match parts.as_slice() {
            // They choose among instances, and are nothing by themselves.
            ["each" | "count" | "path" | "terraform", ..] => {}
            ["var", name, ..] => {
                let name = without_index(name).0;
                let Some((parent, module)) = parent_module(place.module) else {
                    return vec![Target::Variable(Arc::from(name))];
                };
                let call = self
                    .modules
                    .get(&module_names(&parent))
                    .and_then(|parent| parent.get("module_calls")?.get(&module));
                let Some(argument) = call.and_then(|call| call.get("expressions")?.get(name)) else {
                    return vec![Target::Open];
                };
                // Instances of modules choose as those of resources do.
                let index = crate::terraform::addresses::parts(place.module)
                    .last()
                    .and_then(|last| without_index(last).1.map(str::to_string));
                let place = Place { module: &parent, index: index.as_deref() };
                self.follow(argument, place, instances, hops + 1, &mut found);
            }
            ["module", call, output, ..] => {
                let (name, index) = without_index(call);
                let mut names = module_names(place.module);
                names.push(Arc::from(name));
                let output = without_index(output).0;
                let expression =
                    self.modules.get(&names).and_then(|module| module.get("outputs")?.get(output)?.get("expression"));
                let mut addresses = instances.modules(place.module, name, index);
                if addresses.len() > 1
                    && let Some(own) = place.index
                {
                    let same = format!("[{own}]");
                    if let Some(found) = addresses.iter().find(|address| address.ends_with(&same)).cloned() {
                        addresses = vec![found];
                    }
                }
                let Some(expression) = expression.filter(|_| !addresses.is_empty()) else { return vec![Target::Open] };
                for address in &addresses {
                    self.follow(expression, Place { module: address, index: None }, instances, hops + 1, &mut found);
                }
            }
            ["data", kind, name, rest @ ..] => {
                found = instances_of(&format!("data.{kind}."), name, rest, place, instances)
            }
            ["local" | "module" | "self" | "data", ..] => found.push(Target::Open),
            [kind, name, rest @ ..] => found = instances_of(&format!("{kind}."), name, rest, place, instances),
            _ => found.push(Target::Open),
        }
        found
    }
}

fn instances_of(kind: &str, name: &str, rest: &[&str], place: Place<'_>, instances: &Instances) -> Vec<Target> {
    let (name, index) = without_index(name);
    let attribute = rest.first().map(|first| Arc::from(without_index(first).0));
    let numbers = instances.numbers.get(&(place.module.to_string(), format!("{kind}{name}")));
    let mut numbers = numbers.cloned().unwrap_or_default();
    let is_of = |number: usize, wanted: &str| instances.indexes[number].as_deref() == Some(wanted);
    match (index, place.index) {
        (Some(index), _) => numbers.retain(|number| is_of(*number, index)),
        (None, Some(own)) if numbers.len() > 1 && numbers.iter().any(|number| is_of(*number, own)) => {
            numbers.retain(|number| is_of(*number, own));
        }
        _ => {}
    }
    if numbers.is_empty() {
        return vec![Target::Open];
    }
    numbers.into_iter().map(|number| Target::Resource(number, attribute.clone())).collect()
}

fn collect<'p>(module: &'p Node, names: Vec<Arc<str>>, found: &mut FxHashMap<Vec<Arc<str>>, &'p Node>) {
    for call in module.get("module_calls").map_or(&[][..], Node::entries) {
        if let Some(inner) = call.value.get("module").filter(|_| names.len() < HOPS_MAX) {
            let mut names = names.clone();
            names.push(call.key.clone());
            collect(inner, names, found);
        }
    }
    found.insert(names, module);
}
