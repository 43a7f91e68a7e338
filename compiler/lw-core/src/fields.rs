use std::rc::Rc;

use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{CodeId, ConstructorId, NameId, OriginId, SiteMode, UpdatesId};
use crate::value::{Boxed, Items, Record, ResourceId, Value};

impl Machine<'_> {
    pub(crate) fn field(&mut self, target: &Value, name: NameId) -> Eval<Value> {
        self.field_at(target, name, OriginId::NONE)
    }

    /// `r.a`; a field that a record has not is None.
    pub(crate) fn field_at(&mut self, target: &Value, name: NameId, origin: OriginId) -> Eval<Value> {
        match target {
            Value::Record(record) => Ok(record.get(name).cloned().unwrap_or(Value::None)),
            Value::Resource(id) | Value::Blueprint(id) => self.read_property(*id, name, origin),
            Value::Constructor(_, Some(payload)) => self.field_at(payload, name, origin),
            Value::Later(later) => {
                if let Some(known) = self.known(later)? {
                    return self.field_at(&known, name, origin);
                }
                self.later_field(later, name, origin)
            }
            other => Err(self.unfit(other, "a field access")),
        }
    }

    pub(crate) fn constructor_field(&mut self, target: &Value, wanted: ConstructorId, name: NameId) -> Eval<Value> {
        match target {
            Value::Constructor(found, Some(payload)) if *found == wanted => self.field(payload, name),
            Value::Constructor(found, _) => {
                Err(Stop::new(FailureKind::OtherConstructor { wanted, found: Some(*found) }))
            }
            other => Err(self.unfit(other, "a field access")),
        }
    }

    pub(crate) fn with(&mut self, target: Value, id: UpdatesId, origin: OriginId) -> Eval<Value> {
        let updates = &self.program.updates[id.index()];
        let captures = self.capture_all(updates.captures);
        match target {
            Value::Resource(base) => {
                self.may_vary(base, id)?;
                Ok(Value::Resource(self.derive(base, id, captures, origin)))
            }
            Value::Blueprint(base) => Ok(Value::Blueprint(self.derive(base, id, captures, origin))),
            mut value => {
                for (path, code) in &updates.updates {
                    value = self.updated(value, path, *code, &captures)?;
                }
                Ok(value)
            }
        }
    }

    /// Of an object that is not ours a program only says which one it is.
    fn may_vary(&self, base: ResourceId, id: UpdatesId) -> Eval<()> {
        let resource = self.resource(base);
        if resource.mode != SiteMode::Existing {
            return Ok(());
        }
        let identifier = &self.program.resource_type(resource.resource_type).identifier;
        let updates = &self.program.updates[id.index()].updates;
        match updates.iter().find(|(path, _)| !identifier.contains(&path[0])) {
            None => Ok(()),
            Some((path, _)) => {
                let property = self.program.name(path[0]).clone();
                Err(Stop::new(FailureKind::NotOurs { property }))
            }
        }
    }

    /// A value with what lies at a path replaced.
    pub(crate) fn updated(
        &mut self,
        value: Value,
        path: &[NameId],
        code: CodeId,
        captures: &Option<Rc<Items>>,
    ) -> Eval<Value> {
        let Some((first, rest)) = path.split_first() else {
            return self.run(self.program.code(code), captures.clone());
        };
        match value {
            Value::Record(mut record) => {
                let before = record.get(*first).cloned().unwrap_or(Value::None);
                let after = self.updated(before, rest, code, captures)?;
                self.charge_nodes(record.shape.len())?;
                Rc::make_mut(&mut record).set(*first, after);
                Ok(Value::Record(record))
            }
            Value::Constructor(constructor, Some(payload)) => {
                let after = self.updated(payload.0.clone(), path, code, captures)?;
                Ok(Value::Constructor(constructor, Some(Rc::new(Boxed(after)))))
            }
            Value::Some(inner) => Ok(Value::some(self.updated(inner.0.clone(), path, code, captures)?)),
            Value::None => {
                let after = self.updated(Value::None, rest, code, captures)?;
                Ok(Value::some(Value::Record(Rc::new(Record::new(vec![(*first, after)])))))
            }
            other => Err(self.unfit(&other, "`with`")),
        }
    }
}
