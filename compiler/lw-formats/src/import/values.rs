//! Values by the schema of what they are for.

use lw_check::Name;
use lw_check::schema::{FieldSchema, RecordSchema, ReferenceKind, TagShape, ValueSchema};

use super::code::{Code, Entries, Kind, Level, choice};
use super::functions::{decimal, function, integer, is_no_value, number};
use super::names::camel;
use super::{Helper, Import, errors};
use crate::tree::{Entry, Node, NodeKind};

/// What a value is for.
#[derive(Clone, Copy)]
pub(super) struct Sink<'a> {
    pub schema: &'a ValueSchema,
    pub reference: Option<(ReferenceKind, Name)>,
    pub takes_secrets: bool,
}

impl<'a> Sink<'a> {
    pub fn of(field: &'a FieldSchema) -> Sink<'a> {
        Sink { schema: &field.value, reference: field.reference, takes_secrets: field.takes_secrets }
    }
}

impl<'t> Import<'_, 't> {
    /// The fields of a record or resource, each with its comments.
    pub(super) fn fields(&mut self, entries: &'t [Entry], schema: &RecordSchema, owner: &str, start: u32) -> Entries {
        let mut written = Entries::new('{', '}');
        let mut from = start;
        for entry in entries {
            let above = self.comments.take(from, entry.key_span.start);
            from = entry.key_span.start;
            match schema.by_wire(&entry.key) {
                Some(field) => {
                    if let Some(value) = self.field(&entry.value, field) {
                        let beside = self.beside(entry);
                        written.push(above, format!("{}: {}", field.name, value.written()), beside);
                        continue;
                    }
                }
                None if &*entry.key == "Fn::Transform" => {
                    let reason = "a macro is a program of its own that only the account that it runs in knows";
                    self.diagnostics.push(errors::no_form("Fn::Transform", reason, entry.key_span));
                }
                // Whoever checks the program says what is wrong with it.
                None => {
                    let value = self.expression(&entry.value);
                    self.diagnostics.push(errors::unknown_property(&entry.key, owner, entry.key_span));
                    written.push(above, format!("{}: {}", camel(&entry.key), value.written()), None);
                    continue;
                }
            }
            // Nothing is written that the comment could stand above.
            self.comments.give_back(above.len(), entry.key_span.start);
        }
        written
    }

    /// A comment on the line of a value that ends there.
    fn beside(&mut self, entry: &Entry) -> Option<String> {
        self.beside_of(&entry.value, entry.value.span.end.max(entry.key_span.end))
    }

    fn beside_of(&mut self, value: &Node, end: u32) -> Option<String> {
        let comment = self.comments.next_after(end)?;
        let between = comment.span.start.saturating_sub(end);
        // On the same line, and not below the value.
        (between < 80 && comment.is_trailing && !matches!(value.kind, NodeKind::Mapping(_) | NodeKind::List(_)))
            .then(|| self.comments.take(comment.span.start, comment.span.start + 1).pop())
            .flatten()
    }

    fn field(&mut self, node: &'t Node, field: &FieldSchema) -> Option<Code> {
        if let Some(TagShape::List(key, value, _)) = &field.tags {
            return self.tags(node, key.as_str(), value.as_str());
        }
        self.value(node, Sink::of(field))
    }

    /// A value; nothing for `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'t Node, sink: Sink<'_>) -> Option<Code> {
        if is_no_value(node) || matches!(node.kind, NodeKind::Refused) {
            return None;
        }
        match function(node) {
            Some(("Fn::If", argument)) => {
                let [condition, then, otherwise] = argument.items() else {
                    return Some(self.unreadable("Fn::If", node));
                };
                let condition = self.condition_of(condition);
                let then = self.under(&condition, true, |all| all.value(then, sink));
                let otherwise = self.under(&condition, false, |all| all.value(otherwise, sink));
                if then.is_none() && otherwise.is_none() {
                    return None;
                }
                let (then, otherwise) = super::secrets::alike(then, otherwise);
                if let (Some(Code::Plain { text: first, kind: Kind::Bool, .. }), Some(Code::Plain { text: second, .. })) =
                    (&then, &otherwise)
                    && first == "True"
                    && second == "False"
                {
                    return Some(condition);
                }
                Some(choice(&condition, then, otherwise, "None"))
            }
            _ if sink.takes_secrets && super::secrets::is_resolved(node) => {
                let code = self.text(node);
                Some(super::secrets::secret(code.clone()).unwrap_or_else(|| self.fit(code, sink)))
            }
            Some(("Ref", argument)) => {
                let Some(name) = argument.scalar_text() else { return Some(self.unreadable("Ref", node)) };
                let code = self.reference(&name, sink.reference, argument.span);
                let is_wanted = sink.reference.is_some()
                    && matches!(sink.schema, ValueSchema::Reference)
                    && self
                        .template
                        .resource(&name)
                        .is_some_and(|declaration| self.resource_schema(declaration).is_some())
                    && self.is_bare(&name, &code);
                Some(if is_wanted { code } else { self.fit(code, sink) })
            }
            Some(("Fn::GetAtt", argument)) => {
                let (code, is_wanted) = self.get_attribute(argument, sink.reference);
                let is_plain = matches!(sink.schema, ValueSchema::Reference) && is_wanted;
                Some(if is_plain { code } else { self.fit(code, sink) })
            }
            Some(_) => {
                let code = self.expression(node);
                Some(self.fit(code, sink))
            }
            None => Some(self.literal(node, sink)),
        }
    }

    /// Whether an expression is a resource itself.
    fn is_bare(&mut self, name: &str, code: &Code) -> bool {
        let Some(declaration) = self.template.resource(name) else { return false };
        self.target(name, declaration) == code.written()
    }

    fn literal(&mut self, node: &'t Node, sink: Sink<'_>) -> Code {
        let scalar = node.scalar_text();
        if let Some(text) = scalar.as_deref().filter(|text| self.mentions_variable(text)) {
            let code = self.stored_text(text);
            return self.fit(code, sink);
        }
        match (sink.schema, scalar) {
            (ValueSchema::Refined { base, .. }, _) => self.literal(node, Sink { schema: base, ..sink }),
            (ValueSchema::Bool, Some(text)) if text.eq_ignore_ascii_case("true") => Code::atom(Kind::Bool, "True"),
            (ValueSchema::Bool, Some(text)) if text.eq_ignore_ascii_case("false") => Code::atom(Kind::Bool, "False"),
            (ValueSchema::Int, Some(text)) => match number(text.trim()) {
                Some(code) if code.kind() == Kind::Int => code,
                _ => match text.trim().parse::<f64>() {
                    Ok(value) if value.fract() == 0.0 && value.abs() <= lw_core::INT_MAX as f64 => {
                        integer(value as i64)
                    }
                    _ => Code::literal(&*text),
                },
            },
            (ValueSchema::Float, Some(text)) => match text.trim().parse::<f64>() {
                Ok(value) if value.is_finite() => decimal(value),
                _ => Code::literal(&*text),
            },
            (ValueSchema::String | ValueSchema::Reference | ValueSchema::OneOf { .. }, Some(text)) => {
                self.stored_text(&text)
            }
            (ValueSchema::List(inner), _) if matches!(node.kind, NodeKind::List(_)) => {
                let inner = Sink { schema: inner, takes_secrets: false, ..sink };
                let (text, level) = self.list(node, &mut |import, item| import.value(item, inner));
                Code::Plain { text, kind: Kind::Document, level }
            }
            (ValueSchema::Dictionary(inner), _) if matches!(node.kind, NodeKind::Mapping(_)) => {
                let inner = Sink { schema: inner, reference: None, takes_secrets: false };
                self.dictionary(node, inner)
            }
            (ValueSchema::Record(number), _) if matches!(node.kind, NodeKind::Mapping(_)) => {
                let schema = self.surroundings.schema;
                let record = &schema.records[*number as usize];
                let fields = self.fields(node.entries(), record, record.name.as_str(), node.span.start);
                Code::atom(Kind::Document, fields.written(false))
            }
            (ValueSchema::Json | ValueSchema::PolicyDocument | ValueSchema::Any, _) => {
                self.document(node).unwrap_or_else(|| Code::atom(Kind::Document, "None"))
            }
            _ => self.expression(node),
        }
    }

    /// A list; elements that may not be there are lists of their own.
    pub(super) fn list(
        &mut self,
        node: &'t Node,
        element: &mut dyn FnMut(&mut Self, &'t Node) -> Option<Code>,
    ) -> (String, Level) {
        let mut parts: Vec<String> = Vec::new();
        let mut entries = Entries::new('[', ']');
        let mut from = node.span.start;
        for item in node.items() {
            let above = self.comments.take(from, item.span.start);
            from = item.span.start;
            if may_be_nothing(item) {
                if !entries.is_empty() {
                    parts.push(std::mem::replace(&mut entries, Entries::new('[', ']')).written(false));
                }
                if let Some(part) = self.optional_element(item, element) {
                    parts.push(format!("({part})"));
                }
                self.comments.give_back(above.len(), item.span.start);
                continue;
            }
            if let Some(code) = element(self, item) {
                let beside = self.beside_of(item, item.span.end);
                entries.push(above, code.written(), beside);
            }
        }
        if !entries.is_empty() || parts.is_empty() {
            parts.push(entries.written(false));
        }
        let level = if parts.len() > 1 { Level::Operator } else { Level::Atom };
        (parts.join(" ++ "), level)
    }

    /// `if condition then [element] else []`
    fn optional_element(
        &mut self,
        item: &'t Node,
        element: &mut dyn FnMut(&mut Self, &'t Node) -> Option<Code>,
    ) -> Option<String> {
        if is_no_value(item) {
            return None;
        }
        if let (true, Some(("Fn::If", argument))) = (may_be_nothing(item), function(item))
            && let [condition, then, otherwise] = argument.items()
        {
            let condition = self.condition_of(condition);
            let then = self.under(&condition, true, |all| all.optional_element(then, element));
            let otherwise = self.under(&condition, false, |all| all.optional_element(otherwise, element));
            let branch = |code: Option<String>| code.unwrap_or_else(|| "[]".to_string());
            let (condition, then, otherwise) = (condition.written(), branch(then), branch(otherwise));
            return Some(format!("if {condition} then {then} else {otherwise}"));
        }
        element(self, item).map(|code| format!("[{}]", code.written()))
    }

    fn dictionary(&mut self, node: &'t Node, sink: Sink<'_>) -> Code {
        let mut entries = Entries::new('{', '}');
        let mut optional: Vec<String> = Vec::new();
        for entry in node.entries() {
            let above = self.comments.take(node.span.start, entry.key_span.start);
            let key = Code::literal(&*entry.key).written();
            if may_be_nothing(&entry.value) {
                optional.extend(self.optional_entry(&key, &entry.value, sink));
                self.comments.give_back(above.len(), entry.key_span.start);
                continue;
            }
            if let Some(value) = self.value(&entry.value, sink) {
                entries.push(above, format!("{key}: {}", value.written()), None);
            }
        }
        merged(entries, optional)
    }

    /// `if condition then {key: value} else {}`
    fn optional_entry(&mut self, key: &str, node: &'t Node, sink: Sink<'_>) -> Option<String> {
        if is_no_value(node) {
            return None;
        }
        if let (true, Some(("Fn::If", argument))) = (may_be_nothing(node), function(node))
            && let [condition, then, otherwise] = argument.items()
        {
            let condition = self.condition_of(condition);
            let then = self.under(&condition, true, |all| all.optional_entry(key, then, sink));
            let otherwise = self.under(&condition, false, |all| all.optional_entry(key, otherwise, sink));
            let branch = |code: Option<String>| code.unwrap_or_else(|| "{}".to_string());
            let (condition, then, otherwise) = (condition.written(), branch(then), branch(otherwise));
            return Some(format!("if {condition} then {then} else {otherwise}"));
        }
        self.value(node, sink).map(|value| format!("{{{key}: {}}}", value.written()))
    }

    /// A list of mappings with a key and a value as a dictionary.
    fn tags(&mut self, node: &'t Node, key: &str, value: &str) -> Option<Code> {
        if is_no_value(node) {
            return None;
        }
        if let Some(("Fn::If", argument)) = function(node)
            && let [condition, then, otherwise] = argument.items()
        {
            let condition = self.condition_of(condition);
            let then = self.under(&condition, true, |all| all.tags(then, key, value));
            let otherwise = self.under(&condition, false, |all| all.tags(otherwise, key, value));
            return Some(choice(&condition, then, otherwise, "None"));
        }
        if function(node).is_some() || !matches!(node.kind, NodeKind::List(_)) {
            return Some(self.expression(node));
        }
        let mut entries = Entries::new('{', '}');
        let mut optional: Vec<String> = Vec::new();
        for item in node.items() {
            let above = self.comments.take(node.span.start, item.span.start);
            if function(item).is_some() {
                optional.extend(self.optional_tag(item, key, value));
                self.comments.give_back(above.len(), item.span.start);
            } else if let Some(text) = self.tag(item, key, value) {
                entries.push(above, text, None);
            }
        }
        Some(merged(entries, optional))
    }

    fn tag(&mut self, item: &'t Node, key: &str, value: &str) -> Option<String> {
        let name = self.text(item.get(key)?);
        let name = match name.as_literal() {
            Some(_) => name.written(),
            None => format!("({})", name.written()),
        };
        let content = item.get(value).map_or_else(|| Code::literal(""), |node| self.text(node));
        Some(format!("{name}: {}", content.written()))
    }

    fn optional_tag(&mut self, item: &'t Node, key: &str, value: &str) -> Option<String> {
        if is_no_value(item) {
            return None;
        }
        match function(item) {
            Some(("Fn::If", argument)) => {
                let [condition, then, otherwise] = argument.items() else { return None };
                let condition = self.condition_of(condition);
                let then = self.under(&condition, true, |all| all.optional_tag(then, key, value));
                let otherwise = self.under(&condition, false, |all| all.optional_tag(otherwise, key, value));
                let branch = |code: Option<String>| code.unwrap_or_else(|| "{}".to_string());
                let (condition, then, otherwise) = (condition.written(), branch(then), branch(otherwise));
                Some(format!("if {condition} then {then} else {otherwise}"))
            }
            Some((name, _)) => {
                let reason = "a tag is written with its key and its value";
                self.diagnostics.push(errors::no_form(name, reason, item.span));
                None
            }
            None => self.tag(item, key, value).map(|text| format!("{{{text}}}")),
        }
    }

    /// A node whose shape no schema names, verbatim; nothing for `AWS::NoValue`.
    pub(super) fn document(&mut self, node: &'t Node) -> Option<Code> {
        if is_no_value(node) {
            return None;
        }
        match function(node) {
            Some(("Fn::If", argument)) => {
                let [condition, then, otherwise] = argument.items() else {
                    return Some(self.unreadable("Fn::If", node));
                };
                let condition = self.condition_of(condition);
                let then = self.under(&condition, true, |all| all.document(then));
                let otherwise = self.under(&condition, false, |all| all.document(otherwise));
                return Some(choice(&condition, then, otherwise, "None"));
            }
            Some((name, _)) => {
                let code = self.expression(node);
                // What a parameter gives is text in a document.
                return Some(if name == "Ref" && code.kind() != Kind::Texts { code.into_text() } else { code });
            }
            None => {}
        }
        Some(match &node.kind {
            NodeKind::List(_) => {
                let mut entries = Entries::new('[', ']');
                let mut from = node.span.start;
                let is_open = node.items().iter().any(may_be_nothing);
                for item in node.items() {
                    let above = self.comments.take(from, item.span.start);
                    from = item.span.start;
                    if let Some(code) = self.document(item) {
                        let beside = self.beside_of(item, item.span.end);
                        entries.push(above, code.written(), beside);
                    }
                }
                let list = entries.written(false);
                Code::atom(Kind::Document, if is_open { format!("Json.list {list}") } else { list })
            }
            NodeKind::Mapping(members) => {
                let mut entries = Entries::new('{', '}');
                let is_open = members.iter().any(|member| may_be_nothing(&member.value));
                let mut from = node.span.start;
                for member in members {
                    let above = self.comments.take(from, member.key_span.start);
                    from = member.key_span.start;
                    let Some(value) = self.document(&member.value) else { continue };
                    let beside = self.beside(member);
                    let key = Code::literal(&*member.key).written();
                    entries.push(above, format!("{key}: {}", value.written()), beside);
                }
                let object = entries.written(false);
                Code::atom(Kind::Document, if is_open { format!("Json.object {object}") } else { object })
            }
            // What only other tools have is in no template.
            NodeKind::Null | NodeKind::Refused | NodeKind::Later(_) | NodeKind::Secret { .. } | NodeKind::Link(_) => {
                Code::atom(Kind::Document, "None")
            }
            NodeKind::Number(text) => number(text).unwrap_or_else(|| Code::literal(&**text)),
            NodeKind::Bool(value) => Code::atom(Kind::Bool, if *value { "True" } else { "False" }),
            NodeKind::String(text) => self.stored_text(text),
        })
    }

    /// A value of one kind as what is wanted.
    pub(super) fn fit(&mut self, code: Code, sink: Sink<'_>) -> Code {
        if matches!(&code, Code::Plain { text, .. } if text.starts_with("error(")) {
            return code;
        }
        match sink.schema {
            ValueSchema::Refined { base, .. } => self.fit(code, Sink { schema: base, ..sink }),
            ValueSchema::Bool => match (code.kind(), code.as_literal()) {
                (Kind::Bool, _) => code,
                (_, Some("true")) => Code::atom(Kind::Bool, "True"),
                (_, Some("false")) => Code::atom(Kind::Bool, "False"),
                _ => {
                    let text = format!("{} == \"true\"", code.into_text().operand());
                    Code::Plain { text, kind: Kind::Bool, level: Level::Operator }
                }
            },
            ValueSchema::Int => self.whole(code),
            ValueSchema::Float => match (code.kind(), code.as_literal().and_then(|text| text.parse::<f64>().ok())) {
                (Kind::Float, _) => code,
                (_, Some(value)) => decimal(value),
                (Kind::Int, _) => match code.written().parse::<f64>() {
                    Ok(value) => decimal(value),
                    Err(_) => Code::atom(Kind::Float, format!("intToFloat({})", code.written())),
                },
                _ => {
                    let helper = self.helper(Helper::Decimal);
                    Code::atom(Kind::Float, format!("{helper}({})", code.into_text().written()))
                }
            },
            ValueSchema::String | ValueSchema::OneOf { .. } => code.into_text(),
            ValueSchema::Reference => match code.into_text() {
                Code::Plain { text, .. } => Code::Text(vec![super::code::Piece::Code(text)]),
                code => code,
            },
            ValueSchema::List(inner) => {
                let list = match code.kind() {
                    Kind::Texts | Kind::Document => code,
                    // One value is a list of it.
                    _ => Code::atom(Kind::Texts, format!("[{}]", code.into_text().written())),
                };
                let is_reference = matches!(&**inner, ValueSchema::Reference);
                match sink.reference {
                    Some((kind, _)) if is_reference && list.kind() == Kind::Texts => {
                        let function = match kind {
                            ReferenceKind::Id => "ids",
                            ReferenceKind::Arn => "arns",
                            ReferenceKind::Name => "names",
                        };
                        Code::atom(Kind::Texts, format!("AWS.{function}({})", list.written()))
                    }
                    _ => match **inner {
                        ValueSchema::Int if list.kind() == Kind::Texts => {
                            let whole = self.helper(Helper::Whole);
                            Code::atom(Kind::Document, format!("[{whole}(each) for each in {}]", list.written()))
                        }
                        _ => list,
                    },
                }
            }
            _ => code,
        }
    }
}

/// Whether a value may turn out not to be there.
fn may_be_nothing(node: &Node) -> bool {
    match function(node) {
        Some(("Fn::If", argument)) => argument.items().iter().skip(1).any(may_be_nothing),
        _ => is_no_value(node),
    }
}

fn merged(entries: Entries, optional: Vec<String>) -> Code {
    let mut text = entries.written(false);
    for part in optional {
        text = format!("Dictionary.merge({text}, {part})");
    }
    Code::atom(Kind::Document, text)
}
