//! The models that are in the program.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Service;

/// Name, offset, packed length; sorted by name.
static SERVICES: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/services.rs"));
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/services.lz4"));

/// The names of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(name, ..)| *name)
}

/// A service by the name of its model: `ec2`. Unpacked and parsed when somebody first asks, and kept from then on.
pub fn service(name: &str) -> Option<&'static Service> {
    static KNOWN: OnceLock<Mutex<HashMap<&'static str, &'static Service>>> = OnceLock::new();
    let at = SERVICES.binary_search_by(|(known, ..)| (*known).cmp(name)).ok()?;
    let (name, offset, length) = SERVICES[at];
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let service = known.entry(name).or_insert_with(|| {
        let text = lz4_flex::block::decompress_size_prepended(&PACKED[offset..offset + length])
            .expect("an embedded model unpacks");
        // A model that does not parse is our own mistake; a test reads them all.
        let service = serde_json::from_slice(&text).expect("an embedded model parses");
        // As many as there are services, for as long as the process lives.
        Box::leak(Box::new(service))
    });
    Some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_model_parses() {
        assert!(SERVICES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for name in services() {
            let service = service(name).expect("a service in the table has a model");
            assert!(!service.operations.is_empty(), "{name}");
            for (operation_name, operation) in &service.operations {
                // CloudFront puts its version behind the names.
                assert!(operation.name.starts_with(operation_name), "{name}.{operation_name}");
                for reference in operation.input.iter().chain(&operation.output) {
                    assert!(service.shapes.contains_key(&reference.shape), "{name}.{operation_name}");
                }
            }
        }
    }
}
