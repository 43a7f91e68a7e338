//! When two types are one: structural unification, with refinements erased and declared records opened when they must be.

use lw_syntax::Name;
use rustc_hash::FxHashSet;

use crate::checker::Checker;
use crate::declared::{DeclaredKind, Field};
use crate::types::{Builtin, DeclaredId, Ty, Type, Types};

/// Why two types are not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// They differ.
    Different,
    /// One occurs in the other.
    Infinite,
}

impl Checker<'_> {
    /// Makes two types one, or says why they cannot be; what was bound on the way stays bound.
    pub fn unify(&mut self, left: Ty, right: Ty) -> Result<(), Mismatch> {
        self.unify_met(left, right, &mut FxHashSet::default())
    }

    /// With the pairs that have been met on the way: records that contain themselves, and types that share parts, are compared once.
    fn unify_met(&mut self, left: Ty, right: Ty, met: &mut FxHashSet<(Ty, Ty)>) -> Result<(), Mismatch> {
        /// After this many pairs, types that grow as they are looked into are taken to be one.
        const PAIRS_MAX: usize = 20_000;
        let left = self.erase(left);
        let right = self.erase(right);
        if left == right {
            return Ok(());
        }
        let compound = |ty: &Type| {
            matches!(ty, Type::Builtin(_, inner) | Type::Tuple(inner) if !inner.is_empty())
                || matches!(ty, Type::Declared(..) | Type::Function(..) | Type::Record(..))
        };
        if compound(self.types.get(left))
            && compound(self.types.get(right))
            && (met.len() > PAIRS_MAX || !met.insert((left, right)))
        {
            return Ok(());
        }
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.unify_nodes(left, right, met))
    }

    fn unify_nodes(&mut self, left: Ty, right: Ty, met: &mut FxHashSet<(Ty, Ty)>) -> Result<(), Mismatch> {
        match (self.types.get(left).clone(), self.types.get(right).clone()) {
            (Type::Error, _) | (_, Type::Error) => Ok(()),
            (Type::Variable(variable), _) => self.bind(variable, right),
            (_, Type::Variable(variable)) => self.bind(variable, left),
            (Type::Rigid(_, one), Type::Rigid(_, other)) if one == other => Ok(()),
            (Type::Generic(one), Type::Generic(other)) if one == other => Ok(()),
            (Type::Literal(one), Type::Literal(other)) if one == other => Ok(()),
            (Type::Builtin(one, inner), Type::Builtin(other, outer)) if one == other => {
                self.unify_all(&inner, &outer, met)
            }
            (Type::Declared(one, inner), Type::Declared(other, outer)) if one == other => {
                self.unify_all(&inner, &outer, met)
            }
            (Type::Tuple(inner), Type::Tuple(outer)) if inner.len() == outer.len() => {
                self.unify_all(&inner, &outer, met)
            }
            (Type::Function(parameters, result), Type::Function(others, other)) if parameters.len() == others.len() => {
                self.unify_all(&parameters, &others, met)?;
                self.unify_met(result, other, met)
            }
            (Type::Record(fields, rest), Type::Record(others, other)) => {
                self.unify_records(&fields, rest, &others, other, met)
            }
            (Type::Declared(declared, arguments), _) => match self.opened(declared, &arguments) {
                Some(open) => self.unify_met(open, right, met),
                None => Err(Mismatch::Different),
            },
            (_, Type::Declared(declared, arguments)) => match self.opened(declared, &arguments) {
                Some(open) => self.unify_met(left, open, met),
                None => Err(Mismatch::Different),
            },
            _ => Err(Mismatch::Different),
        }
    }

    fn unify_all(&mut self, left: &[Ty], right: &[Ty], met: &mut FxHashSet<(Ty, Ty)>) -> Result<(), Mismatch> {
        for (left, right) in left.iter().zip(right) {
            self.unify_met(*left, *right, met)?;
        }
        Ok(())
    }

    fn unify_records(
        &mut self,
        left: &[(Name, Ty)],
        left_rest: Option<Ty>,
        right: &[(Name, Ty)],
        right_rest: Option<Ty>,
        met: &mut FxHashSet<(Ty, Ty)>,
    ) -> Result<(), Mismatch> {
        let only = |of: &[(Name, Ty)], not: &[(Name, Ty)]| -> Vec<(Name, Ty)> {
            of.iter().filter(|(name, _)| not.iter().all(|(other, _)| other != name)).copied().collect()
        };
        for (name, ty) in left {
            if let Some((_, other)) = right.iter().find(|(other, _)| other == name) {
                self.unify_met(*ty, *other, met)?;
            }
        }
        let only_left = only(left, right);
        let only_right = only(right, left);
        match (left_rest, right_rest) {
            (None, None) if only_left.is_empty() && only_right.is_empty() => Ok(()),
            (Some(rest), None) if only_left.is_empty() => {
                let closed = self.types.record(only_right, None);
                self.unify_met(rest, closed, met)
            }
            (None, Some(rest)) if only_right.is_empty() => {
                let closed = self.types.record(only_left, None);
                self.unify_met(rest, closed, met)
            }
            (Some(one), Some(other)) => {
                if self.types.shallow(one) == self.types.shallow(other) {
                    return if only_left.is_empty() && only_right.is_empty() {
                        Ok(())
                    } else {
                        Err(Mismatch::Infinite)
                    };
                }
                let rest = self.types.fresh();
                let one_more = self.types.record(only_right, Some(rest));
                let other_more = self.types.record(only_left, Some(rest));
                self.unify_met(one, one_more, met)?;
                self.unify_met(other, other_more, met)
            }
            _ => Err(Mismatch::Different),
        }
    }

    fn bind(&mut self, variable: u32, ty: Ty) -> Result<(), Mismatch> {
        if self.types.occurs_and_lower(variable, ty) {
            return Err(Mismatch::Infinite);
        }
        self.types.bind(variable, ty);
        Ok(())
    }

    /// A refined type's base; records whose rest is known become flat.
    pub fn erase(&mut self, ty: Ty) -> Ty {
        let ty = self.types.shallow(ty);
        match self.types.get(ty) {
            Type::Declared(declared, _) => match self.refinement(*declared) {
                Some(refinement) => self.erase(refinement.base),
                None => ty,
            },
            Type::Record(fields, Some(rest)) => {
                let Type::Record(more, further) = self.types.get(*rest).clone() else { return ty };
                let mut fields = fields.to_vec();
                fields.extend(more.iter().copied());
                let flat = self.types.record(fields, further);
                self.erase(flat)
            }
            _ => ty,
        }
    }

    pub fn refinement(&mut self, declared: DeclaredId) -> Option<std::rc::Rc<crate::declared::RefinementType>> {
        match self.kind(declared) {
            DeclaredKind::Refinement(refinement) => Some(refinement),
            _ => None,
        }
    }

    /// What reading a resource's property gives: a read-only attribute exists once the resource does.
    pub fn read_type(&self, field: &Field) -> Ty {
        match field.read_only {
            true => self.types.argument_of(field.ty, Builtin::Optional).unwrap_or(field.ty),
            false => field.ty,
        }
    }

    /// The structure of a declared record or resource.
    pub fn opened(&mut self, declared: DeclaredId, arguments: &[Ty]) -> Option<Ty> {
        match self.kind(declared) {
            DeclaredKind::Record(record) => {
                let fields: Vec<(Name, Ty)> = record
                    .fields
                    .iter()
                    .map(|field| (field.name, self.types.substitute(field.ty, arguments)))
                    .collect();
                Some(self.types.record(fields, None))
            }
            // What can be read of it: a function of an open record takes resources.
            DeclaredKind::Resource(resource) => {
                let fields: Vec<(Name, Ty)> =
                    resource.record.fields.iter().map(|field| (field.name, self.read_type(field))).collect();
                Some(self.types.record(fields, None))
            }
            DeclaredKind::Alias(target) => Some(self.types.substitute(target, arguments)),
            DeclaredKind::Error => Some(Types::ERROR),
            _ => None,
        }
    }
}
