//! What the names of a statement mean, and where what they mean is written.

use lw_diagnostics::{FileId, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind, PatternKind, Statement, StatementKind, TypeDefinition, TypeKind};
use rustc_hash::FxHashSet;

use super::Session;
use crate::checker::{Checker, ValueId, ValuePart};
use crate::declared::DeclaredKind;
use crate::module::{ModuleId, name_range};
use crate::observe::Observed;
use crate::resolve::{Upper, path_of};
use crate::types::{DeclaredId, Ty, Type};

/// What a name means; equal where two names mean the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    Value(ValueId),
    /// By the place where it is bound.
    Local(Span),
    Type(DeclaredId),
    /// By its position in the sum.
    Constructor(DeclaredId, u32),
    /// Of a declared record or resource.
    Field(DeclaredId, Name),
    Module(ModuleId),
}

/// What sort of thing a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Binding,
    Resource,
    Function,
    Parameter,
    Output,
    Test,
    Local,
    Type,
    ResourceType,
    Constructor,
    Field,
    Module,
    Operator,
}

impl Session {
    /// Every name in a statement that means something, with its place; in source order.
    pub fn symbols(&mut self, file: FileId, number: u32) -> Vec<(Span, Symbol)> {
        let Some(observed) = self.observe(file, number) else { return Vec::new() };
        self.symbols_of(file, number, &observed)
    }

    /// The same for a statement that has been observed.
    pub fn symbols_of(&mut self, file: FileId, number: u32, observed: &Observed) -> Vec<(Span, Symbol)> {
        let Some(module) = self.module_of(file) else { return Vec::new() };
        let statement = observed.statement.clone();
        let mut walk =
            Walk { checker: &mut self.checker, module, file, statement: &statement, observed, found: Vec::new() };
        walk.own(number);
        walk.types();
        walk.expressions();
        walk.patterns();
        walk.imports();
        let mut found = walk.found;
        found.extend(observed.values.iter().map(|(span, value)| (*span, Symbol::Value(*value))));
        found.extend(observed.local_uses.iter().map(|(span, bound)| (*span, Symbol::Local(*bound))));
        found.extend(observed.locals.iter().map(|local| (local.span, Symbol::Local(local.span))));
        found.sort_by_key(|(span, _)| (span.start, span.end));
        found.dedup();
        found
    }

    /// Where a symbol is written.
    pub fn definition(&mut self, symbol: Symbol) -> Option<Span> {
        match symbol {
            Symbol::Local(span) => Some(span),
            Symbol::Module(module) => Some(Span::new(self.checker.module(module).file, 0, 0)),
            _ => {
                let (module, statement) = self.declaration(symbol)?;
                let file = self.checker.module(module).file;
                Some(statement.span(file, range_in(&statement, symbol, self)?))
            }
        }
    }

    /// The statement that declares a symbol, and its module's file.
    pub fn declared_by(&mut self, symbol: Symbol) -> Option<(FileId, std::rc::Rc<Statement>)> {
        let (module, statement) = self.declaration(symbol)?;
        Some((self.checker.module(module).file, statement))
    }

    fn declaration(&mut self, symbol: Symbol) -> Option<(ModuleId, std::rc::Rc<Statement>)> {
        let (module, slot) = match symbol {
            Symbol::Value(value) => {
                let value = self.checker.values.get(value.0 as usize)?;
                (value.module, value.slot)
            }
            Symbol::Type(declared) | Symbol::Constructor(declared, _) | Symbol::Field(declared, _) => {
                (*self.checker.declared_slots.get(declared.0 as usize)?)?
            }
            Symbol::Local(_) | Symbol::Module(_) => return None,
        };
        // A probe that is over.
        if slot as usize >= self.checker.module(module).slots.len() {
            return None;
        }
        Some((module, self.checker.statement(module, slot)))
    }

    /// The name of the module that a symbol is from.
    pub fn home(&self, symbol: Symbol) -> Option<Name> {
        let module = match symbol {
            Symbol::Value(value) => self.checker.values.get(value.0 as usize)?.module,
            Symbol::Type(declared) | Symbol::Constructor(declared, _) | Symbol::Field(declared, _) => {
                (*self.checker.declared_slots.get(declared.0 as usize)?)?.0
            }
            Symbol::Local(_) => return None,
            Symbol::Module(module) => module,
        };
        Some(self.checker.module(module).name)
    }

    pub fn kind(&mut self, symbol: Symbol) -> SymbolKind {
        match symbol {
            Symbol::Local(_) => SymbolKind::Local,
            Symbol::Module(_) => SymbolKind::Module,
            Symbol::Constructor(..) => SymbolKind::Constructor,
            Symbol::Field(..) => SymbolKind::Field,
            Symbol::Type(declared) => match self.checker.kind(declared) {
                DeclaredKind::Resource(_) => SymbolKind::ResourceType,
                _ => SymbolKind::Type,
            },
            Symbol::Value(value) => match self.declaration(symbol).map(|(_, statement)| sort(&statement)) {
                Some(SymbolKind::Binding) => {
                    let ty = self.checker.value(value).scheme.ty;
                    match self.checker.types.get(ty).clone() {
                        Type::Function(..) => SymbolKind::Function,
                        Type::Declared(declared, _)
                            if matches!(self.checker.kind(declared), DeclaredKind::Resource(_)) =>
                        {
                            SymbolKind::Resource
                        }
                        _ => SymbolKind::Binding,
                    }
                }
                Some(kind) => kind,
                None => SymbolKind::Binding,
            },
        }
    }
}

/// What a statement declares, by its form alone.
fn sort(statement: &Statement) -> SymbolKind {
    match &statement.kind {
        StatementKind::Function(_) => SymbolKind::Function,
        StatementKind::Parameter { .. } | StatementKind::Lookup { .. } => SymbolKind::Parameter,
        StatementKind::Output { .. } => SymbolKind::Output,
        StatementKind::Test { .. } => SymbolKind::Test,
        StatementKind::Type(_) => SymbolKind::Type,
        StatementKind::Resource(_) => SymbolKind::ResourceType,
        StatementKind::Operator(_) => SymbolKind::Operator,
        _ => SymbolKind::Binding,
    }
}

/// Where in its statement a symbol is written.
fn range_in(statement: &Statement, symbol: Symbol, session: &Session) -> Option<ast::Range> {
    let of_fields = |fields: &[ast::FieldDeclaration], name: Name| {
        fields.iter().find(|field| field.name.name == name).map(|field| field.name.range)
    };
    match (symbol, &statement.kind) {
        (Symbol::Value(value), StatementKind::Defaults(entries)) => {
            match session.checker.values.get(value.0 as usize)?.part {
                ValuePart::Default(at) => Some(statement.tree[entries.get(at as usize)?.key].range),
                _ => None,
            }
        }
        (Symbol::Constructor(_, at), StatementKind::Type(declaration)) => match &declaration.definition {
            TypeDefinition::Sum(constructors) => Some(constructors.get(at as usize)?.name.range),
            _ => None,
        },
        (Symbol::Field(_, name), StatementKind::Resource(declaration)) => of_fields(&declaration.fields, name),
        (Symbol::Field(_, name), StatementKind::Type(declaration)) => match &declaration.definition {
            TypeDefinition::Record(fields) => of_fields(fields, name),
            TypeDefinition::Alias(ty) => match &statement.tree[*ty].kind {
                TypeKind::Record { fields, .. } => {
                    fields.iter().find(|(field, _)| field.name == name).map(|(field, _)| field.range)
                }
                _ => None,
            },
            _ => None,
        },
        _ => Some(name_range(statement)),
    }
}

struct Walk<'w> {
    checker: &'w mut Checker<'static>,
    module: ModuleId,
    file: FileId,
    statement: &'w Statement,
    observed: &'w Observed,
    found: Vec<(Span, Symbol)>,
}

impl Walk<'_> {
    fn add(&mut self, range: ast::Range, symbol: Symbol) {
        self.found.push((self.statement.span(self.file, range), symbol));
    }

    /// What the statement itself declares.
    fn own(&mut self, number: u32) {
        let statement = self.statement;
        let module = self.checker.module(self.module);
        let value = module.value_ids.get(&number).copied();
        let declared = module.declared_ids.get(&number).copied();
        match &statement.kind {
            StatementKind::Type(declaration) => {
                let Some(declared) = declared else { return };
                self.add_last(&declaration.name, Symbol::Type(declared));
                match &declaration.definition {
                    TypeDefinition::Record(fields) => self.own_fields(fields, declared),
                    TypeDefinition::Sum(constructors) => {
                        for (at, constructor) in constructors.iter().enumerate() {
                            self.add(constructor.name.range, Symbol::Constructor(declared, at as u32));
                        }
                    }
                    TypeDefinition::Alias(ty) => {
                        if let TypeKind::Record { fields, .. } = &statement.tree[*ty].kind {
                            fields
                                .iter()
                                .for_each(|(name, _)| self.add(name.range, Symbol::Field(declared, name.name)));
                        }
                    }
                    _ => {}
                }
            }
            StatementKind::Resource(declaration) => {
                let Some(declared) = declared else { return };
                self.add_last(&declaration.name, Symbol::Type(declared));
                self.own_fields(&declaration.fields, declared);
            }
            StatementKind::Binding(_)
            | StatementKind::Function(_)
            | StatementKind::Parameter { .. }
            | StatementKind::Lookup { .. }
            | StatementKind::Output { .. }
            | StatementKind::Test { .. }
            | StatementKind::Operator(_) => {
                if let Some(value) = value {
                    self.add(name_range(statement), Symbol::Value(value));
                }
            }
            _ => {}
        }
    }

    fn add_last(&mut self, path: &ast::ModulePath, symbol: Symbol) {
        if let Some(last) = path.segments.last() {
            self.add(last.range, symbol);
        }
    }

    fn own_fields(&mut self, fields: &[ast::FieldDeclaration], declared: DeclaredId) {
        fields.iter().for_each(|field| self.add(field.name.range, Symbol::Field(declared, field.name.name)));
    }

    fn types(&mut self) {
        let statement = self.statement;
        for ty in &statement.tree.types {
            if let TypeKind::Constructor { path, .. } = &ty.kind
                && let Some(declared) = self.checker.resolve_type(self.module, path)
            {
                self.add_last(path, Symbol::Type(declared));
                self.qualifier(&path.segments);
            }
        }
    }

    /// The module that stands before a path's last word, or the words that name it.
    fn qualifier(&mut self, path: &[ast::Ident]) {
        for split in (1..path.len()).rev() {
            if let Some(module) = self.checker.resolve_module(self.module, &path[..split]) {
                let range = path[0].range.to(path[split - 1].range);
                return self.add(range, Symbol::Module(module));
            }
        }
    }

    fn upper(&mut self, path: &[ast::Ident]) {
        let Some(last) = path.last() else { return };
        match self.checker.resolve_upper(self.module, path) {
            Some(Upper::Type(declared)) => self.add(last.range, Symbol::Type(declared)),
            Some(Upper::Constructor(constructor)) => {
                self.add(last.range, Symbol::Constructor(constructor.declared, constructor.position));
            }
            Some(Upper::Module(module)) => return self.add(path[0].range.to(last.range), Symbol::Module(module)),
            _ => return,
        }
        self.qualifier(path);
    }

    fn expressions(&mut self) {
        let tree = &self.statement.tree;
        let mut inner: FxHashSet<ast::ExprId> = FxHashSet::default();
        for (at, expr) in tree.exprs.iter().enumerate() {
            if let ExprKind::UpperField { target, .. } = &expr.kind {
                inner.insert(*target);
            }
            let id = ast::ExprId(at as u32);
            if let ExprKind::Field { target, name } = &expr.kind
                && let Some(path) = path_of(tree, *target)
            {
                // Before a lower name a module is meant.
                if let Some(module) = self.checker.resolve_module(self.module, &path) {
                    inner.insert(*target);
                    self.add(tree[*target].range, Symbol::Module(module));
                    if let Some(value) = self.checker.exported_value(module, name.name) {
                        self.add(name.range, Symbol::Value(value));
                    }
                    continue;
                }
            }
            self.fields(id, expr);
        }
        for (at, expr) in tree.exprs.iter().enumerate() {
            let id = ast::ExprId(at as u32);
            if matches!(expr.kind, ExprKind::Upper(_) | ExprKind::UpperField { .. })
                && !inner.contains(&id)
                && let Some(path) = path_of(tree, id)
            {
                self.upper(&path);
            }
            if let ExprKind::ConstructorField { constructor, .. } = &expr.kind {
                self.upper(&constructor.segments);
            }
        }
    }

    /// Names of fields in an expression.
    fn fields(&mut self, id: ast::ExprId, expr: &ast::Expr) {
        let tree = &self.statement.tree;
        let types = &self.observed.types;
        match &expr.kind {
            ExprKind::Field { target, name } => {
                if let Some(ty) = types.get(target) {
                    self.field(*ty, *name);
                }
            }
            ExprKind::Record(entries) => {
                let Some(ty) = self.observed.expected.get(&id).or(types.get(&id)).copied() else { return };
                for entry in entries {
                    if let ExprKind::Name(name) = tree[entry.key].kind {
                        self.field(ty, ast::Ident { name, range: tree[entry.key].range });
                    }
                }
            }
            ExprKind::With { target, entries } => {
                let Some(ty) = types.get(target).copied() else { return };
                for entry in entries {
                    if let ExprKind::Name(name) = tree[entry.key].kind {
                        self.field(ty, ast::Ident { name, range: tree[entry.key].range });
                    }
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, ty: Ty, name: ast::Ident) {
        if let Some(owner) = self.checker.owner_of(ty)
            && self.checker.has_field(owner, name.name)
        {
            self.add(name.range, Symbol::Field(owner, name.name));
        }
    }

    fn patterns(&mut self) {
        let statement = self.statement;
        for (at, pattern) in statement.tree.patterns.iter().enumerate() {
            match &pattern.kind {
                PatternKind::Constructor { path, .. } => self.upper(&path.segments),
                PatternKind::Record(fields) => {
                    let Some(ty) = self.observed.patterns.get(&ast::PatternId(at as u32)).copied() else { continue };
                    fields.iter().for_each(|(name, _)| self.field(ty, *name));
                }
                _ => {}
            }
        }
    }

    fn imports(&mut self) {
        let statement = self.statement;
        if let StatementKind::Export(exports) = &statement.kind {
            for export in exports {
                match &export.kind {
                    ast::ExportKind::Value { module: None, name } => {
                        if let Some(value) = self.checker.own_value(self.module, name.name) {
                            self.add(name.range, Symbol::Value(value));
                        }
                    }
                    ast::ExportKind::Type(path) => {
                        if let Some(declared) = self.checker.resolve_type(self.module, path) {
                            self.add_last(path, Symbol::Type(declared));
                        }
                    }
                    _ => {}
                }
            }
        }
        let StatementKind::Import(imports) = &statement.kind else { return };
        for import in imports {
            let (path, names) = match &import.kind {
                ast::ImportKind::Plain(path) | ast::ImportKind::As(path, _) | ast::ImportKind::Open(path) => {
                    (path, &[][..])
                }
                ast::ImportKind::Names(path, names) => (path, names.as_slice()),
                ast::ImportKind::Deployment { name, environment, alias } => {
                    let module = crate::module::deployment(name, environment.as_ref());
                    let module = Name::from(&format!("{}{module}", crate::DEPLOYMENT));
                    if let Some(target) = self.checker.load(module) {
                        self.add(name.range, Symbol::Module(target));
                        self.add(alias.range, Symbol::Module(target));
                    }
                    continue;
                }
            };
            let name = crate::module::dotted(path);
            let short = Name::from(&format!("Ludwig.{name}"));
            let Some(target) = self.checker.load(name).or_else(|| self.checker.load(short)) else { continue };
            self.add(path.range, Symbol::Module(target));
            if let ast::ImportKind::As(_, alias) = &import.kind {
                self.add(alias.range, Symbol::Module(target));
            }
            for name in names {
                match name {
                    ast::ImportName::Value { name, .. } => {
                        if let Some(value) = self.checker.exported_value(target, name.name) {
                            self.add(name.range, Symbol::Value(value));
                        }
                    }
                    ast::ImportName::Upper { name, .. } => {
                        if let Some(declared) = self.checker.exported_type(target, name.name) {
                            self.add(name.range, Symbol::Type(declared));
                        } else if let Some(found) = self.checker.exported_constructor(target, name.name) {
                            self.add(name.range, Symbol::Constructor(found.declared, found.position));
                        }
                    }
                    ast::ImportName::Operator(_) => {}
                }
            }
        }
    }
}

impl Checker<'_> {
    /// The declared record or resource whose fields a value of a type has.
    pub fn owner_of(&mut self, ty: Ty) -> Option<DeclaredId> {
        /// Aliases and wrappers around one another.
        const STEPS_MAX: usize = 16;
        let mut ty = ty;
        for _ in 0..STEPS_MAX {
            match self.types.get(ty).clone() {
                Type::Builtin(_, arguments) if arguments.len() == 1 => ty = arguments[0],
                Type::Declared(declared, _) => match self.kind(declared) {
                    DeclaredKind::Alias(target) => ty = target,
                    DeclaredKind::Record(_) | DeclaredKind::Resource(_) => return Some(declared),
                    _ => return None,
                },
                _ => return None,
            }
        }
        None
    }

    fn has_field(&mut self, owner: DeclaredId, name: Name) -> bool {
        match self.kind(owner) {
            DeclaredKind::Record(record) => record.field(name).is_some(),
            DeclaredKind::Resource(resource) => resource.record.field(name).is_some(),
            _ => false,
        }
    }
}
