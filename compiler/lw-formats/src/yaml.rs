//! YAML, as CloudFormation reads it, with the place of every node.
//!
//! Guarantees: nothing recurses over the text; anchors are expanded only up to [`NODES_MAX`], so that a text of a kilobyte cannot
//! become a tree of gigabytes. Deliberately absent: types of YAML that CloudFormation has not (sets, ordered maps, binary).

use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Tag, options};
use lw_diagnostics::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;

use crate::errors;
use crate::tree::{Comment, Document, Entry, Node, NodeKind};

/// Nodes that one document may have, its anchors expanded.
pub const NODES_MAX: usize = 2_000_000;
/// How deep collections may nest.
pub const DEPTH_MAX: usize = 200;

/// Reads the first document of a text.
pub fn read(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Document> {
    let options = options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut builder = Builder {
        file,
        text,
        diagnostics,
        open: Vec::new(),
        root: None,
        comments: Vec::new(),
        anchors: FxHashMap::default(),
        nodes: 0,
        stopped: false,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, place)) => {
                if !builder.event(event, place) {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                builder.diagnostics.push(errors::not_yaml(&error.info(), character_at(file, text, at)));
                return None;
            }
        }
    }
    builder.finish()
}

/// The character at an offset; at the end of a line or the text, what lies before.
pub(crate) fn character_at(file: FileId, text: &str, at: usize) -> Span {
    let start = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let length = text[start..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
    Span::new(file, start as u32, (start + length) as u32)
}

/// A collection that is being read.
struct Open {
    span: Span,
    tag: Option<Function>,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping { entries: Vec<Entry>, merged: Vec<Node>, key: Option<Key> },
}

enum Key {
    Named(Arc<str>, Span),
    /// `<<`
    Merge,
    /// One that is no scalar; it has been reported.
    Refused,
}

/// A short tag: `!Ref`.
struct Function {
    name: Arc<str>,
    span: Span,
}

struct Builder<'t, 'd> {
    file: FileId,
    text: &'t str,
    diagnostics: &'d mut Vec<Diagnostic>,
    open: Vec<Open>,
    root: Option<Node>,
    comments: Vec<Comment>,
    /// What anchors stand for, with how many nodes that is.
    anchors: FxHashMap<usize, (Node, usize)>,
    nodes: usize,
    /// What made the rest of the text pointless to read.
    stopped: bool,
}

impl Builder<'_, '_> {
    /// One event of the parser; false when no more are wanted.
    fn event(&mut self, event: Event<'_>, place: granit_parser::Span) -> bool {
        match event {
            Event::Comment(text, _) => {
                let span = self.span(place);
                let line = self.text[..span.start as usize].rsplit('\n').next().unwrap_or("");
                let is_trailing = !line.trim().is_empty();
                self.comments.push(Comment { text: Arc::from(&*text), span, is_trailing });
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                let span = self.span(place);
                self.diagnostics.push(errors::second_document(span));
                return false;
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), place),
            Event::SequenceStart(_, anchor, tag) => {
                self.start(Content::List(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = Content::Mapping { entries: Vec::new(), merged: Vec::new(), key: None };
                self.start(content, anchor, tag.as_deref(), place);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::UnresolvedAlias(name) => {
                let span = self.span(place);
                self.diagnostics.push(errors::unknown_anchor(&name, span));
                self.place(Node { kind: NodeKind::Refused, span }, 1);
            }
            _ => {}
        }
        !self.stopped
    }

    fn finish(self) -> Option<Document> {
        if self.stopped {
            return None;
        }
        let nothing = Node { kind: NodeKind::Null, span: Span::new(self.file, 0, 0) };
        Some(Document { root: self.root.unwrap_or(nothing), comments: self.comments })
    }

    fn span(&self, place: granit_parser::Span) -> Span {
        let offset = |marker: granit_parser::Marker| marker.byte_offset().unwrap_or(0).min(self.text.len()) as u32;
        Span::new(self.file, offset(place.start), offset(place.end))
    }

    fn function(&mut self, tag: Option<&Tag>, place: granit_parser::Span) -> Option<Function> {
        let tag = tag?;
        let span = place.tag_span().map_or_else(|| self.span(place), |place| self.span(place));
        if tag.handle() == "!" && !tag.suffix().is_empty() {
            return Some(Function { name: Arc::from(tag.suffix()), span });
        }
        if tag.is_custom() && tag.original() != "!" {
            self.diagnostics.push(errors::unknown_tag(&tag.original(), span));
        }
        None
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, place: granit_parser::Span) {
        let span = self.span(place);
        if let Some(Open { content: Content::Mapping { key, .. }, .. }) = self.open.last_mut()
            && key.is_none()
        {
            *key = Some(match text {
                "<<" if style == ScalarStyle::Plain => Key::Merge,
                _ => Key::Named(Arc::from(text), span),
            });
            return;
        }
        let kind = match tag.and_then(Tag::core_suffix) {
            Some("str") => NodeKind::String(Arc::from(text)),
            None | Some("null" | "bool" | "int" | "float") if style == ScalarStyle::Plain => plain(text),
            _ => NodeKind::String(Arc::from(text)),
        };
        let node = Node { kind, span };
        let node = match self.function(tag, place) {
            Some(function) => self.applied(function, Node { kind: NodeKind::String(Arc::from(text)), ..node }),
            None => node,
        };
        self.keep(anchor, &node, 1);
        self.place(node, 1);
    }

    fn start(&mut self, content: Content, anchor: usize, tag: Option<&Tag>, place: granit_parser::Span) {
        let span = self.span(place);
        let tag = self.function(tag, place);
        self.open.push(Open { span, tag, anchor, content });
    }

    fn end(&mut self, place: granit_parser::Span) {
        let Some(Open { mut span, tag, anchor, content }) = self.open.pop() else { return };
        // The end of block collections is where the next thing begins.
        let end = self.span(place).end;
        let closed = self.text.as_bytes().get((end as usize).wrapping_sub(1)).is_some_and(|last| b"]}".contains(last));
        let node = match content {
            Content::List(items) => {
                let last = items.last().map_or(span.end, |item| item.span.end);
                span.end = if closed { end } else { last };
                Node { kind: NodeKind::List(items), span }
            }
            Content::Mapping { mut entries, merged, .. } => {
                let last = entries.last().map_or(span.end, |entry| entry.value.span.end.max(entry.key_span.end));
                span.end = if closed { end } else { last };
                self.check_keys(&mut entries);
                for node in merged {
                    self.merge(&mut entries, node);
                }
                Node { kind: NodeKind::Mapping(entries), span }
            }
        };
        let node = match tag {
            Some(function) => self.applied(function, node),
            None => node,
        };
        if anchor > 0 {
            let size = size(&node);
            self.keep(anchor, &node, size);
        }
        self.place(node, 1);
    }

    /// Refuses keys that are given twice; the first counts.
    fn check_keys(&mut self, entries: &mut Vec<Entry>) {
        let mut seen: FxHashMap<Arc<str>, Span> = FxHashMap::default();
        entries.retain(|entry| match seen.get(&entry.key) {
            Some(first) => {
                self.diagnostics.push(errors::key_twice(&entry.key, entry.key_span, *first));
                false
            }
            None => {
                seen.insert(entry.key.clone(), entry.key_span);
                true
            }
        });
    }

    /// `<<: *defaults`: entries of other mappings, where this one has none of that key.
    fn merge(&mut self, entries: &mut Vec<Entry>, node: Node) {
        match node.kind {
            NodeKind::Mapping(others) => {
                for other in others {
                    if !entries.iter().any(|entry| entry.key == other.key) {
                        entries.push(other);
                    }
                }
            }
            NodeKind::List(nodes) if nodes.iter().all(|node| matches!(node.kind, NodeKind::Mapping(_))) => {
                for node in nodes {
                    self.merge(entries, node);
                }
            }
            _ => self.diagnostics.push(errors::merge_of_no_mapping(node.span)),
        }
    }

    fn alias(&mut self, anchor: usize, place: granit_parser::Span) {
        let span = self.span(place);
        match self.anchors.get(&anchor).cloned() {
            Some((node, size)) => self.place(node, size),
            // An anchor whose collection is still open: it would contain itself.
            None => {
                self.diagnostics.push(errors::anchor_within_itself(span));
                self.place(Node { kind: NodeKind::Refused, span }, 1);
            }
        }
    }

    fn keep(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, size: usize) {
        self.nodes += size;
        if self.nodes > NODES_MAX {
            self.diagnostics.push(errors::too_many_nodes(NODES_MAX, node.span));
            self.stopped = true;
            return;
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Mapping { entries, merged, key }) => match key.take() {
                Some(Key::Named(key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                Some(Key::Merge) => merged.push(node),
                Some(Key::Refused) => {}
                None => {
                    self.diagnostics.push(errors::no_key(node.kind_name(), node.span));
                    *key = Some(Key::Refused);
                }
            },
        }
    }

    /// `!GetAtt a.b` as `{"Fn::GetAtt": [a, b]}`.
    fn applied(&mut self, function: Function, argument: Node) -> Node {
        let Function { name, span } = function;
        let whole = Span::new(span.file, span.start, argument.span.end.max(span.end));
        let Some(key) = long_form(&name) else {
            self.diagnostics.push(errors::unknown_function(&format!("!{name}"), span, SHORT_FORMS.iter().copied()));
            return Node { kind: NodeKind::Refused, span: whole };
        };
        let value = match (&*key, &argument.kind) {
            ("Fn::GetAtt", NodeKind::String(text)) => match text.split_once('.') {
                Some((resource, attribute)) => {
                    let part = |text: &str| Node { kind: NodeKind::String(Arc::from(text)), span: argument.span };
                    Node { kind: NodeKind::List(vec![part(resource), part(attribute)]), span: argument.span }
                }
                None => argument,
            },
            _ => argument,
        };
        let entry = Entry { key: Arc::from(key), key_span: span, value };
        Node { kind: NodeKind::Mapping(vec![entry]), span: whole }
    }
}

/// Tags that CloudFormation knows.
pub(crate) const SHORT_FORMS: &[&str] = &[
    "!And",
    "!Base64",
    "!Cidr",
    "!Condition",
    "!Contains",
    "!EachMemberEquals",
    "!EachMemberIn",
    "!Equals",
    "!FindInMap",
    "!GetAtt",
    "!GetAZs",
    "!If",
    "!ImportValue",
    "!Join",
    "!Length",
    "!Not",
    "!Or",
    "!Ref",
    "!RefAll",
    "!Select",
    "!Split",
    "!Sub",
    "!ToJsonString",
    "!Transform",
    "!ValueOf",
    "!ValueOfAll",
];

fn long_form(name: &str) -> Option<String> {
    let known = SHORT_FORMS.iter().any(|short| short[1..] == *name);
    known.then(|| if matches!(name, "Ref" | "Condition") { name.to_string() } else { format!("Fn::{name}") })
}

fn size(node: &Node) -> usize {
    let mut count = 0;
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        count += 1;
        match &node.kind {
            NodeKind::List(items) => waiting.extend(items),
            NodeKind::Mapping(entries) => waiting.extend(entries.iter().map(|entry| &entry.value)),
            _ => {}
        }
    }
    count
}

/// A scalar without quotes, as YAML 1.1 types it, which is what CloudFormation reads.
fn plain(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => NodeKind::Bool(false),
        _ if is_number(text) => NodeKind::Number(Arc::from(text)),
        _ => NodeKind::String(Arc::from(text)),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    digits.bytes().all(|byte| byte.is_ascii_digit()) || is_float(digits)
}

fn is_float(digits: &str) -> bool {
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && digits.parse::<f64>().is_ok()
}
