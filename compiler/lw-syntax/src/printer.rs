//! Syntax tree → text: `lw fmt`.
//!
//! Flow: parse; walk each statement's tree and take every token from the source in order, comments with it ([`cursor`]); build a
//! document of what may break where ([`doc`]); write it within a width. What breaks is the author's choice after `:`, `->`,
//! `then`, `else` and an opening bracket, and ours where a line would be too long.
//! Guarantees: every comment is kept; groups of lines stay apart by one blank line at most; printing twice is printing once; the printed
//! text has the same tokens in the same blocks as the source, or else the source is given back as it was.
//! Deliberately absent: printing what does not parse, ordering imports, applying the fixes of old spellings.

mod cursor;
mod doc;
mod expressions;
mod statements;
mod types;

use lw_diagnostics::{Diagnostic, FileId};

use crate::ast::Tree;
use crate::layout::Laid;
use crate::token::{Kind, Token};
use cursor::Cursor;
use doc::Doc;

/// What [`format`] makes of a file.
#[derive(Clone, Debug, Default)]
pub struct Formatted {
    /// The file in standard form; absent where it has syntax errors.
    pub text: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The text in standard form.
pub fn format(file: FileId, source: &str) -> Formatted {
    let pipeline = crate::Pipeline::run(file, source, 0);
    let diagnostics = pipeline.sink.into_diagnostics();
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Formatted { text: None, diagnostics };
    }
    let tokens = &pipeline.lexed.tokens[..pipeline.lexed.tokens.len() - 1];
    let mut cursor = Cursor::new(source, tokens, &pipeline.lexed.comments);
    let mut text = String::with_capacity(source.len() + source.len() / 8);
    for (at, statement) in pipeline.file.statements.iter().enumerate() {
        if at > 0 && cursor.blank_before() {
            text.push('\n');
        }
        let mut printer = Printer { cursor: &mut cursor, tree: &statement.tree, start: statement.start };
        let doc = printer.statement(statement);
        cursor.docs.render(doc, &mut text);
        cursor.docs.clear();
    }
    while cursor.language_next() {
        if !text.is_empty() && cursor.blank_before() {
            text.push('\n');
        }
        let comments = cursor.comments_before();
        cursor.docs.render(comments, &mut text);
        let tree = Tree::default();
        let doc = Printer { cursor: &mut cursor, tree: &tree, start: 0 }.language();
        cursor.docs.render(doc, &mut text);
    }
    if cursor.has_comments_before() {
        if !pipeline.file.statements.is_empty() && cursor.blank_before() {
            text.push('\n');
        }
        let comments = cursor.comments_before();
        cursor.docs.render(comments, &mut text);
    }
    let kept = !cursor.lost && cursor.at_end() && same_program(file, source, &pipeline.laid, &text);
    debug_assert!(kept, "the printed text is another program:\n{source}\n-----\n{text}");
    Formatted { text: Some(if kept { text } else { source.to_owned() }), diagnostics }
}

/// Whether the printed text has the tokens and blocks of the source, up to what the printer may change.
fn same_program(file: FileId, source: &str, laid: &Laid, printed: &str) -> bool {
    let after = crate::Pipeline::run(file, printed, 0);
    if after.sink.into_diagnostics().iter().any(Diagnostic::is_error) {
        return false;
    }
    let before = significant(source, &laid.tokens);
    let after = significant(printed, &after.laid.tokens);
    before.eq(after)
}

/// Each token's kind and text, without commas before closing brackets, bars before a first arm, and line ends between annotations.
fn significant<'a>(source: &'a str, tokens: &'a [Token]) -> impl Iterator<Item = (Kind, std::borrow::Cow<'a, str>)> {
    let mut blocks = 0usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        match token.kind {
            Kind::Open => blocks += 1,
            Kind::Close => blocks = blocks.saturating_sub(1),
            Kind::Separator if blocks == 0 => return None,
            _ => {}
        }
        let next = tokens.get(at + 1).map_or(Kind::EndOfFile, |token| token.kind);
        let last = at.checked_sub(1).map_or(Kind::EndOfFile, |at| tokens[at].kind);
        let dropped = (token.kind == Kind::Comma && (next.is_closer() || next == Kind::Greater))
            || (token.kind == Kind::Bar && last == Kind::Of);
        let text = token.text(source);
        let kind = match token.kind {
            Kind::AtArguments => Kind::AtArguments,
            kind => kind.anywhere(),
        };
        let text = match kind {
            Kind::Str => std::borrow::Cow::Owned(crate::literal::string(text).text),
            Kind::StrStart | Kind::StrMiddle | Kind::StrEnd => std::borrow::Cow::Owned(text.replace('\r', "")),
            _ => std::borrow::Cow::Borrowed(text),
        };
        (!dropped).then_some((kind, text))
    })
}

/// One statement on its way to a document. Its parts are in the files beside this one.
struct Printer<'p, 'a> {
    cursor: &'p mut Cursor<'a>,
    tree: &'p Tree,
    /// Where the statement's ranges count from.
    start: u32,
}

/// The words that the parts share.
impl<'a> Printer<'_, 'a> {
    fn text(&mut self, text: &'static str) -> Doc {
        self.cursor.docs.text(text)
    }

    fn space(&mut self) -> Doc {
        self.text(" ")
    }

    fn all(&mut self, docs: &[Doc]) -> Doc {
        self.cursor.docs.all(docs)
    }

    fn nest(&mut self, by: i32, docs: &[Doc]) -> Doc {
        let doc = self.cursor.docs.all(docs);
        self.cursor.docs.nest(by, doc)
    }

    fn group(&mut self, docs: &[Doc], broken: bool) -> Doc {
        let doc = self.cursor.docs.all(docs);
        if broken { self.cursor.docs.broken_group(doc) } else { self.cursor.docs.group(doc) }
    }

    /// The space, or empty line and line break, between two lines of a block.
    fn line_between(&mut self) -> Doc {
        let blank = self.cursor.blank_before();
        let line = self.cursor.docs.hard_line();
        if blank {
            let blank = self.cursor.docs.blank();
            return self.all(&[blank, line]);
        }
        line
    }

    /// A bracket with `count` items: one line if that fits and the author did not break after the opening bracket, else an item a line.
    fn bracket(
        &mut self,
        open: &str,
        count: usize,
        close: &str,
        trailing_comma: bool,
        item: impl FnMut(&mut Self, usize) -> Doc,
    ) -> Doc {
        self.bracket_hugging(open, count, close, trailing_comma, false, item)
    }

    /// The same; with `hug_last`, the last item may break alone, on the line of the others.
    fn bracket_hugging(
        &mut self,
        open: &str,
        count: usize,
        close: &str,
        trailing_comma: bool,
        hug_last: bool,
        mut item: impl FnMut(&mut Self, usize) -> Doc,
    ) -> Doc {
        let end = self.cursor.bracket_end();
        let commented = self.cursor.has_comment_in(self.cursor.position(), end);
        let mut docs = vec![self.cursor.token(open)];
        if count == 0 && !self.cursor.has_comments_before() {
            docs.push(self.cursor.token(close));
            return self.all(&docs);
        }
        let broken = commented || self.cursor.breaks_here();
        let mut inside = Vec::with_capacity(count * 3 + 2);
        let mut hugging = docs.clone();
        let mut huggable = hug_last && !self.cursor.breaks_here();
        for at in 0..count {
            if at == 0 {
                inside.push(self.cursor.docs.soft_line());
            } else {
                if self.cursor.blank_before() {
                    inside.push(self.cursor.docs.blank());
                }
                inside.push(self.cursor.docs.line());
            }
            huggable &= !self.cursor.has_comments_before();
            // Outside the item's own groups, which they need not break.
            inside.push(self.cursor.comments_before());
            let item = item(self, at);
            inside.push(item);
            if huggable {
                let last = at + 1 == count;
                huggable = match last {
                    true => !self.cursor.has_comment_in(self.cursor.last_end(), end),
                    false => !self.cursor.docs.is_hard(item),
                };
                let item = if last { item } else { self.cursor.docs.flat(item) };
                hugging.push(item);
                if !last {
                    hugging.push(self.text(", "));
                }
            }
            if at + 1 < count {
                inside.push(self.text(","));
            } else if trailing_comma {
                inside.push(self.cursor.docs.if_broken(","));
            }
            let comma = self.cursor.position();
            inside.extend(self.cursor.skip(Kind::Comma));
            huggable &= at + 1 == count || !self.cursor.has_comment_in(comma, self.cursor.position());
        }
        if self.cursor.has_comments_before() {
            if count > 0 && self.cursor.blank_before() {
                inside.push(self.cursor.docs.blank());
            }
            inside.push(self.cursor.docs.hard_line());
            inside.push(self.cursor.closing_comments());
        }
        docs.push(self.nest(2, &inside));
        docs.push(self.cursor.docs.soft_line());
        let close = self.cursor.token(close);
        docs.push(close);
        let group = self.group(&docs, broken);
        if !huggable {
            return group;
        }
        hugging.push(close);
        let hugging = self.all(&hugging);
        self.cursor.docs.either(group, hugging)
    }
}
