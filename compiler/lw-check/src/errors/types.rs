//! Types that do not agree.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::{counted, listed, near, suggest};
use crate::difference::Difference;

pub fn mismatch(difference: &Difference, span: Span) -> Diagnostic {
    let Difference { place, found, expected } = difference;
    let headline = format!("expected `{expected}`, found `{found}`");
    match place {
        Some(place) => Diagnostic::error("LW0205", format!("{headline} in {place}"))
            .at(span, format!("{place}: this has `{found}`")),
        None => Diagnostic::error("LW0205", headline).at(span, format!("this is `{found}`")),
    }
}

/// The place from which the expectation comes.
pub fn because(diagnostic: Diagnostic, place: Span, label: String) -> Diagnostic {
    let elsewhere = diagnostic.primary.as_ref().is_none_or(|primary| primary.span != place);
    if elsewhere { diagnostic.and(place, label) } else { diagnostic }
}

/// Arguments that would fit in another order, with the edits that put them there.
pub fn argument_order(order: &str, edits: Vec<Edit>, first: Span, others: &[Span]) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("LW0240", "these arguments stand in the wrong order")
        .at(first, "this one belongs elsewhere")
        .note(format!("the function takes {order}"));
    for other in others {
        diagnostic = diagnostic.and(*other, "and so does this");
    }
    diagnostic.fix("put them in order", edits)
}

/// Text where what identifies a resource is wanted.
pub fn text_as_reference(found: &str, expected: &str, edit: Option<Edit>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found `{found}`"))
        .at(span, format!("this is `{found}`"))
        .note("text that is written out may name a resource; text that comes from elsewhere has to say so");
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text.clone()), [edit]),
        None => diagnostic.help(format!("give it the type `{expected}` where it comes from")),
    }
}

pub fn optional_as_value(found: &str, expected: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0219", format!("expected `{expected}`, found `{found}`"))
        .at(span, "this may be None")
        .help("give a default with `?|`, or take it apart with `case`")
}

pub fn missing_call(text: &str, count: usize, found: &str, expected: &str, span: Span) -> Diagnostic {
    let after = Span::new(span.file, span.end, span.end);
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found the function `{found}`"))
        .at(span, format!("a function, not called with its {}", counted(count, "argument")));
    match count {
        0 => diagnostic.fix(format!("write `{text}()`"), [Edit { span: after, text: "()".into() }]),
        _ => diagnostic.help(format!("call it: `{text}(…)`")),
    }
}

pub fn resource_as_value(
    found: &str,
    expected: &str,
    fitting: &[Name],
    edit: Option<(Name, Edit)>,
    span: Span,
) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found the resource `{found}`"))
        .at(span, format!("this is `{found}`"));
    match edit {
        Some((name, edit)) => diagnostic.fix(format!("read its attribute `{name}`"), [edit]),
        None if !fitting.is_empty() => diagnostic.help(format!("read one of its attributes: {}", listed(fitting))),
        None => diagnostic,
    }
}

pub fn one_for_a_list(found: &str, expected: &str, edit: Option<Edit>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found `{found}`"))
        .at(span, "one, where a list is wanted");
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text.clone()), [edit]),
        None => diagnostic.help("write it in square brackets"),
    }
}

pub fn fits_one_by_one(found: &str, expected: &str, edit: Option<Edit>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found `{found}`"))
        .at(span, format!("this is `{found}`"))
        .note("each element would fit, but a list that is already made is not looked into");
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text.clone()), [edit]),
        None => diagnostic.help("write a comprehension: `[each for each in …]`"),
    }
}

pub fn quoted_value(found: &str, expected: &str, edit: Edit, span: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("expected `{expected}`, found `{found}`"))
        .at(span, "text, because it is quoted")
        .fix(format!("write `{}`", edit.text.clone()), [edit])
}

pub fn number_as_text(found: &str, expected: &str, edit: Option<Edit>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("expected `{expected}`, found `{found}`"))
        .at(span, format!("this is `{found}`"));
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text.clone()), [edit]),
        None => diagnostic.help("convert it with `Int.toString`"),
    }
}

pub fn branches_differ(difference: &Difference, one_span: Span, other_span: Span) -> Diagnostic {
    peers("these two branches differ", difference, one_span, other_span)
        .note("one of them becomes the value, so both have one type")
}

/// Two of which neither is the rule.
fn peers(headline: &str, difference: &Difference, one_span: Span, other_span: Span) -> Diagnostic {
    let Difference { place, found, expected } = difference;
    match place {
        Some(place) => Diagnostic::error("LW0212", format!("{headline} in {place}"))
            .at(other_span, format!("{place}: `{found}`"))
            .and(one_span, format!("{place}: `{expected}`")),
        None => Diagnostic::error("LW0212", headline)
            .at(other_span, format!("this is `{found}`"))
            .and(one_span, format!("this is `{expected}`")),
    }
}

pub fn elements_differ(difference: &Difference, one_span: Span, other_span: Span) -> Diagnostic {
    peers("these two elements differ", difference, one_span, other_span)
        .note("all elements of a list or dictionary have one type")
}

pub fn not_a_member(text: &str, ty: &str, strings: &[Arc<str>], span: Span) -> Diagnostic {
    /// Longer lists are cut.
    const SHOWN_MAX: usize = 8;
    let shown: Vec<String> = strings.iter().take(SHOWN_MAX).map(|string| format!("\"{string}\"")).collect();
    let more =
        if strings.len() > SHOWN_MAX { format!(" and {} more", strings.len() - SHOWN_MAX) } else { String::new() };
    let of = if ty.starts_with('"') { "what this takes".to_string() } else { format!("`{ty}`") };
    let diagnostic = Diagnostic::error("LW0211", format!("\"{text}\" is not one of {of}"))
        .at(span, "not allowed here")
        .note(format!("allowed: {}{more}", shown.join(", ")));
    match near(text, strings.iter().map(|string| &**string)) {
        Some(near) => {
            let text = format!("\"{near}\"");
            diagnostic.fix(format!("write `{text}`"), [Edit { span, text }])
        }
        None => diagnostic,
    }
}

pub fn not_printable(ty: &str, optional: bool, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0227", format!("`{ty}` cannot stand in a string"))
        .at(span, format!("this is `{ty}`"))
        .note("strings take texts, numbers, Bools, durations, sizes, ids, ARNs and names");
    if optional { diagnostic.help("give a default with `?|`") } else { diagnostic }
}

pub fn resource_printed(name: &str, attributes: &[Name], span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0227", format!("the resource `{name}` cannot stand in a string"))
        .at(span, "this is a resource");
    match attributes.first() {
        Some(first) => {
            let at = Span::new(span.file, span.end, span.end);
            diagnostic.fix(format!("read its `{first}`"), [Edit { span: at, text: format!(".{first}") }])
        }
        None => diagnostic.help("read one of its attributes"),
    }
}

pub fn unknown_variable(name: Name, place: Span, known: &[Name]) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0202", format!("there is no type variable `{name}` here"))
        .at(place, "not a parameter of this type")
        .note("types begin with a capital letter; a lower-case name is a type variable");
    suggest(diagnostic, &name, known, place)
}

pub fn argument_count(name: Name, expected: usize, found: usize, place: Span) -> Diagnostic {
    Diagnostic::error("LW0228", format!("`{name}` takes {}, not {found}", counted(expected, "type argument")))
        .at(place, format!("{} given", counted(found, "type argument")))
}

pub fn cyclic_alias(name: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0220", format!("the type `{name}` is defined as itself"))
        .at(place, "an alias of itself")
        .help("a recursive type needs a record or a sum in between")
}

pub fn infinite(place: Span) -> Diagnostic {
    Diagnostic::error("LW0220", "the type of this value would contain itself")
        .at(place, "used as a part of its own type")
        .note("a function that gives itself, or takes itself, has no type that could be written down")
}

pub fn too_large(place: Span) -> Diagnostic {
    Diagnostic::error("LW0236", "the type of this definition is too large to check")
        .at(place, "its type has too many parts")
        .note("functions that make pairs of what they take, applied to each other, double it each time")
}

pub fn type_as_value(name: &str, resource: bool, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0229", format!("`{name}` is a type, not a value")).at(span, "a type");
    if resource { diagnostic.help(format!("make one with `{name} {{…}}`")) } else { diagnostic }
}

pub fn module_as_value(name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0229", format!("`{name}` is a module, not a value"))
        .at(span, "a module")
        .help("name something in it: `Module.name`")
}

pub fn type_member(ty: &str, name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0229", format!("the type `{ty}` has no `{name}`"))
        .at(span, "a type has no fields; its values do")
}

pub fn constructor_alone(span: Span) -> Diagnostic {
    Diagnostic::error("LW0229", "a constructor after a value needs a field after it")
        .at(span, "no field follows")
        .help("write `value.(Constructor).field`")
}

pub fn no_payload(name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0203", format!("`{name}` holds nothing")).at(span, "there is no field to read")
}

pub fn field_of_sum(name: Name, ty: &str, constructors: &[Name], span: Span) -> Diagnostic {
    Diagnostic::error("LW0203", format!("`{ty}` has several constructors, so `{name}` may not be there"))
        .at(span, "which constructor is meant?")
        .help(format!("take it apart with `case`, or name one: `value.({}).{name}`", constructors[0]))
}

pub fn no_fields(ty: &str, name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0203", format!("`{ty}` has no fields, so no `{name}`")).at(span, format!("read of `{ty}`"))
}

pub fn field_of_optional(name: Name, inner: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0219", format!("`{name}` is read of an `Optional<{inner}>`, which may be None"))
        .at(span, "there may be nothing to read of")
        .help("give a default with `?|`, or take it apart with `case`")
}

pub fn field_of_dictionary(name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0203", format!("a dictionary has keys, not fields, so no `{name}`"))
        .at(span, "read of a Dictionary")
        .help(format!("write `Dictionary.lookup(\"{name}\", …)`"))
}

pub fn not_iterable(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("`{ty}` has no elements to go through"))
        .at(span, format!("this is `{ty}`"))
        .note("a comprehension goes through a List, a Dictionary or an Optional")
}

pub fn not_an_input(name: Name, ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0233", format!("`{name}` cannot be given as text"))
        .at(span, format!("`{ty}` has no written form"))
        .note("parameters are Bool, Int, Float, String, Duration, Size, enumerations, and lists, dictionaries and records of these")
}

pub fn not_a_test(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("a test is a `Bool` or a `Validation`, not `{ty}`"))
        .at(span, format!("this is `{ty}`"))
}

pub fn not_a_policy(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("a policy is a function of one value to `Validation`, not `{ty}`"))
        .at(span, format!("this is `{ty}`"))
}

pub fn result_not_written(name: Name, ty: &str, place: Span, after: Span) -> Diagnostic {
    let at = Span::new(after.file, after.end, after.end);
    let diagnostic =
        Diagnostic::warning("LW0224", format!("the result of the exported function `{name}` is not written down"))
            .at(place, format!("gives `{ty}`"));
    // What is cut or open when shown is not how a type is written.
    if ty.contains(['…', '?', '_']) {
        return diagnostic.help("write `-> ` and the type");
    }
    diagnostic.fix(format!("write `-> {ty}`"), [Edit { span: at, text: format!(" -> {ty}") }])
}
