use std::sync::Arc;

use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{Clause, Comprehension, ComprehensionId, NodeId};
use crate::value::{Dictionary, Items, Value};

enum Collected {
    List(Vec<Value>),
    Entries(Vec<(Arc<str>, Value, NodeId)>),
}

impl<'p> Machine<'p> {
    pub(crate) fn list_comprehension(&mut self, id: ComprehensionId) -> Eval<Value> {
        let comprehension = &self.program.comprehensions[id.index()];
        let mut collected = Collected::List(Vec::new());
        self.clauses(comprehension, 0, &mut collected)?;
        match collected {
            Collected::List(items) => Ok(Value::list(items)),
            Collected::Entries(entries) => self.sealed_dictionary(entries),
        }
    }

    pub(crate) fn dictionary_comprehension(&mut self, id: ComprehensionId) -> Eval<Value> {
        let comprehension = &self.program.comprehensions[id.index()];
        let mut collected = Collected::Entries(Vec::new());
        self.clauses(comprehension, 0, &mut collected)?;
        match collected {
            Collected::List(items) => Ok(Value::list(items)),
            Collected::Entries(entries) => self.sealed_dictionary(entries),
        }
    }

    fn clauses(&mut self, comprehension: &'p Comprehension, at: usize, out: &mut Collected) -> Eval<()> {
        let Some(clause) = comprehension.clauses.get(at) else {
            return self.collect(comprehension, out);
        };
        match clause {
            Clause::If(condition) => {
                let condition = self.eval(*condition)?;
                if self.bool(&condition, "a comprehension's condition")? {
                    self.clauses(comprehension, at + 1, out)?;
                }
                Ok(())
            }
            Clause::For(pattern, source) => {
                let mut source = self.eval(*source)?;
                if let Value::Later(later) = &source {
                    source = match self.known(later)? {
                        Some(known) => known,
                        None => return Err(self.needs(later, "a comprehension's source")),
                    };
                }
                match &source {
                    Value::List(items) => {
                        for item in items.iter() {
                            if self.matches(*pattern, item)? {
                                self.clauses(comprehension, at + 1, out)?;
                            }
                        }
                    }
                    Value::Dictionary(entries) => {
                        for (key, value) in entries.entries() {
                            let pair = Value::tuple(vec![Value::String(key.clone()), value.clone()]);
                            if self.matches(*pattern, &pair)? {
                                self.clauses(comprehension, at + 1, out)?;
                            }
                        }
                    }
                    Value::None => {}
                    Value::Some(item) => {
                        if self.matches(*pattern, item)? {
                            self.clauses(comprehension, at + 1, out)?;
                        }
                    }
                    other => return Err(self.unfit(other, "a comprehension's source")),
                }
                Ok(())
            }
        }
    }

    fn collect(&mut self, comprehension: &Comprehension, out: &mut Collected) -> Eval<()> {
        self.charge_nodes(1)?;
        match (out, comprehension.key) {
            (Collected::Entries(entries), Some(key_node)) => {
                let key = self.eval(key_node)?;
                let origin = self.program.origin(key_node);
                let key = self.text(&key, "a dictionary key").map_err(|stop| self.place(stop, origin))?;
                let value = self.eval(comprehension.element)?;
                entries.push((key, value, key_node));
            }
            (Collected::List(items), _) => items.push(self.eval(comprehension.element)?),
            (Collected::Entries(_), None) => {}
        }
        Ok(())
    }

    /// A dictionary of entries whose keys must all differ.
    pub(crate) fn sealed_dictionary(&mut self, mut entries: Vec<(Arc<str>, Value, NodeId)>) -> Eval<Value> {
        if !entries.is_sorted_by(|left, right| left.0 < right.0) {
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let stop = Stop::new(FailureKind::DuplicateKey(pair[1].0.clone()));
                return Err(self.place(stop, self.program.origin(pair[1].2)));
            }
        }
        let mut dictionary =
            Dictionary { keys: Vec::with_capacity(entries.len()), values: Items(Vec::with_capacity(entries.len())) };
        for (key, value, _) in entries {
            dictionary.keys.push(key);
            dictionary.values.0.push(value);
        }
        Ok(Value::Dictionary(std::rc::Rc::new(dictionary)))
    }
}
