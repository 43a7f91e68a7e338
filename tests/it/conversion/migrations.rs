//! docs/coming-from: what a page shows is what happens, block after block.

use std::fs;

use crate::lw::{Folder, repository};

/// A block that names a file is that file: written where it is not there, else what an earlier command has made of it. A console
/// block has commands, and what they print.
fn follow(page: &str) -> usize {
    let text = fs::read_to_string(repository().join("docs/coming-from").join(page)).expect("the page");
    let folder = Folder::new();
    let mut commands = 0;
    for block in text.split("\n```").skip(1).step_by(2) {
        let (head, content) = block.split_once('\n').expect("a block has lines");
        let content = format!("{}\n", content.trim_end_matches('\n'));
        match head.split_once(' ') {
            Some((_, file)) if folder.exists(file) => assert_eq!(folder.read(file), content, "{page}: {file}"),
            Some((kind, file)) => {
                folder.write(file, &content);
                if kind == "lw" {
                    folder.lw(&["fmt", "--check", file]).expect(0);
                }
            }
            None if head == "console" => {
                for part in format!("\n{}", content.trim_end()).split("\n$ ").skip(1) {
                    let (command, output) = part.split_once('\n').unwrap_or((part, ""));
                    let arguments: Vec<&str> = command.strip_prefix("lw ").expect("a command").split(' ').collect();
                    let run = folder.lw(&arguments);
                    assert_eq!(format!("{}{}", run.out, run.error).trim_end(), output.trim_end(), "{page}: {command}");
                    commands += 1;
                }
            }
            None => {}
        }
    }
    commands
}

#[test]
fn coming_from_cloudformation_is_as_the_page_says() {
    assert!(follow("cloudformation.md") >= 3);
}

#[test]
fn coming_from_cdk_is_as_the_page_says() {
    assert!(follow("cdk.md") >= 4);
}
