//! Case files: many named programs to a file, each with what the checker must say about it.
//!
//! ```text
//! --- field-unknown ---
//! size: {a: 1}.b
//! => LW0203 `b` `{a: Int}` has no field `b`
//! ```
//!
//! A case begins with `--- NAME ---`. A line `>>> Shop.Network` begins the text of another module, `>>> main` goes back to the program.
//! Lines with `=>` are the diagnostics, in order: code, the text under the primary label in backticks (`·` for an empty span; a line
//! break is shown as `⏎`), and the headline; `help:` and `note:` lines below them are the rest. A case without `=>` is clean. A
//! diagnostic in another module than the program has that module's name before its code.

use std::sync::Arc;

use lw_check::{Checked, IndexedStatement, ModuleSource, Modules, RootSource, check};
use lw_diagnostics::Diagnostic;

pub struct Case {
    pub name: String,
    pub program: String,
    /// Other modules, by name.
    pub modules: Vec<(String, String)>,
    /// The lines of the expectation, trimmed.
    pub expected: Vec<String>,
}

/// The cases of a file, in order.
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut module: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(name) = trimmed.strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---")) {
            let (name, program) = (name.to_string(), String::new());
            cases.push(Case { name, program, modules: Vec::new(), expected: Vec::new() });
            module = None;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(name) = trimmed.strip_prefix(">>> ") {
            module = None;
            if name != "main" {
                case.modules.push((name.to_string(), String::new()));
                module = Some(case.modules.len() - 1);
            }
        } else if trimmed.starts_with("=> ") || !case.expected.is_empty() {
            if !trimmed.is_empty() {
                case.expected.push(trimmed.to_string());
            }
        } else {
            match module {
                Some(at) => case.modules[at].1.push_str(line),
                None => case.program.push_str(line),
            }
        }
    }
    cases
}

/// The library, and the modules of a case before it.
pub struct Sources<'c> {
    pub own: &'c [(String, String)],
}

impl Modules for Sources<'_> {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        if let Some((name, text)) = self.own.iter().find(|(own, _)| own == name) {
            return Some(ModuleSource { file_name: name.as_str().into(), text: text.as_str().into(), index: None });
        }
        let module = lw_stdlib::module(name)?;
        let statement = |statement: &lw_stdlib::Statement| IndexedStatement {
            start: statement.start,
            end: statement.end,
            keyword: statement.keyword.word(),
            name: statement.name.into(),
        };
        let index = module.statements().iter().map(statement).collect();
        let file_name = format!("stdlib/{}", module.path);
        Some(ModuleSource { file_name: file_name.into(), text: Arc::from(module.text()), index: Some(index) })
    }

    fn names(&self) -> Vec<String> {
        let own = self.own.iter().map(|(name, _)| name.clone());
        own.chain(lw_stdlib::modules().map(|module| module.name.to_string())).collect()
    }
}

/// Checks a program that lies in no source folder.
pub fn check_program(program: &str, modules: &[(String, String)]) -> Checked {
    let root = RootSource { file_name: "main.lw".into(), module: None, text: program.into() };
    check(&[root], &Sources { own: modules })
}

/// What a case gives, in the form of its expectation.
pub fn found(case: &Case) -> Vec<String> {
    let checked = check_program(&case.program, &case.modules);
    checked.diagnostics.iter().flat_map(|diagnostic| shown(&checked, diagnostic)).collect()
}

fn shown(checked: &Checked, diagnostic: &Diagnostic) -> Vec<String> {
    let Some(primary) = &diagnostic.primary else {
        return vec![format!("=> {} {}", diagnostic.code, diagnostic.message)];
    };
    let span = primary.span;
    let text = &checked.files.text(span.file)[span.start as usize..span.end as usize];
    let text = if text.is_empty() { "·".to_string() } else { text.replace('\n', "⏎") };
    let file = checked.files.name(span.file);
    let file = if &**file == "main.lw" { String::new() } else { format!("{file} ") };
    let mut lines = vec![format!("=> {file}{} `{text}` {}", diagnostic.code, diagnostic.message)];
    lines.extend(diagnostic.note.as_ref().map(|note| format!("note: {note}")));
    lines.extend(diagnostic.help.as_ref().map(|help| format!("help: {help}")));
    lines
}

/// A program with the edits of one of its diagnostics made; `None` if they lie in another module.
pub fn edited(checked: &Checked, diagnostic: &Diagnostic, program: &str) -> Option<String> {
    let mut edits = diagnostic.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = program.to_string();
    for edit in edits {
        if &**checked.files.name(edit.span.file) != "main.lw" {
            return None;
        }
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    Some(text)
}
