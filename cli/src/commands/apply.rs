//! `lw apply FILE|PLAN|CHANGES`: makes it so.

use conductor::{Applied, Engine, Previewed, Problems, Progress, Remote, Request, StepResult, Wanted as Asked};
use conductor_core::{ApplyReport, Kept};
use lw_compiler::World;
use lw_diagnostics::{Diagnostic, Files};
use lw_plan::ResourcePath;
use serde::Serialize;

use super::{Context, Exit, Failure, preview};
use crate::arguments::{Allowing, Apply, Deletions};
use crate::changes::{self, Tense, describe_kept, sentence, value};
use crate::output::{Style, paint};
use crate::progress::Reporter;
use crate::target::Wanted;
use crate::{store, target};

pub fn run(context: &Context, arguments: &Apply) -> Result<Exit, Failure> {
    require_consent(context, arguments.yes)?;
    let target = target::read(context, &arguments.file, &arguments.compiling, true)?;
    let deployment = target.deployment(arguments.name.as_deref())?;
    target::warn_of_moved_outputs(context, &target)?;
    let engine = store::engine(context, &target.project, target.environment.as_ref())?;
    let simulated = target.is_simulated(arguments.sim);
    let asked = match target.wanted {
        Wanted::Plan(plan) => Asked::Plan(plan),
        Wanted::Changes(changes) => Asked::Changes(changes),
    };
    let request = Request::new(deployment, asked).simulated(simulated);
    let request = arguments.allowing.of(request);
    match &arguments.to {
        Some(url) => execute(context, &remote(context, url, &engine)?, request, arguments.yes, &target.files),
        None => execute(context, &engine, request, arguments.yes, &target.files),
    }
}

/// The Conductor at an address. On the host where it runs, who owns its store needs no other token.
fn remote(context: &Context, url: &str, engine: &Engine) -> Result<Remote, Failure> {
    let given = context.world.variable("LINEWORK_TOKEN").filter(|token| !token.is_empty());
    let own = || std::fs::read_to_string(conductor::own_token_path(engine.store())).ok();
    let token = given.or_else(own).ok_or_else(|| {
        let diagnostic = Diagnostic::error("LW0597", format!("`{url}` asks for a token, and there is none"))
            .help("set LINEWORK_TOKEN to a token that `lw conduct --new-token NAME:ROLE` made there");
        Failure::one(diagnostic, Exit::Usage)
    })?;
    Ok(Remote::new(url, &token))
}

/// Whoever does it: this process (or the owner of its store), or a Conductor elsewhere.
pub trait Doer {
    fn preview(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Previewed, Problems>;
    fn apply(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems>;
}

impl Doer for Engine {
    fn preview(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Previewed, Problems> {
        Engine::preview(self, request, progress)
    }

    fn apply(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems> {
        Engine::apply(self, request, progress)
    }
}

impl Doer for Remote {
    fn preview(&self, request: Request, _: &mut dyn FnMut(Progress)) -> Result<Previewed, Problems> {
        Remote::preview(self, &request)
    }

    fn apply(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems> {
        Remote::apply(self, &request, progress)
    }
}

/// Without `--yes` somebody must be there to be asked.
pub fn require_consent(context: &Context, yes: bool) -> Result<(), Failure> {
    if yes || (context.voice.interactive && !context.voice.json) {
        return Ok(());
    }
    let diagnostic = Diagnostic::error("LW0578", "nothing was done: nobody is there to be asked")
        .note("standard input or standard error is not a terminal")
        .help("`--yes` goes on without asking; `lw preview` shows what would be done");
    Err(Failure::one(diagnostic, Exit::Usage))
}

/// Shows and asks where that is wanted, executes, and says how it ended.
pub fn execute(
    context: &Context,
    engine: &impl Doer,
    mut request: Request,
    yes: bool,
    files: &Files,
) -> Result<Exit, Failure> {
    if !yes {
        let mut reporter = Reporter::new(context.voice);
        let previewed = engine.preview(request.clone(), &mut |progress| reporter.report(progress));
        reporter.finish();
        let previewed = previewed.map_err(|problems| Failure::of(&problems, files.clone()))?;
        preview::show(context, &previewed, files);
        if !previewed.refusals.is_empty() {
            return Ok(Exit::Errors);
        }
        if !previewed.changes.changes.is_empty() && !context.voice.ask("\nGo on?") {
            context.voice.note("nothing was done");
            return Ok(Exit::Errors);
        }
        // What was shown is what is done: it is refused if anything has moved on meanwhile.
        request.wanted = Asked::Changes(previewed.changes.into());
    }
    let mut reporter = Reporter::new(context.voice);
    let applied = engine.apply(request, &mut |progress| reporter.report(progress));
    reporter.finish();
    let applied = applied.map_err(|problems| Failure::of(&problems, files.clone()))?;
    show(context, &applied);
    Ok(match (applied.success, applied.kept.is_empty()) {
        (false, _) => Exit::Runtime,
        (true, false) => Exit::Errors,
        (true, true) => Exit::Fine,
    })
}

/// What `--json` prints; `kept` only where a destroy leaves something, `stopped` only where it was stopped.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a ApplyReport,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    kept: &'a [Kept],
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'a str>,
}

fn show(context: &Context, applied: &Applied) {
    let voice = context.voice;
    if voice.json {
        let Applied { report, kept, stopped, .. } = applied;
        voice.document(&Document { report, kept, stopped: stopped.as_deref() });
        return;
    }
    let mut out = String::new();
    let unfinished: Vec<_> = applied.report.steps.iter().filter(|step| step.result != StepResult::Done).collect();
    if applied.success {
        let line = format!("{}: {}", applied.report.deployment, sentence(&applied.report.summary, Tense::Past));
        out.push_str(&format!("{}\n", paint(voice.color_out, Style::Green, &line)));
    } else {
        let total = applied.report.steps.len();
        let line = format!("{}: {} of {total} steps not done", applied.report.deployment, unfinished.len());
        out.push_str(&format!("{}\n", paint(voice.color_out, Style::Red, &line)));
        for step in unfinished {
            let result = match step.result {
                StepResult::Failed => "failed",
                StepResult::Skipped => "skipped",
                _ => "unknown",
            };
            let message = step.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            let place = match (&step.step.file, step.step.line) {
                (Some(file), Some(line)) => format!("  {file}:{line}"),
                _ => String::new(),
            };
            out.push_str(&format!("  {result} {} ({}){message}{place}\n", step.step.path, step.step.wire_type));
        }
        if let Some(reason) = &applied.stopped {
            out.push_str(&format!("stopped: {reason}; applying it again goes on from here\n"));
        }
    }
    if !applied.kept.is_empty() {
        out.push_str(&describe_kept(&applied.kept, voice.color_out));
    }
    if !applied.report.outputs.is_empty() {
        out.push_str(&format!("\n{}\n", paint(voice.color_out, Style::Bold, "Outputs")));
        for (name, output) in &applied.report.outputs {
            out.push_str(&format!("  {name}: {}\n", value(output)));
        }
    }
    voice.say(&out);
    if voice.verbose {
        voice.note(&format!(
            "change set {}, {}",
            applied.report.changes,
            changes::resources(applied.report.steps.len())
        ));
    }
}

impl Allowing {
    /// A request that is allowed this.
    pub fn of(&self, request: Request) -> Request {
        request
            .allow_delete(allowance(self.allow_delete))
            .allow_replace(self.allow_replace.iter().map(ResourcePath::from_text))
    }
}

pub fn allowance(deletions: Option<Deletions>) -> conductor::Allowance {
    match deletions {
        None => conductor::Allowance::None,
        Some(Deletions::Count(count)) => conductor::Allowance::Count(count),
        Some(Deletions::All) => conductor::Allowance::All,
    }
}
