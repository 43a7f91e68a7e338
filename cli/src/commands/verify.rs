//! `lw verify NAME`: the policies in force, asked about what is there.

use conductor::VerdictReport;
use lw_diagnostics::Files;

use super::{Context, Exit, Failure};
use crate::arguments::Verify;
use crate::output::{Style, count, paint};
use crate::progress::Reporter;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Verify) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let mut reporter = Reporter::new(context.voice);
    let report = engine.judge(&deployment, &mut |progress| reporter.report(progress));
    reporter.finish();
    let report = report.map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
    } else {
        context.voice.say(&describe(&report, context.voice.color_out));
    }
    let failed = report.policies.iter().any(|policy| policy.verdict == "FAIL");
    Ok(if failed { Exit::Errors } else { Exit::Fine })
}

fn describe(report: &VerdictReport, color: bool) -> String {
    let number = |verdict: &str| report.policies.iter().filter(|policy| policy.verdict == verdict).count();
    let mut out = format!(
        "{}: {}, {} failed, {} undecided\n",
        paint(color, Style::Bold, report.deployment.as_str()),
        count(report.policies.len(), "policy"),
        number("FAIL"),
        number("UNDECIDED"),
    );
    for policy in report.policies.iter().filter(|policy| matches!(policy.verdict.as_str(), "FAIL" | "UNDECIDED")) {
        let style = if policy.verdict == "FAIL" { Style::Red } else { Style::Yellow };
        let title = policy.title.as_ref().map(|title| format!("  {title}")).unwrap_or_default();
        out.push_str(&format!("  {} {}{title}\n", paint(color, style, &policy.verdict), policy.id));
        for resource in policy.resources.iter().filter(|resource| resource.verdict == policy.verdict) {
            let path = resource.path.as_deref().unwrap_or("the whole");
            let reason = resource.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let place = match (&resource.file, resource.line) {
                (Some(file), Some(line)) => paint(color, Style::Dim, &format!("  {file}:{line}")),
                _ => String::new(),
            };
            out.push_str(&format!("    {path}{reason}{place}\n"));
        }
    }
    out
}
