//! Three-valued logic: what a policy can decide although parts of its input are not known.
//!
//! The one rule: putting any concrete value in place of an unknown one may turn an undecided outcome into a decided one, and
//! never one decided outcome into the other. So a branch that is not decided is followed both ways, and the outcomes are joined:
//! where they agree, the answer does not depend on what is unknown.

use std::rc::Rc;

use crate::equality::Truth;
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{CaseId, NodeId, Pattern, PatternId};
use crate::value::{Boxed, Cause, Dictionary, Items, Record, Value};

impl Machine<'_> {
    pub(crate) fn and(&mut self, left: NodeId, right: NodeId) -> Eval<Value> {
        self.connective(left, right, false, "`&&`")
    }

    pub(crate) fn or(&mut self, left: NodeId, right: NodeId) -> Eval<Value> {
        self.connective(left, right, true, "`||`")
    }

    /// `&&` and `||`: `decides` on either side is the answer.
    fn connective(&mut self, left: NodeId, right: NodeId, decides: bool, operation: &'static str) -> Eval<Value> {
        let left = self.eval(left)?;
        let cause = match self.bool(&left, operation) {
            Ok(left) if left == decides => return Ok(Value::Bool(decides)),
            Ok(_) => None,
            Err(Stop::Undecided(cause)) => Some(cause),
            Err(stop) => return Err(stop),
        };
        let Some(cause) = cause else {
            let right = self.eval(right)?;
            return Ok(Value::Bool(self.bool(&right, operation)?));
        };
        match self.speculate(right, &cause)? {
            Value::Bool(right) if right == decides => Ok(Value::Bool(decides)),
            _ => Err(Stop::Undecided(cause)),
        }
    }

    /// Evaluates what may not be meant to run: a mistake in it is no mistake yet.
    fn speculate(&mut self, node: NodeId, cause: &Rc<Cause>) -> Eval<Value> {
        if self.forks_left == 0 {
            return Err(Stop::Undecided(Rc::new(Cause::Forks)));
        }
        self.forks_left -= 1;
        let height = self.stack.len();
        match self.eval(node) {
            Err(Stop::Failure(_)) if !self.is_exhausted() => {
                self.stack.truncate(height);
                Ok(Value::Undecided(cause.clone()))
            }
            result => result,
        }
    }

    /// Evaluates every branch of an undecided choice and joins the outcomes.
    pub(crate) fn fork(&mut self, cause: Rc<Cause>, branches: &[NodeId]) -> Eval<Value> {
        let mut joined: Option<Value> = None;
        for branch in branches {
            let value = self.speculate(*branch, &cause)?;
            joined = Some(match joined {
                None => value,
                Some(before) => self.join(before, value, &cause)?,
            });
        }
        joined.ok_or(Stop::Undecided(cause))
    }

    pub(crate) fn case(&mut self, id: CaseId) -> Eval<Value> {
        let program = self.program;
        let case = &program.cases[id.index()];
        let scrutinee = self.eval(case.scrutinee)?;
        let mut unknown: Option<(Rc<Cause>, Value)> = None;
        for (pattern, body) in &case.arms {
            let matched = match self.matches(*pattern, &scrutinee) {
                Ok(matched) => matched,
                Err(Stop::Undecided(cause)) => {
                    self.bind_undecided(*pattern, &cause);
                    let value = self.speculate(*body, &cause)?;
                    unknown = Some(match unknown {
                        None => (cause, value),
                        Some((cause, before)) => {
                            let joined = self.join(before, value, &cause)?;
                            (cause, joined)
                        }
                    });
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            if !matched {
                continue;
            }
            let Some((cause, before)) = unknown else { return self.eval(*body) };
            let value = self.speculate(*body, &cause)?;
            return self.join(before, value, &cause);
        }
        match unknown {
            Some((_, value)) => Ok(value),
            None => {
                let value = self.show(&scrutinee);
                Err(Stop::new(FailureKind::NoArm { value }))
            }
        }
    }

    fn bind_undecided(&mut self, pattern: PatternId, cause: &Rc<Cause>) {
        let program = self.program;
        let mut work = vec![pattern];
        while let Some(pattern) = work.pop() {
            match program.pattern(pattern) {
                Pattern::Bind(slot) => {
                    let at = self.base + *slot as usize;
                    self.stack[at] = Value::Undecided(cause.clone());
                }
                Pattern::Some(inner) | Pattern::Constructor(_, Some(inner)) => work.push(*inner),
                Pattern::Tuple(inner) | Pattern::List(inner) => work.extend(inner),
                Pattern::Record(fields) => work.extend(fields.iter().map(|(_, pattern)| *pattern)),
                _ => {}
            }
        }
    }

    /// What two possible outcomes have in common; undecided where they differ.
    fn join(&mut self, left: Value, right: Value, cause: &Rc<Cause>) -> Eval<Value> {
        self.charge_steps(1)?;
        crate::eval::with_stack(|| self.join_grown(left, right, cause))
    }

    fn join_grown(&mut self, left: Value, right: Value, cause: &Rc<Cause>) -> Eval<Value> {
        let undecided = || Value::Undecided(cause.clone());
        Ok(match (&left, &right) {
            (Value::Constructor(first, Some(before)), Value::Constructor(second, Some(after))) if first == second => {
                let payload = self.join(before.0.clone(), after.0.clone(), cause)?;
                Value::Constructor(*first, Some(Rc::new(Boxed(payload))))
            }
            // That a rule does not apply is another answer than that it holds.
            (Value::Constructor(first, before), Value::Constructor(second, after))
                if first == second && before.is_some() != after.is_some() =>
            {
                undecided()
            }
            (Value::Some(before), Value::Some(after)) => {
                Value::some(self.join(before.0.clone(), after.0.clone(), cause)?)
            }
            (Value::Tuple(before), Value::Tuple(after)) if before.len() == after.len() => {
                Value::Tuple(Rc::new(self.join_items(before, after, cause)?))
            }
            (Value::List(before), Value::List(after)) if before.len() == after.len() => {
                Value::List(Rc::new(self.join_items(before, after, cause)?))
            }
            (Value::Record(before), Value::Record(after)) if before.shape == after.shape => {
                let values = self.join_items(&before.values, &after.values, cause)?;
                Value::Record(Rc::new(Record { shape: before.shape.clone(), values }))
            }
            (Value::Dictionary(before), Value::Dictionary(after)) if before.keys == after.keys => {
                let values = self.join_items(&before.values, &after.values, cause)?;
                Value::Dictionary(Rc::new(Dictionary { keys: before.keys.clone(), values }))
            }
            // A failure is one whatever it says.
            (Value::String(_) | Value::Message(_), Value::Message(_)) => right,
            (Value::Message(_), Value::String(_)) => left,
            _ => match self.truth(&left, &right) {
                Ok(Truth::True) => left,
                Ok(_) => undecided(),
                Err(Stop::Failure(_)) if !self.is_exhausted() => undecided(),
                Err(stop) => return Err(stop),
            },
        })
    }

    fn join_items(&mut self, before: &Items, after: &Items, cause: &Rc<Cause>) -> Eval<Items> {
        let mut joined = Items(Vec::with_capacity(before.len()));
        for (left, right) in before.iter().zip(after.iter()) {
            joined.0.push(self.join(left.clone(), right.clone(), cause)?);
        }
        Ok(joined)
    }
}
