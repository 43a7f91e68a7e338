//! The key of an installation, under which a secret leaves its trace: without it nobody can try out what the secret might be.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use adapter::AdapterError;
use ring::hmac;

use crate::api::access::write_private;
use crate::clock;

/// A key in a file beside the store, made when it is first needed. It is in no backup.
pub struct SecretKey {
    path: PathBuf,
    key: OnceLock<Result<String, String>>,
}

impl SecretKey {
    /// `state.db` → `secrets.key`.
    pub fn beside(store: &Path) -> SecretKey {
        SecretKey { path: store.with_file_name("secrets.key"), key: OnceLock::new() }
    }

    /// What a secret leaves where it must not be itself: the same for the same text, and nothing that could be found by trying.
    pub fn digest(&self, text: &str) -> Result<String, AdapterError> {
        let key = self.key.get_or_init(|| self.read_or_make());
        let key = key.as_ref().map_err(|reason| AdapterError::permanent("SecretKey", reason.clone()))?;
        Ok(keyed_digest(key.as_bytes(), text.as_bytes()))
    }

    fn read_or_make(&self) -> Result<String, String> {
        let unusable = |reason: String| format!("`{}` cannot be used: {reason}", self.path.display());
        match std::fs::read_to_string(&self.path) {
            Ok(text) if text.trim().len() >= 64 => return Ok(text.trim().to_string()),
            Ok(_) => return Err(unusable("it holds no key".to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(error.to_string())),
        }
        let half = || clock::fresh_128_bits().map_err(|problems| unusable(problems.to_string()));
        let key = format!("{:032x}{:032x}", half()?, half()?);
        write_private(&self.path, &format!("{key}\n")).map_err(|problems| unusable(problems.to_string()))?;
        Ok(key)
    }
}

/// HMAC-SHA-256, in lower-case hexadecimal.
fn keyed_digest(key: &[u8], text: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The second case of RFC 4231.
    #[test]
    fn digests_are_those_of_the_standard() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(keyed_digest(b"Jefe", b"what do ya want for nothing?"), expected);
    }

    #[test]
    fn a_key_is_kept_and_is_nobody_elses() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("state.db");
        let first = SecretKey::beside(&store).digest("hunter2").unwrap();
        assert_eq!(SecretKey::beside(&store).digest("hunter2").unwrap(), first);
        assert_ne!(SecretKey::beside(&store).digest("hunter3").unwrap(), first);
        let mode = std::fs::metadata(folder.path().join("secrets.key")).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let elsewhere = tempfile::tempdir().expect("a folder");
        assert_ne!(SecretKey::beside(&elsewhere.path().join("state.db")).digest("hunter2").unwrap(), first);
    }
}
