//! Which optional fields go together: the alternatives that the wire schemas state beside "required".

use lw_diagnostics::Span;
use lw_syntax::Name;
use lw_syntax::ast;

use crate::checker::Checker;
use crate::declare::text_of;
use crate::errors;
use crate::errors::listed;
use crate::infer::Context;
use crate::typed::{ExprId, ExprKind};

/// A rule over the fields of one record literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// `@exactlyOne("a", "b")`
    ExactlyOne(Vec<Name>),
    /// `@atLeastOne("a", "b")`
    AtLeastOne(Vec<Name>),
    /// `@requires("a", "b", "c")`: with the first, all others.
    Requires(Name, Vec<Name>),
    /// `@excludes("a", "b", "c")`: with the first, none of the others.
    Excludes(Name, Vec<Name>),
}

/// The rules that a declaration's annotations state.
pub fn rules(statement: &ast::Statement) -> Vec<Presence> {
    let mut found = Vec::new();
    for annotation in &statement.annotations {
        let ast::AnnotationArguments::Positional(arguments) = &annotation.arguments else { continue };
        let names: Vec<Name> =
            arguments.iter().filter_map(|argument| text_of(&statement.tree, *argument)).map(Name::from).collect();
        let first = |make: fn(Name, Vec<Name>) -> Presence, names: &[Name]| {
            names.split_first().map(|(first, rest)| make(*first, rest.to_vec()))
        };
        found.extend(match annotation.name.name.as_str() {
            "exactlyOne" => Some(Presence::ExactlyOne(names)),
            "atLeastOne" => Some(Presence::AtLeastOne(names)),
            "requires" => first(Presence::Requires, &names),
            "excludes" => first(Presence::Excludes, &names),
            _ => None,
        });
    }
    found
}

impl Presence {
    /// What the rule takes and what was given instead, if it is broken by what is given.
    pub fn broken(&self, given: impl Fn(Name) -> bool) -> Option<(String, String)> {
        let chosen = |names: &[Name]| names.iter().filter(|name| given(**name)).copied().collect::<Vec<_>>();
        match self {
            Presence::ExactlyOne(names) => match chosen(names).as_slice() {
                [] => Some((format!("one of {}", listed(names)), "none of them".to_string())),
                [_] => None,
                several => Some((format!("one of {}", listed(names)), format!("both {}", listed(several)))),
            },
            Presence::AtLeastOne(names) => chosen(names)
                .is_empty()
                .then(|| (format!("at least one of {}", listed(names)), "none of them".to_string())),
            Presence::Requires(first, names) => {
                let missing: Vec<Name> = names.iter().filter(|name| !given(**name)).copied().collect();
                (given(*first) && !missing.is_empty())
                    .then(|| (format!("{} beside `{first}`", listed(&missing)), format!("`{first}` alone")))
            }
            Presence::Excludes(first, names) => {
                let other = names.iter().find(|name| given(*first) && given(**name))?;
                Some((format!("`{first}` or `{other}`"), "both".to_string()))
            }
        }
    }
}

impl Checker<'_> {
    /// Holds a record literal that was checked against its type's rules. A field whose value may turn out to be None counts
    /// neither for nor against.
    pub fn check_presence(&mut self, cx: &Context<'_>, rules: &[Presence], record: ExprId, owner: &str, span: Span) {
        if rules.is_empty() {
            return;
        }
        let ExprKind::Record(fields) = &cx.exprs[record.0 as usize].kind else { return };
        let value = |name: &Name| fields.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let kind = |value: ExprId| &cx.exprs[value.0 as usize].kind;
        let absent = |name: &Name| value(name).is_none_or(|value| matches!(kind(value), ExprKind::None));
        let given = |name: &Name| value(name).is_some_and(|value| matches!(kind(value), ExprKind::Some(_)));
        let mut found = Vec::new();
        for rule in rules {
            match rule {
                Presence::ExactlyOne(names) => {
                    let several: Vec<Name> = names.iter().filter(|name| given(name)).copied().collect();
                    if names.iter().all(absent) {
                        found.push(errors::records::none_given(names, true, owner, span));
                    } else if let [first, .., last] = several.as_slice() {
                        let place = value(last).map_or(span, |value| cx.exprs[value.0 as usize].span);
                        let other = value(first).map_or(span, |value| cx.exprs[value.0 as usize].span);
                        found.push(errors::records::several_given(*first, *last, owner, place, other));
                    }
                }
                Presence::AtLeastOne(names) => {
                    if names.iter().all(absent) {
                        found.push(errors::records::none_given(names, false, owner, span));
                    }
                }
                Presence::Requires(first, names) => {
                    let missing: Vec<Name> = names.iter().filter(|name| absent(name)).copied().collect();
                    if given(first) && !missing.is_empty() {
                        found.push(errors::records::required_with(*first, &missing, owner, span));
                    }
                }
                Presence::Excludes(first, names) => {
                    if let Some(other) = names.iter().find(|name| given(first) && given(name)) {
                        let place = value(other).map_or(span, |value| cx.exprs[value.0 as usize].span);
                        let first_place = value(first).map_or(span, |value| cx.exprs[value.0 as usize].span);
                        found.push(errors::records::several_given(*first, *other, owner, place, first_place));
                    }
                }
            }
        }
        self.diagnostics.extend(found);
    }
}
