//! `lw rollback NAME [GENERATION]`: applies the Plan of an older generation, previewed like any other.

use conductor::{Request, Wanted};
use lw_diagnostics::Files;

use super::apply::{execute, require_consent};
use super::{Context, Exit, Failure};
use crate::arguments::Rollback;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Rollback) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    require_consent(context, arguments.yes)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let wanted = Wanted::Rollback { generation: arguments.generation };
    let request = arguments.allowing.of(Request::new(deployment, wanted));
    execute(context, &engine, request, arguments.yes, &Files::default())
}
