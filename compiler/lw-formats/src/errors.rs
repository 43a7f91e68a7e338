//! LW016x-LW017x: what in a document cannot be read; and LW02xx where a template does not fit the schemas.

use std::sync::Arc;

use lw_check::typed::Violation;
use lw_diagnostics::{Diagnostic, Edit, Span, did_you_mean};

pub fn not_yaml(reason: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0170", "this is not YAML").at(at, reason.trim_end_matches('.').to_lowercase())
}

pub fn not_json(reason: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0170", "this is not JSON").at(at, reason)
}

pub fn second_document(at: Span) -> Diagnostic {
    Diagnostic::error("LW0170", "a template is one document").at(at, "a second one begins here")
}

pub fn no_key(kind: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0170", format!("{kind} is no key")).at(at, "a key is text")
}

pub fn key_twice(key: &str, at: Span, first: Span) -> Diagnostic {
    Diagnostic::error("LW0171", format!("the key `{key}` is given twice"))
        .at(at, "given again here")
        .and(first, "first given here")
        .note("which of the two counts depends on who reads it")
}

pub fn unknown_anchor(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0172", format!("there is no anchor `{name}`")).at(at, "nothing above is named `&` and this")
}

pub fn anchor_within_itself(at: Span) -> Diagnostic {
    Diagnostic::error("LW0172", "an anchor stands within what it names").at(at, "this would contain itself")
}

pub fn merge_of_no_mapping(at: Span) -> Diagnostic {
    Diagnostic::error("LW0172", "`<<` takes a mapping, or a list of mappings").at(at, "this is neither")
}

pub fn too_many_nodes(allowed: usize, at: Span) -> Diagnostic {
    Diagnostic::error("LW0173", format!("the document has more than {allowed} values"))
        .at(at, "the limit is reached here")
        .note("anchors count as often as they are used")
}

pub fn unknown_tag(tag: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0174", format!("CloudFormation has no tag `{tag}`")).at(at, "not known")
}

/// `known` are names as they would be written here.
pub fn unknown_function<'k>(name: &str, at: Span, known: impl Iterator<Item = &'k str> + Clone) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0174", format!("CloudFormation has no function `{name}`")).at(at, "not known");
    suggest(diagnostic, name, at, known)
}

pub fn bad_argument(function: &str, wanted: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0175", format!("`{function}` takes {wanted}")).at(at, "this is something else")
}

pub fn out_of_range(index: i64, length: usize, at: Span) -> Diagnostic {
    let elements = if length == 1 { "1 element".to_string() } else { format!("{length} elements") };
    Diagnostic::error("LW0175", format!("the list has {elements}, so no number {index}")).at(at, "counts from 0")
}

pub fn unknown_collection(what: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0179", format!("a loop goes through {what}, which is not known here"))
        .at(at, "nothing of what is repeated is checked")
        .help("give the parameter a value with `--set`, or a default")
}

pub fn not_a_template(found: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0176", "this is no CloudFormation template")
        .at(at, found.to_string())
        .note("a template is a mapping with a section `Resources`")
}

pub fn wrong_section(name: &str, wanted: &str, found: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0176", format!("`{name}` is {wanted}, not {found}")).at(at, format!("this is {found}"))
}

pub fn unknown_section<'k>(name: &str, at: Span, known: impl Iterator<Item = &'k str> + Clone) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0176", format!("a template has no section `{name}`")).at(at, "not known");
    suggest(diagnostic, name, at, known)
}

pub fn unknown_attribute<'k>(name: &str, at: Span, known: impl Iterator<Item = &'k str> + Clone) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0176", format!("a resource of a template has no `{name}`")).at(at, "not known here");
    suggest(diagnostic, name, at, known)
}

pub fn no_type(resource: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0176", format!("the resource `{resource}` has no `Type`")).at(at, "of what type is it?")
}

pub fn unknown_reference<'k>(
    what: &str,
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0177", format!("the template has no {what} `{name}`")).at(at, "refers to nothing");
    let near = did_you_mean(name, known).map(str::to_string);
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn cycle(what: &str, names: &[Arc<str>], at: Span) -> Diagnostic {
    let chain: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::error("LW0178", format!("{what} depends on itself: {}", chain.join(" → "))).at(at, "it leads back here")
}

// Schema.

pub fn unknown_type<'k>(wire: &str, at: Span, known: impl Iterator<Item = &'k str> + Clone) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0202", format!("there is no resource type `{wire}`")).at(at, "not known");
    suggest(diagnostic, wire, at, known)
}

pub fn unknown_property<'k>(
    name: &str,
    owner: &str,
    at: Span,
    known: impl Iterator<Item = &'k str> + Clone,
) -> (Diagnostic, Option<String>) {
    let diagnostic = Diagnostic::error("LW0203", format!("`{owner}` has no property `{name}`"))
        .at(at, format!("not a property of `{owner}`"));
    let near = did_you_mean(name, known.clone()).map(str::to_string);
    match &near {
        Some(found) => (suggest(diagnostic, name, at, known), Some(found.clone())),
        None => {
            let mut names: Vec<&str> = known.collect();
            names.sort_unstable();
            let diagnostic =
                if names.is_empty() { diagnostic } else { diagnostic.note(format!("it has {}", listed(&names))) };
            (diagnostic, None)
        }
    }
}

pub fn unknown_attribute_of<'k>(
    name: &str,
    owner: &str,
    at: Span,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0203", format!("`{owner}` has no attribute `{name}`"))
        .at(at, format!("not an attribute of `{owner}`"));
    match did_you_mean(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn missing_properties(missing: &[&str], owner: &str, at: Span) -> Diagnostic {
    let what = if missing.len() == 1 { "the property" } else { "the properties" };
    Diagnostic::error("LW0204", format!("`{owner}` needs {what} {}", listed(missing)))
        .at(at, format!("{} not given", listed(missing)))
}

pub fn mismatch(expected: &str, found: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("expected {expected}, found {found}")).at(at, format!("this is {found}"))
}

pub fn not_a_member(text: &str, strings: &[Arc<str>], at: Span) -> Diagnostic {
    /// Longer lists are cut.
    const SHOWN_MAX: usize = 8;
    let shown: Vec<String> = strings.iter().take(SHOWN_MAX).map(|string| format!("`{string}`")).collect();
    let more =
        if strings.len() > SHOWN_MAX { format!(" and {} more", strings.len() - SHOWN_MAX) } else { String::new() };
    let diagnostic = Diagnostic::error("LW0211", format!("`{text}` is not one of what this takes"))
        .at(at, "not allowed here")
        .note(format!("allowed: {}{more}", shown.join(", ")));
    match did_you_mean(text, strings.iter().map(|string| &**string)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn outside_limits(field: &str, owner: &str, violation: &Violation, at: Span, edit: Option<Edit>) -> Diagnostic {
    let message = format!("`{field}` of `{owner}` takes {}, not {}", violation.taken, violation.found);
    let mut diagnostic = Diagnostic::error("LW0238", message).at(at, "not taken");
    if let Some(pattern) = &violation.pattern {
        diagnostic = diagnostic.note(format!("it has to match `{pattern}`"));
    }
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text), [edit]),
        None => diagnostic,
    }
}

pub fn read_only(name: &str, owner: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0226", format!("`{name}` of `{owner}` is read-only"))
        .at(at, "known once the resource exists; it cannot be set")
        .help("leave it out; read it with `Fn::GetAtt`")
}

pub fn none_given(names: &[&str], exactly: bool, owner: &str, at: Span) -> Diagnostic {
    let amount = if exactly { "one" } else { "at least one" };
    Diagnostic::error("LW0237", format!("`{owner}` needs {amount} of {}", listed(names)))
        .at(at, "none of them is given")
}

pub fn several_given(first: &str, last: &str, owner: &str, at: Span, other: Span) -> Diagnostic {
    Diagnostic::error("LW0237", format!("`{owner}` takes `{first}` or `{last}`, not both"))
        .at(at, format!("`{last}` is given here"))
        .and(other, format!("`{first}` is given here"))
}

pub fn required_with(first: &str, missing: &[&str], owner: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0237", format!("`{owner}` with `{first}` needs {} too", listed(missing)))
        .at(at, format!("{} not given", listed(missing)))
}

// Plans of Terraform.

/// `types` are names with how many resources there are of each.
pub fn not_checked(count: usize, types: &[(&str, usize)], at: Span) -> Diagnostic {
    /// Longer lists are cut.
    const SHOWN_MAX: usize = 20;
    let mut shown: Vec<String> =
        types.iter().take(SHOWN_MAX).map(|(name, count)| format!("`{name}` ({count})")).collect();
    if types.len() > SHOWN_MAX {
        shown.push(format!("{} more", types.len() - SHOWN_MAX));
    }
    let resources = if count == 1 { "1 resource is".to_string() } else { format!("{count} resources are") };
    let message = format!("{resources} not checked: {}", shown.join(", "));
    Diagnostic::warning("LW0195", message)
        .at(at, "the first of a type that is mapped onto no wire type")
        .help("docs/coming-from/terraform.md lists the types that are checked")
}

pub fn plan_version(found: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0196", format!("plans of format {found} are not read"))
        .at(at, "the format's version")
        .help("versions 1.x are: `terraform show -json PLAN` of Terraform 1.0 and later writes them")
}

pub fn state_not_plan(at: Span) -> Diagnostic {
    Diagnostic::error("LW0196", "this is a state of Terraform, not a plan")
        .at(at, "it has `values`, and no `resource_changes`")
        .help("`terraform plan -out PLAN`, then `terraform show -json PLAN`")
}

pub fn plan_shape(name: &str, wanted: &str, found: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0197", format!("`{name}` of a plan is {wanted}, not {found}"))
        .at(at, format!("this is {found}"))
}

pub fn plan_lacks(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0197", format!("a resource of the plan has no `{name}`")).at(at, "it begins here")
}

pub fn plan_incomplete(why: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0198", "the plan does not have everything").at(at, why)
}

/// A diagnostic about a planned resource: its provider has accepted it, so that the mapping may be as wrong as the value.
pub fn does_not_fit(found: &mut Diagnostic, address: &Arc<str>) {
    let message = format!("`{address}` does not fit its wire type: {}", found.message);
    let mut warning = Diagnostic::warning("LW0320", message).on_path(&**address);
    if let Some(label) = found.primary.take() {
        warning = warning.at(label.span, label.message);
    }
    *found = warning.note("policies that ask for it cannot be decided");
}

/// `candidates` is how many resources it may belong to.
pub fn part_of_nothing(address: &str, of: &[String], candidates: usize, at: Span) -> Diagnostic {
    let kinds: Vec<String> = of.iter().map(|kind| format!("`{kind}`")).collect();
    let message = format!("it cannot be told which {} `{address}` belongs to", kinds.join(" or "));
    let diagnostic = Diagnostic::warning("LW0321", message).at(at, "part of a resource").on_path(address);
    match candidates {
        0 => diagnostic.note("none that the plan has; what it says is not checked"),
        1 => diagnostic.note("what it says is open for the one that it may belong to"),
        count => diagnostic.note(format!("what it says is open for each of the {count} that it may belong to")),
    }
}

/// Adds what was probably meant, as an edit of the place itself.
fn suggest<'k>(diagnostic: Diagnostic, name: &str, at: Span, known: impl Iterator<Item = &'k str>) -> Diagnostic {
    match did_you_mean(name, known) {
        Some(near) => {
            let text = near.to_string();
            diagnostic.fix(format!("write `{near}`"), [Edit { span: at, text }])
        }
        None => diagnostic,
    }
}

/// Longer lists are cut.
fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let mut shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN_MAX {
        shown.push(format!("{} more", names.len() - SHOWN_MAX));
    }
    match shown.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
