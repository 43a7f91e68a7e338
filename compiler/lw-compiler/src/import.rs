//! A template of another tool as source text: read, written as a program, formatted.

use std::path::Path;
use std::sync::Arc;

use lw_check::{RootSource, check_beside};
use lw_diagnostics::{Diagnostic, Files};
use lw_formats::Importing;

use crate::modules::ProjectModules;
use crate::project::Project;
use crate::templates::library_types;
use crate::text::{display, read_text};
use crate::world::World;

/// What importing a file gives.
#[derive(Debug, Default)]
pub struct Imported {
    /// In standard form; absent where the file is none that could be read.
    pub text: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub files: Files,
}

/// Imports a CloudFormation template. `name` is what its stack is called where the program asks.
pub fn import_template(world: &dyn World, path: &Path, name: &str) -> Imported {
    let (mut files, mut diagnostics) = (Files::default(), Vec::new());
    let text = match read_text(world, path) {
        Ok(text) => text,
        Err(bad) => {
            let diagnostics = vec![bad.diagnostic(&mut files)];
            return Imported { text: None, diagnostics, files };
        }
    };
    let file = files.add(display(path), text.clone());
    let template = lw_formats::read_with_loops(file, &text, &mut diagnostics);
    let Some(template) = template.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        return Imported { text: None, diagnostics, files };
    };
    let types = library_types(std::iter::once(&template));
    let nothing = RootSource { file_name: Arc::from("import"), module: None, text: Arc::from("composition\n") };
    let project = Project::default();
    let modules = ProjectModules::new(world, &project);
    let checked = check_beside(files, &types, &[nothing], &modules);
    let rough = lw_formats::import(&template, Importing { schema: &checked.schema, name }, &mut diagnostics);
    let mut files = checked.files;
    let formatted = lw_syntax::format(files.add(Arc::from("imported.lw"), Arc::from(rough.as_str())), &rough);
    debug_assert!(formatted.text.is_some(), "{:?}\n{rough}", formatted.diagnostics);
    // What does not parse is a mistake of ours; the text shows which.
    let text = formatted.text.unwrap_or(rough);
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    Imported { text: Some(text), diagnostics, files }
}
