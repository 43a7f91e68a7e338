//! `lw lock [PATH…]`: asks clouds what lookups want to know and stores what other deployments give out, and records it in `lw.lock`.

use std::collections::BTreeSet;
use std::sync::Arc;

use conductor::{Asking, Question};
use lw_compiler::lock::{FILE_NAME, LockReader, composition};
use lw_compiler::{
    Compiled, Environment, FILE_SIZE_MAX, Lock, LockEntry, LockOutput, MissingLookup, OUTPUT_SOURCE, Project, Query,
    Unit, Work, World, compile, gather,
};
use lw_diagnostics::{Diagnostic, Files};
use lw_plan::{Json, Provider};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Lock as Arguments;
use crate::output::{Style, count, paint};
use crate::target::{deployment_name, request, write_file};
use crate::{changes, store};

/// The answer to one question may be what another asks about; it ends at the latest after so many rounds.
const ROUNDS_MAX: usize = 16;

#[derive(Serialize)]
struct Document {
    inputs: Vec<Input>,
    /// Files that were, or with `--check` would be, written.
    changed: Vec<String>,
}

/// One answer, and what it was before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    lock: String,
    composition: String,
    environment: Option<String>,
    name: String,
    source: String,
    question: Json,
    /// `null` where it is gone, or where there is nothing.
    answer: Json,
    before: Json,
    change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Change {
    New,
    Changed,
    Same,
    Gone,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let gathered = gather(&context.world, &arguments.paths, &context.working_folder);
    if !gathered.diagnostics.is_empty() {
        return Err(Failure::errors(gathered.diagnostics, Files::default()));
    }
    let mut document = Document { inputs: Vec::new(), changed: Vec::new() };
    for work in &gathered.work {
        let session = Session::new(context, arguments, work)?;
        let before = session.recorded()?;
        let after = session.resolve(&before)?;
        let path = work.project.root.join(FILE_NAME);
        let name = path.display().to_string();
        document.inputs.extend(inputs(&name, &before, &after));
        if before == after {
            continue;
        }
        if !arguments.check {
            write_file(&path, &after.to_text())?;
        }
        document.changed.push(name);
    }
    let differs = !document.changed.is_empty();
    if context.voice.json {
        context.voice.document(&document);
    } else {
        describe(context, &document, arguments.check);
    }
    Ok(if arguments.check && differs { Exit::Errors } else { Exit::Fine })
}

/// One project, and whom it asks.
struct Session<'a> {
    context: &'a Context,
    arguments: &'a Arguments,
    work: &'a Work,
    environment: Option<&'a Environment>,
    simulated: bool,
}

impl<'a> Session<'a> {
    fn new(context: &'a Context, arguments: &'a Arguments, work: &'a Work) -> Result<Session<'a>, Failure> {
        let project = &work.project;
        if project.has_errors() {
            return Err(Failure::errors(project.diagnostics.clone(), project.files.clone()));
        }
        let environment = project.environment(arguments.compiling.env.as_deref());
        let environment = environment.map_err(|diagnostic| Failure::one(*diagnostic, Exit::Errors))?;
        let provider = environment.and_then(|environment| environment.provider.as_ref());
        let simulated = arguments.sim || provider.is_some_and(|provider| provider.cloud == "sim");
        Ok(Session { context, arguments, work, environment, simulated })
    }

    /// What is recorded already.
    fn recorded(&self) -> Result<Lock, Failure> {
        let reader = LockReader::new(&self.context.world, &self.work.project.root, None);
        if let Some(lock) = reader.lock() {
            return Ok(lock.clone());
        }
        let mut files = Files::default();
        Err(Failure::errors(reader.diagnostics(&mut files), files))
    }

    /// Every question asked anew; what nobody asks any more is left out, and what is of other compositions is kept.
    fn resolve(&self, before: &Lock) -> Result<Lock, Failure> {
        let Work { project, files, .. } = self.work;
        let environment = &self.arguments.compiling.env;
        let meant: BTreeSet<String> = files.iter().map(|path| composition(&project.root, path)).collect();
        let is_there = |path: &str| self.context.world.read(&project.root.join(path), FILE_SIZE_MAX).is_ok();
        let kept = before.entries.iter().filter(|entry| match meant.contains(&entry.composition) {
            true => entry.environment != *environment,
            false => is_there(&entry.composition),
        });
        let mut lock = Lock { entries: kept.cloned().collect(), outputs: Vec::new() };
        let mut asked: BTreeSet<String> = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let mut request = request(self.context, &self.arguments.compiling);
            request.lock = Some(Arc::new(lock.clone()));
            let compiled = compile(&self.context.world, self.work, &request);
            let fresh: Vec<&String> = compiled.deployments.iter().filter(|name| !asked.contains(*name)).collect();
            if !fresh.is_empty() {
                for deployment in fresh {
                    lock.outputs.extend(self.outputs(deployment, before, &compiled)?);
                    asked.insert(deployment.clone());
                }
                continue;
            }
            if compiled.units.iter().all(|unit| unit.missing_lookups.is_empty()) {
                return match compiled.has_errors() {
                    true => Err(Failure::errors(compiled.diagnostics, compiled.files)),
                    false => {
                        // What other files import stays; where all were looked at, there are none.
                        let whole = Project::sources_below(&self.context.world, &project.root).len() == files.len();
                        let kept = before.outputs.iter().filter(|one| !whole && !asked.contains(&one.deployment));
                        lock.outputs.extend(kept.cloned());
                        Ok(lock.in_order())
                    }
                };
            }
            self.ask(&compiled, before, &mut lock)?;
        }
        let diagnostic = Diagnostic::error("LW0624", format!("lookups ask anew after {ROUNDS_MAX} rounds of answers"))
            .note("each answer leads to another question")
            .help("break the chain: give one of the values as a `parameter`");
        Err(Failure::one(diagnostic, Exit::Errors))
    }

    /// What another deployment gives out, as the store has it: the one of its environment in `lw.toml`.
    fn outputs(&self, name: &str, before: &Lock, compiled: &Compiled) -> Result<Vec<LockOutput>, Failure> {
        let project = &self.work.project;
        let environment = name.split_once('@').and_then(|(_, name)| project.manifest.environments.get(name));
        let engine = store::engine(self.context, project, environment)?;
        let given = engine.given_out(&deployment_name(name)?);
        let given = given.map_err(|problems| Failure::of(&problems, compiled.files.clone()))?;
        let today = self.context.world.today().to_string();
        let outputs = given.into_iter().map(|given| {
            let mut output = LockOutput {
                deployment: name.to_string(),
                name: given.name,
                answer: given.value,
                of_type: given.of_type,
                recorded: String::new(),
                cloud: if given.simulated { "sim" } else { "aws" }.to_string(),
            };
            let mut known = before.outputs.iter();
            let known = known.find(|known| LockOutput { recorded: String::new(), ..(*known).clone() } == output);
            output.recorded = known.map_or_else(|| today.clone(), |known| known.recorded.clone());
            output
        });
        Ok(outputs.collect())
    }

    /// Asks what is missing, each question once.
    fn ask(&self, compiled: &Compiled, before: &Lock, lock: &mut Lock) -> Result<(), Failure> {
        let engine = store::engine(self.context, &self.work.project, self.environment)?;
        let missing = compiled.units.iter().flat_map(|unit| unit.missing_lookups.iter().map(move |one| (unit, one)));
        let (mut asked, mut asking) = (Vec::new(), Vec::new());
        for (unit, lookup) in missing {
            let entry = self.entry(unit, lookup);
            if asked.iter().any(|(known, _): &(LockEntry, _)| known.is_about(&entry)) {
                continue;
            }
            let provider = self.provider(unit, lookup, compiled)?;
            let question = Question::new(&lookup.query.source, lookup.query.argument.clone());
            asked.push((LockEntry { region: provider.region.clone(), ..entry }, lookup));
            asking.push(Asking { provider, question });
        }
        let answers = engine.answers(self.simulated, asking);
        let answers = answers.map_err(|problems| Failure::of(&problems, compiled.files.clone()))?;
        let mut failed = Vec::new();
        for ((mut entry, lookup), answer) in asked.into_iter().zip(answers) {
            match answer {
                Ok(answered) => {
                    (entry.answer, entry.account) = (answered.answer, answered.account);
                    let known = before.entries.iter().find(|known| known.is_about(&entry));
                    let recorded =
                        known.filter(|known| LockEntry { recorded: String::new(), ..(*known).clone() } == entry);
                    entry.recorded =
                        recorded.map_or_else(|| self.context.world.today().to_string(), |known| known.recorded.clone());
                    lock.entries.push(entry);
                }
                Err(problem) => failed.push(unanswered(lookup, &problem.message)),
            }
        }
        match failed.is_empty() {
            true => Ok(()),
            false => Err(Failure { diagnostics: failed, files: compiled.files.clone(), exit: Exit::Runtime }),
        }
    }

    /// What will be recorded, but for the answer.
    fn entry(&self, unit: &Unit, lookup: &MissingLookup) -> LockEntry {
        LockEntry {
            composition: composition(&self.work.project.root, &unit.path),
            environment: self.arguments.compiling.env.clone(),
            name: lookup.name.clone(),
            query: lookup.query.clone(),
            answer: Json::Null,
            recorded: String::new(),
            cloud: if self.simulated { "sim" } else { "aws" }.to_string(),
            region: None,
            account: None,
        }
    }

    /// Where a question is asked: in the region that it names, else where the composition lives.
    fn provider(&self, unit: &Unit, lookup: &MissingLookup, compiled: &Compiled) -> Result<Provider, Failure> {
        let named = lookup.query.text("region").map(str::to_string);
        let own = unit.provider.clone();
        if own.is_none() && named.is_none() && !self.simulated {
            let diagnostic =
                Diagnostic::error("LW0518", format!("nothing says where the lookup `{}` is to be asked", lookup.name));
            let diagnostic = match lookup.span {
                Some(span) => diagnostic.at(span, "asked here"),
                None => diagnostic,
            };
            let diagnostic = diagnostic.help("name a provider: `defaults {provider: AWS.provider {region: \"…\"}}`");
            return Err(Failure::errors(vec![diagnostic], compiled.files.clone()));
        }
        let mut provider = own.unwrap_or_default();
        if provider.cloud.is_empty() {
            provider.cloud = "aws".to_string();
        }
        provider.region = named.or(provider.region);
        Ok(provider)
    }
}

fn unanswered(lookup: &MissingLookup, message: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0517", format!("the lookup `{}`: {message}", lookup.name));
    let diagnostic = match lookup.span {
        Some(span) => diagnostic.at(span, "asked here"),
        None => diagnostic,
    };
    diagnostic.note(format!("the question is {}", lookup.query))
}

/// Every answer of either lock, in the order of the file.
fn inputs(path: &str, before: &Lock, after: &Lock) -> Vec<Input> {
    let input = |entry: &LockEntry, answer: Json, before: Json, change| Input {
        lock: path.to_string(),
        composition: entry.composition.clone(),
        environment: entry.environment.clone(),
        name: entry.name.clone(),
        source: entry.query.source.clone(),
        question: Json::Object(entry.query.argument.clone()),
        answer,
        before,
        change,
    };
    let mut found: Vec<Input> = Vec::new();
    for entry in &after.entries {
        let known = before.entries.iter().find(|known| known.is_about(entry));
        let known = known.or_else(|| same_statement(before, entry));
        let change = match known {
            None => Change::New,
            Some(known) if known == entry => Change::Same,
            Some(_) => Change::Changed,
        };
        found.push(input(entry, entry.answer.clone(), known.map_or(Json::Null, |known| known.answer.clone()), change));
    }
    let is_kept = |entry: &LockEntry| {
        after.entries.iter().any(|other| other.is_about(entry)) || same_statement(after, entry).is_some()
    };
    let gone = before.entries.iter().filter(|entry| !is_kept(entry));
    found.extend(gone.map(|entry| input(entry, Json::Null, entry.answer.clone(), Change::Gone)));
    found.extend(outputs(path, before, after));
    found.sort_by(|left, right| {
        (&left.composition, &left.environment, &left.name).cmp(&(&right.composition, &right.environment, &right.name))
    });
    found
}

/// The same of what other deployments give out.
fn outputs(path: &str, before: &Lock, after: &Lock) -> Vec<Input> {
    let same = |lock: &Lock, one: &LockOutput| -> Option<LockOutput> {
        let mut all = lock.outputs.iter();
        all.find(|other| (&other.deployment, &other.name) == (&one.deployment, &one.name)).cloned()
    };
    let input = |one: &LockOutput, answer: Json, before: Json, change| Input {
        lock: path.to_string(),
        composition: one.deployment.clone(),
        environment: None,
        name: one.name.clone(),
        source: OUTPUT_SOURCE.to_string(),
        question: serde_json::json!({"deployment": one.deployment, "output": one.name}),
        answer,
        before,
        change,
    };
    let now = after.outputs.iter().map(|one| match same(before, one) {
        None => input(one, one.answer.clone(), Json::Null, Change::New),
        Some(known) if known == *one => input(one, one.answer.clone(), known.answer, Change::Same),
        Some(known) => input(one, one.answer.clone(), known.answer, Change::Changed),
    });
    let gone = before.outputs.iter().filter(|one| same(after, one).is_none());
    now.chain(gone.map(|one| input(one, Json::Null, one.answer.clone(), Change::Gone))).collect()
}

/// The answer to the only other question under the same name.
fn same_statement<'l>(lock: &'l Lock, entry: &LockEntry) -> Option<&'l LockEntry> {
    let is_same = |other: &&LockEntry| {
        (&other.composition, &other.environment, &other.name) == (&entry.composition, &entry.environment, &entry.name)
    };
    let mut found = lock.entries.iter().filter(is_same);
    found.next().filter(|_| found.next().is_none())
}

fn describe(context: &Context, document: &Document, check: bool) {
    let mut out = String::new();
    let color = context.voice.color_out;
    for input in document.inputs.iter().filter(|input| input.change != Change::Same) {
        let environment = input.environment.as_ref().map(|name| format!("@{name}")).unwrap_or_default();
        let (word, style) = match input.change {
            Change::New => ("new    ", Style::Green),
            Change::Changed => ("changed", Style::Yellow),
            Change::Gone => ("gone   ", Style::Red),
            Change::Same => continue,
        };
        let query =
            Query { source: input.source.clone(), argument: input.question.as_object().cloned().unwrap_or_default() };
        let values = match input.change {
            Change::New => changes::value(&input.answer),
            Change::Gone => changes::value(&input.before),
            _ if input.before == input.answer => format!("{}  {query}", changes::value(&input.answer)),
            _ => format!("{} → {}", changes::value(&input.before), changes::value(&input.answer)),
        };
        let place = format!("{}{environment}", input.composition);
        out.push_str(&format!("{}  {place}  {}: {values}\n", paint(color, style, word), input.name));
    }
    let total = count(document.inputs.iter().filter(|input| input.change != Change::Gone).count(), "answer");
    let changed = document.changed.join(", ");
    out.push_str(&match (document.changed.is_empty(), check) {
        (true, _) => format!("{total}: nothing has changed\n"),
        (false, false) => format!("{total}: {changed} was written\n"),
        (false, true) => format!("{total}: {changed} would change\n"),
    });
    context.voice.say(&out);
}
