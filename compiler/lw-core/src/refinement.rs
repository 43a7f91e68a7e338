use std::sync::Arc;

use crate::failure::{Eval, Failure, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{OriginId, RefinementId, RefinementRule};
use crate::value::Value;

impl Machine<'_> {
    /// Whether a value keeps a refinement, for whoever holds it outside of an expression.
    pub fn check_refinement(&mut self, id: RefinementId, value: &Value) -> Result<(), Option<Box<Failure>>> {
        let result = self.refine(id, value).map(|()| Value::None);
        self.outcome(result).map(|_| ())
    }

    /// Checks a value against a refinement; what is not known yet passes.
    pub(crate) fn refine(&mut self, id: RefinementId, value: &Value) -> Eval<()> {
        match value {
            Value::None | Value::Undecided(_) => return Ok(()),
            Value::Some(inner) => return self.refine(id, inner),
            Value::Later(later) => {
                return match self.known(later)? {
                    Some(known) => self.refine(id, &known),
                    None => Ok(()),
                };
            }
            _ => {}
        }
        let refinement = &self.program.refinements[id.index()];
        let holds = match &refinement.rule {
            RefinementRule::Union(texts) => value.text().is_some_and(|value| texts.iter().any(|text| text == value)),
            RefinementRule::UnionIgnoringCase(texts) => {
                value.text().is_some_and(|value| texts.iter().any(|text| text.eq_ignore_ascii_case(value)))
            }
            RefinementRule::Predicate { function, .. } => {
                let function = self.force_global(*function, OriginId::NONE)?;
                let answer = self.call_1(&function, value.clone())?;
                self.bool(&answer, "a refinement")?
            }
        };
        if holds {
            return Ok(());
        }
        let rule = match &refinement.rule {
            RefinementRule::Union(texts) | RefinementRule::UnionIgnoringCase(texts) => shown(texts),
            RefinementRule::Predicate { text, .. } => text.to_string(),
        };
        let value = self.show(value);
        Err(Stop::new(FailureKind::Refinement { name: refinement.name.clone(), rule, value }))
    }
}

/// `"a" | "b"`; a long list is cut.
fn shown(texts: &[Arc<str>]) -> String {
    const SHOWN_MAX: usize = 12;
    let mut shown: Vec<String> = texts.iter().take(SHOWN_MAX).map(|text| format!("\"{text}\"")).collect();
    if texts.len() > SHOWN_MAX {
        shown.push(format!("… ({} in all)", texts.len()));
    }
    shown.join(" | ")
}
