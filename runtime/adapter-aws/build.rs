//! Packs models/*.json for the program, each in lz4, with a sorted table that says where it is; and lists lifecycle/*.toml.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=models");
    println!("cargo::rerun-if-changed=lifecycle");
    println!("cargo::rerun-if-changed=build.rs");
    let (mut table, mut packed) = (String::from("&[\n"), Vec::new());
    for name in names("models", ".json") {
        let text = fs::read(format!("models/{name}.json")).expect("a model can be read");
        let bytes = lz4_flex::block::compress_prepend_size(&text);
        writeln!(table, "    ({name:?}, {}, {}),", packed.len(), bytes.len()).expect("text takes text");
        packed.extend(bytes);
    }
    table.push(']');
    let mut lifecycle = String::from("&[\n");
    for name in names("lifecycle", ".toml") {
        let path = fs::canonicalize(format!("lifecycle/{name}.toml")).expect("a table has a place");
        writeln!(lifecycle, "    ({name:?}, include_str!({:?})),", path.display().to_string())
            .expect("text takes text");
    }
    lifecycle.push(']');
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);
    fs::write(out.join("services.rs"), table).expect("OUT_DIR is writable");
    fs::write(out.join("services.lz4"), packed).expect("OUT_DIR is writable");
    fs::write(out.join("lifecycle.rs"), lifecycle).expect("OUT_DIR is writable");
}

/// The names of the files of a folder with an ending, without it, sorted.
fn names(folder: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(ending)?.to_string()))
        .collect();
    names.sort();
    names
}
