//! Expressions and patterns of one body.

use lw_check::Name;
use lw_check::typed::{self, ExprId, ExprKind, LocalId};
use lw_core::{self as core, Node, NodeId, Place};
use lw_diagnostics::Span;
use rustc_hash::FxHashSet;

use super::unit::{Captured, Unit, Units};
use super::{Alias, Lowering};

pub(super) struct BodyLowering<'l, 't> {
    lowering: &'l mut Lowering<'t>,
    body: &'t typed::Body,
    units: Units,
}

impl<'l, 't> BodyLowering<'l, 't> {
    pub fn of(lowering: &'l mut Lowering<'t>, body: &'t typed::Body) -> BodyLowering<'l, 't> {
        BodyLowering { lowering, body, units: Units(vec![Unit::default()]) }
    }

    /// The body as a value of its own.
    pub fn value(mut self, name: core::NameId) -> core::Code {
        let body = self.expr(self.body.root);
        self.unused_resources();
        core::Code { frame: self.units.current().next, body, name }
    }

    /// The body as a function.
    pub fn function(mut self, header: &'t typed::Function, name: core::NameId) -> core::Function {
        let function = self.function_code(header, self.body.root, name);
        self.unused_resources();
        function
    }

    /// A function's code in the innermost unit, which has to be fresh.
    fn function_code(&mut self, header: &'t typed::Function, body: ExprId, name: core::NameId) -> core::Function {
        let parameters = match header {
            typed::Function::Positional(patterns) => {
                let mut apart = Vec::new();
                let count = patterns.len() as u32;
                // Arguments come first, whatever they are matched with.
                for pattern in patterns {
                    match pattern {
                        typed::Pattern::Bind(local) => _ = self.units.current().bind(*local),
                        _ => self.units.current().next += 1,
                    }
                }
                for (slot, pattern) in patterns.iter().enumerate() {
                    if !matches!(pattern, typed::Pattern::Bind(_)) {
                        let pattern = self.pattern(pattern);
                        apart.push((slot as u32, pattern));
                    }
                }
                core::Parameters::Positional(count, apart)
            }
            typed::Function::Record(fields) => {
                let names = fields.iter().map(|(name, _)| self.lowering.name(*name)).collect();
                for (_, local) in fields {
                    self.units.current().bind(*local);
                }
                core::Parameters::Record(names)
            }
        };
        let body = self.expr(body);
        core::Function { parameters, code: core::Code { frame: self.units.current().next, body, name } }
    }

    fn expr(&mut self, id: ExprId) -> NodeId {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.expr_grown(id))
    }

    fn expr_grown(&mut self, id: ExprId) -> NodeId {
        let body = self.body;
        let typed::Expr { kind, span } = &body[id];
        let span = *span;
        let node = match kind {
            ExprKind::Error => Node::Error,
            ExprKind::Int(value) => Node::Int(*value),
            ExprKind::Float(value) => Node::Float(*value),
            ExprKind::Bool(value) => Node::Bool(*value),
            ExprKind::Duration(value) => Node::Duration(*value),
            ExprKind::Size(value) => Node::Size(*value),
            ExprKind::String(text) => Node::String(self.lowering.string(text)),
            ExprKind::Interpolate(parts) => Node::Interpolate(self.list(parts)),
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Global(global) => self.global(*global),
            ExprKind::Primitive(name) => self.primitive(*name),
            ExprKind::None => Node::None,
            ExprKind::Some(value) => Node::Some(self.expr(*value)),
            ExprKind::SomeFunction => Node::SomeFunction,
            ExprKind::Constructor(id) => {
                let constructor = core::ConstructorId(id.0);
                match self.lowering.program.constructors[id.0 as usize].payload {
                    true => Node::ConstructorFunction(constructor),
                    false => Node::Constructor(constructor),
                }
            }
            ExprKind::Construct(id, payload) => Node::Construct(core::ConstructorId(id.0), self.expr(*payload)),
            ExprKind::Tuple(items) => Node::Tuple(self.list(items)),
            ExprKind::List(items) => Node::List(self.list(items)),
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Dictionary(entries) => {
                let start = self.lowering.scratch.len();
                for (key, value) in entries {
                    let (key, value) = (self.expr(*key), self.expr(*value));
                    self.lowering.scratch.extend([key, value]);
                }
                Node::Dictionary(self.lowering.list_since(start))
            }
            ExprKind::ListComprehension { element, clauses } => {
                Node::ListComprehension(self.comprehension(None, *element, clauses))
            }
            ExprKind::DictionaryComprehension { key, value, clauses } => {
                Node::DictionaryComprehension(self.comprehension(Some(*key), *value, clauses))
            }
            ExprKind::Field(target, name) => Node::Field(self.expr(*target), self.lowering.name(*name)),
            ExprKind::ConstructorField(target, constructor, name) => Node::ConstructorField(
                self.expr(*target),
                core::ConstructorId(constructor.0),
                self.lowering.name(*name),
            ),
            ExprKind::Attribute(target, name) => Node::Attribute(self.expr(*target), self.lowering.name(*name)),
            ExprKind::With(target, updates) => {
                let target = self.expr(*target);
                Node::With(target, self.updates(updates))
            }
            ExprKind::Call(callee, arguments) => self.call(*callee, arguments),
            ExprKind::Binary(operator, left, right) => {
                let (left, right) = (self.expr(*left), self.expr(*right));
                binary(*operator, left, right)
            }
            ExprKind::Not(value) => Node::Not(self.expr(*value)),
            ExprKind::Negate(value) => Node::Negate(self.expr(*value)),
            ExprKind::If { condition, then, otherwise } => {
                Node::If(self.expr(*condition), self.expr(*then), self.expr(*otherwise))
            }
            ExprKind::Case { scrutinee, arms } => {
                let scrutinee = self.expr(*scrutinee);
                let arms = arms.iter().map(|(pattern, body)| (self.pattern(pattern), self.expr(*body))).collect();
                self.lowering.out.core.cases.push(core::Case { scrutinee, arms });
                Node::Case(core::CaseId(self.lowering.out.core.cases.len() as u32 - 1))
            }
            ExprKind::Lambda(header, body) => {
                let name = self.lowering.name(Name::from("fun"));
                let (function, captured) = self.closure(header, *body, name);
                Node::Closure(function, self.captures(&captured.places))
            }
            ExprKind::Let { bindings, body } => self.let_in(bindings, *body),
            ExprKind::Sequence(first, second) => Node::Sequence(self.expr(*first), self.expr(*second)),
            ExprKind::Resource { mode, resource_type, argument } => self.resource(*mode, *resource_type, *argument),
            ExprKind::Refine(refinement, value) => Node::Refine(core::RefinementId(refinement.0), self.expr(*value)),
            ExprKind::Annotated(annotations, value) => {
                let node = self.annotated(annotations, *value);
                let id = self.lowering.node(node, span);
                let places = annotations.iter().map(|annotation| (annotation.name, annotation.span)).collect();
                self.lowering.out.annotations.insert(id.0, places);
                return id;
            }
        };
        self.lowering.node(node, span)
    }

    fn list(&mut self, items: &'t [ExprId]) -> core::Slice {
        let start = self.lowering.scratch.len();
        for item in items {
            let node = self.expr(*item);
            self.lowering.scratch.push(node);
        }
        self.lowering.list_since(start)
    }

    fn local(&mut self, local: LocalId) -> Node {
        match self.units.resolve(local) {
            Some(Place::Local(slot)) => Node::Local(slot),
            Some(Place::Capture(at)) => Node::Capture(at),
            Some(Place::Member(function)) => Node::Member(function),
            None => Node::Error,
        }
    }

    fn global(&mut self, global: typed::GlobalId) -> Node {
        match (self.lowering.aliases.get(&global), self.lowering.functions[global.0 as usize]) {
            (Some(Alias { primitive, fields: None }), _) => Node::Primitive(*primitive),
            (_, Some(function)) => Node::Function(function),
            _ => Node::Global(core::GlobalId(global.0)),
        }
    }

    fn primitive(&mut self, name: Name) -> Node {
        match core::primitive(name.as_str()) {
            Some(primitive) => Node::Primitive(primitive),
            None => {
                self.lowering.out.unknown_primitives.push(name);
                Node::Error
            }
        }
    }

    fn record(&mut self, fields: &'t [(Name, ExprId)]) -> Node {
        let mut lowered: Vec<(core::NameId, NodeId)> = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let node = self.expr(*value);
            lowered.push((self.lowering.name(*name), node));
        }
        lowered.sort_by_key(|(name, _)| *name);
        let shape = self.lowering.shape(lowered.iter().map(|(name, _)| *name).collect());
        let start = self.lowering.out.core.lists.len() as u32;
        self.lowering.out.core.lists.extend(lowered.into_iter().map(|(_, node)| node));
        Node::Record(shape, start)
    }

    fn call(&mut self, callee: ExprId, arguments: &'t [ExprId]) -> Node {
        let body = self.body;
        match &body[callee].kind {
            ExprKind::Primitive(name) => {
                if let Some(primitive) = core::primitive(name.as_str())
                    && primitive.arity() == arguments.len()
                {
                    return Node::CallPrimitive(primitive, self.list(arguments));
                }
            }
            ExprKind::Global(global) => {
                if let Some(node) = self.call_global(*global, arguments) {
                    return node;
                }
            }
            _ => {}
        }
        let callee = self.expr(callee);
        Node::Call(callee, self.list(arguments))
    }

    /// A call whose function is known: arguments go straight into its frame.
    fn call_global(&mut self, global: typed::GlobalId, arguments: &'t [ExprId]) -> Option<Node> {
        let program = self.lowering.program;
        let typed::GlobalKind::Function(header, _) = &program.globals[global.0 as usize].kind else { return None };
        let alias = self.lowering.aliases.get(&global).map(|alias| alias.primitive);
        let function = self.lowering.functions[global.0 as usize]?;
        let slice = match header {
            typed::Function::Positional(patterns) => {
                if patterns.len() != arguments.len() {
                    return None;
                }
                self.list(arguments)
            }
            typed::Function::Record(names) => {
                let [argument] = arguments else { return None };
                let body = self.body;
                let ExprKind::Record(fields) = &body[*argument].kind else { return None };
                let start = self.lowering.scratch.len();
                let given: Vec<(Name, NodeId)> =
                    fields.iter().map(|(name, value)| (*name, self.expr(*value))).collect();
                for (name, _) in names {
                    let node = match given.iter().find(|(given, _)| given == name) {
                        Some((_, node)) => *node,
                        None => self.lowering.node(Node::None, body[*argument].span),
                    };
                    self.lowering.scratch.push(node);
                }
                self.lowering.list_since(start)
            }
        };
        Some(match alias {
            Some(primitive) => Node::CallPrimitive(primitive, slice),
            None => Node::CallFunction(function, slice),
        })
    }

    fn comprehension(
        &mut self,
        key: Option<ExprId>,
        element: ExprId,
        clauses: &'t [typed::Clause],
    ) -> core::ComprehensionId {
        let clauses = clauses
            .iter()
            .map(|clause| match clause {
                typed::Clause::For(pattern, source) => {
                    let source = self.expr(*source);
                    core::Clause::For(self.pattern(pattern), source)
                }
                typed::Clause::If(condition) => core::Clause::If(self.expr(*condition)),
            })
            .collect();
        let key = key.map(|key| self.expr(key));
        let element = self.expr(element);
        let comprehensions = &mut self.lowering.out.core.comprehensions;
        comprehensions.push(core::Comprehension { key, element, clauses });
        core::ComprehensionId(comprehensions.len() as u32 - 1)
    }

    fn pattern(&mut self, pattern: &'t typed::Pattern) -> core::PatternId {
        let lowered = match pattern {
            typed::Pattern::Wildcard => core::Pattern::Wildcard,
            typed::Pattern::Bind(local) => core::Pattern::Bind(self.units.current().bind(*local)),
            typed::Pattern::Bool(value) => core::Pattern::Bool(*value),
            typed::Pattern::Int(value) => core::Pattern::Int(*value),
            typed::Pattern::Float(value) => core::Pattern::Float(*value),
            typed::Pattern::String(text) => core::Pattern::String(self.lowering.string(text)),
            typed::Pattern::None => core::Pattern::None,
            typed::Pattern::Some(inner) => core::Pattern::Some(self.pattern(inner)),
            typed::Pattern::Constructor(id, inner) => {
                core::Pattern::Constructor(core::ConstructorId(id.0), inner.as_ref().map(|inner| self.pattern(inner)))
            }
            typed::Pattern::Tuple(inner) => {
                core::Pattern::Tuple(inner.iter().map(|inner| self.pattern(inner)).collect())
            }
            typed::Pattern::List(inner) => core::Pattern::List(inner.iter().map(|inner| self.pattern(inner)).collect()),
            typed::Pattern::Record(fields) => core::Pattern::Record(
                fields.iter().map(|(name, inner)| (self.lowering.name(*name), self.pattern(inner))).collect(),
            ),
        };
        self.lowering.pattern(lowered)
    }

    // Units.

    /// Code in a unit of its own, with the captures that it adds to.
    fn within<T>(&mut self, unit: Unit, work: impl FnOnce(&mut Self) -> T) -> (T, Unit) {
        self.units.0.push(unit);
        let result = work(self);
        let unit = self.units.0.pop().expect("the unit that was pushed");
        (result, unit)
    }

    fn captures(&mut self, places: &[Place]) -> core::Slice {
        let captures = &mut self.lowering.out.core.captures;
        let slice = core::Slice { start: captures.len() as u32, length: places.len() as u32 };
        captures.extend_from_slice(places);
        slice
    }

    fn closure(
        &mut self,
        header: &'t typed::Function,
        body: ExprId,
        name: core::NameId,
    ) -> (core::FunctionId, Captured) {
        let (function, unit) = self.within(Unit::default(), |lowering| lowering.function_code(header, body, name));
        self.lowering.out.core.functions.push(function);
        (core::FunctionId(self.lowering.out.core.functions.len() as u32 - 1), unit.captured)
    }

    /// A lazily bound expression.
    fn lazy(&mut self, expr: ExprId, name: Name) -> (core::CodeId, Vec<Place>) {
        let name = self.lowering.name(name);
        let (body, unit) = self.within(Unit::default(), |lowering| lowering.expr(expr));
        let code = self.lowering.code(core::Code { frame: unit.next, body, name });
        (code, unit.captured.places)
    }

    fn let_in(&mut self, bindings: &'t [(LocalId, ExprId)], body: ExprId) -> Node {
        let typed_body = self.body;
        let slots: Vec<u32> = bindings.iter().map(|(local, _)| self.units.current().bind(*local)).collect();
        // Functions get their numbers first, so that each can name the others.
        let mut members: Vec<(LocalId, core::FunctionId)> = Vec::new();
        for (local, expr) in bindings {
            if let ExprKind::Lambda(..) = &typed_body[*expr].kind {
                let name = self.lowering.name(typed_body.locals[local.0 as usize]);
                let code = core::Code { frame: 0, body: NodeId(0), name };
                let parameters = core::Parameters::Positional(0, Vec::new());
                self.lowering.out.core.functions.push(core::Function { parameters, code });
                members.push((*local, core::FunctionId(self.lowering.out.core.functions.len() as u32 - 1)));
            }
        }
        let mut shared = Captured::default();
        let mut lowered: Vec<(u32, core::Binding)> = Vec::with_capacity(bindings.len());
        let mut lazy: Vec<(u32, Vec<Place>)> = Vec::new();
        for ((local, expr), slot) in bindings.iter().zip(&slots) {
            let name = typed_body.locals[local.0 as usize];
            let binding = match &typed_body[*expr].kind {
                ExprKind::Lambda(header, inner) => {
                    let id =
                        members.iter().find(|(member, _)| member == local).expect("every function has its number").1;
                    let name = self.lowering.name(name);
                    let captured = std::mem::take(&mut shared);
                    let unit = Unit::member(captured, &members);
                    let (function, unit) = self.within(unit, |lowering| lowering.function_code(header, *inner, name));
                    shared = unit.captured;
                    self.lowering.out.core.functions[id.index()] = function;
                    core::Binding::Function(id)
                }
                kind if is_constant(kind) => core::Binding::Now(self.expr(*expr)),
                _ => {
                    let (code, places) = self.lazy(*expr, name);
                    let slice = self.captures(&places);
                    lazy.push((*slot, places));
                    core::Binding::Lazy(code, slice)
                }
            };
            lowered.push((*slot, binding));
        }
        let function_slots: FxHashSet<u32> = bindings
            .iter()
            .zip(&slots)
            .filter(|((local, _), _)| members.iter().any(|(member, _)| member == local))
            .map(|(_, slot)| *slot)
            .collect();
        let functions = self.captures(&shared.places);
        let recursive = is_recursive(&lazy, &function_slots, &shared.places);
        let body = self.expr(body);
        let lets = &mut self.lowering.out.core.lets;
        lets.push(core::Let { bindings: lowered, functions, recursive, body });
        Node::Let(core::LetId(lets.len() as u32 - 1))
    }

    fn updates(&mut self, updates: &'t [typed::Update]) -> core::UpdatesId {
        let (updates, unit) = self.within(Unit::default(), |lowering| {
            updates
                .iter()
                .map(|update| {
                    let path = update.path.iter().map(|name| lowering.lowering.name(*name)).collect();
                    (path, lowering.piece(update.value, update.path[0]))
                })
                .collect()
        });
        let captures = self.captures(&unit.captured.places);
        let all = &mut self.lowering.out.core.updates;
        all.push(core::Updates { captures, updates });
        core::UpdatesId(all.len() as u32 - 1)
    }

    /// One of several pieces of code that share a unit's captures.
    fn piece(&mut self, expr: ExprId, name: Name) -> core::CodeId {
        self.units.current().next = 0;
        let body = self.expr(expr);
        let frame = self.units.current().next;
        let name = self.lowering.name(name);
        self.lowering.code(core::Code { frame, body, name })
    }

    fn resource(&mut self, mode: typed::ResourceMode, resource_type: typed::ResourceTypeId, argument: ExprId) -> Node {
        let body = self.body;
        let (argument, unit) = self.within(Unit::default(), |lowering| match &body[argument].kind {
            ExprKind::Record(fields) => {
                let mut pieces: Vec<core::SiteField> = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    let (lifted, value) = match &body[*value].kind {
                        ExprKind::Some(inner) => (true, *inner),
                        _ => (false, *value),
                    };
                    let code = lowering.piece(value, *name);
                    pieces.push(core::SiteField { name: lowering.lowering.name(*name), code, lifted });
                }
                pieces.sort_by_key(|field| field.name);
                core::Argument::Fields(pieces)
            }
            _ => core::Argument::Whole(lowering.piece(argument, Name::from("argument"))),
        });
        let captures = self.captures(&unit.captured.places);
        let mode = match mode {
            typed::ResourceMode::Managed => core::SiteMode::Managed,
            typed::ResourceMode::Existing => core::SiteMode::Existing,
            typed::ResourceMode::Blueprint => core::SiteMode::Blueprint,
        };
        let resource_type = core::ResourceTypeId(resource_type.0);
        let sites = &mut self.lowering.out.core.sites;
        sites.push(core::Site { mode, resource_type, captures, argument });
        Node::Resource(core::SiteId(sites.len() as u32 - 1))
    }

    fn annotated(&mut self, annotations: &'t [typed::Annotation], value: ExprId) -> Node {
        let (lowered, unit) = self.within(Unit::default(), |lowering| {
            annotations
                .iter()
                .map(|annotation| {
                    let code = annotation.argument.map(|argument| lowering.piece(argument, annotation.name));
                    (lowering.lowering.name(annotation.name), code)
                })
                .collect()
        });
        let captures = self.captures(&unit.captured.places);
        let value = self.expr(value);
        let all = &mut self.lowering.out.core.annotated;
        all.push(core::Annotated { captures, annotations: lowered, value });
        Node::Annotated(core::AnnotatedId(all.len() as u32 - 1))
    }

    /// Local resources that nothing names: they are never made, which their writer should know.
    fn unused_resources(&mut self) {
        let body = self.body;
        let mut candidates: Vec<(LocalId, Span)> = Vec::new();
        for expr in &body.exprs {
            if let ExprKind::Let { bindings, .. } = &expr.kind {
                for (local, bound) in bindings {
                    if makes_a_resource(body, *bound) {
                        candidates.push((*local, body[*bound].span));
                    }
                }
            }
        }
        if candidates.is_empty() {
            return;
        }
        let named: FxHashSet<LocalId> = body
            .exprs
            .iter()
            .filter_map(|expr| match &expr.kind {
                ExprKind::Local(local) => Some(*local),
                _ => None,
            })
            .collect();
        for (local, span) in candidates {
            let name = body.locals[local.0 as usize];
            if !named.contains(&local) && !name.as_str().starts_with('_') {
                self.lowering.out.unused.push((name, span));
            }
        }
    }
}

fn makes_a_resource(body: &typed::Body, mut expr: ExprId) -> bool {
    loop {
        match &body[expr].kind {
            ExprKind::Annotated(_, inner) => expr = *inner,
            ExprKind::Resource { mode, .. } => return *mode == typed::ResourceMode::Managed,
            _ => return false,
        }
    }
}

fn is_constant(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::String(_)
            | ExprKind::None
            | ExprKind::Constructor(_)
            | ExprKind::SomeFunction
    )
}

/// Can the lazy bindings of a `let` come to hold each other, or themselves?
fn is_recursive(lazy: &[(u32, Vec<Place>)], functions: &FxHashSet<u32>, shared: &[Place]) -> bool {
    let slots: Vec<u32> = lazy.iter().map(|(slot, _)| *slot).collect();
    let is_lazy = |place: &Place, from: usize| matches!(place, Place::Local(slot) if slots[from..].contains(slot));
    let functions_hold_lazy = shared.iter().any(|place| is_lazy(place, 0));
    lazy.iter().enumerate().any(|(at, (_, places))| {
        places.iter().any(|place| {
            is_lazy(place, at)
                || (functions_hold_lazy && matches!(place, Place::Local(slot) if functions.contains(slot)))
        })
    })
}

fn binary(operator: typed::BinaryOperator, left: NodeId, right: NodeId) -> Node {
    use typed::BinaryOperator as Typed;
    let operator = match operator {
        Typed::Add => core::Operator::Add,
        Typed::Subtract => core::Operator::Subtract,
        Typed::Multiply => core::Operator::Multiply,
        Typed::Divide => core::Operator::Divide,
        Typed::Remainder => core::Operator::Remainder,
        Typed::Power => core::Operator::Power,
        Typed::Less => core::Operator::Less,
        Typed::LessOrEqual => core::Operator::LessOrEqual,
        Typed::Greater => core::Operator::Greater,
        Typed::GreaterOrEqual => core::Operator::GreaterOrEqual,
        Typed::Equal => core::Operator::Equal,
        Typed::NotEqual => core::Operator::NotEqual,
        Typed::Append => core::Operator::Append,
        Typed::And => return Node::And(left, right),
        Typed::Or => return Node::Or(left, right),
        Typed::Default => return Node::Default(left, right),
    };
    Node::Binary(operator, left, right)
}
