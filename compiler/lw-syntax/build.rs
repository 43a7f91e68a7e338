//! Turns src/grammar.lalrpop into the parser's tables.

fn main() {
    lalrpop::Configuration::new().use_cargo_dir_conventions().process().expect("the grammar has no conflicts");
}
