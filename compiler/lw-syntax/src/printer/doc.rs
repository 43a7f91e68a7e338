//! What may break where, and the choice of breaks for a width.
//!
//! The one idea: a document is built once, with the width of each part's flat form beside it, so that choosing is one pass without
//! looking back. Comments at the end of a line wait until that line ends: they can stand anywhere in a document.
//! Deliberately absent: recursion, and any knowledge of the language.

/// Lines are broken to stay within this.
pub const WIDTH: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doc(u32);

#[derive(Clone, Copy, Debug)]
enum Node<'a> {
    Text(&'a str),
    /// Text with line breaks of its own.
    Verbatim(&'a str),
    /// A space, or a line break when its group is broken.
    Line,
    /// Nothing, or a line break.
    SoftLine,
    /// Always a line break.
    HardLine,
    /// An empty line, when its group is broken; stands before a line break.
    Blank,
    /// Text only when its group is broken.
    IfBroken(&'a str),
    /// A comment for the end of the line.
    EndComment(&'a str),
    /// A comment on a line of its own, and whether an empty line follows it.
    LineComment(&'a str, bool),
    Nest(i32, Doc),
    /// A space and the document where that fits on one line; else the document on a line of its own where it fits there; else a
    /// space and the document with its own breaks.
    Hang(Doc),
    Group(Doc),
    Flat(Doc),
    Either(Doc, Doc),
    /// Children, as a range of [`Docs::children`].
    All(u32, u32),
}

#[derive(Clone, Copy, Debug)]
struct Measured<'a> {
    node: Node<'a>,
    /// The width on one line; [`HARD`] where it cannot be on one.
    flat: u32,
    /// The width up to the first place that may break.
    head: u32,
    may_break: bool,
}

const HARD: u32 = u32::MAX;

/// The documents of one statement.
#[derive(Default)]
pub struct Docs<'a> {
    nodes: Vec<Measured<'a>>,
    children: Vec<Doc>,
}

fn width(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}

impl<'a> Docs<'a> {
    /// Forgets every document, for the next statement.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.children.clear();
    }

    fn push(&mut self, node: Node<'a>, flat: u32, head: u32, may_break: bool) -> Doc {
        self.nodes.push(Measured { node, flat, head, may_break });
        Doc(self.nodes.len() as u32 - 1)
    }

    pub fn nil(&mut self) -> Doc {
        self.text("")
    }

    pub fn text(&mut self, text: &'a str) -> Doc {
        let width = width(text);
        self.push(Node::Text(text), width, width, false)
    }

    pub fn verbatim(&mut self, text: &'a str) -> Doc {
        let first = width(text.lines().next().unwrap_or(""));
        let breaks = text.contains('\n');
        self.push(Node::Verbatim(text), first, first, breaks)
    }

    pub fn line(&mut self) -> Doc {
        self.push(Node::Line, 1, 0, true)
    }

    pub fn soft_line(&mut self) -> Doc {
        self.push(Node::SoftLine, 0, 0, true)
    }

    pub fn hard_line(&mut self) -> Doc {
        self.push(Node::HardLine, HARD, 0, true)
    }

    pub fn blank(&mut self) -> Doc {
        self.push(Node::Blank, 0, 0, false)
    }

    pub fn if_broken(&mut self, text: &'a str) -> Doc {
        self.push(Node::IfBroken(text), 0, width(text), false)
    }

    pub fn end_comment(&mut self, text: &'a str) -> Doc {
        self.push(Node::EndComment(text), 0, 0, false)
    }

    pub fn line_comment(&mut self, text: &'a str, blank_after: bool) -> Doc {
        self.push(Node::LineComment(text, blank_after), HARD, 0, true)
    }

    pub fn nest(&mut self, by: i32, doc: Doc) -> Doc {
        let Measured { flat, head, may_break, .. } = self.nodes[doc.0 as usize];
        self.push(Node::Nest(by, doc), flat, head, may_break)
    }

    /// What follows a `:`, on its line or the next one.
    pub fn hang(&mut self, doc: Doc) -> Doc {
        let Measured { flat, head, .. } = self.nodes[doc.0 as usize];
        let head = if flat == HARD { head.saturating_add(1) } else { 0 };
        self.push(Node::Hang(doc), flat.saturating_add(1), head, true)
    }

    /// The first on one line if it fits there; else the second, if that fits up to where it may break; else the first, broken.
    pub fn either(&mut self, first: Doc, second: Doc) -> Doc {
        let Measured { flat, head, may_break, .. } = self.nodes[first.0 as usize];
        self.push(Node::Either(first, second), flat, head, may_break)
    }

    /// On one line whether it fits there or not.
    pub fn flat(&mut self, doc: Doc) -> Doc {
        let flat = self.nodes[doc.0 as usize].flat;
        self.push(Node::Flat(doc), flat, flat, false)
    }

    /// Whether it holds something that needs lines of its own.
    pub fn is_hard(&self, doc: Doc) -> bool {
        self.nodes[doc.0 as usize].flat == HARD
    }

    /// On one line if it fits there.
    pub fn group(&mut self, doc: Doc) -> Doc {
        let Measured { flat, head, may_break, .. } = self.nodes[doc.0 as usize];
        self.push(Node::Group(doc), flat, head, may_break)
    }

    /// Broken whatever its width.
    pub fn broken_group(&mut self, doc: Doc) -> Doc {
        let Measured { head, may_break, .. } = self.nodes[doc.0 as usize];
        self.push(Node::Group(doc), HARD, head, may_break)
    }

    pub fn all(&mut self, docs: &[Doc]) -> Doc {
        let first = self.children.len() as u32;
        let (mut flat, mut head, mut may_break) = (0u32, 0u32, false);
        for doc in docs {
            let part = &self.nodes[doc.0 as usize];
            flat = flat.saturating_add(part.flat);
            if !may_break {
                head = head.saturating_add(part.head);
                may_break = part.may_break;
            }
        }
        self.children.extend_from_slice(docs);
        self.push(Node::All(first, self.children.len() as u32), flat, head, may_break)
    }

    /// Writes `doc` to the end of `out`, which is at the start of a line, and ends the last line.
    pub fn render(&self, doc: Doc, out: &mut String) {
        let mut writer = Writer { out, column: 0, indentation: 0, line_empty: true, comments: Vec::new() };
        let mut stack = vec![Todo { indentation: 0, flat: false, doc }];
        while let Some(Todo { indentation, flat, doc }) = stack.pop() {
            match self.nodes[doc.0 as usize].node {
                Node::Text(text) => writer.text(text),
                Node::Verbatim(text) => writer.verbatim(text),
                Node::Line if flat => writer.text(" "),
                Node::SoftLine if flat => {}
                Node::Line | Node::SoftLine | Node::HardLine => writer.line(indentation),
                Node::Blank if flat => {}
                Node::Blank => writer.blank(indentation),
                Node::IfBroken(text) if !flat => writer.text(text),
                Node::IfBroken(_) => {}
                Node::EndComment(text) => writer.comments.push(text),
                Node::LineComment(text, blank) => writer.line_comment(text, blank, indentation),
                Node::Nest(by, doc) => {
                    stack.push(Todo { indentation: indentation.saturating_add_signed(by), flat, doc })
                }
                Node::Group(inner) => {
                    let flat = flat || self.fits(doc, writer.column_now(), &stack);
                    stack.push(Todo { indentation, flat, doc: inner });
                }
                Node::Flat(inner) => stack.push(Todo { indentation, flat: true, doc: inner }),
                Node::Either(first, second) => {
                    let column = writer.column_now();
                    let doc = if flat || self.fits(first, column, &stack) || !self.starts(second, column) {
                        first
                    } else {
                        second
                    };
                    stack.push(Todo { indentation, flat, doc });
                }
                Node::Hang(inner) => {
                    let inline = flat || self.fits(doc, writer.column_now(), &stack);
                    let below = !inline && self.fits(inner, indentation + 2, &stack);
                    if below {
                        writer.line(indentation + 2);
                        stack.push(Todo { indentation: indentation + 2, flat: true, doc: inner });
                    } else {
                        writer.text(" ");
                        stack.push(Todo { indentation, flat: inline, doc: inner });
                    }
                }
                Node::All(first, end) => {
                    let children = &self.children[first as usize..end as usize];
                    stack.extend(children.iter().rev().map(|doc| Todo { indentation, flat, doc: *doc }));
                }
            }
        }
        writer.finish();
    }

    /// Whether a document fits from that column up to where it may break.
    fn starts(&self, doc: Doc, column: u32) -> bool {
        column.saturating_add(self.nodes[doc.0 as usize].head) <= WIDTH
    }

    /// Whether a document fits on one line from that column, with what follows it up to the next possible break.
    fn fits(&self, doc: Doc, column: u32, rest: &[Todo]) -> bool {
        let flat = self.nodes[doc.0 as usize].flat;
        if flat == HARD {
            return false;
        }
        let mut total = column.saturating_add(flat);
        for todo in rest.iter().rev() {
            if total > WIDTH {
                return false;
            }
            let part = &self.nodes[todo.doc.0 as usize];
            if todo.flat && part.flat != HARD {
                total = total.saturating_add(part.flat);
            } else {
                total = total.saturating_add(part.head);
                if part.may_break {
                    break;
                }
            }
        }
        total <= WIDTH
    }
}

#[derive(Clone, Copy)]
struct Todo {
    indentation: u32,
    flat: bool,
    doc: Doc,
}

struct Writer<'o, 'a> {
    out: &'o mut String,
    column: u32,
    indentation: u32,
    /// Nothing has been written on this line yet, not even its indentation.
    line_empty: bool,
    comments: Vec<&'a str>,
}

impl<'a> Writer<'_, 'a> {
    fn column_now(&self) -> u32 {
        if self.line_empty { self.indentation } else { self.column }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.line_empty {
            self.out.extend(std::iter::repeat_n(' ', self.indentation as usize));
            self.column = self.indentation;
            self.line_empty = false;
        }
        self.out.push_str(text);
        self.column += width(text);
    }

    fn verbatim(&mut self, text: &str) {
        let mut rest = text;
        while let Some(newline) = rest.find('\n') {
            let line = &rest[..newline];
            self.text(line.strip_suffix('\r').unwrap_or(line));
            self.out.push('\n');
            self.column = 0;
            rest = &rest[newline + 1..];
        }
        self.text(rest);
    }

    fn line(&mut self, indentation: u32) {
        if !self.line_empty {
            self.end_line(indentation);
        }
        self.indentation = indentation;
    }

    /// Ends the line with the comments that waited for it. On lines of their own the second and later ones could become the
    /// documentation of what follows.
    fn end_line(&mut self, indentation: u32) {
        let length = self.out.trim_end_matches(' ').len();
        self.out.truncate(length);
        for comment in std::mem::take(&mut self.comments) {
            self.out.push_str("  ");
            self.out.push_str(comment);
        }
        self.out.push('\n');
        self.line_empty = true;
        self.indentation = indentation;
    }

    fn blank(&mut self, indentation: u32) {
        self.line(indentation);
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn line_comment(&mut self, text: &'a str, blank_after: bool, indentation: u32) {
        if self.line_empty {
            self.text(text);
            self.end_line(indentation);
            if blank_after {
                self.out.push('\n');
            }
        } else {
            self.comments.push(text);
        }
    }

    fn finish(mut self) {
        if self.line_empty && !self.comments.is_empty() {
            self.text("");
        }
        if !self.line_empty || !self.comments.is_empty() {
            self.end_line(0);
        }
    }
}
