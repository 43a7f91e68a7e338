use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value as Json;

use crate::failure::{Eval, Failure, FailureKind, Frame, FrameKind, Limit, Stop};
use crate::inputs::{Inputs, MissingLookup};
use crate::limits::{Counters, Limits, Share};
use crate::primitives::Primitive;
use crate::primitives::regex::Patterns;
use crate::program::{
    Code, Function, FunctionId, Global, GlobalId, NameId, Node, NodeId, OriginId, Parameters, Program, StringId,
};
use crate::resources::Resource;
use crate::value::{Boxed, Cause, Items, Later, ResourceId, Term, Thunk, ThunkState, Value};
use crate::worlds::{Conditions, World};

/// Frames that a failure keeps: the innermost say where it happened, the outermost on whose behalf.
const TRACE_INNER_MAX: usize = 24;
const TRACE_OUTER_MAX: usize = 8;
/// Steps between two looks at whether somebody still wants the outcome: some milliseconds.
const STEPS_ASKED_EVERY: u64 = 100_000;

/// A program being evaluated: its globals, its resources, and what it has used.
///
/// One machine serves one evaluation of one composition. It is single-threaded and forgets nothing until it is dropped.
pub struct Machine<'p> {
    pub(crate) program: &'p Program,
    pub(crate) inputs: &'p dyn Inputs,
    pub(crate) limits: Limits,
    pub(crate) counters: Counters,
    /// So many steps pass before anybody looks at the limit, or at whether the outcome is still wanted.
    pub(crate) steps_unasked: u64,
    /// So many elements and bytes pass before anybody looks whether more resources allow more.
    nodes_unasked: u64,
    bytes_unasked: u64,
    /// Once it is true nobody wants the outcome: evaluation stops within [`STEPS_ASKED_EVERY`].
    cancelled: Option<Arc<AtomicBool>>,
    /// Slots of every frame that is alive, one after the other.
    pub(crate) stack: Vec<Value>,
    /// Where the running frame starts.
    pub(crate) base: usize,
    pub(crate) captures: Option<Rc<Items>>,
    pub(crate) frames: Vec<Frame>,
    /// The place of the primitive that runs.
    pub(crate) at: OriginId,
    /// By function: the primitive that it is another name for, and the place of that call.
    forwards: Vec<Option<(Primitive, OriginId)>>,
    /// Names of fields, for those that come from data.
    name_ids: std::cell::OnceCell<FxHashMap<Arc<str>, NameId>>,
    globals: Vec<GlobalState>,
    pub(crate) resources: Vec<Resource>,
    /// By global: is it a top-level binding of the composition?
    roots: Vec<bool>,
    /// The innermost root binding that is being evaluated.
    pub(crate) owner: Option<GlobalId>,
    /// The innermost annotated expression that is being evaluated; 0 is none.
    pub(crate) era: u32,
    /// The era within which each era began.
    pub(crate) eras: Vec<u32>,
    /// Nothing that is unknown stops evaluation: it makes the outcome undecided.
    pub(crate) policy: bool,
    pub(crate) forks_left: u32,
    /// A limit of the whole run was hit; whatever follows stops at once.
    exhausted: bool,
    /// Lazily bound values that may hold each other.
    recursive: Vec<Weak<Thunk>>,
    pub(crate) recorded: BTreeMap<String, Json>,
    pub(crate) missing_lookups: Vec<MissingLookup>,
    needed_parameters: RefCell<BTreeSet<Arc<str>>>,
    /// Lookups that are left open although there may be an answer, with their questions.
    pub(crate) open_questions: FxHashMap<*const Later, Arc<str>>,
    pub(crate) traces: Vec<String>,
    /// What globals are called, where somebody has said it.
    pub(crate) global_names: Vec<Arc<str>>,
    pub(crate) patterns: Patterns,
    pub(crate) files: FxHashMap<Arc<str>, Result<Arc<[u8]>, String>>,
    /// What resources are called, once that is known.
    pub(crate) paths: Vec<Option<Arc<str>>>,
    /// Resources by what a Plan calls them, where the program comes from one.
    planned: FxHashMap<Arc<str>, ResourceId>,
    pub(crate) graph: Option<Rc<crate::graph::Graph>>,
    /// What values of given resources depend on.
    pub(crate) conditions: Conditions,
    /// Resources were given whose properties nothing has held against their types.
    pub(crate) unchecked: bool,
    /// The world that a rule is being asked about.
    pub(crate) world: Option<World>,
    /// What the rule that is being asked has looked at so far, where somebody wants to know.
    pub(crate) looked_at: Option<LookedAt>,
}

/// What an answer was taken from.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookedAt {
    pub resources: FxHashSet<ResourceId>,
    /// Another resource might have been found instead of one of these.
    pub names: bool,
    /// Another resource more might have made a difference.
    pub graph: bool,
}

#[derive(Clone, Debug)]
enum GlobalState {
    Unforced,
    Forcing,
    Done(Boxed),
    Failed,
}

impl<'p> Machine<'p> {
    pub fn new(program: &'p Program, inputs: &'p dyn Inputs, limits: Limits) -> Machine<'p> {
        Machine {
            program,
            inputs,
            limits,
            counters: Counters::default(),
            steps_unasked: limits.steps,
            nodes_unasked: limits.nodes,
            bytes_unasked: limits.bytes,
            cancelled: None,
            stack: Vec::new(),
            base: 0,
            captures: None,
            frames: Vec::new(),
            at: OriginId::NONE,
            forwards: program.functions.iter().map(|function| forward(program, function)).collect(),
            name_ids: std::cell::OnceCell::new(),
            globals: vec![GlobalState::Unforced; program.globals.len()],
            resources: Vec::new(),
            roots: vec![false; program.globals.len()],
            owner: None,
            era: 0,
            eras: vec![0],
            policy: false,
            forks_left: limits.forks,
            exhausted: false,
            recursive: Vec::new(),
            recorded: BTreeMap::new(),
            missing_lookups: Vec::new(),
            needed_parameters: RefCell::default(),
            open_questions: FxHashMap::default(),
            traces: Vec::new(),
            global_names: Vec::new(),
            patterns: Patterns::default(),
            files: FxHashMap::default(),
            paths: Vec::new(),
            planned: FxHashMap::default(),
            graph: None,
            conditions: Conditions::default(),
            unchecked: false,
            world: None,
            looked_at: None,
        }
    }

    /// Lets somebody end the evaluation: once the flag is true, whatever is asked for stops and says nothing.
    pub fn cancel_with(&mut self, cancelled: Arc<AtomicBool>) {
        self.cancelled = Some(cancelled);
        self.steps_unasked = self.limits.steps.min(self.counters.steps);
    }

    /// Names the top-level bindings of the composition, whose evaluation owns what it allocates.
    pub fn set_roots(&mut self, roots: impl IntoIterator<Item = GlobalId>) {
        for root in roots {
            self.roots[root.index()] = true;
        }
    }

    /// Says what globals are called, in the order of their numbers: dictionaries of open programs keep their names.
    pub fn name_globals(&mut self, names: impl Iterator<Item = Arc<str>>) {
        self.global_names = names.collect();
    }

    /// The value of a global, if it has been needed.
    pub(crate) fn evaluated(&self, at: usize) -> Option<&Value> {
        match self.globals.get(at)? {
            GlobalState::Done(value) => Some(&value.0),
            _ => None,
        }
    }

    pub fn program(&self) -> &'p Program {
        self.program
    }

    pub fn counters(&self) -> Counters {
        Counters { resources: self.resources.len() as u64, ..self.counters }
    }

    /// Recorded inputs that were read: `parameter zones`, `env HOME`, `file a.txt` (with its digest).
    pub fn recorded(&self) -> &BTreeMap<String, Json> {
        &self.recorded
    }

    /// Whether inputs without a value may be left open.
    pub fn has_open_inputs(&self) -> bool {
        self.inputs.is_open()
    }

    /// Open parameters whose values something needed, and questions of lookups whose answers.
    pub fn needed_parameters(&self) -> Vec<Arc<str>> {
        self.needed_parameters.borrow().iter().cloned().collect()
    }

    /// Lookups that the lock has no answer for.
    pub fn missing_lookups(&self) -> &[MissingLookup] {
        &self.missing_lookups
    }

    /// What `Debug.trace` said, in order.
    pub fn traces(&self) -> &[String] {
        &self.traces
    }

    /// The value of a global; `Err(None)` when that failed before.
    pub fn global(&mut self, id: GlobalId) -> Result<Value, Option<Box<Failure>>> {
        let result = self.force_global(id, OriginId::NONE);
        self.outcome(result)
    }

    /// Applies a function to arguments.
    pub fn apply(&mut self, function: &Value, arguments: Vec<Value>) -> Result<Value, Option<Box<Failure>>> {
        let result = self.call(function, arguments, OriginId::NONE);
        self.outcome(result)
    }

    pub(crate) fn outcome(&mut self, result: Eval<Value>) -> Result<Value, Option<Box<Failure>>> {
        match result {
            Ok(value) => Ok(value),
            Err(Stop::Undecided(cause)) => Ok(Value::Undecided(cause)),
            Err(Stop::Failure(failure)) => Err(Some(failure)),
            Err(Stop::Reported) => Err(None),
        }
    }

    // Failures.

    pub(crate) fn fail(&self, kind: FailureKind, origin: OriginId) -> Stop {
        Stop::Failure(Box::new(Failure { kind, origin, trace: self.trace() }))
    }

    fn trace(&self) -> Vec<Frame> {
        let outer = self.frames.len().saturating_sub(TRACE_INNER_MAX).min(TRACE_OUTER_MAX);
        let inner = self.frames.iter().rev().take(TRACE_INNER_MAX);
        inner.chain(self.frames[..outer].iter().rev()).copied().collect()
    }

    /// Gives a failure of a primitive the place where it was called.
    pub(crate) fn place(&self, stop: Stop, origin: OriginId) -> Stop {
        match stop {
            Stop::Failure(mut failure) if failure.origin == OriginId::NONE => {
                failure.origin = origin;
                failure.trace = self.trace();
                Stop::Failure(failure)
            }
            stop => stop,
        }
    }

    /// What to do about a later value that an operation needs.
    pub(crate) fn needs(&self, later: &Rc<Later>, operation: &'static str) -> Stop {
        if self.policy {
            Stop::Undecided(Rc::new(Cause::Later(later.clone())))
        } else {
            if self.has_open_inputs() {
                self.needed_inputs(later, &mut self.needed_parameters.borrow_mut());
            }
            Stop::new(FailureKind::Needs { later: later.clone(), operation })
        }
    }

    // Metering.

    /// What is due once [`Machine::steps_unasked`] have passed: the limit is met, or the next look is put off.
    #[cold]
    #[inline(never)]
    pub(crate) fn ask(&mut self) -> Eval<()> {
        if self.cancelled.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            self.exhausted = true;
            self.steps_unasked = 0;
            return Err(Stop::Reported);
        }
        let allowed = self.allowed().steps;
        if self.exhausted || self.counters.steps > allowed {
            return Err(self.exhaust(Limit::Steps));
        }
        if self.resources.len() as u64 > self.limits.resources {
            return Err(self.exhaust(Limit::Resources));
        }
        self.steps_unasked = allowed.min(self.counters.steps + STEPS_ASKED_EVERY);
        Ok(())
    }

    /// What the run may use by now.
    fn allowed(&self) -> Share {
        self.limits.with_resources(self.resources.len() as u64)
    }

    /// Bytes that one string may have: half of what all may have.
    pub(crate) fn text_bytes_max(&self) -> usize {
        (self.bytes_unasked / 2) as usize
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn exhaust(&mut self, limit: Limit) -> Stop {
        if self.exhausted {
            return Stop::Reported;
        }
        self.exhausted = true;
        let share = self.allowed();
        let allowed = match limit {
            Limit::Steps => share.steps,
            Limit::Depth => u64::from(self.limits.depth),
            Limit::Nodes => share.nodes,
            Limit::Bytes => share.bytes,
            Limit::Resources => self.limits.resources,
        };
        self.steps_unasked = 0;
        self.fail(FailureKind::Limit { limit, allowed }, OriginId::NONE)
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Work that is not a step of its own: copying and comparing elements, reading text.
    pub(crate) fn charge_steps(&mut self, steps: usize) -> Eval<()> {
        self.counters.steps += steps as u64;
        if self.counters.steps > self.steps_unasked {
            return self.ask();
        }
        Ok(())
    }

    /// Elements of one collection, before it is made. One alone may have half of all.
    pub(crate) fn charge_nodes(&mut self, nodes: usize) -> Eval<()> {
        self.counters.nodes += nodes as u64;
        if self.counters.nodes > self.nodes_unasked || nodes as u64 > self.nodes_unasked / 2 {
            self.nodes_unasked = self.allowed().nodes;
            if self.counters.nodes > self.nodes_unasked || nodes as u64 > self.nodes_unasked / 2 {
                return Err(self.exhaust(Limit::Nodes));
            }
        }
        self.charge_steps(nodes / 8)
    }

    /// Bytes of one string, before it is made. One alone may have half of all.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Eval<()> {
        self.counters.bytes += bytes as u64;
        if self.counters.bytes > self.bytes_unasked || bytes as u64 > self.bytes_unasked / 2 {
            self.bytes_unasked = self.allowed().bytes;
            if self.counters.bytes > self.bytes_unasked || bytes as u64 > self.bytes_unasked / 2 {
                return Err(self.exhaust(Limit::Bytes));
            }
        }
        self.charge_steps(bytes / 64)
    }

    // Frames.

    pub(crate) fn push_frame(&mut self, frame: Frame) -> Eval<()> {
        if self.frames.len() >= self.limits.depth as usize {
            let kind = FailureKind::Limit { limit: Limit::Depth, allowed: u64::from(self.limits.depth) };
            return Err(self.fail(kind, frame.at));
        }
        self.frames.push(frame);
        self.counters.depth_max = self.counters.depth_max.max(self.frames.len() as u32);
        Ok(())
    }

    /// The chain from the first frame that satisfies `starts` to now, as a failure.
    pub(crate) fn cycle(&self, starts: impl Fn(&Frame) -> bool, at: OriginId) -> Stop {
        let start = self.frames.iter().rposition(starts).unwrap_or(0);
        let frames = self.frames[start..].to_vec();
        self.fail(FailureKind::Cycle(frames), at)
    }

    /// Runs code in a frame of its own.
    pub(crate) fn run(&mut self, code: Code, captures: Option<Rc<Items>>) -> Eval<Value> {
        let start = self.stack.len();
        let base = std::mem::replace(&mut self.base, start);
        let captures = std::mem::replace(&mut self.captures, captures);
        if code.frame > 0 {
            self.stack.resize(start + code.frame as usize, Value::None);
        }
        let result = self.eval(code.body);
        self.stack.truncate(start);
        self.base = base;
        self.captures = captures;
        result
    }

    /// Runs a function whose arguments are on the stack from `start` on, and takes them off.
    pub(crate) fn enter(
        &mut self,
        id: FunctionId,
        captures: Option<Rc<Items>>,
        start: usize,
        at: OriginId,
    ) -> Eval<Value> {
        if let Err(stop) = self.push_frame(Frame { what: FrameKind::Function(id), at }) {
            self.stack.truncate(start);
            return Err(stop);
        }
        if let Some((primitive, origin)) = self.forwards[id.index()] {
            let result = self.enter_forward(primitive, start, origin);
            self.stack.truncate(start);
            self.frames.pop();
            return result;
        }
        let function = self.program.function(id);
        let base = std::mem::replace(&mut self.base, start);
        let captures = std::mem::replace(&mut self.captures, captures);
        self.stack.resize(start + function.code.frame as usize, Value::None);
        let result = self.enter_body(function);
        self.stack.truncate(start);
        self.base = base;
        self.captures = captures;
        self.frames.pop();
        result
    }

    /// What evaluating the call of the primitive comes to, step by step, but its arguments stay where they are.
    fn enter_forward(&mut self, primitive: Primitive, start: usize, origin: OriginId) -> Eval<Value> {
        let arguments = self.stack.len() - start;
        match self.charge_steps(1 + arguments).and_then(|()| self.enter_primitive(primitive, start, origin)) {
            Err(Stop::Undecided(cause)) => Ok(Value::Undecided(cause)),
            Err(stop @ Stop::Failure(_)) => Err(self.place(stop, origin)),
            result => result,
        }
    }

    fn enter_body(&mut self, function: &'p crate::program::Function) -> Eval<Value> {
        if let Parameters::Positional(_, patterns) = &function.parameters {
            for (slot, pattern) in patterns {
                let argument = self.stack[self.base + *slot as usize].clone();
                if !self.matches(*pattern, &argument)? {
                    let value = self.show(&argument);
                    return Err(self.fail(FailureKind::NoArm { value }, function.code.origin()));
                }
            }
        }
        self.eval(function.code.body)
    }

    /// Applies any function value.
    pub(crate) fn call(&mut self, function: &Value, arguments: Vec<Value>, at: OriginId) -> Eval<Value> {
        let start = self.stack.len();
        self.stack.extend(arguments);
        self.call_on_stack(function, start, at)
    }

    pub(crate) fn call_1(&mut self, function: &Value, argument: Value) -> Eval<Value> {
        let start = self.stack.len();
        self.stack.push(argument);
        self.call_on_stack(function, start, OriginId::NONE)
    }

    pub(crate) fn call_2(&mut self, function: &Value, first: Value, second: Value) -> Eval<Value> {
        let start = self.stack.len();
        self.stack.push(first);
        self.stack.push(second);
        self.call_on_stack(function, start, OriginId::NONE)
    }

    pub(crate) fn call_on_stack(&mut self, function: &Value, start: usize, at: OriginId) -> Eval<Value> {
        match function {
            Value::Function(id, captures) => {
                if let Parameters::Record(names) = &self.program.function(*id).parameters {
                    let argument = self.stack.pop().unwrap_or(Value::None);
                    self.stack.truncate(start);
                    for name in names {
                        let value = match self.field(&argument, *name) {
                            Ok(value) => value,
                            Err(stop) => {
                                self.stack.truncate(start);
                                return Err(stop);
                            }
                        };
                        self.stack.push(value);
                    }
                }
                self.enter(*id, captures.clone(), start, at)
            }
            Value::Primitive(primitive) => self.enter_primitive(*primitive, start, at),
            Value::SomeFunction => {
                let argument = self.stack.pop().unwrap_or(Value::None);
                self.stack.truncate(start);
                Ok(Value::some(argument))
            }
            Value::ConstructorFunction(constructor) => {
                let argument = self.stack.pop().unwrap_or(Value::None);
                self.stack.truncate(start);
                Ok(Value::Constructor(*constructor, Some(Rc::new(Boxed(argument)))))
            }
            other => {
                self.stack.truncate(start);
                Err(self.unfit(other, "a call"))
            }
        }
    }

    /// Why an operation cannot work with a value of that kind.
    pub(crate) fn unfit(&self, value: &Value, operation: &'static str) -> Stop {
        match value {
            Value::Undecided(cause) => Stop::Undecided(cause.clone()),
            Value::Later(later) => self.needs(later, operation),
            // A template may hold anything; what does not fit has been reported where it stands.
            other if self.policy && self.unchecked => Stop::Undecided(Rc::new(Cause::Unknown(Arc::from(format!(
                "{}, where another type belongs",
                other.kind()
            ))))),
            other => Stop::new(FailureKind::Mismatch { operation, found: other.kind() }),
        }
    }

    // Lazily bound values.

    pub(crate) fn force(&mut self, thunk: &Rc<Thunk>, at: OriginId) -> Eval<Value> {
        let code = self.program.code(thunk.code);
        let what = FrameKind::Lazy(code.name, code.origin());
        let mut state = thunk.state.borrow_mut();
        let captures = match &mut *state {
            ThunkState::Done(value) => return Ok(value.0.clone()),
            ThunkState::Failed => return Err(Stop::Reported),
            ThunkState::Forcing | ThunkState::Empty => {
                drop(state);
                return Err(self.cycle(|frame| frame.what == what, at));
            }
            ThunkState::Pending(captures) => captures.clone(),
        };
        *state = ThunkState::Forcing;
        drop(state);
        let allocated = self.resources.len();
        let era = std::mem::replace(&mut self.era, thunk.era);
        let result = match self.push_frame(Frame { what, at }) {
            Ok(()) => {
                let result = self.run(code, captures.clone());
                self.frames.pop();
                result
            }
            Err(stop) => Err(stop),
        };
        self.era = era;
        let next = match &result {
            Ok(value) => {
                self.mark_bound(value, allocated, code.name, code.origin());
                ThunkState::Done(Boxed(value.clone()))
            }
            Err(_) if self.policy => ThunkState::Pending(captures),
            Err(_) => ThunkState::Failed,
        };
        *thunk.state.borrow_mut() = next;
        result
    }

    /// Remembers which name a resource was first bound to.
    fn mark_bound(&mut self, value: &Value, allocated: usize, name: NameId, origin: OriginId) {
        if let Value::Resource(id) = value
            && id.index() >= allocated
        {
            let resource = &mut self.resources[id.index()];
            resource.bound = resource.bound.or(Some((name, origin)));
        }
    }

    /// A value that has been evaluated, if it has.
    pub(crate) fn forced(&self, value: &Value) -> Option<Value> {
        let Value::Thunk(thunk) = value else { return Some(value.clone()) };
        match &*thunk.state.borrow() {
            ThunkState::Done(done) => Some(done.0.clone()),
            _ => None,
        }
    }

    pub(crate) fn remember_recursive(&mut self, thunk: &Rc<Thunk>) {
        self.recursive.push(Rc::downgrade(thunk));
    }

    pub(crate) fn force_global(&mut self, id: GlobalId, at: OriginId) -> Eval<Value> {
        match &self.globals[id.index()] {
            GlobalState::Done(value) => return Ok(value.0.clone()),
            GlobalState::Failed => return Err(Stop::Reported),
            GlobalState::Forcing => {
                return Err(self.cycle(|frame| frame.what == FrameKind::Global(id), at));
            }
            GlobalState::Unforced => {}
        }
        let program = self.program;
        let global = &program.globals[id.index()];
        match global {
            Global::Function(function) => return Ok(Value::Function(*function, None)),
            Global::Primitive(primitive) => return Ok(Value::Primitive(*primitive)),
            _ => {}
        }
        self.push_frame(Frame { what: FrameKind::Global(id), at })?;
        self.globals[id.index()] = GlobalState::Forcing;
        let root = self.roots[id.index()];
        let allocated = self.resources.len();
        let owner = self.owner;
        if root {
            self.owner = Some(id);
        }
        let era = std::mem::replace(&mut self.era, 0);
        let result = match global {
            Global::Value(code) => self.run(*code, None).inspect(|value| {
                if !root {
                    self.mark_bound(value, allocated, code.name, code.origin());
                }
            }),
            Global::Parameter { name, input, refinement, default, code } => {
                self.parameter(name, input, *refinement, *default, code.origin())
            }
            Global::Lookup { name, input, refinement, code } => self.lookup(name, input, *refinement, *code),
            Global::Function(_) | Global::Primitive(_) | Global::Error => {
                Err(self.fail(FailureKind::Unchecked, OriginId::NONE))
            }
        };
        self.era = era;
        self.owner = owner;
        self.frames.pop();
        self.globals[id.index()] = match &result {
            Ok(value) => GlobalState::Done(Boxed(value.clone())),
            Err(_) if self.policy => GlobalState::Unforced,
            Err(_) => GlobalState::Failed,
        };
        result
    }

    // Slots.

    pub(crate) fn local(&mut self, slot: u32, node: NodeId) -> Eval<Value> {
        let at = self.base + slot as usize;
        let Value::Thunk(thunk) = &self.stack[at] else { return Ok(self.stack[at].clone()) };
        let thunk = thunk.clone();
        let value = self.force(&thunk, self.program.origin(node))?;
        self.stack[at] = value.clone();
        Ok(value)
    }

    pub(crate) fn capture(&mut self, at: u32, node: NodeId) -> Eval<Value> {
        let captures = self.captures.as_ref().expect("code with captures runs with them");
        let Value::Thunk(thunk) = &captures[at as usize] else { return Ok(captures[at as usize].clone()) };
        let thunk = thunk.clone();
        self.force(&thunk, self.program.origin(node))
    }

    /// What resources are called from now on, by their ids.
    pub fn set_paths(&mut self, paths: Vec<Option<Arc<str>>>) {
        self.paths = paths;
    }

    /// Lets the program find resources by these paths.
    pub(crate) fn set_planned(&mut self, planned: FxHashMap<Arc<str>, ResourceId>) {
        self.planned = planned;
    }

    pub(crate) fn planned(&self, path: StringId) -> Eval<Value> {
        let path = self.program.string(path);
        match self.planned.get(path) {
            Some(id) => Ok(self.resource_value(*id)),
            None => Err(Stop::Undecided(Rc::new(Cause::Unknown(path.clone())))),
        }
    }

    /// The value of a global, if it has been evaluated, and if it is one of what the composition says of itself: a binding, an
    /// input, something that leads to resources.
    pub(crate) fn settled(&self, id: GlobalId) -> Option<Value> {
        let GlobalState::Done(value) = &self.globals[id.index()] else { return None };
        let is_input = matches!(self.program.globals[id.index()], Global::Parameter { .. } | Global::Lookup { .. });
        let mut found = Vec::new();
        crate::graph::mentioned(value, &mut found);
        (is_input || self.roots[id.index()] || !found.is_empty()).then(|| value.0.clone())
    }

    /// The id of a field's name, if the program knows it.
    pub(crate) fn name_id(&self, name: &str) -> Option<NameId> {
        let ids = self.name_ids.get_or_init(|| {
            let names = self.program.names.iter().enumerate();
            names.map(|(at, name)| (name.clone(), NameId(at as u32))).collect()
        });
        ids.get(name).copied()
    }

    pub fn path(&self, id: ResourceId) -> Option<&Arc<str>> {
        self.paths.get(id.index()).and_then(Option::as_ref)
    }
}

/// The primitive to which a function hands its arguments as they are, and does nothing else; half of the library is written so.
fn forward(program: &Program, function: &Function) -> Option<(Primitive, OriginId)> {
    let Parameters::Positional(count, patterns) = &function.parameters else { return None };
    let Some(Node::CallPrimitive(primitive, arguments)) = program.nodes.get(function.code.body.index()) else {
        return None;
    };
    let arguments = program.lists.get(arguments.range())?;
    let is_own = |(slot, node): (u32, &NodeId)| program.nodes.get(node.index()) == Some(&Node::Local(slot));
    let forwards = patterns.is_empty()
        && function.code.frame == *count
        && arguments.len() == *count as usize
        && (0..).zip(arguments).all(is_own);
    forwards.then(|| (*primitive, program.origin(function.code.body)))
}

impl Machine<'_> {
    /// The open inputs that a later value is made of.
    fn needed_inputs(&self, later: &Later, found: &mut BTreeSet<Arc<str>>) {
        let mut waiting: Vec<Value> = vec![Value::Later(Rc::new(later.clone()))];
        let mut seen: FxHashSet<(ResourceId, NameId)> = FxHashSet::default();
        while let Some(value) = waiting.pop() {
            match &value {
                Value::List(items) => waiting.extend(items.iter().cloned()),
                Value::Record(record) => waiting.extend(record.fields().map(|(_, value)| value.clone())),
                Value::Dictionary(entries) => waiting.extend(entries.entries().map(|(_, value)| value.clone())),
                Value::Some(inner) => waiting.push(inner.0.clone()),
                Value::Later(later) => match &later.term {
                    Term::Lookup { source, argument } => match argument.text() {
                        Some(name) if **source == *crate::OPEN_PARAMETER => _ = found.insert(name.clone()),
                        _ => {
                            found.extend(self.open_questions.get(&Rc::as_ptr(later)).cloned());
                            waiting.push(argument.0.clone());
                        }
                    },
                    Term::Concat(parts) | Term::Cidr(parts) => waiting.extend(parts.iter().cloned()),
                    Term::Join { parts: inner, .. }
                    | Term::Json(inner)
                    | Term::Base64(inner)
                    | Term::Select { list: inner, .. }
                    | Term::Split { text: inner, .. } => waiting.push(inner.0.clone()),
                    // What is written there may be open itself.
                    Term::Get { resource, attribute, .. } if seen.insert((*resource, *attribute)) => {
                        let mut written = self.properties(*resource);
                        waiting.extend(written.find(|(name, _)| name == attribute).map(|(_, value)| value.clone()));
                    }
                    Term::Get { .. } | Term::Secret { .. } => {}
                },
                _ => {}
            }
        }
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        for thunk in self.recursive.drain(..) {
            if let Some(thunk) = thunk.upgrade() {
                thunk.state.replace(ThunkState::Failed);
            }
        }
    }
}
