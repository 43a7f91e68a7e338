//! JUnit's XML: a test case for each file and each policy.

use lw_compiler::PolicyReport;
use lw_compiler::json::DiagnosticJson;

pub fn report(files: &[String], diagnostics: &[DiagnosticJson], policies: &[PolicyReport]) -> String {
    let elsewhere: Vec<&DiagnosticJson> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.file.as_ref().is_none_or(|file| !files.contains(file)))
        .collect();
    let mut cases: Vec<String> = Vec::new();
    let mut failures = 0;
    let mut case = |name: &str, class: &str, found: Vec<&DiagnosticJson>, skipped: bool| {
        failures += usize::from(!found.is_empty());
        cases.push(test_case(name, class, &found, skipped));
    };
    for file in files {
        let of_file = |diagnostic: &&DiagnosticJson| diagnostic.file.as_ref() == Some(file) && is_failure(diagnostic);
        case(file, "check", diagnostics.iter().filter(of_file).collect(), false);
    }
    if elsewhere.iter().any(|diagnostic| is_failure(diagnostic)) {
        case("elsewhere", "check", elsewhere.into_iter().filter(|diagnostic| is_failure(diagnostic)).collect(), false);
    }
    for policy in policies {
        let of_policy =
            |diagnostic: &&DiagnosticJson| diagnostic.policy.as_ref() == Some(&policy.id) && is_failure(diagnostic);
        case(&policy.id, "policy", diagnostics.iter().filter(of_policy).collect(), policy.verdict == "SKIP");
    }
    let tests = cases.len();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"lw check\" tests=\"{tests}\" \
         failures=\"{failures}\">\n{}  </testsuite>\n</testsuites>\n",
        cases.concat()
    )
}

fn is_failure(diagnostic: &DiagnosticJson) -> bool {
    diagnostic.severity == "error"
}

fn test_case(name: &str, class: &str, found: &[&DiagnosticJson], skipped: bool) -> String {
    let head = format!("    <testcase name=\"{}\" classname=\"{class}\"", escape(name));
    if skipped {
        return format!("{head}><skipped/></testcase>\n");
    }
    if found.is_empty() {
        return format!("{head}/>\n");
    }
    // One failure a case is what readers of this format show; the others are in its text.
    let lines: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let file = diagnostic.file.as_deref().unwrap_or("-");
            let (line, column) = (diagnostic.line.unwrap_or(0), diagnostic.column.unwrap_or(0));
            format!("{file}:{line}:{column}: {} {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    format!(
        "{head}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        found[0].code,
        escape(&found[0].message),
        escape(&lines.join("\n"))
    )
}

/// XML has no way to write most control characters; they become spaces.
fn escape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_string(),
            '<' => "&lt;".to_string(),
            '>' => "&gt;".to_string(),
            '"' => "&quot;".to_string(),
            '\n' | '\t' => character.to_string(),
            control if control.is_control() => " ".to_string(),
            other => other.to_string(),
        })
        .collect()
}
