use std::fmt::Write;
use std::sync::Arc;

use lw_check::{Checked, IndexedStatement, ModuleSource, Modules, RootSource};
use lw_eval::{Evaluated, InputText, InputValue, Inputs, Options, evaluate};
use lw_plan::{Lifecycle, Plan, PlanText};

pub struct Library;

impl Modules for Library {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        let module = lw_stdlib::module(name)?;
        let index = module.statements().iter().map(|statement| IndexedStatement {
            start: statement.start,
            end: statement.end,
            keyword: statement.keyword.word(),
            name: Arc::from(statement.name),
        });
        Some(ModuleSource {
            file_name: format!("stdlib/{}", module.path).into(),
            text: Arc::from(module.text()),
            index: Some(index.collect()),
        })
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Two files, one variable, and the parameters that a test gives.
#[derive(Default)]
pub struct World {
    pub parameters: Vec<(&'static str, InputValue)>,
}

impl Inputs for World {
    fn env(&self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home/x".to_string())
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "a.txt" => Ok(b"a".to_vec()),
            "b.txt" => Ok(b"b".to_vec()),
            _ => Err("there is no such file".to_string()),
        }
    }

    fn parameter(&self, name: &str) -> Option<InputText> {
        let (_, value) = self.parameters.iter().find(|(known, _)| *known == name)?;
        Some(InputText { value: value.clone(), source: format!("`--set {name}`") })
    }

    fn lookup(&self, name: &str, query: &lw_eval::Query) -> Option<lw_eval::Recorded> {
        let answer = query.argument.get("name")?.clone();
        (name == "ami").then_some(lw_eval::Recorded { answer, simulated: false })
    }
}

pub fn run(text: &str) -> Evaluated {
    run_in(text, &World::default())
}

pub fn run_in(text: &str, world: &World) -> Evaluated {
    run_with(text, world, Options { wants_plan: true, ..Options::default() })
}

pub fn run_with(text: &str, world: &dyn Inputs, options: Options) -> Evaluated {
    let source = RootSource { file_name: "main.lw".into(), module: None, text: text.into() };
    let Checked { program, files, diagnostics, .. } = lw_check::check(&[source], &Library);
    assert!(!diagnostics.iter().any(|found| found.is_error()), "{diagnostics:#?}\n{text}");
    let options = Options { composition: "test".to_string(), ..options };
    let lowered = lw_eval::lower::lower(&program);
    let unknown = &lowered.unknown_primitives;
    assert!(unknown.is_empty(), "primitives that the interpreter has not: {unknown:?}");
    let evaluated = evaluate(&program, 0, &files, world, &options);
    if let Some(written) = &evaluated.plan {
        assert_is_sealed(written);
    }
    evaluated
}

/// What was written node by node is what writing the whole tree gives, fingerprints and hash included.
fn assert_is_sealed(written: &PlanText) {
    let mut plan = Plan::decode(&written.text).expect("a Plan that can be read");
    lw_plan::set_fingerprints(&mut plan.meaning);
    let plan = Plan::new(plan.meaning, plan.provenance);
    assert_eq!((&plan.hash, plan.to_canonical()), (&written.hash, written.text.clone()));
}

/// A Plan's nodes, one a line, then providers and inputs; or the diagnostics.
pub fn shown(evaluated: &Evaluated) -> String {
    let mut out = String::new();
    for found in &evaluated.diagnostics {
        _ = writeln!(out, "{} {}", found.code, found.message);
    }
    let Some(plan) = evaluated.plan.as_ref().map(PlanText::plan) else { return out };
    for node in &plan.meaning.nodes {
        let short = node.wire_type.rsplit("::").next().unwrap_or_default();
        let properties = lw_plan::to_canonical(&node.properties);
        _ = write!(out, "{} {short} {properties}", node.path);
        if !node.provider.is_empty() {
            _ = write!(out, " provider={}", node.provider);
        }
        if node.lifecycle != Lifecycle::default() {
            _ = write!(out, " lifecycle={}", lw_plan::to_canonical(&node.lifecycle));
        }
        if !node.depends_on.is_empty() {
            _ = write!(out, " dependsOn={}", lw_plan::to_canonical(&node.depends_on));
        }
        for deferred in &node.deferred {
            _ = write!(out, " deferred {}={}", deferred.property, deferred.value);
        }
        for (word, id) in [("id", &node.physical_id), ("was", &node.former_path.as_ref().map(ToString::to_string))] {
            if let Some(id) = id {
                _ = write!(out, " {word}={id}");
            }
        }
        out.push('\n');
    }
    for (name, provider) in &plan.meaning.providers {
        _ = writeln!(out, "provider {name} {}", lw_plan::to_canonical(provider));
    }
    for (name, value) in &plan.meaning.inputs {
        _ = writeln!(out, "input {name} {value}");
    }
    out
}
