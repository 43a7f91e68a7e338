//! Where the grammar stopped → the mistake that was most likely made.
//!
//! The one idea: the parser says which tokens would have been fine; together with the tokens around the place that is enough to name the
//! mistake in words. The cases stand in order, the surest first; the last is a plain "does not fit here".
//! A mistake with one obvious repair is also repaired in the token stream, so that the statement goes on and shows its
//! other mistakes. Deliberately absent: any knowledge of names.

mod place;
mod repair;

use lw_diagnostics::{Diagnostic, Span};

use crate::errors::{self, Places};
use crate::token::{Kind, Token};
use place::Around;
use repair::Repair;

/// A place where the grammar does not go on.
pub struct Failure<'a> {
    pub source: &'a str,
    /// The statement's.
    pub tokens: &'a [Token],
    /// The token that does not fit; the length of `tokens` at the end.
    pub at: usize,
    /// Names of the grammar's terminals.
    pub expected: &'a [String],
}

impl Failure<'_> {
    pub fn diagnose(&self, places: Places) -> (Diagnostic, Option<Repair>) {
        if let Some(found) = self.foreign(places) {
            return (found, None);
        }
        let found = self.found();
        match found {
            Kind::Equal => self.equals(places),
            Kind::Separator | Kind::Close | Kind::EndOfFile => (self.early_end(places), None),
            Kind::Comma if matches!(self.kind(self.before()), Kind::Comma) || self.after_opener() => {
                (errors::missing_item(self.span(self.at, places)), Some(self.replacing(&[])))
            }
            Kind::Semicolon => (errors::stray_semicolon(self.span(self.at, places)), None),
            Kind::StrStart | Kind::LineStrStart if self.expects("string") => {
                let what = match self.tokens[0].kind {
                    Kind::Test => "the name of a test",
                    Kind::Resource => "the wire name of a resource",
                    Kind::Composition => "a composition's title",
                    Kind::Type => "a type",
                    _ => "a pattern",
                };
                (errors::no_interpolation_here(self.span(self.at, places), what), None)
            }
            Kind::StrEnd | Kind::StrMiddle if self.expects_operand() => {
                (errors::empty_interpolation(self.span(self.before(), places)), None)
            }
            _ => self.between(places),
        }
    }

    /// Signs and words of other languages.
    fn foreign(&self, places: Places) -> Option<Diagnostic> {
        let before = self.before();
        let word = self.text(self.at);
        // `//` and `--` are operators; what follows them on the line is prose.
        let mut at = (self.at + 1).min(self.tokens.len());
        while at > 0 {
            at -= 1;
            let token = self.tokens[at];
            let text = self.text(at);
            if token.kind == Kind::Op && (text.starts_with("//") || text.starts_with("--") || text.starts_with("/*")) {
                return Some(errors::foreign_comment(self.span(at, places), text));
            }
            if token.first {
                break;
            }
        }
        if self.found() == Kind::Op && word.ends_with('$') && self.kind(self.at + 1) == Kind::LeftBrace {
            return Some(errors::dollar_braces(self.span(self.at, places)));
        }
        if matches!(self.found(), Kind::LeftBrace) && self.kind(before) == Kind::Op && self.text(before).ends_with('$')
        {
            return Some(errors::dollar_braces(self.span(before, places)));
        }
        match (self.found(), word) {
            (Kind::Lower, "and") if self.expects("operator sign") => {
                Some(errors::foreign_word(self.span(self.at, places), word, "&&"))
            }
            (Kind::Lower, "or") if self.expects("operator sign") => {
                Some(errors::foreign_word(self.span(self.at, places), word, "||"))
            }
            (Kind::Op, "=>") if self.expects("->") => {
                Some(errors::foreign_word(self.span(self.at, places), word, "->"))
            }
            (Kind::Op, "=>") if self.expects(":") => Some(errors::foreign_word(self.span(self.at, places), word, ":")),
            _ => match (self.kind(before), self.text(before)) {
                (Kind::Lower, "return") if self.starts_value(self.found()) => {
                    Some(errors::foreign_word(self.span(before, places), "return", ""))
                }
                (Kind::Lower, "not") if self.starts_value(self.found()) => {
                    Some(errors::foreign_word(self.span(before, places), "not", "!"))
                }
                (Kind::Lower, "else") if self.found() == Kind::If => {
                    Some(errors::foreign_word(self.span(before, places), "else if", "elif"))
                }
                _ => None,
            },
        }
    }

    fn equals(&self, places: Places) -> (Diagnostic, Option<Repair>) {
        let span = self.span(self.at, places);
        // `name: Type = value`
        if let Some(diagnostic) = self.type_after_name(places) {
            return (diagnostic, None);
        }
        if self.expects(":") || self.kind(self.before()) == Kind::Colon {
            let in_brackets = matches!(self.around(), Around::Bracket { .. });
            return (errors::equals_for_colon(span), in_brackets.then(|| self.replacing(&[Kind::Colon])));
        }
        if self.expects("operator sign") {
            return (errors::equals_for_comparison(span), Some(self.replacing(&[Kind::Op])));
        }
        (errors::unexpected(span, "`=`", self.expected_words()), None)
    }

    fn type_after_name(&self, places: Places) -> Option<Diagnostic> {
        let end = self.at;
        let mut first = end;
        while first > 0 && matches!(self.tokens[first - 1].kind, Kind::Upper | Kind::Dot) {
            first -= 1;
        }
        let mut colon = first.checked_sub(1)?;
        if self.tokens[colon].kind == Kind::Open {
            colon = colon.checked_sub(1)?;
        }
        let name = colon.checked_sub(1)?;
        if first == end || self.tokens[colon].kind != Kind::Colon || self.tokens[name].kind != Kind::Lower {
            return None;
        }
        let annotation = self.span(first, places).to(self.span(end - 1, places));
        let annotation_text = &self.source[self.tokens[first].start as usize..self.tokens[end - 1].end as usize];
        let header = self.span(name, places).to(self.span(self.at, places));
        Some(errors::type_after_name(self.span(name, places), self.text(name), annotation, annotation_text, header))
    }

    /// The line, block or statement ends where more was needed.
    fn early_end(&self, places: Places) -> Diagnostic {
        let before = self.before();
        let after = self.span(before, places);
        let text = self.text(before);
        if let Some(diagnostic) = self.missing_word(places) {
            return diagnostic;
        }
        let before_kind = self.kind(before);
        if self.found() == Kind::Close && self.at > 0 && self.kind(self.at - 1) == Kind::Open {
            return errors::empty_block(after, text);
        }
        if before_kind.is_operator() && self.expects_operand() {
            return errors::missing_operand(after, text, "right");
        }
        if before_kind == Kind::Semicolon {
            return errors::stray_semicolon(after);
        }
        if self.found() == Kind::Close
            && (self.expects("let") || self.expects("separator"))
            && let Around::Block { open } = self.around()
            && let Some(last) = self.last_let(open)
        {
            return errors::block_without_result(self.span(last, places));
        }
        if let Some(arrow) = self.lambda_arrow() {
            return errors::arrow_for_colon(self.span(arrow, places));
        }
        if self.found() == Kind::Separator && self.expects(";") {
            let first = self.line_start();
            return errors::value_before_last(self.span(first, places).to(after));
        }
        if self.expects(":") {
            if before == 0 && before_kind == Kind::Lower {
                return errors::statement_without_value(after, text);
            }
            if self.tokens[0].kind == Kind::Fun && before == 1 {
                return errors::header_without_parameters(after, text);
            }
            if before_kind == Kind::Lower && self.tokens[0].kind != Kind::Fun {
                return errors::statement_without_value(after, text);
            }
            return errors::statement_without_colon(after, text);
        }
        if self.tokens[0].kind == Kind::Fun && before == 1 && self.expects("(") {
            return errors::header_without_parameters(after, text);
        }
        if before_kind == Kind::Of {
            return errors::case_without_arms(after);
        }
        if self.expects("name") && !self.expects_operand() {
            return errors::ends_early(after, text, Some("a name".to_owned()));
        }
        errors::ends_early(after, text, self.expected_words())
    }

    /// `if` without `then` or `else`, `case` without `of`, an arm without `->`, `for` without `in`.
    fn missing_word(&self, places: Places) -> Option<Diagnostic> {
        let after = self.span(self.before(), places);
        let found = |kind: Kind, text: &str, word: &str, why: Option<&str>| {
            let opener = self.nearest_open(kind)?;
            Some(errors::missing_word(self.span(opener, places), text, word, after, why))
        };
        if self.expects("then") {
            let word = if self.nearest_open(Kind::Elif) > self.nearest_open(Kind::If) { "elif" } else { "if" };
            let kind = if word == "elif" { Kind::Elif } else { Kind::If };
            return found(kind, word, "then", None);
        }
        if self.expects("else") {
            return found(Kind::If, "if", "else", Some("an `if` is a value, so it has one for either case"));
        }
        if self.expects("of") {
            return found(Kind::Case, "case", "of", None);
        }
        if self.expects("in") && !self.expects_operand() {
            return found(Kind::For, "for", "in", None);
        }
        if self.expects("->") && self.expects_only_around_pattern() {
            return found(Kind::Bar, "|", "->", None).or_else(|| found(Kind::Of, "of", "->", None));
        }
        None
    }

    fn expects_only_around_pattern(&self) -> bool {
        !self.expects_operand() && !self.expects(":")
    }

    /// A token stands where another was needed.
    fn between(&self, places: Places) -> (Diagnostic, Option<Repair>) {
        let found = self.found();
        let here = self.span(self.at, places);
        let text = self.text(self.at);
        let before = self.before();
        let before_span = self.span(before, places);
        let before_text = self.text(before);
        let token = self.tokens[self.at];
        let around = self.around();
        let in_bracket = matches!(around, Around::Bracket { .. });
        let line = self.tokens[if found == Kind::Open { (self.at + 1).min(self.tokens.len() - 1) } else { self.at }];
        let plain = |diagnostic: Diagnostic| (diagnostic, None);

        if let Some(arrow) = self.lambda_arrow() {
            return plain(errors::arrow_for_colon(self.span(arrow, places)));
        }
        if before >= 1 && self.kind(before - 1) == Kind::At && self.starts_value(found) && !token.first {
            let gap = Span::new(here.file, before_span.end, here.start);
            return plain(errors::annotation_argument(here, before_text, gap));
        }
        if let Some(diagnostic) = self.header(places) {
            return plain(diagnostic);
        }
        if let Some(diagnostic) = self.name_case(places) {
            return plain(diagnostic);
        }
        let line_start = self.line_start();
        if self.expects(";") && self.kind(line_start).anywhere() != Kind::Let {
            let repair = Some(Repair { from: line_start, to: line_start, kinds: &[Kind::Let] });
            let named = found == Kind::Colon && before == line_start && self.kind(before) == Kind::Lower;
            if named {
                return (errors::missing_let(before_span, before_span, before_text), repair);
            }
            let typed = found == Kind::Lower && self.kind(self.at + 1) == Kind::Colon;
            if typed && self.kind(line_start) == Kind::Upper {
                return (errors::missing_let(self.span(line_start, places), here, text), repair);
            }
        }
        if found.is_operator() && self.expects_operand() {
            let prefix = self.kind(before).is_operator();
            return plain(if prefix {
                errors::missing_operand(before_span, before_text, "right")
            } else {
                errors::missing_operand(here, text, "left")
            });
        }
        if found.is_closer() {
            if let Some(diagnostic) = self.missing_word(places) {
                return plain(diagnostic);
            }
            if self.kind(before).is_operator() && self.expects_operand() {
                return plain(errors::missing_operand(before_span, before_text, "right"));
            }
            if self.expects(":") && self.kind(before) == Kind::Lower && found == Kind::RightBrace {
                return plain(errors::missing_value(before_span, before_text, true));
            }
        }
        if matches!(found, Kind::Comma | Kind::RightBrace)
            && self.expects(":")
            && let Around::Bracket { opener } = around
            && let Some(key) = self.key_before_value(opener)
        {
            let diagnostic = errors::missing_colon(self.span(key, places), self.text(key));
            return (diagnostic, Some(Repair { from: key + 1, to: key + 1, kinds: &[Kind::Colon] }));
        }
        if found == Kind::Comma && self.expects(":") && in_bracket && self.kind(before) == Kind::Lower {
            return plain(errors::missing_value(before_span, before_text, true));
        }
        if found == Kind::Comma && self.kind(before).is_operator() && self.expects_operand() {
            return plain(errors::missing_operand(before_span, before_text, "right"));
        }
        if found == Kind::Let && self.at == 0 && self.kind(1) != Kind::Colon {
            let gap = Span::new(here.file, here.start, self.span(1, places).start);
            return plain(errors::let_outside(here, gap));
        }
        if found.is_reserved() && self.kind(self.at + 1) == Kind::Colon
            || found.is_reserved() && self.expects("name") && !self.expects_operand()
        {
            return plain(errors::reserved_word(here, text));
        }
        match found {
            Kind::Then | Kind::Elif | Kind::Else if self.nearest_open(Kind::If).is_none() => {
                return plain(errors::word_without_opener(here, text, "if"));
            }
            Kind::Of if self.nearest_open(Kind::Case).is_none() => {
                return plain(errors::word_without_opener(here, text, "case"));
            }
            Kind::In if self.nearest_open(Kind::For).is_none() => {
                return plain(errors::word_without_opener(here, text, "for"));
            }
            _ => {}
        }
        // `area(Circle 2)`: what was meant is rather a constructor's argument than a second item.
        if in_bracket && self.kind(before) == Kind::Upper && self.is_argument() {
            return (errors::side_by_side(before_span, before_text, here, text, true), self.hole());
        }
        // A new item, argument or field.
        if in_bracket && self.expects(",") && self.starts_item(found) {
            // Another argument would be one too many, or the one that is missing.
            let counted =
                matches!(around, Around::Bracket { opener } if self.kind(opener).anywhere() == Kind::LeftParen);
            let repair = if counted { self.hole_around() } else { Some(self.inserting(&[Kind::Comma])) };
            return (errors::missing_comma(before_span, here), repair);
        }
        if let Some(diagnostic) = self.missing_word(places)
            && (self.starts_value(found)
                || matches!(found, Kind::Comma | Kind::Then | Kind::Elif | Kind::Else | Kind::Of))
            && !self.word_follows()
        {
            return plain(diagnostic);
        }
        if matches!(found, Kind::LineParen | Kind::LineBracket | Kind::LineBrace | Kind::LineStr | Kind::LineStrStart) {
            return plain(errors::bracket_on_new_line(here, before_span));
        }
        // A line that goes on with the line before, though it was meant as one of its own.
        if line.first && !in_bracket && self.starts_statement_or_value(line.kind) {
            let binding = self.kind(self.at + 1) == Kind::Colon;
            let column = if binding && self.depth() == 1 { 1 } else { self.line_column(line.column) };
            if line.column != column {
                let start = line.start as usize;
                let indentation = places.span(start - self.indentation(line.start), start);
                return plain(errors::indented_otherwise(places.span(start, line.end as usize), indentation, column));
            }
        }
        if self.expects(":") && self.starts_value(found) && self.kind(before) != Kind::Colon {
            let diagnostic = match before {
                0 => errors::statement_without_colon(before_span, before_text),
                _ => errors::missing_colon(before_span, before_text),
            };
            return (diagnostic, in_bracket.then(|| self.inserting(&[Kind::Colon])));
        }
        let begins_statement = matches!(
            found,
            Kind::Import | Kind::Export | Kind::Type | Kind::Validate | Kind::Composition | Kind::Operator
        );
        if begins_statement && (token.first || !self.expects_operand()) {
            return plain(errors::misplaced_statement(here, text));
        }
        if begins_statement || (found == Kind::Module && self.expects_operand()) {
            return plain(errors::reserved_word(here, text));
        }
        if self.starts_value(found) && self.ends_value(self.kind(before)) && self.expects("operator sign") {
            let callable = matches!(self.kind(before), Kind::Lower | Kind::Upper);
            let call = callable && (self.is_argument() || found == Kind::Upper && self.stands_alone());
            return plain(errors::side_by_side(before_span, before_text, here, text, call));
        }
        plain(errors::unexpected(here, &self.describe(self.at), self.expected_words()))
    }

    /// Whether this place can be what a call on the same line was meant to take.
    fn is_argument(&self) -> bool {
        let simple = matches!(self.found(), Kind::Lower | Kind::Int | Kind::Float | Kind::Duration | Kind::Size);
        simple && self.stands_alone()
    }

    fn stands_alone(&self) -> bool {
        let first = self.tokens.get(self.at).is_some_and(|token| token.first);
        !first && !matches!(self.kind(self.at + 1), Kind::Dot | Kind::Colon)
    }

    /// Mistakes in what stands before a statement's first `:`.
    fn header(&self, places: Places) -> Option<Diagnostic> {
        let here = || self.span(self.at, places);
        let text = self.text(self.at);
        let first = self.tokens[0].kind;
        let found = self.found();
        match first {
            Kind::Parameter | Kind::Lookup if self.at == 1 && found == Kind::Lower => {
                Some(errors::missing_type(here(), text, Some(self.text(0))))
            }
            Kind::Fun if self.at == 2 && self.kind(1) == Kind::Lower && found != Kind::Arrow => {
                Some(errors::header_without_parameters(self.span(1, places), self.text(1)))
            }
            Kind::Fun | Kind::Let
                if matches!(found, Kind::Comma | Kind::RightParen | Kind::RightBrace) && self.expects(":") =>
            {
                let before = self.before();
                (self.kind(before) == Kind::Lower)
                    .then(|| errors::missing_type(self.span(before, places), self.text(before), None))
            }
            Kind::Import if found == Kind::Lower => {
                let before = self.before();
                if self.kind(before) == Kind::Dot {
                    let gap = self.span(before, places);
                    return Some(errors::imported_value(here(), gap, text));
                }
                self.expects("Name").then(|| errors::begins_lower(here(), text, "a module"))
            }
            Kind::Type | Kind::Resource if self.at == 1 && found == Kind::Lower => {
                Some(errors::begins_lower(here(), text, "a type"))
            }
            _ if self.at == 1 && matches!(first, Kind::Lower | Kind::Upper) && self.expects(":") => match found {
                Kind::LeftParen | Kind::LeftBrace | Kind::LeftBracket | Kind::Str | Kind::Dot => {
                    Some(errors::expression_as_statement(self.span(0, places), self.text(0)))
                }
                _ => None,
            },
            _ if self.at == 1 && first.is_reserved() && found == Kind::Colon => {
                Some(errors::reserved_word(self.span(0, places), self.text(0)))
            }
            _ if self.at == 0 && self.starts_value(found) => Some(errors::expression_as_statement(here(), text)),
            _ => None,
        }
    }

    /// An upper-case word where a value is named, or a lower-case one where a type is.
    fn name_case(&self, places: Places) -> Option<Diagnostic> {
        if self.expects_operand() {
            return None;
        }
        let before = self.before();
        let found = self.found();
        if found == Kind::Lower && self.expects("Name") && !self.expects("name") {
            let what = match (self.kind(before), self.tokens[0].kind) {
                (Kind::Bar, Kind::Type) => "a constructor",
                (Kind::As, _) => "a module",
                _ => "a type or a module",
            };
            return Some(errors::begins_lower(self.span(self.at, places), self.text(self.at), what));
        }
        if !self.expects("name") {
            return None;
        }
        // `Foo: 1` reads as a type without a name.
        if found == Kind::Colon && self.kind(before) == Kind::Upper {
            return Some(errors::begins_upper(self.span(before, places), self.text(before), "a value"));
        }
        let what = match self.kind(before) {
            Kind::Fun => "a function",
            Kind::Output | Kind::Let => "a value",
            Kind::Deployment => "a deployment",
            Kind::Less => "a type variable",
            _ => "a value or a field",
        };
        (found == Kind::Upper && !self.expects("Name") && self.kind(self.at + 1) != Kind::Dot)
            .then(|| errors::begins_upper(self.span(self.at, places), self.text(self.at), what))
    }
}
