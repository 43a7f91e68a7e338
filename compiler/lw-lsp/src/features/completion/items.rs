//! What is offered, and how it is written.

use lsp_types::*;
use lw_check::{FieldView, Local, Session, Symbol, SymbolKind, Ty};
use lw_diagnostics::FileId;
use lw_syntax::Name;
use lw_syntax::ast::StatementKind;

use crate::features::hover;
use crate::positions::{Encoding, Text};

/// More resource types than these are not offered at once.
const RESOURCE_TYPES_MAX: usize = 80;

/// Annotations and what they are for.
const ANNOTATIONS: [(&str, &str, &str); 8] = [
    ("lifecycle", "lifecycle {${1:enforcement}: $0}", "how a resource is kept: enforcement, protection, order"),
    ("provider", "provider($0)", "where a resource lives"),
    ("adopt", "adopt(\"$0\")", "takes over an object that exists"),
    ("id", "id(\"$0\")", "the path that a resource had before"),
    ("waive", "waive {policy: \"$1\", reason: \"$2\"}", "an exception from a policy"),
    ("policy", "policy {id: \"$1\", severity: \"${2:medium}\"}", "what a validation is called and how grave it is"),
    ("deprecated", "deprecated(\"$0\")", "uses are warned about"),
    ("language", "language(\"$0\")", "how the file is read"),
];

/// The fields of annotations that take a record.
const ANNOTATION_FIELDS: [(&str, &[(&str, &str)]); 3] = [
    (
        "lifecycle",
        &[
            ("enforcement", "Correct, Absorb, Alert or Ignore"),
            ("ignores", "properties whose drift is nobody's business"),
            ("protect", "never deleted"),
            ("timeouts", "{create, update, delete}"),
            ("dependsOn", "what must exist before"),
        ],
    ),
    ("waive", &[("policy", "the policy's id"), ("reason", "why"), ("until", "the day on which it ends, 2030-12-31")]),
    (
        "policy",
        &[
            ("id", "its name in reports"),
            ("severity", "low, medium, high, critical"),
            ("title", "what it demands"),
            ("remediation", "what to do"),
            ("controls", "the rules of standards that it covers"),
        ],
    ),
];

/// What can begin a statement.
const STATEMENTS: [(&str, &str); 14] = [
    ("composition", "composition\n"),
    ("import", "import $0"),
    ("export", "export\n  $0"),
    ("type", "type ${1:Name}:\n  ${2:field}: ${3:String}"),
    ("fun", "fun ${1:name}(${2:x}: ${3:Int}) -> ${4:Int}:\n  $0"),
    ("parameter", "parameter ${1:String} ${2:name}: $0"),
    ("lookup", "lookup ${1:String} ${2:name}: $0"),
    ("defaults", "defaults {provider: $0}"),
    ("output", "output ${1:name}: $0"),
    ("test", "test \"${1:what holds}\": $0"),
    ("validate", "validate $0"),
    ("operator", "operator ${1:++} infixr ${2:5}: $0"),
    ("resource", "resource ${1:Name} \"${2:Wire::Type::Name}\":\n  $0"),
    (
        "policy",
        "validate ${1:name}\n\n@policy {id: \"${2:id}\", title: \"${3:title}\"}\nfun ${1:name}(${4:value}: ${5:Type}) -> Validation:\n  $0",
    ),
];

/// Whether anything was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found(bool);

impl Found {
    pub fn is_some_found(self) -> bool {
        self.0
    }
}

pub struct Items<'t> {
    text: &'t Text,
    encoding: Encoding,
    replaced: Range,
    /// What is written of the word.
    word: String,
    snippets: bool,
    items: Vec<CompletionItem>,
    /// Where an import goes, and what stands before it.
    import_place: Option<(u32, &'static str)>,
}

impl<'t> Items<'t> {
    pub fn new(text: &'t Text, encoding: Encoding, replaced: Range, snippets: bool) -> Items<'t> {
        let (start, end) = (text.offset(replaced.start, encoding), text.offset(replaced.end, encoding));
        let word = text.text[start as usize..end as usize].to_string();
        Items { text, encoding, replaced, word, snippets, items: Vec::new(), import_place: None }
    }

    pub fn finish(mut self) -> Vec<CompletionItem> {
        let mut seen = std::collections::HashSet::new();
        self.items.retain(|item| seen.insert((item.label.clone(), item.kind.map(|kind| format!("{kind:?}")))));
        self.items.sort_by(|left, right| left.sort_text.cmp(&right.sort_text));
        self.items
    }

    /// One thing to offer; `rank` orders groups, `snippet` has places to fill in.
    fn add(&mut self, rank: u8, label: &str, kind: CompletionItemKind, detail: Option<String>, snippet: &str) -> usize {
        let is_snippet = self.snippets && snippet.contains('$');
        let new_text = if is_snippet { snippet.to_string() } else { plain(snippet) };
        self.items.push(CompletionItem {
            label: label.to_string(),
            kind: Some(kind),
            detail,
            sort_text: Some(format!("{rank}{label}")),
            insert_text_format: is_snippet.then_some(InsertTextFormat::SNIPPET),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range: self.replaced, new_text })),
            ..CompletionItem::default()
        });
        self.items.len() - 1
    }

    fn document(&mut self, item: usize, documentation: Option<String>) {
        let markdown = |value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
        self.items[item].documentation = documentation.map(markdown);
    }

    /// Modules whose names go on from a prefix.
    pub fn modules(&mut self, session: &mut Session, prefix: &str) {
        let mut seen = std::collections::BTreeSet::new();
        for name in session.module_names() {
            let rest = match prefix.is_empty() {
                true => Some(name.as_str()),
                false => name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')),
            };
            let Some(rest) = rest else { continue };
            let word = rest.split('.').next().unwrap_or(rest);
            if seen.insert(word.to_string()) {
                self.add(1, word, CompletionItemKind::MODULE, None, word);
            }
            // A whole name where nothing is written of it yet.
            if prefix.is_empty() && rest.contains('.') && !rest.starts_with("Ludwig.") {
                let last = rest.rsplit('.').next().unwrap_or(rest);
                self.add(2, rest, CompletionItemKind::MODULE, None, &format!("{rest} as {last}"));
            }
        }
    }

    pub fn names_of_module(&mut self, session: &mut Session, module: &str) {
        if let Some(symbol) = session.load_module(module) {
            for (name, symbol) in session.members(symbol) {
                self.symbol(session, 1, &name, symbol);
            }
        }
    }

    pub fn annotations(&mut self) {
        for (name, snippet, detail) in ANNOTATIONS {
            self.add(1, name, CompletionItemKind::KEYWORD, Some(detail.to_string()), snippet);
        }
    }

    pub fn annotation_fields(&mut self, annotation: &str) {
        let fields = ANNOTATION_FIELDS.iter().find(|(name, _)| *name == annotation);
        for (name, detail) in fields.map(|(_, fields)| *fields).unwrap_or_default() {
            let snippet = format!("{name}: $0");
            self.add(1, name, CompletionItemKind::PROPERTY, Some((*detail).to_string()), &snippet);
        }
    }

    pub fn statements(&mut self, _session: &mut Session, _file: FileId) {
        for (name, snippet) in STATEMENTS {
            self.add(1, name, CompletionItemKind::KEYWORD, None, snippet);
        }
    }

    /// A symbol under a name, as it is used.
    fn symbol(&mut self, session: &mut Session, rank: u8, name: &str, symbol: Symbol) {
        let (kind, detail) = match session.kind(symbol) {
            SymbolKind::Function => (CompletionItemKind::FUNCTION, Some(hover::signature(session, symbol, name))),
            SymbolKind::Binding | SymbolKind::Output | SymbolKind::Test | SymbolKind::Operator => {
                (CompletionItemKind::VARIABLE, known_type(session, symbol))
            }
            SymbolKind::Resource => (CompletionItemKind::VARIABLE, known_type(session, symbol)),
            SymbolKind::Parameter => (CompletionItemKind::CONSTANT, known_type(session, symbol)),
            SymbolKind::Local => (CompletionItemKind::VARIABLE, None),
            SymbolKind::Type => (CompletionItemKind::STRUCT, None),
            SymbolKind::ResourceType => {
                let wire = session.resource(symbol).map(|(wire, _)| wire.to_string());
                (CompletionItemKind::CLASS, wire)
            }
            SymbolKind::Constructor => {
                (CompletionItemKind::ENUM_MEMBER, session.type_name(symbol).map(|name| name.to_string()))
            }
            SymbolKind::Field => (CompletionItemKind::FIELD, None),
            SymbolKind::Module => (CompletionItemKind::MODULE, session.home(symbol).map(|name| name.to_string())),
        };
        let snippet = match kind {
            CompletionItemKind::CLASS => self.resource_snippet(session, name, symbol),
            _ => name.to_string(),
        };
        let item = self.add(rank, name, kind, detail, &snippet);
        let documentation = hover::documentation(session, symbol);
        self.document(item, documentation.map(|text| first_paragraph(&text)));
    }

    /// A constructor application with the properties that it cannot do without.
    fn resource_snippet(&self, session: &mut Session, name: &str, symbol: Symbol) -> String {
        let fields = session.fields_of_type(symbol);
        let required: Vec<&FieldView> = fields.iter().filter(|field| !field.optional && !field.read_only).collect();
        with_required(name, required.iter().map(|field| (field.name.as_str(), field.shown.as_str())))
    }

    pub fn types(&mut self, session: &mut Session, file: FileId) {
        for name in [
            "Int",
            "Float",
            "String",
            "Bool",
            "Bytes",
            "Duration",
            "Size",
            "Json",
            "PolicyDocument",
            "Anything",
            "Graph",
        ] {
            self.add(3, name, CompletionItemKind::STRUCT, None, name);
        }
        for name in ["List", "Dictionary", "Optional", "Secret", "Blueprint"] {
            self.add(3, name, CompletionItemKind::STRUCT, None, &format!("{name}<$0>"));
        }
        for (name, symbol) in session.names_in(file) {
            if matches!(symbol, Symbol::Type(_) | Symbol::Module(_)) {
                let kind = if matches!(symbol, Symbol::Module(_)) {
                    CompletionItemKind::MODULE
                } else {
                    CompletionItemKind::STRUCT
                };
                self.add(2, &name, kind, None, &name);
            }
        }
    }

    /// What a module, or the types below a type, have under a dotted name.
    pub fn members(&mut self, session: &mut Session, file: FileId, path: &str, types_only: bool) -> Found {
        let before = self.items.len();
        if let Some(module) = session.resolve_module(file, path) {
            let members = session.members(module);
            if !types_only && makes_its_own(session, &members) {
                self.add(1, "new", CompletionItemKind::CONSTRUCTOR, None, "new {$0}");
            }
            for (name, symbol) in members {
                let is_type = matches!(symbol, Symbol::Type(_));
                if types_only && !is_type {
                    continue;
                }
                // Types below a resource are written where its properties are.
                if is_type && name.contains('.') && !types_only {
                    continue;
                }
                if types_only {
                    self.add(1, &name, CompletionItemKind::STRUCT, None, &name);
                } else {
                    self.symbol(session, 1, &name, symbol);
                }
            }
        }
        for name in session.module_names() {
            if let Some(rest) = name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'))
                && !rest.contains('.')
            {
                self.add(2, rest, CompletionItemKind::MODULE, None, rest);
            }
        }
        match session.resolve(file, path) {
            Some(symbol @ Symbol::Type(_)) => {
                if session.resource(symbol).is_some() {
                    self.add(1, "existing", CompletionItemKind::FUNCTION, None, "existing {$0}");
                }
                if let Some(ty) = session.type_named(symbol) {
                    for (name, _, symbol) in session.view(ty).constructors {
                        self.symbol(session, 1, &name, symbol);
                    }
                }
            }
            None if !types_only => self.types_of_missing_module(session, path),
            _ => {}
        }
        Found(self.items.len() > before)
    }

    /// A module that is not imported: its resource types, with the import.
    fn types_of_missing_module(&mut self, session: &mut Session, path: &str) {
        let suffix = format!(".{path}");
        let Some(module) = session.module_names().into_iter().find(|name| name.ends_with(&suffix)) else { return };
        let edit = self.import(&module, path);
        for (wire, home, name) in lw_stdlib::resources().filter(|(_, home, _)| home.name == module) {
            let snippet = library_snippet(home, name, name);
            let item = self.add(1, name, CompletionItemKind::CLASS, Some(wire.to_string()), &snippet);
            self.items[item].additional_text_edits = Some(vec![edit.clone()]);
        }
    }

    /// The fields that a value has.
    pub fn fields_of(&mut self, session: &mut Session, ty: Ty) {
        for field in session.fields(ty) {
            let item = self.add(1, &field.name, CompletionItemKind::FIELD, Some(field.shown.clone()), &field.name);
            let documentation = field.symbol.and_then(|symbol| hover::documentation(session, symbol));
            self.document(item, documentation);
        }
    }

    /// Keys that braces still lack, those that cannot be left out first.
    pub fn keys(&mut self, session: &mut Session, ty: Ty, given: &[Name], update: bool, has_colon: bool) {
        let fields: Vec<FieldView> =
            session.fields(ty).into_iter().filter(|field| !field.read_only && !given.contains(&field.name)).collect();
        let required: Vec<&FieldView> = fields.iter().filter(|field| !field.optional && !update).collect();
        if required.len() > 1 && !has_colon {
            let entry = |(at, field): (usize, &&FieldView)| format!("{}: ${{{}}}", field.name, at + 1);
            let snippet = required.iter().enumerate().map(entry).collect::<Vec<_>>().join(",\n");
            let names = required.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
            self.add(0, "required properties", CompletionItemKind::SNIPPET, Some(names), &snippet);
        }
        for field in &fields {
            let rank = if field.optional || update { 2 } else { 1 };
            let value = match has_colon {
                true => String::new(),
                false => format!(": {}", self.value_snippet(session, field.ty)),
            };
            let detail = if field.optional { field.shown.clone() } else { format!("{} (required)", field.shown) };
            let snippet = format!("{}{value}", field.name);
            let item = self.add(rank, &field.name, CompletionItemKind::PROPERTY, Some(detail), &snippet);
            let documentation = field.symbol.and_then(|symbol| hover::documentation(session, symbol));
            self.document(item, documentation);
        }
    }

    /// How a value of a type begins.
    fn value_snippet(&self, session: &mut Session, ty: Ty) -> &'static str {
        let view = session.view(ty);
        match () {
            () if view.is_list => "[$0]",
            () if !view.strings.is_empty() => "\"$0\"",
            () if view.is_braces => "{$0}",
            () => "$0",
        }
    }

    /// The strings of a union; `bare` within quotes.
    pub fn strings(&mut self, session: &mut Session, ty: Ty, bare: bool) {
        let view = session.view(ty);
        for text in &view.strings {
            let quoted = format!("\"{text}\"");
            let label = if bare { text.as_ref() } else { quoted.as_str() };
            self.add(0, label, CompletionItemKind::ENUM_MEMBER, Some(view.shown.clone()), label);
        }
    }

    /// What a value of a type can be matched with.
    pub fn patterns(&mut self, session: &mut Session, ty: Ty) {
        let view = session.view(ty);
        self.strings(session, ty, false);
        for (name, payload, _) in &view.constructors {
            let snippet = if *payload { format!("{name} ${{1:value}} -> $0") } else { format!("{name} -> $0") };
            self.add(1, name, CompletionItemKind::ENUM_MEMBER, Some(view.shown.clone()), &snippet);
        }
        if view.is_bool {
            for name in ["True", "False"] {
                self.add(1, name, CompletionItemKind::ENUM_MEMBER, None, &format!("{name} -> $0"));
            }
        }
        if view.optional {
            self.add(1, "None", CompletionItemKind::ENUM_MEMBER, None, "None -> $0");
            self.add(1, "Optional", CompletionItemKind::ENUM_MEMBER, None, "Optional ${1:value} -> $0");
        }
        self.add(3, "_", CompletionItemKind::KEYWORD, Some("whatever else".to_string()), "_ -> $0");
    }

    /// Whatever an expression could be, what is wanted first.
    pub fn names(&mut self, session: &mut Session, file: FileId, wanted: Option<Ty>, locals: &[(Name, Local)]) {
        let view = wanted.map(|ty| session.view(ty)).unwrap_or_default();
        if let Some(ty) = wanted {
            self.strings(session, ty, false);
        }
        if view.is_bool || wanted.is_none() {
            for name in ["True", "False"] {
                self.add(if view.is_bool { 0 } else { 5 }, name, CompletionItemKind::ENUM_MEMBER, None, name);
            }
        }
        for (name, payload, symbol) in &view.constructors {
            // Under its own module's name, unless it is in sight.
            let home = session.home(*symbol).map(|home| home.to_string()).unwrap_or_default();
            let in_sight = session.resolve(file, name).is_some();
            let alias = home.rsplit('.').next().unwrap_or_default();
            let written = if in_sight || alias.is_empty() { name.to_string() } else { format!("{alias}.{name}") };
            let snippet = if *payload { format!("{written} {{$0}}") } else { written.clone() };
            self.add(0, &written, CompletionItemKind::ENUM_MEMBER, Some(view.shown.clone()), &snippet);
        }
        if view.is_list {
            self.add(3, "[…]", CompletionItemKind::SNIPPET, Some(view.shown.clone()), "[$0]");
        }
        for (name, local) in locals.iter().rev() {
            let detail = session.is_known(local.ty).then(|| session.show(local.ty));
            self.add(1, name, CompletionItemKind::VARIABLE, detail, name);
        }
        for (name, symbol) in session.names_in(file) {
            let rank = match symbol {
                Symbol::Value(_) => self.rank_of_value(session, symbol, &view, file),
                Symbol::Constructor(..) | Symbol::Module(_) => 4,
                Symbol::Type(_) if session.resource(symbol).is_some() => 4,
                _ => continue,
            };
            self.symbol(session, rank, &name, symbol);
        }
        self.resource_types(session, file, view.reference);
        for word in ["if", "case", "let", "fun"] {
            let snippet = match word {
                "if" => "if $1 then $2 else $0",
                "case" => "case $1 of\n| $2 -> $0",
                "let" => "let ${1:name}: $0",
                _ => "fun(${1:x}): $0",
            };
            self.add(7, word, CompletionItemKind::KEYWORD, None, snippet);
        }
    }

    /// Own values before others; a resource where its id is wanted before all.
    fn rank_of_value(&self, session: &mut Session, symbol: Symbol, view: &lw_check::TypeView, file: FileId) -> u8 {
        let own = session.definition(symbol).is_some_and(|span| span.file == file);
        if !own {
            return 4;
        }
        let Some(ty) = session.value_type(symbol) else { return 2 };
        let of_value = session.view(ty);
        let fits = view.reference.is_some() && of_value.reference == view.reference
            || (!view.shown.is_empty() && of_value.shown == view.shown);
        if fits { 0 } else { 2 }
    }

    /// Resource types by the word that is written, also of modules that are not imported.
    fn resource_types(&mut self, session: &mut Session, file: FileId, wanted: Option<Name>) {
        let word = self.word.to_lowercase();
        if word.is_empty() && wanted.is_none() {
            return;
        }
        let aliases: Vec<(Name, Symbol)> =
            session.names_in(file).into_iter().filter(|(_, symbol)| matches!(symbol, Symbol::Module(_))).collect();
        let aliases: Vec<(String, String)> = aliases
            .into_iter()
            .filter_map(|(alias, symbol)| Some((session.home(symbol)?.to_string(), alias.to_string())))
            .collect();
        let mut count = 0;
        for (wire, home, name) in lw_stdlib::resources() {
            let service = home.name.rsplit('.').next().unwrap_or(home.name);
            let fits = Some(wire) == wanted.as_ref().map(|name| name.as_str())
                || (!word.is_empty()
                    && (name.to_lowercase().starts_with(&word) || service.to_lowercase().starts_with(&word)));
            if !fits || count == RESOURCE_TYPES_MAX {
                continue;
            }
            count += 1;
            let alias = aliases.iter().find(|(module, _)| module == home.name).map(|(_, alias)| alias.clone());
            let qualifier = alias.clone().unwrap_or_else(|| service.to_string());
            let label = format!("{qualifier}.{name}");
            let snippet = library_snippet(home, name, &label);
            let item = self.add(
                if alias.is_some() { 5 } else { 6 },
                &label,
                CompletionItemKind::CLASS,
                Some(wire.to_string()),
                &snippet,
            );
            if alias.is_none() {
                let edit = self.import(home.name, service);
                self.items[item].additional_text_edits = Some(vec![edit]);
            }
        }
    }

    /// The edit that imports a module under a name.
    fn import(&mut self, module: &str, alias: &str) -> TextEdit {
        let (at, before) = match self.import_place {
            Some(known) => known,
            None => *self.import_place.insert(import_place(&self.text.text)),
        };
        let place = self.text.position(at, self.encoding);
        let own = module.rsplit('.').next() == Some(alias) && module != alias;
        let statement = if own { format!("import {module} as {alias}\n") } else { format!("import {module}\n") };
        TextEdit { range: Range { start: place, end: place }, new_text: format!("{before}{statement}") }
    }
}

/// After the last import, else after `composition`, else at the top.
fn import_place(text: &str) -> (u32, &'static str) {
    let parsed = lw_syntax::parse(FileId(0), text);
    let end = |wanted: fn(&StatementKind) -> bool| {
        let last = parsed.file.statements.iter().rfind(|statement| wanted(&statement.kind));
        last.map(|statement| (statement.start + statement.range.end) as usize)
    };
    let next_line = |at: usize| text[at..].find('\n').map_or(text.len(), |line| at + line + 1) as u32;
    match (
        end(|kind| matches!(kind, StatementKind::Import(_))),
        end(|kind| matches!(kind, StatementKind::Composition { .. })),
    ) {
        (Some(at), _) => (next_line(at), ""),
        (None, Some(at)) => (next_line(at), "\n"),
        (None, None) => (0, ""),
    }
}

fn known_type(session: &mut Session, symbol: Symbol) -> Option<String> {
    let ty = session.value_type(symbol)?;
    session.is_known(ty).then(|| session.show(ty))
}

/// Whether a module declares a resource under its own name: `Fleet.new {…}` makes one.
fn makes_its_own(session: &mut Session, members: &[(Name, Symbol)]) -> bool {
    !members.iter().any(|(name, _)| name.as_str() == "new")
        && members.iter().any(|(name, symbol)| {
            let whole = session.type_name(*symbol).map(|whole| whole.as_str() == format!("{name}.{name}"));
            whole == Some(true) && session.resource(*symbol).is_some()
        })
}

/// A resource of the library with the properties that it cannot do without, read from its text.
fn library_snippet(module: &'static lw_stdlib::Module, name: &str, written: &str) -> String {
    let statement = module.statements().iter().find(|one| one.name == name && one.wire.is_some());
    let text = statement.map(|statement| module.statement_text(statement)).unwrap_or_default();
    let field = |line: &'static str| {
        let line = line.strip_prefix("  ")?;
        let (name, ty) = line.split_once(": ")?;
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        (is_name && !ty.starts_with("Optional<") && !ty.contains("@readOnly")).then_some((name, ty))
    };
    with_required(written, text.lines().filter_map(field))
}

/// `Name {a: , b: }` with places to fill in.
fn with_required<'f>(name: &str, fields: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let entry = |(at, (field, ty)): (usize, (&str, &str))| {
        let place = at + 1;
        match ty {
            _ if ty.starts_with("List<") => format!("  {field}: [${place}],\n"),
            _ if ty.starts_with("String") => format!("  {field}: \"${place}\",\n"),
            _ => format!("  {field}: ${place},\n"),
        }
    };
    let entries: String = fields.enumerate().map(entry).collect();
    match entries.is_empty() {
        true => format!("{name} {{$0}}"),
        false => format!("{name} {{\n{entries}}}$0"),
    }
}

/// Without the marks of places to fill in.
fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut letters = snippet.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            '$' => match letters.peek() {
                Some('{') => {
                    letters.next();
                    let inside: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                    out.push_str(inside.split_once(':').map_or("", |(_, text)| text));
                }
                _ => while letters.next_if(char::is_ascii_digit).is_some() {},
            },
            other => out.push(other),
        }
    }
    out
}

fn first_paragraph(text: &str) -> String {
    text.split("\n\n").next().unwrap_or_default().to_string()
}
