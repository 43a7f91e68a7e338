//! `test` statements.

use lw_core::{Cause, Value, Verdict};
use lw_diagnostics::Diagnostic;

use crate::TestResult;
use crate::diagnostics;
use crate::evaluate::Evaluation;

/// Evaluates every test; a mistake in one is its reason and no diagnostic.
pub(crate) fn run(evaluation: &mut Evaluation<'_>) -> Vec<TestResult> {
    let tests = evaluation.root.tests.clone();
    tests
        .into_iter()
        .map(|test| {
            let (passed, reason) = outcome(evaluation, test.value);
            TestResult { name: test.name, span: test.span, passed, reason }
        })
        .collect()
}

fn outcome(evaluation: &mut Evaluation<'_>, id: lw_check::typed::GlobalId) -> (bool, Option<String>) {
    let value = match evaluation.machine.global(lw_core::GlobalId(id.0)) {
        Ok(value) => value,
        Err(Some(failure)) => {
            let Diagnostic { code, message, .. } = diagnostics::failure(&failure, &evaluation.places());
            return (false, Some(format!("{message} [{code}]")));
        }
        Err(None) => return (false, Some("it needs what could not be evaluated".to_string())),
    };
    match &value {
        Value::Bool(passed) => (*passed, None),
        Value::Constructor(..) => {
            let outcome = evaluation.machine.answer(value);
            let reasons: Vec<&str> = outcome.findings.iter().map(|finding| &*finding.message).collect();
            (outcome.verdict == Verdict::Pass, (!reasons.is_empty()).then(|| reasons.join("; ")))
        }
        Value::Later(later) => {
            let text = evaluation.machine.cause_text(&Cause::Later(later.clone()));
            (false, Some(text))
        }
        Value::Undecided(cause) => (false, Some(evaluation.machine.cause_text(cause))),
        other => (false, Some(format!("it gives {}", other.kind()))),
    }
}
