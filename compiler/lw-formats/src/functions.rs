//! CloudFormation's intrinsic functions, one level at a time.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use lw_core::{Boxed, Cause, ConditionId, Items, Term, Value, choice};
use lw_diagnostics::Span;

use crate::conditions::{Decision, text_choice};
use crate::errors;
use crate::reading::{Reading, later, unknown};
use crate::tree::{Link, Node, NodeKind};

/// What is left of a node once the function at its top is resolved.
#[derive(Clone, Debug)]
pub(crate) enum Head<'t> {
    /// A literal, or a collection whose parts may be functions again.
    Node(Cow<'t, Node>),
    /// `AWS::NoValue`: as if it was not written.
    Nothing,
    /// Known later, or not at all.
    Value(Value),
    /// One of two, by a condition that is open.
    Choice(ConditionId, Box<Head<'t>>, Box<Head<'t>>),
}

/// A text, if it is known.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Known(Arc<str>),
    Value(Value),
}

const FUNCTIONS: &[&str] = &[
    "Ref",
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::ForEach",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
];

impl<'t> Reading<'_, 't> {
    /// Resolves the function at the top of a node, if there is one.
    pub fn head(&mut self, node: &'t Node) -> Head<'t> {
        if matches!(node.kind, NodeKind::Refused) {
            return Head::Value(unknown("what could not be read"));
        }
        match &node.kind {
            NodeKind::Later(what) => return Head::Value(unknown(what.clone())),
            NodeKind::Secret { source, name } => return Head::Value(secret(source.clone(), name)),
            NodeKind::Link(link) => return self.linked(link),
            _ => {}
        }
        // A plan has no functions: `{"Ref": …}` in it is a mapping as any other.
        let Some(entry) = node.only_entry().filter(|_| !self.template.is_plan) else {
            return Head::Node(Cow::Borrowed(node));
        };
        let argument = &entry.value;
        match &*entry.key {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substitution(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::If" => self.choice(argument),
            "Fn::Base64" => self.base64(argument, node.span),
            "Fn::GetAZs" => Head::Value(unknown("the availability zones of the region")),
            "Fn::ImportValue" => match self.text(argument) {
                Text::Known(name) => Head::Value(unknown(format!("the export {name}"))),
                Text::Value(_) => Head::Value(unknown("an export of another stack")),
            },
            "Fn::Cidr" => self.cidr(argument, node.span),
            "Fn::Length" => self.length(argument, node.span),
            "Fn::ToJsonString" => self.json_text(argument, node.span),
            "Fn::Transform" | "Fn::ForEach" => Head::Value(unknown("what a macro makes")),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                let bool = |value| Head::Node(Cow::Owned(Node { kind: NodeKind::Bool(value), span: node.span }));
                match self.condition(node) {
                    Decision::Known(value) => bool(value),
                    Decision::Open(condition) => Head::Choice(condition, Box::new(bool(true)), Box::new(bool(false))),
                }
            }
            key if key.starts_with("Fn::") => {
                self.diagnostics.push(errors::unknown_function(key, entry.key_span, FUNCTIONS.iter().copied()));
                Head::Value(unknown(key))
            }
            _ => Head::Node(Cow::Borrowed(node)),
        }
    }

    /// A node where text is wanted.
    pub fn text(&mut self, node: &'t Node) -> Text {
        let head = self.head(node);
        self.text_of(head)
    }

    fn refuse(&mut self, function: &str, wanted: &str, at: Span) -> Head<'t> {
        self.diagnostics.push(errors::bad_argument(function, wanted, at));
        Head::Value(unknown(function))
    }

    fn reference(&mut self, argument: &'t Node) -> Head<'t> {
        let Some(name) = argument.scalar_text() else {
            return self.refuse("Ref", "the name of a parameter or resource", argument.span);
        };
        self.reference_to(&name, argument.span)
    }

    /// What a name stands for: a parameter's value, or what identifies a resource.
    fn reference_to(&mut self, name: &str, span: Span) -> Head<'t> {
        let template = self.template;
        if name == "AWS::NoValue" {
            return Head::Nothing;
        }
        if let Some(parameter) = template.parameters.get(name) {
            return self.parameter(name, parameter, span);
        }
        if name.starts_with("AWS::") {
            return match self.surroundings.settings.get(name) {
                Some(text) => Head::Node(Cow::Owned(Node { kind: NodeKind::String(text.clone()), span })),
                None => self.open_parameter(name, None, span),
            };
        }
        if template.is_made_by_macro(name) {
            return Head::Value(unknown(name));
        }
        if template.resource(name).is_none() {
            let known = template.resources.iter().map(|resource| &*resource.name);
            let known = known.chain(template.parameters.keys().map(|name| &**name));
            self.diagnostics.push(errors::unknown_reference("parameter or resource", name, span, known));
            return Head::Value(unknown(name));
        }
        let (Some(schema), Some(resource)) = (self.resource_schema(name), self.id(name)) else {
            return Head::Value(unknown(name));
        };
        let Some(attribute) = schema.referred().and_then(|field| self.name(&field.name)) else {
            return Head::Value(unknown(name));
        };
        Head::Value(later(Term::Get { resource, attribute, rest: Vec::new() }))
    }

    /// The attribute of a resource, by whichever of the names it may have there is; its identifier, if it is called that.
    fn linked(&mut self, link: &'t Link) -> Head<'t> {
        let opaque = || Head::Value(unknown(link.what.clone()));
        let (Some(schema), Some(resource)) = (self.resource_schema(&link.resource), self.id(&link.resource)) else {
            return opaque();
        };
        let record = &schema.record;
        let is_arn = |name: &str| name.ends_with("Arn");
        let field = link.candidates.iter().find_map(|name| record.by_wire(name)).or_else(|| match &*link.attribute {
            "arn" => record.fields.iter().find(|field| field.read_only && is_arn(field.wire.as_str())),
            _ => None,
        });
        let identifier = schema.referred().map(|field| field.name);
        let name = match (field, &*link.attribute) {
            (Some(field), _) => Some(field.name),
            (None, "id" | "arn" | "name") => identifier,
            (None, _) => None,
        };
        match name.and_then(|name| self.name(&name)) {
            Some(attribute) => Head::Value(later(Term::Get { resource, attribute, rest: Vec::new() })),
            None => opaque(),
        }
    }

    fn parameter(&mut self, name: &str, parameter: &'t crate::template::Parameter, span: Span) -> Head<'t> {
        let wire_type = &*parameter.wire_type;
        let is_list = wire_type == "CommaDelimitedList" || wire_type.starts_with("List<");
        // Nobody sees such a value but the service that it is for.
        if parameter.no_echo && parameter.default.is_none() {
            let argument = Boxed::new(Value::string(name));
            return Head::Value(later(Term::Secret { source: Arc::from("parameter"), argument }));
        }
        // The value of such a parameter is a name in Systems Manager.
        let is_elsewhere = wire_type.starts_with("AWS::SSM::Parameter::Value");
        let given = self.surroundings.settings.get(name).cloned();
        let text = match (given, &parameter.default) {
            _ if is_elsewhere => None,
            (Some(given), _) => Some(given),
            (None, Some(default)) => match &default.kind {
                NodeKind::List(items) if is_list => {
                    let items = items.iter().filter_map(Node::scalar_text).collect::<Vec<_>>();
                    Some(Arc::from(items.join(",")))
                }
                _ => default.scalar_text(),
            },
            (None, None) => None,
        };
        let Some(text) = text else {
            // The elements of a list are not the values that are allowed.
            let parameter = Some(parameter).filter(|_| !is_list && !is_elsewhere);
            return match parameter {
                Some(_) => self.open_parameter(name, parameter, span),
                None => Head::Value(unknown(format!("the parameter {name}"))),
            };
        };
        let kind = if is_list {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            NodeKind::List(parts.map(|part| Node { kind: NodeKind::String(Arc::from(part)), span }).collect())
        } else {
            NodeKind::String(text)
        };
        Head::Node(Cow::Owned(Node { kind, span }))
    }

    fn attribute(&mut self, argument: &'t Node) -> Head<'t> {
        let parts: Option<(Arc<str>, Text)> = match &argument.kind {
            NodeKind::String(text) => {
                text.split_once('.').map(|(name, attribute)| (Arc::from(name), Text::Known(Arc::from(attribute))))
            }
            NodeKind::List(items) => match items.as_slice() {
                [name, rest @ ..] if !rest.is_empty() => {
                    let texts: Vec<Text> = rest.iter().map(|part| self.text(part)).collect();
                    let known: Option<Vec<Arc<str>>> = texts
                        .iter()
                        .map(|text| match text {
                            Text::Known(text) => Some(text.clone()),
                            Text::Value(_) => None,
                        })
                        .collect();
                    let attribute = match known {
                        Some(known) => Text::Known(Arc::from(known.join("."))),
                        None => Text::Value(unknown("an attribute")),
                    };
                    name.text().map(|name| (name.clone(), attribute))
                }
                _ => None,
            },
            _ => None,
        };
        match parts {
            Some((name, Text::Known(attribute))) => self.attribute_of(&name, &attribute, argument.span),
            Some((_, Text::Value(value))) => Head::Value(value),
            None => self.refuse("Fn::GetAtt", "a resource and one of its attributes", argument.span),
        }
    }

    fn attribute_of(&mut self, name: &str, attribute: &str, span: Span) -> Head<'t> {
        let template = self.template;
        let opaque = || Head::Value(unknown(format!("{name}.{attribute}")));
        if template.is_made_by_macro(name) {
            return opaque();
        }
        let Some(declaration) = template.resource(name) else {
            let known = template.resources.iter().map(|resource| &*resource.name);
            self.diagnostics.push(errors::unknown_reference("resource", name, span, known));
            return opaque();
        };
        let wire_type = &*declaration.wire_type;
        // Attributes of these are what somebody else makes of them.
        if wire_type.starts_with("Custom::")
            || matches!(wire_type, "AWS::CloudFormation::Stack" | "AWS::CloudFormation::CustomResource")
        {
            return opaque();
        }
        let Some(schema) = self.resource_schema(name) else { return opaque() };
        let mut steps = attribute.split('.');
        let mut field = steps.next().and_then(|step| schema.record.by_wire(step));
        let first = field;
        let mut rest = Vec::new();
        for step in steps {
            let record = match field.map(|field| &field.value) {
                Some(lw_check::schema::ValueSchema::Record(record)) => {
                    &self.surroundings.schema.records[*record as usize]
                }
                Some(_) => return opaque(),
                None => break,
            };
            field = record.by_wire(step);
            rest.extend(field.and_then(|field| self.name(&field.name)));
        }
        let (Some(first), Some(_)) = (first, field) else {
            let known = schema.record.fields.iter().map(|field| field.wire.as_str());
            self.diagnostics.push(errors::unknown_attribute_of(attribute, &schema.name, span, known));
            return opaque();
        };
        match (self.id(name), self.name(&first.name)) {
            (Some(resource), Some(attribute)) => Head::Value(later(Term::Get { resource, attribute, rest })),
            _ => opaque(),
        }
    }

    fn substitution(&mut self, argument: &'t Node) -> Head<'t> {
        let (text, names) = match &argument.kind {
            NodeKind::List(items) => match items.as_slice() {
                [text, names] => (text, names.entries()),
                [text] => (text, &[][..]),
                _ => return self.refuse("Fn::Sub", "a text, and what its names stand for", argument.span),
            },
            _ => (argument, &[][..]),
        };
        let Some(pattern) = text.scalar_text() else {
            return self.refuse("Fn::Sub", "a text, and what its names stand for", argument.span);
        };
        let mut parts: Vec<Text> = Vec::new();
        let mut rest = &*pattern;
        while let Some(start) = rest.find("${") {
            parts.push(Text::Known(Arc::from(&rest[..start])));
            let Some(end) = rest[start..].find('}') else { break };
            let name = rest[start + 2..start + end].trim();
            let whole = &rest[start..=start + end];
            rest = &rest[start + end + 1..];
            parts.push(match name.strip_prefix('!') {
                Some(_) => Text::Known(Arc::from(whole.replacen("${!", "${", 1))),
                None => match names.iter().find(|entry| &*entry.key == name) {
                    Some(entry) => self.text(&entry.value),
                    None => {
                        let head = match name.split_once('.') {
                            Some((resource, attribute)) => self.attribute_of(resource, attribute, text.span),
                            None => self.reference_to(name, text.span),
                        };
                        self.text_of(head)
                    }
                },
            });
        }
        parts.push(Text::Known(Arc::from(rest)));
        Self::concatenated(parts, argument.span)
    }

    fn text_of(&mut self, head: Head<'t>) -> Text {
        match head {
            Head::Node(node) => match &node.kind {
                // A list of texts in a text: as `Fn::Join` with a comma would have it.
                NodeKind::List(items) => {
                    let items: Vec<Arc<str>> = items.iter().filter_map(Node::scalar_text).collect();
                    Text::Known(Arc::from(items.join(",")))
                }
                _ => node.scalar_text().map_or_else(|| Text::Value(unknown("a text")), Text::Known),
            },
            Head::Nothing => Text::Known(Arc::from("")),
            Head::Value(value) => Text::Value(value),
            Head::Choice(condition, then, otherwise) => {
                let (then, otherwise) = (self.text_of(*then), self.text_of(*otherwise));
                text_choice(condition, then, otherwise)
            }
        }
    }

    fn concatenated(parts: Vec<Text>, span: Span) -> Head<'t> {
        let mut known = String::new();
        let mut values: Vec<Value> = Vec::new();
        for part in parts {
            match part {
                Text::Known(text) => known.push_str(&text),
                Text::Value(value) => {
                    if !known.is_empty() {
                        values.push(Value::string(std::mem::take(&mut known)));
                    }
                    match &value {
                        // Never nested.
                        Value::Later(inner) if matches!(inner.term, Term::Concat(_)) => {
                            let Term::Concat(inner) = &inner.term else { continue };
                            values.extend(inner.iter().cloned());
                        }
                        _ => values.push(value),
                    }
                }
            }
        }
        if values.is_empty() {
            return Head::Node(Cow::Owned(Node { kind: NodeKind::String(Arc::from(known)), span }));
        }
        if !known.is_empty() {
            values.push(Value::string(known));
        }
        if values.len() == 1 {
            return Head::Value(values.remove(0));
        }
        Head::Value(later(Term::Concat(Items::new(values))))
    }

    fn join(&mut self, argument: &'t Node) -> Head<'t> {
        let [separator, list] = argument.items() else {
            return self.refuse("Fn::Join", "a separator and a list", argument.span);
        };
        let Some(separator) = separator.scalar_text() else {
            return self.refuse("Fn::Join", "a separator and a list", separator.span);
        };
        match self.elements(list) {
            Ok(items) => {
                let mut parts = Vec::with_capacity(items.len() * 2);
                for item in items {
                    if matches!(item, Head::Nothing) {
                        continue;
                    }
                    if !parts.is_empty() {
                        parts.push(Text::Known(separator.clone()));
                    }
                    let text = self.text_of(item);
                    parts.push(text);
                }
                Self::concatenated(parts, argument.span)
            }
            Err(value) => Head::Value(later(Term::Join { separator, parts: Boxed::new(value) })),
        }
    }

    /// The elements of a list, each resolved; or the list as a value.
    pub fn elements(&mut self, list: &'t Node) -> Result<Vec<Head<'t>>, Value> {
        let head = self.head(list);
        self.elements_of(head)
    }

    fn elements_of(&mut self, head: Head<'t>) -> Result<Vec<Head<'t>>, Value> {
        match head {
            Head::Node(Cow::Borrowed(node)) => match &node.kind {
                NodeKind::List(items) => Ok(items.iter().map(|item| self.head(item)).collect()),
                _ => Ok(vec![Head::Node(Cow::Borrowed(node))]),
            },
            Head::Node(Cow::Owned(node)) => match node.kind {
                NodeKind::List(items) => Ok(items.into_iter().map(|item| Head::Node(Cow::Owned(item))).collect()),
                kind => Ok(vec![Head::Node(Cow::Owned(Node { kind, span: node.span }))]),
            },
            Head::Nothing => Ok(Vec::new()),
            Head::Value(value) => Err(value),
            Head::Choice(condition, then, otherwise) => {
                let (then, otherwise) = (self.list_value(*then), self.list_value(*otherwise));
                Err(choice(condition, then, otherwise))
            }
        }
    }

    /// A list of texts as a value.
    fn list_value(&mut self, head: Head<'t>) -> Value {
        match self.elements_of(head) {
            Ok(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    if matches!(item, Head::Nothing) {
                        continue;
                    }
                    values.push(match self.text_of(item) {
                        Text::Known(text) => Value::String(text),
                        Text::Value(value) => value,
                    });
                }
                Value::list(values)
            }
            Err(value) => value,
        }
    }

    fn select(&mut self, argument: &'t Node) -> Head<'t> {
        let [index, list] = argument.items() else {
            return self.refuse("Fn::Select", "a number and a list", argument.span);
        };
        let head = self.head(index);
        let list_head = self.head(list);
        self.over(head, &mut |reading, head| {
            let index_text = match reading.text_of(head) {
                Text::Known(text) => text,
                Text::Value(value) => return Head::Value(value),
            };
            let Ok(number) = index_text.trim().parse::<i64>() else {
                return reading.refuse("Fn::Select", "a number and a list", index.span);
            };
            reading.over(list_head.clone(), &mut |reading, list| reading.selected(number, list, index.span))
        })
    }

    fn selected(&mut self, number: i64, list: Head<'t>, span: Span) -> Head<'t> {
        match self.elements_of(list) {
            Ok(mut items) => {
                items.retain(|item| !matches!(item, Head::Nothing));
                match usize::try_from(number).ok().filter(|at| *at < items.len()) {
                    Some(at) => items.swap_remove(at),
                    None => {
                        self.diagnostics.push(errors::out_of_range(number, items.len(), span));
                        Head::Value(unknown("an element of a list"))
                    }
                }
            }
            Err(value) => match usize::try_from(number) {
                Ok(index) => Head::Value(later(Term::Select { index, list: Boxed::new(value) })),
                Err(_) => self.refuse("Fn::Select", "a number and a list", span),
            },
        }
    }

    fn split(&mut self, argument: &'t Node) -> Head<'t> {
        let [separator, text] = argument.items() else {
            return self.refuse("Fn::Split", "a separator and a text", argument.span);
        };
        let Some(separator) = separator.scalar_text().filter(|text| !text.is_empty()) else {
            return self.refuse("Fn::Split", "a separator and a text", separator.span);
        };
        let head = self.head(text);
        self.over(head, &mut |reading, head| match reading.text_of(head) {
            Text::Known(whole) => {
                let part = |part: &str| Node { kind: NodeKind::String(Arc::from(part)), span: text.span };
                let parts = whole.split(&*separator).map(part).collect();
                Head::Node(Cow::Owned(Node { kind: NodeKind::List(parts), span: argument.span }))
            }
            Text::Value(value) => {
                Head::Value(later(Term::Split { separator: separator.clone(), text: Boxed::new(value) }))
            }
        })
    }

    fn find_in_map(&mut self, argument: &'t Node) -> Head<'t> {
        let (keys, default) = match argument.items() {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, default] => ([map, first, second], default.get("DefaultValue")),
            _ => return self.refuse("Fn::FindInMap", "a map and two keys", argument.span),
        };
        let mut heads = Vec::with_capacity(3);
        for key in keys {
            heads.push((self.head(key), key.span));
        }
        let [map, first, second] = [heads[0].clone(), heads[1].clone(), heads[2].clone()];
        self.over(map.0, &mut |reading, map_name| {
            reading.over(first.0.clone(), &mut |reading, first_key| {
                let (map_name, first_key) = (map_name.clone(), first_key.clone());
                reading.over(second.0.clone(), &mut |reading, second_key| {
                    let keys = [(map_name.clone(), map.1), (first_key.clone(), first.1), (second_key, second.1)];
                    reading.found_in_map(keys, default)
                })
            })
        })
    }

    fn found_in_map(&mut self, keys: [(Head<'t>, Span); 3], default: Option<&'t Node>) -> Head<'t> {
        let mut known: Vec<(Arc<str>, Span)> = Vec::with_capacity(3);
        for (key, span) in keys {
            match self.text_of(key) {
                Text::Known(text) => known.push((text, span)),
                Text::Value(value) => return Head::Value(value),
            }
        }
        let template = self.template;
        let (map_name, map_span) = &known[0];
        let Some(map) = template.mappings.get(map_name) else {
            let names = template.mappings.keys().map(|name| &**name);
            self.diagnostics.push(errors::unknown_reference("mapping", map_name, *map_span, names));
            return Head::Value(unknown("an unknown mapping"));
        };
        let mut found = map;
        for (step, span) in &known[1..] {
            match found.get(step) {
                Some(inner) => found = inner,
                None => match default {
                    Some(default) => return self.head(default),
                    None => {
                        let names = found.entries().iter().map(|entry| &*entry.key);
                        let what = format!("entry of the mapping `{map_name}` named");
                        self.diagnostics.push(errors::unknown_reference(&what, step, *span, names));
                        return Head::Value(unknown("an unknown entry of a mapping"));
                    }
                },
            }
        }
        Head::Node(Cow::Borrowed(found))
    }

    /// What a function of a value gives for each of what the value can be.
    fn over(
        &mut self,
        head: Head<'t>,
        function: &mut dyn FnMut(&mut Reading<'_, 't>, Head<'t>) -> Head<'t>,
    ) -> Head<'t> {
        match head {
            Head::Choice(condition, then, otherwise) => {
                let then = self.over(*then, function);
                let otherwise = self.over(*otherwise, function);
                Head::Choice(condition, Box::new(then), Box::new(otherwise))
            }
            head => function(self, head),
        }
    }

    fn choice(&mut self, argument: &'t Node) -> Head<'t> {
        let [condition, then, otherwise] = argument.items() else {
            return self.refuse("Fn::If", "a condition and two values", argument.span);
        };
        let decision = match condition.text() {
            Some(name) => self.named_condition(name, condition.span),
            None => self.condition(condition),
        };
        match decision {
            Decision::Known(true) => self.head(then),
            Decision::Known(false) => self.head(otherwise),
            Decision::Open(condition) => {
                Head::Choice(condition, Box::new(self.head(then)), Box::new(self.head(otherwise)))
            }
        }
    }

    fn base64(&mut self, argument: &'t Node, span: Span) -> Head<'t> {
        match self.text(argument) {
            Text::Known(text) => {
                let encoded = base64::engine::general_purpose::STANDARD.encode(text.as_bytes());
                Head::Node(Cow::Owned(Node { kind: NodeKind::String(Arc::from(encoded)), span }))
            }
            Text::Value(value) => Head::Value(later(Term::Base64(Boxed::new(value)))),
        }
    }

    fn cidr(&mut self, argument: &'t Node, span: Span) -> Head<'t> {
        let (block, count, bits) = match argument.items() {
            [block, count] => (block, count, None),
            [block, count, bits] => (block, count, Some(bits)),
            _ => return self.refuse("Fn::Cidr", "a range, how many, and how many bits each has", argument.span),
        };
        let (block, count) = (self.text(block), self.text(count));
        let bits = bits.map_or(Text::Known(Arc::from("8")), |bits| self.text(bits));
        let (Text::Known(block), Text::Known(count), Text::Known(bits)) = (block, count, bits) else {
            return Head::Value(unknown("ranges within a network that is known later"));
        };
        match crate::network::ranges(&block, &count, &bits) {
            Some(ranges) => {
                let node = |text: String| Node { kind: NodeKind::String(Arc::from(text)), span };
                let ranges = ranges.into_iter().map(node).collect();
                Head::Node(Cow::Owned(Node { kind: NodeKind::List(ranges), span }))
            }
            None => self.refuse("Fn::Cidr", "a range that has room for that many", argument.span),
        }
    }

    fn length(&mut self, argument: &'t Node, span: Span) -> Head<'t> {
        match self.elements(argument) {
            Ok(items) => {
                let count = items.iter().filter(|item| !matches!(item, Head::Nothing)).count();
                Head::Node(Cow::Owned(Node { kind: NodeKind::Number(Arc::from(count.to_string())), span }))
            }
            Err(_) => Head::Value(unknown("the length of a list that is known later")),
        }
    }

    fn json_text(&mut self, argument: &'t Node, span: Span) -> Head<'t> {
        let document = self.document(argument);
        match crate::values::plain_json(&document) {
            Some(json) => {
                let text = NodeKind::String(Arc::from(json.to_string()));
                Head::Node(Cow::Owned(Node { kind: text, span }))
            }
            None => Head::Value(later(Term::Json(Boxed::new(document)))),
        }
    }
}

/// What nobody may see: nothing but where it comes from can be asked of it.
fn secret(source: Option<Arc<str>>, name: &str) -> Value {
    match source {
        Some(source) => later(Term::Secret { source, argument: Boxed::new(Value::string(name)) }),
        None => unknown("a sensitive value"),
    }
}

/// A value of an optional property as a program reads it.
pub(crate) fn lifted(value: Value) -> Value {
    match value {
        Value::None => Value::None,
        Value::Undecided(cause) => match &*cause {
            Cause::Choice(inner) => {
                choice(inner.condition, lifted((*inner.then).clone()), lifted((*inner.otherwise).clone()))
            }
            _ => Value::some(Value::Undecided(cause)),
        },
        value => Value::some(value),
    }
}

/// Whether a value may turn out to be `AWS::NoValue`.
pub(crate) fn may_be_nothing(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Undecided(cause) => match &**cause {
            Cause::Choice(inner) => may_be_nothing(&inner.then) || may_be_nothing(&inner.otherwise),
            _ => false,
        },
        _ => false,
    }
}
