//! Identities: of resources, operations, deployments and their generations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A text that is not the identity it was read as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct InvalidName {
    pub text: String,
    pub what: &'static str,
}

/// The first 128 bits of SHA-256 over the parts, each with its length before it.
fn derive(domain: &str, seed: u128, parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    hash.update((domain.len() as u64).to_be_bytes());
    hash.update(domain.as_bytes());
    hash.update(seed.to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    u128::from_be_bytes(bytes[..16].try_into().expect("sixteen bytes"))
}

macro_rules! identity_of_128_bits {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({:032x})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<$name, InvalidName> {
                let plain = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                match u128::from_str_radix(text, 16) {
                    Ok(number) if plain => Ok($name(number)),
                    _ => Err(InvalidName { text: text.to_string(), what: $what }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identity_of_128_bits! {
    /// A resource's identity: minted once, for one object in the cloud; a replacement has another. 32 lower-case hexadecimal
    /// digits, also as the value of our ownership tag.
    Uid, "a uid (32 lower-case hexadecimal digits)"
}

identity_of_128_bits! {
    /// One decision to act; its text is the idempotency token (32 ASCII characters).
    OperationId, "an operation's id (32 lower-case hexadecimal digits)"
}

impl Uid {
    /// The uid of a resource that a change set is about to create. `seed` is what makes it fresh: 128 bits that belong to
    /// this State of this deployment alone (the shell takes them from the install's id and the head of the event log), so
    /// that a preview made twice shows the same names.
    pub fn derive(seed: u128, wire_type: &str, path: &str) -> Uid {
        Uid(derive("uid", seed, &[wire_type.as_bytes(), path.as_bytes()]))
    }
}

impl OperationId {
    /// The `number`-th operation of an execution that started with the fresh random `seed`.
    pub fn derive(seed: u128, number: u64) -> OperationId {
        OperationId(derive("operation", seed, &[&number.to_be_bytes()]))
    }
}

/// A composition in force in an environment: `shop@prod`, or `shop` where it names no environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DeploymentName(String);

impl DeploymentName {
    /// Takes letters, digits, `-`, `_` and `.`, with at most one `@` between two such names, 128 bytes in all.
    pub fn parse(text: &str) -> Result<DeploymentName, InvalidName> {
        let part = |part: &str| {
            !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.'))
        };
        let fits = match text.split_once('@') {
            Some((composition, environment)) => part(composition) && part(environment),
            None => part(text),
        };
        if fits && text.len() <= 128 {
            Ok(DeploymentName(text.to_string()))
        } else {
            Err(InvalidName { text: text.to_string(), what: "a deployment's name, such as `shop` or `shop@prod`" })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `shop` of `shop@prod`: the first part of names that are minted.
    pub fn composition(&self) -> &str {
        self.0.split('@').next().unwrap_or(&self.0)
    }

    pub fn environment(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, environment)| environment)
    }
}

impl fmt::Display for DeploymentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for DeploymentName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<DeploymentName, InvalidName> {
        DeploymentName::parse(text)
    }
}

impl<'de> Deserialize<'de> for DeploymentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DeploymentName, D::Error> {
        DeploymentName::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Counts the change sets that a deployment has begun; 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    pub fn next(self) -> Generation {
        Generation(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_reads_back_what_it_prints() {
        let uid = Uid(0xab);
        assert_eq!(uid.to_string(), "000000000000000000000000000000ab");
        assert_eq!(uid.to_string().parse(), Ok(uid));
        assert!("000000000000000000000000000000AB".parse::<Uid>().is_err());
        assert!("+0000000000000000000000000000000".parse::<Uid>().is_err());
        assert_eq!(serde_json::from_str::<Uid>(&serde_json::to_string(&uid).unwrap()).unwrap(), uid);
    }

    #[test]
    fn derived_identities_differ_by_every_part() {
        let all = [
            Uid::derive(1, "A", "x"),
            Uid::derive(2, "A", "x"),
            Uid::derive(1, "B", "x"),
            Uid::derive(1, "A", "y"),
            Uid::derive(1, "Ax", ""),
        ];
        for (index, uid) in all.iter().enumerate() {
            assert!(!all[..index].contains(uid));
        }
        assert_ne!(OperationId::derive(1, 0), OperationId::derive(1, 1));
    }

    #[test]
    fn a_deployment_name_has_at_most_one_environment() {
        let name = DeploymentName::parse("shop@prod").unwrap();
        assert_eq!((name.composition(), name.environment()), ("shop", Some("prod")));
        assert_eq!(DeploymentName::parse("shop").unwrap().environment(), None);
        for wrong in ["", "@", "a@", "@a", "a@b@c", "a b", "a/b"] {
            assert!(DeploymentName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
