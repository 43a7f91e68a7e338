//! The cfn-lint package: where the schemas come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::Error;

pub const VERSION: &str = "1.51.0";
const REGION: &str = "us_east_1";

/// Stands for every module that an account registers; it has no schema of its own.
const PSEUDO_TYPE: &str = "Module";

/// An unpacked cfn-lint of exactly [`VERSION`].
pub struct Package {
    root: PathBuf,
    /// Keeps a downloaded package until the generator is done with it.
    _download: Option<TempDir>,
}

impl Package {
    /// Opens the package unpacked in `folder`, or downloads it.
    pub fn open(folder: Option<&Path>) -> Result<Package, Error> {
        let package = match folder {
            Some(folder) => Package { root: folder.to_owned(), _download: None },
            None => download()?,
        };
        package.verify()?;
        Ok(package)
    }

    /// Wire type to schema, for every type of the region.
    pub fn schemas(&self) -> Result<BTreeMap<String, Value>, Error> {
        let schemas = self.root.join("cfnlint/data/schemas");
        let provider = schemas.join(format!("providers/{REGION}.py"));
        let index = provider_index(&read(&provider)?);
        if index.is_empty() {
            return Err(Error::Package(format!("{} lists no types", provider.display())));
        }
        let mut found = BTreeMap::new();
        for (wire_type, hash) in index {
            if wire_type == PSEUDO_TYPE {
                continue;
            }
            found.insert(wire_type, self.json(&schemas.join(format!("resources/{hash}.json")))?);
        }
        Ok(found)
    }

    /// The types whose deletion loses data, as cfn-lint lists them.
    pub fn stateful(&self) -> Result<Vec<String>, Error> {
        let list = self.json(&self.root.join("cfnlint/data/AdditionalSpecs/StatefulResources.json"))?;
        let types = list["ResourceTypes"].as_object();
        let types = types.ok_or_else(|| Error::Package("StatefulResources.json has no `ResourceTypes`".to_owned()))?;
        Ok(types.keys().cloned().collect())
    }

    fn verify(&self) -> Result<(), Error> {
        let metadata = self.root.join(format!("cfn_lint-{VERSION}.dist-info/METADATA"));
        let text = read(&metadata)?;
        match text.lines().find_map(|line| line.strip_prefix("Version: ")) {
            Some(VERSION) => Ok(()),
            found => {
                Err(Error::Package(format!("expected cfn-lint {VERSION}, found {}", found.unwrap_or("no version"))))
            }
        }
    }

    fn json(&self, path: &Path) -> Result<Value, Error> {
        serde_json::from_str(&read(path)?).map_err(|source| Error::Json { path: path.to_owned(), source })
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn download() -> Result<Package, Error> {
    let folder = TempDir::new().map_err(|source| Error::Write { path: std::env::temp_dir(), source })?;
    let root = folder.path().to_owned();
    let requirement = format!("cfn-lint=={VERSION}");
    run(Command::new("pip")
        .args(["download", "--quiet", "--no-deps", "--only-binary=:all:", &requirement, "--dest"])
        .arg(&root))?;
    let wheel = root.join(format!("cfn_lint-{VERSION}-py3-none-any.whl"));
    run(Command::new("python3").args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&root))?;
    Ok(Package { root, _download: Some(folder) })
}

fn run(command: &mut Command) -> Result<(), Error> {
    let line = format!("{command:?}");
    let output =
        command.output().map_err(|source| Error::Command { line: line.clone(), reason: source.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Command { line, reason: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// The `"Wire::Type": "hash",` lines of a provider file.
fn provider_index(text: &str) -> Vec<(String, String)> {
    let entry = |line: &str| {
        let (wire_type, hash) = line.trim().strip_suffix(',')?.split_once(": ")?;
        let unquote = |quoted: &str| Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned());
        Some((unquote(wire_type)?, unquote(hash)?))
    };
    text.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_file_lists_types_with_their_hashes() {
        let text = "# ruff\ntypes: dict[str, str] = {\n    \"AWS::EC2::VPC\": \"0a1b\",\n    \"Module\": \"ff\",\n}\n";
        let entries = provider_index(text);
        assert_eq!(entries, [("AWS::EC2::VPC".into(), "0a1b".into()), ("Module".into(), "ff".into())]);
    }
}
