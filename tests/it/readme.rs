//! README.md: its program is fine, and what it says that commands print is what they print.

use std::fs;

use crate::lw::{Folder, repository};

struct Tour {
    program: String,
    /// Each command line with what it prints.
    blocks: Vec<(String, String)>,
}

fn tour() -> Tour {
    let text = fs::read_to_string(repository().join("README.md")).expect("there is a README");
    let section =
        text.split("## Sixty seconds").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("it has a tour");
    let fenced: Vec<String> =
        section.split("```").skip(1).step_by(2).map(|block| block.trim_start().to_string()).collect();
    let mut blocks = Vec::new();
    for block in &fenced[1..] {
        for part in format!("\n{}", block.trim_end()).split("\n$ ").skip(1) {
            let (command, output) = part.split_once('\n').unwrap_or((part, ""));
            blocks.push((
                command.split("  #").next().unwrap_or(command).trim().to_string(),
                output.trim_end().to_string(),
            ));
        }
    }
    Tour { program: fenced[0].clone(), blocks }
}

/// Ids and hashes differ from run to run.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut flush = |word: &mut String| {
        let digits = word.rsplit('-').next().unwrap_or_default();
        let is_id = digits.len() >= 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        out.push_str(if is_id { "ID" } else { word.as_str() });
        word.clear();
    };
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '-' {
            word.push(character);
        } else {
            flush(&mut word);
            word.push(character);
            flush(&mut word);
        }
    }
    flush(&mut word);
    out
}

#[test]
fn the_tour_shows_what_happens() {
    let Tour { program, blocks } = tour();
    let folder = Folder::new();
    let edits = [
        ("enableDnsSupport", "enableDnsSuport"),
        ("\"10.0.0.0/16\"", "\"8.0.0.0/16\""),
        ("", ""),
        ("", ""),
        ("enableDnsSupport: True", "enableDnsSupport: False"),
        ("", ""),
        ("", ""),
    ];
    assert_eq!(blocks.len(), edits.len());
    for ((command, shown), (from, to)) in blocks.iter().zip(edits) {
        folder.write("shop.lw", if from.is_empty() { program.clone() } else { program.replace(from, to) });
        let arguments: Vec<&str> = command.strip_prefix("lw ").expect("a command").split_whitespace().collect();
        let run = folder.lw(&arguments);
        assert_eq!(without_ids(run.out.trim_end()), without_ids(shown), "{command}");
    }
}

#[test]
fn the_program_of_the_tour_is_laid_out() {
    let folder = Folder::new();
    folder.write("shop.lw", tour().program);
    assert_eq!(folder.lw(&["fmt", "--check", "shop.lw"]).expect(0).out, "");
}

#[test]
fn the_commands_of_the_set_up_are_those_of_the_tests() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("there is a README");
    let ci = fs::read_to_string(repository().join(".ci/run")).expect("there is a CI script");
    for command in ["cargo run -- apply --sim --yes examples/web", "cargo test --workspace"] {
        assert!(readme.contains(&format!("```sh\n{command}\n```")), "{command}");
    }
    assert!(ci.ends_with("part tests cargo test --workspace\n"));
}
