//! `lw.toml`: what a project says about itself.
//!
//! ```toml
//! name = "shop"
//! sources = ["."]                       # folders whose files are modules
//! packs = ["Policy.AWS"]                # modules whose policies are always in force
//! cloud-rules = true                    # what only applying would show, for every service that is used
//!
//! [dependencies]
//! network = { path = "../network" }
//!
//! [environment.prod]
//! provider = { region = "eu-central-1", account = "123456789012" }    # or "sim"
//! store = "sqlite:/var/lib/shop.db"
//! packs = ["Policy.AWS.Production"]
//! parameters = { zones = 3 }
//! ```
//!
//! A key that is not known is an error, not a silence.

use std::collections::BTreeMap;

use lw_diagnostics::{Diagnostic, Edit, FileId, Span, did_you_mean};
use lw_plan::{Json, Map, Provider};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name of the file.
pub const FILE_NAME: &str = "lw.toml";

const CLOUDS: &[&str] = &["aws", "docker", "sim"];

/// A value and where it is written.
#[derive(Clone, Debug)]
pub struct Located<T> {
    pub value: T,
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
pub struct Manifest {
    pub name: Option<String>,
    /// Folders relative to the file; never empty.
    pub sources: Vec<Located<String>>,
    /// Folders of other projects, relative to the file.
    pub dependencies: Vec<Located<String>>,
    /// Module names.
    pub packs: Vec<Located<String>>,
    /// Whether cloud rules are in force; they are unless this says no.
    pub cloud_rules: Option<bool>,
    pub environments: BTreeMap<String, Environment>,
}

#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub parameters: BTreeMap<String, Located<Json>>,
    /// What stands in where a composition names no provider.
    pub provider: Option<Provider>,
    /// `sqlite:PATH`
    pub store: Option<String>,
    /// The account that every provider must turn out to be.
    pub account: Option<String>,
    pub packs: Vec<Located<String>>,
}

/// Reads `lw.toml`; what is wrong with it goes to `diagnostics`.
pub fn read(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Manifest {
    let mut reader = Reader { file, diagnostics };
    match DeTable::parse(text) {
        Ok(table) => reader.manifest(table.get_ref()),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reader.diagnostics.push(
                Diagnostic::error("LW0250", "`lw.toml` is not TOML").at(reader.span(span), error.message().to_string()),
            );
            Manifest::default()
        }
    }
}

struct Reader<'a> {
    file: FileId,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn manifest(&mut self, table: &DeTable<'_>) -> Manifest {
        self.only(table, "lw.toml", &["name", "sources", "dependencies", "packs", "cloud-rules", "environment"]);
        let mut sources = self.strings(table, "sources");
        if !table.contains_key("sources") {
            sources.push(Located { value: ".".to_string(), span: self.span(0..0) });
        }
        Manifest {
            name: self.string(table, "name").map(|name| name.value),
            sources,
            dependencies: self.dependencies(table),
            packs: self.strings(table, "packs"),
            cloud_rules: self.bool(table, "cloud-rules"),
            environments: self.environments(table),
        }
    }

    fn bool(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(found) => Some(*found),
            other => {
                self.wrong_type(value, key, "a truth value", other);
                None
            }
        }
    }

    fn dependencies(&mut self, table: &DeTable<'_>) -> Vec<Located<String>> {
        let mut found = Vec::new();
        for (name, value) in self.table(table, "dependencies").into_iter().flat_map(DeTable::iter) {
            let Some(entry) = self.as_table(value, name.get_ref()) else { continue };
            self.only(entry, &format!("dependencies.{}", name.get_ref()), &["path"]);
            match self.string(entry, "path") {
                Some(path) => found.push(path),
                None if entry.contains_key("path") => {}
                None => self.diagnostics.push(
                    Diagnostic::error("LW0253", format!("the dependency `{}` has no `path`", name.get_ref()))
                        .at(self.span(name.span()), "needs the folder it lies in")
                        .help(format!("write `{} = {{ path = \"../{}\" }}`", name.get_ref(), name.get_ref())),
                ),
            }
        }
        found
    }

    fn environments(&mut self, table: &DeTable<'_>) -> BTreeMap<String, Environment> {
        let mut found = BTreeMap::new();
        for (name, value) in self.table(table, "environment").into_iter().flat_map(DeTable::iter) {
            let Some(entry) = self.as_table(value, name.get_ref()) else { continue };
            let place = format!("environment.{}", name.get_ref());
            self.only(entry, &place, &["parameters", "provider", "store", "account", "packs"]);
            let environment = Environment {
                parameters: self.parameters(entry),
                provider: self.provider(entry, &place),
                store: self.string(entry, "store").map(|store| store.value),
                account: self.string(entry, "account").map(|account| account.value),
                packs: self.strings(entry, "packs"),
            };
            found.insert(name.get_ref().to_string(), environment);
        }
        found
    }

    fn parameters(&mut self, table: &DeTable<'_>) -> BTreeMap<String, Located<Json>> {
        let mut found = BTreeMap::new();
        for (name, value) in self.table(table, "parameters").into_iter().flat_map(DeTable::iter) {
            if let Some(json) = self.json(value) {
                found.insert(name.get_ref().to_string(), Located { value: json, span: self.span(value.span()) });
            }
        }
        found
    }

    /// `"sim"`, or a table with a region and the rest.
    fn provider(&mut self, table: &DeTable<'_>, place: &str) -> Option<Provider> {
        let value = table.get("provider")?;
        let (cloud, settings) = match value.get_ref() {
            DeValue::String(cloud) => (Located { value: cloud.to_string(), span: self.span(value.span()) }, None),
            DeValue::Table(settings) => {
                let known = ["cloud", "region", "account", "profile", "role", "endpoint"];
                self.only(settings, &format!("{place}.provider"), &known);
                let default = Located { value: "aws".to_string(), span: self.span(value.span()) };
                (self.string(settings, "cloud").unwrap_or(default), Some(settings))
            }
            other => {
                self.wrong_type(value, "provider", "a cloud's name or a table", other);
                return None;
            }
        };
        if !CLOUDS.contains(&cloud.value.as_str()) {
            self.unknown_cloud(&cloud);
            return None;
        }
        let mut setting = |key| settings.and_then(|settings| self.string(settings, key)).map(|found| found.value);
        Some(Provider {
            region: setting("region"),
            account: setting("account"),
            profile: setting("profile"),
            role: setting("role"),
            endpoint: setting("endpoint"),
            cloud: cloud.value,
        })
    }

    fn unknown_cloud(&mut self, cloud: &Located<String>) {
        let diagnostic = Diagnostic::error("LW0259", format!("there is no provider `{}`", cloud.value))
            .at(cloud.span, "not a cloud that Linework speaks to");
        self.diagnostics.push(match did_you_mean(&cloud.value, CLOUDS.iter().copied()) {
            Some(near) => diagnostic
                .fix(format!("did you mean `{near}`?"), [Edit { span: cloud.span, text: format!("\"{near}\"") }]),
            None => diagnostic.help("the clouds are `aws`, `docker` and `sim`"),
        });
    }

    fn only(&mut self, table: &DeTable<'_>, place: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let span = self.span(key.span());
            let label = if place == FILE_NAME {
                "not a key of `lw.toml`".to_string()
            } else {
                format!("not a key of `{place}`")
            };
            let diagnostic = Diagnostic::error("LW0251", format!("`{place}` has no key `{name}`")).at(span, label);
            self.diagnostics.push(match did_you_mean(name, known.iter().copied()) {
                Some(near) => diagnostic.fix(format!("write `{near}`"), [Edit { span, text: near.to_string() }]),
                None => diagnostic.help(format!("its keys are {}", list(known))),
            });
        }
    }

    fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<Located<String>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Located { value: text.to_string(), span: self.span(value.span()) }),
            other => {
                self.wrong_type(value, key, "a string", other);
                None
            }
        }
    }

    fn strings(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Located<String>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, "a list of strings", value.get_ref());
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => found.push(Located { value: text.to_string(), span: self.span(item.span()) }),
                other => self.wrong_type(item, key, "a list of strings", other),
            }
        }
        found
    }

    fn table<'t, 'i>(&mut self, table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
        self.as_table(table.get(key)?, key)
    }

    fn as_table<'t, 'i>(&mut self, value: &'t Spanned<DeValue<'i>>, key: &str) -> Option<&'t DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                self.wrong_type(value, key, "a table", other);
                None
            }
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str, found: &DeValue<'_>) {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.diagnostics.push(
            Diagnostic::error("LW0252", format!("`{key}` is {wanted}, found {found}"))
                .at(self.span(value.span()), found),
        );
    }

    fn json(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Json> {
        let found = plain(value.get_ref());
        if found.is_none() {
            self.no_number(value);
        }
        found
    }

    fn no_number(&mut self, value: &Spanned<DeValue<'_>>) {
        self.diagnostics.push(
            Diagnostic::error("LW0252", "a parameter's number is finite and fits into 64 bits")
                .at(self.span(value.span()), "cannot be a parameter's value"),
        );
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, range.start as u32, range.end as u32)
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A TOML value as JSON; none where a number within does not fit.
pub(crate) fn plain(value: &DeValue<'_>) -> Option<Json> {
    Some(match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(number) => Json::from(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Float(number) => Json::from(number.as_str().parse::<f64>().ok().filter(|number| number.is_finite())?),
        DeValue::Boolean(truth) => Json::from(*truth),
        DeValue::Datetime(date) => Json::from(date.to_string()),
        DeValue::Array(items) => {
            Json::from(items.iter().map(|item| plain(item.get_ref())).collect::<Option<Vec<Json>>>()?)
        }
        DeValue::Table(table) => {
            let fields = table.iter().map(|(key, value)| Some((key.get_ref().to_string(), plain(value.get_ref())?)));
            Json::Object(fields.collect::<Option<Map<String, Json>>>()?)
        }
    })
}
