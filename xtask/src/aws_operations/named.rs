//! The operations that the lifecycle table names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::Error;

/// Operations that no type's entry names, because the client itself calls them.
const OF_THE_CLIENT: &[(&str, &[&str])] = &[
    ("sts", &["GetCallerIdentity"]),
    ("ec2", &["DescribeTags", "DescribeImages", "DescribeAvailabilityZones"]),
    ("ssm", &["GetParameter"]),
    ("cloudformation", &["ListExports"]),
    ("secretsmanager", &["GetSecretValue"]),
    ("resourcegroupstaggingapi", &["GetResources"]),
    (
        "cloudcontrol",
        &[
            "CreateResource",
            "DeleteResource",
            "GetResource",
            "GetResourceRequestStatus",
            "ListResources",
            "UpdateResource",
        ],
    ),
];

/// What is wanted of one service: operations and waiters by name.
pub type Operations = BTreeSet<String>;

/// Operations by the name of the service's model.
pub fn operations(folder: &Path) -> Result<BTreeMap<String, Operations>, Error> {
    let mut named: BTreeMap<String, Operations> = BTreeMap::new();
    for (service, operations) in OF_THE_CLIENT {
        named.entry((*service).to_owned()).or_default().extend(operations.iter().map(|name| (*name).to_owned()));
    }
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Table { path: path.clone(), reason: error.to_string() })?;
        let service = table.get("service").and_then(Value::as_str);
        let service =
            service.ok_or_else(|| Error::Table { path: path.clone(), reason: "it names no `service`".to_owned() })?;
        walk(&Value::Table(table.clone()), service, &mut |service, operation| {
            named.entry(service.to_owned()).or_default().insert(operation.to_owned());
        });
    }
    Ok(named)
}

/// Every text under a key `call`, and every element of a key `calls`: `CreateVpc`, or `kms:DescribeKey` of another service.
fn walk(value: &Value, service: &str, found: &mut dyn FnMut(&str, &str)) {
    let mut named = |text: &str| {
        let (service, operation) = text.split_once(':').unwrap_or((service, text));
        found(service, operation);
    };
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                match (key.as_str(), value) {
                    ("call", Value::String(text)) => named(text),
                    ("calls", Value::Array(items)) => items.iter().filter_map(Value::as_str).for_each(&mut named),
                    _ => {}
                }
            }
            table.values().for_each(|value| walk(value, service, found));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, service, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_wherever_they_are_called() {
        let table: Table =
            "a.create = {call = \"One\"}\na.update = [{call = \"kms:Two\"}]\na.calls = [\"Three\"]".parse().unwrap();
        let mut found = Vec::new();
        walk(&Value::Table(table), "ec2", &mut |service, name| found.push(format!("{service}:{name}")));
        found.sort();
        assert_eq!(found, ["ec2:One", "ec2:Three", "kms:Two"]);
    }
}
