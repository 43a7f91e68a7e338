//! One expression, by itself or among the names of a file: what `lw eval` asks for.

use std::path::Path;

use lw_plan::Json;

use crate::compiled::Compiled;
use crate::gather::Work;
use crate::project::Project;
use crate::world::{ReadError, World};
use crate::{Request, compile};

/// The output that stands for the expression; no program has a name like it.
const OUTPUT: &str = "the-value-of-this-expression";

/// Compiles the expression and gives its value with terms for what is known only later; `None` where there are errors.
pub fn evaluate(
    world: &dyn World,
    expression: &str,
    file: Option<&Path>,
    request: &Request,
) -> (Compiled, Option<Json>) {
    let path = file.unwrap_or(Path::new("expression.lw"));
    let folder = path.parent().unwrap_or(Path::new(""));
    let work = Work {
        project: Project::around(world, folder, &request.working_folder),
        files: vec![path.to_path_buf()],
        templates: Vec::new(),
    };
    let world = WithExpression { world, path, is_alone: file.is_none(), expression };
    // Outputs are worked out with the Plan.
    let mut compiled = compile(&world, &work, &Request { wants_plan: true, ..request.clone() });
    let value = compiled.units.first_mut().and_then(|unit| unit.outputs.remove(OUTPUT));
    let value = value.filter(|_| !compiled.has_errors());
    (compiled, value)
}

/// The world, in which a file ends with the expression as an output.
struct WithExpression<'a> {
    world: &'a dyn World,
    path: &'a Path,
    /// There is no file: the expression is all of it.
    is_alone: bool,
    expression: &'a str,
}

impl World for WithExpression<'_> {
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError> {
        if path != self.path {
            return self.world.read(path, size_max);
        }
        let mut bytes = if self.is_alone { Vec::new() } else { self.world.read(path, size_max)? };
        let lines: Vec<&str> = self.expression.lines().collect();
        // Statements stand in any order; a file that is a composition already stays one.
        let is_composition = bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"composition"));
        let composition = if is_composition { "" } else { "composition\n" };
        let statement = format!("\n{composition}output {OUTPUT}:\n  {}\n", lines.join("\n  "));
        bytes.extend(if self.is_alone { statement.trim_start().as_bytes() } else { statement.as_bytes() });
        Ok(bytes)
    }

    fn list(&self, folder: &Path) -> Result<Vec<crate::Entry>, ReadError> {
        self.world.list(folder)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.world.variable(name)
    }

    fn today(&self) -> crate::Date {
        self.world.today()
    }
}
