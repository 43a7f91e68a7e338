//! Which rules of AWS Config are for which controls, by the tables of cdk-nag; and which controls there are, by the frameworks of prowler.
//!
//! Only numbers are kept: no text of a standard, or of these packages. A test holds our packs against what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where the controls are written, below the repository.
pub const CONTROLS: &str = "tests/data/controls.json";

/// Our packs, and the sections of cdk-nag's RULES.md.
const SECTIONS: [(&str, &str); 3] = [
    ("Policy.NIST.R800_53", "NIST 800-53 rev 5"),
    ("Policy.PCI.V3_2", "PCI DSS 3.2.1"),
    ("Policy.HIPAA", "HIPAA Security"),
];
/// Our packs, and the files of prowler below `prowler/compliance/aws`.
const FRAMEWORKS: [(&str, &str); 4] = [
    ("Policy.CIS.V1_4", "cis_1.4_aws.json"),
    ("Policy.CIS.V3", "cis_3.0_aws.json"),
    ("Policy.CIS.V5", "cis_5.0_aws.json"),
    ("Policy.FSBP", "aws_foundational_security_best_practices_aws.json"),
];

#[derive(Debug, Error)]
pub enum ControlsError {
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{0} is not what the generator reads: {1}")]
    Json(PathBuf, serde_json::Error),
    #[error("cdk-nag's RULES.md has no section `{0}`")]
    NoSection(&'static str),
}

#[derive(Serialize)]
struct Controls {
    /// Packages by name, with their versions.
    sources: BTreeMap<&'static str, String>,
    /// By pack and rule: the controls that it is for.
    rules: BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>,
    /// By pack: the controls that there are, each with the checks that prowler has for it.
    controls: BTreeMap<&'static str, BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct Package {
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Framework {
    requirements: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Requirement {
    id: String,
    checks: Vec<String>,
}

/// `cdk_nag` holds the unpacked npm package, `prowler` the unpacked wheel.
pub fn generate(cdk_nag: &Path, prowler: &Path, repository: &Path) -> Result<String, ControlsError> {
    let package: Package = json(&cdk_nag.join("package.json"))?;
    let tables = text(&cdk_nag.join("RULES.md"))?;
    let mut rules = BTreeMap::new();
    for (pack, section) in SECTIONS {
        let found = table(&tables, section);
        if found.is_empty() {
            return Err(ControlsError::NoSection(section));
        }
        rules.insert(pack, found);
    }
    let mut controls = BTreeMap::new();
    for (pack, name) in FRAMEWORKS {
        let framework: Framework = json(&prowler.join("prowler/compliance/aws").join(name))?;
        let requirements = framework.requirements.into_iter().map(|one| (one.id, one.checks));
        controls.insert(pack, requirements.collect::<BTreeMap<_, _>>());
    }
    let sources = BTreeMap::from([("cdk-nag", package.version), ("prowler", prowler_version(prowler)?)]);
    let summary = format!("{CONTROLS} from cdk-nag {} and prowler {}", sources["cdk-nag"], sources["prowler"]);
    let mut out = serde_json::to_string_pretty(&Controls { sources, rules, controls }).expect("plain data is JSON");
    out.push('\n');
    let path = repository.join(CONTROLS);
    std::fs::write(&path, out).map_err(|error| ControlsError::File(path, error))?;
    Ok(summary)
}

/// Rows of a section: `| [rule](page of AWS Config) | … | controls |`. A rule is called as its page is.
fn table(text: &str, section: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            inside = title.trim() == section;
        }
        if !inside || !line.starts_with("| [") {
            continue;
        }
        let page = line.split("](").nth(1).and_then(|rest| rest.split(".html").next());
        let page = page.and_then(|page| page.rsplit('/').next());
        let controls = line.trim_end().trim_end_matches('|').rsplit('|').next();
        if let (Some(page), Some(controls)) = (page, controls) {
            let rule = page.replace('-', "_").to_uppercase();
            let controls = controls.split(',').map(|control| control.trim().to_string());
            found.entry(rule).or_default().extend(controls.filter(|control| !control.is_empty()));
        }
    }
    found
}

/// The wheel says it in the name of a folder: `prowler-5.46.0.dist-info`.
fn prowler_version(folder: &Path) -> Result<String, ControlsError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ControlsError::File(folder.to_path_buf(), error))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let version =
        names.into_iter().find_map(|name| Some(name.strip_prefix("prowler-")?.strip_suffix(".dist-info")?.to_string()));
    version.ok_or_else(|| {
        ControlsError::File(folder.join("prowler-*.dist-info"), std::io::Error::from(std::io::ErrorKind::NotFound))
    })
}

fn text(path: &Path) -> Result<String, ControlsError> {
    std::fs::read_to_string(path).map_err(|error| ControlsError::File(path.to_path_buf(), error))
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ControlsError> {
    serde_json::from_str(&text(path)?).map_err(|error| ControlsError::Json(path.to_path_buf(), error))
}
