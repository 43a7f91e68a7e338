//! The policies that there are: those of the library's packs and those of a project, as pages that people read.
//!
//! The one idea: a policy is described by its header alone. So listing hundreds parses their files and checks, lowers and runs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lw_diagnostics::Files;
use lw_syntax::ast::{self, ExprKind, ImportKind, StatementKind, TypeKind};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::project::Project;
use crate::text::{display, read_text};
use crate::world::World;

/// Modules of the library below this name are packs of policies; others declare types.
const PACKS: &str = "Policy";
/// Below this one they are in force by themselves.
const CLOUD: &str = "Policy.Cloud.";

/// All that is known of a policy without a program to ask it about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyPage {
    pub id: String,
    pub title: Option<String>,
    pub severity: Option<String>,
    pub remediation: Option<String>,
    /// The module that declares it; a file's name where that is no module.
    pub pack: String,
    /// Every module that puts it in force; sorted.
    pub packs: Vec<String>,
    /// In force wherever a service's types are used.
    pub cloud: bool,
    /// Of all packs; sorted.
    pub controls: Vec<String>,
    /// The page that says what the policy means.
    pub source: Option<String>,
    /// Wire types, or what its argument is written as; sorted.
    pub applies_to: Vec<String>,
    /// Its functions, in the order of their files.
    pub declarations: Vec<PolicyDeclaration>,
}

/// A function of a policy where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyDeclaration {
    pub file: String,
    pub line: u32,
    pub text: String,
}

/// Every policy of the library and of the project, by id.
pub fn policy_pages(world: &dyn World, project: &Project) -> Vec<PolicyPage> {
    let mut catalogue = Catalogue::default();
    let is_pack = |name: &str| name.strip_prefix(PACKS).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    for module in lw_stdlib::modules().filter(|module| is_pack(module.name)) {
        catalogue.read(module.name, Arc::from(format!("stdlib/{}", module.path)), Arc::from(module.text()));
    }
    for path in Project::sources_below(world, &project.root) {
        let Ok(text) = read_text(world, &path) else { continue };
        let name = display(&path);
        catalogue.read(&project.module_of(&path).unwrap_or_else(|| name.to_string()), name, text);
    }
    catalogue.pages()
}

#[derive(Default)]
struct Catalogue {
    files: Files,
    sources: BTreeMap<String, Source>,
}

/// One file's statements.
struct Source {
    file: lw_diagnostics::FileId,
    statements: Vec<ast::Statement>,
    /// Modules by what they are called here.
    aliases: FxHashMap<String, String>,
    /// Functions that are imported by name: where they come from, and what they are called there.
    names: FxHashMap<String, (String, String)>,
    /// Modules that are imported whole, which a bundle puts in force.
    imported: Vec<String>,
}

/// One `validate`: which module says so, and what it adds.
struct Activation<'c> {
    by: &'c str,
    home: &'c str,
    function: &'c str,
    description: Description,
}

/// What `@policy` says.
#[derive(Clone, Default)]
struct Description {
    id: Option<String>,
    severity: Option<String>,
    title: Option<String>,
    remediation: Option<String>,
    source: Option<String>,
    controls: Vec<String>,
}

impl Catalogue {
    fn read(&mut self, name: &str, file_name: Arc<str>, text: Arc<str>) {
        let file = self.files.add(file_name, text.clone());
        let parsed = lw_syntax::parse(file, &text).file;
        let mut source = Source {
            file,
            statements: parsed.statements,
            aliases: FxHashMap::default(),
            names: FxHashMap::default(),
            imported: Vec::new(),
        };
        for statement in &source.statements {
            let StatementKind::Import(imports) = &statement.kind else { continue };
            for import in imports {
                match &import.kind {
                    ImportKind::Plain(path) | ImportKind::Open(path) => {
                        source.aliases.insert(dotted(path), dotted(path));
                        source.imported.push(dotted(path));
                    }
                    ImportKind::As(path, alias) => {
                        source.aliases.insert(alias.name.to_string(), dotted(path));
                        source.imported.push(dotted(path));
                    }
                    ImportKind::Names(path, names) => {
                        for name in names {
                            if let ast::ImportName::Value { name, alias } = name {
                                let here = alias.unwrap_or(*name).name.to_string();
                                source.names.insert(here, (dotted(path), name.name.to_string()));
                            }
                        }
                    }
                    ImportKind::Deployment { .. } => {}
                }
            }
        }
        self.sources.insert(name.to_string(), source);
    }

    fn pages(&self) -> Vec<PolicyPage> {
        let activations: Vec<Activation<'_>> =
            self.sources.iter().flat_map(|(name, source)| self.activations(name, source)).collect();
        let bundles = self.bundles();
        let mut pages: BTreeMap<String, PolicyPage> = BTreeMap::new();
        let mut shown: BTreeSet<(&str, &str)> = BTreeSet::new();
        for activation in &activations {
            let Some(source) = self.sources.get(activation.home) else { continue };
            let Some(statement) = source.function(activation.function) else { continue };
            let own = describe(statement);
            let more = &activation.description;
            let id = more.id.clone().or(own.id).unwrap_or_else(|| activation.function.to_string());
            let page = pages.entry(id.clone()).or_insert_with(|| PolicyPage {
                id,
                title: more.title.clone().or(own.title),
                severity: more.severity.clone().or(own.severity),
                remediation: more.remediation.clone().or(own.remediation),
                pack: activation.home.to_string(),
                packs: Vec::new(),
                cloud: activation.home.starts_with(CLOUD),
                controls: Vec::new(),
                source: more.source.clone().or(own.source),
                applies_to: Vec::new(),
                declarations: Vec::new(),
            });
            page.packs.push(activation.by.to_string());
            page.packs.extend(bundles.get(activation.by).into_iter().flatten().map(|name| name.to_string()));
            page.controls.extend(own.controls.into_iter().chain(more.controls.iter().cloned()));
            if shown.insert((activation.home, activation.function)) {
                page.applies_to.extend(self.applies_to(source, statement));
                page.declarations.push(self.declaration(source, statement));
            }
        }
        let mut pages: Vec<PolicyPage> = pages.into_values().collect();
        for page in &mut pages {
            for list in [&mut page.packs, &mut page.controls, &mut page.applies_to] {
                list.sort();
                list.dedup();
            }
        }
        pages
    }

    fn activations<'c>(&'c self, by: &'c str, source: &'c Source) -> impl Iterator<Item = Activation<'c>> {
        source.statements.iter().filter_map(move |statement| {
            let StatementKind::Validate(expr) = statement.kind else { return None };
            let mut head = expr;
            while let ExprKind::Call { callee, .. } | ExprKind::Group(callee) = &statement.tree[head].kind {
                head = *callee;
            }
            let (home, function) = match &statement.tree[head].kind {
                ExprKind::Name(name) => match source.names.get(name.as_str()) {
                    Some((home, function)) => (home.as_str(), function.as_str()),
                    None => (by, name.as_str()),
                },
                ExprKind::Field { target, name } => {
                    (source.aliases.get(&path_of(&statement.tree, *target)?)?.as_str(), name.name.as_str())
                }
                _ => return None,
            };
            Some(Activation { by, home, function, description: describe(statement) })
        })
    }

    /// Modules that do nothing but import others, by what they put in force.
    fn bundles(&self) -> FxHashMap<&str, Vec<&str>> {
        let is_bundle = |source: &Source| {
            let kinds = source.statements.iter().map(|statement| &statement.kind);
            kinds.into_iter().all(|kind| matches!(kind, StatementKind::Import(_) | StatementKind::Export(_)))
        };
        let mut bundles: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for (name, source) in self.sources.iter().filter(|(_, source)| is_bundle(source)) {
            let (mut waiting, mut seen) = (source.imported.clone(), BTreeSet::new());
            while let Some(imported) = waiting.pop() {
                let Some((imported, inner)) = self.sources.get_key_value(&imported) else { continue };
                if seen.insert(imported) {
                    bundles.entry(imported).or_default().push(name);
                    waiting.extend(is_bundle(inner).then_some(&inner.imported).into_iter().flatten().cloned());
                }
            }
        }
        bundles
    }

    /// What the function is asked about, by its header.
    fn applies_to(&self, source: &Source, statement: &ast::Statement) -> Option<String> {
        let StatementKind::Function(function) = &statement.kind else { return None };
        let tree = &statement.tree;
        // `fun f {limit: Int} -> fun(EC2.Instance) -> Validation`: the limits come first.
        let returned = function.result.and_then(|result| match &tree[result].kind {
            TypeKind::Function { parameters, .. } => parameters.first().copied(),
            _ => None,
        });
        let ty = returned.or_else(|| function.parameters.parameters.first().map(|parameter| parameter.annotation))?;
        Some(self.type_text(source, statement, ty))
    }

    fn type_text(&self, source: &Source, statement: &ast::Statement, ty: ast::TypeId) -> String {
        let tree = &statement.tree;
        match &tree[ty].kind {
            TypeKind::Constructor { path, arguments } if arguments.len() == 1 => {
                format!("{}<{}>", dotted(path), self.type_text(source, statement, arguments[0]))
            }
            TypeKind::Constructor { path, arguments } if arguments.is_empty() => source.type_name(&dotted(path)),
            _ => {
                let span = statement.span(source.file, tree[ty].range);
                self.files.text(source.file)[span.start as usize..span.end as usize].to_string()
            }
        }
    }

    fn declaration(&self, source: &Source, statement: &ast::Statement) -> PolicyDeclaration {
        let span = statement.span(source.file, statement.range);
        let text = &self.files.text(source.file)[statement.start as usize..span.end as usize];
        PolicyDeclaration {
            file: self.files.name(source.file).to_string(),
            line: self.files.position(source.file, statement.start).line,
            text: format!("{}\n", text.trim_end()),
        }
    }
}

impl Source {
    fn function(&self, name: &str) -> Option<&ast::Statement> {
        self.statements.iter().find(|statement| match &statement.kind {
            StatementKind::Function(function) => function.name.name == name,
            StatementKind::Binding(binding) => binding.name.name == name,
            _ => false,
        })
    }

    /// `AWS::EC2::VPC` for `EC2.VPC`; what is no resource keeps its name, that of its module in full.
    fn type_name(&self, written: &str) -> String {
        let Some((alias, name)) = self.longest_alias(written) else { return written.to_string() };
        let module = &self.aliases[alias];
        let declared = lw_stdlib::module(module).and_then(|module| {
            let mut statements = module.statements().iter();
            statements.find(|statement| statement.name == name)?.wire
        });
        declared.map_or_else(|| format!("{module}.{name}"), str::to_string)
    }

    fn longest_alias<'w>(&self, written: &'w str) -> Option<(&'w str, &'w str)> {
        let cuts = written.rmatch_indices('.').map(|(at, _)| (&written[..at], &written[at + 1..]));
        cuts.into_iter().find(|(alias, _)| self.aliases.contains_key(*alias))
    }
}

fn describe(statement: &ast::Statement) -> Description {
    let tree = &statement.tree;
    let mut found = Description::default();
    for annotation in statement.annotations.iter().filter(|annotation| annotation.name.name == "policy") {
        let ast::AnnotationArguments::Record(entries) = &annotation.arguments else { continue };
        for entry in entries {
            let ExprKind::Name(key) = &tree[entry.key].kind else { continue };
            let text = text_of(tree, entry.value);
            match (key.as_str(), &tree[entry.value].kind) {
                ("id", _) => found.id = text,
                ("severity", _) => found.severity = text,
                ("title", _) => found.title = text,
                ("remediation", _) => found.remediation = text,
                ("source", _) => found.source = text,
                ("controls", ExprKind::List(items)) => {
                    found.controls.extend(items.iter().filter_map(|item| text_of(tree, *item)));
                }
                _ => {}
            }
        }
    }
    found
}

fn text_of(tree: &ast::Tree, expr: ast::ExprId) -> Option<String> {
    match &tree[expr].kind {
        ExprKind::String(parts) => match parts.as_slice() {
            [] => Some(String::new()),
            [ast::StringPart::Text(text)] => Some(text.clone()),
            _ => None,
        },
        ExprKind::Group(inner) => text_of(tree, *inner),
        _ => None,
    }
}

/// `A.B` of an expression.
fn path_of(tree: &ast::Tree, expr: ast::ExprId) -> Option<String> {
    match &tree[expr].kind {
        ExprKind::Upper(name) => Some(name.to_string()),
        ExprKind::UpperField { target, name } => Some(format!("{}.{}", path_of(tree, *target)?, name.name)),
        _ => None,
    }
}

fn dotted(path: &ast::ModulePath) -> String {
    path.segments.iter().map(|segment| segment.name.as_str()).collect::<Vec<_>>().join(".")
}
