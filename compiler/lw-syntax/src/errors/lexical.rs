//! Characters, strings, numbers and white space.

use lw_diagnostics::{Diagnostic, Edit, Span};

use super::{Places, replace};
use crate::lexer::TabRun;

pub fn unexpected_character(span: Span, char: char, replacement: &str) -> Diagnostic {
    let name = match char {
        '\0' => "a zero byte".to_owned(),
        '\u{feff}' => "a byte-order mark".to_owned(),
        '\u{a0}' => "a no-break space".to_owned(),
        '\\' => "`\\`".to_owned(),
        char if char.is_control() || char.is_whitespace() => format!("the character U+{:04X}", char as u32),
        char => format!("`{char}`"),
    };
    let diagnostic = Diagnostic::error("LW0101", format!("{name} means nothing here"));
    if char == '\\' {
        return diagnostic.at(span, "only a string may hold this").note("a name for a function is written `fun(x): …`");
    }
    let help = if replacement.is_empty() { "remove it" } else { "write a space" };
    diagnostic.at(span, "not part of the language").fix(help, [replace(span, replacement)])
}

pub fn typographic_quotes(span: Span, inside: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("LW0101", "strings stand in straight quotes").at(span, "not a quote that begins a string");
    if inside.contains(['"', '\n']) {
        return diagnostic.help("write \"…\"");
    }
    diagnostic.fix(format!("write \"{inside}\""), [replace(span, format!("\"{inside}\""))])
}

pub fn unterminated_string(span: Span, delimiter: &str) -> Diagnostic {
    Diagnostic::error("LW0102", "this string has no end")
        .at(span, "the string begins here")
        .help(format!("close it with {delimiter}"))
}

pub fn unclosed_interpolation(span: Span) -> Diagnostic {
    Diagnostic::error("LW0103", "an expression inside a string has no end")
        .at(span, "the expression begins here")
        .help("close it with `)` before the string's closing quote")
}

pub fn unknown_escape(span: Span, escape: &str) -> Diagnostic {
    Diagnostic::error("LW0104", format!("`{escape}` is not an escape"))
        .at(span, "unknown escape")
        .note("a string knows `\\n`, `\\t`, `\\r`, `\\\"`, `\\'`, `\\\\`, `\\u{…}` and `\\(…)`")
        .fix(
            format!("write `\\{escape}` for the text `{escape}`"),
            [Edit { span: Span::new(span.file, span.start, span.start), text: "\\".to_owned() }],
        )
}

pub fn bad_code_point(span: Span) -> Diagnostic {
    Diagnostic::error("LW0104", "this is not the number of a character")
        .at(span, "unknown character")
        .help("write one to six hexadecimal digits between the braces, as in `\\u{1F600}`")
}

pub fn bad_number(span: Span, text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0105", format!("`{text}` is not a number")).at(span, "not a number");
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let suffix = &text[digits.len()..];
    let better = match suffix {
        "sec" | "secs" | "second" | "seconds" | "S" => Some("s"),
        "min" | "mins" | "minute" | "minutes" | "M" => Some("m"),
        "hr" | "hrs" | "hour" | "hours" | "H" => Some("h"),
        "day" | "days" | "D" => Some("d"),
        "msec" | "millis" | "MS" => Some("ms"),
        "K" | "k" | "KB" | "kB" | "kb" | "Ki" | "kib" | "kiB" | "KIB" => Some("KiB"),
        "MB" | "mb" | "Mi" | "mib" | "MIB" => Some("MiB"),
        "G" | "GB" | "gb" | "g" | "Gi" | "gib" | "GIB" => Some("GiB"),
        "T" | "TB" | "tb" | "t" | "Ti" | "tib" | "TIB" => Some("TiB"),
        _ => None,
    };
    if let Some(better) = better
        && !digits.contains('.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    {
        let better = format!("{digits}{better}");
        return diagnostic.fix(format!("write `{better}`"), [replace(span, better)]);
    }
    if let Some(value) = text.strip_prefix("0x").and_then(|hex| u64::from_str_radix(&hex.replace('_', ""), 16).ok()) {
        return diagnostic
            .note("numbers are decimal")
            .fix(format!("write `{value}`"), [replace(span, value.to_string())]);
    }
    if digits.contains('.') && matches!(suffix, "ms" | "s" | "m" | "h" | "d" | "KiB" | "MiB" | "GiB" | "TiB") {
        return diagnostic.help("durations and sizes are whole: use a smaller unit");
    }
    diagnostic.note(
        "a number is digits, perhaps with one point; units are `ms`, `s`, `m`, `h`, `d` and `KiB`, `MiB`, `GiB`, `TiB`",
    )
}

pub fn number_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("LW0106", "this number is too large")
        .at(span, "more than 9007199254740991")
        .note("whole numbers reach from -(2^53 - 1) to 2^53 - 1, durations in milliseconds and sizes in bytes likewise")
}

pub fn float_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("LW0106", "this number is too large").at(span, "no 64-bit float is that large")
}

pub fn tabs(places: Places, runs: &[TabRun], ends_line: impl Fn(&TabRun) -> bool) -> Diagnostic {
    let edits: Vec<Edit> = runs
        .iter()
        .filter(|run| run.width < 4096)
        .map(|run| {
            let spaces = if ends_line(run) { 0 } else { run.width as usize };
            places.edit(run.start as usize, run.end as usize, " ".repeat(spaces))
        })
        .collect();
    let message = if runs.len() == 1 {
        "a tab counts to the next multiple of eight columns".to_owned()
    } else {
        format!("tabs in {} places count to the next multiple of eight columns", runs.len())
    };
    Diagnostic::warning("LW0107", message)
        .at(places.span(runs[0].start as usize, runs[0].end as usize), "a tab")
        .note("columns decide what belongs together, and an editor may show tabs at other columns")
        .fix("write spaces", edits)
}

pub fn column_in_doubt(span: Span) -> Diagnostic {
    Diagnostic::error("LW0108", "tabs and spaces leave this line's column in doubt")
        .at(span, "indented with tabs where the lines around it use spaces, or the other way round")
        .help("indent with spaces alone")
}

pub fn carriage_returns(places: Places, at: &[u32]) -> Diagnostic {
    let first = at[0] as usize;
    Diagnostic::error("LW0109", "a carriage return alone does not end a line")
        .at(places.span(first, first + 1), "a carriage return without a line feed")
        .fix("end lines with a line feed", at.iter().map(|at| places.edit(*at as usize, *at as usize + 1, "\n")))
}
