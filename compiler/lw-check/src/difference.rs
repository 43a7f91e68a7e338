//! Where two types differ: the way to the part, and that part of both. Of two records only the fields that differ are shown.

use lw_syntax::Name;

use crate::checker::Checker;
use crate::declared::DeclaredKind;
use crate::types::{Builtin, Ty, Type, Types};

/// Two types at the place where they differ, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `the field `size` of the elements`; nothing where the types differ as a whole.
    pub place: Option<String>,
    pub found: String,
    pub expected: String,
}

/// Parts that lie deeper are not looked into.
const DEPTH_MAX: usize = 12;
/// Pairs that are compared for one message; what is left out is taken to agree.
pub const COMPARISONS_MAX: u32 = 2_000;
/// Fields of a record that are shown.
const FIELDS_SHOWN: usize = 6;

impl Checker<'_> {
    /// Where two types that do not agree differ.
    pub fn difference(&mut self, found: Ty, expected: Ty) -> Difference {
        self.comparisons_left = COMPARISONS_MAX;
        let (mut found, mut expected) = (found, expected);
        let mut way: Vec<String> = Vec::new();
        while way.len() < DEPTH_MAX {
            let Some((step, one, other)) = self.differing_part(found, expected) else { break };
            way.push(step);
            (found, expected) = (one, other);
        }
        way.reverse();
        let place = (!way.is_empty()).then(|| way.join(" of "));
        let (found, expected) = match (self.fields_of(found), self.fields_of(expected)) {
            (Some(one), Some(other)) => {
                (self.show_differing(found, &one, &other, false), self.show_differing(expected, &other, &one, true))
            }
            _ => (self.show(found), self.show(expected)),
        };
        Difference { place, found, expected }
    }

    /// The one part of two types in which they differ, if there is one.
    fn differing_part(&mut self, found: Ty, expected: Ty) -> Option<(String, Ty, Ty)> {
        let (found, expected) = (self.erase(found), self.erase(expected));
        match (self.types.get(found).clone(), self.types.get(expected).clone()) {
            (Type::Builtin(one, inner), Type::Builtin(other, outer)) if one == other => {
                let (inner, outer) = (*inner.first()?, *outer.first()?);
                let step = match one {
                    Builtin::List => "the elements",
                    Builtin::Dictionary => "the values",
                    // Of records alone: `Optional<Int>` and `Optional<String>` say all there is to say.
                    Builtin::Optional if self.fields_of(inner).is_some() && self.fields_of(outer).is_some() => {
                        "what may be there"
                    }
                    _ => return None,
                };
                Some((step.to_string(), inner, outer))
            }
            (Type::Tuple(inner), Type::Tuple(outer)) if inner.len() == outer.len() => {
                let at = self.only_differing(&inner, &outer)?;
                Some((format!("part {} of the tuple", at + 1), inner[at], outer[at]))
            }
            (Type::Function(inner, result), Type::Function(outer, other)) if inner.len() == outer.len() => {
                if self.agree(result, other, DEPTH_MAX) {
                    let at = self.only_differing(&inner, &outer)?;
                    return Some((format!("argument {} of the function", at + 1), inner[at], outer[at]));
                }
                let same = inner.iter().zip(outer.iter()).all(|(one, other)| self.agree(*one, *other, DEPTH_MAX));
                same.then(|| ("the result of the function".to_string(), result, other))
            }
            _ => {
                let (one, other) = (self.fields_of(found)?, self.fields_of(expected)?);
                let same_names =
                    one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.0 == other.0);
                let types = |fields: &[(Name, Ty)]| fields.iter().map(|(_, ty)| *ty).collect::<Vec<Ty>>();
                let at = same_names.then(|| self.only_differing(&types(&one), &types(&other)))??;
                Some((format!("the field `{}`", one[at].0), one[at].1, other[at].1))
            }
        }
    }

    fn only_differing(&mut self, one: &[Ty], other: &[Ty]) -> Option<usize> {
        let mut differing = (0..one.len()).filter(|at| !self.agree(one[*at], other[*at], DEPTH_MAX));
        let only = differing.next()?;
        differing.next().is_none().then_some(only)
    }

    /// The fields of a record or of a declared record, sorted.
    fn fields_of(&mut self, ty: Ty) -> Option<Vec<(Name, Ty)>> {
        let ty = self.erase(ty);
        let open = match self.types.get(ty).clone() {
            Type::Declared(declared, arguments) => match self.kind(declared) {
                DeclaredKind::Record(_) => self.opened(declared, &arguments)?,
                _ => return None,
            },
            Type::Record(..) => ty,
            _ => return None,
        };
        match self.types.get(open) {
            Type::Record(fields, _) => Some(fields.to_vec()),
            _ => None,
        }
    }

    /// A record's fields that another record has not, or has with another type; `…` for the rest.
    fn show_differing(&mut self, ty: Ty, fields: &[(Name, Ty)], others: &[(Name, Ty)], padded: bool) -> String {
        let mut shown: Vec<String> = Vec::new();
        let mut more = false;
        for (name, ty) in fields {
            let same = others.iter().find(|(other, _)| other == name).map(|(_, other)| *other);
            let left_out = padded && same.is_none() && self.types.argument_of(*ty, Builtin::Optional).is_some();
            let same = same.is_some_and(|other| self.agree(*ty, other, DEPTH_MAX));
            if shown.len() == FIELDS_SHOWN || left_out || same {
                more = true;
                continue;
            }
            shown.push(format!("{name}: {}", self.show(*ty)));
        }
        if more {
            shown.push("…".to_string());
        }
        let fields = format!("{{{}}}", shown.join(", "));
        match self.types.get(ty) {
            Type::Declared(declared, _) => format!("{} {fields}", self.declared[declared.0 as usize].display),
            _ => fields,
        }
    }

    /// Whether each element of a list could be coerced to what is wanted of it, one by one.
    pub fn fits_one_by_one(&mut self, element: Ty, wanted: Ty) -> bool {
        self.comparisons_left = COMPARISONS_MAX;
        let inner = self.types.argument_of(wanted, Builtin::Optional).unwrap_or(wanted);
        let erased = self.erase(element);
        let named = matches!(self.types.get(erased), Type::Builtin(builtin, _) if builtin.is_reference());
        self.names(element, inner)
            || (named && self.erase(inner) == Types::STRING)
            || (inner != wanted && self.agree(element, inner, DEPTH_MAX))
    }

    /// Whether two types could be one or a value of the first be coerced to the second; binds nothing.
    pub fn agree_once(&mut self, found: Ty, expected: Ty) -> bool {
        self.comparisons_left = COMPARISONS_MAX;
        let wanted = self.types.argument_of(expected, Builtin::Optional).unwrap_or(expected);
        self.agree(found, expected, DEPTH_MAX) || self.agree(found, wanted, DEPTH_MAX) || self.names(found, wanted)
    }

    /// A resource, or text, where a name for one is wanted.
    fn names(&mut self, found: Ty, wanted: Ty) -> bool {
        let Type::Builtin(builtin, arguments) = self.types.get(wanted).clone() else { return false };
        if !builtin.is_reference() {
            return false;
        }
        match *self.types.get(found) {
            Type::Declared(declared, _) => match self.kind(declared) {
                DeclaredKind::Resource(resource) => *self.types.get(arguments[0]) == Type::Literal(resource.wire),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether two types could be one; binds nothing.
    fn agree(&mut self, one: Ty, other: Ty, depth: usize) -> bool {
        let (one, other) = (self.erase(one), self.erase(other));
        if one == other || depth == 0 || self.comparisons_left == 0 {
            return true;
        }
        self.comparisons_left -= 1;
        let all = |checker: &mut Self, one: &[Ty], other: &[Ty]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| checker.agree(*one, *other, depth - 1))
        };
        match (self.types.get(one).clone(), self.types.get(other).clone()) {
            (Type::Variable(_) | Type::Error | Type::Generic(_), _)
            | (_, Type::Variable(_) | Type::Error | Type::Generic(_)) => true,
            (Type::Builtin(one, inner), Type::Builtin(other, outer)) => one == other && all(self, &inner, &outer),
            (Type::Declared(one, inner), Type::Declared(other, outer)) if one == other => all(self, &inner, &outer),
            (Type::Literal(one), Type::Literal(other)) => one == other,
            (Type::Rigid(_, one), Type::Rigid(_, other)) => one == other,
            (Type::Tuple(inner), Type::Tuple(outer)) => all(self, &inner, &outer),
            (Type::Function(inner, result), Type::Function(outer, other)) => {
                all(self, &inner, &outer) && self.agree(result, other, depth - 1)
            }
            _ => {
                let rest = |checker: &Self, ty: Ty| matches!(checker.types.get(ty), Type::Record(_, Some(_)));
                let (open, other_open) = (rest(self, one), rest(self, other));
                let (Some(one), Some(other)) = (self.fields_of(one), self.fields_of(other)) else { return false };
                let within = |checker: &mut Self, of: &[(Name, Ty)], not: &[(Name, Ty)], open: bool| {
                    of.iter().all(|(name, ty)| match not.iter().find(|(other, _)| other == name) {
                        Some((_, other)) => checker.agree(*ty, *other, depth - 1),
                        None => open,
                    })
                };
                within(self, &one, &other, other_open) && within(self, &other, &one, open)
            }
        }
    }
}
