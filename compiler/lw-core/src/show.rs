//! Values as text: as an expression that would give them, with resources as references.

use std::fmt::Write;

use crate::eval::with_stack;
use crate::failure::{Frame, FrameKind};
use crate::machine::Machine;
use crate::program::{Global, NameId};
use crate::value::{Dictionary, Items, Later, Record, ResourceId, Term, Value};

/// Longer texts are cut, so that a message stays one.
const SHOW_BYTES_MAX: usize = 1 << 20;
const INLINE_BYTES_MAX: usize = 200;
const LINE_BYTES_MAX: usize = 100;

/// A decimal number as the language writes it: with a point, never with an exponent.
pub fn float_text(value: f64) -> String {
    let text = format!("{value}");
    if text.contains('.') { text } else { text + ".0" }
}

/// Milliseconds in the largest unit that is exact.
pub fn duration_text(value: i64) -> String {
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if value != 0 && value % length == 0 {
            return format!("{}{unit}", value / length);
        }
    }
    format!("{value}ms")
}

/// Bytes in the largest unit that is exact.
pub fn size_text(value: i64) -> String {
    for (unit, length) in [("TiB", 1_i64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if value != 0 && value % length == 0 {
            return format!("{}{unit}", value / length);
        }
    }
    // The language has no smaller unit.
    format!("{value}B")
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

impl Machine<'_> {
    /// A value on one line, cut when it is long; for messages.
    pub fn show(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write(value, &mut out, INLINE_BYTES_MAX);
        if out.len() > INLINE_BYTES_MAX {
            let mut end = INLINE_BYTES_MAX;
            while !out.is_char_boundary(end) {
                end -= 1;
            }
            out.truncate(end);
            out.push('…');
        }
        out
    }

    /// A value over as many lines as it needs.
    pub fn show_pretty(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write_pretty(value, 0, &mut out);
        out
    }

    /// A value on one line, up to a megabyte of it.
    pub(crate) fn show_whole(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write(value, &mut out, SHOW_BYTES_MAX);
        out
    }

    /// What a level of the call chain is called.
    pub fn frame_name(&self, frame: &Frame) -> String {
        match frame.what {
            FrameKind::Function(id) => self.program.name(self.program.function(id).code.name).to_string(),
            FrameKind::Global(id) => match &self.program.globals[id.index()] {
                Global::Value(code) | Global::Parameter { code, .. } | Global::Lookup { code, .. } => {
                    self.program.name(code.name).to_string()
                }
                Global::Function(function) => self.program.name(self.program.function(*function).code.name).to_string(),
                Global::Primitive(primitive) => primitive.name().to_string(),
                Global::Error => "?".to_string(),
            },
            FrameKind::Lazy(name, _) => self.program.name(name).to_string(),
            FrameKind::Property(resource, name) => {
                format!("{}.{}", self.resource_name(resource), self.program.name(name))
            }
        }
    }

    /// A value as interpolation prints it: strings without quotes.
    pub(crate) fn show_plain(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.to_string(),
            Value::Message(message) => message.text.to_string(),
            other => {
                let mut out = String::new();
                self.write(other, &mut out, SHOW_BYTES_MAX);
                out
            }
        }
    }

    /// What a resource is called in messages.
    pub fn resource_name(&self, id: ResourceId) -> String {
        if let Some(path) = self.path(id) {
            return path.to_string();
        }
        let resource = self.resource(id);
        let type_name = &self.program.resource_type(resource.resource_type).name;
        match (resource.bound, resource.owner) {
            (Some((name, _)), _) => self.program.name(name).to_string(),
            (None, Some(owner)) => match &self.program.globals[owner.index()] {
                Global::Value(code) => self.program.name(code.name).to_string(),
                _ => type_name.to_string(),
            },
            (None, None) => type_name.to_string(),
        }
    }

    /// A later value as people read it: `${vpc.vpcId}`.
    pub fn show_later(&self, later: &Later) -> String {
        let mut out = String::new();
        self.write_later(later, &mut out, SHOW_BYTES_MAX);
        out
    }

    fn write(&self, value: &Value, out: &mut String, limit: usize) {
        if out.len() > limit {
            return;
        }
        with_stack(|| self.write_grown(value, out, limit));
    }

    fn write_grown(&self, value: &Value, out: &mut String, limit: usize) {
        match value {
            Value::Int(value) => _ = write!(out, "{value}"),
            Value::Float(value) => out.push_str(&float_text(*value)),
            Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
            Value::Duration(value) => out.push_str(&duration_text(*value)),
            Value::Size(value) => out.push_str(&size_text(*value)),
            Value::String(text) => out.push_str(&quoted(text)),
            Value::Message(message) => out.push_str(&quoted(&message.text)),
            Value::Bytes(bytes) => _ = write!(out, "<{} bytes>", bytes.len()),
            Value::Tuple(items) => self.write_items(items, ('(', ')'), out, limit),
            Value::List(items) => self.write_items(items, ('[', ']'), out, limit),
            Value::Record(record) => {
                out.push('{');
                for (at, (name, value)) in self.written_fields(record).into_iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    out.push_str(name);
                    out.push_str(": ");
                    self.write(value, out, limit);
                }
                out.push('}');
            }
            Value::Dictionary(dictionary) => {
                out.push('{');
                for (at, (key, value)) in dictionary.entries().enumerate() {
                    if out.len() > limit {
                        break;
                    }
                    out.push_str(if at > 0 { ", " } else { "" });
                    out.push_str(&quoted(key));
                    out.push_str(": ");
                    self.write(value, out, limit);
                }
                out.push('}');
            }
            Value::None => out.push_str("None"),
            Value::Some(value) => {
                out.push_str("Optional");
                self.write_payload(value, out, limit);
            }
            Value::Constructor(constructor, payload) => {
                out.push_str(&self.program.constructor(*constructor).name);
                if let Some(payload) = payload {
                    self.write_payload(payload, out, limit);
                }
            }
            Value::Function(..) | Value::Primitive(_) | Value::SomeFunction | Value::ConstructorFunction(_) => {
                out.push_str("<function>");
            }
            Value::Resource(id) => out.push_str(&self.resource_name(*id)),
            Value::Blueprint(id) => {
                let resource = self.resource(*id);
                _ = write!(out, "<blueprint of {}>", self.program.resource_type(resource.resource_type).name);
            }
            Value::Later(later) => self.write_later(later, out, limit),
            Value::Undecided(_) => out.push_str("<undecided>"),
            Value::Thunk(_) => out.push_str("<not evaluated>"),
        }
    }

    /// A payload as an argument: literals in braces, brackets and quotes stand for themselves.
    fn write_payload(&self, value: &Value, out: &mut String, limit: usize) {
        let bare = matches!(
            value,
            Value::Record(_) | Value::Dictionary(_) | Value::List(_) | Value::String(_) | Value::Message(_)
        );
        match value {
            _ if bare => {
                out.push(' ');
                self.write(value, out, limit);
            }
            Value::Tuple(items) if !items.is_empty() => self.write(value, out, limit),
            _ => {
                out.push('(');
                self.write(value, out, limit);
                out.push(')');
            }
        }
    }

    fn write_items(&self, items: &Items, (open, close): (char, char), out: &mut String, limit: usize) {
        out.push(open);
        for (at, item) in items.iter().enumerate() {
            if out.len() > limit {
                break;
            }
            out.push_str(if at > 0 { ", " } else { "" });
            self.write(item, out, limit);
        }
        out.push(close);
    }

    /// Fields that are not None, by name.
    fn written_fields<'v>(&self, record: &'v Record) -> Vec<(&str, &'v Value)> {
        let mut fields: Vec<(&str, &Value)> = record
            .fields()
            .filter(|(_, value)| !matches!(value, Value::None))
            .map(|(name, value)| (&**self.name(name), value))
            .collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        fields
    }

    fn name(&self, name: NameId) -> &std::sync::Arc<str> {
        self.program.name(name)
    }

    fn write_later(&self, later: &Later, out: &mut String, limit: usize) {
        let part = |value: &Value, out: &mut String| match value {
            Value::Later(later) => with_stack(|| self.write_later(later, out, limit)),
            other => self.write(other, out, limit),
        };
        match &later.term {
            Term::Get { resource, attribute, rest } => {
                _ = write!(out, "${{{}.{}", self.resource_name(*resource), self.name(*attribute));
                for name in rest {
                    _ = write!(out, ".{}", self.name(*name));
                }
                out.push('}');
            }
            Term::Concat(parts) => {
                for value in parts.iter() {
                    match value {
                        Value::String(text) => out.push_str(text),
                        other => part(other, out),
                    }
                }
            }
            Term::Join { separator, parts } => {
                _ = write!(out, "${{join {} ", quoted(separator));
                part(parts, out);
                out.push('}');
            }
            Term::Json(value) => {
                out.push_str("${json ");
                part(value, out);
                out.push('}');
            }
            Term::Base64(value) => {
                out.push_str("${base64 ");
                part(value, out);
                out.push('}');
            }
            Term::Select { index, list } => {
                _ = write!(out, "${{element {index} of ");
                part(list, out);
                out.push('}');
            }
            Term::Split { separator, text } => {
                _ = write!(out, "${{split {} ", quoted(separator));
                part(text, out);
                out.push('}');
            }
            Term::Cidr(parts) => {
                out.push_str("${subnet");
                for value in parts.iter() {
                    out.push(' ');
                    part(value, out);
                }
                out.push('}');
            }
            Term::Secret { source, .. } => _ = write!(out, "<secret of {source}>"),
            Term::Lookup { source, .. } => _ = write!(out, "<lookup of {source}>"),
        }
    }

    // Several lines.

    fn write_pretty(&self, value: &Value, indent: usize, out: &mut String) {
        let mut line = String::new();
        self.write(value, &mut line, LINE_BYTES_MAX);
        if line.len() + indent <= LINE_BYTES_MAX || out.len() > SHOW_BYTES_MAX {
            out.push_str(&line);
            return;
        }
        with_stack(|| match value {
            Value::List(items) => self.pretty_items(items, ('[', ']'), indent, out),
            Value::Tuple(items) => self.pretty_items(items, ('(', ')'), indent, out),
            Value::Record(record) => {
                let fields = self.written_fields(record);
                self.pretty_entries(fields.into_iter().map(|(name, value)| (name.to_string(), value)), indent, out);
            }
            Value::Dictionary(dictionary) => self.pretty_dictionary(dictionary, indent, out),
            Value::Some(inner) => {
                out.push_str("Optional");
                self.pretty_payload(inner, indent, out);
            }
            Value::Constructor(constructor, Some(payload)) => {
                out.push_str(&self.program.constructor(*constructor).name);
                self.pretty_payload(payload, indent, out);
            }
            other => self.write(other, out, SHOW_BYTES_MAX),
        });
    }

    fn pretty_payload(&self, value: &Value, indent: usize, out: &mut String) {
        let bare = matches!(value, Value::Record(_) | Value::Dictionary(_) | Value::List(_));
        out.push(if bare { ' ' } else { '(' });
        self.write_pretty(value, indent, out);
        out.push_str(if bare { "" } else { ")" });
    }

    fn pretty_items(&self, items: &Items, (open, close): (char, char), indent: usize, out: &mut String) {
        out.push(open);
        for item in items.iter() {
            new_line(indent + 2, out);
            self.write_pretty(item, indent + 2, out);
            out.push(',');
        }
        new_line(indent, out);
        out.push(close);
    }

    fn pretty_dictionary(&self, dictionary: &Dictionary, indent: usize, out: &mut String) {
        self.pretty_entries(dictionary.entries().map(|(key, value)| (quoted(key), value)), indent, out);
    }

    fn pretty_entries<'v>(&self, entries: impl Iterator<Item = (String, &'v Value)>, indent: usize, out: &mut String) {
        out.push('{');
        for (key, value) in entries {
            new_line(indent + 2, out);
            out.push_str(&key);
            out.push_str(": ");
            self.write_pretty(value, indent + 2, out);
            out.push(',');
        }
        new_line(indent, out);
        out.push('}');
    }
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}
