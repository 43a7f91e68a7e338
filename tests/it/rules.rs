//! Pages of rules under docs/language: what their headings and fenced blocks say.

use std::fs;

use crate::lw::repository;

/// A fenced block: its info words and its text.
pub struct Block {
    pub kind: String,
    pub argument: String,
    pub text: String,
}

pub struct Rule {
    pub title: String,
    pub blocks: Vec<Block>,
}

/// What all programs of a page begin with, and its rules.
pub fn of_page(name: &str) -> (String, Vec<Rule>) {
    let page = fs::read_to_string(repository().join("docs/language").join(name)).expect("the page is there");
    let mut prelude = String::new();
    let mut rules: Vec<Rule> = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(info), None) => {
                let (kind, argument) = info.split_once(' ').unwrap_or((info, ""));
                open = Some(Block { kind: kind.to_string(), argument: argument.to_string(), text: String::new() });
            }
            (Some(_), Some(_)) => {
                let block = open.take().expect("just seen");
                match rules.last_mut() {
                    Some(rule) => rule.blocks.push(block),
                    None => prelude = block.text,
                }
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("### ") {
                    rules.push(Rule { title: title.to_string(), blocks: Vec::new() });
                }
            }
        }
    }
    (prelude, rules)
}
