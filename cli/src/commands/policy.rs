//! `lw policy list`, `lw policy show ID`: which policies there are, and what one of them means.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lw_compiler::{PolicyPage, Project, compile, gather_with_templates, policy_pages};
use lw_diagnostics::{Diagnostic, Files, did_you_mean};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::{Policy, PolicyCommand, PolicyList};
use crate::output::count;
use crate::target::request;

pub fn run(context: &Context, arguments: &Policy) -> Result<Exit, Failure> {
    let project = Project::around(&context.world, Path::new(""), &context.working_folder);
    let pages = policy_pages(&context.world, &project);
    match &arguments.command {
        PolicyCommand::List(list) => self::list(context, list, pages),
        PolicyCommand::Show { id } => show(context, id, &pages),
    }
}

#[derive(Serialize)]
struct ListDocument {
    policies: Vec<Summary>,
}

/// A policy without its text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    id: String,
    title: Option<String>,
    severity: Option<String>,
    pack: String,
    packs: Vec<String>,
    cloud: bool,
    controls: Vec<String>,
    source: Option<String>,
    applies_to: Vec<String>,
}

fn list(context: &Context, arguments: &PolicyList, mut pages: Vec<PolicyPage>) -> Result<Exit, Failure> {
    if !arguments.paths.is_empty() || !arguments.policies.is_empty() {
        let in_force = in_force(context, arguments)?;
        pages.retain(|page| in_force.contains(&page.id));
    }
    if context.voice.json {
        let policies = pages.into_iter().map(Summary::of).collect();
        context.voice.document(&ListDocument { policies });
        return Ok(Exit::Fine);
    }
    let width = |of: fn(&PolicyPage) -> &str| pages.iter().map(|page| of(page).len()).max().unwrap_or(0);
    let (ids, packs) = (width(|page| &page.id), width(|page| &page.pack));
    let mut out = String::new();
    for page in &pages {
        let severity = page.severity.as_deref().unwrap_or("-");
        let title = page.title.as_deref().unwrap_or("");
        let line = format!("{:ids$}  {severity:8}  {:packs$}  {title}", page.id, page.pack);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str(&format!("{}; `lw policy show ID` has all of one\n", count(pages.len(), "policy")));
    context.voice.say(&out);
    Ok(Exit::Fine)
}

/// The ids of what `lw check` would ask of these files.
fn in_force(context: &Context, arguments: &PolicyList) -> Result<BTreeSet<String>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths[..] };
    let gathered = gather_with_templates(&context.world, paths, &context.working_folder);
    if !gathered.diagnostics.is_empty() {
        return Err(Failure::errors(gathered.diagnostics, Files::default()));
    }
    let mut request = request(context, &arguments.compiling);
    request.packs = arguments.policies.clone();
    let mut found = BTreeSet::new();
    for work in &gathered.work {
        let compiled = compile(&context.world, work, &request);
        if !compiled.evaluated {
            return Err(Failure::errors(compiled.diagnostics, compiled.files));
        }
        found.extend(compiled.in_force);
    }
    Ok(found)
}

#[derive(Serialize)]
struct ShowDocument<'p> {
    #[serde(flatten)]
    page: &'p PolicyPage,
    waiver: Waiver,
}

/// How an exception is written.
#[derive(Serialize)]
struct Waiver {
    lw: String,
    template: String,
}

fn show(context: &Context, id: &str, pages: &[PolicyPage]) -> Result<Exit, Failure> {
    let Some(page) = pages.iter().find(|page| page.id == id) else {
        return Err(Failure::one(unknown_policy(id, pages), Exit::Errors));
    };
    let waiver = Waiver {
        lw: format!("@waive {{policy: \"{id}\", reason: \"why\", until: \"2027-12-31\"}}"),
        template: format!("Metadata: {{linework: {{waive: [{{policy: {id}, reason: why, until: '2027-12-31'}}]}}}}"),
    };
    if context.voice.json {
        context.voice.document(&ShowDocument { page, waiver });
    } else {
        context.voice.say(&text(page, &waiver));
    }
    Ok(Exit::Fine)
}

fn text(page: &PolicyPage, waiver: &Waiver) -> String {
    let mut out = format!("{}\n", page.id);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("{name:12}{value}\n"));
        }
    };
    line("title", page.title.as_deref().unwrap_or(""));
    line("severity", page.severity.as_deref().unwrap_or(""));
    line("remedy", page.remediation.as_deref().unwrap_or(""));
    line("source", page.source.as_deref().unwrap_or(""));
    line("pack", &page.pack);
    let others: Vec<&str> = page.packs.iter().map(String::as_str).filter(|pack| *pack != page.pack).collect();
    line("also in", &others.join(", "));
    if page.cloud {
        line("in force", "wherever types of the service are used");
    }
    line("applies to", &page.applies_to.join(", "));
    line("controls", &page.controls.join(", "));
    line("waived by", &waiver.lw);
    line("", &format!("{} in a template", waiver.template));
    for declaration in &page.declarations {
        out.push_str(&format!("\n{}:{}\n\n{}", declaration.file, declaration.line, declaration.text));
    }
    out
}

fn unknown_policy(id: &str, pages: &[PolicyPage]) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0303", format!("there is no policy `{id}`"));
    match did_you_mean(id, pages.iter().map(|page| page.id.as_str())) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => {
            let note = format!("the library and this project have {}", count(pages.len(), "policy"));
            diagnostic.note(note).help("`lw policy list` names them")
        }
    }
}

impl Summary {
    fn of(page: PolicyPage) -> Summary {
        let PolicyPage { id, title, severity, pack, packs, cloud, controls, source, applies_to, .. } = page;
        Summary { id, title, severity, pack, packs, cloud, controls, source, applies_to }
    }
}
