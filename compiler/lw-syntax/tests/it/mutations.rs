//! Seeded damage to good sources: nothing panics, spans stay inside the text, and what still parses prints as itself.

use super::support::{FILE, cases, shape};
use lw_diagnostics::Diagnostic;
use lw_syntax::ast::StatementKind;
use lw_syntax::{format, parse};

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "(", ")", "[", "]", "{", "}", "\"", "'", "\"\"\"", "\\(", "\\", "|", "->", ":", ",", ";", "@", ".", "\n", "\n  ",
    "\n\n", "\t", " ", "#", "if ", "then ", "else ", "case ", "of ", "let ", "fun", "for ", "in ", "with ", "-", "!",
    "+", "++", "=", "<", ">", "x", "X", "1", "5m", "1.5", "\r", "\r\n", "é", "“", "\0", "# c\n", "\n# c\n",
];

fn damage(source: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = source.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len());
        match random.below(6) {
            0 => {
                let end = (at + 1 + random.below(8)).min(chars.len());
                chars.drain(at..end);
            }
            1 | 2 => {
                let piece = PIECES[random.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
            3 => {
                let other = random.below(chars.len());
                if !chars.is_empty() {
                    chars.swap(at, other);
                }
            }
            4 => {
                // Move a line elsewhere.
                let mut lines: Vec<String> = chars.iter().collect::<String>().split('\n').map(str::to_owned).collect();
                let line = lines.remove(random.below(lines.len()));
                lines.insert(random.below(lines.len() + 1), line);
                chars = lines.join("\n").chars().collect();
            }
            _ => {
                // Indent or dedent a line.
                let mut lines: Vec<String> = chars.iter().collect::<String>().split('\n').map(str::to_owned).collect();
                let line = random.below(lines.len());
                lines[line] = match random.below(3) {
                    0 => format!("  {}", lines[line]),
                    1 => format!(" {}", lines[line]),
                    _ => lines[line].trim_start().to_owned(),
                };
                chars = lines.join("\n").chars().collect();
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_sources_do_no_harm() {
    let seed: u64 = option_env!("LW_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_240_607);
    let rounds: usize = option_env!("LW_ROUNDS").and_then(|rounds| rounds.parse().ok()).unwrap_or(12);
    let mut random = Random(seed);
    let text = [include_str!("forms.lw-cases"), include_str!("layout.lw-cases"), include_str!("mistakes.lw-cases")];
    let sources: Vec<String> = text.iter().flat_map(|text| cases(text)).map(|case| case.source).collect();
    let mut harmless = 0;
    for round in 0..rounds {
        for source in &sources {
            let source = damage(source, &mut random);
            let place = format!("seed {seed}, round {round}:\n{source}\n-----\n");
            let parsed = parse(FILE, &source);
            let broken = parsed.file.statements.iter().any(|part| matches!(part.kind, StatementKind::Error { .. }));
            assert!(!broken || parsed.diagnostics.iter().any(Diagnostic::is_error), "{place}no reason is given");
            for diagnostic in parsed.diagnostics {
                let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.span);
                for span in labels.chain(diagnostic.edits.iter().map(|edit| edit.span)) {
                    assert!(source.get(span.start as usize..span.end as usize).is_some(), "{place}{diagnostic:?}");
                }
            }
            if let Some(text) = format(FILE, &source).text {
                assert_eq!(shape(&text), shape(&source), "{place}{text}");
                assert_eq!(format(FILE, &text).text.as_deref(), Some(text.as_str()), "{place}");
                harmless += 1;
            }
        }
    }
    assert!(harmless > 0, "some damage is harmless");
}
