//! Names, types and exhaustiveness: from syntax trees to the checked program.
//!
//! [`check`] never fails: it returns a program and everything that was wrong with it. Modules come in through [`Modules`], so that
//! this crate reads nothing itself; a definition of a library is parsed and checked when something first needs it.

mod activation;
mod checker;
mod constraint;
mod declare;
mod declared;
mod deprecated;
mod difference;
mod display;
mod errors;
mod exhaustive;
mod infer;
mod module;
mod observe;
mod order;
mod presence;
mod resolve;
mod roots;
pub mod schema;
mod session;
pub mod typed;
mod types;
mod unify;

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Files};
pub use lw_syntax::Name;

use crate::checker::Checker;
use crate::module::ModuleId;

pub use checker::ValueId;
pub use module::name_range;
pub use observe::{Local, Observed, Scope};
pub use session::{FieldView, FollowedWork, Session, Symbol, SymbolKind, TypeView};
pub use types::Ty;

/// What stands before a deployment's name where its outputs are asked for as a module; no module's name has a space.
pub const DEPLOYMENT: &str = "deployment ";

/// Where modules come from.
pub trait Modules {
    /// The module of that dotted name: `AWS.EC2`, `Shop.Network`; or [`DEPLOYMENT`] and a deployment's name: what that gives out.
    fn module(&self, name: &str) -> Option<ModuleSource>;

    /// Every module name that could be imported, for suggestions.
    fn names(&self) -> Vec<String>;

    /// The modules with the rules that are in force wherever resources of the named module's types are: `Policy.Cloud.EC2` for `AWS.EC2`.
    fn cloud_rules(&self, name: &str) -> Vec<&'static str> {
        let _ = name;
        Vec::new()
    }
}

/// A module's text.
#[derive(Clone, Debug)]
pub struct ModuleSource {
    /// The file's name as diagnostics show it.
    pub file_name: Arc<str>,
    pub text: Arc<str>,
    /// Byte ranges and names of the top-level statements, for a module of the library whose statements are parsed on
    /// first use; `None` parses the whole text and checks all of it.
    pub index: Option<Vec<IndexedStatement>>,
}

/// One top-level statement of an indexed module.
#[derive(Clone, Debug)]
pub struct IndexedStatement {
    /// Byte range in the text, annotations and doc comment included.
    pub start: u32,
    pub end: u32,
    /// The first word after the annotations: `resource`, `type`, `fun`, `import`, `operator`, …; empty for a binding.
    pub keyword: &'static str,
    /// The declared name: `VPC`, `SecurityGroup.Ingress`, `subnet`, `++`; empty where there is none.
    pub name: Arc<str>,
}

/// A file to check whole.
#[derive(Clone, Debug)]
pub struct RootSource {
    /// The file's name as it was given.
    pub file_name: Arc<str>,
    /// The module name under which other files import it, when it lies in a source folder.
    pub module: Option<String>,
    pub text: Arc<str>,
}

/// What checking gives.
#[derive(Debug, Default)]
pub struct Checked {
    pub program: typed::Program,
    /// Of the resource types that were asked for.
    pub schema: schema::Schema,
    /// Every file that was read, for rendering and hashing.
    pub files: Files,
    /// The file of each root, in the order given.
    pub roots: Vec<FileId>,
    /// In source order within a file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the given files and what they import; never fails.
pub fn check(roots: &[RootSource], modules: &dyn Modules) -> Checked {
    check_beside(Files::default(), &[], roots, modules)
}

/// The same beside texts that are no source files, with the schemas of resource types, each by its module and name.
pub fn check_beside(files: Files, types: &[(&str, &str)], roots: &[RootSource], modules: &dyn Modules) -> Checked {
    let mut checker = Checker::new(Rc::new(modules));
    checker.files = files;
    let (given, schema) = check_all(&mut checker, types, roots);
    let roots = given.iter().map(|id| checker.module(*id).file).collect();
    let diagnostics = in_order(checker.diagnostics);
    Checked { program: checker.program, schema, files: checker.files, roots, diagnostics }
}

/// Checks the given files with a new checker; gives their modules, and the schemas of the resource types that were asked for.
fn check_all(
    checker: &mut Checker<'_>,
    types: &[(&str, &str)],
    roots: &[RootSource],
) -> (Vec<ModuleId>, schema::Schema) {
    checker.prelude = checker.load(Name::from("Ludwig.Prelude"));
    let given: Vec<ModuleId> = roots.iter().map(|root| checker.open(root)).collect();
    checker.report_cycles();
    for id in (0..checker.modules.len() as u32).map(ModuleId) {
        if !checker.module(id).library || given.contains(&id) {
            checker.check_whole(id);
        }
    }
    // What resources there are decides which policies are looked at.
    let schema = checker.schema(types);
    let program_roots = given.iter().map(|id| checker.root(*id)).collect();
    checker.finish_waiting();
    checker.finish_resources();
    // Wire forms look into types that nothing else did.
    checker.finish_waiting();
    checker.program.roots = program_roots;
    (given, schema)
}

/// By place, each once.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().map(|label| label.span);
    diagnostics.sort_by_key(|diagnostic| place(diagnostic).map(|span| (span.file, span.start, span.end)));
    diagnostics.dedup();
    diagnostics
}

impl<M: Modules + ?Sized> Modules for &M {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        (**self).module(name)
    }

    fn names(&self) -> Vec<String> {
        (**self).names()
    }

    fn cloud_rules(&self, name: &str) -> Vec<&'static str> {
        (**self).cloud_rules(name)
    }
}
