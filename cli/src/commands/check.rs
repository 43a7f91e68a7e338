//! `lw check [PATH…]`: finds what is wrong, before anything is touched.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use lw_compiler::json::DiagnosticJson;
use lw_compiler::{
    Compiled, FILE_SIZE_MAX, OpenInputs, PolicyReport, Request, STANDARD_INPUT, Unit, UnmappedReport, UnreadReport,
    World, compile, gather_with_likely_templates, gather_with_templates,
};
use lw_diagnostics::{Diagnostic, Edit, Files, RenderOptions, render};
use serde::{Deserialize, Serialize};

use super::{Context, Exit, Failure};
use crate::arguments::{Check, ReportFormat};
use crate::disk::Disk;
use crate::formats::{github, junit, markdown, sarif};
use crate::output::{Style, count, paint};
use crate::piped::Piped;
use crate::target::{request, write_file};

/// Edits may uncover more to edit; it ends at the latest after so many rounds.
const FIX_ROUNDS_MAX: usize = 64;

pub fn run(context: &Context, arguments: &Check) -> Result<Exit, Failure> {
    let world = Piped::new(Disk, arguments.paths.iter().map(PathBuf::as_path));
    let mut findings = find(context, &world, arguments);
    if arguments.fix {
        let mut satisfied = HashSet::new();
        for _ in 0..FIX_ROUNDS_MAX {
            if fix(&findings, &mut satisfied)? == 0 {
                break;
            }
            findings = find(context, &world, arguments);
        }
    }
    if let Some(path) = &arguments.baseline {
        let known = read_baseline(context, path)?;
        findings.without(known);
    }
    report(context, arguments, &findings);
    let undecided = findings.policies().iter().any(|policy| policy.verdict == "UNDECIDED");
    let warnings = findings.all().any(|(diagnostic, _)| !diagnostic.is_error());
    let failed = findings.all().any(|(diagnostic, _)| diagnostic.is_error());
    Ok(if failed || (arguments.strict && (warnings || undecided)) { Exit::Errors } else { Exit::Fine })
}

/// What was found, by project.
struct Findings {
    /// About paths that lead nowhere.
    loose: Vec<Diagnostic>,
    compiled: Vec<Compiled>,
    no_files: Files,
}

fn find(context: &Context, world: &dyn World, arguments: &Check) -> Findings {
    let gather = if arguments.pass_over { gather_with_likely_templates } else { gather_with_templates };
    let gathered = gather(world, &arguments.paths, &context.working_folder);
    let mut request = Request { open: OpenInputs::Sampled, ..request(context, &arguments.compiling) };
    request.packs = arguments.policies.clone();
    Findings {
        loose: gathered.diagnostics,
        compiled: gathered.work.iter().map(|work| compile(world, work, &request)).collect(),
        no_files: Files::default(),
    }
}

impl Findings {
    fn all(&self) -> impl Iterator<Item = (&Diagnostic, &Files)> {
        let loose = self.loose.iter().map(|diagnostic| (diagnostic, &self.no_files));
        let placed =
            self.compiled.iter().flat_map(|compiled| compiled.diagnostics.iter().map(|found| (found, &compiled.files)));
        loose.chain(placed)
    }

    fn json(&self) -> Vec<DiagnosticJson> {
        self.all().map(|(diagnostic, files)| DiagnosticJson::of(diagnostic, files)).collect()
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        self.compiled.iter().flat_map(|compiled| &compiled.units)
    }

    /// Every policy in force, its verdict over all files.
    fn policies(&self) -> Vec<PolicyReport> {
        PolicyReport::merge(self.compiled.iter().flat_map(|compiled| compiled.policies.iter().cloned()))
    }

    fn summary(&self) -> Summary {
        let errors = self.all().filter(|(diagnostic, _)| diagnostic.is_error()).count();
        Summary {
            files: self.compiled.iter().map(|compiled| compiled.units.len()).sum(),
            resources: self.compiled.iter().map(Compiled::resource_count).sum(),
            errors,
            warnings: self.all().count() - errors,
        }
    }

    /// Takes away what is known, each as often as it is known.
    fn without(&mut self, mut known: HashMap<BaselineKey, usize>) {
        let mut is_new = |diagnostic: &Diagnostic, files: &Files| {
            let json = DiagnosticJson::of(diagnostic, files);
            match known.get_mut(&BaselineKey {
                code: json.code,
                file: json.file,
                message: json.message,
                path: json.path,
            }) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    false
                }
                _ => true,
            }
        };
        let no_files = Files::default();
        self.loose.retain(|diagnostic| is_new(diagnostic, &no_files));
        for compiled in &mut self.compiled {
            let Compiled { diagnostics, files, .. } = compiled;
            diagnostics.retain(|diagnostic| is_new(diagnostic, files));
        }
    }
}

#[derive(Serialize)]
struct Document {
    diagnostics: Vec<DiagnosticJson>,
    policies: Vec<PolicyReport>,
    unmapped: Vec<UnmappedReport>,
    unread: Vec<UnreadReport>,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    resources: usize,
    errors: usize,
    warnings: usize,
}

impl Summary {
    /// `3 files, 20 resources`
    fn checked(&self) -> String {
        format!("{}, {}", count(self.files, "file"), count(self.resources, "resource"))
    }
}

fn report(context: &Context, arguments: &Check, findings: &Findings) {
    let voice = context.voice;
    let format =
        if voice.json && arguments.format == ReportFormat::Human { ReportFormat::Json } else { arguments.format };
    match format {
        ReportFormat::Human => voice.say(&describe(findings, voice.color_out)),
        ReportFormat::Json => voice.document(&Document {
            diagnostics: findings.json(),
            policies: findings.policies(),
            unmapped: findings.units().flat_map(|unit| unit.unmapped.iter().cloned()).collect(),
            unread: findings.units().flat_map(|unit| unit.unread.iter().cloned()).collect(),
            summary: findings.summary(),
        }),
        ReportFormat::Sarif => voice.document(&sarif::report(findings.all(), &findings.policies())),
        ReportFormat::Junit => {
            let files: Vec<String> = findings.units().map(|unit| unit.file_name.to_string()).collect();
            voice.say(&junit::report(&files, &findings.json(), &findings.policies()));
        }
        ReportFormat::Github => voice.say(&github::report(&findings.json())),
        ReportFormat::Markdown => {
            voice.say(&markdown::report(&findings.json(), &findings.policies(), &findings.summary().checked()));
        }
    }
}

fn describe(findings: &Findings, color: bool) -> String {
    let options = RenderOptions { color };
    let mut out = render(&findings.loose, &findings.no_files, options);
    for compiled in &findings.compiled {
        out.push_str(&render(&compiled.diagnostics, &compiled.files, options));
    }
    let policies = findings.policies();
    if !policies.is_empty() {
        let verdicts = ["FAIL", "UNDECIDED", "PASS", "SKIP"]
            .map(|verdict| (verdict, policies.iter().filter(|policy| policy.verdict == verdict).count()));
        let parts: Vec<String> = verdicts
            .iter()
            .filter(|(_, number)| *number > 0)
            .map(|(verdict, number)| format!("{number} {verdict}"))
            .collect();
        out.push_str(&format!("policies: {}\n", parts.join(", ")));
    }
    let summary = findings.summary();
    let checked = summary.checked();
    let line = match (summary.errors, summary.warnings) {
        (0, 0) => paint(color, Style::Green, &format!("{checked}: all fine")),
        (0, warnings) => paint(color, Style::Yellow, &format!("{checked}: {}", count(warnings, "warning"))),
        (errors, 0) => paint(color, Style::Red, &format!("{checked}: {}", count(errors, "error"))),
        (errors, warnings) => {
            let text = format!("{checked}: {}, {}", count(errors, "error"), count(warnings, "warning"));
            paint(color, Style::Red, &text)
        }
    };
    out.push_str(&line);
    out.push('\n');
    out
}

/// What a policy wants to be written at a resource: of policies that contradict each other each gets it once.
type Wish = (String, Option<String>, Vec<String>);

/// Applies the edits of all findings, where they do not overlap; how many there were.
fn fix(findings: &Findings, satisfied: &mut HashSet<Wish>) -> Result<usize, Failure> {
    let mut applied = 0;
    for compiled in &findings.compiled {
        let mut by_file: BTreeMap<_, Vec<&Edit>> = BTreeMap::new();
        for diagnostic in &compiled.diagnostics {
            if wish(diagnostic).is_some_and(|wish| satisfied.contains(&wish)) {
                continue;
            }
            for edit in &diagnostic.edits {
                by_file.entry(edit.span.file).or_default().push(edit);
            }
        }
        for (file, mut edits) in by_file {
            let path = Path::new(&**compiled.files.name(file));
            // The library's files are not on the disk, and what is piped in is nobody's to write.
            if !path.exists() || path.as_os_str() == STANDARD_INPUT {
                continue;
            }
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
            edits.dedup();
            let (text, made) = edited(compiled.files.text(file), &edits);
            if !made.is_empty() {
                write_file(path, &text)?;
            }
            applied += made.len();
            let is_made = |diagnostic: &&Diagnostic| diagnostic.edits.iter().all(|edit| made.contains(&edit));
            satisfied.extend(compiled.diagnostics.iter().filter(is_made).filter_map(wish));
        }
    }
    Ok(applied)
}

fn wish(diagnostic: &Diagnostic) -> Option<Wish> {
    let policy = diagnostic.policy.clone().filter(|_| !diagnostic.edits.is_empty())?;
    Some((policy, diagnostic.path.clone(), diagnostic.edits.iter().map(|edit| edit.text.clone()).collect()))
}

/// The text with the edits made, from the first on, and which these are; one that overlaps an earlier one, or adds something at the
/// same place, is left for the next round.
fn edited<'e>(text: &str, edits: &[&'e Edit]) -> (String, Vec<&'e Edit>) {
    let (mut out, mut at, mut made) = (String::with_capacity(text.len()), 0, Vec::<&Edit>::new());
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let is_taken = made.last().is_some_and(|earlier| earlier.span == edit.span);
        let Some(between) = text.get(at..start).filter(|_| !is_taken && text.get(start..end).is_some()) else {
            continue;
        };
        out.push_str(between);
        out.push_str(&edit.text);
        at = end;
        made.push(edit);
    }
    out.push_str(&text[at..]);
    (out, made)
}

/// What makes a finding the same one, although lines have moved.
#[derive(PartialEq, Eq, Hash, Deserialize)]
struct BaselineKey {
    code: String,
    file: Option<String>,
    message: String,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Baseline {
    diagnostics: Vec<BaselineKey>,
}

fn read_baseline(context: &Context, path: &Path) -> Result<HashMap<BaselineKey, usize>, Failure> {
    let refuse = |reason: String| {
        let diagnostic =
            Diagnostic::error("LW0579", format!("the baseline `{}` cannot be read: {reason}", path.display()));
        Failure::one(diagnostic.help("`lw check --json` writes one"), Exit::Usage)
    };
    let bytes = context.world.read(path, FILE_SIZE_MAX).map_err(|error| refuse(format!("{error:?}").to_lowercase()))?;
    let baseline: Baseline = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
    let mut known = HashMap::new();
    for key in baseline.diagnostics {
        *known.entry(key).or_insert(0) += 1;
    }
    Ok(known)
}
