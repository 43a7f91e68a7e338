//! Templates of other tools, checked as compositions are: held against the schemas, and judged by the same policies.
//!
//! All templates of a run share one program, which declares nothing but the policies in force and the resource types that the
//! templates use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_check::{Checked, RootSource, check_beside};
use lw_core::NameId;
use lw_diagnostics::{Diagnostic, Files, Severity};
use lw_eval::{InputValue, Inputs, judge_given};
use lw_formats::{Settings, Surroundings, Template, TemplateResources};
use lw_plan::Json;
use rustc_hash::FxHashMap;

use crate::compiled::{Compiled, PolicyReport, Unit, UnmappedReport, UnreadReport};
use crate::inputs::ProjectInputs;
use crate::modules::ProjectModules;
use crate::text::{display, read_text};
use crate::world::World;
use crate::{Session, options, verdicts};

/// Extensions that templates have.
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "template"];

/// Whether a file is one that only a template's reader can read.
pub fn is_template_name(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

/// Whether a file that happens to lie in a folder is a template.
pub fn looks_like_template(world: &dyn World, path: &Path) -> bool {
    is_template_name(path) && read_text(world, path).is_ok_and(|text| lw_formats::looks_like_template(&text))
}

impl Session<'_> {
    /// Read, check, judge.
    pub(crate) fn check_templates(&self, paths: &[PathBuf]) -> Compiled {
        let Session { world, project, packs, request, .. } = self;
        let (mut files, mut diagnostics) = (Files::default(), Vec::new());
        let mut templates: Vec<(Unit, Option<Template>)> = Vec::with_capacity(paths.len());
        for path in paths {
            let unit = Unit::new(path, &display(path), &request.working_folder);
            let template = match read_text(*world, path) {
                Ok(text) => {
                    let file = files.add(unit.file_name.clone(), text.clone());
                    let template = lw_formats::read(file, &text, &|name| self.setting(name), &mut diagnostics);
                    // A plan has every value in it, sensitive ones too; one that cannot be read is one all the same.
                    if lw_formats::looks_like_plan(&text) {
                        files.hide(file);
                    }
                    template
                }
                Err(bad) => {
                    diagnostics.push(bad.diagnostic(&mut files));
                    None
                }
            };
            templates.push((unit, template));
        }

        let types = library_types(templates.iter().filter_map(|(_, template)| template.as_ref()));
        let nothing = || RootSource { file_name: Arc::from("packs"), module: None, text: Arc::from("composition\n") };
        let root = packs.clone().unwrap_or_else(nothing);
        let modules = ProjectModules::new(*world, project);
        let Checked { program, schema, files, diagnostics: found, .. } = check_beside(files, &types, &[root], &modules);
        let mut compiled = Compiled { diagnostics, files, ..Compiled::default() };
        compiled.diagnostics.extend(found);
        compiled.diagnostics.extend(modules.diagnostics(&mut compiled.files));
        // What is wrong with a pack keeps policies from being asked, not templates from being read.
        let judged = !compiled.diagnostics.iter().any(|found| found.is_error() && self.is_of_program(found, &compiled));
        let lowered = lw_eval::lower::lower(&program);
        let names: FxHashMap<Arc<str>, NameId> =
            lowered.core.names.iter().enumerate().map(|(at, name)| (name.clone(), NameId(at as u32))).collect();
        let wire_types = || lw_stdlib::resources().map(|(wire, ..)| wire).collect();
        for (mut unit, template) in templates {
            if let Some(template) = template {
                let settings = self.settings(&template);
                compiled.parameters.extend(template.parameters.keys().map(|name| lw_check::Name::from(name).as_str()));
                let surroundings =
                    Surroundings { schema: &schema, names: &names, settings: &settings, wire_types: &wire_types };
                let resources = lw_formats::read_resources(&template, surroundings, &mut compiled.diagnostics);
                unit.resources = resources.resources.len();
                report_unread(&template, &mut unit);
                if judged {
                    let given = TemplateResources { template: &template, schema: &schema, resources: &resources };
                    let options = options(&unit, request, None);
                    let judged = judge_given(&program, &lowered, 0, &compiled.files, &options, &given);
                    compiled.steps += judged.counters.steps;
                    compiled.in_force.extend(judged.policies.iter().map(|result| result.id.clone()));
                    for result in judged.policies.iter().filter(|result| verdicts::is_listed(result)) {
                        compiled.policies.push(verdicts::report(result, &compiled.files));
                        let severity = if request.applying { Severity::Error } else { Severity::Warning };
                        compiled.diagnostics.extend(verdicts::ended_waivers(result, world.today(), severity));
                    }
                    compiled.diagnostics.extend(judged.diagnostics);
                }
            }
            compiled.units.push(unit);
        }
        compiled.evaluated = true;
        compiled.policies = PolicyReport::merge(compiled.policies);
        compiled.put_in_order();
        compiled
    }

    /// Whether a diagnostic is about a pack, and not about a template.
    fn is_of_program(&self, diagnostic: &Diagnostic, compiled: &Compiled) -> bool {
        let Some(label) = &diagnostic.primary else { return false };
        compiled.files.name(label.span.file).ends_with(".lw") || &**compiled.files.name(label.span.file) == "packs"
    }

    /// What is given for a template's parameters.
    fn settings(&self, template: &Template) -> Settings {
        let pseudo =
            self.request.settings.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("AWS::"));
        let names = template.parameters.keys().map(|name| &**name).chain(pseudo);
        Settings::new(names.filter_map(|name| Some((name.to_string(), self.setting(name)?))))
    }

    /// What is given for a parameter of that name.
    fn setting(&self, name: &str) -> Option<String> {
        let Session { world, project, request, environment, .. } = self;
        let inputs = ProjectInputs {
            world: *world,
            root: &project.root,
            settings: &request.settings,
            environment: *environment,
            answers: None,
            open: &request.open,
            keeps_references: false,
        };
        Some(text_of(inputs.parameter(name)?.value))
    }
}

/// What of a template is not looked at.
fn report_unread(template: &Template, unit: &mut Unit) {
    let file = unit.file_name.to_string();
    let texts = |names: &[Arc<str>]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    unit.unmapped.extend(template.unmapped.iter().map(|one| UnmappedReport {
        file: file.clone(),
        resource_type: one.resource_type.to_string(),
        count: one.addresses.len(),
        paths: texts(&one.addresses),
    }));
    unit.unread.extend(template.unread.iter().map(|one| UnreadReport {
        file: file.clone(),
        path: one.address.to_string(),
        resource_type: one.resource_type.to_string(),
        attributes: texts(&one.attributes),
    }));
}

fn text_of(value: InputValue) -> String {
    match value {
        InputValue::Text(text) | InputValue::Json(Json::String(text)) => text,
        InputValue::Json(Json::Array(items)) => {
            items.into_iter().map(|item| text_of(InputValue::Json(item))).collect::<Vec<_>>().join(",")
        }
        InputValue::Json(other) => other.to_string(),
    }
}

/// Where the library declares the types that templates use; each once.
pub(crate) fn library_types<'t>(templates: impl Iterator<Item = &'t Template>) -> Vec<(&'static str, &'static str)> {
    let mut types: Vec<(&str, &str)> = templates
        .flat_map(Template::wire_types)
        .filter_map(|wire| lw_stdlib::resource(lw_formats::library_type(wire)))
        .map(|(module, name)| (module.name, name))
        .collect();
    types.sort_unstable();
    types.dedup();
    types
}
