//! `lw resume NAME`: finds out what an interrupted command left, and goes on with what it wanted.

use conductor::{Request, Wanted};
use lw_diagnostics::Files;

use super::apply::{execute, require_consent};
use super::{Context, Exit, Failure};
use crate::arguments::Resume;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Resume) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    require_consent(context, arguments.yes)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let request = arguments.allowing.of(Request::new(deployment, Wanted::Continue));
    execute(context, &engine, request, arguments.yes, &Files::default())
}
