//! LW0280 to LW0289: fleets that cannot be.

use lw_diagnostics::{Diagnostic, Span, did_you_mean};
use lw_plan::FleetProblem;

/// A fleet that no Conductor could keep as it is declared.
pub(crate) fn infeasible(path: &str, problem: &FleetProblem, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(problem.code, problem.message.clone())
        .at(span, format!("declared for `{path}` here"))
        .note(problem.note)
        .on_path(path);
    match &problem.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// A property of a fleet that has to be known before anything is made.
pub(crate) fn known_later(path: &str, property: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0289", format!("`{property}` of the fleet `{path}` is known only once other resources exist"))
        .at(span, "a part of this is known only later")
        .note("only the template, what members are spread over, and the balancer may be known later")
        .on_path(path)
}

/// A template of something that is not interchangeable.
pub(crate) fn no_member(path: &str, type_name: &str, is_ours: bool, span: Span) -> Diagnostic {
    let reason = match is_ours {
        true => "a fleet is made of objects of a cloud",
        false => "members are replaced one by the other, and what one of these holds would be lost",
    };
    Diagnostic::error("LW0288", format!("a `{type_name}` cannot be a member of a fleet"))
        .at(span, format!("the template of `{path}`"))
        .note(reason)
        .on_path(path)
}

/// Members spread over the values of a property that they have not.
pub(crate) fn spread_over_unknown(path: &str, name: &str, type_name: &str, names: &[&str], span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0282", format!("`{type_name}` has no property `{name}` to spread members over"))
            .at(span, format!("members of `{path}` would take its values in turn"))
            .on_path(path);
    match did_you_mean(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("write `{near}`")),
        None => diagnostic,
    }
}
