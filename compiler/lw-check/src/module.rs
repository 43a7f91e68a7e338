//! Modules: their statements, what they define, what they import and what they let others see.
//!
//! A module of the library comes with an index and parses a statement when it is first needed; any other module is parsed whole.

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::{FileId, Span};
use lw_syntax::ast::{self, StatementKind};
use lw_syntax::{Name, parse, parse_at};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checker::{Checker, ValueId, ValuePart};
use crate::declared::ConstructorInfo;
use crate::types::DeclaredId;
use crate::{ModuleSource, RootSource, errors};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

#[derive(Debug)]
pub struct Module {
    pub name: Name,
    pub file: FileId,
    pub text: Arc<str>,
    /// From the library: trusted, lazily parsed, may use primitives.
    pub library: bool,
    pub composition: bool,
    /// `@language("…")`
    pub languages: Vec<Name>,
    pub slots: Vec<Slot>,
    /// Lower-case names: the slot that defines each.
    pub values: FxHashMap<Name, u32>,
    /// Dotted type names: the slot that declares each.
    pub types: FxHashMap<Name, u32>,
    pub operators: FxHashMap<Name, u32>,
    /// Constructors of its sums; complete once `constructors_known`.
    pub constructors: FxHashMap<Name, ConstructorInfo>,
    pub constructors_known: bool,
    pub value_ids: FxHashMap<u32, ValueId>,
    pub declared_ids: FxHashMap<u32, DeclaredId>,
    pub imports: Imports,
    /// What an `export` statement lists; `None` exports everything.
    pub exports: Option<Exports>,
    /// Modules that it imports, in source order, for activation of policies.
    pub imported: Vec<ModuleId>,
}

/// A statement, parsed or not yet.
#[derive(Debug)]
pub struct Slot {
    pub start: u32,
    pub end: u32,
    pub keyword: &'static str,
    pub parsed: Option<Rc<ast::Statement>>,
}

#[derive(Debug, Default)]
pub struct Imports {
    /// Dotted alias to module: `EC2`, `AWS.EC2`.
    pub aliases: FxHashMap<Name, Vec<ModuleId>>,
    pub opened: Vec<ModuleId>,
    pub values: FxHashMap<Name, (ModuleId, Name)>,
    pub uppers: FxHashMap<Name, (ModuleId, Name)>,
    /// By the module that declares each.
    pub operators: FxHashMap<Name, ModuleId>,
    /// Names and aliases that an import should have brought; it has been reported.
    pub missing: FxHashSet<Name>,
    /// A module that was to be opened is missing: any name may be one of its own.
    pub missing_opened: bool,
}

#[derive(Debug, Default)]
pub struct Exports {
    pub values: FxHashSet<Name>,
    pub types: FxHashSet<Name>,
    /// By the module that declares each.
    pub operators: FxHashMap<Name, ModuleId>,
    /// `module A as B`: another module under a name; `as .`: all that it has.
    pub modules: FxHashMap<Name, ModuleId>,
    pub opened: Vec<ModuleId>,
    /// `A.x`: values of other modules.
    pub foreign: FxHashMap<Name, ModuleId>,
}

/// The name and class of words of a parsed statement, as an index would give them.
pub fn classify(kind: &StatementKind) -> (&'static str, Option<Name>) {
    match kind {
        StatementKind::Error { name } => ("error", *name),
        StatementKind::Composition { .. } => ("composition", None),
        StatementKind::Import(_) => ("import", None),
        StatementKind::Export(_) => ("export", None),
        StatementKind::Type(declaration) => ("type", Some(dotted(&declaration.name))),
        StatementKind::Operator(declaration) => ("operator", Some(declaration.operator.name)),
        StatementKind::Function(function) => ("fun", Some(function.name.name)),
        StatementKind::Binding(binding) => ("", Some(binding.name.name)),
        StatementKind::Validate(_) => ("validate", None),
        StatementKind::Parameter { name, .. } => ("parameter", Some(name.name)),
        StatementKind::Lookup { name, .. } => ("lookup", Some(name.name)),
        StatementKind::Defaults(_) => ("defaults", None),
        StatementKind::Output { .. } => ("output", None),
        StatementKind::Test { .. } => ("test", None),
        StatementKind::Resource(declaration) => ("resource", Some(dotted(&declaration.name))),
    }
}

/// `.++` as it is written after a module's name, without its dot.
fn bare(operator: Name) -> Name {
    Name::from(operator.as_str().strip_prefix('.').unwrap_or(operator.as_str()))
}

/// `A.B.C` as one name.
pub fn dotted(path: &ast::ModulePath) -> Name {
    join(&path.segments)
}

/// Segments as one dotted name.
pub fn join(segments: &[ast::Ident]) -> Name {
    match segments {
        [one] => one.name,
        _ => Name::from(&segments.iter().map(|segment| segment.name.as_str()).collect::<Vec<_>>().join(".")),
    }
}

/// Where a statement says its name.
pub fn name_range(statement: &ast::Statement) -> ast::Range {
    match &statement.kind {
        StatementKind::Type(declaration) => declaration.name.range,
        StatementKind::Resource(declaration) => declaration.name.range,
        StatementKind::Operator(declaration) => declaration.operator.range,
        StatementKind::Function(function) => function.name.range,
        StatementKind::Binding(binding) => binding.name.range,
        StatementKind::Parameter { name, .. }
        | StatementKind::Lookup { name, .. }
        | StatementKind::Output { name, .. } => name.range,
        StatementKind::Test { name_range, .. } => *name_range,
        _ => statement.range,
    }
}

/// About how many the library has.
const MODULES: usize = 600;

impl Checker<'_> {
    /// The module of that name, loaded when first asked for; `None` if there is none.
    pub fn load(&mut self, name: Name) -> Option<ModuleId> {
        if let Some(known) = self.module_ids.get(&name) {
            return *known;
        }
        self.module_ids.insert(name, None);
        let source = self.sources.module(&name)?;
        let id = self.add_module(name, &source);
        // Known before its imports are followed: a module that is met again while it loads is in a cycle, which `report_cycles` finds.
        self.module_ids.insert(name, Some(id));
        // A module may import one that imports another, and so on.
        stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.connect(id));
        Some(id)
    }

    /// A file that was given; the module of its name, if it has one.
    pub fn open(&mut self, root: &RootSource) -> ModuleId {
        let stem = || root.file_name.rsplit('/').next().unwrap_or_default().trim_end_matches(".lw").to_string();
        let name = Name::from(&root.module.clone().unwrap_or_else(stem));
        if root.module.is_some() {
            if let Some(Some(known)) = self.module_ids.get(&name) {
                return *known;
            }
            // A module of the library, given to be checked whole.
            if self.sources.module(&name).is_some_and(|source| source.index.is_some())
                && let Some(library) = self.load(name)
            {
                return library;
            }
        }
        let source = ModuleSource { file_name: root.file_name.clone(), text: root.text.clone(), index: None };
        let id = self.add_module(name, &source);
        if root.module.is_some() {
            self.module_ids.insert(name, Some(id));
        }
        self.connect(id);
        id
    }

    /// Registers a module's statements without following its imports.
    pub fn add_module(&mut self, name: Name, source: &ModuleSource) -> ModuleId {
        let file = self.files.add(source.file_name.clone(), source.text.clone());
        let id = ModuleId(self.modules.len() as u32);
        let mut module = Module {
            name,
            file,
            text: source.text.clone(),
            library: source.index.is_some(),
            composition: false,
            languages: Vec::new(),
            slots: Vec::new(),
            values: FxHashMap::default(),
            types: FxHashMap::default(),
            operators: FxHashMap::default(),
            constructors: FxHashMap::default(),
            constructors_known: false,
            value_ids: FxHashMap::default(),
            declared_ids: FxHashMap::default(),
            imports: Imports::default(),
            exports: None,
            imported: Vec::new(),
        };
        match &source.index {
            Some(index) => {
                for entry in index {
                    let slot = module.slots.len() as u32;
                    let name = (!entry.name.is_empty()).then(|| Name::from(&entry.name));
                    module.define(entry.keyword, name, slot);
                    module.slots.push(Slot {
                        start: entry.start,
                        end: entry.end,
                        keyword: entry.keyword,
                        parsed: None,
                    });
                }
            }
            None => {
                let parsed = parse(file, &source.text);
                self.diagnostics.extend(parsed.diagnostics);
                module.languages = parsed.file.languages;
                for statement in parsed.file.statements {
                    let slot = module.slots.len() as u32;
                    let (keyword, name) = classify(&statement.kind);
                    module.composition |= keyword == "composition";
                    if let Some(first) = module.define(keyword, name, slot) {
                        let place = statement.span(file, name_range(&statement));
                        let earlier = module.slots[first as usize].parsed.as_deref();
                        let other = earlier.map(|earlier| earlier.span(file, name_range(earlier)));
                        self.diagnostics.push(errors::names::duplicate(name.unwrap_or_default(), place, other));
                    }
                    let (start, end) = (statement.start, statement.start + statement.range.end);
                    module.slots.push(Slot { start, end, keyword, parsed: Some(Rc::new(statement)) });
                }
            }
        }
        self.modules.push(module);
        id
    }

    /// Resolves a module's imports and exports, loading what they name.
    pub fn connect(&mut self, id: ModuleId) {
        for slot in 0..self.modules[id.0 as usize].slots.len() as u32 {
            let keyword = self.module(id).slots[slot as usize].keyword;
            if keyword == "import" {
                let statement = self.statement(id, slot);
                if let StatementKind::Import(imports) = &statement.kind {
                    for import in imports {
                        self.connect_import(id, &statement, import);
                    }
                }
            }
        }
        for slot in 0..self.modules[id.0 as usize].slots.len() as u32 {
            if self.module(id).slots[slot as usize].keyword == "export" {
                let statement = self.statement(id, slot);
                if let StatementKind::Export(exports) = &statement.kind {
                    for export in exports {
                        self.connect_export(id, &statement, export);
                    }
                }
            }
        }
    }

    fn connect_import(&mut self, id: ModuleId, statement: &ast::Statement, import: &ast::Import) {
        let file = self.module(id).file;
        let (path, alias) = match &import.kind {
            ast::ImportKind::Plain(path) => (path, Some(dotted(path))),
            ast::ImportKind::As(path, alias) => (path, Some(alias.name)),
            ast::ImportKind::Open(path) | ast::ImportKind::Names(path, _) => (path, None),
            ast::ImportKind::Deployment { name, environment, alias } => {
                let place = statement.span(file, name.range);
                return self.connect_deployment(id, &deployment(name, environment.as_ref()), alias.name, place);
            }
        };
        let name = dotted(path);
        let place = statement.span(file, path.range);
        // Modules of the prelude go by their short names.
        let short = || Name::from(&format!("Ludwig.{name}"));
        let Some(target) = self.load(name).or_else(|| self.load(short())) else {
            let names = if self.may_search(MODULES) { self.sources.names() } else { Vec::new() };
            self.diagnostics.push(errors::modules::unknown_module(name, place, &names));
            return self.modules[id.0 as usize].imports.miss(alias, &import.kind);
        };
        self.import_places.push((id, target, place));
        let shared = match &import.kind {
            ast::ImportKind::As(_, alias) => Some(alias),
            _ => None,
        };
        let module = &mut self.modules[id.0 as usize];
        module.imported.push(target);
        if let Some(alias) = alias {
            let known = module.imports.aliases.entry(alias).or_default();
            let clashes = !known.is_empty() && !known.contains(&target);
            known.push(target);
            if let Some(ident) = shared.filter(|_| clashes) {
                let place = statement.span(file, ident.range);
                self.diagnostics.push(errors::names::imported_twice(alias, place));
            }
        }
        match &import.kind {
            ast::ImportKind::Open(_) => self.modules[id.0 as usize].imports.opened.push(target),
            ast::ImportKind::Names(_, names) => {
                for name in names {
                    self.connect_import_name(id, target, statement, name);
                }
            }
            _ => {}
        }
    }

    /// What another deployment gives out is a module, made of what is recorded of it.
    fn connect_deployment(&mut self, id: ModuleId, name: &str, alias: Name, place: Span) {
        let module = Name::from(&format!("{}{name}", crate::DEPLOYMENT));
        let Some(target) = self.load(module) else {
            self.diagnostics.push(errors::modules::deployment_import(name, place));
            self.modules[id.0 as usize].imports.missing.insert(alias);
            return;
        };
        let module = &mut self.modules[id.0 as usize];
        module.imported.push(target);
        module.imports.aliases.entry(alias).or_default().push(target);
    }

    fn connect_import_name(
        &mut self,
        id: ModuleId,
        target: ModuleId,
        statement: &ast::Statement,
        name: &ast::ImportName,
    ) {
        let file = self.module(id).file;
        let missing = |checker: &mut Self, ident: &ast::Ident, candidates: Vec<Name>| {
            let place = statement.span(file, ident.range);
            let hidden = candidates.contains(&ident.name);
            checker.report_missing(target, ident.name, place, hidden, &candidates);
        };
        let clash = |checker: &mut Self, ident: &ast::Ident| {
            let place = statement.span(file, ident.range);
            checker.diagnostics.push(errors::names::imported_twice(ident.name, place));
        };
        match name {
            ast::ImportName::Value { name, alias } => {
                let alias = alias.unwrap_or(*name);
                if self.exported_value(target, name.name).is_none() {
                    let candidates = self.module(target).values.keys().copied().collect();
                    self.modules[id.0 as usize].imports.missing.insert(alias.name);
                    return missing(self, name, candidates);
                }
                let module = &mut self.modules[id.0 as usize];
                let own = module.values.contains_key(&alias.name);
                let earlier = module.imports.values.insert(alias.name, (target, name.name));
                if own || earlier.is_some_and(|earlier| earlier != (target, name.name)) {
                    clash(self, &alias);
                }
            }
            ast::ImportName::Upper { name, alias } => {
                let known = self.exported_type(target, name.name).is_some()
                    || self.exported_constructor(target, name.name).is_some()
                    || self.exported_module(target, name.name).is_some();
                let below = Name::from(&format!("{}.{}", self.module(target).name, name.name));
                if !known && let Some(module) = self.load(below) {
                    let alias = alias.map_or(name.name, |alias| alias.name);
                    let importer = &mut self.modules[id.0 as usize];
                    importer.imports.aliases.entry(alias).or_default().push(module);
                    importer.imported.push(module);
                    return;
                }
                let alias = alias.unwrap_or(*name);
                if !known {
                    let found = self.module(target);
                    let candidates = found.types.keys().chain(found.constructors.keys()).copied().collect();
                    self.modules[id.0 as usize].imports.missing.insert(alias.name);
                    return missing(self, name, candidates);
                }
                let module = &mut self.modules[id.0 as usize];
                let own = module.types.contains_key(&alias.name);
                let earlier = module.imports.uppers.insert(alias.name, (target, name.name));
                if own || earlier.is_some_and(|earlier| earlier != (target, name.name)) {
                    clash(self, &alias);
                }
            }
            ast::ImportName::Operator(operator) => {
                let Some(home) = self.exported_operator(target, operator.name) else {
                    let candidates = self.module(target).operators.keys().copied().collect();
                    return missing(self, operator, candidates);
                };
                let module = &mut self.modules[id.0 as usize];
                let own = module.operators.contains_key(&operator.name);
                let earlier = module.imports.operators.insert(operator.name, home);
                if own || earlier.is_some_and(|earlier| earlier != home) {
                    clash(self, operator);
                }
            }
        }
    }

    /// A name that a module does not have, or keeps to itself.
    pub fn report_missing(&mut self, target: ModuleId, name: Name, place: Span, hidden: bool, candidates: &[Name]) {
        let module = self.module(target).name;
        self.diagnostics.push(match hidden {
            true => errors::modules::not_exported(name, module, place),
            false => errors::modules::not_in_module(name, module, place, candidates),
        });
    }

    fn connect_export(&mut self, id: ModuleId, statement: &ast::Statement, export: &ast::Export) {
        let file = self.module(id).file;
        let unknown = |checker: &mut Self, name: Name, range: ast::Range, candidates: Vec<Name>| {
            let module = checker.module(id).name;
            let place = statement.span(file, range);
            checker.diagnostics.push(errors::modules::not_in_module(name, module, place, &candidates));
        };
        let mut exports = self.modules[id.0 as usize].exports.take().unwrap_or_default();
        match &export.kind {
            ast::ExportKind::Value { module: None, name } => {
                if !self.module(id).values.contains_key(&name.name)
                    && !self.module(id).imports.values.contains_key(&name.name)
                {
                    let candidates = self.module(id).values.keys().copied().collect();
                    unknown(self, name.name, name.range, candidates);
                }
                exports.values.insert(name.name);
            }
            ast::ExportKind::Value { module: Some(module), name } => match self.alias(id, dotted(module)) {
                Some(target) => {
                    if self.exported_value(target, name.name).is_none() {
                        let candidates: Vec<Name> = self.module(target).values.keys().copied().collect();
                        let hidden = candidates.contains(&name.name);
                        let place = statement.span(file, name.range);
                        self.report_missing(target, name.name, place, hidden, &candidates);
                    }
                    exports.foreign.insert(name.name, target);
                }
                None => unknown(self, dotted(module), module.range, Vec::new()),
            },
            ast::ExportKind::Type(path) => {
                let name = dotted(path);
                if !self.module(id).types.contains_key(&name) && !self.module(id).imports.uppers.contains_key(&name) {
                    let candidates = self.module(id).types.keys().copied().collect();
                    unknown(self, name, path.range, candidates);
                }
                exports.types.insert(name);
            }
            ast::ExportKind::Operator { module, operator } => {
                let home = match module {
                    Some(module) => self
                        .alias(id, dotted(module))
                        .and_then(|target| self.exported_operator(target, bare(operator.name))),
                    None if self.module(id).operators.contains_key(&operator.name) => Some(id),
                    None => self.module(id).imports.operators.get(&operator.name).copied(),
                };
                match home {
                    Some(home) => {
                        exports.operators.insert(bare(operator.name), home);
                    }
                    None => {
                        let candidates = self.module(id).operators.keys().copied().collect();
                        unknown(self, operator.name, operator.range, candidates);
                    }
                }
            }
            ast::ExportKind::Module { module, alias } => match self.alias(id, dotted(module)) {
                Some(target) => match alias {
                    Some(alias) => {
                        exports.modules.insert(alias.name, target);
                    }
                    None => exports.opened.push(target),
                },
                None => unknown(self, dotted(module), module.range, Vec::new()),
            },
        }
        self.modules[id.0 as usize].exports = Some(exports);
    }

    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// A statement's tree, parsed when first asked for.
    pub fn statement(&mut self, id: ModuleId, slot: u32) -> Rc<ast::Statement> {
        let module = &self.modules[id.0 as usize];
        let entry = &module.slots[slot as usize];
        if let Some(parsed) = &entry.parsed {
            return parsed.clone();
        }
        let text = &module.text[entry.start as usize..entry.end as usize];
        let parsed = parse_at(module.file, text, entry.start);
        self.diagnostics.extend(parsed.diagnostics);
        let statement = parsed.file.statements.into_iter().next().unwrap_or_else(|| ast::Statement {
            start: entry.start,
            range: ast::Range::default(),
            tree: ast::Tree::default(),
            kind: StatementKind::Error { name: None },
            annotations: Vec::new(),
            doc: None,
        });
        let statement = Rc::new(statement);
        self.modules[id.0 as usize].slots[slot as usize].parsed = Some(statement.clone());
        statement
    }

    /// The module that a dotted alias stands for; modules of the prelude need no import.
    pub fn alias(&mut self, id: ModuleId, alias: Name) -> Option<ModuleId> {
        if let Some(found) = self.module(id).imports.aliases.get(&alias) {
            return found.first().copied();
        }
        if alias.as_str().contains('.') {
            return None;
        }
        self.load(Name::from(&format!("Ludwig.{alias}")))
    }

    /// A value that `target` lets others see.
    pub fn exported_value(&mut self, target: ModuleId, name: Name) -> Option<ValueId> {
        let module = self.module(target);
        match &module.exports {
            None => self.own_value(target, name),
            Some(exports) => {
                if exports.values.contains(&name) {
                    if let Some((from, original)) = module.imports.values.get(&name).copied() {
                        return self.exported_value(from, original);
                    }
                    return self.own_value(target, name);
                }
                if let Some(from) = exports.foreign.get(&name).copied() {
                    return self.exported_value(from, name);
                }
                let opened = exports.opened.clone();
                opened.into_iter().find_map(|from| self.exported_value(from, name))
            }
        }
    }

    pub fn exported_type(&mut self, target: ModuleId, name: Name) -> Option<DeclaredId> {
        let module = self.module(target);
        match &module.exports {
            None => self.own_type(target, name),
            Some(exports) => {
                let head = name.as_str().split('.').next().map(Name::from);
                if exports.types.contains(&name) || head.is_some_and(|head| exports.types.contains(&head)) {
                    if let Some((from, original)) = module.imports.uppers.get(&name).copied() {
                        return self.exported_type(from, original);
                    }
                    return self.own_type(target, name);
                }
                let opened = exports.opened.clone();
                opened.into_iter().find_map(|from| self.exported_type(from, name))
            }
        }
    }

    pub fn exported_constructor(&mut self, target: ModuleId, name: Name) -> Option<ConstructorInfo> {
        self.know_constructors(target);
        let found = self.module(target).constructors.get(&name).copied();
        match (&self.module(target).exports, found) {
            (None, found) => found,
            (Some(exports), Some(found)) if exports.types.contains(&self.declared[found.declared.0 as usize].name) => {
                Some(found)
            }
            (Some(exports), _) => {
                // Constructors of a type that was imported to be passed on.
                let uppers = &self.module(target).imports.uppers;
                let passed_on: Vec<(ModuleId, Name)> =
                    exports.types.iter().filter_map(|name| uppers.get(name).copied()).collect();
                let opened = exports.opened.clone();
                for (from, original) in passed_on {
                    if let Some(found) = self.exported_constructor(from, name)
                        && (original == name || self.exported_type(from, original) == Some(found.declared))
                    {
                        return Some(found);
                    }
                }
                opened.into_iter().find_map(|from| self.exported_constructor(from, name))
            }
        }
    }

    /// The module that declares an operator which `target` lets others use.
    pub fn exported_operator(&self, target: ModuleId, name: Name) -> Option<ModuleId> {
        let module = self.module(target);
        match &module.exports {
            None => module.operators.contains_key(&name).then_some(target),
            Some(exports) => exports
                .operators
                .get(&name)
                .copied()
                .or_else(|| exports.opened.iter().find_map(|from| self.exported_operator(*from, name))),
        }
    }

    /// Whether a path begins with what an import should have brought, so that it has been reported.
    pub fn is_missing(&self, module: ModuleId, path: &[ast::Ident]) -> bool {
        let imports = &self.module(module).imports;
        imports.missing_opened || (1..=path.len()).any(|split| imports.missing.contains(&join(&path[..split])))
    }

    pub fn exported_module(&self, target: ModuleId, name: Name) -> Option<ModuleId> {
        self.module(target).exports.as_ref()?.modules.get(&name).copied()
    }

    pub fn own_value(&mut self, id: ModuleId, name: Name) -> Option<ValueId> {
        let slot = *self.module(id).values.get(&name)?;
        Some(self.value_of_slot(id, slot, name))
    }

    /// The value that a statement defines.
    pub fn value_of_slot(&mut self, id: ModuleId, slot: u32, name: Name) -> ValueId {
        if let Some(value) = self.module(id).value_ids.get(&slot) {
            return *value;
        }
        let value = self.add_value(id, slot, ValuePart::Whole, name);
        self.modules[id.0 as usize].value_ids.insert(slot, value);
        value
    }

    pub fn own_type(&mut self, id: ModuleId, name: Name) -> Option<DeclaredId> {
        let slot = *self.module(id).types.get(&name)?;
        if let Some(declared) = self.module(id).declared_ids.get(&slot) {
            return Some(*declared);
        }
        Some(self.declare(id, slot))
    }

    /// Parses every `type` statement of a module, so that its constructors are known.
    pub fn know_constructors(&mut self, id: ModuleId) {
        if std::mem::replace(&mut self.modules[id.0 as usize].constructors_known, true) {
            return;
        }
        for slot in 0..self.module(id).slots.len() as u32 {
            // Types below another (`Listener.Action`) are a resource's nested records: they have no constructors.
            if self.module(id).slots[slot as usize].keyword != "type" {
                continue;
            }
            let statement = self.statement(id, slot);
            let StatementKind::Type(declaration) = &statement.kind else { continue };
            let ast::TypeDefinition::Sum(constructors) = &declaration.definition else { continue };
            let declared = match self.module(id).declared_ids.get(&slot) {
                Some(declared) => *declared,
                None => self.reserve(id, slot, &statement),
            };
            let file = self.module(id).file;
            for (position, constructor) in constructors.iter().enumerate() {
                let info = ConstructorInfo { declared, position: position as u32 };
                let module = &mut self.modules[id.0 as usize];
                if module.constructors.insert(constructor.name.name, info).is_some() {
                    let place = statement.span(file, constructor.name.range);
                    self.diagnostics.push(errors::names::duplicate(constructor.name.name, place, None));
                }
            }
        }
    }
}

impl Imports {
    /// Notes what an import of a missing module should have brought.
    fn miss(&mut self, alias: Option<Name>, kind: &ast::ImportKind) {
        self.missing.extend(alias);
        self.missing_opened |= matches!(kind, ast::ImportKind::Open(_));
        let ast::ImportKind::Names(_, names) = kind else { return };
        self.missing.extend(names.iter().map(|name| match name {
            ast::ImportName::Value { name, alias } | ast::ImportName::Upper { name, alias } => {
                alias.unwrap_or(*name).name
            }
            ast::ImportName::Operator(name) => name.name,
        }));
    }
}

impl Module {
    /// Records what a statement defines; gives the slot that had the name before.
    fn define(&mut self, keyword: &'static str, name: Option<Name>, slot: u32) -> Option<u32> {
        let name = name?;
        let space = match keyword {
            "type" | "resource" => &mut self.types,
            "operator" => &mut self.operators,
            "" | "fun" | "parameter" | "lookup" => &mut self.values,
            // A broken statement still defines its name, so that its uses are not reported.
            "error" => {
                self.values.entry(name).or_insert(slot);
                return None;
            }
            _ => return None,
        };
        match space.entry(name) {
            std::collections::hash_map::Entry::Occupied(first) => Some(*first.get()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(slot);
                None
            }
        }
    }
}

/// `network@prod`, as `import deployment` writes it.
pub(crate) fn deployment(name: &ast::Ident, environment: Option<&ast::Ident>) -> String {
    match environment {
        Some(environment) => format!("{}@{}", name.name, environment.name),
        None => name.name.to_string(),
    }
}
