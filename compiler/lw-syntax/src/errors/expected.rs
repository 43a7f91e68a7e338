//! Where the grammar does not go on. [`crate::failure`] decides which of these it is.

use lw_diagnostics::{Diagnostic, Edit, Span, did_you_mean};

use super::{insert, insert_after, replace};

/// `expected` says in words what would fit.
pub fn unexpected(span: Span, found: &str, expected: Option<String>) -> Diagnostic {
    let label = expected.map_or_else(|| "this".to_owned(), |expected| format!("expected {expected}"));
    Diagnostic::error("LW0120", format!("{found} does not fit here")).at(span, label)
}

/// Nothing more stands on the line, or in the block or file.
pub fn ends_early(after: Span, text: &str, expected: Option<String>) -> Diagnostic {
    let label = expected
        .map_or_else(|| "nothing follows this".to_owned(), |expected| format!("expected {expected} after this"));
    Diagnostic::error("LW0120", format!("nothing fitting follows `{text}`")).at(after, label)
}

pub fn missing_comma(before: Span, found: Span) -> Diagnostic {
    Diagnostic::error("LW0121", "a comma is missing")
        .at(found, "begins a new item")
        .and(before, "the item before ends here")
        .fix("write `,` between them", [insert_after(before, ",")])
}

pub fn missing_colon(before: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0122", format!("`:` is missing after `{text}`"))
        .at(before, "`:` follows this")
        .fix("write `:`", [insert_after(before, ":")])
}

pub fn missing_value(name: Span, text: &str, same: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0122", format!("`{text}` has no value")).at(name, "a field without a value");
    if same {
        return diagnostic.fix(
            format!("write `{text}: {text}` for the value of that name"),
            [insert_after(name, format!(": {text}"))],
        );
    }
    diagnostic.help(format!("write `{text}: …`"))
}

/// A first word that is nearly one of those that begin statements.
fn misspelt_keyword(code: &'static str, word: Span, text: &str) -> Option<Diagnostic> {
    const WORDS: [&str; 14] = [
        "composition",
        "import",
        "export",
        "type",
        "fun",
        "validate",
        "operator",
        "parameter",
        "lookup",
        "output",
        "defaults",
        "test",
        "resource",
        "module",
    ];
    // Short words are near to everything.
    let near = did_you_mean(text, WORDS).filter(|near| text.len() > 2 && near.len().abs_diff(text.len()) < 2)?;
    let diagnostic = Diagnostic::error(code, format!("`{text}` begins no statement")).at(word, "not such a word");
    Some(diagnostic.fix(format!("write `{near}`"), [replace(word, near)]))
}

pub fn statement_without_colon(name: Span, text: &str) -> Diagnostic {
    misspelt_keyword("LW0122", name, text).unwrap_or_else(|| missing_colon(name, text))
}

pub fn statement_without_value(name: Span, text: &str) -> Diagnostic {
    if let Some(diagnostic) = misspelt_keyword("LW0122", name, text) {
        return diagnostic;
    }
    Diagnostic::error("LW0122", format!("`{text}` has no value"))
        .at(name, "`:` and a value follow a name")
        .help(format!("write `{text}: …`"))
}

/// `if`, `case` and their like, of which a word is missing.
pub fn missing_word(opener: Span, opener_text: &str, word: &str, after: Span, why: Option<&str>) -> Diagnostic {
    let article = if word == "->" { "arrow" } else { "word" };
    let mut diagnostic = Diagnostic::error("LW0123", format!("`{opener_text}` has no `{word}`"))
        .at(after, format!("the {article} `{word}` belongs after this"));
    if opener != after {
        diagnostic = diagnostic.and(opener, format!("the `{opener_text}`"));
    }
    match why {
        Some(why) => diagnostic.note(why),
        None => diagnostic.fix(format!("write `{word}`"), [insert_after(after, format!(" {word}"))]),
    }
}

pub fn case_without_arms(of: Span) -> Diagnostic {
    Diagnostic::error("LW0123", "this `case` has no arms")
        .at(of, "no `|` that belongs to it follows")
        .note("arms stand further right than the line that holds the statement or `let` around them")
}

pub fn word_without_opener(span: Span, word: &str, opener: &str) -> Diagnostic {
    Diagnostic::error("LW0123", format!("`{word}` belongs to no `{opener}`"))
        .at(span, format!("no `{opener}` is open here"))
}

pub fn reserved_word(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("LW0124", format!("`{word}` is a word of the language"))
        .at(span, "not a name here")
        .note("it may only name a field: after a dot, or before `:` in braces")
        .help("choose another name")
}

pub fn equals_for_colon(span: Span) -> Diagnostic {
    Diagnostic::error("LW0125", "`=` binds nothing")
        .at(span, "a name and its value are joined by `:`")
        .fix("write `:`", [replace(span, ":")])
}

pub fn equals_for_comparison(span: Span) -> Diagnostic {
    Diagnostic::error("LW0125", "`=` compares nothing")
        .at(span, "two values are compared with `==`")
        .fix("write `==`", [replace(span, "==")])
}

/// `column` is where the lines of the block begin.
pub fn indented_otherwise(token: Span, indentation: Span, column: u32) -> Diagnostic {
    Diagnostic::error("LW0126", "this line goes on with the line before, but does not fit there")
        .at(token, format!("the lines of its block begin at column {column}"))
        .fix(
            format!("begin it at column {column}"),
            [replace(indentation, " ".repeat(column.saturating_sub(1) as usize))],
        )
}

pub fn side_by_side(before: Span, before_text: &str, after: Span, after_text: &str, call: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0127", format!("nothing joins `{before_text}` and `{after_text}`"))
        .at(after, "a second value")
        .and(before, "the first one");
    if call {
        let gap = Span::new(before.file, before.end, after.start);
        return diagnostic.fix(
            format!("write `{before_text}({after_text})` for a call"),
            [replace(gap, "("), insert_after(after, ")")],
        );
    }
    diagnostic.note("a call has parentheses, braces, brackets or a string right after the function")
}

pub fn bracket_on_new_line(bracket: Span, before: Span) -> Diagnostic {
    Diagnostic::error("LW0127", "the argument of a call begins on the line of its function")
        .at(bracket, "stands alone")
        .and(before, "not called")
        .help("write both on one line, or an operator between them")
}

pub fn dollar_braces(span: Span) -> Diagnostic {
    Diagnostic::error("LW0128", "`${…}` means nothing outside a string")
        .at(span, "not an operator")
        .note("inside a string it is plain text; a value stands in a string as `\\(…)`")
}

pub fn foreign_comment(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::error("LW0129", format!("`{sign}` begins no comment"))
        .at(span, "read as an operator")
        .fix("write `#`", [replace(span, "#")])
}

pub fn missing_type(name: Span, text: &str, keyword: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0130", format!("`{text}` has no type"));
    match keyword {
        Some(keyword) => diagnostic
            .at(name, format!("a {keyword}'s type stands before its name"))
            .help(format!("write `{keyword} Type {text}: …`")),
        None => diagnostic.at(name, "a parameter without a type").help(format!("write `{text}: Type`")),
    }
}

pub fn begins_upper(name: Span, text: &str, what: &str) -> Diagnostic {
    let mut lower = text.to_owned();
    lower[..1].make_ascii_lowercase();
    Diagnostic::error("LW0131", format!("`{text}` is not a name for {what}"))
        .at(name, "begins with an upper-case letter")
        .note("values, functions and fields begin with a lower-case letter; types, constructors and modules with an upper-case one")
        .fix(format!("write `{lower}`"), [replace(name, lower)])
}

pub fn begins_lower(name: Span, text: &str, what: &str) -> Diagnostic {
    let mut upper = text.trim_start_matches('_').to_owned();
    let diagnostic = Diagnostic::error("LW0131", format!("`{text}` is not a name for {what}"))
        .at(name, "begins with a lower-case letter")
        .note("values, functions and fields begin with a lower-case letter; types, constructors and modules with an upper-case one");
    if upper.is_empty() {
        return diagnostic;
    }
    upper[..1].make_ascii_uppercase();
    diagnostic.fix(format!("write `{upper}`"), [replace(name, upper)])
}

pub fn imported_value(name: Span, gap: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0131", format!("`{text}` is not a module"))
        .at(name, "a name in a module stands in braces")
        .fix(format!("write `{{{text}}}`"), [replace(gap, " {"), insert_after(name, "}")])
}

pub fn missing_operand(operator: Span, text: &str, side: &str) -> Diagnostic {
    Diagnostic::error("LW0132", format!("`{text}` has nothing on its {side}"))
        .at(operator, format!("a value is missing on the {side}"))
}

pub fn missing_item(comma: Span) -> Diagnostic {
    Diagnostic::error("LW0133", "nothing stands before this comma")
        .at(comma, "no item")
        .fix("remove it", [replace(comma, "")])
}

pub fn value_before_last(value: Span) -> Diagnostic {
    Diagnostic::error("LW0149", "a value without a name does nothing")
        .at(value, "only the last line of a block is its value")
        .help("give it a name with `let`, or remove it")
}

pub fn missing_let(line: Span, name: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0150", format!("`{text}` is bound in a block without `let`"))
        .at(name, "a name in a block is bound with `let`")
        .fix("write `let` before it", [insert(line, "let ")])
}

pub fn block_without_result(last: Span) -> Diagnostic {
    Diagnostic::error("LW0134", "this block has no result")
        .at(last, "a `let` is not the value of its block")
        .help("write the value on a line of its own below the last `let`")
}

pub fn type_after_name(
    name: Span,
    name_text: &str,
    annotation: Span,
    annotation_text: &str,
    header: Span,
) -> Diagnostic {
    Diagnostic::error("LW0135", format!("the type of `{name_text}` stands after it"))
        .at(annotation, "a type stands before the name")
        .and(name, "the name")
        .fix(
            format!("write `{annotation_text} {name_text}:`"),
            [replace(header, format!("{annotation_text} {name_text}:"))],
        )
}

pub fn empty_interpolation(span: Span) -> Diagnostic {
    Diagnostic::error("LW0136", "no expression stands in `\\()`")
        .at(span, "empty")
        .note("for the text `\\(` write `\\\\(`")
}

pub fn no_interpolation_here(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("LW0136", format!("{what} cannot hold expressions")).at(span, "a fixed text belongs here")
}

/// A word or sign of other languages.
pub fn foreign_word(span: Span, word: &str, ours: &str) -> Diagnostic {
    let edit = Edit { span, text: ours.trim().to_owned() };
    let diagnostic = Diagnostic::error("LW0137", format!("`{word}` is not a word of the language"));
    if ours.is_empty() {
        return diagnostic.at(span, "a block's last line is its value").fix("remove it", [edit]);
    }
    diagnostic
        .at(span, format!("here this is written `{}`", ours.trim()))
        .fix(format!("write `{}`", ours.trim()), [edit])
}

pub fn arrow_for_colon(span: Span) -> Diagnostic {
    Diagnostic::error("LW0137", "`->` begins the type of a function's result, not its value")
        .at(span, "a type follows this")
        .note("a lambda is written `fun(x): …`")
        .fix("write `:`", [replace(span, ":")])
}

pub fn header_without_parameters(name: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0138", format!("the function `{text}` has no parameters in parentheses"))
        .at(name, "`(` or `{` follows a function's name")
        .help(format!("write `fun {text}(…): …`"))
}

pub fn stray_semicolon(span: Span) -> Diagnostic {
    Diagnostic::error("LW0139", "`;` ends nothing here")
        .at(span, "lines end by themselves")
        .fix("remove it", [replace(span, "")])
}

pub fn misplaced_statement(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("LW0147", format!("`{word}` begins a statement, and none can begin here"))
        .at(span, "in the middle of another statement")
        .help("begin it at the first column of a line of its own")
}

pub fn let_outside(word: Span, gap: Span) -> Diagnostic {
    Diagnostic::error("LW0147", "`let` stands only in a block")
        .at(word, "outside of every block")
        .fix("remove it", [replace(gap, "")])
}

pub fn annotation_argument(argument: Span, name: &str, gap: Span) -> Diagnostic {
    Diagnostic::error("LW0148", format!("the argument of `@{name}` stands in parentheses"))
        .at(argument, "not part of the annotation")
        .fix("put it in parentheses", [replace(gap, "("), insert_after(argument, ")")])
}

pub fn expression_as_statement(span: Span, text: &str) -> Diagnostic {
    if let Some(diagnostic) = misspelt_keyword("LW0149", span, text) {
        return diagnostic;
    }
    Diagnostic::error("LW0149", "a value without a name does nothing")
        .at(span, format!("`{text}` begins no statement"))
        .help("give it a name: `name: …`")
}
