//! What FILE means: a composition that is compiled, a Plan, or a change set of an earlier preview.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conductor_core::{CHANGES_FORMAT, ChangesFile, DeploymentName};
use lw_compiler::{
    Compiled, Environment, FILE_SIZE_MAX, OpenInputs, Project, ReadError, Request, Work, World, compile,
    composition_at, gather,
};
use lw_diagnostics::{Diagnostic, Files};
use lw_plan::{Json, Plan, PlanText, literal};

use crate::arguments::Compiling;
use crate::commands::{Context, Exit, Failure};
use crate::{changes, store};

/// What was given, and the project around it.
pub struct Target {
    pub project: Project,
    pub environment: Option<Environment>,
    pub wanted: Wanted,
    /// What it was compiled from, for places in messages; empty for a Plan.
    pub files: Files,
}

pub enum Wanted {
    Plan(Box<Plan>),
    Changes(Box<ChangesFile>),
}

/// The one composition that `path` means, compiled; every error is a [`Failure`], warnings are said aside.
pub fn compile_one(context: &Context, path: &Path, request: &Request) -> Result<(Work, Compiled), Failure> {
    let path = composition_at(&context.world, path).map_err(|diagnostic| Failure::one(*diagnostic, Exit::Errors))?;
    let gathered = gather(&context.world, &[path], &context.working_folder);
    if !gathered.diagnostics.is_empty() {
        return Err(Failure::errors(gathered.diagnostics, Files::default()));
    }
    let work = gathered.work.into_iter().next().expect("a path that is no error is work");
    let compiled = compile(&context.world, &work, request);
    if compiled.has_errors() {
        return Err(Failure::errors(compiled.diagnostics, compiled.files));
    }
    Ok((work, compiled))
}

/// What the compiler is asked, by the options that all compiling commands share.
pub fn request(context: &Context, compiling: &Compiling) -> Request {
    Request {
        environment: compiling.env.clone(),
        settings: compiling.set.clone(),
        packs: Vec::new(),
        applying: false,
        wants_plan: false,
        open: OpenInputs::None,
        keeps_references: false,
        working_folder: context.working_folder.clone(),
        lock: None,
        show_values: false,
        cancelled: None,
    }
}

/// The Plan of a composition or of a file that holds one.
pub fn plan(context: &Context, path: &Path, compiling: &Compiling) -> Result<Target, Failure> {
    let target = read(context, path, compiling, false)?;
    match target.wanted {
        Wanted::Plan(_) => Ok(target),
        Wanted::Changes(_) => Err(Failure::one(
            Diagnostic::error("LW0573", format!("`{}` is a change set, not a Plan", path.display()))
                .help("`lw apply` takes change sets"),
            Exit::Errors,
        )),
    }
}

/// The file as what it is; `applying` makes the compiler refuse what may be looked at, but not done.
pub fn read(context: &Context, path: &Path, compiling: &Compiling, applying: bool) -> Result<Target, Failure> {
    if is_json(path) {
        return read_json(context, path, compiling);
    }
    let compiled = compile_plan(context, path, compiling, applying)?;
    let wanted = Wanted::Plan(compiled.plan.plan().into());
    let CompiledPlan { project, environment, files, .. } = compiled;
    Ok(Target { project, environment, wanted, files })
}

/// The text of the Plan of a composition or of a file that holds one: the same inputs give the same bytes.
pub fn plan_text(context: &Context, path: &Path, compiling: &Compiling) -> Result<String, Failure> {
    if !is_json(path) {
        return Ok(compile_plan(context, path, compiling, false)?.plan.text);
    }
    match plan(context, path, compiling)?.wanted {
        Wanted::Plan(plan) => Ok(plan.to_canonical()),
        Wanted::Changes(_) => unreachable!("`plan` gives no change sets"),
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

struct CompiledPlan {
    project: Project,
    environment: Option<Environment>,
    plan: PlanText,
    files: Files,
}

fn compile_plan(
    context: &Context,
    path: &Path,
    compiling: &Compiling,
    applying: bool,
) -> Result<CompiledPlan, Failure> {
    let request = Request { applying, wants_plan: true, ..request(context, compiling) };
    let (work, compiled) = compile_one(context, path, &request)?;
    let environment = compiling.env.as_ref().and_then(|name| work.project.manifest.environments.get(name).cloned());
    context.warn(&compiled.diagnostics, &compiled.files);
    let unit = compiled.units.into_iter().next().expect("one file was compiled");
    let Some(plan) = unit.plan else {
        return Err(Failure::one(
            Diagnostic::error("LW0188", format!("`{}` is a library, not a composition", path.display()))
                .note("a library declares what compositions use; by itself it asks for nothing to exist")
                .help("begin the file with the statement `composition`"),
            Exit::Errors,
        ));
    };
    Ok(CompiledPlan { project: work.project, environment, plan, files: compiled.files })
}

fn read_json(context: &Context, path: &Path, compiling: &Compiling) -> Result<Target, Failure> {
    if let Some(option) =
        [("--env", compiling.env.is_some()), ("--set", !compiling.set.is_empty())].iter().find(|(_, set)| *set)
    {
        return Err(Failure::one(
            Diagnostic::error("LW0574", format!("`{}` has no use for `{}`", path.display(), option.0))
                .note("a Plan and a change set are already compiled")
                .help("compile the composition with that setting"),
            Exit::Usage,
        ));
    }
    let text = read_text(context, path)?;
    let refuse = |code, message: String| Err(Failure::one(Diagnostic::error(code, message), Exit::Errors));
    let name = path.display();
    let wanted = match serde_json::from_str::<Format>(&text) {
        Ok(Format { format: Some(format) }) if format.starts_with("linework.changes/") => {
            if format != CHANGES_FORMAT {
                return refuse(
                    "LW0575",
                    format!("`{name}` has the format `{format}`, and this version reads `{CHANGES_FORMAT}`"),
                );
            }
            match serde_json::from_str::<ChangesFile>(&text) {
                Ok(changes) => Wanted::Changes(changes.into()),
                Err(error) => return refuse("LW0573", format!("`{name}` is not a change set: {error}")),
            }
        }
        Ok(_) => match Plan::decode(&text) {
            Ok(plan) => Wanted::Plan(plan.into()),
            Err(error) => return refuse(error.code(), format!("`{name}`: {error}")),
        },
        Err(error) => return refuse("LW0573", format!("`{name}` is neither a Plan nor a change set: {error}")),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let project = Project::around(&context.world, folder, &context.working_folder);
    let environment = match &wanted {
        Wanted::Plan(plan) => plan.meaning.environment.clone(),
        Wanted::Changes(changes) => changes.plan.as_ref().and_then(|plan| plan.meaning.environment.clone()),
    };
    let environment = environment.and_then(|name| project.manifest.environments.get(&name).cloned());
    Ok(Target { project, environment, wanted, files: Files::default() })
}

#[derive(serde::Deserialize)]
struct Format {
    #[serde(default, deserialize_with = "text_or_nothing")]
    format: Option<String>,
}

fn text_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = <Json as serde::Deserialize>::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_string))
}

fn read_text(context: &Context, path: &Path) -> Result<String, Failure> {
    let refuse = |code, message: String| Failure::one(Diagnostic::error(code, message), Exit::Errors);
    let name = path.display();
    // A Plan of a million resources is far larger than any source file.
    let bytes = context.world.read(path, FILE_SIZE_MAX * 64).map_err(|error| match error {
        ReadError::Missing => refuse("LW0180", format!("there is no file `{name}`")),
        ReadError::WrongKind => refuse("LW0184", format!("`{name}` cannot be read: it is a folder, not a file")),
        ReadError::TooLarge => refuse("LW0183", format!("`{name}` is larger than the limit of 4 GiB")),
        ReadError::Failed(message) => refuse("LW0184", format!("`{name}` cannot be read: {message}")),
    })?;
    String::from_utf8(bytes).map_err(|_| refuse("LW0181", format!("`{name}` is not UTF-8")))
}

impl Target {
    /// `--sim`, or what the environment names as its provider.
    pub fn is_simulated(&self, asked: bool) -> bool {
        let provider = self.environment.as_ref().and_then(|environment| environment.provider.as_ref());
        asked || provider.is_some_and(|provider| provider.cloud == "sim")
    }

    /// `--name`, or the composition's name and its environment's.
    pub fn deployment(&self, name: Option<&str>) -> Result<DeploymentName, Failure> {
        let default = match &self.wanted {
            Wanted::Changes(changes) => return self.same_deployment(changes, name),
            Wanted::Plan(plan) => match &plan.meaning.environment {
                Some(environment) => format!("{}@{environment}", plan.meaning.composition),
                None => plan.meaning.composition.clone(),
            },
        };
        deployment_name(name.unwrap_or(&default))
    }

    fn same_deployment(&self, changes: &ChangesFile, name: Option<&str>) -> Result<DeploymentName, Failure> {
        let deployment = &changes.changes.deployment;
        match name.map(deployment_name).transpose()? {
            Some(name) if name != *deployment => Err(Failure::one(
                Diagnostic::error("LW0574", format!("this change set is one of `{deployment}`, not of `{name}`"))
                    .help("leave `--name` out"),
                Exit::Usage,
            )),
            _ => Ok(deployment.clone()),
        }
    }
}

/// A deployment's name as a command line gives it.
pub fn deployment_name(text: &str) -> Result<DeploymentName, Failure> {
    DeploymentName::parse(text).map_err(|_| {
        Failure::one(
            Diagnostic::error("LW0576", format!("`{text}` cannot be a deployment's name"))
                .note("letters, digits, `-`, `_` and `.`, and at most one `@` before the environment")
                .help("give one with `--name`"),
            Exit::Usage,
        )
    })
}

/// Where a command writes its result.
pub fn write_or_say(context: &Context, output: Option<&PathBuf>, text: &str) -> Result<(), Failure> {
    let Some(path) = output else {
        context.voice.say(text);
        return Ok(());
    };
    write_file(path, text)
}

/// Writes a file whole or not at all.
pub fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let temporary = path.with_file_name(format!(
        ".{}.{}.tmp",
        path.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    let special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let written = if special {
        std::fs::write(path, text)
    } else {
        std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path))
    };
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        Failure::one(
            Diagnostic::error("LW0577", format!("`{}` cannot be written: {text}", path.display())),
            Exit::Runtime,
        )
    })
}

/// Says where a Plan was compiled with an output of another deployment that is another by now.
pub fn warn_of_moved_outputs(context: &Context, target: &Target) -> Result<(), Failure> {
    let plan = match &target.wanted {
        Wanted::Plan(plan) => Some(&**plan),
        Wanted::Changes(changes) => changes.plan.as_ref(),
    };
    let inputs = plan.into_iter().flat_map(|plan| &plan.meaning.inputs);
    let mut known: BTreeMap<&str, BTreeMap<String, Json>> = BTreeMap::new();
    let mut moved = Vec::new();
    for (key, recorded) in inputs {
        let Some((deployment, output)) = key.strip_prefix("output ").and_then(|key| key.rsplit_once('.')) else {
            continue;
        };
        if !known.contains_key(deployment) {
            let environment = deployment.split_once('@');
            let environment = environment.and_then(|(_, name)| target.project.manifest.environments.get(name));
            let engine = store::engine(context, &target.project, environment)?;
            // A store that is elsewhere says nothing.
            known.insert(deployment, engine.output(&deployment_name(deployment)?).unwrap_or_default());
        }
        let Some(now) = known[deployment].get(output).filter(|now| literal((*now).clone()) != *recorded) else {
            continue;
        };
        let (now, then) = (changes::value(now), changes::value(recorded));
        moved.push(
            Diagnostic::warning("LW0266", format!("the output `{output}` of `{deployment}` is {now} by now"))
                .note(format!("this was compiled with {then}, as `lw.lock` has it"))
                .help("run `lw lock`"),
        );
    }
    context.warn(&moved, &target.files);
    Ok(())
}
