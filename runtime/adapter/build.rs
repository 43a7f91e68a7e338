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

/// The records of all catalogues by wire type, in order.
fn records(folder: &Path) -> Map<String, Value> {
    let mut records = std::collections::BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the catalogue folder is there") {
        let path = entry.expect("the catalogue folder can be read").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("a catalogue can be read");
            let whole: Value = serde_json::from_str(&text).expect("a catalogue is JSON");
            let types =
                whole.get("types").unwrap_or(&whole).as_object().expect("a catalogue is an object by wire type");
            records.extend(types.iter().map(|(wire_type, record)| (wire_type.clone(), record.clone())));
        }
    }
    records.into_iter().collect()
}
