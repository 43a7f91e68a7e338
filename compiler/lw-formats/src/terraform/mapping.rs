//! Planned resources as the resources of the library's types, by the table.

use std::sync::Arc;

use lw_diagnostics::Span;
use rustc_hash::FxHashMap;

use super::after_apply;
use super::changes::Change;
use super::configuration::{Configuration, Instances, Place, Target as Reference};
use super::conversions::{convert, is_nothing};
use super::documents::{POLICY_DOCUMENT, policy};
use super::parts::{Part, Whole};
use super::properties::{Path, Properties, Step};
use super::table::{Block, Conversion, Rule, Target, TypeRule, table};
use crate::template::{Unmapped, Unread};
use crate::tree::{Entry, Link, Node, NodeKind};

/// What a plan is in the library's terms.
#[derive(Debug, Default)]
pub struct Mapped {
    pub resources: Vec<MappedResource>,
    pub parts: Vec<Part>,
    /// Types that the table does not have.
    pub unmapped: Vec<Unmapped>,
    /// Attributes that nothing is made of.
    pub unread: Vec<Unread>,
}

#[derive(Debug)]
pub struct MappedResource {
    /// Its address.
    pub name: Arc<str>,
    pub name_span: Span,
    pub wire_type: Arc<str>,
    pub type_span: Span,
    pub span: Span,
    /// The provider's type.
    pub resource_type: String,
    pub properties: Properties,
    /// What is known of the names under which others speak of it.
    pub identities: Vec<Arc<str>>,
    /// Whether all of these are known.
    pub is_named: bool,
}

/// Attributes that the provider's resources have, and that no policy about what is made could ask for.
const NOTHING: &[&str] = &[
    "id",
    "arn",
    "region",
    "tags_all",
    "timeouts",
    "owner_id",
    "force_destroy",
    "force_delete",
    "skip_destroy",
    "apply_immediately",
    "unique_id",
    "create_date",
    "hosted_zone_id",
    "zone_id",
    "dns_name",
    "name_prefix",
    "account_id",
];

/// The names under which resources are spoken of.
const IDENTITIES: &[&str] =
    &["id", "arn", "name", "bucket", "function_name", "key_id", "user_name", "url", "cluster_name", "identifier"];

struct Mapping<'m, 'p> {
    changes: &'m [Change<'p>],
    configuration: &'m Configuration<'p>,
    instances: Instances,
    /// Instances by their ids and ARNs, as far as these are known.
    identified: FxHashMap<Arc<str>, (usize, &'static str)>,
}

/// What only one resource has.
const UNIQUE: [&str; 2] = ["id", "arn"];

pub fn map(changes: &[Change<'_>], configuration: &Configuration<'_>) -> Mapped {
    let mut identified = FxHashMap::default();
    for (number, change) in changes.iter().enumerate().filter(|(_, change)| !change.is_data && is_mapped(change)) {
        for attribute in UNIQUE {
            if let Some(text) = change.value(attribute).and_then(Node::text) {
                identified.entry(text.clone()).or_insert((number, attribute));
            }
        }
    }
    let mapping = Mapping { changes, configuration, instances: Instances::of(changes), identified };
    let mut mapped = Mapped::default();
    for change in changes.iter().filter(|change| !change.is_data) {
        match table().types.get(change.resource_type) {
            Some(rule) => mapping.resource(change, rule, &mut mapped),
            None => unmapped(change, &mut mapped.unmapped),
        }
    }
    mapped.unmapped.sort_by(|left, right| left.resource_type.cmp(&right.resource_type));
    mapped
}

fn unmapped(change: &Change<'_>, found: &mut Vec<Unmapped>) {
    match found.iter_mut().find(|known| *known.resource_type == *change.resource_type) {
        Some(known) => known.addresses.push(change.address.clone()),
        None => found.push(Unmapped {
            resource_type: Arc::from(change.resource_type),
            addresses: vec![change.address.clone()],
            span: change.type_span,
        }),
    }
}

/// One resource while it is mapped.
struct Subject<'s, 'p> {
    change: &'s Change<'p>,
    rule: &'s TypeRule,
    expressions: Option<&'p Node>,
}

impl<'p> Mapping<'_, 'p> {
    fn resource(&self, change: &Change<'p>, rule: &TypeRule, mapped: &mut Mapped) {
        if let Target::Chosen { by, entries } = &rule.target {
            let chosen = change.value(by).and_then(Node::text).and_then(|text| entries.get(&**text));
            return match chosen.and_then(|entry| table().types.get(entry)) {
                Some(rule) => self.resource(change, rule, mapped),
                None => unmapped(change, &mut mapped.unmapped),
            };
        }
        let subject = Subject { change, rule, expressions: self.configuration.expressions(change) };
        let mut properties = Properties::default();
        let mut unread = Vec::new();
        let mut spread: Vec<(&Rule, Span, Vec<Node>)> = Vec::new();
        for entry in &change.values {
            self.attribute(&subject, entry, &mut properties, &mut unread, &mut spread);
        }
        self.written_without_value(&subject, &mut properties);
        if !unread.is_empty() {
            mapped.unread.push(Unread {
                address: change.address.clone(),
                resource_type: Arc::from(change.resource_type),
                attributes: unread,
            });
        }
        let wire_type = match &rule.target {
            Target::Resource(wire) => wire,
            Target::Chosen { .. } => return,
            Target::Part { of, by } => {
                let appended = rule.attributes.rules.values().flatten().filter(|rule| rule.path.appends);
                mapped.parts.push(Part {
                    address: change.address.clone(),
                    span: change.address_span,
                    of: of.clone(),
                    whole: self.whole(&subject, by),
                    appended: appended.filter_map(|rule| rule.path.first().cloned()).collect(),
                    properties,
                });
                return;
            }
        };
        let known = |name: &&str| change.value(name).and_then(Node::text).cloned();
        let identities: Vec<Arc<str>> = IDENTITIES.iter().filter_map(known).collect();
        let is_named = IDENTITIES
            .iter()
            .all(|name| !change.value(name).is_some_and(|value| matches!(value.kind, NodeKind::Later(_))));
        let all = multiplied(properties, &spread);
        for (number, properties) in all.into_iter().enumerate() {
            let name = if number == 0 {
                change.address.clone()
            } else {
                Arc::from(format!("{} ({})", change.address, number + 1))
            };
            mapped.resources.push(MappedResource {
                name,
                name_span: change.address_span,
                wire_type: Arc::from(wire_type.as_str()),
                type_span: change.type_span,
                span: change.span,
                resource_type: change.resource_type.to_string(),
                properties,
                identities: identities.clone(),
                is_named,
            });
        }
        self.besides(&subject, mapped);
    }

    /// Resources that attributes are besides.
    fn besides(&self, subject: &Subject<'_, 'p>, mapped: &mut Mapped) {
        let change = subject.change;
        for also in &subject.rule.also {
            let Some(entry) = change.values.iter().find(|entry| *entry.key == *also.attribute) else { continue };
            if is_nothing(&entry.value) || self.is_unwritten(subject, entry) {
                continue;
            }
            let expression = self.expression(subject, &entry.key);
            // Each block of a list is one.
            let is_list = also.rules.iter().any(|rule| rule.block.is_some());
            let several = match &entry.value.kind {
                NodeKind::List(items) if is_list => {
                    items.iter().map(|item| Entry { value: item.clone(), ..entry.clone() }).collect()
                }
                _ => vec![entry.clone()],
            };
            for (number, one) in several.iter().enumerate() {
                let written = match expression.map(Node::items) {
                    Some(written) if is_list => written.get(number).filter(|_| written.len() == several.len()),
                    _ => expression,
                };
                let mut properties = Properties::default();
                for rule in &also.rules {
                    let mut unread = Vec::new();
                    self.apply(
                        subject,
                        rule,
                        one,
                        &change.values,
                        written,
                        &Path::default(),
                        &mut properties,
                        &mut unread,
                    );
                }
                let itself =
                    Node { kind: NodeKind::Link(self.link(change, Some(Arc::from("id")))), span: change.address_span };
                properties.put(&also.itself, change.address_span, itself);
                let index = if is_list { format!("[{number}]") } else { String::new() };
                mapped.resources.push(MappedResource {
                    name: Arc::from(format!("{}.{}{index}", change.address, also.attribute)),
                    name_span: entry.key_span,
                    wire_type: Arc::from(also.wire_type.as_str()),
                    type_span: change.type_span,
                    span: change.span,
                    resource_type: String::new(),
                    properties,
                    identities: Vec::new(),
                    is_named: true,
                });
            }
        }
    }

    fn expression(&self, subject: &Subject<'_, 'p>, attribute: &str) -> Option<&'p Node> {
        subject.expressions.and_then(|expressions| expressions.get(attribute))
    }

    /// Whether nobody wrote an attribute that is open, and what fills it in is what the service does anyway.
    fn is_unwritten(&self, subject: &Subject<'_, 'p>, entry: &Entry) -> bool {
        matches!(entry.value.kind, NodeKind::Later(_))
            && subject.rule.absent.contains(&*entry.key)
            && subject.expressions.is_some_and(|expressions| expressions.get(&entry.key).is_none())
    }

    fn attribute<'r>(
        &self,
        subject: &Subject<'r, 'p>,
        entry: &Entry,
        properties: &mut Properties,
        unread: &mut Vec<Arc<str>>,
        spread: &mut Vec<(&'r Rule, Span, Vec<Node>)>,
    ) {
        let name = &*entry.key;
        if name == "tags" && subject.rule.attributes.rules.contains_key("tags") {
            return self.tags(subject, entry, properties);
        }
        let Some(rules) = subject.rule.attributes.rules.get(name) else {
            if NOTHING.contains(&name) || subject.rule.nothing.contains(name) || is_nothing(&entry.value) {
                return;
            }
            // What nobody writes is the provider's to tell, not the configuration's to say.
            let is_written = match subject.expressions {
                Some(expressions) => expressions.get(name).is_some(),
                None => !matches!(entry.value.kind, NodeKind::Later(_)),
            };
            if is_written {
                unread.push(entry.key.clone());
                properties.put(&guessed(name), entry.key_span, not_read(subject.change, entry));
            }
            return;
        };
        if self.is_unwritten(subject, entry) || is_nothing(&entry.value) {
            return;
        }
        let expression = self.expression(subject, name);
        for rule in rules {
            if rule.conversion == Conversion::Spread && rule.block.is_none() {
                let items = self.spread_items(subject, rule, &entry.value, expression);
                spread.push((rule, entry.key_span, items));
                continue;
            }
            self.apply(subject, rule, entry, &subject.change.values, expression, &Path::default(), properties, unread);
        }
    }

    /// What a rule makes of an attribute, put below a path.
    #[expect(clippy::too_many_arguments, reason = "what stands around an attribute, and where what it gives goes")]
    fn apply(
        &self,
        subject: &Subject<'_, 'p>,
        rule: &Rule,
        entry: &Entry,
        beside: &[Entry],
        expression: Option<&'p Node>,
        below: &Path,
        properties: &mut Properties,
        unread: &mut Vec<Arc<str>>,
    ) {
        let path = Path { steps: [&below.steps[..], &rule.path.steps].concat(), appends: false };
        let value = &entry.value;
        if let Some(block) = &rule.block {
            self.block(subject, rule, block, entry, expression, &path, properties, unread);
            return;
        }
        let node = match (&rule.conversion, &value.kind) {
            (Conversion::Unread, _) => {
                unread.push(entry.key.clone());
                Some(not_read(subject.change, entry))
            }
            (Conversion::Itself, NodeKind::Bool(true)) => Some(self.itself(subject, value)),
            (Conversion::Itself, NodeKind::Bool(false)) => None,
            (Conversion::Link, _) => Some(self.linked(subject, value, expression)),
            (Conversion::Links, _) => Some(self.all_linked(subject, value, expression)),
            (Conversion::Json, NodeKind::Later(what)) => Some(self.document(subject, value, what, expression)),
            (_, NodeKind::Secret { .. }) => Some(self.secret(subject, value, expression)),
            _ => convert(value, &rule.conversion, beside).map(|node| self.secrets(subject, node, expression)),
        };
        match (node, &rule.conversion) {
            (Some(node), Conversion::Key(_)) => properties.append(&path, entry.key_span, node),
            (Some(node), _) => properties.put(&path, entry.key_span, node),
            (None, _) => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what stands around a block, and where what it gives goes")]
    fn block(
        &self,
        subject: &Subject<'_, 'p>,
        rule: &Rule,
        block: &Block,
        entry: &Entry,
        expression: Option<&'p Node>,
        path: &Path,
        properties: &mut Properties,
        unread: &mut Vec<Arc<str>>,
    ) {
        let value = &entry.value;
        let blocks: Vec<&Node> = match &value.kind {
            NodeKind::List(items) => items.iter().collect(),
            NodeKind::Mapping(_) => vec![value],
            _ => {
                // Open as a whole: so is all that it feeds.
                if path.steps.is_empty() {
                    for rule in block.rules.values().flatten().filter(|rule| !rule.path.steps.is_empty()) {
                        let top = Path { steps: rule.path.steps[..1].to_vec(), appends: false };
                        properties.put(&top, entry.key_span, value.clone());
                    }
                } else {
                    properties.put(path, entry.key_span, value.clone());
                }
                return;
            }
        };
        // Blocks that are made by a loop have no expressions of their own.
        let written = expression.map(|expression| match &expression.kind {
            NodeKind::List(items) => items.iter().collect::<Vec<&'p Node>>(),
            _ => vec![expression],
        });
        let written = written.filter(|written| written.len() == blocks.len()).unwrap_or_default();
        let span = value.span;
        let mut made: Vec<Node> = Vec::with_capacity(blocks.len());
        for (number, one) in blocks.iter().enumerate() {
            let expressions = written.get(number).copied();
            if let NodeKind::Later(_) = one.kind {
                made.push((*one).clone());
                continue;
            }
            let mut inner = Properties::default();
            let mut spread = Vec::new();
            for attribute in one.entries() {
                if is_nothing(&attribute.value) {
                    continue;
                }
                let expression = expressions.and_then(|expressions| expressions.get(&attribute.key));
                let Some(rules) = block.rules.get(&*attribute.key) else {
                    let is_default = matches!(attribute.value.kind, NodeKind::Bool(false) | NodeKind::Later(_));
                    if !NOTHING.contains(&&*attribute.key) && !is_default {
                        unread.push(Arc::from(format!("{}.{}", entry.key, attribute.key)));
                        inner.put(&guessed(&attribute.key), attribute.key_span, not_read(subject.change, attribute));
                    }
                    continue;
                };
                for rule in rules {
                    if rule.conversion == Conversion::Spread {
                        let items = self.spread_items(subject, rule, &attribute.value, expression);
                        spread.push((rule, attribute.key_span, items));
                        continue;
                    }
                    self.apply(
                        subject,
                        rule,
                        attribute,
                        one.entries(),
                        expression,
                        &Path::default(),
                        &mut inner,
                        unread,
                    );
                }
            }
            let all = multiplied(inner, &spread).into_iter();
            made.extend(all.map(|one| Node { kind: NodeKind::Mapping(one.into_entries()), span }));
        }
        let is_each = matches!(rule.conversion, Conversion::Each | Conversion::Spread);
        if is_each {
            properties.put(path, entry.key_span, Node { kind: NodeKind::List(made), span });
        } else if made.len() > 1 {
            let several = Node { kind: NodeKind::Later(Arc::from("several blocks where one is expected")), span };
            properties.put(path, entry.key_span, several);
        } else if let Some(one) = made.pop() {
            properties.put(path, entry.key_span, one);
        }
    }

    /// Tags with those that the provider adds.
    fn tags(&self, subject: &Subject<'_, 'p>, entry: &Entry, properties: &mut Properties) {
        let all = subject.change.value("tags_all").filter(|node| !is_nothing(node));
        let value = match all {
            Some(all) if !matches!(all.kind, NodeKind::Later(_)) || self.configuration.has_default_tags() => all,
            _ => &entry.value,
        };
        for rule in &subject.rule.attributes.rules["tags"] {
            let node =
                Some(value).filter(|value| !is_nothing(value)).and_then(|value| convert(value, &rule.conversion, &[]));
            if let Some(node) = node {
                properties.put(&rule.path, entry.key_span, node);
            }
        }
    }

    /// Attributes that are written, and of which a plan that only tells what is known says nothing.
    fn written_without_value(&self, subject: &Subject<'_, 'p>, properties: &mut Properties) {
        let change = subject.change;
        if change.has_marks {
            return;
        }
        for written in subject.expressions.map_or(&[][..], Node::entries) {
            let refers = written.value.get("references").is_some();
            if refers && change.value(&written.key).is_none_or(|value| matches!(value.kind, NodeKind::Null)) {
                let value =
                    Node { kind: NodeKind::Later(after_apply(&change.address, &written.key)), span: written.key_span };
                let entry = Entry { key: written.key.clone(), key_span: written.key_span, value };
                self.attribute(subject, &entry, properties, &mut Vec::new(), &mut Vec::new());
            }
        }
    }

    fn place<'a>(&self, change: &'a Change<'_>) -> Place<'a> {
        Place { module: change.module, index: change.index.as_deref() }
    }

    fn targets(&self, subject: &Subject<'_, 'p>, expression: Option<&Node>) -> Vec<Reference> {
        expression.map_or(Vec::new(), |expression| {
            self.configuration.targets(expression, self.place(subject.change), &self.instances)
        })
    }

    /// A reference to the resource that a value names, if it can be told which.
    fn linked(&self, subject: &Subject<'_, 'p>, value: &Node, expression: Option<&Node>) -> Node {
        if let [Reference::Resource(number, attribute)] = self.targets(subject, expression).as_slice()
            && !self.changes[*number].is_data
        {
            return Node {
                kind: NodeKind::Link(self.link(&self.changes[*number], attribute.clone())),
                span: value.span,
            };
        }
        self.named(value)
    }

    /// The same for a list: each element, or the whole where the plan does not have its elements.
    fn all_linked(&self, subject: &Subject<'_, 'p>, value: &Node, expression: Option<&Node>) -> Node {
        let targets = self.targets(subject, expression);
        let links: Option<Vec<Node>> = targets
            .iter()
            .map(|target| match target {
                Reference::Resource(number, attribute) if !self.changes[*number].is_data => {
                    let link = self.link(&self.changes[*number], attribute.clone());
                    Some(Node { kind: NodeKind::Link(link), span: value.span })
                }
                _ => None,
            })
            .collect();
        let links = links.filter(|links| !links.is_empty());
        match (&value.kind, links) {
            (NodeKind::Later(_), Some(links)) => Node { kind: NodeKind::List(links), span: value.span },
            (NodeKind::List(items), links) => {
                let is_open = |item: &&Node| matches!(item.kind, NodeKind::Later(_));
                let same =
                    links.filter(|links| links.len() == items.iter().filter(is_open).count()).unwrap_or_default();
                let mut same = same.into_iter();
                let item = |item: &Node| match item.kind {
                    NodeKind::Later(_) => same.next().unwrap_or_else(|| item.clone()),
                    _ => self.named(item),
                };
                Node { kind: NodeKind::List(items.iter().map(item).collect()), span: value.span }
            }
            _ => self.named(value),
        }
    }

    /// What has the name that is known, as a reference; the name where nothing of the plan has it.
    fn named(&self, value: &Node) -> Node {
        let Some(text) = value.text() else { return value.clone() };
        // An id or an ARN is one resource's; other names may be anybody's.
        let found = self.identified.get(text);
        let found = found.map(|(number, attribute)| self.link(&self.changes[*number], Some(Arc::from(*attribute))));
        match found {
            Some(link) => Node { kind: NodeKind::Link(link), span: value.span },
            None => value.clone(),
        }
    }

    fn itself(&self, subject: &Subject<'_, 'p>, value: &Node) -> Node {
        // A rule of its own speaks of the group that it is in.
        if let Some(entry) = subject.change.values.iter().find(|entry| &*entry.key == "security_group_id") {
            return self.linked(subject, &entry.value, self.expression(subject, "security_group_id"));
        }
        Node { kind: NodeKind::Link(self.link(subject.change, Some(Arc::from("id")))), span: value.span }
    }

    fn link(&self, change: &Change<'_>, attribute: Option<Arc<str>>) -> Arc<Link> {
        let attribute = attribute.unwrap_or_else(|| Arc::from("id"));
        let what = after_apply(&change.address, &attribute);
        let mut candidates: Vec<Arc<str>> = Vec::new();
        if let Some(rule) = table().types.get(change.resource_type) {
            candidates.extend(rule.reads.get(&*attribute).map(|wire| Arc::from(wire.as_str())));
            let fed = rule.attributes.rules.get(&*attribute).into_iter().flatten();
            candidates.extend(fed.filter_map(|rule| rule.path.only().cloned()));
        }
        if &*attribute != "id" {
            candidates.push(pascal(&attribute));
        }
        Arc::new(Link { resource: change.address.clone(), attribute, candidates, what })
    }

    /// Whose part a resource is.
    fn whole(&self, subject: &Subject<'_, 'p>, by: &str) -> Whole {
        let Some(entry) = subject.change.values.iter().find(|entry| &*entry.key == by) else { return Whole::Open };
        match self.linked(subject, &entry.value, self.expression(subject, by)).kind {
            NodeKind::Link(link) => Whole::Resource(link.resource.clone()),
            NodeKind::String(text) => Whole::Named(text),
            _ => Whole::Open,
        }
    }

    /// A document that is not known yet: one that a data source of the plan puts together is, in part.
    fn document(&self, subject: &Subject<'_, 'p>, value: &Node, what: &Arc<str>, expression: Option<&Node>) -> Node {
        if let [Reference::Resource(number, Some(attribute))] = self.targets(subject, expression).as_slice() {
            let change = &self.changes[*number];
            if change.is_data
                && change.resource_type == POLICY_DOCUMENT
                && matches!(&**attribute, "json" | "minified_json")
            {
                return policy(change, what);
            }
        }
        value.clone()
    }

    /// A value that nobody may see, with where it comes from: that is what policies ask of it.
    fn secret(&self, subject: &Subject<'_, 'p>, value: &Node, expression: Option<&Node>) -> Node {
        let NodeKind::Secret { name, .. } = &value.kind else { return value.clone() };
        let source = match expression.map(|expression| expression.get("constant_value")) {
            None => None,
            Some(Some(_)) => Some("literal"),
            Some(None) => match self.targets(subject, expression).as_slice() {
                [Reference::Variable(name)] if self.configuration.has_default(name) => Some("literal"),
                [Reference::Variable(_)] => Some("parameter"),
                _ => match expression.and_then(|expression| expression.get("references")?.items().first()?.text()) {
                    Some(text) if text.starts_with("data.aws_secretsmanager_") || text.starts_with("data.aws_ssm_") => {
                        Some("aws")
                    }
                    _ => None,
                },
            },
        };
        match source {
            Some(source) => Node {
                kind: NodeKind::Secret { source: Some(Arc::from(source)), name: name.clone() },
                span: value.span,
            },
            None => {
                let address = &subject.change.address;
                Node { kind: NodeKind::Later(Arc::from(format!("a sensitive value of {address}"))), span: value.span }
            }
        }
    }

    /// Secrets at any depth of a value.
    fn secrets(&self, subject: &Subject<'_, 'p>, node: Node, expression: Option<&Node>) -> Node {
        let span = node.span;
        let kind = match node.kind {
            NodeKind::Secret { .. } => return self.secret(subject, &node, expression),
            NodeKind::List(items) => {
                NodeKind::List(items.into_iter().map(|item| self.secrets(subject, item, expression)).collect())
            }
            NodeKind::Mapping(entries) => NodeKind::Mapping(
                entries
                    .into_iter()
                    .map(|entry| Entry { value: self.secrets(subject, entry.value, expression), ..entry })
                    .collect(),
            ),
            kind => kind,
        };
        Node { kind, span }
    }

    /// The elements of a list that is spread, each as it will be put.
    fn spread_items(
        &self,
        subject: &Subject<'_, 'p>,
        rule: &Rule,
        value: &Node,
        expression: Option<&Node>,
    ) -> Vec<Node> {
        // What names groups is known by the rule's own property.
        let names_groups =
            rule.path.only().is_some_and(|name| name.ends_with("SecurityGroupId") || name.ends_with("PrefixListId"));
        if let NodeKind::Bool(is_itself) = value.kind {
            return if is_itself { vec![self.itself(subject, value)] } else { Vec::new() };
        }
        let listed = if names_groups { self.all_linked(subject, value, expression) } else { value.clone() };
        match listed.kind {
            NodeKind::List(items) => items,
            _ => vec![listed],
        }
    }
}

fn is_mapped(change: &Change<'_>) -> bool {
    table().types.get(change.resource_type).is_some_and(|rule| !matches!(rule.target, Target::Part { .. }))
}

fn not_read(change: &Change<'_>, entry: &Entry) -> Node {
    let what = format!("{}.{} (not read)", change.address, entry.key);
    Node { kind: NodeKind::Later(Arc::from(what)), span: entry.value.span }
}

/// The property that an attribute most likely feeds: the one of the same name.
fn guessed(attribute: &str) -> Path {
    Path { steps: vec![Step::Name(pascal(attribute))], appends: false }
}

/// `kms_key_id` as `KmsKeyId`.
fn pascal(attribute: &str) -> Arc<str> {
    let mut out = String::with_capacity(attribute.len());
    for word in attribute.split('_') {
        let mut characters = word.chars();
        out.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(characters.as_str());
    }
    Arc::from(out)
}

/// What is there once for each element that is spread; once where there is none.
fn multiplied(base: Properties, spread: &[(&Rule, Span, Vec<Node>)]) -> Vec<Properties> {
    let mut found = Vec::new();
    for (rule, key_span, items) in spread {
        for item in items {
            let mut one = base.clone();
            one.put(&rule.path, *key_span, item.clone());
            found.push(one);
        }
    }
    if found.is_empty() {
        found.push(base);
    }
    found
}
