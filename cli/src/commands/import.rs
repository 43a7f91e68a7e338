//! `lw import cloudformation TEMPLATE`: source text for what a template says.

use std::path::{Path, PathBuf};

use lw_compiler::import_template;
use lw_compiler::json::DiagnosticJson;
use lw_diagnostics::Diagnostic;
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::{Import, ImportTemplate, Importing};
use crate::target::write_file;

#[derive(Serialize)]
struct Document {
    /// Where the program was written; `null` without `-o`.
    file: Option<String>,
    /// The program; `null` where it was written to a file.
    text: Option<String>,
    diagnostics: Vec<DiagnosticJson>,
}

pub fn run(context: &Context, arguments: &Import) -> Result<Exit, Failure> {
    match &arguments.what {
        Importing::Cloudformation(arguments) => template(context, arguments),
    }
}

fn template(context: &Context, arguments: &ImportTemplate) -> Result<Exit, Failure> {
    let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // The name of a stack has letters, digits and hyphens.
    let name: String = stem.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
    let imported = import_template(&context.world, &arguments.file, name.trim_matches('-'));
    let Some(text) = imported.text else { return Err(Failure::errors(imported.diagnostics, imported.files)) };
    let output = arguments.output.as_ref().map(|output| place(output, &stem));
    if let Some(output) = &output {
        if let Some(folder) = output.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                let problem = format!("`{}` cannot be made: {error}", folder.display());
                Failure::one(Diagnostic::error("LW0577", problem), Exit::Runtime)
            })?;
        }
        write_file(output, &text)?;
    }
    let failed = imported.diagnostics.iter().any(Diagnostic::is_error);
    if context.voice.json {
        let diagnostics =
            imported.diagnostics.iter().map(|diagnostic| DiagnosticJson::of(diagnostic, &imported.files)).collect();
        let file = output.as_ref().map(|output| output.display().to_string());
        context.voice.document(&Document { text: file.is_none().then_some(text), file, diagnostics });
    } else {
        if !context.voice.quiet || failed {
            context.voice.diagnostics(&imported.diagnostics, &imported.files);
        }
        match &output {
            None => context.voice.say(&text),
            Some(output) => context.voice.say(&format!("{}\n", output.display())),
        }
    }
    Ok(if failed { Exit::Errors } else { Exit::Fine })
}

/// The file that is meant: one of that name, or one named as the template is in that folder.
fn place(output: &Path, stem: &str) -> PathBuf {
    let is_file = output.extension().is_some_and(|extension| extension == "lw") && !output.is_dir();
    if is_file { output.to_path_buf() } else { output.join(format!("{stem}.lw")) }
}
