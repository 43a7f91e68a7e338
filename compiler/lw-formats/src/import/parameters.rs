//! Parameters: types from what values are allowed, defaults, and what they are for.

use std::sync::Arc;

use super::code::{Code, Kind};
use super::names::Space;
use super::{Import, errors};
use crate::template::Parameter;
use crate::tree::Node;

/// What a parameter's value is in the program.
pub(super) fn kind_of(parameter: &Parameter) -> Kind {
    let wire_type = &*parameter.wire_type;
    if wire_type == "CommaDelimitedList" || wire_type.starts_with("List<") {
        return Kind::Texts;
    }
    if wire_type != "Number" {
        let mut allowed: Vec<&str> = parameter.allowed.iter().map(|value| &**value).collect();
        allowed.sort_unstable();
        return if allowed == ["false", "true"] { Kind::Bool } else { Kind::Text };
    }
    let default = parameter.default.as_ref().and_then(Node::scalar_text);
    let bounds = ["MinValue", "MaxValue"].into_iter().filter_map(|key| parameter.node.get(key)?.scalar_text());
    let values: Vec<Arc<str>> = parameter.allowed.iter().cloned().chain(default).chain(bounds).collect();
    if values.iter().all(|value| value.trim().parse::<i64>().is_ok()) {
        Kind::Int
    } else if parameter.allowed.is_empty() {
        Kind::Float
    } else {
        // The way in which each is written matters where it becomes text.
        Kind::Text
    }
}

impl<'t> Import<'_, 't> {
    pub(super) fn ordered_parameters(&self) -> Vec<(Arc<str>, &'t Parameter)> {
        let mut found: Vec<(Arc<str>, &Parameter)> =
            self.template.parameters.iter().map(|(name, parameter)| (name.clone(), parameter)).collect();
        found.sort_by_key(|(_, parameter)| parameter.name_span.start);
        found
    }

    /// Nothing for a question that nobody asks.
    pub(super) fn parameter(&mut self, name: &Arc<str>, parameter: &'t Parameter) -> Option<String> {
        let is_stored = parameter.wire_type.starts_with("AWS::SSM::Parameter::Value");
        if is_stored && !self.read_parameters.contains(name) {
            let reason = "it is a parameter of Systems Manager that nothing of the program reads";
            self.diagnostics.push(errors::left_out(name, reason, parameter.name_span));
            return None;
        }
        let kind = kind_of(parameter);
        let binding = self.names.of(Space::Logical, name);
        let mut lines: Vec<String> = Vec::new();
        let description = parameter.node.get("Description").and_then(Node::scalar_text);
        lines.extend(description.iter().flat_map(|text| text.lines()).map(|line| format!("## {}", line.trim())));
        let (start, end) = (parameter.name_span.start, parameter.node.span.end);
        let mut comments = self.comments.take_above(start);
        comments.extend(self.comments.take(start, end));
        lines.extend(comments.iter().map(|line| format!("# {line}")));
        // A doc comment is one block: what is no part of it stands above.
        lines.sort_by_key(|line| line.starts_with("##"));
        if is_stored {
            return Some(self.stored_parameter(&binding, parameter, lines));
        }
        if parameter.no_echo {
            self.diagnostics.push(errors::not_secret(name, &binding, parameter.name_span));
        }
        let default = self.default(name, parameter, kind);
        let (declared, own_type) = self.parameter_type(name, parameter, kind, &binding);
        let default = default.map_or_else(String::new, |default| format!(": {}", default.written()));
        let declared: String = declared.into_iter().map(|line| format!("{line}\n\n")).collect();
        let lines: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
        let id = super::resources::id_of(&binding, name).map_or_else(String::new, |id| format!("{id}\n"));
        Some(format!("{declared}{lines}{id}parameter {own_type} {binding}{default}"))
    }

    /// The value of such a parameter is a name in Systems Manager.
    fn stored_parameter(&mut self, binding: &str, parameter: &'t Parameter, lines: Vec<String>) -> String {
        self.asks_parameters = true;
        let stored = match parameter.default.as_ref().and_then(Node::scalar_text) {
            Some(name) => Code::literal(&*name).written(),
            None => {
                let name = self.names.of(Space::Given, &format!("{binding}-name"));
                self.gather(&name, || format!("parameter String {name}"));
                name
            }
        };
        let lines: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
        format!("{lines}lookup String {binding}: AWS.parameter {{name: {stored}}}")
    }

    fn default(&mut self, _name: &str, parameter: &'t Parameter, kind: Kind) -> Option<Code> {
        let default = parameter.default.as_ref()?;
        if kind == Kind::Texts {
            let items: Vec<String> = match default.items() {
                [] => default
                    .scalar_text()
                    .map(|text| {
                        text.split(',').map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
                    })
                    .unwrap_or_default(),
                items => items.iter().filter_map(Node::scalar_text).map(|text| text.to_string()).collect(),
            };
            let items: Vec<String> = items.into_iter().map(|item| Code::literal(item).written()).collect();
            return Some(Code::atom(Kind::Texts, format!("[{}]", items.join(", "))));
        }
        let text = default.scalar_text()?;
        Some(match kind {
            Kind::Bool => Code::atom(Kind::Bool, if &*text == "true" { "True" } else { "False" }),
            Kind::Int => super::functions::integer(text.trim().parse().ok()?),
            Kind::Float => super::functions::decimal(text.trim().parse().ok()?),
            _ => Code::literal(&*text),
        })
    }

    /// Its type, and the declaration of that type if it has one of its own.
    fn parameter_type(
        &mut self,
        name: &str,
        parameter: &'t Parameter,
        kind: Kind,
        binding: &str,
    ) -> (Option<String>, String) {
        let base = match kind {
            Kind::Bool => return (None, "Bool".to_string()),
            Kind::Texts => return (None, "List<String>".to_string()),
            Kind::Int => "Int",
            Kind::Float => "Float",
            _ => "String",
        };
        let mut rules: Vec<String> = Vec::new();
        if !parameter.allowed.is_empty() {
            if kind == Kind::Text {
                let mut values: Vec<String> = Vec::new();
                for value in &parameter.allowed {
                    let written = Code::literal(&**value).written();
                    if !values.contains(&written) {
                        values.push(written);
                    }
                }
                if values.len() == 1 || values.iter().map(String::len).sum::<usize>() <= 40 {
                    return (None, format!("({})", values.join(" | ")));
                }
                let own_type = self.names.of_type(binding);
                return (Some(format!("type {own_type}: {}", values.join(" | "))), own_type);
            }
            rules.push(format!("List.member(self, [{}])", parameter.allowed.join(", ")));
        }
        let default = parameter.default.as_ref().and_then(Node::scalar_text);
        let bound = |key: &str| {
            let node = parameter.node.get(key)?;
            Some((node.scalar_text()?, node.span))
        };
        let mut refused: Vec<(&str, lw_diagnostics::Span)> = Vec::new();
        for (key, least) in [("MinValue", true), ("MaxValue", false)] {
            let (Some((limit, span)), Kind::Int | Kind::Float) = (bound(key), kind) else { continue };
            let Some(code) = super::functions::number(limit.trim()) else { continue };
            let code = match kind {
                Kind::Float => super::functions::decimal(limit.trim().parse().unwrap_or_default()),
                _ => code,
            };
            let value = |text: &str| text.trim().parse::<f64>().ok();
            let outside = default.as_ref().and_then(|default| value(default)).zip(value(&limit));
            if outside.is_some_and(|(default, limit)| if least { default < limit } else { default > limit }) {
                refused.push((key, span));
                continue;
            }
            let written = code.written();
            rules.push(if least { format!("{written} <= self") } else { format!("self <= {written}") });
        }
        for (key, least) in [("MinLength", true), ("MaxLength", false)] {
            let (Some((limit, span)), Kind::Text) = (bound(key), kind) else { continue };
            let Ok(limit) = limit.trim().parse::<usize>() else { continue };
            let outside = default.as_ref().map(|default| default.chars().count());
            if outside.is_some_and(|length| if least { length < limit } else { length > limit }) {
                refused.push((key, span));
                continue;
            }
            let operator = if least { ">=" } else { "<=" };
            rules.push(format!("String.length(self) {operator} {limit}"));
        }
        if let (Some((pattern, span)), Kind::Text) = (bound("AllowedPattern"), kind) {
            match pattern_matches(&format!("^(?:{pattern})$"), default.as_deref().unwrap_or("")) {
                Some(matches) if matches || default.is_none() => {
                    let pattern = Code::literal(format!("^(?:{pattern})$")).written();
                    rules.push(format!("Regex.isMatch {{regex: Regex.new {{pattern: {pattern}}}, input: self}}"));
                }
                Some(_) => refused.push(("AllowedPattern", span)),
                None => {
                    let reason = "the expression is one that cannot be read here";
                    self.diagnostics.push(errors::no_constraint(name, "AllowedPattern", reason, span));
                }
            }
        }
        for (key, span) in refused {
            let reason = "its own default is outside of it";
            self.diagnostics.push(errors::no_constraint(name, key, reason, span));
        }
        if rules.is_empty() {
            return (None, base.to_string());
        }
        let own_type = self.names.of_type(binding);
        (Some(format!("type {own_type}: {base} where {}", rules.join(" && "))), own_type)
    }
}

/// Whether a text matches; nothing where the expression cannot be read.
fn pattern_matches(pattern: &str, text: &str) -> Option<bool> {
    fancy_regex::Regex::new(pattern).ok()?.is_match(text).ok()
}
