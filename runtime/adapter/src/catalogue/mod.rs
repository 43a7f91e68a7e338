//! What the adapters know of each resource type: facts for the Conductor, the schema for the simulated cloud.
//!
//! The one idea: 1,600 records are in the program, compressed in blocks; a type's record is unpacked and parsed when somebody first
//! asks for it, so that starting costs nothing and a composition of ten types pays for ten.

mod record;
mod schema;
mod volatile;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use conductor_core::{Dedupe, TypeFacts};

pub use record::RecordError;
pub use schema::{Link, PropertySchema, Steps, TypeSchema, values_at};
pub use volatile::words;

/// Wire type, block, offset and length inside the unpacked block; sorted by type.
static TYPES: &[(&str, usize, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/types.rs"));
/// Offset and length of each block in [`PACKED`].
static BLOCKS: &[(usize, usize)] = include!(concat!(env!("OUT_DIR"), "/blocks.rs"));
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/records.lz4"));

/// Facts and schemas by wire type.
pub struct Catalogue {
    known: RwLock<HashMap<String, Option<Arc<Known>>>>,
    blocks: Vec<OnceLock<String>>,
}

/// What one record says.
#[derive(Debug)]
struct Known {
    facts: Arc<TypeFacts>,
    /// As the simulated cloud keeps them.
    simulated: Arc<TypeFacts>,
    schema: Arc<TypeSchema>,
}

impl Catalogue {
    /// The catalogue that is in the program.
    pub fn embedded() -> &'static Catalogue {
        static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
        EMBEDDED.get_or_init(|| Catalogue {
            known: RwLock::new(HashMap::new()),
            blocks: BLOCKS.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// Every wire type, sorted.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &'static str> {
        TYPES.iter().map(|(wire_type, ..)| *wire_type)
    }

    /// What the simulated cloud enforces for a type.
    pub fn schema(&self, wire_type: &str) -> Option<Arc<TypeSchema>> {
        self.known(wire_type).map(|known| known.schema.clone())
    }

    fn known(&self, wire_type: &str) -> Option<Arc<Known>> {
        let table = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.get(wire_type) {
            return known.clone();
        }
        drop(table);
        let known = self.text(wire_type).map(|text| {
            // A record that does not parse is our own mistake; a test reads them all.
            let (facts, schema) = record::parse(wire_type, text).expect("the embedded catalogue parses");
            let simulated = Arc::new(simulated(&facts));
            Arc::new(Known { facts: Arc::new(facts), simulated, schema: Arc::new(schema) })
        });
        let mut table = self.known.write().unwrap_or_else(PoisonError::into_inner);
        table.entry(wire_type.to_string()).or_insert(known).clone()
    }

    fn text(&self, wire_type: &str) -> Option<&str> {
        let at = TYPES.binary_search_by(|(name, ..)| (*name).cmp(wire_type)).ok()?;
        let (_, block, offset, length) = TYPES[at];
        let unpacked = self.blocks[block].get_or_init(|| {
            let (start, packed_length) = BLOCKS[block];
            let bytes = lz4_flex::block::decompress_size_prepended(&PACKED[start..start + packed_length])
                .expect("the embedded catalogue unpacks");
            String::from_utf8(bytes).expect("the embedded catalogue is text")
        });
        unpacked.get(offset..offset + length)
    }
}

/// The types of the catalogue on the simulated cloud: every create takes a token, tags go along with it, and what was made is shown at
/// once.
pub struct Simulated;

impl conductor_core::Catalogue for Simulated {
    fn facts(&self, wire_type: &str) -> Option<Arc<TypeFacts>> {
        Catalogue::embedded().known(wire_type).map(|known| known.simulated.clone())
    }
}

fn simulated(facts: &TypeFacts) -> TypeFacts {
    let dedupe = Dedupe {
        natural_name: facts.name.is_some(),
        token_lifetime_ms: Some(24 * 60 * 60 * 1000),
        tag_on_create: facts.tags.is_some(),
    };
    TypeFacts { dedupe, consistency_window_ms: 0, ..facts.clone() }
}

impl conductor_core::Catalogue for Catalogue {
    fn facts(&self, wire_type: &str) -> Option<Arc<TypeFacts>> {
        self.known(wire_type).map(|known| known.facts.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_record_parses() {
        let catalogue = Catalogue::embedded();
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for wire_type in catalogue.types() {
            let text = catalogue.text(wire_type).expect("a type in the table has a record");
            if let Err(error) = record::parse(wire_type, text) {
                panic!("{wire_type}: {error}");
            }
        }
    }

    #[test]
    fn a_type_nobody_described_is_not_known() {
        assert!(Catalogue::embedded().schema("AWS::Nothing::Here").is_none());
    }
}
