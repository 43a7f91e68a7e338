//! LW06xx: what evaluation can find wrong, and LW04xx: what the Plan can; one function each.

pub(crate) mod fleets;

use lw_check::typed::{self, Violation};
use lw_core::{Failure, FailureKind, Frame, FrameKind, Later, Machine, OriginId, Term};
use lw_diagnostics::{Diagnostic, Files, Span, did_you_mean};

use crate::lower::Lowered;

/// What a message needs to say where and which.
pub(crate) struct Places<'d, 'e> {
    pub lowered: &'e Lowered,
    pub files: &'e Files,
    pub machine: &'d Machine<'e>,
    pub root: &'e typed::Root,
}

/// Calls that a message shows besides the place itself.
const CALLS_MAX: usize = 3;
/// Names of the call chain that a limit's message shows.
const CHAIN_MAX: usize = 8;

/// Is a place in a file that its writer can change, not in the library?
pub(crate) fn is_own(files: &Files, span: Span) -> bool {
    !files.name(span.file).starts_with("stdlib/")
}

impl Places<'_, '_> {
    fn span(&self, origin: OriginId) -> Option<Span> {
        self.lowered.span(origin)
    }

    /// The places of a failure in files that can be changed, innermost first: its own, then the calls that led to it.
    fn own_places(&self, failure: &Failure) -> Vec<Span> {
        let origins = std::iter::once(failure.origin).chain(failure.trace.iter().map(|frame| frame.at));
        let mut spans: Vec<Span> =
            origins.filter_map(|origin| self.span(origin)).filter(|span| is_own(self.files, *span)).collect();
        if spans.is_empty() {
            // A property or binding that was read by nobody but the compiler.
            spans.extend(failure.trace.iter().find_map(|frame| self.frame_place(frame)));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        spans.retain(|span| seen.insert(*span));
        spans
    }

    /// Where what a frame evaluates is written.
    fn frame_place(&self, frame: &Frame) -> Option<Span> {
        let core = &self.lowered.core;
        let origin = match frame.what {
            FrameKind::Function(id) => core.function(id).code.origin(),
            FrameKind::Global(id) => match &core.globals[id.index()] {
                lw_core::Global::Value(code)
                | lw_core::Global::Lookup { code, .. }
                | lw_core::Global::Parameter { code, .. } => code.origin(),
                _ => return None,
            },
            FrameKind::Lazy(_, origin) => origin,
            FrameKind::Property(id, name) => {
                let written = self.machine.property_origins(id).into_iter().find(|(found, _)| *found == name);
                written.map_or(self.machine.resource(id).origin, |(_, origin)| origin)
            }
        };
        self.span(origin).filter(|span| is_own(self.files, *span))
    }

    fn fallback(&self) -> Span {
        Span::new(self.root.file, 0, 0)
    }

    /// The call chain, innermost first: `f ← g ← vpc`.
    fn chain(&self, trace: &[Frame]) -> String {
        let mut names: Vec<String> =
            trace.iter().map(|frame| format!("`{}`", self.machine.frame_name(frame))).collect();
        // A function that calls itself is named once.
        names.dedup();
        let more = names.len().saturating_sub(CHAIN_MAX);
        names.truncate(CHAIN_MAX);
        let text = names.join(" ← ");
        if more > 0 { format!("{text} ← …") } else { text }
    }
}

fn placed(diagnostic: Diagnostic, failure: &Failure, places: &Places<'_, '_>, label: &str) -> Diagnostic {
    let spans = places.own_places(failure);
    let Some((first, calls)) = spans.split_first() else {
        return diagnostic.at(places.fallback(), label);
    };
    let mut diagnostic = diagnostic.at(*first, label);
    for call in calls.iter().take(CALLS_MAX) {
        diagnostic = diagnostic.and(*call, "on behalf of this");
    }
    diagnostic
}

/// A mistake that evaluation found.
pub(crate) fn failure(failure: &Failure, places: &Places<'_, '_>) -> Diagnostic {
    let at = |diagnostic: Diagnostic, label: &str| placed(diagnostic, failure, places, label);
    match &failure.kind {
        FailureKind::Raised { message, levels } => raised(message, *levels, failure, places),
        FailureKind::Cycle(frames) => depends_on_itself(frames, failure, places),
        FailureKind::Needs { later, operation } => needs_later(later, operation, failure, places),
        FailureKind::Overflow { operation } => at(
            Diagnostic::error("LW0604", format!("the result of {operation} is too large"))
                .note("an Int lies between −(2^53−1) and 2^53−1; a Float is finite"),
            "this overflows",
        ),
        FailureKind::DivisionByZero => at(Diagnostic::error("LW0605", "division by zero"), "the divisor is 0 here"),
        FailureKind::Incomparable => at(
            Diagnostic::error("LW0606", "functions cannot be compared")
                .note("whether two functions always give the same cannot be decided"),
            "a function is compared here",
        ),
        FailureKind::Refinement { name, rule, value } => at(outside_refinement(name, rule, value), "outside of it"),
        FailureKind::NoArm { value } => at(
            Diagnostic::error("LW0608", format!("no arm matches {value}")).help("add an arm for it, or one for `_`"),
            "no pattern here matches the value",
        ),
        FailureKind::OtherConstructor { wanted, found } => {
            let name = |id: lw_core::ConstructorId| places.lowered.core.constructor(id).name.clone();
            let found = found.map_or_else(String::new, |found| format!(", it was made by `{}`", name(found)));
            at(
                Diagnostic::error("LW0609", format!("the value was not made by `{}`{found}", name(*wanted)))
                    .help("tell the constructors apart with `case`"),
                "only values of that constructor have the field",
            )
        }
        FailureKind::DuplicateKey(key) => at(
            Diagnostic::error("LW0610", format!("the key \"{key}\" occurs twice"))
                .note("each key of a dictionary names one value"),
            "this gives the key again",
        ),
        FailureKind::NotOurs { property } => at(
            Diagnostic::error("LW0631", format!("`{property}` is written of an object that is not ours"))
                .note("`existing` says which object is meant; what it is like is read, not declared")
                .help("to declare it, take it over: `@adopt(\"…\")` above a resource with its properties"),
            "`with` would make another from it",
        ),
        FailureKind::Argument(reason) => at(Diagnostic::error("LW0611", reason.clone()), "in this call"),
        FailureKind::InputMissing { name } => at(input_missing(name), "declared here, without a default"),
        FailureKind::InputText { name, source, wanted, found } => at(
            Diagnostic::error("LW0613", format!("`{name}` takes {wanted}, and {source} gives {found}")),
            "declared here",
        ),
        FailureKind::File { path, reason } => {
            at(Diagnostic::error("LW0614", format!("the file `{path}` cannot be read: {reason}")), "read here")
        }
        FailureKind::Lookup { name, query } => at(
            Diagnostic::error("LW0615", format!("the answer to the lookup `{name}` is not recorded"))
                .note(format!("the question is {query}"))
                .help("run `lw lock`"),
            "asked here",
        ),
        FailureKind::Limit { limit, allowed } => {
            let (code, what) = match limit {
                lw_core::Limit::Steps => ("LW0620", "steps of evaluation"),
                lw_core::Limit::Depth => ("LW0621", "calls within one another"),
                lw_core::Limit::Nodes => ("LW0622", "elements of lists and records"),
                lw_core::Limit::Bytes => ("LW0623", "bytes of text"),
                lw_core::Limit::Resources => ("LW0632", "resources"),
            };
            let message = format!("the program takes more than {allowed} {what} (limit `{}`)", limit.name());
            at(
                Diagnostic::error(code, message).note(format!("while evaluating {}", places.chain(&failure.trace))),
                "stopped here",
            )
        }
        FailureKind::Mismatch { operation, found } => at(
            Diagnostic::error("LW0690", format!("{operation} met {found}"))
                .note("the checker should have found this; please report it"),
            "here",
        ),
        FailureKind::Unchecked => at(
            Diagnostic::error("LW0691", "this was not checked and cannot be evaluated")
                .note("the checker should have found this; please report it"),
            "here",
        ),
    }
}

fn raised(message: &str, levels: usize, failure: &Failure, places: &Places<'_, '_>) -> Diagnostic {
    // The innermost frame is `error` itself, called from where the mistake was noticed.
    let is_function = |frame: &&Frame| matches!(frame.what, FrameKind::Function(_));
    let calls: Vec<&Frame> = failure.trace.iter().filter(is_function).collect();
    let wanted = calls.get(levels).or(calls.last()).and_then(|frame| places.span(frame.at));
    let diagnostic = Diagnostic::error("LW0601", cut(message.trim_end_matches('.')));
    match wanted.filter(|span| is_own(places.files, *span)) {
        Some(span) if levels > 0 => {
            let raised = places.own_places(failure).first().copied().filter(|place| *place != span);
            let diagnostic = diagnostic.at(span, "the program stops for this");
            match raised {
                Some(raised) => diagnostic.and(raised, "by this"),
                None => diagnostic,
            }
        }
        _ => placed(diagnostic, failure, places, "the program stops here"),
    }
}

fn depends_on_itself(frames: &[Frame], failure: &Failure, places: &Places<'_, '_>) -> Diagnostic {
    let named: Vec<&Frame> = frames.iter().filter(|frame| !matches!(frame.what, FrameKind::Function(_))).collect();
    let names: Vec<String> = named.iter().map(|frame| places.machine.frame_name(frame)).collect();
    let first = names.first().cloned().unwrap_or_default();
    let mut diagnostic = Diagnostic::error("LW0602", format!("`{first}` depends on itself"));
    if names.len() > 1 {
        let mut chain: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        chain.push(format!("`{first}`"));
        diagnostic = diagnostic.note(format!("{} and so on", chain.join(" needs ")));
    }
    diagnostic = placed(diagnostic, failure, places, &format!("`{first}` is needed here to know `{first}`"));
    diagnostic.secondary.clear();
    for frame in named.iter().take(CHAIN_MAX) {
        let name = places.machine.frame_name(frame);
        if let Some(span) = places.frame_place(frame) {
            diagnostic = diagnostic.and(span, format!("`{name}` is written here"));
        }
    }
    diagnostic
}

fn needs_later(later: &Later, operation: &str, failure: &Failure, places: &Places<'_, '_>) -> Diagnostic {
    let shown = places.machine.show_later(later);
    let resource = first_resource(later);
    let name = resource.map(|id| places.machine.resource_name(id));
    let mut diagnostic = match &later.term {
        Term::Secret { .. } => Diagnostic::error("LW0603", format!("{operation} needs a secret's value")),
        Term::Lookup { source, argument } if **source == *lw_core::OPEN_PARAMETER => {
            input_missing(argument.text().map_or("", |name| name))
        }
        Term::Lookup { source, .. } => {
            Diagnostic::error("LW0603", format!("{operation} needs the answer to `{source}`"))
                .note("only a `lookup` statement may ask, and its answer is recorded")
                .help("name it in a statement of its own: `lookup String name: …`")
        }
        _ => {
            let known = match &name {
                Some(name) => format!("once `{name}` exists"),
                None => "later".to_string(),
            };
            Diagnostic::error("LW0603", format!("{operation} needs `{shown}`, which is known only {known}"))
                .note("what a program decides must be known before anything is made: a plan never has an unknown shape")
        }
    };
    diagnostic = placed(diagnostic, failure, places, &format!("{operation} needs the value here"));
    let read = places.span(first_read(later)).filter(|span| is_own(places.files, *span));
    let primary = diagnostic.primary.as_ref().map(|label| label.span);
    if let Some(read) = read.filter(|read| Some(*read) != primary) {
        diagnostic.secondary.insert(0, lw_diagnostics::Label { span: read, message: "it is read here".into() });
    }
    if let Some(place) = resource.and_then(|id| places.span(places.machine.resource(id).origin))
        && is_own(places.files, place)
        && let Some(name) = name
    {
        diagnostic = diagnostic.and(place, format!("`{name}` is made here"));
    }
    diagnostic
}

fn parts(later: &Later) -> Vec<&lw_core::Value> {
    match &later.term {
        Term::Concat(items) | Term::Cidr(items) => items.iter().collect(),
        Term::Join { parts: inner, .. }
        | Term::Json(inner)
        | Term::Base64(inner)
        | Term::Select { list: inner, .. }
        | Term::Split { text: inner, .. } => vec![&**inner],
        Term::Get { .. } | Term::Secret { .. } | Term::Lookup { .. } => Vec::new(),
    }
}

fn first_resource(later: &Later) -> Option<lw_core::ResourceId> {
    if let Term::Get { resource, .. } = &later.term {
        return Some(*resource);
    }
    let mut found = Vec::new();
    for part in parts(later) {
        lw_core::mentioned(part, &mut found);
    }
    found.first().copied()
}

/// Where the first attribute in a term was read.
fn first_read(later: &Later) -> OriginId {
    let mut current = later;
    loop {
        let next = parts(current).into_iter().find_map(|part| match part {
            lw_core::Value::Later(inner) => Some(inner),
            _ => None,
        });
        match next {
            Some(inner) => current = inner,
            None => return current.origin,
        }
    }
}

fn outside_refinement(name: &str, rule: &str, value: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0607", format!("{value} is no `{name}`"));
    if rule.is_empty() { diagnostic } else { diagnostic.note(format!("what is one satisfies `{rule}`")) }
}

/// A literal outside of its refined type.
pub(crate) fn literal_outside(failure: &Failure, span: Span, declared: Span) -> Diagnostic {
    let diagnostic = match &failure.kind {
        FailureKind::Refinement { name, rule, value } => {
            let label = format!("not a `{name}`");
            let mut diagnostic = outside_refinement(name, rule, value).at(span, label);
            diagnostic.code = "LW0617";
            diagnostic
        }
        _ => Diagnostic::error("LW0617", "whether this is a value of its type cannot be decided")
            .at(span, "deciding it failed")
            .note("the predicate of the type stops with an error, or takes too many steps"),
    };
    diagnostic.and(declared, "declared here")
}

fn input_missing(name: &str) -> Diagnostic {
    Diagnostic::error("LW0612", format!("the parameter `{name}` has no value"))
        .help(format!("give one with `--set {name}=…`, the variable `LW_PARAM_{name}`, `lw.toml`, or a default"))
}

/// A named resource that will not exist.
pub(crate) fn unreachable(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LW0630", format!("the resource `{name}` is never created"))
        .at(span, "nothing that exists leads to it")
        .note("a resource exists when a top-level binding of the composition, or another resource, leads to it")
}

/// A value that takes more room in the Plan than all values may, because what it shares is written each time.
pub(crate) fn too_large(name: &str, owner: &str, resources: usize, span: Span) -> Diagnostic {
    let most = lw_core::Extent::max(resources);
    Diagnostic::error("LW0633", format!("the `{name}` of `{owner}` has more than {most} parts when it is written out"))
        .at(span, "too large to be written")
        .note("a value that is used in several places is one in the program, and is written in each of them")
}

/// More of a program's own words than anybody reads are cut.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN_MAX: usize = 2_000;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

// LW04xx.

/// A circle of resources with no property that could be set afterwards.
pub(crate) fn circle(steps: &[(String, String)], spans: &[Option<Span>], fallback: Span) -> Diagnostic {
    let mut drawing: Vec<String> = steps.iter().map(|(path, property)| format!("{path} —{property}→")).collect();
    drawing.push(steps.first().map(|(path, _)| path.clone()).unwrap_or_default());
    let names: Vec<String> = steps.iter().map(|(path, _)| format!("`{path}`")).collect();
    let message = match &names[..] {
        [one] => format!("the resource {one} needs itself to be created"),
        _ => format!("the resources {} need each other to be created", names.join(", ")),
    };
    let mut diagnostic = Diagnostic::error("LW0401", message)
        .note(format!("{}: none of these properties can be left out first and set afterwards", drawing.join(" ")));
    for (at, ((path, property), span)) in steps.iter().zip(spans).enumerate() {
        let span = span.unwrap_or(fallback);
        let label = format!("`{path}` refers onward in `{property}`");
        diagnostic = if at == 0 { diagnostic.at(span, label) } else { diagnostic.and(span, label) };
    }
    diagnostic
}

/// A computed value that the wire's schema does not take.
pub(crate) fn outside_limits(field: &str, owner: &str, violation: &Violation, span: Span) -> Diagnostic {
    let of = if field.is_empty() { format!("`{owner}`") } else { format!("`{field}` of `{owner}`") };
    let message = format!("{of} takes {}, not {}", violation.taken, violation.found);
    let diagnostic = Diagnostic::error("LW0616", message).at(span, "computed here").on_path(owner);
    match &violation.pattern {
        Some(pattern) => diagnostic.note(format!("it has to match `{pattern}`")),
        None => diagnostic,
    }
}

/// What is wrong with a value, at the property that holds it.
pub(crate) fn in_property(mut found: Diagnostic, span: Span, field: &str, owner: &str) -> Diagnostic {
    found.secondary.clear();
    found.at(span, format!("computed for `{field}`")).on_path(owner)
}

/// A value that the wire has no form for.
pub(crate) fn not_writable(path: &str, property: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0402", format!("`{property}` of `{path}` holds {what}, which cannot be written into a plan"))
        .at(span, "the property is written here")
        .on_path(path)
}

/// An output that the wire has no form for.
pub(crate) fn not_writable_output(name: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0402", format!("the output `{name}` holds {what}, which cannot be written into a plan"))
        .at(span, "written here")
}

/// `ignores` with a name that the type has not.
pub(crate) fn unknown_ignored(name: &str, type_name: &str, names: &[&str], span: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0403", format!("`{type_name}` has no property `{name}` to ignore"));
    let diagnostic = match did_you_mean(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("write `{near}`")),
        None => diagnostic,
    };
    match span {
        Some(span) => diagnostic.at(span, "named here"),
        None => diagnostic,
    }
}

/// A waiver whose date is none.
pub(crate) fn malformed_date(text: &str, span: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0404", format!("`{text}` is not a date"))
        .help("write the last day of the exception as year, month and day: `2026-12-31`");
    match span {
        Some(span) => diagnostic.at(span, "in this waiver"),
        None => diagnostic,
    }
}

/// A waiver of a policy that is not in force.
pub(crate) fn unknown_waiver(name: &str, in_force: &[&str], span: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::warning("LW0409", format!("this waives `{name}`, which is no policy in force"));
    let diagnostic = match did_you_mean(name, in_force.iter().copied()) {
        Some(near) => diagnostic.help(format!("write `{near}`")),
        None => diagnostic.note("an exception that nothing asks for hides what was meant to be excepted"),
    };
    match span {
        Some(span) => diagnostic.at(span, "this waiver"),
        None => diagnostic,
    }
}

/// A secret on its way to where it would be seen.
pub(crate) fn secret_shown(name: &str, path: Option<&str>, span: Span) -> Diagnostic {
    let message = match path {
        Some(path) => format!("`{name}` of `{path}` holds a secret, and everybody would see it there"),
        None => format!("the output `{name}` holds a secret, and everybody would see it there"),
    };
    let diagnostic = Diagnostic::error("LW0410", message)
        .at(span, "a secret comes here")
        .note("secrets go into properties that the cloud does not show again, or that are marked as sensitive");
    match path {
        Some(path) => diagnostic.on_path(path),
        None => diagnostic,
    }
}

/// A test that does not pass.
pub(crate) fn failed_test(name: &str, reason: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::warning("LW0618", format!("the test \"{name}\" fails")).at(span, "not passed");
    match reason {
        Some(reason) => diagnostic.note(reason.to_string()),
        None => diagnostic,
    }
}

/// `T.existing {…}` without a known identifier.
pub(crate) fn unidentified(path: &str, type_name: &str, names: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0405", format!("the existing `{path}` is not identified"))
        .at(span, "written here")
        .note(format!("a `{type_name}` is identified by {names}, which must be known before anything is made"))
        .on_path(path)
}

/// A provider with a part that is not known or not text.
pub(crate) fn unusable_provider(field: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0406", format!("`{field}` of the provider is {what}"))
        .at(span, "for this resource")
        .note("where resources live must be known before anything is made")
}

/// Two resources with one path.
pub(crate) fn same_path(path: &str, first: Option<Span>, second: Option<Span>, fallback: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0407", format!("two resources are called `{path}`"))
        .at(second.unwrap_or(fallback), "one of them")
        .help("give one of them a top-level name");
    match first {
        Some(first) => diagnostic.and(first, "the other"),
        None => diagnostic,
    }
}

/// `@adopt` or `@id` above several resources, or the same above two.
pub(crate) fn claimed_twice(annotation: &str, claimed: &str, paths: [&str; 2], span: Span) -> Diagnostic {
    Diagnostic::error("LW0408", format!("`{claimed}` is claimed by `{}` and `{}`", paths[0], paths[1]))
        .at(span, format!("one of those that `@{annotation}` stands above"))
        .note(format!("`@{annotation}` speaks of one resource"))
}
