//! Places in answers: the part of JMESPath that waiters and paginators use.

use lw_plan::{Json, Map};

/// Every value at a place: `Reservations[].Instances[].State.Name`, `NextToken`, `a || b` (the first that is there).
pub fn find_all<'a>(answer: &'a Map<String, Json>, path: &str) -> Vec<&'a Json> {
    for alternative in path.split("||") {
        let found = find(answer, alternative.trim());
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn find<'a>(answer: &'a Map<String, Json>, path: &str) -> Vec<&'a Json> {
    let steps = steps(path);
    let mut steps = steps.iter().copied();
    let Some(first) = steps.next() else { return Vec::new() };
    let mut found = Vec::new();
    enter(answer, first, &mut found);
    for step in steps {
        let mut next = Vec::new();
        for value in found {
            if let Json::Object(object) = value {
                enter(object, step, &mut next);
            }
        }
        found = next;
    }
    found
}

/// The steps of a path: between points that are not in brackets.
pub fn steps(path: &str) -> Vec<&str> {
    let mut inside = false;
    let is_point = move |sign: char| {
        match sign {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        sign == '.' && !inside
    };
    path.split(is_point).collect()
}

/// `Name`, `Name[]`, `Name[0]`, `Name[-1]`, and `Name[Key=value,Other=more]`, which JMESPath writes otherwise.
fn enter<'a>(object: &'a Map<String, Json>, step: &str, found: &mut Vec<&'a Json>) {
    let (name, index) = step.split_once('[').map_or((step, None), |(name, rest)| (name, Some(rest)));
    let Some(value) = object.get(name) else { return };
    match (index, value) {
        (None, value) => found.push(value),
        (Some(index), Json::Array(items)) => match index.trim_end_matches(']') {
            "" | "*" => found.extend(items),
            filter if filter.contains('=') => {
                let fits = |item: &&Json| {
                    filter
                        .split(',')
                        .filter_map(|part| part.split_once('='))
                        .all(|(name, wanted)| item.get(name).and_then(Json::as_str) == Some(wanted))
                };
                found.extend(items.iter().filter(fits));
            }
            number => {
                let at = number.parse::<i64>().ok();
                let at = at.map(|at| if at < 0 { at + items.len() as i64 } else { at });
                found.extend(at.and_then(|at| items.get(usize::try_from(at).ok()?)));
            }
        },
        _ => {}
    }
}

/// Whether a path is one that [`find_all`] reads.
pub fn is_readable(path: &str) -> bool {
    !path.contains(['(', '`', '?', '&', '@', '{', '\'', '"', ':'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places() {
        let answer = json!({"A": [{"B": {"C": 1}}, {"B": {"C": 2}}, {}], "N": "x", "E": [],
            "L": [{"K": "b", "V": 0}, {"K": "a.b", "V": 1}]});
        let answer = answer.as_object().unwrap();
        let find = |path: &str| find_all(answer, path).into_iter().cloned().collect::<Json>();
        assert_eq!(find("A[].B.C"), json!([1, 2]));
        assert_eq!(find("A[-2].B.C"), json!([2]));
        assert_eq!(find("A[0].B.C"), json!([1]));
        assert_eq!(find("L[K=a.b].V"), json!([1]));
        assert_eq!(find("L[K=c].V"), json!([]));
        assert_eq!(find("Z || N"), json!(["x"]));
        assert_eq!(find("E[].B"), json!([]));
        assert_eq!(find("N.A[9]"), json!([]));
    }
}
