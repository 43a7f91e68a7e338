//! The policies in force in a file: its own, those of the modules that it imports, those of bundles, and the cloud rules of the
//! services that it uses.
//!
//! The one idea: a policy of the library about types that the program does not have is named, but its function is never checked,
//! lowered or run. So a pack of hundreds costs what the program's own types make it cost.

use std::rc::Rc;

use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checker::{Checker, ValueId};
use crate::declare::{key_name, text_of};
use crate::declared::DeclaredKind;
use crate::module::{ModuleId, name_range};
use crate::typed::{GlobalId, Policy, Selector};
use crate::types::Type;

/// Policies as they are found; one function put in force twice is one policy with the controls of both.
#[derive(Default)]
struct Found {
    policies: Vec<Policy>,
    modules: FxHashSet<ModuleId>,
    /// Functions that a `validate` names as they are.
    plain: FxHashMap<ValueId, usize>,
    /// Modules that declare a resource type of which the program has resources.
    used: FxHashSet<ModuleId>,
}

impl Checker<'_> {
    /// The policies of a file that was given.
    pub fn policies_in_force(&mut self, id: ModuleId) -> Vec<Policy> {
        let mut found = Found { used: self.used_modules(), ..Found::default() };
        self.policies(id, &mut found);
        if self.module(id).composition {
            for imported in self.module(id).imported.clone() {
                self.activated(imported, &mut found);
            }
            let mut used: Vec<Name> = found.used.iter().map(|id| self.module(*id).name).collect();
            used.sort_by(|left, right| left.as_str().cmp(right.as_str()));
            for name in used {
                for rules in self.sources.cloud_rules(&name) {
                    let asked = found.policies.len();
                    if let Some(rules) = self.load(Name::from(rules)) {
                        self.activated(rules, &mut found);
                    }
                    found.policies[asked..].iter_mut().for_each(|policy| policy.cloud = true);
                }
            }
        }
        found.policies
    }

    /// The policies of a module that a composition imports, and of those that it does nothing but re-import.
    fn activated(&mut self, id: ModuleId, found: &mut Found) {
        if found.modules.contains(&id) {
            return;
        }
        self.policies(id, found);
        let bundle = self.module(id).slots.iter().all(|slot| matches!(slot.keyword, "import" | "export"));
        if bundle {
            for imported in self.module(id).imported.clone() {
                self.activated(imported, found);
            }
        }
    }

    fn policies(&mut self, id: ModuleId, found: &mut Found) {
        if !found.modules.insert(id) {
            return;
        }
        for slot in 0..self.module(id).slots.len() as u32 {
            if self.module(id).slots[slot as usize].keyword != "validate" {
                continue;
            }
            let statement = self.statement(id, slot);
            let StatementKind::Validate(expr) = statement.kind else { continue };
            let named = self.named_function(id, &statement, expr);
            let is_plain = !matches!(statement.tree[expr].kind, ast::ExprKind::Call { .. });
            let mut policy = self.described(id, &statement, named);
            policy.applied = !is_plain;
            if let Some(known) = named.filter(|_| is_plain).and_then(|named| found.plain.get(&named)) {
                let known = &mut found.policies[*known];
                let new = policy.controls.into_iter().filter(|control| !known.controls.contains(control));
                known.controls.extend(new.collect::<Vec<_>>());
                continue;
            }
            let idle = is_plain && named.is_some_and(|named| self.is_idle(named, &found.used));
            if !idle || !self.module(id).library {
                let value = self.value_of_slot(id, slot, Name::from("validate"));
                let scheme = self.scheme_of(value);
                self.finish_waiting();
                let Type::Function(parameters, _) = self.types.get(scheme.ty).clone() else { continue };
                policy.selector = parameters.first().map_or(Selector::Nothing, |ty| self.selector(*ty));
                policy.function = Some(GlobalId(value.0));
            }
            if let Some(named) = named.filter(|_| is_plain) {
                found.plain.insert(named, found.policies.len());
            }
            found.policies.push(policy);
        }
    }

    /// The function that a `validate` names, possibly applied to its limits.
    fn named_function(&mut self, id: ModuleId, statement: &Rc<ast::Statement>, expr: ast::ExprId) -> Option<ValueId> {
        let mut head = expr;
        while let ast::ExprKind::Call { callee, .. } | ast::ExprKind::Group(callee) = &statement.tree[head].kind {
            head = *callee;
        }
        match &statement.tree[head].kind {
            ast::ExprKind::Name(name) => self.resolve_value(id, *name),
            ast::ExprKind::Field { target, name } => {
                let path = crate::resolve::path_of(&statement.tree, *target)?;
                match self.resolve_upper(id, &path)? {
                    crate::resolve::Upper::Module(module) => self.exported_value(module, name.name),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What the annotations of the function say, and after them those of the `validate` itself.
    fn described(&mut self, id: ModuleId, statement: &Rc<ast::Statement>, named: Option<ValueId>) -> Policy {
        let span = statement.span(self.module(id).file, statement.range);
        let mut policy = Policy {
            id: named.map_or_else(|| "validate".to_string(), |named| self.value(named).name.to_string()),
            severity: None,
            title: None,
            remediation: None,
            controls: Vec::new(),
            source: None,
            function: None,
            applied: false,
            cloud: false,
            selector: Selector::Nothing,
            span,
            declared: span,
        };
        if let Some(named) = named {
            let (home, slot) = (self.value(named).module, self.value(named).slot);
            let declaration = self.statement(home, slot);
            policy.declared = declaration.span(self.module(home).file, name_range(&declaration));
            describe(&mut policy, &declaration);
        }
        describe(&mut policy, statement);
        policy
    }

    /// Is the function about resource types of which the program has no resource? What cannot be told by its header is not idle.
    fn is_idle(&mut self, named: ValueId, used: &FxHashSet<ModuleId>) -> bool {
        let (home, slot) = (self.value(named).module, self.value(named).slot);
        if !self.module(home).library {
            return false;
        }
        let declaration = self.statement(home, slot);
        let StatementKind::Function(function) = &declaration.kind else { return false };
        let (ast::ParametersKind::Positional, [parameter]) =
            (function.parameters.kind, function.parameters.parameters.as_slice())
        else {
            return false;
        };
        let mut ty = parameter.annotation;
        loop {
            match &declaration.tree[ty].kind {
                TypeKind::Constructor { path, arguments } if arguments.len() == 1 && path.segments.len() == 1 => {
                    ty = arguments[0];
                }
                TypeKind::Constructor { path, arguments } if arguments.is_empty() => {
                    let Some(declared) = self.resolve_type_path(home, &path.segments) else { return false };
                    return match &self.declared[declared.0 as usize].kind {
                        DeclaredKind::Resource(resource) => !self.written.contains_key(&resource.id),
                        // A nested record: of a resource of its module, if of any.
                        _ => self.declared_slots[declared.0 as usize]
                            .is_some_and(|(module, _)| self.is_of_types(module) && !used.contains(&module)),
                    };
                }
                _ => return false,
            }
        }
    }

    /// Does a module declare resource types, rather than the types that any program may use?
    fn is_of_types(&self, id: ModuleId) -> bool {
        self.module(id).library && self.module(id).slots.iter().any(|slot| slot.keyword == "resource")
    }

    fn used_modules(&self) -> FxHashSet<ModuleId> {
        let declared = self.declared.iter().zip(&self.declared_slots);
        declared
            .filter_map(|(declared, slot)| match &declared.kind {
                DeclaredKind::Resource(resource) if self.written.contains_key(&resource.id) => {
                    slot.map(|(module, _)| module)
                }
                _ => None,
            })
            .collect()
    }
}

/// Takes over what a statement's `@policy` says.
fn describe(policy: &mut Policy, statement: &ast::Statement) {
    let tree = &statement.tree;
    for annotation in statement.annotations.iter().filter(|annotation| annotation.name.name == "policy") {
        let ast::AnnotationArguments::Record(entries) = &annotation.arguments else { continue };
        for entry in entries {
            let text = text_of(tree, entry.value).map(str::to_string);
            match (key_name(tree, entry).as_deref(), &tree[entry.value].kind) {
                (Some("id"), _) => policy.id = text.unwrap_or_else(|| std::mem::take(&mut policy.id)),
                (Some("severity"), _) => policy.severity = text,
                (Some("title"), _) => policy.title = text,
                (Some("remediation"), _) => policy.remediation = text,
                (Some("source"), _) => policy.source = text,
                (Some("controls"), ast::ExprKind::List(items)) => {
                    let controls = items.iter().filter_map(|item| text_of(tree, *item)).map(str::to_string);
                    policy.controls.extend(controls);
                }
                _ => {}
            }
        }
    }
}
