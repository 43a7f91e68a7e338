//! Conditions: decided where their parts are known, and otherwise formulas over facts that nobody knows.

use std::sync::Arc;

use lw_core::{AtomId, Boxed, Condition, ConditionId, Term, Value, choice};
use lw_diagnostics::Span;
use rustc_hash::FxHashMap;

use crate::errors;
use crate::functions::{Head, Text};
use crate::reading::{Reading, later, unknown};
use crate::template::Parameter;
use crate::tree::{Node, NodeKind};

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    Known(bool),
    Open(ConditionId),
}

/// Something that has one value, of which nobody knows which: a parameter, a region.
#[derive(Debug)]
pub(crate) struct Subject {
    number: u32,
    /// What it is called.
    name: Arc<str>,
    /// By the value that it would have.
    atoms: Vec<(Arc<str>, AtomId)>,
    /// Whether its atoms are all values that it can have.
    closed: bool,
}

/// More values than that are not looked at one by one.
const CLOSED_MAX: usize = 32;

impl Decision {
    pub fn may_hold(self) -> bool {
        self != Decision::Known(false)
    }
}

impl<'t> Reading<'_, 't> {
    /// Reads every condition of the template, so that all facts are known by name before values depend on them.
    pub fn read_conditions(&mut self) {
        let template = self.template;
        let mut names: Vec<(&Arc<str>, Span)> =
            template.conditions.iter().map(|(name, entry)| (name, entry.key_span)).collect();
        names.sort_unstable_by_key(|(_, span)| span.start);
        for (name, span) in names {
            self.named_condition(name, span);
        }
    }

    /// A condition of the section `Conditions`.
    pub fn named_condition(&mut self, name: &Arc<str>, span: Span) -> Decision {
        if let Some(decided) = self.decided.get(name) {
            return match decided {
                Some(decision) => *decision,
                None => {
                    let from = self.deciding.iter().position(|known| known == name).unwrap_or(0);
                    let mut chain = self.deciding[from..].to_vec();
                    chain.push(name.clone());
                    self.diagnostics.push(errors::cycle("the condition", &chain, span));
                    self.unheard(name)
                }
            };
        }
        let template = self.template;
        let Some(entry) = template.conditions.get(name) else {
            let known = template.conditions.keys().map(|name| &**name);
            self.diagnostics.push(errors::unknown_reference("condition", name, span, known));
            return self.unheard(name);
        };
        self.decided.insert(name.clone(), None);
        self.deciding.push(name.clone());
        let decision = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.condition(&entry.value));
        self.deciding.pop();
        self.decided.insert(name.clone(), Some(decision));
        decision
    }

    /// A condition of which nothing can be said but its name.
    fn unheard(&mut self, name: &str) -> Decision {
        self.fact(&format!("the condition {name}"), "true")
    }

    /// The condition that a node writes.
    pub fn condition(&mut self, node: &'t Node) -> Decision {
        match &node.kind {
            NodeKind::Bool(value) => return Decision::Known(*value),
            NodeKind::String(text) if text.eq_ignore_ascii_case("true") => return Decision::Known(true),
            NodeKind::String(text) if text.eq_ignore_ascii_case("false") => return Decision::Known(false),
            NodeKind::Refused => return self.unheard("that could not be read"),
            _ => {}
        }
        let Some(entry) = node.only_entry() else {
            return self.refuse_condition("Conditions", "a condition function", node);
        };
        let arguments = entry.value.items();
        match &*entry.key {
            "Condition" => match entry.value.text() {
                Some(text) => self.named_condition(text, entry.value.span),
                None => self.refuse_condition("Condition", "the name of a condition", &entry.value),
            },
            "Fn::Equals" => match arguments {
                [left, right] => self.equals(left, right),
                _ => self.refuse_condition("Fn::Equals", "two values", node),
            },
            "Fn::Not" => match arguments {
                [inner] => match self.condition(inner) {
                    Decision::Known(value) => Decision::Known(!value),
                    Decision::Open(inner) => Decision::Open(self.conditions.add(Condition::Not(inner))),
                },
                _ => self.refuse_condition("Fn::Not", "one condition", node),
            },
            "Fn::And" => self.connected(arguments, false),
            "Fn::Or" => self.connected(arguments, true),
            key if key.starts_with("Fn::") => {
                // Functions over lists, in rules; or one that nobody knows.
                if let Head::Node(node) = self.head(node)
                    && let Some(text) = node.scalar_text()
                {
                    return Decision::Known(text.eq_ignore_ascii_case("true"));
                }
                self.unheard(key)
            }
            _ => self.refuse_condition("Conditions", "a condition function", node),
        }
    }

    /// `decides` of any is the answer.
    fn connected(&mut self, parts: &'t [Node], decides: bool) -> Decision {
        let mut open = Vec::new();
        let mut decided = false;
        for part in parts {
            match self.condition(part) {
                Decision::Known(value) => decided |= value == decides,
                Decision::Open(part) => open.push(part),
            }
        }
        match open.as_slice() {
            _ if decided => Decision::Known(decides),
            [] => Decision::Known(!decides),
            [only] => Decision::Open(*only),
            _ if decides => Decision::Open(self.conditions.add(Condition::Any(open))),
            _ => Decision::Open(self.conditions.add(Condition::All(open))),
        }
    }

    fn equals(&mut self, left: &'t Node, right: &'t Node) -> Decision {
        match (self.operand(left), self.operand(right)) {
            (Operand::Known(left), Operand::Known(right)) => Decision::Known(left == right),
            (Operand::Subject(left), Operand::Subject(right)) if left == right => Decision::Known(true),
            (Operand::Subject(subject), Operand::Known(text)) | (Operand::Known(text), Operand::Subject(subject)) => {
                self.fact(&subject, &text)
            }
            (Operand::Subject(left), Operand::Subject(right)) => {
                // In one order, so that both ways of writing it are one fact.
                let (first, second) = if left < right { (left, right) } else { (right, left) };
                self.fact(&format!("{first} compared with {second}"), "equal")
            }
        }
    }

    fn operand(&mut self, node: &'t Node) -> Operand {
        match self.head(node) {
            Head::Node(literal) if literal.scalar_text().is_some() => {
                Operand::Known(literal.scalar_text().unwrap_or_else(|| Arc::from("")))
            }
            Head::Nothing => Operand::Known(Arc::from("")),
            _ => Operand::Subject(Arc::from(described(node))),
        }
    }

    /// That a subject has a value, as a condition.
    fn fact(&mut self, subject: &str, value: &str) -> Decision {
        let number = self.subject_number(subject);
        let subject = &mut self.subjects[number];
        let atom = match subject.atoms.iter().find(|(known, _)| **known == *value) {
            Some((_, atom)) => *atom,
            None if subject.closed => return Decision::Known(false),
            None => {
                let name = &subject.name;
                let text = if value.is_empty() { format!("{name} is empty") } else { format!("{name} is {value}") };
                let atom = self.conditions.atom(subject.number, text);
                subject.atoms.push((Arc::from(value), atom));
                atom
            }
        };
        Decision::Open(self.conditions.add(Condition::Is(atom)))
    }

    /// A subject's place; a parameter with few allowed values is one whose values are all known.
    fn subject_number(&mut self, name: &str) -> usize {
        if let Some(known) = self.subject_numbers.get(name) {
            return *known;
        }
        let name: Arc<str> = Arc::from(name);
        let allowed: &[Arc<str>] = self.template.parameters.get(&name).map_or(&[], |parameter| &parameter.allowed);
        let closed = !allowed.is_empty() && allowed.len() <= CLOSED_MAX;
        let number = self.conditions.subject(closed);
        let mut atoms = Vec::new();
        if closed {
            for value in allowed {
                atoms.push((value.clone(), self.conditions.atom(number, format!("{name} is {value}"))));
            }
        }
        self.subject_numbers.insert(name.clone(), self.subjects.len());
        self.subjects.push(Subject { number, name, atoms, closed });
        self.subjects.len() - 1
    }

    /// The value of a parameter that nobody gave: one of those that are allowed, or that conditions ask for, or another.
    pub fn open_parameter(&mut self, name: &str, parameter: Option<&Parameter>, span: Span) -> Head<'t> {
        let known = self.subject_numbers.get(name).copied();
        let is_closed = parameter.is_some_and(|parameter| (1..=CLOSED_MAX).contains(&parameter.allowed.len()));
        let what = if parameter.is_some() { format!("the parameter {name}") } else { name.to_string() };
        // What CloudFormation fills in by itself is text of which something is known: the number of an account is no wildcard.
        let mut head = Head::Value(match name.starts_with("AWS::") {
            true => later(Term::Lookup { source: Arc::from(name), argument: Boxed::new(Value::None) }),
            false => unknown(what),
        });
        let Some(number) = known.or_else(|| is_closed.then(|| self.subject_number(name))) else { return head };
        let subject = &self.subjects[number];
        let text = |value: &Arc<str>| {
            Head::Node(std::borrow::Cow::Owned(Node { kind: NodeKind::String(value.clone()), span }))
        };
        let mut atoms = subject.atoms.as_slice();
        // The last of all is what is left.
        if let (true, Some((last, before))) = (subject.closed, atoms.split_last()) {
            head = text(&last.0);
            atoms = before;
        }
        for (value, atom) in atoms.iter().rev() {
            let condition = self.conditions.add(Condition::Is(*atom));
            head = Head::Choice(condition, Box::new(text(value)), Box::new(head));
        }
        head
    }

    fn refuse_condition(&mut self, function: &str, wanted: &str, node: &Node) -> Decision {
        self.diagnostics.push(errors::bad_argument(function, wanted, node.span));
        self.unheard("that could not be read")
    }
}

enum Operand {
    Known(Arc<str>),
    Subject(Arc<str>),
}

/// What an expression is called: a parameter by its name, anything else as it is written, so that equal ones are one subject.
fn described(node: &Node) -> String {
    fn write(node: &Node, out: &mut String) {
        match &node.kind {
            NodeKind::Null | NodeKind::Refused | NodeKind::Later(_) | NodeKind::Secret { .. } | NodeKind::Link(_) => {
                out.push_str("null")
            }
            NodeKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            NodeKind::Number(text) | NodeKind::String(text) => out.push_str(text),
            NodeKind::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    write(item, out);
                }
                out.push(']');
            }
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    out.push_str(&entry.key);
                    out.push(' ');
                    write(&entry.value, out);
                }
            }
        }
    }
    let mut out = String::new();
    match node.only_entry() {
        Some(entry) if &*entry.key == "Ref" => write(&entry.value, &mut out),
        _ => write(node, &mut out),
    }
    out
}

/// A text where it depends on a condition.
pub(crate) fn text_choice(condition: ConditionId, then: Text, otherwise: Text) -> Text {
    let value = |text: Text| match text {
        Text::Known(text) => Value::String(text),
        Text::Value(value) => value,
    };
    Text::Value(choice(condition, value(then), value(otherwise)))
}

pub(crate) type Decided = FxHashMap<Arc<str>, Option<Decision>>;
