//! Names for what the source leaves unnamed: `deployment-leaf-6 characters`.

use lw_plan::ResourcePath;

use crate::{DeploymentName, NameFacts, Uid};

/// The letters of the last part: lower-case, none that reads like another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

const RANDOM_LENGTH: usize = 6;

/// The name that a resource gets when its source has none. The same uid gives the same name; a replacement has another uid.
pub fn minted_name(deployment: &DeploymentName, path: &ResourcePath, uid: Uid, facts: &NameFacts) -> String {
    let separator = facts.separator;
    let length_max = facts.length_max.max(RANDOM_LENGTH + 1);
    let room = length_max.saturating_sub(RANDOM_LENGTH + 1);
    let composition = plain(deployment.as_str(), facts);
    let leaf = plain(path.leaf(), facts);
    // The leaf tells more; the deployment gives way down to a third of the room.
    let composition_room = (room / 3).max(room.saturating_sub(leaf.len() + 1));
    let mut name = cut(&composition, composition_room, separator).to_string();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert(0, 'x');
        name.truncate(composition_room.max(1));
    }
    for part in [cut(&leaf, room.saturating_sub(name.len() + 1), separator), &random_part(uid)] {
        if !part.is_empty() {
            name.push(separator);
            name.push_str(part);
        }
    }
    name.truncate(length_max);
    name
}

/// Letters and digits, with single separators for everything else.
fn plain(text: &str, facts: &NameFacts) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            sign if sign.is_ascii_alphanumeric() && facts.lower_case => plain.push(sign.to_ascii_lowercase()),
            sign if sign.is_ascii_alphanumeric() => plain.push(sign),
            _ if plain.is_empty() || plain.ends_with(facts.separator) => {}
            _ => plain.push(facts.separator),
        }
    }
    plain.trim_end_matches(facts.separator).to_string()
}

fn cut(text: &str, length_max: usize, separator: char) -> &str {
    text[..text.len().min(length_max)].trim_end_matches(separator)
}

fn random_part(uid: Uid) -> String {
    (0..RANDOM_LENGTH).map(|place| char::from(LETTERS[(uid.0 >> (5 * place)) as usize % 32])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(deployment: &str, path: &str, facts: &NameFacts) -> String {
        let deployment = DeploymentName::parse(deployment).unwrap();
        minted_name(&deployment, &ResourcePath::from_text(path), Uid(0x1234_5678), facts)
    }

    #[test]
    fn a_name_has_deployment_leaf_and_six_letters() {
        let facts = NameFacts::default();
        assert_eq!(name("shop@prod", "assets.images", &facts), "shop-prod-images-2vxidj");
        assert_eq!(name("shop", "buckets[\"eu/west\"]", &facts), "shop-eu-west-2vxidj");
        assert_ne!(
            name("shop", "a", &facts),
            minted_name(&DeploymentName::parse("shop").unwrap(), &ResourcePath::root("a"), Uid(1), &facts)
        );
    }

    #[test]
    fn a_name_fits_what_the_type_takes() {
        let facts = NameFacts { length_max: 20, lower_case: true, ..NameFacts::default() };
        let long = name("VeryLongShop@production", "averylongname.withleaf", &facts);
        assert_eq!(long, "very-withleaf-2vxidj");
    }

    #[test]
    fn every_length_and_separator_holds() {
        for length_max in 8..70 {
            for separator in ['-', '_', '.'] {
                let facts = NameFacts { length_max, separator, ..NameFacts::default() };
                for (deployment, path) in
                    [("shop@prod", "x"), ("1", "a.b.c"), ("s", "averyveryverylongleafname_with_parts")]
                {
                    let name = name(deployment, path, &facts);
                    assert!(name.len() <= length_max, "{name} of {length_max}");
                    assert!(name.starts_with(|first: char| first.is_ascii_alphabetic()), "{name}");
                    assert!(name.ends_with("2vxidj"), "{name} of {length_max}");
                }
            }
        }
    }
}
