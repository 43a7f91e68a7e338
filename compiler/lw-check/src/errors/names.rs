//! Names that mean nothing, or too much.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::{near, suggest};

pub fn unknown_name(name: Name, place: Span, candidates: &[Name]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0201", format!("nothing is named `{name}` here")).at(place, "not defined, not imported");
    // `n-1` is one name; with `n` in scope a subtraction was meant.
    if let Some((left, right)) = name.as_str().split_once('-')
        && candidates.iter().any(|candidate| candidate == left)
    {
        let text = format!("{left} - {right}");
        return diagnostic
            .note("a hyphen between word characters belongs to the name")
            .fix(format!("write `{text}`"), [Edit { span: place, text }]);
    }
    let meant = match name.as_str() {
        "true" | "TRUE" | "yes" | "on" => "True",
        "false" | "FALSE" | "no" | "off" => "False",
        "null" | "nil" | "none" | "undefined" => "None",
        _ => return suggest(diagnostic, &name, candidates, place),
    };
    in_our_words(diagnostic, place, meant)
}

pub fn unknown_type(name: Name, place: Span, candidates: &[Name], import: Option<(String, Edit)>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0202", format!("there is no type `{name}` here")).at(place, "not declared, not imported");
    let meant = match name.as_str() {
        "Integer" | "Long" => "Int",
        "Number" | "Double" => "Float",
        "Boolean" => "Bool",
        "Text" | "Str" => "String",
        "Array" => "List",
        "Map" | "Dict" | "Object" => "Dictionary",
        "Option" | "Maybe" => "Optional",
        "Unit" | "Void" => "()",
        _ => return with_import(diagnostic, &name, place, candidates, import),
    };
    in_our_words(diagnostic, place, meant)
}

/// The name that other languages have for something of this one.
fn in_our_words(diagnostic: Diagnostic, place: Span, meant: &str) -> Diagnostic {
    diagnostic.fix(format!("write `{meant}`"), [Edit { span: place, text: meant.to_string() }])
}

pub fn unknown_upper(name: Name, place: Span, candidates: &[Name], import: Option<(String, Edit)>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0215", format!("`{name}` is no constructor, resource type or module here"))
        .at(place, "not declared, not imported");
    let meant = match name.as_str() {
        "Some" | "Just" => "Optional",
        "Nothing" | "Null" | "Nil" => "None",
        _ => return with_import(diagnostic, &name, place, candidates, import),
    };
    in_our_words(diagnostic, place, meant)
}

fn with_import(
    diagnostic: Diagnostic,
    name: &str,
    place: Span,
    candidates: &[Name],
    import: Option<(String, Edit)>,
) -> Diagnostic {
    // A name that nearly matches one in scope is a slip; otherwise the module is not imported.
    if near(name, candidates.iter().map(Name::as_str)).is_none()
        && let Some((advice, edit)) = import
    {
        return diagnostic.fix(advice, [edit]);
    }
    suggest(diagnostic, name, candidates, place)
}

pub fn duplicate(name: Name, place: Span, earlier: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0208", format!("`{name}` is defined twice")).at(place, "defined again here");
    match earlier {
        Some(earlier) => diagnostic.and(earlier, "first defined here"),
        None => diagnostic,
    }
}

pub fn imported_twice(name: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0208", format!("`{name}` has two meanings here"))
        .at(place, "another import or definition has this name")
        .help("import one of them under another name, with `as`")
}

pub fn deprecated(name: Name, advice: &str, place: Span, edit: Option<Edit>) -> Diagnostic {
    let diagnostic = Diagnostic::warning("LW0241", format!("`{name}` is deprecated")).at(place, "better not used");
    let diagnostic = if advice.is_empty() { diagnostic } else { diagnostic.note(advice.to_string()) };
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text), [edit]),
        None => diagnostic,
    }
}

pub fn selects_nothing(ty: &str, place: Span) -> Diagnostic {
    Diagnostic::warning("LW0242", format!("this policy selects nothing: no property has the type `{ty}`"))
        .at(place, "asked about nothing, so it never fails")
        .note("a policy is about a resource type, a part of one, a named type of a property, an open record, a list of these, or `Graph`")
}

pub fn unknown_annotation(name: Name, place: Span, known: &[&str]) -> Diagnostic {
    let candidates: Vec<Name> = known.iter().map(|name| Name::from(name)).collect();
    let diagnostic =
        Diagnostic::error("LW0223", format!("there is no annotation `@{name}`")).at(place, "not an annotation").note(
            format!("annotations are {}", known.iter().map(|name| format!("`@{name}`")).collect::<Vec<_>>().join(", ")),
        );
    suggest(diagnostic, &name, &candidates, place)
}

pub fn annotation_arguments(name: Name, place: Span) -> Diagnostic {
    let form = match name.as_str() {
        "lifecycle" => "@lifecycle {enforcement: Correct}",
        "waive" => "@waive {policy: \"id\", reason: \"why\", until: \"2027-01-31\"}",
        "policy" => "@policy {id: \"name\", severity: \"high\", controls: [\"CIS 5.2\"]}",
        "provider" => "@provider(AWS.provider {region: \"eu-west-1\"})",
        "adopt" => "@adopt(\"vpc-0abc\")",
        _ => "@id(\"old.path\")",
    };
    Diagnostic::error("LW0225", format!("`@{name}` is not written like this"))
        .at(place, "its arguments do not fit")
        .help(format!("write `{form}`"))
}
