//! The interpreter's heart: one function that evaluates one node.
//!
//! Arguments, elements and fields are evaluated before what holds them; lets, globals and properties of resources when they are
//! first read. Where a policy meets something undecided, the innermost operation that needed it becomes undecided and
//! evaluation goes on around it.

use std::rc::Rc;

use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{Binding, LetId, Node, NodeId, Operator, OriginId, Place, ShapeId, Slice};
use crate::value::{Boxed, Items, Record, Thunk, ThunkState, Value};

/// Stack that must be left before an operation starts, and how much is added when it is not.
const STACK_RED_ZONE: usize = 128 * 1024;
const STACK_SEGMENT: usize = 2 * 1024 * 1024;

/// Runs `work` with enough stack for it, whatever the thread was given.
pub(crate) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, work)
}

impl<'p> Machine<'p> {
    pub(crate) fn eval(&mut self, id: NodeId) -> Eval<Value> {
        self.counters.steps += 1;
        if self.counters.steps > self.steps_unasked {
            self.ask()?;
        }
        let node = self.program.nodes[id.index()];
        match node {
            Node::Int(value) => Ok(Value::Int(value)),
            Node::Float(value) => Ok(Value::Float(value)),
            Node::Bool(value) => Ok(Value::Bool(value)),
            Node::Duration(value) => Ok(Value::Duration(value)),
            Node::Size(value) => Ok(Value::Size(value)),
            Node::String(text) => Ok(Value::String(self.program.string(text).clone())),
            Node::None => Ok(Value::None),
            Node::SomeFunction => Ok(Value::SomeFunction),
            Node::Member(function) => Ok(Value::Function(function, self.captures.clone())),
            Node::Function(function) => Ok(Value::Function(function, None)),
            Node::Primitive(primitive) => Ok(Value::Primitive(primitive)),
            Node::Constructor(constructor) => Ok(Value::Constructor(constructor, None)),
            Node::ConstructorFunction(constructor) => Ok(Value::ConstructorFunction(constructor)),
            Node::Local(slot) if !matches!(self.stack[self.base + slot as usize], Value::Thunk(_)) => {
                Ok(self.stack[self.base + slot as usize].clone())
            }
            _ => {
                let height = self.stack.len();
                match with_stack(|| self.eval_node(id, node)) {
                    Err(Stop::Undecided(cause)) => {
                        self.stack.truncate(height);
                        Ok(Value::Undecided(cause))
                    }
                    Err(stop @ Stop::Failure(_)) => Err(self.place(stop, self.program.origin(id))),
                    result => result,
                }
            }
        }
    }

    fn eval_node(&mut self, id: NodeId, node: Node) -> Eval<Value> {
        match node {
            Node::Int(_)
            | Node::Float(_)
            | Node::Bool(_)
            | Node::Duration(_)
            | Node::Size(_)
            | Node::String(_)
            | Node::None
            | Node::SomeFunction
            | Node::Member(_)
            | Node::Function(_)
            | Node::Primitive(_)
            | Node::Constructor(_)
            | Node::ConstructorFunction(_) => unreachable!("constants are evaluated before"),
            Node::Error => Err(Stop::new(FailureKind::Unchecked)),
            Node::Local(slot) => self.local(slot, id),
            Node::Capture(at) => self.capture(at, id),
            Node::Global(global) => self.force_global(global, self.program.origin(id)),
            Node::Some(value) => Ok(Value::some(self.eval(value)?)),
            Node::Construct(constructor, payload) => {
                Ok(Value::Constructor(constructor, Some(Rc::new(Boxed(self.eval(payload)?)))))
            }
            Node::Tuple(slice) => Ok(Value::Tuple(Rc::new(self.items(slice)?))),
            Node::List(slice) => Ok(Value::List(Rc::new(self.items(slice)?))),
            Node::Record(shape, start) => self.record(shape, start),
            Node::Dictionary(slice) => self.dictionary(slice),
            Node::Interpolate(slice) => {
                let parts = self.items(slice)?;
                self.interpolate(&parts, self.program.origin(id))
            }
            Node::ListComprehension(comprehension) => self.list_comprehension(comprehension),
            Node::DictionaryComprehension(comprehension) => self.dictionary_comprehension(comprehension),
            Node::Field(target, name) => {
                let target = self.eval(target)?;
                self.field_at(&target, name, self.program.origin(id))
            }
            Node::ConstructorField(target, constructor, name) => {
                let target = self.eval(target)?;
                self.constructor_field(&target, constructor, name)
            }
            Node::Attribute(target, name) => {
                let target = self.eval(target)?;
                self.attribute(target, name, self.program.origin(id))
            }
            Node::With(target, updates) => {
                let target = self.eval(target)?;
                self.with(target, updates, self.program.origin(id))
            }
            Node::Call(function, arguments) => {
                let function = self.eval(function)?;
                let start = self.push_arguments(arguments)?;
                self.call_on_stack(&function, start, self.program.origin(id))
            }
            Node::CallFunction(function, arguments) => {
                let start = self.push_arguments(arguments)?;
                self.enter(function, None, start, self.program.origin(id))
            }
            Node::CallPrimitive(primitive, arguments) => {
                let start = self.push_arguments(arguments)?;
                self.enter_primitive(primitive, start, self.program.origin(id))
            }
            Node::Binary(operator, left, right) => self.binary(operator, left, right, id),
            Node::And(left, right) => self.and(left, right),
            Node::Or(left, right) => self.or(left, right),
            Node::Default(optional, default) => match self.eval(optional)? {
                Value::Some(value) => Ok(value.0.clone()),
                Value::None => self.eval(default),
                other => Err(self.unfit(&other, "`?|`")),
            },
            Node::Not(value) => {
                let value = self.eval(value)?;
                Ok(Value::Bool(!self.bool(&value, "`!`")?))
            }
            Node::Negate(value) => {
                let value = self.eval(value)?;
                self.negate(&value)
            }
            Node::If(condition, then, otherwise) => {
                let condition = self.eval(condition)?;
                match self.bool(&condition, "`if`") {
                    Ok(true) => self.eval(then),
                    Ok(false) => self.eval(otherwise),
                    Err(Stop::Undecided(cause)) => self.fork(cause, &[then, otherwise]),
                    Err(stop) => Err(stop),
                }
            }
            Node::Case(case) => self.case(case),
            Node::Closure(function, captures) => Ok(Value::Function(function, self.capture_all(captures))),
            Node::Let(id) => self.let_in(id),
            Node::Sequence(first, second) => {
                self.eval(first)?;
                self.eval(second)
            }
            Node::Resource(site) => self.allocate(site, self.program.origin(id)),
            Node::Planned(path) => self.planned(path),
            Node::Refine(refinement, value) => {
                let value = self.eval(value)?;
                self.refine(refinement, &value)?;
                Ok(value)
            }
            Node::Annotated(annotated) => self.annotated(annotated),
        }
    }

    fn items(&mut self, slice: Slice) -> Eval<Items> {
        self.charge_nodes(slice.length as usize)?;
        let mut items = Items(Vec::with_capacity(slice.length as usize));
        let program = self.program;
        for node in program.list(slice) {
            items.0.push(self.eval(*node)?);
        }
        Ok(items)
    }

    fn record(&mut self, shape: ShapeId, start: u32) -> Eval<Value> {
        let shape = self.program.shapes[shape.index()].clone();
        let values = self.items(Slice { start, length: shape.len() as u32 })?;
        Ok(Value::Record(Rc::new(Record { shape, values })))
    }

    fn dictionary(&mut self, slice: Slice) -> Eval<Value> {
        self.charge_nodes(slice.length as usize / 2)?;
        let mut entries = Vec::with_capacity(slice.length as usize / 2);
        let program = self.program;
        for pair in program.list(slice).chunks_exact(2) {
            let key = self.eval(pair[0])?;
            let key = self.text(&key, "a dictionary key").map_err(|stop| self.place(stop, program.origin(pair[0])))?;
            let value = self.eval(pair[1])?;
            entries.push((key, value, pair[0]));
        }
        self.sealed_dictionary(entries)
    }

    fn push_arguments(&mut self, slice: Slice) -> Eval<usize> {
        let start = self.stack.len();
        let program = self.program;
        for node in program.list(slice) {
            match self.eval(*node) {
                Ok(value) => self.stack.push(value),
                Err(stop) => {
                    self.stack.truncate(start);
                    return Err(stop);
                }
            }
        }
        Ok(start)
    }

    fn binary(&mut self, operator: Operator, left: NodeId, right: NodeId, id: NodeId) -> Eval<Value> {
        let left = self.eval(left)?;
        let right = self.eval(right)?;
        match operator {
            Operator::Equal => Ok(Value::Bool(self.equal(&left, &right)?)),
            Operator::NotEqual => Ok(Value::Bool(!self.equal(&left, &right)?)),
            Operator::Append => self.append(left, right, self.program.origin(id)),
            operator => self.arithmetic(operator, &left, &right),
        }
    }

    /// The values that a closure, a lazy binding or a resource takes along.
    pub(crate) fn capture_all(&self, slice: Slice) -> Option<Rc<Items>> {
        if slice.length == 0 {
            return None;
        }
        let items = self.program.captures(slice).iter().map(|place| self.at_place(*place)).collect();
        Some(Rc::new(Items(items)))
    }

    fn at_place(&self, place: Place) -> Value {
        let value = match place {
            Place::Local(slot) => &self.stack[self.base + slot as usize],
            Place::Capture(at) => match &self.captures {
                Some(captures) => &captures[at as usize],
                None => unreachable!("code with captures runs with them"),
            },
            Place::Member(function) => return Value::Function(function, self.captures.clone()),
        };
        // What has been evaluated by now need not be looked up again.
        if let Value::Thunk(thunk) = value
            && let Ok(state) = thunk.state.try_borrow()
            && let ThunkState::Done(done) = &*state
        {
            return done.0.clone();
        }
        value.clone()
    }

    fn let_in(&mut self, id: LetId) -> Eval<Value> {
        let program = self.program;
        let group = &program.lets[id.index()];
        for (slot, binding) in &group.bindings {
            if let Binding::Lazy(code, _) = binding {
                let state = std::cell::RefCell::new(ThunkState::Empty);
                let thunk = Rc::new(Thunk { code: *code, era: self.era, state });
                if group.recursive {
                    self.remember_recursive(&thunk);
                }
                let at = self.base + *slot as usize;
                self.stack[at] = Value::Thunk(thunk);
            }
        }
        for (slot, binding) in &group.bindings {
            if let Binding::Now(node) = binding {
                let value = self.eval(*node)?;
                let at = self.base + *slot as usize;
                self.stack[at] = value;
            }
        }
        let mut functions: Option<Option<Rc<Items>>> = None;
        for (slot, binding) in &group.bindings {
            if let Binding::Function(function) = binding {
                let captures = functions.get_or_insert_with(|| self.capture_all(group.functions)).clone();
                let at = self.base + *slot as usize;
                self.stack[at] = Value::Function(*function, captures);
            }
        }
        for (slot, binding) in &group.bindings {
            if let Binding::Lazy(_, captures) = binding {
                let captures = self.capture_all(*captures);
                if let Value::Thunk(thunk) = &self.stack[self.base + *slot as usize] {
                    *thunk.state.borrow_mut() = ThunkState::Pending(captures);
                }
            }
        }
        self.eval(group.body)
    }

    pub(crate) fn bool(&mut self, value: &Value, operation: &'static str) -> Eval<bool> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Later(later) => match self.known(later)? {
                Some(Value::Bool(value)) => Ok(value),
                _ => Err(self.needs(later, operation)),
            },
            other => Err(self.unfit(other, operation)),
        }
    }

    /// A string that is known.
    pub(crate) fn text(&mut self, value: &Value, operation: &'static str) -> Eval<std::sync::Arc<str>> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Message(message) => Ok(message.text.clone()),
            Value::Later(later) => match self.known(later)? {
                Some(Value::String(text)) => Ok(text),
                _ => Err(self.needs(later, operation)),
            },
            other => Err(self.unfit(other, operation)),
        }
    }

    /// The place of the primitive that runs, for values that remember where they were made.
    pub(crate) fn here(&self) -> OriginId {
        self.at
    }
}
