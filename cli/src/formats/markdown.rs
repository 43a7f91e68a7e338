//! A summary in Markdown, for a comment on a pull request: what fails first, then what nobody can decide, then the figures.

use lw_compiler::PolicyReport;
use lw_compiler::json::DiagnosticJson;

/// Findings that a table shows; services cut comments that are longer than 65,536 characters.
const ROWS_MAX: usize = 100;

/// `checked` is what there was: `3 files, 20 resources`.
pub fn report(diagnostics: &[DiagnosticJson], policies: &[PolicyReport], checked: &str) -> String {
    let errors: Vec<&DiagnosticJson> = diagnostics.iter().filter(|one| one.severity == "error").collect();
    let others: Vec<&DiagnosticJson> = diagnostics.iter().filter(|one| one.severity != "error").collect();
    let heading = match (errors.len(), others.len()) {
        (0, 0) => "✅ Linework: all fine".to_string(),
        (0, others) => format!("⚠️ Linework: {}", counted(others, "warning")),
        (errors, 0) => format!("❌ Linework: {}", counted(errors, "error")),
        (errors, others) => format!("❌ Linework: {}, {}", counted(errors, "error"), counted(others, "warning")),
    };
    let mut out = format!("## {heading}\n\n{checked}");
    let verdicts = ["FAIL", "UNDECIDED", "PASS", "SKIP"].map(|verdict| {
        let count = policies.iter().filter(|policy| policy.verdict == verdict).count();
        (verdict, count)
    });
    let shown: Vec<String> =
        verdicts.iter().filter(|(_, count)| *count > 0).map(|(verdict, count)| format!("{count} {verdict}")).collect();
    if !shown.is_empty() {
        out.push_str(&format!("; policies: {}", shown.join(", ")));
    }
    out.push_str(".\n");
    out.push_str(&table("Errors", &errors, true));
    out.push_str(&table("Warnings and undecided policies", &others, false));
    let waived: Vec<String> = policies
        .iter()
        .flat_map(|policy| policy.resources.iter().filter(|one| one.waived).map(move |one| (policy, one)))
        .map(|(policy, one)| {
            let place = place(one.file.as_deref(), one.line);
            let reason = one.reason.as_deref().unwrap_or("");
            format!("| {place} | `{}` | {} |\n", escape(&policy.id), escape(reason))
        })
        .collect();
    if !waived.is_empty() {
        let rows: String = waived.iter().take(ROWS_MAX).cloned().collect();
        out.push_str(&folded(
            &format!("{} waived", waived.len()),
            &format!("| place | policy | reason |\n|---|---|---|\n{rows}"),
        ));
    }
    out
}

fn table(title: &str, findings: &[&DiagnosticJson], open: bool) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut rows = String::from("| place | rule | finding |\n|---|---|---|\n");
    for one in findings.iter().take(ROWS_MAX) {
        let rule = one.policy.as_deref().unwrap_or(&one.code);
        let mut message = one.message.clone();
        if let Some(help) = &one.help {
            message.push_str(&format!(" — {help}"));
        }
        rows.push_str(&format!(
            "| {} | `{}` | {} |\n",
            place(one.file.as_deref(), one.line),
            escape(rule),
            escape(&message)
        ));
    }
    if findings.len() > ROWS_MAX {
        rows.push_str(&format!("\n… and {} more.\n", findings.len() - ROWS_MAX));
    }
    if open { format!("\n### {title}\n\n{rows}") } else { folded(&format!("{title}: {}", findings.len()), &rows) }
}

fn folded(summary: &str, content: &str) -> String {
    format!("\n<details><summary>{summary}</summary>\n\n{content}\n</details>\n")
}

fn place(file: Option<&str>, line: Option<u32>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!("`{}:{line}`", escape(file)),
        (Some(file), None) => format!("`{}`", escape(file)),
        (None, _) => String::new(),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A cell of a table: one line, without what ends it or would be markup.
fn escape(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|").replace('<', "&lt;")
}
