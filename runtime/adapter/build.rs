//! Packs catalogue/*.json for the program: records in lz4 blocks, and a sorted table that says where each type's record is.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

/// Small enough to unpack in some ten microseconds, large enough to compress well.
const BLOCK_BYTES: usize = 48 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
    println!("cargo::rerun-if-changed=build.rs");
    let records = records(Path::new("catalogue"));
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let (mut table, mut packed, mut blocks) = (String::from("&[\n"), Vec::new(), String::from("&[\n"));
    let mut block = String::new();
    let mut number = 0;
    let mut close = |block: &mut String, number: &mut usize| {
        let bytes = lz4_flex::block::compress_prepend_size(block.as_bytes());
        writeln!(blocks, "    ({}, {}),", packed.len(), bytes.len()).expect("text takes text");
        packed.extend(bytes);
        block.clear();
        *number += 1;
    };
    for (wire_type, record) in &records {
        let text = record.to_string();
        if !block.is_empty() && block.len() + text.len() > BLOCK_BYTES {
            close(&mut block, &mut number);
        }
        writeln!(table, "    ({wire_type:?}, {number}, {}, {}),", block.len(), text.len()).expect("text takes text");
        block.push_str(&text);
    }
    close(&mut block, &mut number);
    table.push(']');
    blocks.push(']');
    let out = Path::new(&out);
    fs::write(out.join("types.rs"), table).expect("OUT_DIR is writable");
    fs::write(out.join("blocks.rs"), blocks).expect("OUT_DIR is writable");
    fs::write(out.join("records.lz4"), packed).expect("OUT_DIR is writable");
}

/// The records of all catalogues by wire type, in order. A later file adds to the records of those before it.
fn records(folder: &Path) -> Map<String, Value> {
    let mut records = std::collections::BTreeMap::new();
    let entries = fs::read_dir(folder).expect("the catalogue folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the catalogue folder can be read").path()).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("a catalogue can be read");
            let whole: Value = serde_json::from_str(&text).expect("a catalogue is JSON");
            let types =
                whole.get("types").unwrap_or(&whole).as_object().expect("a catalogue is an object by wire type");
            for (wire_type, record) in types {
                add(records.entry(wire_type.clone()).or_insert(Value::Null), record);
            }
        }
    }
    records.into_iter().collect()
}

/// Objects by their keys, lists one behind the other, anything else in place of what was there.
fn add(there: &mut Value, more: &Value) {
    match (there, more) {
        (Value::Object(there), Value::Object(more)) => {
            for (key, value) in more {
                add(there.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(there), Value::Array(more)) => there.extend(more.iter().cloned()),
        (there, more) => *there = more.clone(),
    }
}
