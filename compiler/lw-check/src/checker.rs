//! The checker's state, and the order in which definitions are inferred.
//!
//! A definition with a complete annotation is known before its body is looked at. The others are inferred in groups that refer to each
//! other, dependencies first, so that the order of statements never matters.

use std::rc::Rc;

use lw_diagnostics::{Diagnostic, Files, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Modules;
use crate::declare::{TypeSite, TypeVariables};
use crate::declared::{Declared, ResourceType};
use crate::errors;
use crate::infer::{Context, Pending};
use crate::module::{Module, ModuleId, name_range};
use crate::observe::Recorder;
use crate::order::components;
use crate::typed::{self, GlobalId, GlobalKind};
use crate::types::{DeclaredId, Scheme, Ty, Type, Types};

/// A value definition; its number is its [`GlobalId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

/// Which expression of a statement a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuePart {
    /// What the statement defines: a binding, a function, an input, an operator's function, an output, a test, a policy.
    Whole,
    /// An entry of `defaults`.
    Default(u32),
    /// The predicate of a refinement, a function of `self`.
    Predicate(DeclaredId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueState {
    Untouched,
    /// Its type is a variable that its group shares.
    Inferring,
    /// Its type is known; its body waits.
    Signed,
    Checked,
}

#[derive(Debug)]
pub struct Value {
    pub module: ModuleId,
    pub slot: u32,
    pub part: ValuePart,
    pub name: Name,
    pub state: ValueState,
    pub scheme: Scheme,
    /// The signature's type variables, by generic position.
    pub variables: Vec<Name>,
    /// Its type was inferred together with those of others that it refers to and that refer to it.
    pub grouped: bool,
}

/// Why a type is expected.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    pub expected: Ty,
    pub origin: Origin,
}

/// Where an expectation is written down.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// The type of a binding.
    Annotation(Span),
    /// The result in a function's header.
    Result(Span),
    /// A parameter of a global function, by its number.
    Parameter(GlobalId, usize),
    /// A field's declaration.
    Field(Span),
}

/// A mismatch that was reported.
#[derive(Clone, Copy, Debug)]
pub struct Mismatched {
    pub span: Span,
    pub found: Ty,
    /// Its number among the diagnostics.
    pub diagnostic: usize,
}

pub struct Checker<'m> {
    pub sources: Rc<dyn Modules + 'm>,
    pub files: Files,
    pub diagnostics: Vec<Diagnostic>,
    pub modules: Vec<Module>,
    pub module_ids: FxHashMap<Name, Option<ModuleId>>,
    /// Each import as written, for cycles.
    pub import_places: Vec<(ModuleId, ModuleId, Span)>,
    pub prelude: Option<ModuleId>,
    /// Names that were looked through for what an unknown one may have meant.
    pub searched: usize,
    pub types: Types,
    pub declared: Vec<Declared>,
    pub declared_slots: Vec<Option<(ModuleId, u32)>>,
    pub elaborating: FxHashSet<DeclaredId>,
    /// Unions written in place, by their text.
    pub unions: FxHashMap<Name, Ty>,
    /// By `ResourceTypeId`.
    pub resources: Vec<Rc<ResourceType>>,
    /// Properties that the program writes, by resource type; `None`: any.
    pub written: FxHashMap<typed::ResourceTypeId, Option<FxHashSet<Name>>>,
    pub values: Vec<Value>,
    /// Values whose bodies are still to be checked.
    pub waiting: Vec<ValueId>,
    pub program: typed::Program,
    /// Plain values that were taken where a secret may stand.
    pub plain_secrets: Vec<Span>,
    /// How many annotations that do not exist have been met.
    pub unknown_annotations: usize,
    /// Where what is being expected comes from.
    pub reason: Option<Reason>,
    /// Mismatches that were reported: in the order in which they were found.
    pub mismatches: Vec<Mismatched>,
    /// How many more pairs of types the current message may compare.
    pub comparisons_left: u32,
    /// Fixities in scope, by module.
    pub operators: crate::infer::operators::OperatorCache,
    /// What is written down of one statement, where somebody asked.
    pub recorder: Option<Box<Recorder>>,
}

impl<'m> Checker<'m> {
    pub fn new(sources: Rc<dyn Modules + 'm>) -> Checker<'m> {
        Checker {
            sources,
            files: Files::default(),
            diagnostics: Vec::new(),
            modules: Vec::new(),
            module_ids: FxHashMap::default(),
            import_places: Vec::new(),
            prelude: None,
            searched: 0,
            types: Types::new(),
            declared: Vec::new(),
            declared_slots: Vec::new(),
            elaborating: FxHashSet::default(),
            unions: FxHashMap::default(),
            resources: Vec::new(),
            written: FxHashMap::default(),
            values: Vec::new(),
            waiting: Vec::new(),
            program: typed::Program::default(),
            plain_secrets: Vec::new(),
            unknown_annotations: 0,
            reason: None,
            mismatches: Vec::new(),
            comparisons_left: 0,
            operators: Default::default(),
            recorder: None,
        }
    }

    pub fn add_value(&mut self, module: ModuleId, slot: u32, part: ValuePart, name: Name) -> ValueId {
        let id = ValueId(self.values.len() as u32);
        let scheme = Scheme::mono(Types::ERROR);
        self.values.push(Value {
            module,
            slot,
            part,
            name,
            state: ValueState::Untouched,
            scheme,
            variables: Vec::new(),
            grouped: false,
        });
        let statement = self.statement(module, slot);
        let file = self.module(module).file;
        self.program.globals.push(typed::Global {
            name,
            module: self.module(module).name,
            span: statement.span(file, name_range(&statement)),
            statement: statement.span(file, statement.range),
            kind: GlobalKind::Error,
        });
        id
    }

    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0 as usize]
    }

    /// Makes sure that a value's body will be part of the program.
    pub fn demand(&mut self, id: ValueId) -> GlobalId {
        if self.value(id).state == ValueState::Untouched && self.sign(id) {
            self.waiting.push(id);
        }
        GlobalId(id.0)
    }

    /// The type of a value, inferred now if nothing declares it.
    pub fn scheme_of(&mut self, id: ValueId) -> Scheme {
        self.demand(id);
        if self.value(id).state == ValueState::Untouched {
            stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.infer_reachable(id));
        }
        self.value(id).scheme
    }

    /// Checks bodies until none waits.
    pub fn finish_waiting(&mut self) {
        while let Some(id) = self.waiting.pop() {
            if self.value(id).state == ValueState::Signed {
                self.check_group(&[id]);
            }
        }
    }

    /// Gives a value its declared type; false if only inference can tell.
    fn sign(&mut self, id: ValueId) -> bool {
        let (module, slot, part) = {
            let value = self.value(id);
            (value.module, value.slot, value.part)
        };
        let statement = self.statement(module, slot);
        let site = TypeSite { module, statement: &statement };
        let mut names: Vec<Name> = Vec::new();
        let ty = match (&statement.kind, part) {
            (StatementKind::Function(function), ValuePart::Whole) => {
                let Some(result) = function.result else { return false };
                let mut variables = TypeVariables::Signature(&mut names);
                let parameters = self.parameter_types(site, &function.parameters, &mut variables);
                let result = self.written_type(site, result, &mut variables);
                self.types.function(&parameters, result)
            }
            (StatementKind::Binding(binding), ValuePart::Whole) => {
                let Some(annotation) = binding.annotation else {
                    let Some(ty) = self.obvious_type(module, &statement.tree, binding.value) else { return false };
                    self.set_signed(id, Scheme::mono(ty), Vec::new());
                    return true;
                };
                let mut variables = TypeVariables::Signature(&mut names);
                match &binding.old_parameters {
                    Some(parameters) => {
                        let parameters = self.parameter_types(site, parameters, &mut variables);
                        let result = self.written_type(site, annotation, &mut variables);
                        self.types.function(&parameters, result)
                    }
                    None => self.written_type(site, annotation, &mut variables),
                }
            }
            (StatementKind::Parameter { annotation, .. } | StatementKind::Lookup { annotation, .. }, _) => {
                self.written_type(site, *annotation, &mut TypeVariables::Signature(&mut names))
            }
            (StatementKind::Error { .. }, _) => Types::ERROR,
            (_, ValuePart::Predicate(declared)) => {
                // The base is what `self` is; the declaration is being elaborated, so it is read again here.
                let StatementKind::Type(declaration) = &statement.kind else { return false };
                let ast::TypeDefinition::Refinement(base, _) = &declaration.definition else { return false };
                let _ = declared;
                let base = self.written_type(site, *base, &mut TypeVariables::Parameters(&[]));
                self.types.function(&[base], Types::BOOL)
            }
            _ => return false,
        };
        let generics = names.len() as u32;
        self.set_signed(id, Scheme { generics, ty }, names);
        true
    }

    fn set_signed(&mut self, id: ValueId, scheme: Scheme, variables: Vec<Name>) {
        let value = &mut self.values[id.0 as usize];
        value.scheme = scheme;
        value.variables = variables;
        value.state = ValueState::Signed;
    }

    /// The types of a header's parameters, as a function type takes them.
    pub fn parameter_types(
        &mut self,
        site: TypeSite<'_>,
        parameters: &ast::Parameters,
        variables: &mut TypeVariables<'_>,
    ) -> Vec<Ty> {
        let types: Vec<(Name, Ty)> = parameters
            .parameters
            .iter()
            .map(|parameter| (parameter.name.name, self.written_type(site, parameter.annotation, variables)))
            .collect();
        match parameters.kind {
            ast::ParametersKind::Positional => types.into_iter().map(|(_, ty)| ty).collect(),
            ast::ParametersKind::Record => vec![self.types.record(types, None)],
        }
    }

    /// The type of an expression whose form says it: a resource constructor's application. Without it, resources that refer to
    /// each other could not be told apart from their ids.
    pub fn obvious_type(&mut self, module: ModuleId, tree: &ast::Tree, mut expr: ast::ExprId) -> Option<Ty> {
        loop {
            match &tree[expr].kind {
                ast::ExprKind::Group(inner) => expr = *inner,
                ast::ExprKind::Annotated { operand, .. } => expr = *operand,
                ast::ExprKind::Block { items, result }
                    if items.iter().all(|item| matches!(item, ast::BlockItem::Annotation(_))) =>
                {
                    expr = *result;
                }
                ast::ExprKind::Call { callee, arguments: ast::Arguments::Literal(_) } => {
                    let declared = self.resource_named(module, tree, *callee)?;
                    return Some(self.types.add(Type::Declared(declared, Box::new([]))));
                }
                _ => return None,
            }
        }
    }

    /// Infers a value and, before it, what it refers to, group by group.
    fn infer_reachable(&mut self, start: ValueId) {
        let mut values: Vec<ValueId> = vec![start];
        let mut numbers: FxHashMap<ValueId, usize> = FxHashMap::from_iter([(start, 0)]);
        let mut edges: Vec<Vec<usize>> = Vec::new();
        while let Some(value) = values.get(edges.len()).copied() {
            let mentioned = self.inferred_references(value);
            let number = |value| {
                *numbers.entry(value).or_insert_with(|| {
                    values.push(value);
                    values.len() - 1
                })
            };
            edges.push(mentioned.into_iter().map(number).collect());
        }
        for group in components(&edges) {
            let group: Vec<ValueId> = group.into_iter().map(|number| values[number]).collect();
            let mut group: Vec<ValueId> =
                group.into_iter().filter(|value| self.value(*value).state == ValueState::Untouched).collect();
            group.sort_unstable();
            if !group.is_empty() {
                self.check_group(&group);
            }
        }
    }

    /// Values of the same module that a body mentions and whose types only inference can tell. Shadowing is not looked at: a
    /// group may come out larger than need be, never smaller.
    fn inferred_references(&mut self, id: ValueId) -> Vec<ValueId> {
        let (module, slot) = (self.value(id).module, self.value(id).slot);
        let statement = self.statement(module, slot);
        let mut found = Vec::new();
        let mut seen: FxHashSet<Name> = FxHashSet::default();
        for expr in &statement.tree.exprs {
            let ast::ExprKind::Name(name) = &expr.kind else { continue };
            if !self.module(module).values.contains_key(name) || !seen.insert(*name) {
                continue;
            }
            let Some(value) = self.own_value(module, *name) else { continue };
            self.demand(value);
            if self.value(value).state == ValueState::Untouched {
                found.push(value);
            }
        }
        found
    }

    /// Checks the bodies of values that refer to each other, and generalises them together.
    pub fn check_group(&mut self, group: &[ValueId]) {
        let inferred: Vec<ValueId> =
            group.iter().copied().filter(|id| self.value(*id).state == ValueState::Untouched).collect();
        self.types.level += 1;
        for id in &inferred {
            let header = self.header_type(*id);
            let value = &mut self.values[id.0 as usize];
            value.scheme = Scheme::mono(header);
            value.state = ValueState::Inferring;
            value.grouped = inferred.len() > 1;
        }
        let mut pending = Pending::default();
        let mut large = false;
        for id in group {
            if self.value(*id).state != ValueState::Checked {
                large |= self.check_value(*id, &mut pending);
            }
        }
        self.settle(pending);
        self.types.level -= 1;
        // Together: what the members of a group share is one variable in all of them.
        let types: Vec<Ty> = inferred.iter().map(|id| self.value(*id).scheme.ty).collect();
        let generics = self.types.generalise(&types);
        for (id, ty) in inferred.iter().zip(types) {
            // One that was too large has been reported; its uses are silent.
            let scheme = if large { Scheme::mono(Types::ERROR) } else { Scheme { generics, ty } };
            self.values[id.0 as usize].scheme = scheme;
        }
        for id in group {
            self.values[id.0 as usize].state = ValueState::Checked;
        }
    }

    /// The type of a definition whose body is still to be inferred: what its header says, so that its uses in the group that come
    /// first are held against it.
    fn header_type(&mut self, id: ValueId) -> Ty {
        let (module, slot, part) = (self.value(id).module, self.value(id).slot, self.value(id).part);
        let statement = self.statement(module, slot);
        if part == ValuePart::Whole
            && let StatementKind::Function(function) = &statement.kind
        {
            let site = TypeSite { module, statement: &statement };
            let mut names = Vec::new();
            let mut variables = TypeVariables::Body(&mut names);
            let parameters = self.parameter_types(site, &function.parameters, &mut variables);
            let result = self.types.fresh();
            return self.types.function(&parameters, result);
        }
        self.types.fresh()
    }

    /// Checks one value's body against its type and puts it into the program; true if a type in it grew too large.
    fn check_value(&mut self, id: ValueId, pending: &mut Pending) -> bool {
        let (module, slot, part, scheme, variables) = {
            let value = self.value(id);
            (value.module, value.slot, value.part, value.scheme, value.variables.clone())
        };
        let statement = self.statement(module, slot);
        let rigid: Vec<(Name, Ty)> = variables.iter().map(|name| (*name, self.types.rigid(*name))).collect();
        let arguments: Vec<Ty> = rigid.iter().map(|(_, ty)| *ty).collect();
        let ty = if scheme.generics > 0 { self.types.substitute(scheme.ty, &arguments) } else { scheme.ty };
        let file = self.module(module).file;
        let context = Context::new(module, file, &statement, rigid, std::mem::take(pending));
        let (kind, left) = self.check_statement(context, &statement, part, ty);
        *pending = left;
        let global = &mut self.program.globals[id.0 as usize];
        global.kind = kind;
        let large = std::mem::take(&mut self.types.too_large);
        if large {
            let place = global.span;
            self.diagnostics.push(errors::types::too_large(place));
        }
        large
    }
}
