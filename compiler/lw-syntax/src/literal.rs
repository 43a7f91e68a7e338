//! From the text of a literal to its value.
//!
//! Strings: a line break with the indentation after it is one space, unless the next line begins with `\`, the margin: then the
//! break stays and the text goes on after the `\`. A `"""` literal keeps its breaks and loses the indentation that its
//! lines share; a break right after the opening quotes and one before the closing line are not part of it.
//! Deliberately absent: spans (a mistake says where it is within the literal).

/// The largest whole number that every reader of JSON keeps exactly: 2^53 - 1.
pub const INT_MAX: i64 = (1 << 53) - 1;

fn checked(value: Option<i64>) -> Option<i64> {
    value.filter(|value| *value <= INT_MAX)
}

pub fn int(text: &str) -> Option<i64> {
    let mut value = 0i64;
    for byte in text.bytes().filter(u8::is_ascii_digit) {
        value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    checked(Some(value))
}

pub fn float(text: &str) -> Option<f64> {
    let value: f64 = if text.contains('_') { text.replace('_', "").parse().ok()? } else { text.parse().ok()? };
    value.is_finite().then_some(value)
}

/// In milliseconds.
pub fn duration(text: &str) -> Option<i64> {
    let unit = text.trim_start_matches(|char: char| char.is_ascii_digit() || char == '_');
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 86_400_000,
    };
    checked(int(text)?.checked_mul(factor))
}

/// In bytes.
pub fn size(text: &str) -> Option<i64> {
    let factor = match text.as_bytes()[text.len() - 3] {
        b'K' => 1 << 10,
        b'M' => 1 << 20,
        b'G' => 1 << 30,
        _ => 1 << 40,
    };
    checked(int(text)?.checked_mul(factor))
}

/// An escape that is none: where it is in the literal's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub mistakes: Vec<Mistake>,
}

/// A literal without interpolation, quotes included.
pub fn string(literal: &str) -> Decoded {
    if let Some(inside) = literal.strip_prefix("\"\"\"") {
        let inside = inside.strip_suffix("\"\"\"").unwrap_or(inside);
        return block(&[(inside, 3)]).pop().unwrap_or_default();
    }
    let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or("");
    // `contains` on bytes is much faster than a search for either.
    if !inside.as_bytes().contains(&b'\\') && !inside.as_bytes().contains(&b'\n') {
        return Decoded { text: inside.to_owned(), mistakes: Vec::new() };
    }
    let mut decoded = Decoded::default();
    folded(inside, 1, &mut decoded);
    decoded
}

/// The pieces of a literal around its expressions, with the quotes, `\(` and `)` that surround each.
pub fn interpolated(pieces: &[&str]) -> Vec<Decoded> {
    let triple = pieces.first().is_some_and(|first| first.starts_with("\"\"\""));
    let quote = if triple { 3 } else { 1 };
    let last = pieces.len() - 1;
    let inside: Vec<(&str, u32)> = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| {
            let start = if at == 0 { quote } else { 1 };
            let end = piece.len().saturating_sub(if at == last { quote } else { 2 });
            (piece.get(start..end).unwrap_or(""), start as u32)
        })
        .collect();
    if triple {
        return block(&inside);
    }
    inside
        .into_iter()
        .map(|(text, offset)| {
            let mut decoded = Decoded::default();
            folded(text, offset, &mut decoded);
            decoded
        })
        .collect()
}

/// A piece of a `"…"` or `'…'` literal; `offset` is where it begins in the literal.
fn folded(text: &str, offset: u32, decoded: &mut Decoded) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut copied = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                let end = if at > copied && bytes[at - 1] == b'\r' { at - 1 } else { at };
                decoded.text.push_str(&text[copied..end]);
                at += 1;
                while at < bytes.len() && matches!(bytes[at], b' ' | b'\t') {
                    at += 1;
                }
                if bytes.get(at) == Some(&b'\\') {
                    decoded.text.push('\n');
                    at += 1;
                } else {
                    decoded.text.push(' ');
                }
                copied = at;
            }
            b'\\' => {
                decoded.text.push_str(&text[copied..at]);
                at = escape(text, at, offset, decoded);
                copied = at;
            }
            _ => at += 1,
        }
    }
    decoded.text.push_str(&text[copied..]);
}

/// Decodes the escape at `at`; answers where the text goes on.
fn escape(text: &str, at: usize, offset: u32, decoded: &mut Decoded) -> usize {
    let Some(char) = text[at + 1..].chars().next() else {
        decoded.text.push('\\');
        return at + 1;
    };
    let mut end = at + 1 + char.len_utf8();
    match char {
        'n' => decoded.text.push('\n'),
        't' => decoded.text.push('\t'),
        'r' => decoded.text.push('\r'),
        '"' | '\'' | '\\' => decoded.text.push(char),
        'u' => {
            let digits = text[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
            let decoded_char = digits
                .filter(|digits| (1..=6).contains(&digits.len()))
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32);
            match (digits, decoded_char) {
                (Some(digits), Some(char)) => {
                    decoded.text.push(char);
                    end += digits.len() + 2;
                }
                _ => decoded.mistakes.push(Mistake { start: offset + at as u32, end: offset + end as u32 }),
            }
        }
        '\n' => {
            // A backslash at the end of a line: the line break is the next round's.
            decoded.mistakes.push(Mistake { start: offset + at as u32, end: offset + at as u32 + 1 });
            end = at + 1;
        }
        _ => {
            decoded.mistakes.push(Mistake { start: offset + at as u32, end: offset + end as u32 });
            decoded.text.push_str(&text[at..end]);
        }
    }
    end
}

/// The pieces of a `"""` literal.
fn block(pieces: &[(&str, u32)]) -> Vec<Decoded> {
    let margin = common_margin(pieces);
    let last = pieces.len() - 1;
    pieces
        .iter()
        .enumerate()
        .map(|(index, (text, offset))| {
            let mut decoded = Decoded::default();
            let mut at = 0;
            if index == 0 {
                let line = text.find('\n').map_or("", |end| &text[..end]);
                if text.contains('\n') && line.trim().is_empty() {
                    at = line.len() + 1;
                    at += shared(&text[at..], margin);
                }
            }
            let mut end = text.len();
            if index == last
                && let Some(newline) = text.rfind('\n')
                && text[newline + 1..].trim().is_empty()
            {
                end = if text[..newline].ends_with('\r') { newline - 1 } else { newline };
            }
            block_piece(text, at, end.max(at.min(text.len())), margin, *offset, &mut decoded);
            decoded
        })
        .collect()
}

fn block_piece(text: &str, from: usize, end: usize, margin: &str, offset: u32, decoded: &mut Decoded) {
    let bytes = text.as_bytes();
    let mut at = from;
    let mut copied = from;
    while at < end {
        match bytes[at] {
            b'\n' => {
                let line = if at > copied && bytes[at - 1] == b'\r' { at - 1 } else { at };
                decoded.text.push_str(&text[copied..line]);
                decoded.text.push('\n');
                at += 1;
                at += shared(&text[at..end.max(at)], margin);
                copied = at;
            }
            b'\\' => {
                decoded.text.push_str(&text[copied..at]);
                at = escape(text, at, offset, decoded);
                copied = at;
            }
            _ => at += 1,
        }
    }
    if copied < end {
        decoded.text.push_str(&text[copied..end]);
    }
}

/// How many bytes of the margin a line begins with.
fn shared(line: &str, margin: &str) -> usize {
    line.bytes().zip(margin.bytes()).take_while(|(left, right)| left == right).count()
}

/// The white space that every line with text, and the line of the closing quotes, begins with.
fn common_margin<'a>(pieces: &[(&'a str, u32)]) -> &'a str {
    let mut margin: Option<&str> = None;
    for (text, _) in pieces {
        let mut lines = text.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            let ends_piece = lines.peek().is_none();
            let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            let blank = indentation.len() == line.trim_end_matches('\r').len();
            // A piece's last line goes on: with an expression, or with the closing quotes.
            if blank && !ends_piece {
                continue;
            }
            margin = Some(match margin {
                None => indentation,
                Some(margin) => &margin[..shared(indentation, margin)],
            });
        }
    }
    margin.unwrap_or("")
}
