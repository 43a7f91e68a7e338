//! `lw release NAME [PATH]`: forgets resources; their objects stay in the cloud, and are nobody's.

use lw_diagnostics::{Diagnostic, Files};
use lw_plan::ResourcePath;

use super::apply::require_consent;
use super::{Context, Exit, Failure};
use crate::arguments::Release;
use crate::changes::resources;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Release) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    require_consent(context, arguments.yes)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let path = arguments.path.as_deref().map(ResourcePath::from_text);
    if !arguments.yes {
        let status = engine.status(Some(&deployment)).map_err(|problems| Failure::of(&problems, Files::default()))?;
        let listed = status.deployments.iter().flat_map(|deployment| &deployment.resources);
        let meant: Vec<_> = listed.filter(|resource| path.as_ref().is_none_or(|path| resource.path == *path)).collect();
        if let (true, Some(path)) = (meant.is_empty(), &path) {
            let diagnostic = Diagnostic::error("LW0563", format!("`{deployment}` has no resource `{path}`"))
                .help(format!("`lw status {deployment}` lists them"));
            return Err(Failure::one(diagnostic, Exit::Usage));
        }
        let mut out = format!("{deployment}: {} to be forgotten\n", resources(meant.len()));
        for resource in meant {
            let id = resource.physical_id.as_deref().unwrap_or("-");
            out.push_str(&format!("  {}  {}  {id}\n", resource.path, resource.wire_type));
        }
        context.voice.say(&out);
        if !context.voice.ask("\nTheir objects stay in the cloud, and are nobody's. Go on?") {
            context.voice.note("nothing was done");
            return Ok(Exit::Errors);
        }
    }
    let released =
        engine.release(&deployment, path.as_ref()).map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&released);
        return Ok(Exit::Fine);
    }
    let mut out = format!("{deployment}: {} released\n", resources(released.paths.len()));
    for path in &released.paths {
        out.push_str(&format!("  {path}\n"));
    }
    context.voice.say(&out);
    if path.is_some() {
        context
            .voice
            .note("what the program still asks for, the next `lw apply` makes anew; `@adopt` takes an object over");
    }
    Ok(Exit::Fine)
}
