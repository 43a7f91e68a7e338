//! `lw destroy NAME`: deletes what a deployment made; data stays, unless its deletion is allowed.

use conductor::{Request, Wanted};
use lw_diagnostics::Files;

use super::apply::{allowance, execute, require_consent};
use super::{Context, Exit, Failure};
use crate::arguments::Destroy;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Destroy) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    require_consent(context, arguments.yes)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let request = Request::new(deployment, Wanted::Destroy).allow_delete(allowance(arguments.allow_delete));
    execute(context, &engine, request, arguments.yes, &Files::default())
}
