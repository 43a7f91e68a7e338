//! Every field that a resource's wire JSON can have, with its path.

use super::model::{Field, Record, Resource, Type};

/// Deeper than any path that a program is likely to write; what recurs would go on for ever.
const DEPTH_MAX: usize = 6;

/// Calls `visit` with the path and the field of every place, parents first; goes below a field where that answers true. A type is not
/// entered again below itself.
pub fn fields<'r>(resource: &'r Resource, visit: &mut dyn FnMut(&str, &'r Field) -> bool) {
    below(resource, &resource.record, "", &mut Vec::new(), visit);
}

fn below<'r>(
    resource: &'r Resource,
    record: &'r Record,
    prefix: &str,
    entered: &mut Vec<&'r str>,
    visit: &mut dyn FnMut(&str, &'r Field) -> bool,
) {
    for field in &record.fields {
        let mut path = format!("{prefix}{}", field.wire);
        let goes_on = visit(&path, field);
        let Type::Named(name) = field.shape.innermost() else { continue };
        let Some(record) = resource.record_below(name) else { continue };
        if goes_on && entered.len() < DEPTH_MAX && !entered.contains(&name.as_str()) {
            for star in stars(&field.shape) {
                path.push('/');
                path.push_str(&star);
            }
            path.push('/');
            entered.push(name);
            below(resource, record, &path, entered, visit);
            entered.pop();
        }
    }
}

/// A `*` for every list and map around the innermost type.
pub fn stars(shape: &Type) -> Vec<String> {
    match shape {
        Type::List(element) | Type::Dictionary(element) => {
            let mut stars = stars(element);
            stars.push("*".to_owned());
            stars
        }
        _ => Vec::new(),
    }
}
