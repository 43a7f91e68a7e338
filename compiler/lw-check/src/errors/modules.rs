//! Imports and exports.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::{near, suggest};

pub fn unknown_module(name: Name, place: Span, names: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0206", format!("there is no module `{name}`")).at(place, "not found");
    let old = name.as_str().strip_prefix("Fugue.").map(|rest| match rest.split('.').next().unwrap_or_default() {
        "AWS" | "Core" if rest.contains('.') => rest.replace("Core.AWS", "AWS"),
        _ => rest.to_string(),
    });
    if let Some(old) = old {
        return diagnostic
            .note("modules of the original Ludwig library are not part of this one")
            .help(format!("look at `{old}` or at `AWS`, whose types follow the wire"));
    }
    match near(&name, names.iter().map(String::as_str)) {
        Some(near) => diagnostic.fix(format!("write `{near}`"), [Edit { span: place, text: near.to_string() }]),
        None => diagnostic
            .note("a module is a file of the library, of a source folder of `lw.toml`, or of a path dependency"),
    }
}

pub fn import_cycle(chain: &[Name], place: Span) -> Diagnostic {
    if let [module, _] = chain {
        return Diagnostic::error("LW0207", format!("module `{module}` imports itself"))
            .at(place, "its own name")
            .help("take the import out: a module's own names need none");
    }
    let drawn = chain.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" → ");
    Diagnostic::error("LW0207", format!("modules import each other: {drawn}"))
        .at(place, "this import closes the circle")
        .help("move what both need into a module of its own")
}

pub fn not_in_module(name: Name, module: Name, place: Span, candidates: &[Name]) -> Diagnostic {
    let mut candidates = candidates.to_vec();
    candidates.sort_by_key(|name| name.as_str());
    let diagnostic =
        Diagnostic::error("LW0231", format!("module `{module}` has no `{name}`")).at(place, "not in that module");
    suggest(diagnostic, &name, &candidates, place)
}

pub fn not_exported(name: Name, module: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0222", format!("module `{module}` does not export `{name}`"))
        .at(place, "private to its module")
        .help(format!("add `{name}` to the `export` statement of `{module}`"))
}

pub fn deployment_import(name: &str, place: Span) -> Diagnostic {
    Diagnostic::error("LW0230", format!("the outputs of the deployment `{name}` are not recorded"))
        .at(place, "another deployment")
        .note("what it gives out is read from `lw.lock`")
        .help("run `lw lock`, once it has been applied")
}

pub fn only_in_composition(keyword: &str, place: Span) -> Diagnostic {
    Diagnostic::error("LW0232", format!("`{keyword}` stands in a library"))
        .at(place, "only a composition has this")
        .note("a file is a composition when it says `composition`")
}
