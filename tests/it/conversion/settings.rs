//! Values for a template's parameters: worlds in which its conditions hold, and in which they do not.

use std::path::Path;

use lw_formats::Template;

/// Values by a template's names.
pub type World = Vec<(String, String)>;

/// A parameter with the values that matter: its default or what stands in for it, and those that a condition compares it with.
struct Asked {
    name: String,
    values: Vec<String>,
}

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

/// A value of the kind that a parameter of that name takes.
fn other_value(name: &str) -> String {
    let is = |part: &str| name.contains(part);
    if is("Port") {
        "8443".to_string()
    } else if is("PolicyArns") || is("Policies") {
        "arn:aws:iam::aws:policy/ReadOnlyAccess".to_string()
    } else if is("PermissionsBoundary") {
        "arn:aws:iam::111122223333:policy/boundary".to_string()
    } else {
        format!("{}-other", name.to_lowercase())
    }
}

fn asked(template: &Template, text: &str, always: &World) -> Vec<Asked> {
    let mut found: Vec<Asked> = Vec::new();
    for (name, value) in compared(text) {
        let Some(parameter) = template.parameters.get(&*name) else { continue };
        if parameter.wire_type.starts_with("CommaDelimited") {
            continue;
        }
        let other = match (parameter.allowed.iter().find(|allowed| ***allowed != *value), &*parameter.wire_type) {
            (Some(other), _) => other.to_string(),
            (None, "Number") => "8".to_string(),
            (None, _) => other_value(&name),
        };
        let is_allowed = |value: &String| {
            let is_known = parameter.allowed.is_empty() || parameter.allowed.iter().any(|one| **one == **value);
            is_known && (*parameter.wire_type != *"Number" || value.parse::<f64>().is_ok())
        };
        let usual = parameter.default.as_ref().and_then(|node| node.scalar_text()).map(|text| text.to_string());
        let usual = usual.or_else(|| always.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()));
        let known = match found.iter().position(|asked| asked.name == name) {
            Some(at) => &mut found[at].values,
            None => {
                found.push(Asked { name, values: usual.into_iter().collect() });
                &mut found.last_mut().expect("just pushed").values
            }
        };
        for value in [value, other].into_iter().filter(is_allowed) {
            if !known.contains(&value) && (known.len() < 2 || !value.ends_with("-other")) {
                known.push(value);
            }
        }
    }
    // Where a stack is made decides, too.
    let conditions = text.split_once("\nConditions:").and_then(|(_, rest)| rest.split_once("\nResources:"));
    if conditions.is_some_and(|(conditions, _)| conditions.contains("AWS::Region")) {
        let regions = ["us-east-1", "eu-west-1"].map(str::to_string).to_vec();
        found.push(Asked { name: "AWS::Region".to_string(), values: regions });
    }
    found.retain(|asked| !asked.values.is_empty());
    found
}

/// The worlds of one template, at most so many: every combination where there are no more, else such that every two values of
/// two parameters meet.
pub fn worlds(path: &Path, most: usize) -> Vec<World> {
    let text = std::fs::read_to_string(path).expect("a template");
    let template = read(&text);
    let always = always(&template);
    let asked = asked(&template, &text, &always);
    let count = asked.iter().try_fold(1usize, |count, one| count.checked_mul(one.values.len()));
    let rows = match count {
        Some(count) if count <= most => every(&asked, count),
        _ => pairs(&asked),
    };
    let mut worlds: Vec<World> = Vec::new();
    for row in rows {
        let mut world = always.clone();
        for (asked, at) in asked.iter().zip(row) {
            world.retain(|(known, _)| *known != asked.name);
            world.push((asked.name.clone(), asked.values[at].clone()));
        }
        worlds.push(world);
    }
    worlds.truncate(most);
    worlds
}

fn every(asked: &[Asked], count: usize) -> Vec<Vec<usize>> {
    let mut rows = Vec::with_capacity(count);
    for mut number in 0..count {
        let row = asked.iter().map(|one| {
            let at = number % one.values.len();
            number /= one.values.len();
            at
        });
        rows.push(row.collect());
    }
    rows
}

/// All that is usual first, then all that is not; then row by row what makes most of the pairs that have not met.
fn pairs(asked: &[Asked]) -> Vec<Vec<usize>> {
    let mut open: std::collections::BTreeSet<(usize, usize, usize, usize)> = std::collections::BTreeSet::new();
    for (first, one) in asked.iter().enumerate() {
        for (second, two) in asked.iter().enumerate().skip(first + 1) {
            for left in 0..one.values.len() {
                open.extend((0..two.values.len()).map(|right| (first, left, second, right)));
            }
        }
    }
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut next = Some(vec![0; asked.len()]);
    while let Some(row) = next.take() {
        for first in 0..row.len() {
            for second in first + 1..row.len() {
                open.remove(&(first, row[first], second, row[second]));
            }
        }
        rows.push(row);
        if rows.len() == 1 {
            next = Some(asked.iter().map(|one| 1.min(one.values.len() - 1)).collect());
        } else if let Some((first, left, second, right)) = open.first().copied() {
            let mut row: Vec<Option<usize>> = vec![None; asked.len()];
            (row[first], row[second]) = (Some(left), Some(right));
            for at in 0..asked.len() {
                if row[at].is_some() {
                    continue;
                }
                let meets = |value: &usize| {
                    let pairs = row.iter().enumerate().filter_map(|(other, known)| known.map(|known| (other, known)));
                    let pairs = pairs.map(|(other, known)| match other < at {
                        true => (other, known, at, *value),
                        false => (at, *value, other, known),
                    });
                    pairs.filter(|pair| open.contains(pair)).count()
                };
                row[at] = (0..asked[at].values.len()).max_by_key(meets);
            }
            next = Some(row.into_iter().map(|at| at.expect("every place is filled")).collect());
        }
    }
    rows
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
            let known = parameters.iter().find(|known| known.trim_start_matches('_').eq_ignore_ascii_case(plain))?;
            Some((known.to_string(), value.clone()))
        })
        .collect()
}
