//! CloudFormation's functions as expressions.

use std::sync::Arc;

use super::code::{Code, Entries, Kind, Level, choice};
use super::names::Space;
use super::references::attribute_parts;
use super::{Helper, Import, errors};
use crate::tree::{Node, NodeKind};

/// The function at the top of a node.
pub(super) fn function(node: &Node) -> Option<(&str, &Node)> {
    let entry = node.only_entry()?;
    (entry.key.starts_with("Fn::") || &*entry.key == "Ref").then_some((&*entry.key, &entry.value))
}

pub(super) fn is_no_value(node: &Node) -> bool {
    function(node)
        .is_some_and(|(name, argument)| name == "Ref" && argument.text().is_some_and(|text| &**text == "AWS::NoValue"))
}

impl<'t> Import<'_, 't> {
    /// What a node gives where no schema says what is wanted.
    pub(super) fn expression(&mut self, node: &'t Node) -> Code {
        match function(node) {
            Some((name, argument)) => self.call(name, argument, node),
            None => match &node.kind {
                NodeKind::String(text) => self.stored_text(text),
                NodeKind::Number(text) => number(text).unwrap_or_else(|| Code::literal(&**text)),
                NodeKind::Bool(value) => Code::atom(Kind::Bool, if *value { "True" } else { "False" }),
                NodeKind::List(items) if items.iter().all(|item| self.is_text(item)) => self.texts(node),
                _ => self.document(node).unwrap_or_else(|| Code::atom(Kind::Document, "None")),
            },
        }
    }

    /// A node where text is wanted.
    pub(super) fn text(&mut self, node: &'t Node) -> Code {
        if let Some(text) = node.scalar_text() {
            return self.stored_text(&text);
        }
        if is_no_value(node) {
            return Code::literal("");
        }
        self.expression(node).into_text()
    }

    fn is_text(&self, node: &Node) -> bool {
        match function(node) {
            Some(("Ref" | "Fn::Sub" | "Fn::GetAtt" | "Fn::Join" | "Fn::Base64" | "Fn::ImportValue", _)) => {
                !is_no_value(node)
            }
            Some(_) => false,
            None => matches!(node.kind, NodeKind::String(_)),
        }
    }

    fn call(&mut self, name: &str, argument: &'t Node, node: &'t Node) -> Code {
        match name {
            "Ref" => match argument.scalar_text() {
                Some(name) => self.reference(&name, None, argument.span),
                None => self.unreadable(name, node),
            },
            "Fn::GetAtt" => self.get_attribute(argument, None).0,
            "Fn::Sub" => self.substitution(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::If" => match argument.items() {
                [condition, then, otherwise] => {
                    let condition = self.condition_of(condition);
                    let then = (!is_no_value(then)).then(|| self.under(&condition, true, |all| all.expression(then)));
                    let otherwise = (!is_no_value(otherwise))
                        .then(|| self.under(&condition, false, |all| all.expression(otherwise)));
                    // Branches of one type.
                    let (then, otherwise) = match (then, otherwise) {
                        (Some(then), Some(otherwise)) if then.kind() != otherwise.kind() => {
                            (Some(then.into_text()), Some(otherwise.into_text()))
                        }
                        branches => branches,
                    };
                    choice(&condition, then, otherwise, "None")
                }
                _ => self.unreadable(name, node),
            },
            "Fn::Base64" => {
                let text = self.text(argument);
                Code::atom(Kind::Text, format!("Base64.encode({})", text.written()))
            }
            "Fn::GetAZs" => {
                let region = match argument.scalar_text() {
                    Some(text) if text.is_empty() => None,
                    None if matches!(argument.kind, NodeKind::Null) => None,
                    _ => Some(self.text(argument)),
                };
                self.zones(region)
            }
            "Fn::ImportValue" => {
                let name = self.text(argument);
                self.export(name)
            }
            "Fn::Cidr" => self.ranges(argument, node),
            "Fn::Length" => {
                let list = self.texts(argument);
                Code::atom(Kind::Int, format!("List.length({})", list.written()))
            }
            "Fn::ToJsonString" => {
                let document = self.document(argument);
                let document = document.unwrap_or_else(|| Code::atom(Kind::Document, "None"));
                Code::atom(Kind::Text, format!("Json.encode({})", document.written()))
            }
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => self.condition(node),
            name => {
                let reason = match name {
                    "Fn::Transform" => "a macro is a program of its own that only the account that it runs in knows",
                    _ => "there is nothing that it stands for",
                };
                self.diagnostics.push(errors::no_form(name, reason, node.span));
                self.stopped(name)
            }
        }
    }

    pub(super) fn unreadable(&mut self, name: &str, node: &Node) -> Code {
        self.diagnostics.push(errors::no_form(name, "its argument is not one that it takes", node.span));
        self.stopped(name)
    }

    pub(super) fn get_attribute(
        &mut self,
        argument: &'t Node,
        sink: Option<(lw_check::schema::ReferenceKind, lw_check::Name)>,
    ) -> (Code, bool) {
        if let Some((name, attribute)) = argument.text().and_then(|text| text.split_once('.')) {
            return self.attribute(name, attribute, sink, argument.span);
        }
        let known = attribute_parts(argument).and_then(|(name, rest)| {
            Some((name, rest.iter().map(|part| part.scalar_text()).collect::<Option<Vec<_>>>()?))
        });
        match known {
            Some((name, parts)) => self.attribute(&name, &parts.join("."), sink, argument.span),
            None => {
                self.diagnostics.push(errors::no_form(
                    "Fn::GetAtt",
                    "which attribute is read is decided while the stack is made",
                    argument.span,
                ));
                (self.stopped("Fn::GetAtt"), false)
            }
        }
    }

    fn substitution(&mut self, argument: &'t Node) -> Code {
        let (text, names) = match argument.items() {
            [text, names] => (text, names.entries()),
            [text] => (text, &[][..]),
            _ => (argument, &[][..]),
        };
        let Some(pattern) = text.scalar_text() else { return self.unreadable("Fn::Sub", argument) };
        let mut parts: Vec<Code> = Vec::new();
        let mut rest = &*pattern;
        while let Some(start) = rest.find("${") {
            parts.push(Code::literal(&rest[..start]));
            let Some(end) = rest[start..].find('}') else {
                rest = &rest[start..];
                break;
            };
            let name = rest[start + 2..start + end].trim();
            let whole = &rest[start..=start + end];
            parts.push(match name.strip_prefix('!') {
                Some(_) => Code::literal(whole.replacen("${!", "${", 1)),
                None => match names.iter().find(|entry| &*entry.key == name) {
                    Some(entry) => self.text(&entry.value),
                    None => match name.split_once('.') {
                        Some((resource, attribute)) => self.attribute(resource, attribute, None, text.span).0,
                        None => self.reference(name, None, text.span),
                    },
                },
            });
            rest = &rest[start + end + 1..];
        }
        parts.push(Code::literal(rest));
        Code::concatenated(parts)
    }

    fn join(&mut self, argument: &'t Node) -> Code {
        let [separator, list] = argument.items() else { return self.unreadable("Fn::Join", argument) };
        let Some(separator) = separator.scalar_text() else { return self.unreadable("Fn::Join", argument) };
        let is_plain = |item: &Node| function(item).is_none_or(|(name, _)| name != "Fn::If") && !is_no_value(item);
        if let (None, NodeKind::List(items)) = (function(list), &list.kind)
            && items.iter().all(is_plain)
            && (separator.len() <= 3 || items.len() < 2)
        {
            let mut parts = Vec::with_capacity(items.len() * 2);
            for item in items {
                if !parts.is_empty() {
                    parts.push(Code::literal(&*separator));
                }
                parts.push(self.text(item));
            }
            return Code::concatenated(parts);
        }
        let list = self.texts(list);
        let separator = Code::literal(&*separator).written();
        Code::atom(Kind::Text, format!("String.join({separator}, {})", list.written()))
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: &'t Node) -> Code {
        if let (None, NodeKind::List(_)) = (function(node), &node.kind) {
            let list = self.list(node, &mut |import, item| Some(import.text(item)));
            return Code::Plain { text: list.0, kind: Kind::Texts, level: list.1 };
        }
        if is_no_value(node) {
            return Code::atom(Kind::Texts, "[]");
        }
        if let Some(("Fn::If", argument)) = function(node)
            && let [condition, then, otherwise] = argument.items()
        {
            let condition = self.condition_of(condition);
            let then = self.under(&condition, true, |all| all.texts(then));
            let otherwise = self.under(&condition, false, |all| all.texts(otherwise));
            return choice(&condition, Some(then), Some(otherwise), "[]");
        }
        let code = self.expression(node);
        match code.kind() {
            Kind::Texts | Kind::Document => code,
            _ => Code::atom(Kind::Texts, format!("[{}]", code.into_text().written())),
        }
    }

    fn select(&mut self, argument: &'t Node) -> Code {
        let [index, list] = argument.items() else { return self.unreadable("Fn::Select", argument) };
        let number = index.scalar_text().and_then(|text| text.trim().parse::<usize>().ok());
        if let (Some(number), Some(("Fn::Cidr", range))) = (number, function(list))
            && let Some(code) = self.range(range, &number.to_string())
        {
            return code;
        }
        if let (Some(number), None, NodeKind::List(items)) = (number, function(list), &list.kind)
            && !items.iter().any(|item| is_no_value(item) || matches!(function(item), Some(("Fn::If", _))))
            && let Some(item) = items.get(number)
        {
            return self.expression(item);
        }
        let index = match number {
            Some(number) => Code::atom(Kind::Int, number.to_string()),
            None => {
                let index = self.expression(index);
                self.whole(index)
            }
        };
        let list = self.texts(list);
        Code::atom(Kind::Text, format!("List.elementAt({}, {})", index.written(), list.written()))
    }

    /// As a whole number.
    pub(super) fn whole(&mut self, code: Code) -> Code {
        match code.kind() {
            Kind::Int => code,
            Kind::Float => Code::atom(Kind::Int, format!("floor({})", code.written())),
            _ => match code.as_literal().and_then(|text| text.trim().parse::<i64>().ok()) {
                Some(value) => integer(value),
                None => {
                    let helper = self.helper(Helper::Whole);
                    Code::atom(Kind::Int, format!("{helper}({})", code.into_text().written()))
                }
            },
        }
    }

    fn split(&mut self, argument: &'t Node) -> Code {
        let [separator, text] = argument.items() else { return self.unreadable("Fn::Split", argument) };
        let Some(separator) = separator.scalar_text() else { return self.unreadable("Fn::Split", argument) };
        let text = self.text(text);
        let separator = Code::literal(&*separator).written();
        Code::atom(Kind::Texts, format!("String.split({separator}, {})", text.written()))
    }

    fn find_in_map(&mut self, argument: &'t Node) -> Code {
        let (keys, default) = match argument.items() {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, default] => ([map, first, second], default.get("DefaultValue")),
            _ => return self.unreadable("Fn::FindInMap", argument),
        };
        let (kind, map) = match keys[0].scalar_text() {
            Some(name) => {
                let kind = self.mapping_kinds.get(&*name).copied().unwrap_or(Kind::Text);
                (kind, self.names.of(Space::Mapping, &name))
            }
            None => {
                let name = self.text(keys[0]).written();
                (Kind::Text, format!("Dictionary.find({name}, {})", self.all_mappings()))
            }
        };
        let (first, second) = (self.text(keys[1]).written(), self.text(keys[2]).written());
        if let Some(default) = default {
            let default = match kind {
                Kind::Texts => self.texts(default),
                Kind::Text => self.text(default),
                _ => self.expression(default),
            };
            let found = format!(
                "Optional.flatMap(fun(entries): Dictionary.lookup({second}, entries), Dictionary.lookup({first}, {map}))"
            );
            return Code::Plain { text: format!("{found} ?| {}", default.operand()), kind, level: Level::Operator };
        }
        Code::atom(kind, format!("Dictionary.find({second}, Dictionary.find({first}, {map}))"))
    }

    /// The mappings of texts by their names, for those that are found by an expression.
    fn all_mappings(&mut self) -> String {
        let binding = self.names.of(Space::Mapping, "Mappings");
        let mut names: Vec<(&Arc<str>, &Node)> = self.template.mappings.iter().collect();
        names.retain(|(name, _)| self.mapping_kinds.get(&***name) == Some(&Kind::Text));
        names.sort_by_key(|(_, node)| node.span.start);
        let mut entries = Entries::new('{', '}');
        for (name, _) in names {
            let key = Code::literal(&**name).written();
            entries.push(Vec::new(), format!("{key}: {}", self.names.of(Space::Mapping, name)), None);
        }
        self.gather(&binding, || format!("{binding}: {}", entries.written(true)));
        binding
    }

    /// One of the ranges that `Fn::Cidr` gives.
    fn range(&mut self, argument: &'t Node, number: &str) -> Option<Code> {
        let (block, bits) = match argument.items() {
            [block, _] => (block, None),
            [block, _, bits] => (block, Some(bits)),
            _ => return None,
        };
        let bits = match bits {
            Some(bits) => bits.scalar_text()?.trim().parse::<u32>().ok()?,
            None => 8,
        };
        // Amazon gives a network 56 bits of IPv6, always.
        let is_amazon = matches!(function(block), Some(("Fn::Select", list)) if list.items().get(1).is_some_and(|list| {
            matches!(function(list), Some(("Fn::GetAtt", of)) if of.items().get(1).and_then(Node::text).is_some_and(|name| &**name == "Ipv6CidrBlocks"))
        }));
        let block = self.text(block);
        let prefix = block.as_literal().and_then(|text| text.split_once('/')?.1.parse::<u32>().ok());
        let width: u32 = if is_amazon || block.as_literal().is_some_and(|text| text.contains(':')) { 128 } else { 32 };
        let new_bits = match prefix.or(is_amazon.then_some(56)) {
            Some(prefix) => width.checked_sub(prefix + bits)?.to_string(),
            None => format!("{} - Net.prefixLength({})", width - bits, block.written()),
        };
        self.modules.insert("Net".to_string(), "Net".to_string());
        Some(Code::atom(Kind::Text, format!("Net.subnet({}, {new_bits}, {number})", block.written())))
    }

    fn ranges(&mut self, argument: &'t Node, node: &'t Node) -> Code {
        let Some(count) = argument.items().get(1) else { return self.unreadable("Fn::Cidr", node) };
        let count = self.expression(count);
        let count = self.whole(count).written();
        match self.range(argument, "number") {
            Some(range) => {
                Code::atom(Kind::Texts, format!("[{} for number in List.range(0, {count})]", range.written()))
            }
            None => self.unreadable("Fn::Cidr", node),
        }
    }
}

/// A number as it is written, if a program can write it.
pub(super) fn number(text: &str) -> Option<Code> {
    if let Ok(value) = text.parse::<i64>() {
        return (value.abs() <= lw_core::INT_MAX).then(|| integer(value));
    }
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    Some(decimal(value))
}

pub(super) fn integer(value: i64) -> Code {
    match value < 0 {
        true => Code::Plain { text: format!("-{}", value.unsigned_abs()), kind: Kind::Int, level: Level::Operator },
        false => Code::atom(Kind::Int, value.to_string()),
    }
}

pub(super) fn decimal(value: f64) -> Code {
    let digits = format!("{:?}", value.abs());
    // There is no way to write an exponent.
    let digits = if digits.contains('e') { format!("{:.20}", value.abs()) } else { digits };
    let digits = match digits.split_once('.') {
        Some((whole, rest)) => {
            let rest = rest.trim_end_matches('0');
            format!("{whole}.{}", if rest.is_empty() { "0" } else { rest })
        }
        None => format!("{digits}.0"),
    };
    match value < 0.0 {
        true => Code::Plain { text: format!("-{digits}"), kind: Kind::Float, level: Level::Operator },
        false => Code::atom(Kind::Float, digits),
    }
}
