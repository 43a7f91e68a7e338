//! `lw.lock`: the answers to lookups, recorded beside `lw.toml` and reviewed like source.
//!
//! ```toml
//! [[input]]
//! composition = "main.lw"              # relative to the file
//! environment = "prod"                 # left out where there is none
//! name = "image"
//! source = "aws.image"
//! question = { name = "al2023-ami-*", owner = "amazon" }
//! answer = "ami-0abc"
//! recorded = "2026-01-31"
//! cloud = "aws"                        # or "sim": then no real cloud is told about it
//! region = "eu-central-1"
//! ```
//!
//!
//! ```toml
//! [[output]]                           # of another deployment, for whoever imports it
//! deployment = "network@prod"
//! name = "vpcId"
//! answer = "vpc-0abc"
//! type = 'Id<"AWS::EC2::VPC">'         # left out where the answer says it
//! recorded = "2026-01-31"
//! cloud = "aws"
//! ```
//!
//! The compiler reads it and never writes it; what is written is the same for the same answers, whoever writes it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Files, Span};
use lw_eval::{OUTPUT_SOURCE, Query, Recorded};
use lw_plan::{Json, Map};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::manifest::plain;
use crate::text::{BadText, BadTextReason, display, read_text};
use crate::world::World;

/// The name of the file.
pub const FILE_NAME: &str = "lw.lock";

const HEADER: &str =
    "# Answers to lookups, recorded by `lw lock`. The compiler reads them in place of asking a cloud.\n";

/// Every answer that is recorded for a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    pub entries: Vec<LockEntry>,
    pub outputs: Vec<LockOutput>,
}

/// What another deployment gives out.
#[derive(Clone, Debug, PartialEq)]
pub struct LockOutput {
    /// `network@prod`
    pub deployment: String,
    pub name: String,
    pub answer: Json,
    /// As the language writes it, where the answer does not say it.
    pub of_type: Option<String>,
    pub recorded: String,
    pub cloud: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LockEntry {
    /// The composition's file, relative to the lock, with `/`.
    pub composition: String,
    pub environment: Option<String>,
    /// Of the `lookup` statement.
    pub name: String,
    pub query: Query,
    /// `null` where there is nothing, and the program takes that.
    pub answer: Json,
    /// The day, `2026-01-31`.
    pub recorded: String,
    /// Which kind of cloud said it.
    pub cloud: String,
    pub region: Option<String>,
    pub account: Option<String>,
}

impl LockEntry {
    /// Whether the simulated cloud said it.
    pub fn simulated(&self) -> bool {
        self.cloud == "sim"
    }

    /// Whether it answers the same question of the same composition.
    pub fn is_about(&self, other: &LockEntry) -> bool {
        (&self.composition, &self.environment, &self.name, &self.query)
            == (&other.composition, &other.environment, &other.name, &other.query)
    }

    fn order(&self) -> (&str, Option<&str>, &str, String) {
        (&self.composition, self.environment.as_deref(), &self.name, self.query.to_string())
    }
}

impl Lock {
    /// Reads `lw.lock`; where it is not one, the places and the reasons.
    pub fn read(text: &str) -> Result<Lock, Vec<(Range<usize>, String)>> {
        let table =
            DeTable::parse(text).map_err(|error| vec![(error.span().unwrap_or(0..0), error.message().to_string())])?;
        let mut problems = Vec::new();
        let (mut entries, mut outputs) = (Vec::new(), Vec::new());
        for (key, value) in table.get_ref().iter() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("input", DeValue::Array(items)) => {
                    for item in items.iter() {
                        match read_entry(item) {
                            Ok(entry) => entries.push(entry),
                            Err(problem) => problems.push(problem),
                        }
                    }
                }
                ("output", DeValue::Array(items)) => {
                    for item in items.iter() {
                        match read_output(item) {
                            Ok(output) => outputs.push(output),
                            Err(problem) => problems.push(problem),
                        }
                    }
                }
                ("output", _) => {
                    problems.push((value.span(), "`output` is a list of tables, `[[output]]`".to_string()));
                }
                ("input", _) => problems.push((value.span(), "`input` is a list of tables, `[[input]]`".to_string())),
                (other, _) => problems.push((key.span(), format!("a lock has no key `{other}`"))),
            }
        }
        if problems.is_empty() { Ok(Lock { entries, outputs }) } else { Err(problems) }
    }

    /// The same as a file would have it.
    pub fn in_order(mut self) -> Lock {
        self.entries.sort_by(|left, right| left.order().cmp(&right.order()));
        self.outputs.sort_by(|left, right| (&left.deployment, &left.name).cmp(&(&right.deployment, &right.name)));
        self
    }

    /// The file's text: in one order, however the answers came.
    pub fn to_text(&self) -> String {
        let mut out = String::from(HEADER);
        let text = |text: &str| Some(Json::from(text));
        let optional = |text: &Option<String>| text.as_deref().map(Json::from);
        let mut entries: Vec<&LockEntry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.order());
        for entry in entries {
            let lines = [
                ("composition", text(&entry.composition)),
                ("environment", optional(&entry.environment)),
                ("name", text(&entry.name)),
                ("source", text(&entry.query.source)),
                ("question", Some(Json::Object(entry.query.argument.clone()))),
                ("answer", Some(entry.answer.clone())),
                ("recorded", text(&entry.recorded)),
                ("cloud", text(&entry.cloud)),
                ("region", optional(&entry.region)),
                ("account", optional(&entry.account)),
            ];
            write_table(&mut out, "input", lines);
        }
        let mut outputs: Vec<&LockOutput> = self.outputs.iter().collect();
        outputs.sort_by_key(|output| (&output.deployment, &output.name));
        for output in outputs {
            let lines = [
                ("deployment", text(&output.deployment)),
                ("name", text(&output.name)),
                ("answer", Some(output.answer.clone())),
                ("type", optional(&output.of_type)),
                ("recorded", text(&output.recorded)),
                ("cloud", text(&output.cloud)),
            ];
            write_table(&mut out, "output", lines);
        }
        out
    }
}

fn write_table(out: &mut String, name: &str, lines: impl IntoIterator<Item = (&'static str, Option<Json>)>) {
    let _ = write!(out, "\n[[{name}]]\n");
    for (key, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            let _ = write!(out, "{key} = ");
            write_toml(out, &value);
            out.push('\n');
        }
    }
}

type Problem = (Range<usize>, String);

/// A table of the lock whose keys are known.
struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    place: Range<usize>,
}

impl<'t, 'i> Fields<'t, 'i> {
    fn of(item: &'t Spanned<DeValue<'i>>, known: &[&str]) -> Result<Fields<'t, 'i>, Problem> {
        let DeValue::Table(table) = item.get_ref() else {
            return Err((item.span(), "an answer is a table".to_string()));
        };
        match table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
            Some(key) => Err((key.span(), format!("an answer has no key `{}`", key.get_ref()))),
            None => Ok(Fields { table, place: item.span() }),
        }
    }

    fn json(&self, key: &str) -> Result<Option<Json>, Problem> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let found = plain(value.get_ref());
        found.map(Some).ok_or_else(|| (value.span(), "a number that does not fit into 64 bits".to_string()))
    }

    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.json(key)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err((self.table.get(key).map_or(self.place.clone(), Spanned::span), format!("`{key}` is text"))),
        }
    }

    fn required(&self, key: &str) -> Result<String, Problem> {
        self.text(key)?.ok_or_else(|| (self.place.clone(), format!("an answer has a `{key}`")))
    }
}

fn read_entry(item: &Spanned<DeValue<'_>>) -> Result<LockEntry, Problem> {
    let known = [
        "composition",
        "environment",
        "name",
        "source",
        "question",
        "answer",
        "recorded",
        "cloud",
        "region",
        "account",
    ];
    let fields = Fields::of(item, &known)?;
    let argument = match fields.json("question")? {
        Some(Json::Object(argument)) => argument,
        None => Map::new(),
        Some(_) => return Err((fields.place.clone(), "`question` is a table".to_string())),
    };
    Ok(LockEntry {
        composition: fields.required("composition")?,
        environment: fields.text("environment")?,
        name: fields.required("name")?,
        query: Query { source: fields.required("source")?, argument },
        answer: fields.json("answer")?.unwrap_or(Json::Null),
        recorded: fields.required("recorded")?,
        cloud: fields.required("cloud")?,
        region: fields.text("region")?,
        account: fields.text("account")?,
    })
}

fn read_output(item: &Spanned<DeValue<'_>>) -> Result<LockOutput, Problem> {
    let fields = Fields::of(item, &["deployment", "name", "answer", "type", "recorded", "cloud"])?;
    Ok(LockOutput {
        deployment: fields.required("deployment")?,
        name: fields.required("name")?,
        answer: fields.json("answer")?.unwrap_or(Json::Null),
        of_type: fields.text("type")?,
        recorded: fields.required("recorded")?,
        cloud: fields.required("cloud")?,
    })
}

fn write_toml(out: &mut String, value: &Json) {
    match value {
        // TOML has no such value; within a list or a table it is a thing that is not there.
        Json::Null => out.push_str("\"\""),
        Json::Bool(_) | Json::Number(_) => {
            let _ = write!(out, "{value}");
        }
        Json::String(text) => write_text(out, text),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_toml(out, item);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null()).enumerate();
            out.push('{');
            for (at, (key, value)) in fields {
                out.push_str(if at > 0 { ", " } else { " " });
                let is_bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
                if key.is_empty() || !key.chars().all(is_bare) {
                    write_text(out, key);
                } else {
                    out.push_str(key);
                }
                out.push_str(" = ");
                write_toml(out, value);
            }
            out.push_str(" }");
        }
    }
}

/// JSON's escapes are TOML's, but for one character.
fn write_text(out: &mut String, text: &str) {
    out.push_str(&Json::from(text).to_string().replace('\u{7f}', "\\u007f"));
}

/// The lock of a project, read when it is first needed.
pub struct LockReader<'a> {
    world: &'a dyn World,
    root: &'a Path,
    /// What stands in for the file.
    given: Option<&'a Lock>,
    read: OnceCell<Result<Lock, Unreadable>>,
}

enum Unreadable {
    Text(BadText),
    Content(Arc<str>, Vec<Problem>),
}

impl<'a> LockReader<'a> {
    pub fn new(world: &'a dyn World, root: &'a Path, given: Option<&'a Lock>) -> LockReader<'a> {
        LockReader { world, root, given, read: OnceCell::new() }
    }

    pub fn lock(&self) -> Option<&Lock> {
        if self.given.is_some() {
            return self.given;
        }
        self.read.get_or_init(|| self.load()).as_ref().ok()
    }

    pub fn path(&self) -> PathBuf {
        self.root.join(FILE_NAME)
    }

    fn load(&self) -> Result<Lock, Unreadable> {
        match read_text(self.world, &self.path()) {
            Ok(text) => Lock::read(&text).map_err(|problems| Unreadable::Content(text, problems)),
            Err(bad) if bad.reason == BadTextReason::Missing => Ok(Lock::default()),
            Err(bad) => Err(Unreadable::Text(bad)),
        }
    }

    /// What is wrong with the file, if anybody needed it.
    pub fn diagnostics(&self, files: &mut Files) -> Vec<Diagnostic> {
        match self.read.get() {
            Some(Err(Unreadable::Text(bad))) => vec![bad.diagnostic(files)],
            Some(Err(Unreadable::Content(text, problems))) => {
                let file = files.add(display(&self.path()), text.clone());
                let found = problems.iter().map(|(place, reason)| {
                    Diagnostic::error("LW0264", "`lw.lock` cannot be read")
                        .at(Span::new(file, place.start as u32, place.end as u32), reason.clone())
                        .help("put it right, or remove the file and let `lw lock` write it anew")
                });
                found.collect()
            }
            _ => Vec::new(),
        }
    }

    /// The answers of one composition.
    pub fn answers<'l>(&'l self, composition: String, environment: Option<&'l str>) -> Answers<'l> {
        Answers { reader: self, composition, environment, used: RefCell::default() }
    }
}

/// What the lock holds for one composition in one environment.
pub struct Answers<'l> {
    reader: &'l LockReader<'l>,
    composition: String,
    environment: Option<&'l str>,
    /// Entries that were asked for, by their number.
    used: RefCell<BTreeSet<usize>>,
}

impl Answers<'_> {
    /// The answer to a question.
    pub fn find(&self, name: &str, query: &Query) -> Option<Recorded> {
        let lock = self.reader.lock()?;
        if query.source == OUTPUT_SOURCE {
            let (deployment, name) = (query.text("deployment")?, query.text("output")?);
            let found = lock.outputs.iter().find(|output| output.deployment == deployment && output.name == name)?;
            return Some(Recorded { answer: found.answer.clone(), simulated: found.cloud == "sim" });
        }
        let entry = self.entry(name, query)?;
        Some(Recorded { answer: entry.answer.clone(), simulated: entry.simulated() })
    }

    /// The answer of the environment, else the one of none.
    fn entry(&self, name: &str, query: &Query) -> Option<&LockEntry> {
        let entries = &self.reader.lock()?.entries;
        let is_meant = |entry: &LockEntry, environment: Option<&str>| {
            entry.composition == self.composition
                && entry.environment.as_deref() == environment
                && entry.name == name
                && entry.query == *query
        };
        let found = |environment| entries.iter().position(|entry| is_meant(entry, environment));
        // Whoever records answers wants those of this environment alone.
        let may_fall_back = self.environment.is_some() && self.reader.given.is_none();
        let at = found(self.environment).or_else(|| may_fall_back.then(|| found(None)).flatten())?;
        self.used.borrow_mut().insert(at);
        Some(&entries[at])
    }

    /// What was asked for and found.
    pub fn used(&self) -> Vec<&LockEntry> {
        let Some(lock) = self.reader.lock() else { return Vec::new() };
        self.used.borrow().iter().map(|at| &lock.entries[*at]).collect()
    }
}

/// A composition as the lock names it.
pub fn composition(root: &Path, path: &Path) -> String {
    let path = crate::world::normalize(path);
    let below = path.strip_prefix(crate::world::normalize(root)).unwrap_or(&path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, answer: Json) -> LockEntry {
        LockEntry {
            composition: "main.lw".to_string(),
            environment: Some("prod".to_string()),
            name: name.to_string(),
            query: Query::new("aws.image", serde_json::json!({"name": "a \"b\"\u{7f}\n", "none": null, "x y": [1]})),
            answer,
            recorded: "2026-01-31".to_string(),
            cloud: "aws".to_string(),
            region: Some("eu-central-1".to_string()),
            account: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let answers = [
            serde_json::json!(["a", "b"]),
            serde_json::json!({"a": 1, "b c": {"d": 1.5}, "e": true}),
            Json::Null,
            Json::from("ami-1"),
        ];
        let entries: Vec<LockEntry> =
            answers.into_iter().enumerate().map(|(at, answer)| entry(&format!("n{at}"), answer)).collect();
        let outputs = [("b", Some("Id<\"AWS::EC2::VPC\">")), ("a", None)].map(|(name, of_type)| LockOutput {
            deployment: "network@prod".to_string(),
            name: name.to_string(),
            answer: Json::from("x"),
            of_type: of_type.map(str::to_string),
            recorded: "2026-01-31".to_string(),
            cloud: "sim".to_string(),
        });
        let lock = Lock { entries, outputs: outputs.into_iter().rev().collect() };
        assert_eq!(Lock::read(&lock.to_text()), Ok(lock.clone()));
        let backwards = Lock { entries: lock.entries.iter().rev().cloned().collect(), outputs: lock.outputs.clone() };
        assert_eq!(backwards.to_text(), lock.to_text());
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let text = "[[input]]\ncomposition = 1\n";
        let problems = Lock::read(text).expect_err("no answer");
        assert_eq!(problems, [(24..25, "`composition` is text".to_string())]);
        assert_eq!(Lock::read("inputs = 1").expect_err("no key").len(), 1);
        assert_eq!(Lock::read("x").expect_err("no TOML").len(), 1);
    }
}
