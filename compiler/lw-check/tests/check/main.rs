//! Programs that the checker takes and programs that it does not, rule by rule.

mod cases;
mod pages;
mod robust;

use cases::{cases, found};

const FILES: &[(&str, &str)] = &[
    ("coercions", include_str!("cases/coercions.txt")),
    ("expressions", include_str!("cases/expressions.txt")),
    ("modules", include_str!("cases/modules.txt")),
    ("names", include_str!("cases/names.txt")),
    ("resources", include_str!("cases/resources.txt")),
    ("types", include_str!("cases/types.txt")),
];

#[test]
fn every_case_gives_what_it_says() {
    let mut broken = Vec::new();
    for (file, text) in FILES {
        for case in cases(text) {
            let found = found(&case);
            if found != case.expected {
                broken.push(format!(
                    "{file}, {}:\n  expected:\n{}\n  found:\n{}",
                    case.name,
                    case.expected.join("\n"),
                    found.join("\n")
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
