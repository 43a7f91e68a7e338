//! Finding the top-level statements of a file without parsing them.
//!
//! The one idea: a statement begins at a character in column 1 that is not white space, `#`, `|`, a closing bracket or inside a
//! string. The annotations above it and the comment block right above those belong to it; it ends where the next one begins.
//!
//! Part of the build script, which writes what it finds beside the compressed text; the library only tests it.

use std::ops::Range;

use crate::found::{Found, Keyword};

/// The statements of a file, in order.
pub fn statements(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    // Where the comments and annotations of the next statement began.
    let mut lead: Option<usize> = None;
    let mut in_annotation = false;
    let mut strings = Strings::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let is_continuation = strings.is_open();
        strings.read(line);
        let first = line.chars().next().unwrap_or('\n');
        if is_continuation {
            continue;
        }
        match first {
            '#' => lead = lead.or(Some(start)),
            '@' if line.starts_with("@language") => {
                found.push(Found {
                    start: lead.take().unwrap_or(start),
                    keyword: Keyword::Language,
                    name: start..start,
                    wire: None,
                });
                in_annotation = false;
            }
            '@' => {
                lead = lead.or(Some(start));
                in_annotation = true;
            }
            ' ' | '\t' | '\r' | '|' | ')' | ']' | '}' => {
                if !line.trim().is_empty() && !in_annotation {
                    lead = None;
                }
            }
            // A blank line ends a comment block, but not a run of annotations.
            '\n' if !in_annotation => lead = None,
            '\n' => {}
            _ => {
                let (keyword, name, wire) = header(text, start);
                found.push(Found { start: lead.take().unwrap_or(start), keyword, name, wire });
                in_annotation = false;
            }
        }
        if first == '\r' && line.trim().is_empty() && !in_annotation {
            lead = None;
        }
    }
    found
}

/// The keyword, name and wire type of the statement whose first word is at `start`.
fn header(text: &str, start: usize) -> (Keyword, Range<usize>, Option<Range<usize>>) {
    let rest = &text[start..];
    let word = &rest[..word_length(rest)];
    let after = start + word.len();
    let next = skip_spaces(text, after);
    let follows = text[next..].chars().next().unwrap_or('\n');
    let path = next..next + path_length(&text[next..]);
    let nothing = start..start;
    match word {
        "composition" => (Keyword::Composition, nothing, None),
        "import" => (Keyword::Import, path, None),
        "export" => (Keyword::Export, nothing, None),
        "type" => {
            let opaque = path_length(&text[next..]) == "opaque".len() && text[next..].starts_with("opaque");
            let next = if opaque { skip_spaces(text, next + "opaque".len()) } else { next };
            (Keyword::Type, next..next + path_length(&text[next..]), None)
        }
        "operator" => {
            let length = text[next..].find(char::is_whitespace).unwrap_or(text.len() - next);
            (Keyword::Operator, next..next + length, None)
        }
        "fun" if follows != '(' => (Keyword::Function, path, None),
        "validate" => (Keyword::Validate, path, None),
        "defaults" if follows == '{' => (Keyword::Defaults, nothing, None),
        "output" if follows.is_alphabetic() => (Keyword::Output, path, None),
        "test" if follows == '"' => (Keyword::Test, quoted(text, next), None),
        "parameter" if follows != ':' => (Keyword::Parameter, bound_name(text, next), None),
        "lookup" if follows != ':' => (Keyword::Lookup, bound_name(text, next), None),
        "resource" if follows.is_uppercase() => {
            let parameters = skip_parameters(text, path.end);
            let wire = skip_spaces(text, parameters);
            let wire = text[wire..].starts_with('"').then(|| quoted(text, wire));
            (Keyword::Resource, path, wire)
        }
        _ => (Keyword::Binding, bound_name(text, start), None),
    }
}

/// The last name before the `:`, `(` or `{` that ends a binding's head: `Cidr network: …`, `Int f(Int x): …`.
fn bound_name(text: &str, start: usize) -> Range<usize> {
    let mut name = start..start;
    let mut depth = 0_usize;
    let mut at = start;
    while at < text.len() {
        let rest = &text[at..];
        let length = word_length(rest);
        let letter = rest.chars().next().unwrap_or('\n');
        match letter {
            ':' | '\n' if depth == 0 => break,
            '(' | '{'
                if depth == 0
                    && !name.is_empty()
                    && text[name.clone()].starts_with(|first: char| !first.is_uppercase()) =>
            {
                break;
            }
            '(' | '{' | '[' | '<' => depth += 1,
            ')' | '}' | ']' => depth = depth.saturating_sub(1),
            '>' if !text[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ if &rest[..length] == "fun" => {}
            _ if length > 0 && depth == 0 => name = at..at + length,
            _ => {}
        }
        at += length.max(letter.len_utf8());
    }
    name
}

/// The contents of the string literal at `start`.
fn quoted(text: &str, start: usize) -> Range<usize> {
    let contents = start + 1;
    let length = text[contents..].find('"').unwrap_or(text.len() - contents);
    contents..contents + length
}

fn word_length(text: &str) -> usize {
    let is_word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    let mut length = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let joins = letter == '-' && length > 0 && letters.peek().is_some_and(is_word);
        if !is_word(&letter) && !joins {
            break;
        }
        length += 1;
    }
    length
}

/// `A.B.c`
fn path_length(text: &str) -> usize {
    let mut length = word_length(text);
    while length > 0 && text[length..].starts_with('.') {
        let step = word_length(&text[length + 1..]);
        if step == 0 {
            break;
        }
        length += 1 + step;
    }
    length
}

/// After the `<a, b>` of a generic declaration.
fn skip_parameters(text: &str, start: usize) -> usize {
    if !text[start..].starts_with('<') {
        return start;
    }
    text[start..].find('>').map_or(text.len(), |end| start + end + 1)
}

fn skip_spaces(text: &str, start: usize) -> usize {
    start + text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len()
}

/// Which string literals and interpolations are open at the end of a line.
#[derive(Default)]
struct Strings {
    open: Vec<Open>,
}

enum Open {
    /// A string with its closing quotes.
    String(&'static str),
    /// `\(…)` with the brackets open within it.
    Interpolation(usize),
}

impl Strings {
    fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn read(&mut self, line: &str) {
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let taken = match self.open.last_mut() {
                Some(Open::String(quotes)) if rest.starts_with(*quotes) => {
                    let length = quotes.len();
                    self.open.pop();
                    length
                }
                Some(Open::String(_)) if rest.starts_with("\\(") => {
                    self.open.push(Open::Interpolation(0));
                    2
                }
                Some(Open::String(_)) if letter == '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                Some(Open::String(_)) => letter.len_utf8(),
                _ if letter == '#' => return,
                _ if rest.starts_with("\"\"\"") => self.begin("\"\"\""),
                _ if letter == '"' => self.begin("\""),
                _ if letter == '\'' => self.begin("'"),
                Some(Open::Interpolation(depth)) if letter == '(' => {
                    *depth += 1;
                    1
                }
                Some(Open::Interpolation(0)) if letter == ')' => {
                    self.open.pop();
                    1
                }
                Some(Open::Interpolation(depth)) if letter == ')' => {
                    *depth -= 1;
                    1
                }
                _ => letter.len_utf8(),
            };
            rest = &rest[taken..];
        }
    }

    fn begin(&mut self, quotes: &'static str) -> usize {
        self.open.push(Open::String(quotes));
        quotes.len()
    }
}

/// The statements as bytes: for each its keyword, then LEB128 numbers: start (from the previous one), name (from the start) and
/// its length, wire type (from the start, 0 for none) and its length.
pub fn encode(statements: &[Found]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut previous = 0;
    for statement in statements {
        bytes.push(statement.keyword as u8);
        number(statement.start - previous, &mut bytes);
        number(statement.name.start - statement.start, &mut bytes);
        number(statement.name.len(), &mut bytes);
        match &statement.wire {
            Some(wire) => {
                number(wire.start - statement.start, &mut bytes);
                number(wire.len(), &mut bytes);
            }
            None => number(0, &mut bytes),
        }
        previous = statement.start;
    }
    bytes
}

fn number(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn found(text: &str) -> Vec<(Keyword, &str, &str)> {
        let found = statements(text);
        assert_eq!(decode(&encode(&found)), found);
        let ends = found.iter().skip(1).map(|next| next.start).chain([text.len()]);
        let slices = found.iter().zip(ends).map(|(statement, end)| {
            (statement.keyword, &text[statement.name.clone()], text[statement.start..end].trim_end())
        });
        slices.collect()
    }

    #[test]
    fn comments_and_annotations_belong_to_what_follows() {
        let text = "# the file\n\n# about a\n@x(1)\na: 1\n\n# alone\n\nInt b: 2\n  + 1\n# about c\nfun c(x: Int) -> Int:\n  x\n";
        assert_eq!(
            found(text),
            [
                (Keyword::Binding, "a", "# about a\n@x(1)\na: 1\n\n# alone"),
                (Keyword::Binding, "b", "Int b: 2\n  + 1"),
                (Keyword::Function, "c", "# about c\nfun c(x: Int) -> Int:\n  x"),
            ]
        );
    }

    #[test]
    fn names_are_read_from_the_head() {
        let heads = [
            ("import A.B as C\n", Keyword::Import, "A.B"),
            ("type opaque T\n", Keyword::Type, "T"),
            ("type Listener.Action:\n  a: Int\n", Keyword::Type, "Listener.Action"),
            ("operator ++ infixr 5: concat\n", Keyword::Operator, "++"),
            ("parameter Int zones: 2\n", Keyword::Parameter, "zones"),
            ("test \"a b\": True\n", Keyword::Test, "a b"),
            ("test: 1\n", Keyword::Binding, "test"),
            ("output: 1\n", Keyword::Binding, "output"),
            ("List<(Int, a)> pairs: []\n", Keyword::Binding, "pairs"),
            ("fun(Int) -> Int f: g\n", Keyword::Binding, "f"),
            ("Int f(Int x): x\n", Keyword::Binding, "f"),
            ("hello-world: 1\n", Keyword::Binding, "hello-world"),
            ("validate noOpenSsh\n", Keyword::Validate, "noOpenSsh"),
            ("@language(\"no-prelude\")\n", Keyword::Language, ""),
        ];
        for (text, keyword, name) in heads {
            let statements = found(text);
            assert_eq!(
                statements.iter().map(|(keyword, name, _)| (*keyword, *name)).collect::<Vec<_>>(),
                [(keyword, name)]
            );
        }
    }

    #[test]
    fn a_resource_names_its_wire_type() {
        let text = "resource VPC \"AWS::EC2::VPC\":\n  cidrBlock: Cidr\n";
        let wire = statements(text)[0].wire.clone().expect("a wire type");
        assert_eq!(&text[wire], "AWS::EC2::VPC");
    }

    #[test]
    fn strings_may_span_lines() {
        let text = "a: \"one\ntwo # \\(f(\"x\"))\nthree\"\nb: \"\"\"\nc: 1\n\"\"\"\nd: 'it\\'s'\n";
        let names: Vec<&str> = found(text).iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names, ["a", "b", "d"]);
    }

    #[test]
    fn closing_brackets_and_bars_continue() {
        let text = "a: f {\n  x: 1,\n}\ntype T:\n| A\n| B\n";
        let names: Vec<&str> = found(text).iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names, ["a", "T"]);
    }
}
