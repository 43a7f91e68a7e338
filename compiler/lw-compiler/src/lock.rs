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
//! The compiler reads it and never writes it; what is written is the same for the same answers, whoever writes it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Files, Span};
use lw_eval::Query;
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
    /// What an output of another deployment is: `AWS::EC2::VPC VpcId`.
    pub of: Option<String>,
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
        let mut entries = Vec::new();
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
                ("input", _) => problems.push((value.span(), "`input` is a list of tables, `[[input]]`".to_string())),
                (other, _) => problems.push((key.span(), format!("a lock has no key `{other}`"))),
            }
        }
        if problems.is_empty() { Ok(Lock { entries }) } else { Err(problems) }
    }

    /// The file's text: in one order, however the answers came.
    pub fn to_text(&self) -> String {
        let mut entries: Vec<&LockEntry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.order());
        let mut out = String::from(HEADER);
        for entry in entries {
            out.push_str("\n[[input]]\n");
            let mut line = |key: &str, value: &Json| {
                let _ = write!(out, "{key} = ");
                write_toml(&mut out, value);
                out.push('\n');
            };
            line("composition", &Json::from(entry.composition.as_str()));
            let text = |text: &Option<String>| text.as_deref().map(Json::from);
            if let Some(environment) = text(&entry.environment) {
                line("environment", &environment);
            }
            line("name", &Json::from(entry.name.as_str()));
            line("source", &Json::from(entry.query.source.as_str()));
            line("question", &Json::Object(entry.query.argument.clone()));
            if !entry.answer.is_null() {
                line("answer", &entry.answer);
            }
            line("recorded", &Json::from(entry.recorded.as_str()));
            line("cloud", &Json::from(entry.cloud.as_str()));
            let rest = [("region", &entry.region), ("account", &entry.account), ("of", &entry.of)];
            for (key, value) in rest {
                if let Some(value) = text(value) {
                    line(key, &value);
                }
            }
        }
        out
    }
}

type Problem = (Range<usize>, String);

fn read_entry(item: &Spanned<DeValue<'_>>) -> Result<LockEntry, Problem> {
    let DeValue::Table(table) = item.get_ref() else {
        return Err((item.span(), "an answer is a table, `[[input]]`".to_string()));
    };
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
        "of",
    ];
    if let Some(key) = table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        return Err((key.span(), format!("an answer has no key `{}`", key.get_ref())));
    }
    let json = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(value) => plain(value.get_ref())
            .map(Some)
            .ok_or_else(|| (value.span(), "a number that does not fit into 64 bits".to_string())),
    };
    let text = |key: &str| match json(key)? {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err((table.get(key).map_or(item.span(), Spanned::span), format!("`{key}` is text"))),
    };
    let required = |key: &str| text(key)?.ok_or_else(|| (item.span(), format!("an answer has a `{key}`")));
    let argument = match json("question")? {
        Some(Json::Object(fields)) => fields,
        None => Map::new(),
        Some(_) => return Err((table["question"].span(), "`question` is a table".to_string())),
    };
    Ok(LockEntry {
        composition: required("composition")?,
        environment: text("environment")?,
        name: required("name")?,
        query: Query { source: required("source")?, argument },
        answer: json("answer")?.unwrap_or(Json::Null),
        recorded: required("recorded")?,
        cloud: required("cloud")?,
        region: text("region")?,
        account: text("account")?,
        of: text("of")?,
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
    /// The answer of the environment, else the one of none.
    pub fn find(&self, name: &str, query: &Query) -> Option<&LockEntry> {
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
            of: None,
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
        let lock = Lock { entries };
        assert_eq!(Lock::read(&lock.to_text()), Ok(lock.clone()));
        let backwards = Lock { entries: lock.entries.iter().rev().cloned().collect() };
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
