//! LW0420-LW0428: what CloudFormation cannot say.

use lw_diagnostics::Diagnostic;

pub fn no_type(wire_type: &str) -> Diagnostic {
    Diagnostic::error("LW0420", format!("CloudFormation has no type `{wire_type}`"))
        .note("a template makes what services of AWS make; what other adapters and the Conductor make is not among it")
}

pub fn no_attribute(path: &str, attribute: &str) -> Diagnostic {
    Diagnostic::error("LW0421", format!("a template cannot read `{attribute}` of `{path}`"))
        .note("`Ref` gives what identifies a resource, `Fn::GetAtt` what its service decides; nothing gives what was written")
        .help("write the property, so that its value is known")
}

pub fn no_value(what: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("LW0422", format!("CloudFormation cannot compute {what}")).note(reason.to_string())
}

pub fn cycle(path: &str, property: &str) -> Diagnostic {
    Diagnostic::error("LW0423", format!("`{property}` of `{path}` closes a circle of references"))
        .note("CloudFormation makes a resource in one step, and sets nothing afterwards")
        .help("take the reference into a resource of its own, such as a rule of a security group")
}

pub fn existing(path: &str, attribute: &str) -> Diagnostic {
    Diagnostic::error("LW0424", format!("`{attribute}` of the existing `{path}` is not known"))
        .note("a template knows of what it did not make only what is written")
        .help("pass the value in as a parameter")
}

pub fn other_provider(provider: &str, first: &str) -> Diagnostic {
    let name = |name: &str| if name.is_empty() { "no provider".to_string() } else { format!("`{name}`") };
    Diagnostic::error("LW0425", format!("resources live at {} and at {}", name(first), name(provider)))
        .note("a stack lives in one account and one region")
        .help("make compositions of them, one for each")
}

pub fn unsaid(what: &str, path: &str) -> Diagnostic {
    Diagnostic::warning("LW0426", format!("`{what}` of `{path}` is not in the template"))
        .note("it tells the Conductor what to do, and CloudFormation does nothing of the kind")
}

pub fn limits(name: &str) -> Diagnostic {
    Diagnostic::warning("LW0427", format!("the limits of the parameter `{name}` are not in the template"))
        .note("a template's parameter has a pattern, a range or a list of values, and no rule")
        .help("give the parameter a value with `--set`, so that it is checked here")
}

pub fn too_many(count: usize, most: usize, what: &str) -> Diagnostic {
    Diagnostic::error("LW0428", format!("{count} {what} do not fit into a stack"))
        .note(format!("a template has at most {most}"))
        .help("make several compositions of them")
}
