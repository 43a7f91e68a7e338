//! Text as it was written: scalars, lists and mappings, each with its place.
//!
//! YAML and JSON become the same tree, and CloudFormation's short tags their long forms: `!Ref x` is `{Ref: x}`.

use std::sync::Arc;

use lw_diagnostics::Span;

/// One value of a document.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum NodeKind {
    Null,
    Bool(bool),
    /// As it was written: where text is wanted, `0123` is four characters.
    Number(Arc<str>),
    String(Arc<str>),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
    /// What is known only later, and what that is.
    Later(Arc<str>),
    /// What nobody may see, with where it comes from, if that is known.
    Secret {
        source: Option<Arc<str>>,
        name: Arc<str>,
    },
    /// What another resource is known by.
    Link(Arc<Link>),
    /// What could not be read; that has been reported.
    Refused,
}

/// A reference that is known without being written as a function.
#[derive(Debug)]
pub struct Link {
    /// The name of the resource.
    pub resource: Arc<str>,
    /// The attribute, as where it comes from calls it.
    pub attribute: Arc<str>,
    /// What the attribute may be called on the wire, the likeliest first.
    pub candidates: Vec<Arc<str>>,
    /// What it is, for people.
    pub what: Arc<str>,
}

/// An entry of a mapping, in the order of the text.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: Arc<str>,
    pub key_span: Span,
    pub value: Node,
}

/// A comment and where it stands.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Without the `#`.
    pub text: Arc<str>,
    pub span: Span,
    /// Whether it stands behind something on its line.
    pub is_trailing: bool,
}

/// A whole text.
#[derive(Debug)]
pub struct Document {
    pub root: Node,
    /// In the order of the text; JSON has none.
    pub comments: Vec<Comment>,
}

impl Node {
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }

    /// The value of that key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text of a string; nothing of a number or Bool.
    pub fn text(&self) -> Option<&Arc<str>> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar, as CloudFormation reads it where text is wanted.
    pub fn scalar_text(&self) -> Option<Arc<str>> {
        match &self.kind {
            NodeKind::String(text) | NodeKind::Number(text) => Some(text.clone()),
            NodeKind::Bool(value) => Some(Arc::from(if *value { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The only entry of a mapping that has no other.
    pub fn only_entry(&self) -> Option<&Entry> {
        match self.entries() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What kind of thing it is, with its article, for messages.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null | NodeKind::Refused => "nothing",
            NodeKind::Later(_) | NodeKind::Link(_) => "what is known later",
            NodeKind::Secret { .. } => "a secret",
            NodeKind::Bool(_) => "a Bool",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "a String",
            NodeKind::List(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }
}
