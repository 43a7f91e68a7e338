//! A Plan written node by node, without ever being a tree.
//!
//! Flow: [`PlanWriter::new`], each [`PlanWriter::node`] in dependency order, [`PlanWriter::seal`], the provenance. The text is that of
//! [`Plan::to_canonical`](crate::Plan::to_canonical), and fingerprints are those of [`fingerprint`](crate::fingerprint).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use serde::Serialize;
use serde_json::Value as Json;

use crate::canonical::{append_canonical, write_string};
use crate::{Class, FORMAT, Lifecycle, NodeKind, Plan, Provider, TermText};

/// A sealed Plan as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanText {
    pub hash: String,
    /// Canonical: what [`Plan::to_canonical`] gives.
    pub text: String,
}

impl PlanText {
    pub fn plan(&self) -> Plan {
        serde_json::from_str(&self.text).expect("a writer of Plans writes Plans")
    }
}

/// A node to be written; [`crate::Node`] says what each part is.
#[derive(Debug)]
pub struct NodeText<'n> {
    /// What references to it are marked with.
    pub id: u32,
    pub path: &'n str,
    pub wire_type: &'n str,
    pub kind: NodeKind,
    pub class: Class,
    /// The name of its provider, empty for none.
    pub provider: &'n str,
    /// What the fingerprint holds of its provider: canonical JSON.
    pub provider_content: &'n str,
    pub properties: &'n TermText,
    /// By property, sorted.
    pub deferred: &'n [(String, TermText)],
    pub lifecycle: &'n Lifecycle,
    /// Path and mark, sorted.
    pub depends_on: &'n [(&'n str, u32)],
    pub former_path: Option<&'n str>,
    pub physical_id: Option<&'n str>,
}

#[derive(Debug)]
pub struct PlanWriter {
    text: String,
    /// Where the meaning starts.
    meaning: usize,
    /// Where the fingerprint of each node stands, by the mark of references to it; 0 for none.
    fingerprints: Vec<usize>,
    is_first: bool,
    /// What a fingerprint is made of.
    content: String,
}

const DIGEST_LENGTH: usize = 64;
const HASH: usize = r#"{"format":"","hash":""#.len() + FORMAT.len();

impl PlanWriter {
    /// `targets`: one more than the greatest mark.
    pub fn new(
        composition: &str,
        environment: Option<&str>,
        inputs: &BTreeMap<String, Json>,
        targets: usize,
    ) -> PlanWriter {
        let mut text = format!(r#"{{"format":"{FORMAT}","hash":"{}","meaning":"#, "0".repeat(DIGEST_LENGTH));
        let meaning = text.len();
        text.push('{');
        field(&mut text, "composition", composition);
        if let Some(environment) = environment {
            field(&mut text, "environment", environment);
        }
        if !inputs.is_empty() {
            field(&mut text, "inputs", inputs);
        }
        key(&mut text, "nodes");
        text.push('[');
        PlanWriter { text, meaning, fingerprints: vec![0; targets], is_first: true, content: String::new() }
    }

    /// Appends a node whose references lead to nodes before it, deferred ones to any.
    pub fn node(&mut self, node: &NodeText<'_>) {
        let fingerprint = self.fingerprint(node);
        let text = &mut self.text;
        if !std::mem::take(&mut self.is_first) {
            text.push(',');
        }
        text.push('{');
        field(text, "class", &node.class);
        if !node.deferred.is_empty() {
            key(text, "deferred");
            for (at, (property, value)) in node.deferred.iter().enumerate() {
                text.push(if at == 0 { '[' } else { ',' });
                text.push('{');
                field(text, "property", property);
                raw(text, "value", value.as_str());
                text.push('}');
            }
            text.push(']');
        }
        if !node.depends_on.is_empty() {
            key(text, "dependsOn");
            for (at, (path, _)) in node.depends_on.iter().enumerate() {
                text.push(if at == 0 { '[' } else { ',' });
                write_string(text, path);
            }
            text.push(']');
        }
        key(text, "fingerprint");
        self.fingerprints[node.id as usize] = text.len() + 1;
        write_string(text, &fingerprint);
        if let Some(former) = node.former_path {
            field(text, "formerPath", former);
        }
        if node.kind != NodeKind::default() {
            field(text, "kind", &node.kind);
        }
        if *node.lifecycle != Lifecycle::default() {
            field(text, "lifecycle", node.lifecycle);
        }
        field(text, "path", node.path);
        if let Some(id) = node.physical_id {
            field(text, "physicalId", id);
        }
        raw(text, "properties", node.properties.as_str());
        if !node.provider.is_empty() {
            field(text, "provider", node.provider);
        }
        field(text, "type", node.wire_type);
        text.push('}');
    }

    fn fingerprint(&mut self, node: &NodeText<'_>) -> String {
        let name_of = |target: u32| match self.fingerprints.get(target as usize) {
            Some(&at) if at > 0 => &self.text[at..at + DIGEST_LENGTH],
            _ => "",
        };
        let content = &mut self.content;
        content.clear();
        content.push_str(r#"{"deferred":{"#);
        for (at, (property, value)) in node.deferred.iter().enumerate() {
            if at > 0 {
                content.push(',');
            }
            write_string(content, property);
            content.push(':');
            renamed(content, value, &|_| "");
        }
        content.push_str(r#"},"dependsOn":["#);
        let mut depends_on: Vec<&str> = node.depends_on.iter().map(|(_, target)| name_of(*target)).collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        for (at, name) in depends_on.into_iter().enumerate() {
            if at > 0 {
                content.push(',');
            }
            write_string(content, name);
        }
        content.push(']');
        field(content, "kind", &node.kind);
        field(content, "physicalId", &node.physical_id.filter(|_| node.kind == NodeKind::Existing));
        key(content, "properties");
        renamed(content, node.properties, &name_of);
        raw(content, "provider", node.provider_content);
        field(content, "type", node.wire_type);
        content.push('}');
        crate::digest(content.as_bytes())
    }

    /// Ends the meaning and hashes it.
    pub fn seal(mut self, policies: &[Json], providers: &BTreeMap<String, Provider>) -> SealedWriter {
        let text = &mut self.text;
        text.push(']');
        if !policies.is_empty() {
            field(text, "policies", policies);
        }
        if !providers.is_empty() {
            field(text, "providers", providers);
        }
        text.push('}');
        let hash = crate::digest(&text.as_bytes()[self.meaning..]);
        text.replace_range(HASH..HASH + DIGEST_LENGTH, &hash);
        SealedWriter { hash, text: self.text }
    }
}

/// A Plan that lacks its provenance.
#[derive(Debug)]
pub struct SealedWriter {
    hash: String,
    text: String,
}

impl SealedWriter {
    pub fn provenance(self, compiler: &str, files: &BTreeMap<String, String>) -> ProvenanceWriter {
        let SealedWriter { hash, mut text } = self;
        key(&mut text, "provenance");
        text.push('{');
        field(&mut text, "compiler", compiler);
        if !files.is_empty() {
            field(&mut text, "files", files);
        }
        ProvenanceWriter { hash, text, has_origins: false }
    }
}

/// A Plan that lacks the origins of its nodes.
#[derive(Debug)]
pub struct ProvenanceWriter {
    hash: String,
    text: String,
    has_origins: bool,
}

/// A place in the source; [`crate::Origin`] says what each part is.
#[derive(Clone, Copy, Debug, Default)]
pub struct OriginText<'o> {
    pub file: &'o str,
    pub line: u32,
    /// By wire name, sorted.
    pub properties: &'o [(&'o str, u32)],
}

impl ProvenanceWriter {
    /// Appends the origin of the next node; gives its place in the text.
    pub fn origin(&mut self, origin: &OriginText<'_>) -> Range<usize> {
        self.separate();
        let text = &mut self.text;
        let start = text.len();
        text.push('{');
        field(text, "file", origin.file);
        field(text, "line", &origin.line);
        if !origin.properties.is_empty() {
            key(text, "properties");
            text.push('{');
            for (property, line) in origin.properties {
                if !text.ends_with('{') {
                    text.push(',');
                }
                write_string(text, property);
                write!(text, ":{line}").expect("a String takes everything");
            }
            text.push('}');
        }
        text.push('}');
        start..text.len()
    }

    /// Appends an origin that has been written before.
    pub fn repeat(&mut self, origin: Range<usize>) {
        self.separate();
        self.text.extend_from_within(origin);
    }

    pub fn finish(self) -> PlanText {
        let ProvenanceWriter { hash, mut text, has_origins } = self;
        text.push_str(if has_origins { "]}}" } else { "}}" });
        PlanText { hash, text }
    }

    fn separate(&mut self) {
        if std::mem::replace(&mut self.has_origins, true) {
            self.text.push(',');
        } else {
            key(&mut self.text, "origins");
            self.text.push('[');
        }
    }
}

/// A value's text with other names for what it refers to.
fn renamed<'f>(out: &mut String, value: &TermText, name: &dyn Fn(u32) -> &'f str) {
    for (text, target) in value.pieces() {
        out.push_str(text);
        if let Some(target) = target {
            write_string(out, name(target));
        }
    }
}

/// A key of ours, after whatever stands before it in the object.
fn key(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.extend(["\"", name, "\":"]);
}

fn field<T: Serialize + ?Sized>(out: &mut String, name: &str, value: &T) {
    key(out, name);
    append_canonical(out, value);
}

fn raw(out: &mut String, name: &str, json: &str) {
    key(out, name);
    out.push_str(json);
}
