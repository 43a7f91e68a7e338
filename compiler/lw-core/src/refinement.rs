use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{OriginId, RefinementId, RefinementRule};
use crate::value::Value;

impl Machine<'_> {
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
        let (holds, rule) = match &refinement.rule {
            RefinementRule::Union(texts) => {
                let holds = value.text().is_some_and(|value| texts.iter().any(|text| text == value));
                (holds, texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(" | "))
            }
            RefinementRule::Predicate { function, text } => {
                let function = self.force_global(*function, OriginId::NONE)?;
                let answer = self.call_1(&function, value.clone())?;
                (self.bool(&answer, "a refinement")?, text.to_string())
            }
        };
        if holds {
            return Ok(());
        }
        let value = self.show(value);
        Err(Stop::new(FailureKind::Refinement { name: refinement.name.clone(), rule, value }))
    }
}
