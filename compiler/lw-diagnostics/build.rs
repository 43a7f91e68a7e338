//! Gathers docs/errors/LW*.md into one sorted table.

#![expect(clippy::disallowed_methods, reason = "a build script is no part of the compiler")]

use std::{env, fs, path::Path};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../docs/errors");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("docs/errors is part of the repository")
        .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("LW") && name.ends_with(".md"))
        .collect();
    names.sort();
    let mut table = String::from("static PAGES: &[(&str, &str)] = &[\n");
    for name in names {
        let file = folder.join(&name).canonicalize().expect("it was listed");
        table.push_str(&format!("    ({:?}, include_str!({:?})),\n", name.trim_end_matches(".md"), file));
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("pages.rs");
    fs::write(out, table).expect("the build folder is writable");
}
