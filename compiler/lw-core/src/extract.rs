//! A program reduced to what some of its globals need, numbered in the order of a walk from them.
//!
//! The one idea: what comes out depends on those globals alone, not on where they stood or what stood beside them. So the code
//! of the same policies is the same bytes in every Plan.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::machine::Machine;
use crate::policy::Selector;
use crate::program::*;
use crate::value::{Term, Value};

/// Reduces a program to what `roots` need, with the resource types of `types`; gives the new numbers of the roots and the selectors.
///
/// What the composition has evaluated comes along as values, with resources by their paths: its parameters are given, and its
/// resources are those of the Plan.
pub(crate) fn extract(
    machine: &Machine<'_>,
    roots: &[(GlobalId, &Selector)],
    types: &[ResourceTypeId],
) -> (Program, Vec<(GlobalId, Selector)>) {
    // The first walk finds the names; the second numbers them in the order of their texts.
    let program = machine.program;
    let (found, _) = walk(machine, roots, types, FxHashMap::default());
    let mut names: Vec<NameId> = found.names.keys().copied().collect();
    names.sort_by(|left, right| program.name(*left).cmp(program.name(*right)));
    let numbers = names.iter().enumerate().map(|(at, name)| (*name, NameId(at as u32))).collect();
    let (mut extracted, roots) = walk(machine, roots, types, numbers);
    extracted.to.names = names.iter().map(|name| program.name(*name).clone()).collect();
    (extracted.to, roots)
}

fn walk<'m, 'p>(
    machine: &'m Machine<'p>,
    roots: &[(GlobalId, &Selector)],
    types: &[ResourceTypeId],
    names: FxHashMap<NameId, NameId>,
) -> (Extraction<'m, 'p>, Vec<(GlobalId, Selector)>) {
    let mut extraction = Extraction { names, ..Extraction::of(machine) };
    let functions: Vec<GlobalId> = roots.iter().map(|(root, _)| extraction.global(*root)).collect();
    let inner = roots.iter().any(|(_, selector)| looks_inside(selector));
    let selectors: Vec<Selector> = roots.iter().map(|(_, selector)| extraction.selector(selector)).collect();
    // Properties that no code names cannot be read; those on the way to a selected record are still walked.
    extraction.read = extraction.names.keys().copied().collect();
    extraction.inner = inner;
    for id in types {
        extraction.resource_type(*id);
    }
    extraction.finish_types();
    (extraction, functions.into_iter().zip(selectors).collect())
}

fn looks_inside(selector: &Selector) -> bool {
    match selector {
        Selector::Record(_) | Selector::Site(_) => true,
        Selector::All(one) => looks_inside(one),
        _ => false,
    }
}

struct Extraction<'m, 'p> {
    from: &'p Program,
    machine: &'m Machine<'p>,
    to: Program,
    names: FxHashMap<NameId, NameId>,
    strings: FxHashMap<Arc<str>, StringId>,
    shapes: FxHashMap<Arc<[NameId]>, ShapeId>,
    functions: FxHashMap<FunctionId, FunctionId>,
    globals: FxHashMap<GlobalId, GlobalId>,
    constructors: FxHashMap<ConstructorId, ConstructorId>,
    refinements: FxHashMap<RefinementId, RefinementId>,
    types: FxHashMap<ResourceTypeId, ResourceTypeId>,
    records: FxHashMap<WireRecordId, WireRecordId>,
    /// Types whose properties are still to be copied, when all code has been.
    waiting: Vec<ResourceTypeId>,
    read: FxHashSet<NameId>,
    inner: bool,
}

impl<'m, 'p> Extraction<'m, 'p> {
    fn of(machine: &'m Machine<'p>) -> Extraction<'m, 'p> {
        Extraction {
            from: machine.program,
            machine,
            to: Program::default(),
            names: FxHashMap::default(),
            strings: FxHashMap::default(),
            shapes: FxHashMap::default(),
            functions: FxHashMap::default(),
            globals: FxHashMap::default(),
            constructors: FxHashMap::default(),
            refinements: FxHashMap::default(),
            types: FxHashMap::default(),
            records: FxHashMap::default(),
            waiting: Vec::new(),
            read: FxHashSet::default(),
            inner: false,
        }
    }

    fn name(&mut self, name: NameId) -> NameId {
        let next = NameId(self.names.len() as u32);
        *self.names.entry(name).or_insert(next)
    }

    fn string(&mut self, text: &Arc<str>) -> StringId {
        let strings = &mut self.to.strings;
        *self.strings.entry(text.clone()).or_insert_with(|| {
            strings.push(text.clone());
            StringId(strings.len() as u32 - 1)
        })
    }

    fn constructor(&mut self, id: ConstructorId) -> ConstructorId {
        let constructors = &mut self.to.constructors;
        *self.constructors.entry(id).or_insert_with(|| {
            constructors.push(self.from.constructors[id.index()].clone());
            ConstructorId(constructors.len() as u32 - 1)
        })
    }

    fn global(&mut self, id: GlobalId) -> GlobalId {
        if let Some(known) = self.globals.get(&id) {
            return *known;
        }
        let new = GlobalId(self.to.globals.len() as u32);
        self.globals.insert(id, new);
        self.to.globals.push(Global::Error);
        let program = self.from;
        if let Some(value) = self.machine.settled(id)
            && let Global::Value(code) | Global::Parameter { code, .. } | Global::Lookup { code, .. } =
                &program.globals[id.index()]
            && let Some(frozen) = self.frozen(&value, code.name)
        {
            self.to.globals[new.index()] = Global::Value(frozen);
            return new;
        }
        self.to.globals[new.index()] = match &program.globals[id.index()] {
            Global::Value(code) => Global::Value(self.code(*code)),
            Global::Function(function) => Global::Function(self.function(*function)),
            Global::Primitive(primitive) => Global::Primitive(*primitive),
            Global::Parameter { name, input, refinement, default, code } => Global::Parameter {
                name: name.clone(),
                input: self.input_type(input),
                refinement: refinement.map(|id| self.refinement(id)),
                default: default.map(|code| self.code(code)),
                code: self.code(*code),
            },
            Global::Lookup { name, input, refinement, code } => Global::Lookup {
                name: name.clone(),
                input: self.input_type(input),
                refinement: refinement.map(|id| self.refinement(id)),
                code: self.code(*code),
            },
            Global::Error => Global::Error,
        };
        new
    }

    fn input_type(&mut self, input: &InputType) -> InputType {
        match input {
            InputType::Optional(inner) => InputType::Optional(Box::new(self.input_type(inner))),
            InputType::List(inner) => InputType::List(Box::new(self.input_type(inner))),
            InputType::Dictionary(inner) => InputType::Dictionary(Box::new(self.input_type(inner))),
            InputType::Record(fields) => InputType::Record(
                fields.iter().map(|(name, inner)| (self.name(*name), self.input_type(inner))).collect(),
            ),
            other => other.clone(),
        }
    }

    fn function(&mut self, id: FunctionId) -> FunctionId {
        if let Some(known) = self.functions.get(&id) {
            return *known;
        }
        let new = FunctionId(self.to.functions.len() as u32);
        self.functions.insert(id, new);
        let program = self.from;
        let function = program.function(id);
        self.to.functions.push(function.clone());
        let parameters = match &function.parameters {
            Parameters::Positional(count, patterns) => {
                let patterns = patterns.iter().map(|(slot, pattern)| (*slot, self.pattern(*pattern))).collect();
                Parameters::Positional(*count, patterns)
            }
            Parameters::Record(names) => Parameters::Record(names.iter().map(|name| self.name(*name)).collect()),
        };
        let code = self.code(function.code);
        self.to.functions[new.index()] = Function { parameters, code };
        new
    }

    fn code(&mut self, code: Code) -> Code {
        let name = self.name(code.name);
        Code { frame: code.frame, body: self.node(code.body), name }
    }

    fn code_id(&mut self, id: CodeId) -> CodeId {
        let code = self.code(self.from.code(id));
        self.to.codes.push(code);
        CodeId(self.to.codes.len() as u32 - 1)
    }

    fn refinement(&mut self, id: RefinementId) -> RefinementId {
        if let Some(known) = self.refinements.get(&id) {
            return *known;
        }
        let new = RefinementId(self.to.refinements.len() as u32);
        self.refinements.insert(id, new);
        let program = self.from;
        let refinement = &program.refinements[id.index()];
        self.to.refinements.push(refinement.clone());
        if let RefinementRule::Predicate { function, .. } = &refinement.rule {
            // The text is how it happened to be written.
            let rule = RefinementRule::Predicate { function: self.global(*function), text: Arc::from("") };
            self.to.refinements[new.index()].rule = rule;
        }
        new
    }

    fn pattern(&mut self, id: PatternId) -> PatternId {
        let program = self.from;
        let pattern = match program.pattern(id) {
            Pattern::String(text) => Pattern::String(self.string(program.string(*text))),
            Pattern::Some(inner) => Pattern::Some(self.pattern(*inner)),
            Pattern::Constructor(constructor, inner) => {
                Pattern::Constructor(self.constructor(*constructor), inner.map(|inner| self.pattern(inner)))
            }
            Pattern::Tuple(inner) => Pattern::Tuple(inner.iter().map(|inner| self.pattern(*inner)).collect()),
            Pattern::List(inner) => Pattern::List(inner.iter().map(|inner| self.pattern(*inner)).collect()),
            Pattern::Record(fields) => {
                Pattern::Record(fields.iter().map(|(name, inner)| (self.name(*name), self.pattern(*inner))).collect())
            }
            plain => plain.clone(),
        };
        self.to.patterns.push(pattern);
        PatternId(self.to.patterns.len() as u32 - 1)
    }

    fn list(&mut self, slice: Slice) -> Slice {
        let program = self.from;
        let nodes: Vec<NodeId> = program.list(slice).iter().map(|node| self.node(*node)).collect();
        let start = self.to.lists.len() as u32;
        self.to.lists.extend(nodes);
        Slice { start, length: slice.length }
    }

    fn place(&mut self, place: Place) -> Place {
        match place {
            Place::Member(function) => Place::Member(self.function(function)),
            other => other,
        }
    }

    fn captures(&mut self, slice: Slice) -> Slice {
        let program = self.from;
        let places: Vec<Place> = program.captures(slice).iter().map(|place| self.place(*place)).collect();
        let start = self.to.captures.len() as u32;
        self.to.captures.extend(places);
        Slice { start, length: slice.length }
    }

    fn node(&mut self, id: NodeId) -> NodeId {
        crate::eval::with_stack(|| {
            let node = self.node_grown(id);
            self.to.nodes.push(node);
            NodeId(self.to.nodes.len() as u32 - 1)
        })
    }

    fn node_grown(&mut self, id: NodeId) -> Node {
        let program = self.from;
        match program.node(id) {
            node @ (Node::Error
            | Node::Int(_)
            | Node::Float(_)
            | Node::Bool(_)
            | Node::Duration(_)
            | Node::Size(_)
            | Node::None
            | Node::SomeFunction
            | Node::Local(_)
            | Node::Capture(_)
            | Node::Primitive(_)) => node,
            Node::String(text) => Node::String(self.string(program.string(text))),
            Node::Some(inner) => Node::Some(self.node(inner)),
            Node::Member(function) => Node::Member(self.function(function)),
            Node::Global(global) => Node::Global(self.global(global)),
            Node::Function(function) => Node::Function(self.function(function)),
            Node::Constructor(id) => Node::Constructor(self.constructor(id)),
            Node::ConstructorFunction(id) => Node::ConstructorFunction(self.constructor(id)),
            Node::Construct(id, payload) => Node::Construct(self.constructor(id), self.node(payload)),
            Node::Tuple(slice) => Node::Tuple(self.list(slice)),
            Node::List(slice) => Node::List(self.list(slice)),
            Node::Dictionary(slice) => Node::Dictionary(self.list(slice)),
            Node::Interpolate(slice) => Node::Interpolate(self.list(slice)),
            Node::Record(shape, start) => self.record(shape, start),
            Node::ListComprehension(id) => Node::ListComprehension(self.comprehension(id)),
            Node::DictionaryComprehension(id) => Node::DictionaryComprehension(self.comprehension(id)),
            Node::Field(target, name) => Node::Field(self.node(target), self.name(name)),
            Node::ConstructorField(target, constructor, name) => {
                Node::ConstructorField(self.node(target), self.constructor(constructor), self.name(name))
            }
            Node::Attribute(target, name) => Node::Attribute(self.node(target), self.name(name)),
            Node::With(target, updates) => {
                let target = self.node(target);
                let updates = &program.updates[updates.index()];
                let captures = self.captures(updates.captures);
                let updates = updates
                    .updates
                    .iter()
                    .map(|(path, code)| (path.iter().map(|name| self.name(*name)).collect(), self.code_id(*code)))
                    .collect();
                self.to.updates.push(Updates { captures, updates });
                Node::With(target, UpdatesId(self.to.updates.len() as u32 - 1))
            }
            Node::Call(function, arguments) => Node::Call(self.node(function), self.list(arguments)),
            Node::CallFunction(function, arguments) => {
                Node::CallFunction(self.function(function), self.list(arguments))
            }
            Node::CallPrimitive(primitive, arguments) => Node::CallPrimitive(primitive, self.list(arguments)),
            Node::Binary(operator, left, right) => Node::Binary(operator, self.node(left), self.node(right)),
            Node::And(left, right) => Node::And(self.node(left), self.node(right)),
            Node::Or(left, right) => Node::Or(self.node(left), self.node(right)),
            Node::Default(left, right) => Node::Default(self.node(left), self.node(right)),
            Node::Not(inner) => Node::Not(self.node(inner)),
            Node::Negate(inner) => Node::Negate(self.node(inner)),
            Node::If(condition, then, otherwise) => {
                Node::If(self.node(condition), self.node(then), self.node(otherwise))
            }
            Node::Case(id) => {
                let case = &program.cases[id.index()];
                let scrutinee = self.node(case.scrutinee);
                let arms = case.arms.iter().map(|(pattern, body)| (self.pattern(*pattern), self.node(*body))).collect();
                self.to.cases.push(Case { scrutinee, arms });
                Node::Case(CaseId(self.to.cases.len() as u32 - 1))
            }
            Node::Closure(function, captures) => Node::Closure(self.function(function), self.captures(captures)),
            Node::Let(id) => {
                let group = &program.lets[id.index()];
                let bindings = group.bindings.iter().map(|(slot, binding)| (*slot, self.binding(*binding))).collect();
                let functions = self.captures(group.functions);
                let body = self.node(group.body);
                self.to.lets.push(Let { bindings, functions, recursive: group.recursive, body });
                Node::Let(LetId(self.to.lets.len() as u32 - 1))
            }
            Node::Sequence(first, second) => Node::Sequence(self.node(first), self.node(second)),
            Node::Resource(id) => {
                let site = &program.sites[id.index()];
                let argument = match &site.argument {
                    Argument::Fields(fields) => {
                        let mut fields: Vec<SiteField> = fields
                            .iter()
                            .map(|field| SiteField {
                                name: self.name(field.name),
                                code: self.code_id(field.code),
                                lifted: field.lifted,
                            })
                            .collect();
                        fields.sort_by_key(|field| field.name);
                        Argument::Fields(fields)
                    }
                    Argument::Whole(code) => Argument::Whole(self.code_id(*code)),
                };
                let captures = self.captures(site.captures);
                let resource_type = self.resource_type(site.resource_type);
                self.to.sites.push(Site { mode: site.mode, resource_type, captures, argument });
                Node::Resource(SiteId(self.to.sites.len() as u32 - 1))
            }
            Node::Planned(path) => Node::Planned(self.string(program.string(path))),
            Node::Refine(refinement, inner) => Node::Refine(self.refinement(refinement), self.node(inner)),
            Node::Annotated(id) => {
                let annotated = &program.annotated[id.index()];
                let captures = self.captures(annotated.captures);
                let annotations = annotated
                    .annotations
                    .iter()
                    .map(|(name, code)| (self.name(*name), code.map(|code| self.code_id(code))))
                    .collect();
                let value = self.node(annotated.value);
                self.to.annotated.push(Annotated { captures, annotations, value });
                Node::Annotated(AnnotatedId(self.to.annotated.len() as u32 - 1))
            }
        }
    }

    fn record(&mut self, shape: ShapeId, start: u32) -> Node {
        let program = self.from;
        let names = &program.shapes[shape.index()];
        let values = program.list(Slice { start, length: names.len() as u32 });
        let fields = names.iter().zip(values).map(|(name, value)| (self.name(*name), self.node(*value))).collect();
        self.fields(fields)
    }

    fn fields(&mut self, mut fields: Vec<(NameId, NodeId)>) -> Node {
        fields.sort_by_key(|(name, _)| *name);
        let names: Arc<[NameId]> = fields.iter().map(|(name, _)| *name).collect();
        let shapes = &mut self.to.shapes;
        let shape = *self.shapes.entry(names.clone()).or_insert_with(|| {
            shapes.push(names);
            ShapeId(shapes.len() as u32 - 1)
        });
        let start = self.to.lists.len() as u32;
        self.to.lists.extend(fields.into_iter().map(|(_, node)| node));
        Node::Record(shape, start)
    }

    fn comprehension(&mut self, id: ComprehensionId) -> ComprehensionId {
        let program = self.from;
        let comprehension = &program.comprehensions[id.index()];
        let clauses = comprehension
            .clauses
            .iter()
            .map(|clause| match clause {
                Clause::For(pattern, source) => Clause::For(self.pattern(*pattern), self.node(*source)),
                Clause::If(condition) => Clause::If(self.node(*condition)),
            })
            .collect();
        let key = comprehension.key.map(|key| self.node(key));
        let element = self.node(comprehension.element);
        self.to.comprehensions.push(Comprehension { key, element, clauses });
        ComprehensionId(self.to.comprehensions.len() as u32 - 1)
    }

    fn binding(&mut self, binding: Binding) -> Binding {
        match binding {
            Binding::Now(node) => Binding::Now(self.node(node)),
            Binding::Function(function) => Binding::Function(self.function(function)),
            Binding::Lazy(code, captures) => Binding::Lazy(self.code_id(code), self.captures(captures)),
        }
    }

    // Values.

    /// Code that gives a value; nothing if no code can.
    fn frozen(&mut self, value: &Value, name: NameId) -> Option<Code> {
        let mut extent = crate::graph::Extent::default();
        extent.add(value);
        if extent.parts() > crate::graph::Extent::max(0) {
            return None;
        }
        let mut frame = 0;
        let body = self.value(value, &mut frame)?;
        Some(Code { frame, body, name: self.name(name) })
    }

    fn add(&mut self, node: Node) -> NodeId {
        self.to.nodes.push(node);
        NodeId(self.to.nodes.len() as u32 - 1)
    }

    fn added(&mut self, nodes: Vec<NodeId>) -> Slice {
        let slice = Slice { start: self.to.lists.len() as u32, length: nodes.len() as u32 };
        self.to.lists.extend(nodes);
        slice
    }

    fn values(&mut self, values: &[Value], frame: &mut u32) -> Option<Slice> {
        let nodes = values.iter().map(|value| self.value(value, frame)).collect::<Option<Vec<_>>>()?;
        Some(self.added(nodes))
    }

    fn value(&mut self, value: &Value, frame: &mut u32) -> Option<NodeId> {
        crate::eval::with_stack(|| {
            let node = self.value_grown(value, frame)?;
            Some(self.add(node))
        })
    }

    fn value_grown(&mut self, value: &Value, frame: &mut u32) -> Option<Node> {
        Some(match value {
            Value::Int(value) => Node::Int(*value),
            Value::Float(value) => Node::Float(*value),
            Value::Bool(value) => Node::Bool(*value),
            Value::Duration(value) => Node::Duration(*value),
            Value::Size(value) => Node::Size(*value),
            Value::String(text) => Node::String(self.string(text)),
            Value::Message(message) => Node::String(self.string(&message.text)),
            Value::None => Node::None,
            Value::Some(inner) => Node::Some(self.value(inner, frame)?),
            Value::Tuple(items) => Node::Tuple(self.values(items, frame)?),
            Value::List(items) => Node::List(self.values(items, frame)?),
            Value::Record(record) => {
                let mut fields = Vec::with_capacity(record.shape.len());
                for (name, value) in record.fields() {
                    let node = self.value(value, frame)?;
                    fields.push((self.name(name), node));
                }
                self.fields(fields)
            }
            Value::Dictionary(dictionary) => {
                let mut nodes = Vec::with_capacity(dictionary.len() * 2);
                for (key, value) in dictionary.entries() {
                    let key = Node::String(self.string(key));
                    nodes.push(self.add(key));
                    nodes.push(self.value(value, frame)?);
                }
                Node::Dictionary(self.added(nodes))
            }
            Value::Constructor(constructor, None) => Node::Constructor(self.constructor(*constructor)),
            Value::Constructor(constructor, Some(payload)) => {
                Node::Construct(self.constructor(*constructor), self.value(payload, frame)?)
            }
            Value::Function(function, None) => Node::Function(self.function(*function)),
            Value::Function(function, Some(captures)) => {
                // What it captured is bound first, as if it stood in a `let`.
                let function = self.function(*function);
                let mut bindings = Vec::with_capacity(captures.len());
                for value in captures.iter() {
                    let node = self.value(&self.machine.forced(value)?, frame)?;
                    bindings.push((*frame, Binding::Now(node)));
                    *frame += 1;
                }
                let start = self.to.captures.len() as u32;
                self.to.captures.extend(bindings.iter().map(|(slot, _)| Place::Local(*slot)));
                let captures = Slice { start, length: bindings.len() as u32 };
                let body = self.add(Node::Closure(function, captures));
                self.to.lets.push(Let { bindings, functions: Slice::EMPTY, recursive: false, body });
                Node::Let(LetId(self.to.lets.len() as u32 - 1))
            }
            Value::Primitive(primitive) => Node::Primitive(*primitive),
            Value::SomeFunction => Node::SomeFunction,
            Value::ConstructorFunction(constructor) => Node::ConstructorFunction(self.constructor(*constructor)),
            Value::Resource(id) => {
                let path = self.machine.path(*id)?.clone();
                Node::Planned(self.string(&path))
            }
            Value::Later(later) => self.later(&later.term, frame)?,
            Value::Bytes(_) | Value::Blueprint(_) | Value::Undecided(_) | Value::Thunk(_) => return None,
        })
    }

    /// The operation that would give a later value again.
    fn later(&mut self, term: &Term, frame: &mut u32) -> Option<Node> {
        let mut call = |extraction: &mut Self, name: &str, arguments: &[Value]| {
            let arguments = extraction.values(arguments, frame)?;
            Some(Node::CallPrimitive(crate::primitives::primitive(name)?, arguments))
        };
        match term {
            Term::Get { resource, attribute, rest } if rest.is_empty() => {
                let target = self.value(&Value::Resource(*resource), frame)?;
                Some(Node::Attribute(target, self.name(*attribute)))
            }
            Term::Concat(parts) => Some(Node::Interpolate(self.values(parts, frame)?)),
            Term::Join { separator, parts } => {
                call(self, "__stringJoin", &[Value::String(separator.clone()), parts.0.clone()])
            }
            Term::Json(value) => call(self, "__jsonEncode", std::slice::from_ref(&value.0)),
            Term::Base64(text) => call(self, "__base64Encode", std::slice::from_ref(&text.0)),
            Term::Select { index, list } => call(self, "__listElementAt", &[Value::Int(*index as i64), list.0.clone()]),
            Term::Split { separator, text } => {
                call(self, "__stringSplit", &[Value::String(separator.clone()), text.0.clone()])
            }
            Term::Cidr(parts) => call(self, "__netSubnet", parts),
            Term::Get { .. } | Term::Secret { .. } | Term::Lookup { .. } => None,
        }
    }

    // Types.

    fn selector(&mut self, selector: &Selector) -> Selector {
        match selector {
            Selector::Resource(id) => Selector::Resource(self.resource_type(*id)),
            Selector::Record(id) => Selector::Record(self.wire_record(*id)),
            Selector::ResourcesWith(names) => {
                let mut names: Vec<NameId> = names.iter().map(|name| self.name(*name)).collect();
                names.sort_unstable();
                Selector::ResourcesWith(names)
            }
            Selector::Site(name) => Selector::Site(name.clone()),
            Selector::All(one) => Selector::All(Box::new(self.selector(one))),
            Selector::Graph => Selector::Graph,
            Selector::Nothing => Selector::Nothing,
        }
    }

    fn resource_type(&mut self, id: ResourceTypeId) -> ResourceTypeId {
        if let Some(known) = self.types.get(&id) {
            return *known;
        }
        let new = ResourceTypeId(self.to.resource_types.len() as u32);
        self.types.insert(id, new);
        let declared = self.from.resource_type(id);
        self.to.resource_types.push(ResourceType { properties: Vec::new(), ..declared.clone() });
        self.waiting.push(id);
        new
    }

    /// Copies the properties that matter of every type that was met.
    fn finish_types(&mut self) {
        let program = self.from;
        for id in std::mem::take(&mut self.waiting) {
            let declared = program.resource_type(id);
            let identifier: Vec<NameId> = declared.identifier.iter().map(|name| self.name(*name)).collect();
            let tags = declared.tags.map(|name| self.name(name));
            let mut properties: Vec<Property> = Vec::new();
            for property in &declared.properties {
                let wanted = self.read.contains(&property.name)
                    || declared.identifier.contains(&property.name)
                    || declared.tags == Some(property.name)
                    || (self.inner && (property.site.is_some() || property.shape != WireShape::Value));
                if wanted {
                    let name = self.name(property.name);
                    let shape = self.shape(&property.shape);
                    properties.push(Property { name, shape, ..property.clone() });
                }
            }
            properties.sort_by_key(|property| property.name);
            let new = self.types[&id];
            let to = &mut self.to.resource_types[new.index()];
            (to.identifier, to.tags, to.properties) = (identifier, tags, properties);
        }
    }

    fn shape(&mut self, shape: &WireShape) -> WireShape {
        match shape {
            WireShape::List(inner) => WireShape::List(Box::new(self.shape(inner))),
            WireShape::Dictionary(inner) => WireShape::Dictionary(Box::new(self.shape(inner))),
            WireShape::Record(id) => WireShape::Record(self.wire_record(*id)),
            plain => plain.clone(),
        }
    }

    fn wire_record(&mut self, id: WireRecordId) -> WireRecordId {
        if let Some(known) = self.records.get(&id) {
            return *known;
        }
        let new = WireRecordId(self.to.wire_records.len() as u32);
        self.records.insert(id, new);
        let declared = self.from.wire_record(id);
        self.to.wire_records.push(WireRecord { name: declared.name.clone(), fields: Vec::new() });
        let mut fields: Vec<WireField> = declared
            .fields
            .iter()
            .map(|field| WireField { name: self.name(field.name), shape: self.shape(&field.shape), ..field.clone() })
            .collect();
        fields.sort_by_key(|field| field.name);
        self.to.wire_records[new.index()].fields = fields;
        new
    }
}
