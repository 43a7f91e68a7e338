//! Mustache templates: names, sections, inverted sections, comments.

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[entry("__templateRender", 4, render)];

/// How deep sections may nest.
const DEPTH_MAX: usize = 64;

enum Part<'t> {
    Text(&'t str),
    Name { name: &'t str, raw: bool },
    Section { name: &'t str, inverted: bool, parts: Vec<Part<'t>> },
}

fn render(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let template = machine.take_text(&mut arguments[0], "a template")?;
    let strict = machine.bool(&arguments[2].clone(), "a template")?;
    let escape = machine.bool(&arguments[3].clone(), "a template")?;
    machine.charge_steps(template.len() / 8)?;
    let mut rest: &str = &template;
    let parts = parse(&mut rest, None, 0).map_err(|reason| machine.wrong(reason))?;
    let mut rendering =
        Rendering { strict, escape, scopes: vec![arguments[1].clone()], out: Vec::new(), text: String::new() };
    rendering.parts(machine, &parts)?;
    let Rendering { mut out, text, .. } = rendering;
    out.push(Value::string(text));
    let at = machine.here();
    machine.interpolate(&out, at)
}

/// Parts up to the end, or up to the end tag of `section`.
fn parse<'t>(rest: &mut &'t str, section: Option<&str>, depth: usize) -> Result<Vec<Part<'t>>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("the sections of the template nest deeper than {DEPTH_MAX}"));
    }
    let mut parts = Vec::new();
    loop {
        let Some(open) = rest.find("{{") else {
            if let Some(section) = section {
                return Err(format!("the section `{section}` of the template is not closed"));
            }
            parts.push(Part::Text(rest));
            *rest = "";
            return Ok(parts);
        };
        parts.push(Part::Text(&rest[..open]));
        let raw = rest[open..].starts_with("{{{");
        let (skip, closer) = if raw { (3, "}}}") } else { (2, "}}") };
        let inner = &rest[open + skip..];
        let Some(close) = inner.find(closer) else {
            return Err("a `{{` of the template has no `}}`".to_string());
        };
        let tag = inner[..close].trim();
        *rest = &inner[close + closer.len()..];
        match tag.chars().next() {
            _ if raw => parts.push(Part::Name { name: tag, raw: true }),
            Some('!') => {}
            Some('&') => parts.push(Part::Name { name: tag[1..].trim(), raw: true }),
            Some(kind @ ('#' | '^')) => {
                let name = tag[1..].trim();
                let inner = parse(rest, Some(name), depth + 1)?;
                parts.push(Part::Section { name, inverted: kind == '^', parts: inner });
            }
            Some('/') => {
                let name = tag[1..].trim();
                return match section {
                    Some(section) if section == name => Ok(parts),
                    Some(section) => Err(format!("the section `{section}` of the template is closed as `{name}`")),
                    None => Err(format!("the template closes a section `{name}` that is not open")),
                };
            }
            Some(_) => parts.push(Part::Name { name: tag, raw: false }),
            None => return Err("a `{{` of the template has no name after it".to_string()),
        }
    }
}

struct Rendering {
    strict: bool,
    escape: bool,
    /// The data, then the elements of the sections around.
    scopes: Vec<Value>,
    /// What is done: texts and later values.
    out: Vec<Value>,
    text: String,
}

impl Rendering {
    fn parts(&mut self, machine: &mut Machine<'_>, parts: &[Part<'_>]) -> Eval<()> {
        for part in parts {
            machine.charge_steps(1)?;
            match part {
                Part::Text(text) => self.push(machine, text)?,
                Part::Name { name, raw } => self.name(machine, name, *raw)?,
                Part::Section { name, inverted, parts } => self.section(machine, name, *inverted, parts)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, machine: &mut Machine<'_>, text: &str) -> Eval<()> {
        self.text.push_str(text);
        if self.text.len() > machine.text_bytes_max() {
            machine.charge_bytes(self.text.len())?;
        }
        Ok(())
    }

    fn name(&mut self, machine: &mut Machine<'_>, name: &str, raw: bool) -> Eval<()> {
        let found = self.find(machine, name)?;
        match found {
            None if self.strict => Err(machine.wrong(format!("the template needs `{name}`, which its data has not"))),
            None => Ok(()),
            Some(later @ (Value::Later(_) | Value::Resource(_))) => {
                self.out.push(Value::string(std::mem::take(&mut self.text)));
                self.out.push(later);
                Ok(())
            }
            Some(Value::Undecided(cause)) => Err(crate::failure::Stop::Undecided(cause)),
            Some(value) => {
                let text = machine.show_plain(&value);
                if raw || !self.escape {
                    return self.push(machine, &text);
                }
                let mut escaped = String::with_capacity(text.len());
                for character in text.chars() {
                    match character {
                        '&' => escaped.push_str("&amp;"),
                        '<' => escaped.push_str("&lt;"),
                        '>' => escaped.push_str("&gt;"),
                        '"' => escaped.push_str("&quot;"),
                        '\'' => escaped.push_str("&#39;"),
                        other => escaped.push(other),
                    }
                }
                self.push(machine, &escaped)
            }
        }
    }

    fn section(&mut self, machine: &mut Machine<'_>, name: &str, inverted: bool, parts: &[Part<'_>]) -> Eval<()> {
        let mut found = self.find(machine, name)?.unwrap_or(Value::None);
        machine.settle_later(&mut found)?;
        let elements: Vec<Value> = match &found {
            Value::Later(_) | Value::Undecided(_) => return Err(machine.unfit(&found, "a section of a template")),
            Value::None | Value::Bool(false) => Vec::new(),
            Value::List(items) => items.to_vec(),
            _ => vec![found.clone()],
        };
        if inverted {
            return if elements.is_empty() { self.parts(machine, parts) } else { Ok(()) };
        }
        for element in elements {
            self.scopes.push(element);
            let result = self.parts(machine, parts);
            self.scopes.pop();
            result?;
        }
        Ok(())
    }

    /// A dotted name in the innermost scope that has its first part; what is None is not there.
    fn find(&self, machine: &mut Machine<'_>, name: &str) -> Eval<Option<Value>> {
        if name == "." {
            return Ok(self.scopes.last().cloned());
        }
        let mut steps = name.split('.').map(str::trim);
        let first = steps.next().unwrap_or_default();
        let mut found = None;
        for scope in self.scopes.iter().rev() {
            found = member(machine, scope, first)?;
            if found.is_some() {
                break;
            }
        }
        for step in steps {
            found = match &found {
                Some(value) => member(machine, value, step)?,
                None => None,
            };
        }
        Ok(found)
    }
}

fn member(machine: &mut Machine<'_>, value: &Value, name: &str) -> Eval<Option<Value>> {
    let found = match value {
        Value::Dictionary(entries) => entries.get(name).cloned(),
        Value::Some(inner) => return member(machine, inner, name),
        Value::Record(_) | Value::Resource(_) | Value::Blueprint(_) | Value::Constructor(_, Some(_)) => {
            let Some(known) = machine.name_id(name) else { return Ok(None) };
            match (value, machine.field(value, known)) {
                (_, Ok(value)) => Some(value),
                (Value::Resource(_), Err(crate::failure::Stop::Failure(_))) => None,
                (_, Err(stop)) => return Err(stop),
            }
        }
        _ => None,
    };
    Ok(match found {
        None | Some(Value::None) => None,
        Some(Value::Some(inner)) => Some(inner.0.clone()),
        Some(value) => Some(value),
    })
}
