//! Recorded inputs: what evaluation may ask for, answered from the request, the environment and the project.

use std::path::{Path, PathBuf};

use lw_diagnostics::{Diagnostic, Span, did_you_mean};
use lw_eval::{InputText, InputValue, Inputs, Query, Recorded};
use lw_plan::Provider;

use crate::OpenInputs;
use crate::compiled::Compiled;
use crate::lock::{Answers, LockEntry};
use crate::manifest::Environment;
use crate::project::Project;
use crate::text::FILE_SIZE_MAX;
use crate::world::{ReadError, World, normalize};

/// What CloudFormation asks by itself, for the account and region of a stack.
const ASKED_BY_STACKS: &[&str] = &["aws.account", "aws.export", "aws.parameter", "aws.zones"];

/// Folders within one another, in an archive.
const FOLDER_DEPTH_MAX: usize = 64;

/// The inputs of one project's compositions.
pub struct ProjectInputs<'a> {
    pub world: &'a dyn World,
    /// What the paths of a program are relative to.
    pub root: &'a Path,
    /// `--set`; the last of a name counts.
    pub settings: &'a [(String, String)],
    pub environment: Option<&'a Environment>,
    /// Answers of the lock; nothing but compositions asks.
    pub answers: Option<Answers<'a>>,
    pub open: &'a OpenInputs,
    pub keeps_references: bool,
}

impl Inputs for ProjectInputs<'_> {
    fn env(&self, name: &str) -> Option<String> {
        self.world.variable(name)
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.world.read(&self.root.join(path), FILE_SIZE_MAX).map_err(|error| match error {
            ReadError::Missing => format!("there is no file `{path}`"),
            ReadError::WrongKind => format!("`{path}` is a folder, not a file"),
            ReadError::TooLarge => {
                format!("`{path}` is larger than the limit of {} MiB", FILE_SIZE_MAX / (1024 * 1024))
            }
            ReadError::Failed(message) => format!("`{path}` cannot be read: {message}"),
        })
    }

    fn list_files(&self, folder: &str) -> Result<Vec<String>, String> {
        let root = normalize(&self.root.join(folder));
        let (mut found, mut waiting) = (Vec::new(), vec![(PathBuf::new(), 0)]);
        while let Some((below, depth)) = waiting.pop() {
            let entries = self.world.list(&root.join(&below)).map_err(|error| match error {
                ReadError::Failed(message) => format!("`{folder}` cannot be listed: {message}"),
                _ => format!("there is no folder `{folder}`"),
            })?;
            for entry in entries {
                let path = below.join(&entry.name);
                if !entry.is_folder {
                    found.push(path.to_string_lossy().into_owned());
                } else if depth < FOLDER_DEPTH_MAX {
                    waiting.push((path, depth + 1));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn lookup(&self, name: &str, query: &Query) -> Option<Recorded> {
        self.answers.as_ref()?.find(name, query)
    }

    fn is_open(&self) -> bool {
        *self.open != OpenInputs::None
    }

    fn leaves_lookup_open(&self, _: &str) -> bool {
        // What a lock can answer is to be recorded.
        matches!(self.open, OpenInputs::Missing | OpenInputs::AllBut(_))
    }

    fn prefers_question(&self, query: &Query) -> bool {
        match self.open {
            OpenInputs::AllBut(needed) => {
                let question = query.to_string();
                ASKED_BY_STACKS.contains(&&*query.source) && !needed.contains(&question)
            }
            _ => false,
        }
    }

    fn keeps_references(&self) -> bool {
        self.keeps_references
    }

    fn leaves_open(&self, name: &str, has_default: bool) -> bool {
        match self.open {
            OpenInputs::None => false,
            OpenInputs::Missing | OpenInputs::Sampled => !has_default,
            OpenInputs::AllBut(needed) => !has_default || !needed.iter().any(|needed| needed == name),
        }
    }

    fn parameter(&self, name: &str) -> Option<InputText> {
        let text = |value: &str, source: String| InputText { value: InputValue::Text(value.to_string()), source };
        if let Some((_, value)) = self.settings.iter().rev().find(|(set, _)| set == name) {
            return Some(text(value, format!("--set {name}")));
        }
        let variable = format!("LW_PARAM_{name}");
        if let Some(value) = self.world.variable(&variable) {
            return Some(text(&value, variable));
        }
        let written = self.environment?.parameters.get(name)?;
        Some(InputText { value: InputValue::Json(written.value.clone()), source: "lw.toml".to_string() })
    }
}

/// A parameter in `lw.toml` that no composition of the project has.
pub fn unknown_parameters(environment: &Environment, project: &Project, compiled: &mut Compiled) -> Vec<Diagnostic> {
    let parameters = compiled.parameters.clone();
    let unknown = environment.parameters.iter().filter(|(name, _)| !parameters.contains(&name.as_str()));
    let Some(manifest) = project.files.ids().next() else { return Vec::new() };
    let file = compiled.files.add(project.files.name(manifest).clone(), project.files.text(manifest).clone());
    unknown
        .map(|(name, written)| {
            let span = Span::new(file, written.span.start, written.span.end);
            let diagnostic = Diagnostic::warning("LW0263", format!("no composition has a parameter `{name}`"))
                .at(span, "given to nobody");
            match did_you_mean(name, parameters.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("take it out"),
            }
        })
        .collect()
}

/// A setting that no composition has a parameter for.
pub fn unknown_settings(settings: &[(String, String)], parameters: &[&str]) -> Vec<Diagnostic> {
    let mut names: Vec<&str> = settings.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let unknown = names.into_iter().filter(|name| !parameters.contains(name));
    unknown
        .map(|name| {
            let diagnostic = Diagnostic::error("LW0261", format!("`--set {name}`: there is no parameter `{name}`"));
            match did_you_mean(name, parameters.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None if parameters.is_empty() => diagnostic.help("the composition has no parameters"),
                None => {
                    let list: Vec<String> = parameters.iter().map(|name| format!("`{name}`")).collect();
                    diagnostic.help(format!("the parameters are {}", list.join(", ")))
                }
            }
        })
        .collect()
}

impl ProjectInputs<'_> {
    /// Answers that were used, and are of another region than the one where the composition lives.
    pub fn of_elsewhere(&self, provider: Option<&Provider>, place: Span) -> Vec<Diagnostic> {
        let Some(region) = provider.and_then(|provider| provider.region.as_deref()) else { return Vec::new() };
        let used = self.answers.iter().flat_map(Answers::used);
        // A question that names its region is asked there.
        let used = used.filter(|entry| !entry.query.argument.contains_key("region"));
        let other = used.filter(|entry| entry.region.as_deref().is_some_and(|known| known != region));
        other.map(|entry| elsewhere(entry, region, place)).collect()
    }
}

fn elsewhere(entry: &LockEntry, region: &str, place: Span) -> Diagnostic {
    let (name, known) = (&entry.name, entry.region.as_deref().unwrap_or_default());
    Diagnostic::error(
        "LW0265",
        format!("the answer to the lookup `{name}` was recorded for {known}, and this is {region}"),
    )
    .at(place, format!("its provider is in {region}"))
    .note("what a cloud answers differs from region to region")
    .help("run `lw lock`")
}

/// A value that stands in for one that nobody gave.
pub fn sampled(name: &str, value: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LW0429", format!("the parameter `{name}` has no value: checked as if it were `{value}`"))
        .at(span, "the first of its values stands in")
        .note("what the program decides by it may be otherwise with another value")
        .help(format!("give it one with `--set {name}=…`, the variable `LW_PARAM_{name}`, `lw.toml`, or a default"))
}
