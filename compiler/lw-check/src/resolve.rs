//! What a name means where it stands: own definitions first, then imports, then opened modules, then the prelude.

use lw_diagnostics::{Edit, Span, did_you_mean};
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind};

use crate::checker::{Checker, ValueId};
use crate::declared::{ConstructorInfo, DeclaredKind};
use crate::errors;
use crate::module::{ModuleId, dotted};
use crate::types::DeclaredId;

/// What an upper-case path names.
#[derive(Clone, Copy, Debug)]
pub enum Upper {
    Module(ModuleId),
    Type(DeclaredId),
    Constructor(ConstructorInfo),
    True,
    False,
    None,
    /// The constructor `Optional`.
    Some,
}

/// The segments of an expression that is an upper-case path.
pub fn path_of(tree: &ast::Tree, expr: ast::ExprId) -> Option<Vec<ast::Ident>> {
    match &tree[expr].kind {
        ExprKind::Upper(name) => Some(vec![ast::Ident { name: *name, range: tree[expr].range }]),
        ExprKind::UpperField { target, name } => {
            let mut path = path_of(tree, *target)?;
            path.push(*name);
            Some(path)
        }
        _ => None,
    }
}

fn join(names: &[ast::Ident]) -> Name {
    crate::module::join(names)
}

impl Checker<'_> {
    pub fn resolve_value(&mut self, module: ModuleId, name: Name) -> Option<ValueId> {
        if let Some(own) = self.own_value(module, name) {
            return Some(own);
        }
        if let Some((target, original)) = self.module(module).imports.values.get(&name).copied() {
            return self.exported_value(target, original);
        }
        for at in 0..self.module(module).imports.opened.len() {
            let target = self.module(module).imports.opened[at];
            if let Some(found) = self.exported_value(target, name) {
                return Some(found);
            }
        }
        let prelude = self.prelude.filter(|prelude| *prelude != module)?;
        self.exported_value(prelude, name)
    }

    pub fn resolve_type(&mut self, module: ModuleId, path: &ast::ModulePath) -> Option<DeclaredId> {
        self.resolve_type_path(module, &path.segments)
    }

    pub fn resolve_type_path(&mut self, module: ModuleId, path: &[ast::Ident]) -> Option<DeclaredId> {
        let whole = join(path);
        if let Some(own) = self.own_type(module, whole) {
            return Some(own);
        }
        if let Some((target, original)) = self.module(module).imports.uppers.get(&path[0].name).copied() {
            let name = match path {
                [_] => original,
                [_, rest @ ..] => Name::from(&format!("{original}.{}", join(rest))),
                [] => original,
            };
            if let Some(found) = self.exported_type(target, name) {
                return Some(found);
            }
        }
        for split in (1..path.len()).rev() {
            if let Some(mut target) = self.alias(module, join(&path[..split])) {
                let mut rest = &path[split..];
                while rest.len() > 1
                    && let Some(inner) = self.exported_module(target, rest[0].name)
                {
                    target = inner;
                    rest = &rest[1..];
                }
                if let Some(found) = self.exported_type(target, join(rest)) {
                    return Some(found);
                }
            }
        }
        for at in 0..self.module(module).imports.opened.len() {
            let target = self.module(module).imports.opened[at];
            if let Some(found) = self.exported_type(target, whole) {
                return Some(found);
            }
        }
        let prelude = self.prelude.filter(|prelude| *prelude != module)?;
        self.exported_type(prelude, whole)
    }

    /// What an upper-case path means in an expression or pattern: a constructor before a type before a module.
    pub fn resolve_upper(&mut self, module: ModuleId, path: &[ast::Ident]) -> Option<Upper> {
        if let [one] = path {
            match one.name.as_str() {
                "True" => return Some(Upper::True),
                "False" => return Some(Upper::False),
                "None" => return Some(Upper::None),
                "Optional" => return Some(Upper::Some),
                _ => {}
            }
            if let Some(constructor) = self.resolve_constructor(module, one.name) {
                return Some(Upper::Constructor(constructor));
            }
        } else if let Some(found) = self.resolve_qualified_constructor(module, path) {
            return Some(found);
        }
        if let Some(declared) = self.resolve_type_path(module, path) {
            return Some(Upper::Type(declared));
        }
        self.resolve_module(module, path).map(Upper::Module)
    }

    /// The module that a path names; modules are a namespace of their own.
    pub fn resolve_module(&mut self, module: ModuleId, path: &[ast::Ident]) -> Option<ModuleId> {
        if let Some((target, original)) = self.module(module).imports.uppers.get(&path[0].name).copied()
            && path.len() == 1
            && let Some(found) = self.exported_module(target, original)
        {
            return Some(found);
        }
        for split in (1..=path.len()).rev() {
            let Some(mut target) = self.alias(module, join(&path[..split])) else { continue };
            let mut rest = &path[split..];
            while let [first, ..] = rest
                && let Some(inner) = self.exported_module(target, first.name)
            {
                target = inner;
                rest = &rest[1..];
            }
            if rest.is_empty() {
                return Some(target);
            }
        }
        None
    }

    fn resolve_constructor(&mut self, module: ModuleId, name: Name) -> Option<ConstructorInfo> {
        self.know_constructors(module);
        if let Some(found) = self.module(module).constructors.get(&name) {
            return Some(*found);
        }
        if let Some((target, original)) = self.module(module).imports.uppers.get(&name).copied()
            && let Some(found) = self.exported_constructor(target, original)
        {
            return Some(found);
        }
        for at in 0..self.module(module).imports.opened.len() {
            let target = self.module(module).imports.opened[at];
            if let Some(found) = self.exported_constructor(target, name) {
                return Some(found);
            }
        }
        let prelude = self.prelude.filter(|prelude| *prelude != module)?;
        self.exported_constructor(prelude, name)
    }

    /// `Module.Constructor` or `Type.Constructor`.
    fn resolve_qualified_constructor(&mut self, module: ModuleId, path: &[ast::Ident]) -> Option<Upper> {
        let (last, before) = path.split_last()?;
        if let Some(target) = self.resolve_module(module, before) {
            if let Some(inner) = self.exported_module(target, last.name) {
                return Some(Upper::Module(inner));
            }
            // A resource type is found without parsing every sum of its module.
            if self.module(target).types.contains_key(&last.name) && self.module(target).library {
                return self.exported_type(target, last.name).map(Upper::Type);
            }
            if let Some(found) = self.exported_constructor(target, last.name) {
                return Some(Upper::Constructor(found));
            }
        }
        let declared = self.resolve_type_path(module, before)?;
        let DeclaredKind::Sum(sum) = self.kind(declared) else { return None };
        let position = sum.constructors.iter().position(|constructor| constructor.name == last.name)?;
        Some(Upper::Constructor(ConstructorInfo { declared, position: position as u32 }))
    }

    /// The resource type that an expression names, if it does.
    pub fn resource_named(&mut self, module: ModuleId, tree: &ast::Tree, expr: ast::ExprId) -> Option<DeclaredId> {
        let path = path_of(tree, expr)?;
        match self.resolve_upper(module, &path)? {
            Upper::Type(declared) if matches!(self.kind(declared), DeclaredKind::Resource(_)) => Some(declared),
            _ => None,
        }
    }

    /// The resource type that `M.new` makes: the one that a module declares under its own name, where it has no other `new`.
    pub fn resource_of_module(&mut self, module: ModuleId, tree: &ast::Tree, expr: ast::ExprId) -> Option<DeclaredId> {
        let path = path_of(tree, expr)?;
        let Upper::Module(target) = self.resolve_upper(module, &path)? else { return None };
        if self.module(target).values.contains_key(&Name::from("new")) {
            return None;
        }
        let name = self.module(target).name.as_str().rsplit('.').next().map(Name::from)?;
        let declared = self.exported_type(target, name)?;
        matches!(self.kind(declared), DeclaredKind::Resource(_)).then_some(declared)
    }

    /// Reports a lower-case name that means nothing, unless an import that failed should have brought it.
    pub fn report_unknown_name(&mut self, module: ModuleId, ident: ast::Ident, place: Span, locals: &[Name]) {
        if self.is_missing(module, &[ident]) {
            return;
        }
        if !self.may_search(locals.len() + self.module(module).values.len()) {
            return self.diagnostics.push(errors::names::unknown_name(ident.name, place, &[]));
        }
        let mut candidates: Vec<Name> = locals.to_vec();
        candidates.extend(self.module(module).values.keys());
        candidates.extend(self.module(module).imports.values.keys());
        for opened in &self.module(module).imports.opened {
            candidates.extend(self.module(*opened).values.keys());
        }
        // Own names that are near come first; the prelude's are many.
        candidates.sort_by_key(|name| name.as_str());
        if let Some(prelude) = self.prelude {
            let mut library: Vec<Name> = self.module(prelude).values.keys().copied().collect();
            library.sort_by_key(|name| name.as_str());
            candidates.extend(library);
        }
        self.diagnostics.push(errors::names::unknown_name(ident.name, place, &candidates));
    }

    pub fn report_unknown_type(&mut self, module: ModuleId, path: &ast::ModulePath, place: Span) {
        if self.is_missing(module, &path.segments) || self.report_hidden(module, &path.segments, place) {
            return;
        }
        if !self.may_search(self.module(module).types.len()) {
            return self.diagnostics.push(errors::names::unknown_type(dotted(path), place, &[], None));
        }
        let candidates = self.upper_candidates(module, &path.segments, true);
        let fix = self.qualifier_fix(module, &path.segments, place, false);
        self.diagnostics.push(errors::names::unknown_type(dotted(path), place, &candidates, fix));
    }

    /// Reports an upper-case path that means nothing; `followed` by a lower name, a module was meant.
    pub fn report_unknown_upper(&mut self, module: ModuleId, path: &[ast::Ident], place: Span, followed: bool) {
        if self.is_missing(module, path) || self.report_hidden(module, path, place) {
            return;
        }
        if !self.may_search(self.module(module).types.len()) {
            return self.diagnostics.push(errors::names::unknown_upper(join(path), place, &[], None));
        }
        let candidates = self.upper_candidates(module, path, false);
        let fix = self.qualifier_fix(module, path, place, followed);
        self.diagnostics.push(errors::names::unknown_upper(join(path), place, &candidates, fix));
    }

    /// Whether what an unknown name may have meant is still looked for among so many: of thousands of them nobody reads the advice.
    pub fn may_search(&mut self, names: usize) -> bool {
        /// What the prelude adds to each search.
        const LIBRARY: usize = 400;
        const SEARCHED_MAX: usize = 1_000_000;
        self.searched = self.searched.saturating_add(names + LIBRARY);
        self.searched <= SEARCHED_MAX
    }

    /// Reports what a path names in a module that keeps it to itself.
    fn report_hidden(&mut self, module: ModuleId, path: &[ast::Ident], place: Span) -> bool {
        for split in (1..path.len()).rev() {
            let Some(target) = self.alias(module, join(&path[..split])) else { continue };
            self.know_constructors(target);
            let name = join(&path[split..]);
            let found = self.module(target);
            // A type that is let out is not there for another reason.
            let hidden = found.types.contains_key(&name) || found.constructors.contains_key(&name);
            if hidden && found.exports.as_ref().is_some_and(|exports| !exports.types.contains(&name)) {
                self.report_missing(target, name, place, true, &[]);
                return true;
            }
        }
        false
    }

    /// Names that could have been meant by a path, written as the path is.
    fn upper_candidates(&mut self, module: ModuleId, path: &[ast::Ident], types_only: bool) -> Vec<Name> {
        let mut candidates: Vec<Name> = Vec::new();
        for split in (1..path.len()).rev() {
            let prefix = join(&path[..split]);
            if let Some(target) = self.alias(module, prefix) {
                self.know_constructors(target);
                let found = self.module(target);
                let names = found.types.keys().chain(found.constructors.keys());
                candidates.extend(names.map(|name| Name::from(&format!("{prefix}.{name}"))));
                break;
            }
        }
        if path.len() == 1 || candidates.is_empty() {
            let own = self.module(module);
            candidates.extend(own.types.keys());
            candidates.extend(own.imports.uppers.keys());
            candidates.extend(own.imports.aliases.keys());
            if !types_only {
                candidates.extend(own.constructors.keys());
                candidates.extend(["True", "False", "None", "Optional"].map(Name::from));
            } else {
                candidates.extend(crate::types::Builtin::ALL.map(|builtin| Name::from(builtin.name())));
            }
            if let Some(prelude) = self.prelude {
                candidates.extend(self.module(prelude).types.keys());
                candidates.extend(self.module(prelude).constructors.keys());
            }
        }
        candidates.sort_by_key(|name| name.as_str());
        candidates.dedup();
        candidates
    }

    /// Advice and edit for a path whose first word should be a module and is none here: its right name, or its import.
    fn qualifier_fix(
        &mut self,
        module: ModuleId,
        path: &[ast::Ident],
        place: Span,
        followed: bool,
    ) -> Option<(String, Edit)> {
        let (first, rest) = path.split_first()?;
        if (rest.is_empty() && !followed) || self.alias(module, first.name).is_some() || self.module(module).library {
            return None;
        }
        let wanted = first.name;
        let suffix = format!(".{wanted}");
        let head = Span::new(place.file, place.start, place.start + first.range.end - first.range.start);
        let mut aliases: Vec<&str> = self.module(module).imports.aliases.keys().map(Name::as_str).collect();
        aliases.sort_unstable();
        let whole = aliases.iter().find(|alias| alias.ends_with(&suffix)).copied();
        if let Some(meant) = whole.or_else(|| did_you_mean(&wanted, aliases)) {
            return Some((format!("write `{meant}`"), Edit { span: head, text: meant.to_string() }));
        }
        let names = self.sources.names();
        let full = names.iter().find(|name| name.as_str() == wanted.as_str());
        let name = full.or_else(|| names.iter().find(|name| name.ends_with(&suffix)))?.clone();
        // After the last import, else after `composition`, else at the top.
        let found = self.module(module);
        let after = found.slots.iter().rfind(|slot| slot.keyword == "import");
        let after = after.or_else(|| found.slots.iter().find(|slot| slot.keyword == "composition"));
        let at = after.map_or(0, |slot| {
            let end = slot.end as usize;
            found.text[end..].find('\n').map_or(found.text.len(), |line| end + line + 1) as u32
        });
        let statement =
            if name == wanted.as_str() { format!("import {name}\n") } else { format!("import {name} as {wanted}\n") };
        Some((format!("import `{name}`"), Edit { span: Span::new(found.file, at, at), text: statement }))
    }
}
