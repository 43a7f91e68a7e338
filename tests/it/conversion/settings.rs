//! Values for a template's parameters: for each value that a condition asks about, a world in which it holds and one in which it does not.

use std::path::Path;

use lw_formats::Template;

/// Values by a template's names.
pub type World = Vec<(String, String)>;

/// What everything that has no default is in every world.
fn always(template: &Template) -> World {
    let mut world: World = [
        ("AWS::AccountId", "111122223333"),
        ("AWS::StackId", "arn:aws:cloudformation:us-east-1:111122223333:stack/s/u-v-w"),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .to_vec();
    for (name, parameter) in &template.parameters {
        if parameter.default.is_none() {
            let value = match (parameter.allowed.first(), &*parameter.wire_type) {
                (Some(value), _) => value.to_string(),
                (None, "Number") => "7".to_string(),
                _ => format!("{}-value", name.to_lowercase()),
            };
            world.push((name.to_string(), value));
        }
    }
    world.sort();
    world
}

/// Each pair of a parameter and a value that a condition compares.
fn compared(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in text.split("!Equals [!Ref ").skip(1) {
        let Some((inside, _)) = part.split_once(']') else { continue };
        let Some((name, value)) = inside.split_once(',') else { continue };
        let pair = (name.trim().trim_matches('\'').to_string(), value.trim().trim_matches('\'').to_string());
        if !pair.1.contains('!') && !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

/// Worlds of one template that are compared.
const WORLDS_MAX: usize = 2;

pub fn worlds(path: &Path) -> Vec<World> {
    let text = std::fs::read_to_string(path).expect("a template");
    let template = read(&text);
    let always = always(&template);
    let mut worlds = vec![always.clone()];
    let with = |changes: &[(String, String)]| {
        let mut world = always.clone();
        for (name, value) in changes {
            world.retain(|(known, _)| known != name);
            world.push((name.clone(), value.clone()));
        }
        world
    };
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in compared(&text) {
        let Some(parameter) = template.parameters.get(&*name) else { continue };
        if parameter.wire_type.starts_with("CommaDelimited") {
            continue;
        }
        let other = match (parameter.allowed.iter().find(|allowed| ***allowed != *value), &*parameter.wire_type) {
            (Some(other), _) => other.to_string(),
            (None, "Number") => "8".to_string(),
            (None, _) => format!("{}-other", name.to_lowercase()),
        };
        let is_allowed =
            |value: &str| parameter.allowed.is_empty() || parameter.allowed.iter().any(|one| **one == *value);
        for value in [value, other].into_iter().filter(|value| is_allowed(value)) {
            if *parameter.wire_type == *"Number" && value.parse::<f64>().is_err() {
                continue;
            }
            worlds.push(with(&[(name.clone(), value.clone())]));
            if !value.is_empty() && !all.iter().any(|(known, _)| *known == name) {
                all.push((name.clone(), value));
            }
        }
    }
    // The defaults, everything otherwise at once, and as many between as there is time for.
    worlds.insert(1, with(&all));
    worlds.dedup();
    worlds.truncate(WORLDS_MAX);
    worlds
}

fn read(text: &str) -> Template {
    let mut diagnostics = Vec::new();
    lw_formats::read(lw_diagnostics::FileId(0), text, &|_| None, &mut diagnostics).expect("a template")
}

/// The same by the names of the program that was made of the template.
pub fn of_program(world: &World, parameters: &[&str]) -> Vec<(String, String)> {
    world
        .iter()
        .filter_map(|(name, value)| {
            let plain = name.strip_prefix("AWS::").unwrap_or(name);
            let known = parameters.iter().find(|known| known.eq_ignore_ascii_case(plain))?;
            Some((known.to_string(), value.clone()))
        })
        .collect()
}
