//! Conditions and mappings.

use std::sync::Arc;

use super::code::{Code, Entries, Kind, Level};
use super::functions::function;
use super::names::Space;
use super::{Import, errors};
use crate::tree::{Entry, Node, NodeKind};

impl<'t> Import<'_, 't> {
    pub(super) fn named_condition(&mut self, name: &Arc<str>, entry: &'t Entry) -> String {
        let mut above = self.comments.take_above(entry.key_span.start);
        above.extend(self.comments.take(entry.key_span.start, entry.value.span.end));
        let binding = self.names.of(Space::Condition, name);
        let value = self.condition(&entry.value).written();
        let comments: String = above.iter().map(|line| format!("# {line}\n")).collect();
        format!("{comments}{binding}: {value}")
    }

    /// The first argument of `Fn::If`.
    pub(super) fn condition_of(&mut self, node: &'t Node) -> Code {
        match node.text() {
            Some(name) => self.condition_named(name),
            None => self.condition(node),
        }
    }

    pub(super) fn condition_named(&mut self, name: &str) -> Code {
        Code::atom(Kind::Bool, self.names.of(Space::Condition, name))
    }

    pub(super) fn condition(&mut self, node: &'t Node) -> Code {
        match &node.kind {
            NodeKind::Bool(value) => return Code::atom(Kind::Bool, if *value { "True" } else { "False" }),
            NodeKind::String(text) if text.eq_ignore_ascii_case("true") => return Code::atom(Kind::Bool, "True"),
            NodeKind::String(text) if text.eq_ignore_ascii_case("false") => return Code::atom(Kind::Bool, "False"),
            _ => {}
        }
        let Some(entry) = node.only_entry() else { return self.unreadable("Conditions", node) };
        let arguments = entry.value.items();
        match (&*entry.key, arguments) {
            ("Condition", _) if entry.value.text().is_some() => {
                let name = entry.value.text().map_or("", |name| name);
                self.condition_named(name)
            }
            ("Fn::Equals", [left, right]) => self.equals(left, right, "=="),
            ("Fn::Not", [inner]) => {
                if let Some(("Fn::Equals", argument)) = function(inner)
                    && let [left, right] = argument.items()
                {
                    return self.equals(left, right, "!=");
                }
                self.condition(inner).negated()
            }
            ("Fn::And", [_, ..]) => self.connected(arguments, "&&"),
            ("Fn::Or", [_, ..]) => self.connected(arguments, "||"),
            (name, _) => {
                let reason = "conditions are made of `Fn::Equals`, `Fn::Not`, `Fn::And`, `Fn::Or` and each other";
                self.diagnostics.push(errors::no_form(name, reason, node.span));
                self.stopped(name)
            }
        }
    }

    fn connected(&mut self, parts: &'t [Node], operator: &str) -> Code {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| match self.condition(part) {
                // Comparisons hold more tightly than what connects them; other connections may not.
                Code::Plain { text, level: Level::Operator, .. }
                    if !text.contains("&&") && !text.contains("||") && !text.contains("if ") =>
                {
                    text
                }
                code => code.operand(),
            })
            .collect();
        let level = if parts.len() == 1 { Level::Atom } else { Level::Operator };
        Code::Plain { text: parts.join(&format!(" {operator} ")), kind: Kind::Bool, level }
    }

    fn equals(&mut self, left: &'t Node, right: &'t Node, operator: &str) -> Code {
        let (left, right) = (self.expression(left), self.expression(right));
        let (left, right) = match (left.kind(), right.kind()) {
            (Kind::Bool, _) if truth(&right).is_some() && left.as_literal().is_none() && truth(&left).is_none() => {
                let holds = truth(&right) == Some(operator == "==");
                return if holds { left } else { left.negated() };
            }
            (_, Kind::Bool) if truth(&left).is_some() && truth(&right).is_none() => {
                let holds = truth(&left) == Some(operator == "==");
                return if holds { right } else { right.negated() };
            }
            (Kind::Int, _) if number_like(&right) => (left, self.whole(right)),
            (_, Kind::Int) if number_like(&left) => (self.whole(left), right),
            (first, second) if first == second && first != Kind::Document => (left, right),
            _ => (left.into_text(), right.into_text()),
        };
        Code::Plain {
            text: format!("{} {operator} {}", left.operand(), right.operand()),
            kind: Kind::Bool,
            level: Level::Operator,
        }
    }

    /// Every mapping as a dictionary of dictionaries.
    pub(super) fn mappings(&mut self) -> Vec<String> {
        let template = self.template;
        let mut mappings: Vec<(&Arc<str>, &'t Node)> = template.mappings.iter().collect();
        mappings.sort_by_key(|(_, node)| node.span.start);
        let mut found = Vec::new();
        for (name, node) in mappings {
            let values: Vec<&Node> =
                node.entries().iter().flat_map(|entry| entry.value.entries()).map(|entry| &entry.value).collect();
            let all = |test: fn(&Node) -> bool| !values.is_empty() && values.iter().all(|value| test(value));
            let kind = if all(|value| matches!(value.kind, NodeKind::List(_))) {
                Kind::Texts
            } else if all(|value| matches!(&value.kind, NodeKind::Number(text) if text.parse::<i64>().is_ok())) {
                Kind::Int
            } else if all(|value| matches!(value.kind, NodeKind::Bool(_))) {
                Kind::Bool
            } else {
                Kind::Text
            };
            self.mapping_kinds.insert(name.to_string(), kind);
            let binding = self.names.of(Space::Mapping, name);
            let mut outer = Entries::new('{', '}');
            for entry in node.entries() {
                let above = self.comments.take(node.span.start, entry.key_span.start);
                let mut inner = Entries::new('{', '}');
                for value in entry.value.entries() {
                    let above = self.comments.take(entry.key_span.start, value.key_span.start);
                    let code = match kind {
                        Kind::Texts => self.texts(&value.value),
                        Kind::Text if matches!(value.value.kind, NodeKind::List(_)) => {
                            let reason = "some entries of the mapping are lists, and some are not";
                            self.diagnostics.push(errors::no_form("Mappings", reason, value.value.span));
                            self.stopped("the entry")
                        }
                        Kind::Text => self.text(&value.value),
                        _ => self.expression(&value.value),
                    };
                    inner.push(above, format!("{}: {}", Code::literal(&*value.key).written(), code.written()), None);
                }
                let text = format!("{}: {}", Code::literal(&*entry.key).written(), inner.written(false));
                outer.push(above, text, None);
            }
            found.push(format!("{binding}: {}", outer.written(true)));
        }
        found
    }
}

fn truth(code: &Code) -> Option<bool> {
    match code {
        Code::Plain { text, kind: Kind::Bool, .. } if text == "True" => Some(true),
        Code::Plain { text, kind: Kind::Bool, .. } if text == "False" => Some(false),
        code => match code.as_literal()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
    }
}

fn number_like(code: &Code) -> bool {
    code.kind() == Kind::Int || code.as_literal().is_some_and(|text| text.trim().parse::<i64>().is_ok())
}

impl Code {
    pub(super) fn negated(self) -> Code {
        match &self {
            Code::Plain { text, level: Level::Atom, .. } => match text.strip_prefix('!') {
                Some(inner) => Code::atom(Kind::Bool, inner),
                None => Code::atom(Kind::Bool, format!("!{text}")),
            },
            code => Code::atom(Kind::Bool, format!("!{}", code.operand())),
        }
    }
}
