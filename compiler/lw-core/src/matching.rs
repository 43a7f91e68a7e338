use crate::equality::Truth;
use crate::failure::{Eval, Stop};
use crate::machine::Machine;
use crate::program::{Pattern, PatternId};
use crate::value::Value;

impl Machine<'_> {
    /// Does the pattern match? Binds its names as it goes.
    pub(crate) fn matches(&mut self, id: PatternId, value: &Value) -> Eval<bool> {
        let program = self.program;
        let pattern = program.pattern(id);
        match pattern {
            Pattern::Wildcard => return Ok(true),
            Pattern::Bind(slot) => {
                let at = self.base + *slot as usize;
                self.stack[at] = value.clone();
                return Ok(true);
            }
            _ => {}
        }
        if let Value::Later(later) = value {
            return match self.known(later)? {
                Some(known) => self.matches(id, &known),
                None => Err(self.needs(later, "`case`")),
            };
        }
        Ok(match (pattern, value) {
            (Pattern::Bool(wanted), Value::Bool(found)) => wanted == found,
            (Pattern::Int(wanted), Value::Int(found)) => wanted == found,
            (Pattern::Float(wanted), Value::Float(found)) => wanted == found,
            (Pattern::String(wanted), Value::String(found)) => program.string(*wanted) == found,
            (Pattern::String(wanted), Value::Message(found)) => *program.string(*wanted) == found.text,
            (Pattern::None, Value::None) => true,
            (Pattern::None, Value::Some(_)) | (Pattern::Some(_), Value::None) => false,
            (Pattern::Some(inner), Value::Some(payload)) => self.matches(*inner, payload)?,
            (Pattern::Constructor(wanted, inner), Value::Constructor(found, payload)) => {
                wanted == found
                    && match (inner, payload) {
                        (Some(inner), Some(payload)) => self.matches(*inner, payload)?,
                        _ => true,
                    }
            }
            (Pattern::Tuple(inner), Value::Tuple(items)) => self.all_match(inner, items)?,
            (Pattern::List(inner), Value::List(items)) => inner.len() == items.len() && self.all_match(inner, items)?,
            (Pattern::Record(fields), _) => {
                let mut undecided = None;
                for (name, inner) in fields {
                    let found = self.field(value, *name)?;
                    match self.matches(*inner, &found) {
                        Ok(true) => {}
                        Ok(false) => return Ok(false),
                        Err(stop @ Stop::Undecided(_)) => undecided = Some(stop),
                        Err(stop) => return Err(stop),
                    }
                }
                match undecided {
                    Some(stop) => return Err(stop),
                    None => true,
                }
            }
            (_, other) => return Err(self.unfit(other, "`case`")),
        })
    }

    /// All patterns match; one that surely does not decides, whatever the others say.
    fn all_match(&mut self, patterns: &[PatternId], items: &[Value]) -> Eval<bool> {
        let mut undecided = None;
        for (pattern, item) in patterns.iter().zip(items) {
            match self.matches(*pattern, item) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(stop @ Stop::Undecided(_)) => undecided = Some(stop),
                Err(stop) => return Err(stop),
            }
        }
        match undecided {
            Some(stop) => Err(stop),
            None => Ok(true),
        }
    }

    /// `==`, where the answer is needed.
    pub(crate) fn equal(&mut self, left: &Value, right: &Value) -> Eval<bool> {
        match self.truth(left, right)? {
            Truth::True => Ok(true),
            Truth::False => Ok(false),
            Truth::Unknown(cause) => match &*cause {
                crate::value::Cause::Later(later) => Err(self.needs(later, "`==`")),
                crate::value::Cause::Unknown(_) | crate::value::Cause::Choice(_) | crate::value::Cause::Forks => {
                    Err(Stop::Undecided(cause))
                }
            },
        }
    }
}
