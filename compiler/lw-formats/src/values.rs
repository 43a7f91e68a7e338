//! Properties by their schema: literals checked and made values of the library's types, leniently as CloudFormation reads them.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use lw_check::schema::{FieldSchema, Presence, RecordSchema, ResourceSchema, TagShape, ValueSchema};
use lw_core::{NameId, Record, Value, choice};
use lw_diagnostics::Span;
use serde_json::Value as Json;

use crate::conditions::Decision;
use crate::errors;
use crate::functions::Head;
use crate::reading::{Properties, Reading, unknown};
use crate::template::Declaration;
use crate::tree::{Entry, Node, NodeKind};

impl<'t> Reading<'_, 't> {
    /// The properties of a resource, by the program's names.
    pub fn properties(&mut self, declaration: &'t Declaration, schema: &ResourceSchema) -> Properties {
        let owner = &*declaration.wire_type;
        // Whoever made a custom type knows what it takes.
        if owner.starts_with("Custom::") || owner == "AWS::CloudFormation::CustomResource" {
            let is_given = declaration.properties.as_ref().is_some_and(|node| node.get("ServiceToken").is_some());
            if !is_given && !self.absent && !self.template.is_plan && self.template.transforms.is_empty() {
                self.diagnostics.push(errors::missing_properties(&["ServiceToken"], owner, declaration.name_span));
            }
            return Properties { written: Record::new(Vec::new()), undeclared: Vec::new() };
        }
        let entries = declaration.properties.as_ref().map_or(&[][..], Node::entries);
        let place = declaration.name_span;
        let fields = self.fields(entries, &schema.record, owner, place);
        let mut undeclared = Vec::new();
        for entry in entries.iter().filter(|entry| schema.record.by_wire(&entry.key).is_none()) {
            undeclared.push((entry.key.clone(), self.document(&entry.value)));
        }
        if let Some(metadata) = &declaration.metadata {
            undeclared.push((Arc::from("Metadata"), self.document(metadata)));
        }
        Properties { written: Record::new(fields), undeclared }
    }

    /// The fields of a record literal; what does not fit is reported and left out.
    fn fields(
        &mut self,
        entries: &'t [Entry],
        schema: &RecordSchema,
        owner: &str,
        place: Span,
    ) -> Vec<(NameId, Value)> {
        let mut fields = Vec::with_capacity(entries.len());
        // By wire name: where what is given stands.
        let mut given: Vec<(&FieldSchema, Span, bool)> = Vec::with_capacity(entries.len());
        let mut meant: Vec<String> = Vec::new();
        for entry in entries {
            let Some(field) = schema.by_wire(&entry.key) else {
                // What a plan's reader guesses to be there may be called otherwise.
                let is_guess = self.template.is_plan && matches!(entry.value.kind, NodeKind::Later(_));
                if &*entry.key == "Fn::Transform" || is_guess {
                    continue;
                }
                let known = schema.fields.iter().filter(|field| !field.read_only).map(|field| field.wire.as_str());
                let (diagnostic, near) = errors::unknown_property(&entry.key, owner, entry.key_span, known);
                self.diagnostics.push(diagnostic);
                meant.extend(near);
                continue;
            };
            if field.read_only && self.template.is_plan && matches!(entry.value.kind, NodeKind::Later(_)) {
                continue;
            }
            if field.read_only {
                self.diagnostics.push(errors::read_only(&entry.key, owner, entry.key_span));
                continue;
            }
            if field.tags.is_none() {
                self.check_untaken(&entry.value, &field.value);
            }
            let head = self.head(&entry.value);
            let value = self.field(head, field, entry.value.span);
            // A provider has its own limits, and has held a plan against them.
            let is_limited = field.tags.is_none() && !self.template.is_plan;
            if let Some(constraints) = field.constraints.as_deref().filter(|_| is_limited) {
                self.check_limits(constraints, &value, &entry.value, &entry.key, owner);
            }
            let present = !matches!(value, Value::None);
            // What may turn out not to be there counts neither for nor against.
            let certain = present && !crate::functions::may_be_nothing(&value);
            if present {
                given.push((field, entry.key_span, certain));
                if let Some(name) = self.name(&field.name) {
                    fields.push((name, value));
                }
            }
        }
        if self.template.is_plan {
            return fields;
        }
        self.check_required(schema, &given, &meant, owner, place);
        if meant.is_empty() {
            self.check_presence(schema, &given, owner, place);
        }
        fields
    }

    fn check_required(
        &mut self,
        schema: &RecordSchema,
        given: &[(&FieldSchema, Span, bool)],
        meant: &[String],
        owner: &str,
        place: Span,
    ) {
        let is_given = |field: &FieldSchema| given.iter().any(|(found, ..)| found.name == field.name);
        let missing: Vec<&str> = schema
            .fields
            .iter()
            .filter(|field| !field.optional && !field.read_only && !is_given(field))
            .map(|field| field.wire.as_str())
            .filter(|wire| !meant.iter().any(|meant| meant == wire))
            .collect();
        if !missing.is_empty() {
            self.diagnostics.push(errors::missing_properties(&missing, owner, place));
        }
    }

    fn check_presence(
        &mut self,
        schema: &RecordSchema,
        given: &[(&FieldSchema, Span, bool)],
        owner: &str,
        place: Span,
    ) {
        let span = |name: &lw_check::Name| {
            given.iter().find(|(field, _, certain)| field.name == *name && *certain).map(|(_, span, _)| *span)
        };
        let absent = |name: &lw_check::Name| !given.iter().any(|(field, ..)| field.name == *name);
        let wire = |name: &lw_check::Name| schema.by_name(name).map_or(name.as_str(), |field| field.wire.as_str());
        let wires = |names: &[lw_check::Name]| names.iter().map(wire).collect::<Vec<_>>();
        let mut found = Vec::new();
        for rule in schema.presence.iter() {
            match rule {
                Presence::ExactlyOne(names) => {
                    let several: Vec<&lw_check::Name> = names.iter().filter(|name| span(name).is_some()).collect();
                    if names.iter().all(absent) {
                        found.push(errors::none_given(&wires(names), true, owner, place));
                    } else if let [first, .., last] = several.as_slice()
                        && let (Some(at), Some(other)) = (span(last), span(first))
                    {
                        found.push(errors::several_given(wire(first), wire(last), owner, at, other));
                    }
                }
                Presence::AtLeastOne(names) => {
                    if names.iter().all(absent) {
                        found.push(errors::none_given(&wires(names), false, owner, place));
                    }
                }
                Presence::Requires(first, names) => {
                    let missing: Vec<&str> = names.iter().filter(|name| absent(name)).map(wire).collect();
                    if let (Some(at), false) = (span(first), missing.is_empty()) {
                        found.push(errors::required_with(wire(first), &missing, owner, at));
                    }
                }
                Presence::Excludes(first, names) => {
                    let other = names.iter().find_map(|name| Some((name, span(name)?)));
                    if let (Some(first_at), Some((other, at))) = (span(first), other) {
                        found.push(errors::several_given(wire(first), wire(other), owner, at, first_at));
                    }
                }
            }
        }
        self.diagnostics.extend(found);
    }

    /// The value of a field; `None` where it is as good as not written.
    fn field(&mut self, head: Head<'t>, field: &FieldSchema, span: Span) -> Value {
        let value = match &field.tags {
            Some(TagShape::List(key, value, _)) => self.tags(head, key, value),
            _ => self.value(head, &field.value, span),
        };
        // What a plan leaves open may turn out to be nothing.
        let may_be_nothing = self.template.is_plan && matches!(value, Value::Undecided(_));
        if field.optional && !may_be_nothing { crate::functions::lifted(value) } else { value }
    }

    /// Holds what a decided `Fn::If` leaves out against the schema too: with other parameters it is what is made.
    ///
    /// Only that: what a function there does not find is what the condition is there for.
    fn check_untaken(&mut self, node: &'t Node, schema: &ValueSchema) {
        let Some(choice) = node.only_entry().filter(|entry| &*entry.key == "Fn::If" && !self.template.is_plan) else {
            return;
        };
        let [condition, then, otherwise] = choice.value.items() else { return };
        let Some(name) = condition.text() else { return };
        let before = self.diagnostics.len();
        let untaken = match self.named_condition(name, condition.span) {
            Decision::Known(true) => Some(otherwise),
            Decision::Known(false) => Some(then),
            Decision::Open(_) => None,
        };
        // Whoever reads the value says whether there is such a condition.
        self.diagnostics.truncate(before);
        if let Some(untaken) = untaken {
            let absent = std::mem::replace(&mut self.absent, true);
            let head = self.head(untaken);
            self.value(head, schema, untaken.span);
            self.absent = absent;
            let found = self.diagnostics.split_off(before);
            self.diagnostics.extend(found.into_iter().filter(|found| found.code.starts_with("LW02")));
        }
        self.check_untaken(then, schema);
        self.check_untaken(otherwise, schema);
    }

    /// A value by its schema; `None` is `AWS::NoValue`.
    pub fn value(&mut self, head: Head<'t>, schema: &ValueSchema, span: Span) -> Value {
        match head {
            Head::Nothing => Value::None,
            Head::Value(value) => value,
            Head::Node(node) => self.literal(node, schema, span),
            Head::Choice(condition, then, otherwise) => {
                let then = self.value(*then, schema, span);
                let otherwise = self.value(*otherwise, schema, span);
                choice(condition, then, otherwise)
            }
        }
    }

    fn literal(&mut self, node: Cow<'t, Node>, schema: &ValueSchema, span: Span) -> Value {
        match schema {
            ValueSchema::Bool => match &node.kind {
                NodeKind::Bool(value) => Value::Bool(*value),
                NodeKind::String(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
                NodeKind::String(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
                _ => self.misfit("a Bool", node, span),
            },
            ValueSchema::Int => match number(&node) {
                Some(Number::Int(value)) => Value::Int(value),
                _ => self.mismatch("an Int", &node, span),
            },
            ValueSchema::Float => match number(&node) {
                Some(Number::Int(value)) => Value::Float(value as f64),
                Some(Number::Float(value)) => Value::Float(value),
                None => self.mismatch("a number", &node, span),
            },
            ValueSchema::String | ValueSchema::Reference => match node.scalar_text() {
                Some(text) => Value::String(text),
                None => self.misfit("a String", node, span),
            },
            ValueSchema::OneOf { strings, ignore_case, .. } => {
                let Some(text) = node.scalar_text() else { return self.misfit("a String", node, span) };
                let allowed =
                    strings.iter().any(|one| **one == *text || (*ignore_case && one.eq_ignore_ascii_case(&text)));
                if !allowed && !is_dynamic(&text) && !self.is_excused(&node) {
                    self.diagnostics.push(errors::not_a_member(&text, strings, node.span));
                }
                Value::String(text)
            }
            ValueSchema::Refined { base, .. } => self.literal(node, base, span),
            ValueSchema::List(inner) => self.list(node, inner, span),
            ValueSchema::Dictionary(inner) => match node {
                Cow::Borrowed(Node { kind: NodeKind::Mapping(entries), .. }) => {
                    let mut found = Vec::with_capacity(entries.len());
                    for entry in entries {
                        self.check_untaken(&entry.value, inner);
                        let head = self.head(&entry.value);
                        let value = self.value(head, inner, entry.value.span);
                        if !matches!(value, Value::None) {
                            found.push((entry.key.clone(), value));
                        }
                    }
                    Value::dictionary(found)
                }
                node => self.mismatch("a mapping", &node, span),
            },
            ValueSchema::Record(number) => match node {
                Cow::Borrowed(Node { kind: NodeKind::Mapping(entries), span }) => {
                    let schema = self.surroundings.schema;
                    let record = &schema.records[*number as usize];
                    let fields = self.fields(entries, record, &record.name, first_key(entries, *span));
                    Value::Record(Rc::new(Record::new(fields)))
                }
                node => self.mismatch("a mapping", &node, span),
            },
            ValueSchema::Json | ValueSchema::PolicyDocument | ValueSchema::Any => self.document_of(node),
        }
    }

    fn list(&mut self, node: Cow<'t, Node>, inner: &ValueSchema, span: Span) -> Value {
        let mut values = Vec::new();
        match node {
            Cow::Borrowed(Node { kind: NodeKind::List(items), .. }) => {
                for item in items {
                    self.check_untaken(item, inner);
                    let head = self.head(item);
                    values.push(self.value(head, inner, item.span));
                }
            }
            Cow::Owned(Node { kind: NodeKind::List(items), .. }) => {
                for item in items {
                    let span = item.span;
                    values.push(self.literal(Cow::Owned(item), inner, span));
                }
            }
            // Policies look at the one all the same.
            node if matches!(inner, ValueSchema::Record(_)) && matches!(node.kind, NodeKind::Mapping(_)) => {
                self.mismatch("a list", &node, span);
                values.push(self.literal(node, inner, span));
            }
            node => return self.mismatch("a list", &node, span),
        }
        values.retain(|value| !matches!(value, Value::None));
        Value::list(values)
    }

    /// A list of mappings with a key and a value as a dictionary.
    fn tags(&mut self, head: Head<'t>, key: &str, value: &str) -> Value {
        let items = match head {
            Head::Node(Cow::Borrowed(Node { kind: NodeKind::List(items), .. })) => items,
            Head::Node(node) => {
                let span = node.span;
                return self.mismatch("a list", &node, span);
            }
            Head::Nothing => return Value::None,
            Head::Value(value) => return value,
            Head::Choice(condition, then, otherwise) => {
                let then = self.tags(*then, key, value);
                let otherwise = self.tags(*otherwise, key, value);
                return choice(condition, then, otherwise);
            }
        };
        let mut found: Vec<(Arc<str>, Value)> = Vec::with_capacity(items.len());
        for item in items {
            let head = self.head(item);
            if let Err(unknown) = self.tag(head, [key, value], item.span, &|value| value, &mut found) {
                return unknown;
            }
        }
        Value::dictionary(found)
    }

    /// One tag, or those of both worlds; the error is why none can be told.
    fn tag(
        &mut self,
        head: Head<'t>,
        [key, value]: [&str; 2],
        span: Span,
        there: &dyn Fn(Value) -> Value,
        found: &mut Vec<(Arc<str>, Value)>,
    ) -> Result<(), Value> {
        let tag = match head {
            Head::Node(Cow::Borrowed(tag)) if matches!(tag.kind, NodeKind::Mapping(_)) => tag,
            Head::Nothing => return Ok(()),
            Head::Value(value) => return Err(value),
            Head::Node(node) => {
                self.mismatch("a mapping", &node, span);
                return Ok(());
            }
            Head::Choice(condition, then, otherwise) => {
                self.tag(*then, [key, value], span, &|value| there(choice(condition, value, Value::None)), found)?;
                let other = |value| there(choice(condition, Value::None, value));
                return self.tag(*otherwise, [key, value], span, &other, found);
            }
        };
        let Some(key_node) = tag.get(key) else { return Ok(()) };
        let name = match self.text(key_node) {
            crate::functions::Text::Known(name) => name,
            crate::functions::Text::Value(value) => return Err(value),
        };
        let content = match tag.get(value) {
            Some(node) => {
                let head = self.head(node);
                self.value(head, &ValueSchema::String, node.span)
            }
            None => Value::string(""),
        };
        found.push((name, there(content)));
        Ok(())
    }

    #[expect(clippy::ptr_arg, reason = "a node that is owned is written nowhere in the resource itself")]
    fn mismatch(&mut self, expected: &str, node: &Cow<'_, Node>, span: Span) -> Value {
        if self.is_excused(node) {
            return unknown(format!("what should be {expected}"));
        }
        self.diagnostics.push(errors::mismatch(expected, node.kind_name(), span));
        unknown(format!("what should be {expected}"))
    }

    /// Reports a value of another type than a plain one, and gives it all the same: whatever it is compared with, it is not that.
    fn misfit(&mut self, expected: &str, node: Cow<'t, Node>, span: Span) -> Value {
        let nothing = self.mismatch(expected, &node, span);
        match node.kind {
            NodeKind::Null | NodeKind::Refused => nothing,
            _ => self.document_of(node),
        }
    }

    /// A value that only a parameter's default gives, in what does not exist.
    #[expect(clippy::ptr_arg, reason = "a node that is owned is written nowhere in the resource itself")]
    fn is_excused(&self, node: &Cow<'_, Node>) -> bool {
        self.absent && matches!(node, Cow::Owned(_))
    }

    /// A node whose shape no schema names, verbatim.
    pub fn document(&mut self, node: &'t Node) -> Value {
        let head = self.head(node);
        self.document_head(head)
    }

    fn document_head(&mut self, head: Head<'t>) -> Value {
        match head {
            Head::Node(node) => self.document_of(node),
            Head::Nothing => Value::None,
            Head::Value(value) => value,
            Head::Choice(condition, then, otherwise) => {
                let (then, otherwise) = (self.document_head(*then), self.document_head(*otherwise));
                choice(condition, then, otherwise)
            }
        }
    }

    fn document_of(&mut self, node: Cow<'t, Node>) -> Value {
        match node {
            Cow::Borrowed(Node { kind: NodeKind::List(items), .. }) => {
                let values = items.iter().map(|item| self.document(item));
                Value::list(values.filter(|value| !matches!(value, Value::None)).collect())
            }
            Cow::Borrowed(Node { kind: NodeKind::Mapping(entries), .. }) => {
                let mut found = Vec::with_capacity(entries.len());
                for entry in entries {
                    let value = self.document(&entry.value);
                    if !matches!(value, Value::None) {
                        found.push((entry.key.clone(), value));
                    }
                }
                Value::dictionary(found)
            }
            Cow::Owned(Node { kind: NodeKind::List(items), .. }) => {
                Value::list(items.into_iter().map(|item| self.document_of(Cow::Owned(item))).collect())
            }
            node => scalar(&node),
        }
    }
}

/// Resolved by CloudFormation itself: `{{resolve:ssm:name}}`.
fn is_dynamic(text: &str) -> bool {
    text.contains("{{resolve:")
}

enum Number {
    Int(i64),
    Float(f64),
}

fn number(node: &Node) -> Option<Number> {
    let (NodeKind::Number(text) | NodeKind::String(text)) = &node.kind else { return None };
    let text = text.trim();
    if let Ok(value) = text.parse::<i64>() {
        return Some(Number::Int(value));
    }
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    let whole = value.fract() == 0.0 && value.abs() <= lw_core::INT_MAX as f64;
    Some(if whole { Number::Int(value as i64) } else { Number::Float(value) })
}

fn scalar(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null | NodeKind::List(_) | NodeKind::Mapping(_) | NodeKind::Refused => Value::None,
        NodeKind::Later(what) => crate::reading::unknown(what.clone()),
        NodeKind::Secret { .. } | NodeKind::Link(_) => crate::reading::unknown("what is known later"),
        NodeKind::Bool(value) => Value::Bool(*value),
        NodeKind::String(text) => Value::String(text.clone()),
        NodeKind::Number(text) => match number(node) {
            Some(Number::Int(value)) => Value::Int(value),
            Some(Number::Float(value)) => Value::Float(value),
            None => Value::String(text.clone()),
        },
    }
}

/// A value as JSON, if nothing in it is known only later.
pub(crate) fn plain_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::String(text) => Json::from(&**text),
        Value::List(items) => Json::Array(items.iter().map(plain_json).collect::<Option<_>>()?),
        Value::Dictionary(entries) => Json::Object(
            entries.entries().map(|(key, value)| Some((key.to_string(), plain_json(value)?))).collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

/// Where something that is missing from a mapping is reported: its first key, since the whole may be pages.
fn first_key(entries: &[Entry], span: Span) -> Span {
    entries.first().map_or(span, |entry| entry.key_span)
}
