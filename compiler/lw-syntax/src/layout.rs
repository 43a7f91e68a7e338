//! Tokens → tokens with blocks: adds [`Kind::Open`], [`Kind::Separator`] and [`Kind::Close`] by columns, and cuts the file into
//! statements.
//!
//! The one idea: layout never asks the parser, so the grammar is plain LR. The rules are numbered as in the language
//! reference (open, first token of a line, bar, brackets, recovery). Each frame remembers the nearest frame of the kinds
//! that rules look for, so that no rule searches: time is linear whatever the nesting.
//! Deliberately absent: any tree; comments; recursion.

use crate::errors::{self, Sink};
use crate::lexer::{LeadingTabs, Lexed};
use crate::token::{Kind, Token};

/// The tokens of a file with its blocks marked.
#[derive(Debug, Default)]
pub struct Laid {
    pub tokens: Vec<Token>,
    pub statements: Vec<StatementTokens>,
}

/// Which of [`Laid::tokens`] make one statement, its annotations included, without the separators around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementTokens {
    pub first: usize,
    pub end: usize,
    /// The layout pass or the lexer has reported something here already.
    pub broken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BlockKind {
    Root,
    Expr,
    Type,
    Fields,
    Items,
}

/// What a block's current line began with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Begins {
    Nothing,
    Type,
    Resource,
    Other,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Block {
        column: u32,
        /// The column if a tab were one column wide.
        narrow: u32,
        enclosing: u32,
        kind: BlockKind,
        /// Column of the first bar of a sum type; 0 before one was seen.
        bar: u32,
        begins: Begins,
    },
    Bracket {
        opener: Token,
    },
    If,
    Case {
        after_of: bool,
        /// Column of the arms; 0 before one was seen.
        arm: u32,
        enclosing: u32,
    },
    /// A function's or lambda's header, before its `:`.
    Fun,
}

const NONE: u32 = u32::MAX;

/// An entry, and where the nearest entries at or below it are that some rule looks for.
#[derive(Clone, Copy, Debug)]
struct Frame {
    entry: Entry,
    /// Block or bracket.
    holder: u32,
    /// Bracket, or [`NONE`].
    bracket: u32,
    /// Block, bracket, or case whose arms have a column.
    anchor: u32,
    /// `if` above the nearest bracket, or [`NONE`].
    open_if: u32,
    /// Case before its `of`, above the nearest bracket, or [`NONE`].
    open_case: u32,
}

/// Adds the blocks.
pub fn lay_out(source: &str, lexed: &Lexed, sink: &mut Sink) -> Laid {
    let mut layout = Layout {
        source,
        input: &lexed.tokens,
        tabs: &lexed.leading_tabs,
        out: Vec::with_capacity(lexed.tokens.len() + lexed.tokens.len() / 3 + 8),
        statements: Vec::new(),
        statement_first: 0,
        broken: false,
        stack: Vec::with_capacity(64),
        last_end: 0,
        tabs_reported: false,
    };
    layout.push(Entry::Block {
        column: 1,
        narrow: 1,
        enclosing: 0,
        kind: BlockKind::Root,
        bar: 0,
        begins: Begins::Nothing,
    });
    layout.run(sink);
    Laid { tokens: layout.out, statements: layout.statements }
}

struct Layout<'a> {
    source: &'a str,
    input: &'a [Token],
    tabs: &'a [LeadingTabs],
    out: Vec<Token>,
    statements: Vec<StatementTokens>,
    statement_first: usize,
    broken: bool,
    stack: Vec<Frame>,
    last_end: u32,
    tabs_reported: bool,
}

impl Layout<'_> {
    fn run(&mut self, sink: &mut Sink) {
        let mut pending: Option<BlockKind> = None;
        for at in 0..self.input.len() {
            let mut token = self.input[at];
            let end_of_file = token.kind == Kind::EndOfFile;
            if token.first && token.column == 1 && !end_of_file && self.in_bracket() && self.begins_statement(at) {
                self.close_everything(sink);
                pending = None;
            }
            let mut opened = false;
            if let Some(kind) = pending.take() {
                let enclosing = self.enclosing();
                if end_of_file || (token.first && token.column <= enclosing) {
                    self.empty_block(at, sink);
                } else {
                    if token.first {
                        self.check_tabs(&token, self.top().anchor as usize, sink);
                    }
                    self.open(token.column, enclosing, kind, &token);
                    opened = true;
                }
            }
            if end_of_file {
                self.close_everything(sink);
                self.end_statement();
                break;
            }
            if token.first && !opened && token.kind != Kind::Bar {
                self.first_of_line(at, sink);
            }
            token.kind = self.kind_here(at);
            self.note_beginning(at, token.kind);
            pending = self.token(at, token, sink);
        }
    }

    /// Rules 3 and 4, and what opens a block; the answer is the block to open before the next token.
    fn token(&mut self, at: usize, token: Token, sink: &mut Sink) -> Option<BlockKind> {
        let top = self.top().entry;
        let mut opens = None;
        match token.kind {
            Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace | Kind::StrStart => {
                self.emit(token);
                self.push(Entry::Bracket { opener: token });
                return None;
            }
            Kind::RightParen | Kind::RightBracket | Kind::RightBrace | Kind::StrMiddle | Kind::StrEnd => {
                self.closer(token, sink);
                return None;
            }
            Kind::Comma | Kind::For => self.pop_to_bracket(),
            Kind::If => {
                self.emit(token);
                self.push(Entry::If);
                return None;
            }
            Kind::Then => {
                self.pop_to(self.top().open_if);
                opens = Some(BlockKind::Expr);
            }
            Kind::Elif => {
                self.pop_to(self.top().open_if);
            }
            Kind::Else => {
                if self.pop_to(self.top().open_if) {
                    self.stack.pop();
                }
                opens = Some(BlockKind::Expr);
            }
            Kind::Case => {
                self.emit(token);
                let enclosing = match self.stack[self.top().holder as usize].entry {
                    Entry::Block { enclosing, .. } => enclosing,
                    _ => 0,
                };
                self.push(Entry::Case { after_of: false, arm: 0, enclosing });
                return None;
            }
            Kind::Of if self.pop_to(self.top().open_case) => {
                let next = self.input[at + 1];
                let arm = if next.kind == Kind::Bar { 0 } else { next.column };
                self.update_case(true, arm);
            }
            Kind::Arrow => {
                if matches!(top, Entry::Case { after_of: true, .. }) {
                    opens = Some(BlockKind::Expr);
                }
            }
            Kind::Fun => {
                self.emit(token);
                let nested = matches!(top, Entry::Fun | Entry::Block { kind: BlockKind::Type | BlockKind::Fields, .. });
                if !nested {
                    self.push(Entry::Fun);
                }
                return None;
            }
            Kind::Colon => match top {
                Entry::Fun => {
                    self.stack.pop();
                    opens = Some(BlockKind::Expr);
                }
                Entry::Block { kind: BlockKind::Root, begins, .. } => {
                    let declares_type = match begins {
                        Begins::Type => true,
                        Begins::Resource => at > 0 && self.input[at - 1].kind == Kind::Str,
                        _ => false,
                    };
                    opens = Some(if declares_type { BlockKind::Type } else { BlockKind::Expr });
                }
                Entry::Block { kind: BlockKind::Expr, .. } => opens = Some(BlockKind::Expr),
                _ => {}
            },
            Kind::Let => {
                let begins_line = matches!(top, Entry::Block { .. })
                    && self.out.last().is_some_and(|last| matches!(last.kind, Kind::Open | Kind::Separator));
                let at_root = self.stack.len() == 1 && self.out.len() == self.statement_first;
                if !begins_line && !at_root {
                    let enclosing = self.enclosing();
                    self.open(token.column, enclosing, BlockKind::Expr, &token);
                }
            }
            Kind::Import | Kind::Export => opens = Some(BlockKind::Items),
            Kind::Bar => self.bar(&token),
            _ => {}
        }
        self.emit(token);
        opens
    }

    /// Rule 2.
    fn first_of_line(&mut self, at: usize, sink: &mut Sink) {
        let token = self.input[at];
        loop {
            let holder = self.top().holder as usize;
            let Entry::Block { column, enclosing, kind, bar, .. } = self.stack[holder].entry else { return };
            self.check_tabs(&token, holder, sink);
            if kind != BlockKind::Root && token.column <= enclosing {
                self.truncate(holder);
                continue;
            }
            if kind == BlockKind::Type
                && bar != 0
                && token.column > bar
                && (token.kind.is_name() || token.kind.is_reserved())
                && self.kind_at(at + 1) == Kind::Colon
            {
                self.open(token.column, bar, BlockKind::Fields, &token);
            } else if token.column == column && !self.continues(at) {
                self.truncate(holder + 1);
                self.separate(kind, token.start);
            }
            return;
        }
    }

    /// Rule 3.
    fn bar(&mut self, token: &Token) {
        loop {
            let depth = self.stack.len() - 1;
            match &mut self.stack[depth].entry {
                Entry::Bracket { .. } | Entry::Block { kind: BlockKind::Root, .. } => return,
                Entry::Block { kind: BlockKind::Type, bar, .. } => {
                    if token.first || *bar == 0 {
                        *bar = token.column;
                    }
                    return;
                }
                Entry::Case { after_of: true, arm: 0, enclosing } if !token.first || token.column > *enclosing => {
                    return self.update_case(true, token.column);
                }
                Entry::Case { after_of: true, arm, .. } if *arm != 0 && (!token.first || *arm <= token.column) => {
                    return;
                }
                _ => self.truncate(depth),
            }
        }
    }

    fn closer(&mut self, token: Token, sink: &mut Sink) {
        let wanted = match token.kind {
            Kind::StrMiddle => Kind::StrEnd,
            kind => kind,
        };
        let bracket = self.top().bracket;
        if bracket == NONE {
            return self.stray(token, sink);
        }
        self.pop_to_bracket();
        let Entry::Bracket { opener } = self.stack[bracket as usize].entry else { return };
        if opener.kind.closer() != wanted {
            // The nearest few brackets: is one of them what this closes?
            let mut outer = bracket;
            for _ in 0..8 {
                outer = match outer {
                    0 | NONE => NONE,
                    outer => self.stack[outer as usize - 1].bracket,
                };
                if outer == NONE {
                    break;
                }
                let Entry::Bracket { opener: candidate } = self.stack[outer as usize].entry else { break };
                if candidate.kind.closer() == wanted {
                    self.report_unclosed(opener, Some(token), sink);
                    while self.stack.len() as u32 > outer + 1 {
                        self.close_one_bracket_or_block();
                    }
                    self.finish_closer(token);
                    return;
                }
            }
            if wanted == Kind::StrEnd {
                // The literal's own beginning was lost in the recovery above.
                self.broken = true;
                return;
            }
            if !opener.kind.is_opener() {
                return self.stray(token, sink);
            }
            self.report_other_closer(token, opener, sink);
        }
        self.finish_closer(token);
    }

    fn finish_closer(&mut self, token: Token) {
        self.stack.pop();
        self.emit(token);
        if token.kind == Kind::StrMiddle {
            self.push(Entry::Bracket { opener: token });
        }
    }

    fn stray(&mut self, token: Token, sink: &mut Sink) {
        if !self.broken && token.kind.is_closer() {
            let span = sink.span(token.start as usize, token.end as usize);
            sink.push(errors::stray_closer(span, token.text(self.source)));
        }
        self.broken = true;
    }

    fn report_other_closer(&mut self, token: Token, opener: Token, sink: &mut Sink) {
        if !self.broken {
            let span = |token: Token| sink.span(token.start as usize, token.end as usize);
            let texts = (token.text(self.source), opener.text(self.source));
            sink.push(errors::other_closer(span(token), texts.0, span(opener), texts.1));
        }
        self.broken = true;
    }

    /// Rule 5, and the end of the file: whatever is open ends here.
    fn close_everything(&mut self, sink: &mut Sink) {
        let bracket = self.top().bracket;
        if bracket != NONE
            && let Entry::Bracket { opener } = self.stack[bracket as usize].entry
        {
            self.report_unclosed(opener, None, sink);
        }
        while self.stack.len() > 1 {
            self.close_one_bracket_or_block();
        }
    }

    fn close_one_bracket_or_block(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        match frame.entry {
            Entry::Block { .. } => self.emit_virtual(Kind::Close, self.last_end),
            Entry::Bracket { opener } => self.emit_virtual(opener.kind.closer(), self.last_end),
            _ => {}
        }
    }

    fn report_unclosed(&mut self, opener: Token, closed_by: Option<Token>, sink: &mut Sink) {
        if !self.broken && !opener.kind.is_opener() {
            let end = opener.end as usize;
            sink.push(errors::unclosed_interpolation(sink.span(end - 2, end)));
        } else if !self.broken {
            let span = |token: Token| sink.span(token.start as usize, token.start as usize + 1);
            let found = closed_by.map(|token| {
                let same_line = !self.source[opener.end as usize..token.start as usize].contains('\n');
                (span(token), &token.text(self.source)[..1], same_line)
            });
            sink.push(errors::unclosed_bracket(span(opener), opener.text(self.source), found));
        }
        self.broken = true;
    }

    fn empty_block(&mut self, at: usize, sink: &mut Sink) {
        let opener = self.input[at.saturating_sub(1)];
        self.emit_virtual(Kind::Open, self.last_end);
        self.emit_virtual(Kind::Close, self.last_end);
        if opener.kind != Kind::Export && !self.broken {
            let span = sink.span(opener.start as usize, opener.end as usize);
            sink.push(errors::empty_block(span, opener.text(self.source)));
            self.broken = true;
        }
    }

    /// Where tabs and spaces disagree about which of two columns is further right.
    fn check_tabs(&mut self, token: &Token, block: usize, sink: &mut Sink) {
        if self.tabs.is_empty() || self.tabs_reported {
            return;
        }
        let enclosing = block.checked_sub(1).map_or(0, |below| self.stack[below].anchor as usize);
        let narrow_here = self.narrow(token);
        let in_doubt = [block, enclosing].into_iter().any(|at| match self.stack[at].entry {
            Entry::Block { column, narrow, .. } => token.column.cmp(&column) != narrow_here.cmp(&narrow),
            _ => false,
        });
        if in_doubt {
            let line = self.source[..token.start as usize].rfind('\n').map_or(0, |at| at + 1);
            sink.push_instead_of("LW0107", errors::column_in_doubt(sink.span(line, token.start as usize)));
            self.tabs_reported = true;
            self.broken = true;
        }
    }

    /// The token's column if a tab were one column wide.
    fn narrow(&self, token: &Token) -> u32 {
        let at = self.tabs.partition_point(|tabs| tabs.line <= token.start);
        match at.checked_sub(1).map(|at| self.tabs[at]) {
            // Otherwise the tabs are those of an earlier line.
            Some(tabs) if token.start - tabs.line + 1 + tabs.excess == token.column => token.column - tabs.excess,
            _ => token.column,
        }
    }

    /// A reserved word where only a name can stand: after a dot, or as a field's name.
    fn kind_here(&self, at: usize) -> Kind {
        let token = self.input[at];
        if token.kind == Kind::At {
            return self.annotation(at);
        }
        if (Kind::Parameter..=Kind::Prefix).contains(&token.kind) {
            return if self.is_keyword(at) { token.kind } else { Kind::Lower };
        }
        if !token.kind.is_reserved() {
            return token.kind;
        }
        let before = |back: usize| at.checked_sub(back).map_or(Kind::EndOfFile, |at| self.input[at].kind);
        if before(1) == Kind::Dot && before(2) != Kind::As && !token.first {
            return Kind::Lower;
        }
        let in_fields = match self.stack[self.top().holder as usize].entry {
            Entry::Bracket { .. } => true,
            Entry::Block { kind, .. } => matches!(kind, BlockKind::Type | BlockKind::Fields),
            _ => false,
        };
        let names = match self.kind_at(at + 1) {
            Kind::Colon => in_fields,
            Kind::Dot => in_fields && matches!(before(1), Kind::LeftBrace | Kind::Comma),
            _ => false,
        };
        if names { Kind::Lower } else { token.kind }
    }

    /// Whether a word that is a name in most places is a keyword here.
    fn is_keyword(&self, at: usize) -> bool {
        let token = self.input[at];
        let next = self.kind_at(at + 1);
        let next_on_line = self.input.get(at + 1).is_some_and(|next| !next.first);
        let back = |back: usize| at.checked_sub(back).map_or(Kind::EndOfFile, |at| self.input[at].kind);
        let Entry::Block { kind, begins, .. } = self.top().entry else { return false };
        match token.kind {
            Kind::InfixLeft | Kind::InfixRight | Kind::Prefix => back(2) == Kind::Operator && back(1).is_operator(),
            Kind::Opaque => back(1) == Kind::Type && next == Kind::Upper,
            Kind::Where => kind == BlockKind::Type && next != Kind::Colon && begins != Begins::Nothing,
            Kind::Deployment => kind == BlockKind::Items && begins == Begins::Nothing && next_on_line,
            Kind::Test => {
                kind == BlockKind::Root && begins == Begins::Nothing && matches!(next, Kind::Str | Kind::StrStart)
            }
            Kind::Defaults => kind == BlockKind::Root && begins == Begins::Nothing && next == Kind::LeftBrace,
            _ => kind == BlockKind::Root && begins == Begins::Nothing && next != Kind::Colon,
        }
    }

    fn annotation(&self, at: usize) -> Kind {
        let bracket = match (self.input.get(at + 1), self.input.get(at + 2)) {
            (Some(name), Some(next)) if name.kind != Kind::EndOfFile => {
                matches!(next.kind, Kind::LeftParen | Kind::LeftBrace) && !next.first
            }
            _ => false,
        };
        if bracket { Kind::AtArguments } else { Kind::At }
    }

    /// Whether a line that begins with this token goes on with the line before.
    fn continues(&self, at: usize) -> bool {
        let token = self.input[at];
        match token.kind {
            Kind::Then
            | Kind::Elif
            | Kind::Else
            | Kind::Of
            | Kind::For
            | Kind::In
            | Kind::With
            | Kind::As
            | Kind::Bar
            | Kind::Comma
            | Kind::RightParen
            | Kind::RightBracket
            | Kind::RightBrace
            | Kind::StrMiddle
            | Kind::StrEnd
            | Kind::Arrow
            | Kind::Dot
            | Kind::DotOp
            | Kind::Equal
            | Kind::Op
            | Kind::Less
            | Kind::Greater => true,
            Kind::Minus => self.input[at + 1].start != token.end,
            _ => false,
        }
    }

    /// Rule 5: what at column 1 cannot be inside a bracket.
    fn begins_statement(&self, at: usize) -> bool {
        let name_follows = |at: usize| self.kind_at(at).is_name() || self.kind_at(at) == Kind::Upper;
        match self.input[at].kind {
            Kind::Import
            | Kind::Export
            | Kind::Type
            | Kind::Fun
            | Kind::Validate
            | Kind::Operator
            | Kind::Composition
            | Kind::Let => true,
            Kind::Parameter | Kind::Lookup | Kind::Output | Kind::Resource if name_follows(at + 1) => true,
            Kind::Upper => self.begins_typed_binding(at),
            kind => kind.is_name() && self.kind_at(at + 1) == Kind::Colon,
        }
    }

    /// `A.B<c> name:` on one line.
    fn begins_typed_binding(&self, at: usize) -> bool {
        for next in at + 1..at + 32 {
            let Some(token) = self.input.get(next) else { return false };
            let type_ends = matches!(self.kind_at(next - 1), Kind::Upper | Kind::Greater);
            match token.kind {
                _ if token.first => return false,
                kind if kind.is_name() && type_ends && self.kind_at(next + 1) == Kind::Colon => return true,
                Kind::Upper | Kind::Dot | Kind::Less | Kind::Greater | Kind::Comma | Kind::Lower => {}
                _ => return false,
            }
        }
        false
    }

    fn note_beginning(&mut self, at: usize, kind: Kind) {
        let top = self.stack.len() - 1;
        if !matches!(self.stack[top].entry, Entry::Block { begins: Begins::Nothing, .. }) || self.in_annotation(at) {
            return;
        }
        if let Entry::Block { begins, .. } = &mut self.stack[top].entry {
            *begins = match kind {
                Kind::Type => Begins::Type,
                Kind::Resource => Begins::Resource,
                _ => Begins::Other,
            };
        }
    }

    /// `@`, the name after it, or the bracket after that.
    fn in_annotation(&self, at: usize) -> bool {
        let is_at = |back: usize| at.checked_sub(back).is_some_and(|at| self.input[at].kind == Kind::At);
        is_at(0) || is_at(1) || (is_at(2) && self.input[at].kind.is_opener() && !self.input[at].first)
    }

    fn kind_at(&self, at: usize) -> Kind {
        self.input.get(at).map_or(Kind::EndOfFile, |token| token.kind)
    }

    fn top(&self) -> &Frame {
        &self.stack[self.stack.len() - 1]
    }

    fn in_bracket(&self) -> bool {
        self.top().bracket != NONE
    }

    /// `enc()`: the column that a new block must be right of.
    fn enclosing(&self) -> u32 {
        match self.stack[self.top().anchor as usize].entry {
            Entry::Block { kind: BlockKind::Type, bar, .. } if bar != 0 => bar,
            Entry::Block { column, .. } => column,
            Entry::Case { arm, .. } => arm,
            _ => 0,
        }
    }

    fn push(&mut self, entry: Entry) {
        let at = self.stack.len() as u32;
        let below = self.stack.last().copied().unwrap_or(Frame {
            entry,
            holder: 0,
            bracket: NONE,
            anchor: 0,
            open_if: NONE,
            open_case: NONE,
        });
        self.stack.push(match entry {
            Entry::Block { .. } => Frame { entry, holder: at, anchor: at, ..below },
            Entry::Bracket { .. } => {
                Frame { entry, holder: at, bracket: at, anchor: at, open_if: NONE, open_case: NONE }
            }
            Entry::If => Frame { entry, open_if: at, ..below },
            Entry::Case { .. } => Frame { entry, open_case: at, ..below },
            Entry::Fun => Frame { entry, ..below },
        });
    }

    /// Changes the case on top of the stack.
    fn update_case(&mut self, now_after_of: bool, now_arm: u32) {
        let at = self.stack.len() - 1;
        let below = self.stack[at - 1];
        let frame = &mut self.stack[at];
        if let Entry::Case { after_of, arm, .. } = &mut frame.entry {
            *after_of = now_after_of;
            *arm = now_arm;
            frame.open_case = below.open_case;
            frame.anchor = if now_arm == 0 { below.anchor } else { at as u32 };
        }
    }

    /// Pops what lies above frame `at`, if there is one.
    fn pop_to(&mut self, at: u32) -> bool {
        if at == NONE {
            return false;
        }
        self.truncate(at as usize + 1);
        true
    }

    fn pop_to_bracket(&mut self) {
        let bracket = self.top().bracket;
        self.pop_to(bracket);
    }

    /// Leaves `length` frames, and closes the blocks among those that go.
    fn truncate(&mut self, length: usize) {
        while self.stack.len() > length {
            if let Some(Frame { entry: Entry::Block { .. }, .. }) = self.stack.pop() {
                self.emit_virtual(Kind::Close, self.last_end);
            }
        }
    }

    fn open(&mut self, column: u32, enclosing: u32, kind: BlockKind, before: &Token) {
        self.emit_virtual(Kind::Open, before.start);
        let narrow = if self.tabs.is_empty() { column } else { self.narrow(before) };
        self.push(Entry::Block { column, narrow, enclosing, kind, bar: 0, begins: Begins::Nothing });
    }

    /// The separator between two lines of the block on top.
    fn separate(&mut self, kind: BlockKind, start: u32) {
        let top = self.stack.len() - 1;
        if let Entry::Block { begins, .. } = &mut self.stack[top].entry {
            *begins = Begins::Nothing;
        }
        if kind == BlockKind::Root && !self.only_annotations() {
            self.end_statement();
        } else {
            self.emit_virtual(Kind::Separator, start);
        }
    }

    /// Whether the statement so far is annotations that belong to what follows.
    fn only_annotations(&self) -> bool {
        let tokens = &self.out[self.statement_first..];
        let mut at = 0;
        // Only the last line can end otherwise; the lines before were checked when they ended.
        if let Some(separator) = tokens.iter().rposition(|token| token.kind == Kind::Separator) {
            at = separator + 1;
        }
        let mut found = false;
        while let Some(token) = tokens.get(at) {
            match token.kind {
                Kind::At => at += 2,
                Kind::AtArguments => {
                    let literal = tokens.get(at + 3).is_some_and(|text| text.kind.anywhere() == Kind::Str);
                    let language = literal && tokens[at + 1].text(self.source) == "language";
                    if language && at == 0 {
                        return false;
                    }
                    let mut depth = 0usize;
                    at += 2;
                    while let Some(token) = tokens.get(at) {
                        at += 1;
                        if matches!(token.kind.anywhere(), kind if kind.is_opener() || kind == Kind::StrStart) {
                            depth += 1;
                        } else if token.kind.is_closer() || token.kind == Kind::StrEnd {
                            depth = depth.saturating_sub(1);
                            if depth == 0 {
                                break;
                            }
                        }
                    }
                }
                _ => return false,
            }
            found = true;
        }
        found
    }

    fn end_statement(&mut self) {
        let (first, end) = (self.statement_first, self.out.len());
        if end > first {
            self.statements.push(StatementTokens { first, end, broken: self.broken });
        }
        self.statement_first = end;
        self.broken = false;
        self.tabs_reported = false;
    }

    fn emit(&mut self, mut token: Token) {
        self.last_end = token.end;
        if token.kind == Kind::Error {
            self.broken = true;
        }
        if token.first {
            token.kind = token.kind.on_new_line();
        }
        self.out.push(token);
    }

    fn emit_virtual(&mut self, kind: Kind, at: u32) {
        self.out.push(Token { start: at, end: at, column: 0, kind, first: false });
    }
}
