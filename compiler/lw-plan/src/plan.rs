use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{ResourcePath, digest, to_canonical};

/// The version of the format that this crate reads and writes.
pub const FORMAT: &str = "linework.plan/1";

/// The wire type of an output node.
pub const OUTPUT_TYPE: &str = "Linework::Output";

/// The property of an output node that holds its value.
pub const OUTPUT_VALUE: &str = "value";

/// What should exist, and where that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// SHA-256 over the canonical JSON of `meaning`, in lower-case hexadecimal.
    pub hash: String,
    pub meaning: Meaning,
    pub provenance: Provenance,
}

impl Plan {
    /// Seals a meaning: computes the hash.
    pub fn new(meaning: Meaning, provenance: Provenance) -> Plan {
        let hash = digest(to_canonical(&meaning).as_bytes());
        Plan { format: FORMAT.to_string(), hash, meaning, provenance }
    }

    /// The text that is written to files and stored: canonical JSON, so that the same Plan is the same bytes.
    pub fn to_canonical(&self) -> String {
        to_canonical(self)
    }

    /// The origin of the node at an index of [`Meaning::nodes`].
    pub fn origin(&self, node: usize) -> Option<&Origin> {
        self.provenance.origins.get(node)
    }
}

/// What is hashed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Meaning {
    pub composition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Recorded inputs by kind and name (`parameter zones`, `env HOME`, `file a.txt`), with the value or, for files, its digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Json>,
    /// Provider bindings by the name that nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, Provider>,
    /// In dependency order: a node comes after all that it refers to; ties by path.
    pub nodes: Vec<Node>,
    /// Policies in force, as core code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Json>,
}

/// Where a node lives: never a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// `aws`, `docker`, `sim`, `linework`.
    pub cloud: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account that is expected; verified before the first write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// One thing that should exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Node {
    pub path: ResourcePath,
    /// The wire type: `AWS::EC2::VPC`, or `Linework::Output` for an output.
    #[serde(rename = "type")]
    pub wire_type: String,
    #[serde(default, skip_serializing_if = "NodeKind::is_managed")]
    pub kind: NodeKind,
    /// A key of [`Meaning::providers`]; empty for `Linework::*`, and where a composition names none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    pub class: Class,
    /// Written properties by wire name, with [`crate::Term`]s in place of what is not known yet. Tags are one map under
    /// the wire's tag property, whatever the wire's shape.
    pub properties: Map<String, Json>,
    /// Properties of this node that close a cycle: left out of `properties` as far as they refer back, set in full once every
    /// node exists, taken out again before delete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<DeferredProperty>,
    #[serde(default, skip_serializing_if = "Lifecycle::is_default")]
    pub lifecycle: Lifecycle,
    /// Written with `dependsOn`; references in properties are not repeated here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ResourcePath>,
    /// SHA-256 over type, known properties and references (as the fingerprints of what they point at): equal for a resource that
    /// was only renamed or moved.
    pub fingerprint: String,
    /// `@id("old.path")`: the path under which State knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_path: Option<ResourcePath>,
    /// `@adopt("vpc-0abc")`, or the identifier of `existing`: the physical id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeKind {
    /// Ours: created, enforced, deleted.
    #[default]
    Managed,
    /// Not ours: read at preview, never written.
    Existing,
    /// An output of the composition.
    Output,
}

impl Node {
    /// The value of an output, in term form.
    pub fn output_value(&self) -> Option<&Json> {
        (self.kind == NodeKind::Output).then(|| self.properties.get(OUTPUT_VALUE)).flatten()
    }
}

impl NodeKind {
    fn is_managed(&self) -> bool {
        *self == NodeKind::Managed
    }
}

/// The defaults for change, drift and deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Always replaced, never modified in place (tags aside).
    Compute,
    /// In place where the schema allows.
    #[default]
    Configuration,
    /// Replaced or deleted only with a word.
    Data,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeferredProperty {
    /// The top-level wire property.
    pub property: String,
    /// Its full value.
    pub value: Json,
}

/// `@lifecycle {…}` and the defaults of the composition, merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lifecycle {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    /// Top-level wire properties that are never drift.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignores: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Milliseconds by operation: `create`, `update`, `delete`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timeouts: BTreeMap<String, u64>,
}

impl Lifecycle {
    fn is_default(&self) -> bool {
        *self == Lifecycle::default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enforcement {
    Correct,
    Absorb,
    Alert,
    Ignore,
}

/// Where it was written; not hashed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    pub compiler: String,
    /// SHA-256 of each source file by the name it was given under.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// The origin of each node, in the order of [`Meaning::nodes`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
}

/// A place in the source, as people count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    pub file: String,
    pub line: u32,
    /// Line of each written top-level wire property, where it has one of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, u32>,
}
