//! Conditions: decided where their parts are known.

use std::sync::Arc;

use lw_diagnostics::Span;

use crate::errors;
use crate::functions::Text;
use crate::reading::Reading;
use crate::tree::{Node, NodeKind};

/// What is known of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Known(bool),
    /// It depends on this.
    Open(Arc<str>),
}

impl Decision {
    pub fn may_hold(&self) -> bool {
        *self != Decision::Known(false)
    }
}

impl<'t> Reading<'_, 't> {
    /// A condition of the section `Conditions`.
    pub fn named_condition(&mut self, name: &Arc<str>, span: Span) -> Decision {
        if let Some(decided) = self.decided.get(name) {
            return match decided {
                Some(decision) => decision.clone(),
                None => {
                    self.diagnostics.push(errors::cycle("the condition", &[name.clone(), name.clone()], span));
                    Decision::Open(name.clone())
                }
            };
        }
        let template = self.template;
        let Some(entry) = template.conditions.get(name) else {
            let known = template.conditions.keys().map(|name| &**name);
            self.diagnostics.push(errors::unknown_reference("condition", name, span, known));
            return Decision::Open(name.clone());
        };
        self.decided.insert(name.clone(), None);
        let decision = self.condition(&entry.value, name);
        self.decided.insert(name.clone(), Some(decision.clone()));
        decision
    }

    /// The condition that a node writes; `name` is what it is called where it cannot be decided.
    pub fn condition(&mut self, node: &'t Node, name: &Arc<str>) -> Decision {
        match &node.kind {
            NodeKind::Bool(value) => return Decision::Known(*value),
            NodeKind::String(text) if text.eq_ignore_ascii_case("true") => return Decision::Known(true),
            NodeKind::String(text) if text.eq_ignore_ascii_case("false") => return Decision::Known(false),
            _ => {}
        }
        let Some(entry) = node.only_entry() else {
            self.diagnostics.push(errors::bad_argument("Conditions", "a condition function", node.span));
            return Decision::Open(name.clone());
        };
        let arguments = entry.value.items();
        match &*entry.key {
            "Condition" => match entry.value.text() {
                Some(text) => self.named_condition(text, entry.value.span),
                None => Decision::Open(name.clone()),
            },
            "Fn::Equals" => match arguments {
                [left, right] => match (self.text(left), self.text(right)) {
                    (Text::Known(left), Text::Known(right)) => Decision::Known(left == right),
                    _ => Decision::Open(name.clone()),
                },
                _ => self.refuse_condition("Fn::Equals", "two values", node, name),
            },
            "Fn::Not" => match arguments {
                [inner] => match self.condition(inner, name) {
                    Decision::Known(value) => Decision::Known(!value),
                    open => open,
                },
                _ => self.refuse_condition("Fn::Not", "one condition", node, name),
            },
            "Fn::And" => self.connected(arguments, false, name),
            "Fn::Or" => self.connected(arguments, true, name),
            _ => Decision::Open(name.clone()),
        }
    }

    /// `decides` of any is the answer.
    fn connected(&mut self, parts: &'t [Node], decides: bool, name: &Arc<str>) -> Decision {
        let mut open = None;
        for part in parts {
            match self.condition(part, name) {
                Decision::Known(value) if value == decides => return Decision::Known(decides),
                Decision::Known(_) => {}
                found => open = open.or(Some(found)),
            }
        }
        open.unwrap_or(Decision::Known(!decides))
    }

    fn refuse_condition(&mut self, function: &str, wanted: &str, node: &Node, name: &Arc<str>) -> Decision {
        self.diagnostics.push(errors::bad_argument(function, wanted, node.span));
        Decision::Open(name.clone())
    }
}
