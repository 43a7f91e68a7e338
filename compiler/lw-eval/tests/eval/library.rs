use crate::harness::run;

#[test]
fn every_function_does_what_it_says() {
    let evaluated = run(include_str!("library.lw"));
    assert!(evaluated.diagnostics.is_empty(), "{:#?}", evaluated.diagnostics);
    let failed: Vec<_> =
        evaluated.tests.iter().filter(|test| !test.passed).map(|test| (&test.name, &test.reason)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(evaluated.tests.len() > 100);
}

#[test]
fn all_of_it_checks_and_lowers() {
    // A file that names every function of every hand-written module, so that each body is checked and lowered.
    let mut text = String::from("composition\nimport Net\nimport AWS\n");
    for module in lw_stdlib::modules() {
        let name = module.name.strip_prefix("Ludwig.").unwrap_or(module.name);
        let hand_written = module.name.starts_with("Ludwig.") || matches!(module.name, "Net" | "AWS");
        if !hand_written || module.name == "Ludwig.Prelude" {
            continue;
        }
        for statement in module.statements() {
            let is_value = matches!(statement.keyword, lw_stdlib::Keyword::Function | lw_stdlib::Keyword::Binding);
            if is_value {
                let binding = format!("{}{}", name.to_lowercase(), statement.name.replace('-', "_"));
                text.push_str(&format!("x{binding}: {name}.{}\n", statement.name));
            }
        }
    }
    let evaluated = run(&text);
    assert!(evaluated.diagnostics.is_empty(), "{:#?}", evaluated.diagnostics);
}
