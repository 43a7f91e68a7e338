//! Names of a template as names of a program: camelCase, each once, none that the language has taken.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

/// Words that mean something where a statement or an expression begins, and values that every file has.
const TAKEN: &[&str] = &[
    "anything",
    "as",
    "case",
    "ceiling",
    "composition",
    "defaults",
    "deployment",
    "elif",
    "else",
    "error",
    "errorAt",
    "export",
    "floor",
    "for",
    "fun",
    "if",
    "import",
    "in",
    "infixl",
    "infixr",
    "intToFloat",
    "let",
    "lookup",
    "module",
    "negate",
    "of",
    "opaque",
    "operator",
    "output",
    "parameter",
    "prefix",
    "resource",
    "self",
    "test",
    "then",
    "type",
    "validate",
    "where",
    "with",
];

/// Types that every file has, and modules of the prelude.
const TAKEN_TYPES: &[&str] = &[
    "AWS",
    "Anything",
    "Arn",
    "Base64",
    "Blueprint",
    "Bool",
    "Bytes",
    "Cidr",
    "Cidr6",
    "Debug",
    "Dictionary",
    "Duration",
    "Enforcement",
    "Equality",
    "External",
    "Float",
    "Graph",
    "Id",
    "Int",
    "IpAddress",
    "Json",
    "List",
    "Name",
    "Net",
    "None",
    "Optional",
    "Percent",
    "PolicyDocument",
    "Port",
    "Provider",
    "Random",
    "Regex",
    "Region",
    "Secret",
    "Size",
    "String",
    "Template",
    "Test",
    "Validation",
    "Zip",
];

/// What names of a template are called in the program.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: FxHashSet<String>,
    types: FxHashSet<String>,
    outputs: FxHashSet<String>,
    given: FxHashMap<(Space, Arc<str>), String>,
}

/// What a name of a template may name; each has names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// Parameters, pseudo parameters and resources.
    Logical,
    Condition,
    Mapping,
    /// Exports of other stacks, by what is written.
    Export,
    /// What a custom resource gives.
    Given,
    /// Functions that the program defines for itself.
    Helper,
}

impl Names {
    /// The name for something of the template, made when it is first asked for.
    pub fn of(&mut self, space: Space, name: &str) -> String {
        if let Some(known) = self.given.get(&(space, Arc::from(name))) {
            return known.clone();
        }
        let wanted = camel(name);
        let found = self.fresh(&wanted, if space == Space::Condition { "Holds" } else { "" });
        self.given.insert((space, Arc::from(name)), found.clone());
        found
    }

    /// A name that nothing else has.
    fn fresh(&mut self, wanted: &str, suffix: &str) -> String {
        let is_free = |taken: &FxHashSet<String>, name: &str| !TAKEN.contains(&name) && !taken.contains(name);
        let mut name = wanted.to_string();
        if !is_free(&self.taken, &name) && !suffix.is_empty() {
            name.push_str(suffix);
        }
        let base = name.clone();
        let mut number = 2;
        while !is_free(&self.taken, &name) {
            name = format!("{base}{number}");
            number += 1;
        }
        self.taken.insert(name.clone());
        name
    }

    /// A type's name that nothing else has.
    pub fn of_type(&mut self, value: &str) -> String {
        let mut characters = value.chars();
        let base: String = characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect();
        let mut name = base.clone();
        let mut number = 2;
        while TAKEN_TYPES.contains(&name.as_str()) || self.types.contains(&name) {
            name = if number == 2 { format!("{base}Value") } else { format!("{base}{number}") };
            number += 1;
        }
        self.types.insert(name.clone());
        name
    }

    /// Keeps the name of a module from being taken by a type.
    pub fn reserve_type(&mut self, name: &str) {
        self.types.insert(name.to_string());
    }
}

/// `DBInstance` → `dbInstance`; what no name may have separates words.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if out.is_empty() {
            out.push_str(&lowered(word));
        } else {
            let mut characters = word.chars();
            out.extend(characters.next().map(|first| first.to_ascii_uppercase()));
            out.push_str(characters.as_str());
        }
    }
    if out.is_empty() {
        out.push_str("the");
    } else if out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

/// A word with its leading capital run lowered, but for the capital that begins the next word.
fn lowered(word: &str) -> String {
    let run = word.chars().take_while(char::is_ascii_uppercase).count();
    let next_is_lower = word[run..].starts_with(|next: char| next.is_ascii_lowercase());
    let lower = if run > 1 && next_is_lower { run - 1 } else { run };
    word[..lower].to_ascii_lowercase() + &word[lower..]
}

impl Names {
    /// Whether something else has a name already.
    pub fn is_taken_by_another(&self, space: Space, of: &str, name: &str) -> bool {
        self.given.get(&(space, Arc::from(of))).is_none_or(|known| known != name)
            && (self.taken.contains(name) || TAKEN.contains(&name))
    }

    /// Gives something a name that is free, or that it has already.
    pub fn named(&mut self, space: Space, of: &str, name: &str) -> String {
        self.taken.insert(name.to_string());
        self.given.entry((space, Arc::from(of))).or_insert_with(|| name.to_string()).clone()
    }
}

impl Names {
    /// A name for something that is known by another than it shall have.
    pub fn called(&mut self, of: &str, wanted: &str) -> String {
        if let Some(known) = self.given.get(&(Space::Logical, Arc::from(of))) {
            return known.clone();
        }
        let found = self.fresh(&camel(wanted), "");
        self.given.insert((Space::Logical, Arc::from(of)), found.clone());
        found
    }

    /// The name of an output: outputs share none with anything else.
    pub fn of_output(&mut self, name: &str) -> String {
        let wanted = camel(name);
        let mut found = wanted.clone();
        let mut number = 2;
        while TAKEN.contains(&found.as_str()) || !self.outputs.insert(found.clone()) {
            found = format!("{wanted}{number}");
            number += 1;
        }
        found
    }
}
