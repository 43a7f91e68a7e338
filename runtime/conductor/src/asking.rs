//! Asking clouds what a lock records. Nothing is written, and no store is opened.

use adapter::Question;
use conductor_store::CloudKind;
use lw_plan::{Json, Provider};

use crate::clouds::{Clouds, place};
use crate::{Engine, EngineOptions, Exit, Problem, Problems};

/// A question, and where it is asked.
#[derive(Clone, Debug)]
pub struct Asking {
    pub provider: Provider,
    pub question: Question,
}

/// What a cloud said.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub answer: Json,
    /// Whose credentials were used, where the cloud has accounts.
    pub account: Option<String>,
}

impl Engine {
    /// The answers, in the order of the questions; the simulated cloud beside the store stands in for every provider where that is
    /// asked for.
    pub fn answers(&self, simulated: bool, asking: Vec<Asking>) -> Result<Vec<Result<Answered, Problem>>, Problems> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime
            .map_err(|error| Problem::new("LW0567", Exit::Runtime, format!("the system gives no threads: {error}")))?;
        let kind = if simulated { CloudKind::Sim } else { CloudKind::Real };
        let EngineOptions { store, sim, adapters, .. } = self.options().clone();
        let clouds = Clouds::beside(&store, sim, adapters);
        runtime.block_on(async {
            let mut answers = Vec::with_capacity(asking.len());
            for one in asking {
                answers.push(answer(&clouds, kind, one).await);
            }
            Ok(answers)
        })
    }
}

async fn answer(clouds: &Clouds, kind: CloudKind, asking: Asking) -> Result<Answered, Problem> {
    let Asking { provider, question } = asking;
    let first = |problems: Problems| problems.iter().next().cloned();
    let adapter = clouds.adapter(kind, &provider);
    let adapter = adapter.map_err(|problems| {
        first(problems).unwrap_or_else(|| Problem::new("LW0517", Exit::Runtime, "no cloud can be asked"))
    })?;
    let place = place(&provider);
    let failed = |error: adapter::AdapterError| {
        Problem::new("LW0517", Exit::Runtime, format!("`{}` has no answer: {error}", question.source))
    };
    let account = match kind {
        CloudKind::Real => adapter.account(&place).await.map_err(failed)?,
        CloudKind::Sim => None,
    };
    let answer = adapter.answer(&place, &question).await.map_err(failed)?;
    Ok(Answered { answer, account })
}
