//! Who may do what: tokens with a role, and nothing for anybody else.

use std::io;
use std::path::{Path, PathBuf};

use conductor_core::DeploymentName;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Exit, Problem, Problems, clock};

/// Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees.
    Read,
    /// Previews.
    Plan,
    /// Applies, corrects, pauses.
    Apply,
    /// Destroys and lets go.
    Destroy,
    /// Everything.
    Admin,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Read, Role::Plan, Role::Apply, Role::Destroy, Role::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Plan => "plan",
            Role::Apply => "apply",
            Role::Destroy => "destroy",
            Role::Admin => "admin",
        }
    }
}

/// What is kept of a token: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// Whose it is, for logs.
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token, in hexadecimal.
    pub sha256: String,
    /// The deployments that it is for: names, with `*` for any text; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<String>,
}

impl Token {
    pub fn allows(&self, deployment: &DeploymentName) -> bool {
        self.deployments.is_empty() || self.deployments.iter().any(|pattern| fits(pattern, deployment.as_str()))
    }
}

/// Whether a pattern with `*` fits a text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))),
    }
}

/// The tokens that are known.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub tokens: Vec<Token>,
}

impl Access {
    /// Whose a token is. Digests are compared, so that the time it takes says nothing of the token.
    pub fn of(&self, secret: &str) -> Option<&Token> {
        let digest = digest(secret);
        self.tokens.iter().find(|token| token.sha256.eq_ignore_ascii_case(&digest))
    }
}

fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a token and what is kept of it.
pub fn fresh(name: &str, role: Role, deployments: Vec<String>) -> Result<(String, Token), Problems> {
    let secret = format!("lw_{:032x}{:032x}", clock::fresh_128_bits()?, clock::fresh_128_bits()?);
    let token = Token { name: name.to_string(), role, sha256: digest(&secret), deployments };
    Ok((secret, token))
}

/// `state.db` → `tokens.json`, beside it.
pub fn tokens_path(store: &Path) -> PathBuf {
    store.with_file_name("tokens.json")
}

/// `state.db` → `conductor.token`: the token of who owns the store, for commands of theirs.
pub fn own_token_path(store: &Path) -> PathBuf {
    store.with_file_name("conductor.token")
}

pub fn read_tokens(store: &Path) -> Result<Vec<Token>, Problems> {
    let path = tokens_path(store);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(&path, &error.to_string())),
    };
    serde_json::from_str(&text).map_err(|error| unusable(&path, &error.to_string()))
}

/// Adds a token, in place of one of the same name.
pub fn keep_token(store: &Path, token: Token) -> Result<(), Problems> {
    let mut tokens = read_tokens(store)?;
    tokens.retain(|known| known.name != token.name);
    tokens.push(token);
    let text = serde_json::to_string_pretty(&tokens).unwrap_or_default() + "\n";
    write_private(&tokens_path(store), &text)
}

/// Writes a file that nobody else may read, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), Problems> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Path, reason: &str) -> Problems {
    Problem::new("LW0587", Exit::Runtime, format!("the tokens in `{}` cannot be used: {reason}", path.display()))
        .help("correct the file, or remove it and make tokens with `lw conduct --new-token NAME:ROLE`")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        for (pattern, text, expected) in [
            ("shop@prod", "shop@prod", true),
            ("shop@prod", "shop@test", false),
            ("shop@*", "shop@test", true),
            ("*@prod", "shop@prod", true),
            ("*@prod", "shop@prod2", false),
            ("s*p@*", "shop@x", true),
            ("*", "anything", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_token_is_known_by_its_digest_alone() {
        let (secret, token) = fresh("ci", Role::Apply, Vec::new()).unwrap();
        assert!(!serde_json::to_string(&token).unwrap().contains(&secret));
        let access = Access { tokens: vec![token.clone()] };
        assert_eq!(access.of(&secret), Some(&token));
        assert_eq!(access.of(&token.sha256), None);
        assert_eq!(access.of(""), None);
    }
}
