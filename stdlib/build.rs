//! Compresses every `.lw` file of this folder and finds its statements.

#[path = "src/found.rs"]
mod found;
#[path = "src/scan.rs"]
mod scan;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=.");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let mut paths = Vec::new();
    collect(&root, &root, &mut paths);
    paths.sort();
    let mut modules: Vec<(String, String)> = paths.into_iter().map(|path| (module_name(&path), path)).collect();
    modules.sort();

    let mut table = format!("static MODULES: [Module; {}] = [\n", modules.len());
    let mut resources: Vec<(String, usize, String)> = Vec::new();
    for (number, (name, path)) in modules.iter().enumerate() {
        let text = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        let statements = scan::statements(&text);
        for statement in &statements {
            if let Some(wire) = &statement.wire {
                resources.push((text[wire.clone()].to_owned(), number, text[statement.name.clone()].to_owned()));
            }
        }
        write(&out.join(format!("{number}.lz4")), &lz4_flex::block::compress(text.as_bytes()));
        write(&out.join(format!("{number}.index")), &scan::encode(&statements));
        writeln!(
            table,
            "    Module::new({name:?}, {path:?}, {}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.lz4\")), \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.index\"))),",
            text.len()
        )
        .expect("a String grows");
    }
    table.push_str("];\n\nstatic RESOURCES: &[(&str, u16, &str)] = &[\n");
    resources.sort();
    for (wire, module, name) in &resources {
        writeln!(table, "    ({wire:?}, {module}, {name:?}),").expect("a String grows");
    }
    table.push_str("];\n");
    write(&out.join("modules.rs"), table.as_bytes());
}

/// Paths of all `.lw` files below a folder, relative to the root, with `/` between their parts.
fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry can be read").path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "lw") {
            let relative = path.strip_prefix(root).expect("below the root");
            let parts: Vec<&str> =
                relative.iter().map(|part| part.to_str().expect("names in the library are ASCII")).collect();
            found.push(parts.join("/"));
        }
    }
}

/// `AWS/EC2.lw` is `AWS.EC2`.
fn module_name(path: &str) -> String {
    path.trim_end_matches(".lw").replace('/', ".")
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
