//! The resources of an evaluation: allocated first, their properties evaluated later, each when first read.
//!
//! That is why resources may refer to each other. What a property needs from around its constructor is kept once per
//! resource; a property is a piece of code over it, not a closure.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::failure::{Eval, Failure, FailureKind, Frame, FrameKind, Stop};
use crate::machine::Machine;
use crate::program::{
    Access, AnnotatedId, Argument, Code, CodeId, GlobalId, NameId, Node, OriginId, ResourceTypeId, SiteId, SiteMode,
    UpdatesId,
};
use crate::value::{Boxed, Cause, Dictionary, Items, Later, Record, ResourceId, Term, Thunk, ThunkState, Value};
use crate::worlds::ConditionId;

/// One resource, blueprint or existing object.
#[derive(Debug)]
pub struct Resource {
    pub resource_type: ResourceTypeId,
    pub mode: SiteMode,
    /// Its constructor's application.
    pub origin: OriginId,
    /// The top-level binding whose evaluation made it.
    pub owner: Option<GlobalId>,
    /// What stands above it, nearest first.
    pub annotations: Vec<Applied>,
    /// The local or library name it was first bound to, with its place.
    pub bound: Option<(NameId, OriginId)>,
    era: u32,
    source: Source,
    /// Parallel to the fields of the site, or the argument alone.
    cells: Vec<Cell>,
    /// The condition under which it exists.
    pub condition: Option<ConditionId>,
    /// A property as its surroundings complete it: what the Plan has and rules see, not what the program reads.
    completed: Option<Rc<(NameId, Value)>>,
    /// Everything that the resource has is written down: a required property that is not there is missing, not unknown.
    written_down: bool,
    /// What is written although the type does not declare it, by wire name.
    pub(crate) undeclared: Option<Rc<Dictionary>>,
}

/// An annotation on a resource; its argument is evaluated when read.
#[derive(Clone, Debug)]
pub struct Applied {
    pub name: NameId,
    argument: Option<Value>,
}

#[derive(Debug)]
enum Source {
    Fields {
        site: SiteId,
        captures: Option<Rc<Items>>,
    },
    Whole {
        code: CodeId,
        captures: Option<Rc<Items>>,
    },
    Derived(Box<Derived>),
    /// Everything is evaluated.
    Values(Rc<Record>),
    /// What a Plan or a cloud says, which may be less than there is.
    Observed(Rc<Record>),
}

/// A resource made by `with`.
#[derive(Debug)]
struct Derived {
    base: ResourceId,
    updates: UpdatesId,
    captures: Option<Rc<Items>>,
    cells: FxHashMap<NameId, Cell>,
}

#[derive(Clone, Debug)]
enum Cell {
    Unforced,
    Forcing,
    Done(Boxed),
    Failed,
}

impl Cell {
    /// The value, or whether it has to be made now.
    fn state(&self) -> Option<Result<Value, CellStop>> {
        match self {
            Cell::Unforced => None,
            Cell::Done(value) => Some(Ok(value.0.clone())),
            Cell::Failed => Some(Err(CellStop::Reported)),
            Cell::Forcing => Some(Err(CellStop::Cycle)),
        }
    }
}

enum CellStop {
    Reported,
    Cycle,
}

impl<'p> Machine<'p> {
    pub fn resource(&self, id: ResourceId) -> &Resource {
        &self.resources[id.index()]
    }

    pub fn resource_ids(&self) -> impl ExactSizeIterator<Item = ResourceId> + use<> {
        (0..self.resources.len() as u32).map(ResourceId)
    }

    /// Adds a resource whose properties are known: read from a Plan or observed.
    pub fn add_resource(&mut self, resource_type: ResourceTypeId, mode: SiteMode, properties: Record) -> ResourceId {
        self.add(resource_type, mode, OriginId::NONE, Source::Observed(Rc::new(properties)), 0)
    }

    /// Adds a resource that is written elsewhere, in a template: what it has not is not there.
    pub fn add_written(&mut self, resource_type: ResourceTypeId, mode: SiteMode, properties: Record) -> ResourceId {
        self.unchecked = true;
        self.add(resource_type, mode, OriginId::NONE, Source::Values(Rc::new(properties)), 0)
    }

    /// Replaces the properties of a resource that [`Machine::add_resource`] added.
    pub fn set_properties(&mut self, id: ResourceId, properties: Record) {
        self.resources[id.index()].source = Source::Observed(Rc::new(properties));
    }

    /// Says that a resource is one of a template: what its properties do not have is missing rather than unknown. `undeclared` is
    /// what the template writes although the type does not declare it, by wire name.
    pub fn set_written_down(&mut self, id: ResourceId, undeclared: Vec<(Arc<str>, Value)>) {
        let resource = &mut self.resources[id.index()];
        resource.written_down = true;
        if !undeclared.is_empty()
            && let Value::Dictionary(entries) = Value::dictionary(undeclared)
        {
            resource.undeclared = Some(entries);
        }
    }

    /// Says that a resource exists only where a condition holds.
    pub fn set_condition(&mut self, id: ResourceId, condition: ConditionId) {
        self.resources[id.index()].condition = Some(condition);
    }

    /// Completes a property of an evaluated resource: with the tags of its composition. The program still reads its own.
    pub fn complete(&mut self, id: ResourceId, completed: Rc<(NameId, Value)>) {
        self.resources[id.index()].completed = Some(completed);
    }

    fn add(
        &mut self,
        resource_type: ResourceTypeId,
        mode: SiteMode,
        origin: OriginId,
        source: Source,
        cells: usize,
    ) -> ResourceId {
        let id = ResourceId(self.resources.len() as u32);
        if self.resources.len() as u64 >= self.limits.resources {
            // The next step looks at it.
            self.steps_unasked = 0;
        }
        self.resources.push(Resource {
            resource_type,
            mode,
            origin,
            owner: self.owner,
            annotations: Vec::new(),
            bound: None,
            era: self.era,
            source,
            cells: vec![Cell::Unforced; cells],
            completed: None,
            condition: None,
            written_down: false,
            undeclared: None,
        });
        id
    }

    pub(crate) fn allocate(&mut self, id: SiteId, origin: OriginId) -> Eval<Value> {
        let site = &self.program.sites[id.index()];
        let captures = self.capture_all(site.captures);
        let (source, cells) = match &site.argument {
            Argument::Fields(fields) => (Source::Fields { site: id, captures }, fields.len()),
            Argument::Whole(code) => (Source::Whole { code: *code, captures }, 1),
        };
        self.charge_nodes(cells + 1)?;
        let resource = self.add(site.resource_type, site.mode, origin, source, cells);
        Ok(match site.mode {
            SiteMode::Managed | SiteMode::Existing => Value::Resource(resource),
            SiteMode::Blueprint => Value::Blueprint(resource),
        })
    }

    /// `base with {…}`: a resource of its own.
    pub(crate) fn derive(
        &mut self,
        base: ResourceId,
        updates: UpdatesId,
        captures: Option<Rc<Items>>,
        origin: OriginId,
    ) -> ResourceId {
        let (resource_type, mode) = (self.resource(base).resource_type, self.resource(base).mode);
        let derived = Derived { base, updates, captures, cells: FxHashMap::default() };
        self.add(resource_type, mode, origin, Source::Derived(Box::new(derived)), 0)
    }

    // Reading.

    /// A property or attribute as a program reads it.
    pub(crate) fn read_property(&mut self, id: ResourceId, name: NameId, at: OriginId) -> Eval<Value> {
        if let Some(value) = self.written(id, name, at)? {
            return Ok(if self.inputs.keeps_references() { self.kept_reference(id, name, value, at) } else { value });
        }
        let resource = self.resource(id);
        let observed = matches!(resource.source, Source::Observed(_));
        let existing = resource.mode == SiteMode::Existing;
        let Some(property) = self.program.resource_type(resource.resource_type).property(name) else {
            return Err(Stop::new(FailureKind::Mismatch {
                operation: "a property access",
                found: "a resource without it",
            }));
        };
        if resource.mode == SiteMode::Blueprint && property.access != Access::Optional && !self.policy {
            let text = self.program.name(name);
            return Err(self.wrong(format!("a blueprint has no `{text}`: it describes what does not exist yet")));
        }
        let unknown = existing || (self.policy && observed && property.write_only);
        match property.access {
            Access::Optional if !unknown => Ok(Value::None),
            Access::Optional if self.policy => {
                let later = Later { term: Term::Get { resource: id, attribute: name, rest: Vec::new() }, origin: at };
                Err(Stop::Undecided(Rc::new(Cause::Later(Rc::new(later)))))
            }
            Access::Optional => Ok(Value::some(self.get(id, name, at))),
            // A rule about a template that lacks it; the template itself has been reported.
            Access::Required if self.policy && self.resource(id).written_down => Ok(Value::None),
            Access::Required | Access::ReadOnly => Ok(self.get(id, name, at)),
        }
    }

    /// What identifies a resource that is made here, as a reference to it: whoever makes it knows what has to be there first.
    fn kept_reference(&self, id: ResourceId, name: NameId, value: Value, at: OriginId) -> Value {
        let resource = self.resource(id);
        let resource_type = self.program.resource_type(resource.resource_type);
        let is_read_only =
            |name: &NameId| resource_type.property(*name).is_some_and(|property| property.access == Access::ReadOnly);
        let is_text = |value: &Value| matches!(value, Value::String(_) | Value::Later(_));
        if self.policy
            || resource.mode != SiteMode::Managed
            || resource_type.identifier.as_slice() != [name]
            || is_read_only(&name)
        {
            return value;
        }
        match &value {
            Value::Some(inner) if is_text(inner) => Value::some(self.get(id, name, at)),
            plain if is_text(plain) => self.get(id, name, at),
            _ => value,
        }
    }

    /// An attribute of a resource as a later value.
    pub(crate) fn get(&self, resource: ResourceId, attribute: NameId, origin: OriginId) -> Value {
        Value::Later(Rc::new(Later { term: Term::Get { resource, attribute, rest: Vec::new() }, origin }))
    }

    pub(crate) fn attribute(&mut self, target: Value, name: NameId, origin: OriginId) -> Eval<Value> {
        match target {
            Value::Resource(id) => Ok(self.get(id, name, origin)),
            Value::Blueprint(id) => match self.written(id, name, origin)? {
                Some(value) => Ok(value),
                None => Err(self.unfit(&Value::Blueprint(id), "a reference")),
            },
            Value::Undecided(cause) => Err(Stop::Undecided(cause)),
            known => Ok(known),
        }
    }

    /// What is written for a property; `None` if nothing is.
    pub(crate) fn written(&mut self, id: ResourceId, name: NameId, at: OriginId) -> Eval<Option<Value>> {
        let program = self.program;
        if let Some(looked_at) = &mut self.looked_at {
            looked_at.resources.insert(id);
        }
        let resource = &self.resources[id.index()];
        if self.policy
            && let Some(completed) = resource.completed.as_deref()
            && completed.0 == name
        {
            let value = completed.1.clone();
            let property = program.resource_type(resource.resource_type).property(name);
            let optional = property.is_some_and(|property| property.access == Access::Optional);
            return Ok(Some(if optional { Value::some(value) } else { value }));
        }
        match &resource.source {
            Source::Values(record) | Source::Observed(record) => {
                let value = record.get(name).cloned();
                let value = value.map(|value| self.settled_in_world(value));
                Ok(value.filter(|value| !matches!(value, Value::None)))
            }
            Source::Fields { site, captures } => {
                let Argument::Fields(fields) = &program.sites[site.index()].argument else { return Ok(None) };
                let Ok(position) = fields.binary_search_by_key(&name, |field| field.name) else { return Ok(None) };
                let lift = |value| if fields[position].lifted { Value::some(value) } else { value };
                if let Some(state) = resource.cells[position].state() {
                    return Ok(self.settle(state, id, name, at)?.map(lift));
                }
                let (code, captures) = (program.code(fields[position].code), captures.clone());
                self.resources[id.index()].cells[position] = Cell::Forcing;
                let result = self.run_property(id, name, at, |machine| machine.run(code, captures));
                self.resources[id.index()].cells[position] = self.cell_after(&result);
                Ok(present(result)?.map(lift))
            }
            Source::Whole { code, captures } => {
                let argument = match resource.cells[0].state() {
                    Some(state) => self.settle(state, id, name, at)?.unwrap_or(Value::None),
                    None => {
                        let (code, captures) = (program.code(*code), captures.clone());
                        self.resources[id.index()].cells[0] = Cell::Forcing;
                        let result = self.run_property(id, name, at, |machine| machine.run(code, captures));
                        self.resources[id.index()].cells[0] = self.cell_after(&result);
                        result?
                    }
                };
                present(self.field_at(&argument, name, at))
            }
            Source::Derived(derived) => {
                if let Some(state) = derived.cells.get(&name).and_then(Cell::state) {
                    return self.settle(state, id, name, at);
                }
                let (base, updates, captures) = (derived.base, derived.updates, derived.captures.clone());
                self.set_derived(id, name, Cell::Forcing);
                let result = self
                    .run_property(id, name, at, |machine| machine.derived_property(base, updates, captures, name, at));
                let cell = self.cell_after(&result);
                self.set_derived(id, name, cell);
                present(result)
            }
        }
    }

    fn derived_property(
        &mut self,
        base: ResourceId,
        updates: UpdatesId,
        captures: Option<Rc<Items>>,
        name: NameId,
        at: OriginId,
    ) -> Eval<Value> {
        let program = self.program;
        let updates = &program.updates[updates.index()];
        let mut value: Option<Value> = None;
        for (path, code) in &updates.updates {
            if path[0] != name {
                continue;
            }
            let before = match (value.take(), path.len()) {
                (Some(value), _) => value,
                (None, 1) => Value::None,
                (None, _) => self.written(base, name, at)?.unwrap_or(Value::None),
            };
            value = Some(self.updated(before, &path[1..], *code, &captures)?);
        }
        match value {
            Some(value) => Ok(value),
            None => Ok(self.written(base, name, at)?.unwrap_or(Value::None)),
        }
    }

    fn set_derived(&mut self, id: ResourceId, name: NameId, cell: Cell) {
        if let Source::Derived(derived) = &mut self.resources[id.index()].source {
            derived.cells.insert(name, cell);
        }
    }

    fn settle(
        &mut self,
        state: Result<Value, CellStop>,
        id: ResourceId,
        name: NameId,
        at: OriginId,
    ) -> Eval<Option<Value>> {
        match state {
            Ok(value) => present(Ok(value)),
            Err(CellStop::Reported) => Err(Stop::Reported),
            Err(CellStop::Cycle) => {
                let what = FrameKind::Property(id, name);
                Err(self.cycle(|frame| frame.what == what, at))
            }
        }
    }

    fn cell_after(&self, result: &Eval<Value>) -> Cell {
        match result {
            Ok(value) => Cell::Done(Boxed(value.clone())),
            Err(_) if self.policy => Cell::Unforced,
            Err(_) => Cell::Failed,
        }
    }

    /// Evaluates on behalf of a resource: what is allocated meanwhile belongs to the same binding.
    fn run_property(
        &mut self,
        id: ResourceId,
        name: NameId,
        at: OriginId,
        work: impl FnOnce(&mut Self) -> Eval<Value>,
    ) -> Eval<Value> {
        self.push_frame(Frame { what: FrameKind::Property(id, name), at })?;
        let resource = self.resource(id);
        let (owner, era) = (resource.owner, resource.era);
        let owner = std::mem::replace(&mut self.owner, owner);
        let era = std::mem::replace(&mut self.era, era);
        let result = work(self);
        self.owner = owner;
        self.era = era;
        self.frames.pop();
        result
    }

    // Forcing.

    /// Evaluates every written property; what fails is added to `failures`.
    pub fn force_properties(&mut self, id: ResourceId, failures: &mut Vec<Box<Failure>>) {
        let program = self.program;
        if let Source::Fields { site, .. } = &self.resource(id).source {
            if let Argument::Fields(fields) = &program.sites[site.index()].argument {
                for (position, field) in fields.iter().enumerate() {
                    if !matches!(self.resources[id.index()].cells[position], Cell::Unforced) {
                        continue;
                    }
                    if let Some(value) = self.constant(program.code(field.code)) {
                        self.resources[id.index()].cells[position] = Cell::Done(Boxed(value));
                    } else if let Err(Stop::Failure(failure)) = self.written(id, field.name, OriginId::NONE) {
                        failures.push(failure);
                    }
                }
            }
            // Nothing will read what it captured again.
            if let Source::Fields { captures, .. } = &mut self.resources[id.index()].source {
                *captures = None;
            }
            return;
        }
        let names = match self.written_names(id) {
            Ok(names) => names,
            Err(Stop::Failure(failure)) => {
                failures.push(failure);
                return;
            }
            Err(_) => return,
        };
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            match self.written(id, name, OriginId::NONE) {
                Ok(Some(value)) => fields.push((name, value)),
                Ok(None) | Err(Stop::Reported | Stop::Undecided(_)) => {}
                Err(Stop::Failure(failure)) => failures.push(failure),
            }
        }
        self.resources[id.index()].source = Source::Values(Rc::new(Record::new(fields)));
    }

    /// The value of code that is nothing but a constant.
    fn constant(&mut self, code: Code) -> Option<Value> {
        self.counters.steps += 1;
        Some(match self.program.node(code.body) {
            Node::Int(value) => Value::Int(value),
            Node::Bool(value) => Value::Bool(value),
            Node::String(text) => Value::String(self.program.string(text).clone()),
            Node::None => Value::None,
            _ => return None,
        })
    }

    fn written_names(&mut self, id: ResourceId) -> Eval<Vec<NameId>> {
        let program = self.program;
        match &self.resource(id).source {
            Source::Values(record) | Source::Observed(record) => Ok(record.shape.to_vec()),
            Source::Fields { site, .. } => Ok(match &program.sites[site.index()].argument {
                Argument::Fields(fields) => fields.iter().map(|field| field.name).collect(),
                Argument::Whole(_) => Vec::new(),
            }),
            Source::Whole { .. } => {
                // Any name makes the argument be evaluated.
                let resource_type = program.resource_type(self.resource(id).resource_type);
                if let Some(property) = resource_type.properties.first() {
                    self.written(id, property.name, OriginId::NONE)?;
                }
                let argument = match self.resource(id).cells.first() {
                    Some(Cell::Done(argument)) => argument.0.clone(),
                    _ => return Ok(Vec::new()),
                };
                match argument {
                    Value::Record(record) => Ok(record.shape.to_vec()),
                    Value::Resource(other) | Value::Blueprint(other) => self.written_names(other),
                    other => Err(self.unfit(&other, "a resource")),
                }
            }
            Source::Derived(derived) => {
                let (base, updates) = (derived.base, derived.updates);
                let mut names = self.written_names(base)?;
                names.extend(program.updates[updates.index()].updates.iter().map(|(path, _)| path[0]));
                names.sort_unstable();
                names.dedup();
                Ok(names)
            }
        }
    }

    /// Written properties and their values in the order of their names' ids, once [`Machine::force_properties`] has run. Those that
    /// failed are left out; an Optional around a value may be.
    pub fn properties(&self, id: ResourceId) -> impl Iterator<Item = (NameId, &Value)> {
        (0..self.property_count(id)).filter_map(move |at| self.property(id, at))
    }

    /// How many properties [`Machine::property`] may know.
    pub fn property_count(&self, id: ResourceId) -> usize {
        let resource = self.resource(id);
        let written = match &resource.source {
            Source::Values(record) | Source::Observed(record) => record.shape.len(),
            Source::Fields { .. } => resource.cells.len(),
            Source::Whole { .. } | Source::Derived(_) => 0,
        };
        written + usize::from(resource.completed.is_some())
    }

    /// A written property by its number, completed.
    pub fn property(&self, id: ResourceId, at: usize) -> Option<(NameId, &Value)> {
        let resource = self.resource(id);
        let completed = resource.completed.as_deref();
        let at = match completed {
            Some((name, value)) if at == 0 => return Some((*name, value)),
            Some(_) => at - 1,
            None => at,
        };
        let (name, value) = match &resource.source {
            Source::Values(record) | Source::Observed(record) => (record.shape[at], &record.values[at]),
            Source::Fields { site, .. } => {
                let Argument::Fields(fields) = &self.program.sites[site.index()].argument else { return None };
                let Cell::Done(value) = &resource.cells[at] else { return None };
                (fields[at].name, &value.0)
            }
            Source::Whole { .. } | Source::Derived(_) => return None,
        };
        let replaced = completed.is_some_and(|(replaced, _)| *replaced == name);
        (!replaced && !matches!(value, Value::None)).then_some((name, value))
    }

    /// Where each property of a literal is written.
    pub fn property_origins(&self, id: ResourceId) -> Vec<(NameId, OriginId)> {
        match &self.resource(id).source {
            Source::Fields { site, .. } => match &self.program.sites[site.index()].argument {
                Argument::Fields(fields) => {
                    fields.iter().map(|field| (field.name, self.program.code(field.code).origin())).collect()
                }
                Argument::Whole(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The argument of an annotation; unit if it has none.
    pub fn annotation(&mut self, applied: &Applied) -> Result<Value, Option<Box<Failure>>> {
        let result = match &applied.argument {
            Some(Value::Thunk(thunk)) => self.force(thunk, OriginId::NONE),
            Some(value) => Ok(value.clone()),
            None => Ok(Value::unit()),
        };
        self.outcome(result)
    }

    // Annotations.

    pub(crate) fn annotated(&mut self, id: AnnotatedId) -> Eval<Value> {
        let program = self.program;
        let annotated = &program.annotated[id.index()];
        let era = self.eras.len() as u32;
        self.eras.push(self.era);
        let before = std::mem::replace(&mut self.era, era);
        let allocated = self.resources.len();
        let result = self.eval(annotated.value);
        self.era = before;
        let value = result?;
        if self.resources.len() == allocated {
            return Ok(value);
        }
        let mut fresh = Vec::new();
        self.fresh(&value, era, &mut fresh)?;
        if fresh.is_empty() {
            return Ok(value);
        }
        fresh.sort_unstable();
        fresh.dedup();
        let captures = self.capture_all(annotated.captures);
        for (name, code) in annotated.annotations.iter().rev() {
            let argument = code.map(|code| {
                let state = std::cell::RefCell::new(ThunkState::Pending(captures.clone()));
                Value::Thunk(Rc::new(Thunk { code, era: before, state }))
            });
            for resource in &fresh {
                let applied = Applied { name: *name, argument: argument.clone() };
                self.resources[resource.index()].annotations.push(applied);
            }
        }
        Ok(value)
    }

    /// The resources in a value that were made within an era, not merely named in it.
    fn fresh(&mut self, value: &Value, era: u32, found: &mut Vec<ResourceId>) -> Eval<()> {
        self.charge_steps(1)?;
        crate::eval::with_stack(|| {
            match value {
                Value::Resource(id) => {
                    let mut allocated = self.resource(*id).era;
                    while allocated > era {
                        allocated = self.eras[allocated as usize];
                    }
                    if allocated == era {
                        found.push(*id);
                    }
                }
                Value::List(items) | Value::Tuple(items) => {
                    for item in items.iter() {
                        self.fresh(item, era, found)?;
                    }
                }
                Value::Record(record) => {
                    for item in record.values.iter() {
                        self.fresh(item, era, found)?;
                    }
                }
                Value::Dictionary(dictionary) => {
                    for item in dictionary.values.iter() {
                        self.fresh(item, era, found)?;
                    }
                }
                Value::Some(inner) | Value::Constructor(_, Some(inner)) => self.fresh(inner, era, found)?,
                _ => {}
            }
            Ok(())
        })
    }
}

fn present(result: Eval<Value>) -> Eval<Option<Value>> {
    result.map(|value| if matches!(value, Value::None) { None } else { Some(value) })
}
