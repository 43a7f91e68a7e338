//! `lw init [DIR]`: a project that checks clean, with a test, CI and editor settings.

use std::fs;
use std::path::Path;

use lw_diagnostics::Diagnostic;
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Init;
use crate::target::write_file;

const FILES: &[(&str, &str)] = &[
    ("lw.toml", include_str!("../../templates/lw.toml")),
    ("main.lw", include_str!("../../templates/main.lw")),
    ("Naming.lw", include_str!("../../templates/Naming.lw")),
    ("tests.lw", include_str!("../../templates/tests.lw")),
    (".gitignore", include_str!("../../templates/gitignore")),
    (".editorconfig", include_str!("../../templates/editorconfig")),
    (".vscode/settings.json", include_str!("../../templates/settings.json")),
    (".vscode/extensions.json", include_str!("../../templates/extensions.json")),
    (".helix/languages.toml", include_str!("../../templates/languages.toml")),
    (".github/workflows/linework.yml", include_str!("../../templates/workflow.yml")),
];

#[derive(Serialize)]
struct Document {
    folder: String,
    written: Vec<&'static str>,
    kept: Vec<&'static str>,
}

pub fn run(context: &Context, arguments: &Init) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    if folder.join("lw.toml").exists() {
        let diagnostic = Diagnostic::error("LW0262", format!("`{}` is a project already", folder.display()))
            .help("its `lw.toml` is left as it is; choose another folder");
        return Err(Failure::one(diagnostic, Exit::Errors));
    }
    let name = project_name(&context.working_folder.join(folder));
    let (mut written, mut kept) = (Vec::new(), Vec::new());
    for (file, template) in FILES {
        let path = folder.join(file);
        if path.exists() {
            kept.push(*file);
            continue;
        }
        make_folder(path.parent().unwrap_or(Path::new("")))?;
        write_file(&path, &template.replace("{name}", &name).replace("{repository}", env!("CARGO_PKG_REPOSITORY")))?;
        written.push(*file);
    }
    let document = Document { folder: folder.display().to_string(), written, kept };
    if context.voice.json {
        context.voice.document(&document);
        return Ok(Exit::Fine);
    }
    let lines: Vec<String> = document.written.iter().map(|file| format!("  {file}\n")).collect();
    context.voice.say(&format!("wrote\n{}", lines.concat()));
    if !document.kept.is_empty() {
        context.voice.say(&format!("left as they were: {}\n", document.kept.join(", ")));
    }
    context.voice.note("next: `lw check`, `lw test`, `lw apply --sim`");
    Ok(Exit::Fine)
}

/// The folder's name, as far as it can stand between quotation marks.
fn project_name(folder: &Path) -> String {
    let name = lw_compiler::normalize(folder).file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.chars().filter(|character| !character.is_control() && !matches!(character, '"' | '\\')).collect()
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).map_err(|error| {
        let diagnostic = Diagnostic::error("LW0577", format!("`{}` cannot be made: {error}", folder.display()));
        Failure::one(diagnostic, Exit::Runtime)
    })
}
