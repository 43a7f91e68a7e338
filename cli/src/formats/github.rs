//! GitHub's workflow commands: each line becomes an annotation on the changed file.

use lw_compiler::json::DiagnosticJson;

pub fn report(diagnostics: &[DiagnosticJson]) -> String {
    diagnostics.iter().map(line).collect()
}

fn line(diagnostic: &DiagnosticJson) -> String {
    let level = match diagnostic.severity {
        "error" => "error",
        "warning" => "warning",
        _ => "notice",
    };
    let mut properties = Vec::new();
    let mut property = |name: &str, value: String| properties.push(format!("{name}={}", escape_property(&value)));
    if let Some(file) = &diagnostic.file {
        property("file", file.clone());
    }
    let numbers = [("line", diagnostic.line), ("col", diagnostic.column), ("endLine", diagnostic.end_line)];
    for (name, value) in numbers.into_iter().chain([("endColumn", diagnostic.end_column)]) {
        if let Some(value) = value {
            property(name, value.to_string());
        }
    }
    property("title", diagnostic.code.clone());
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{level} {}::{}\n", properties.join(","), escape(&message))
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
