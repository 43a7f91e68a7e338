//! Operators: fixities, and the types of those that the language gives.

use lw_diagnostics::Span;
use lw_syntax::Name;
use lw_syntax::ast::{self, Fixity, StatementKind};
use rustc_hash::FxHashMap;

use super::{Context, PendingNumber};
use crate::checker::{Checker, ValueId};
use crate::declared::DeclaredKind;
use crate::errors;
use crate::module::ModuleId;
use crate::typed::{BinaryOperator, ExprId, ExprKind};
use crate::types::{Builtin, Ty, Type, Types};

/// Operators by module and spelling.
pub type OperatorCache = FxHashMap<(ModuleId, Name), Option<Operator>>;

#[derive(Clone, Copy, Debug)]
pub struct Operator {
    pub fixity: Fixity,
    pub meaning: Meaning,
}

#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    Builtin(BinaryOperator),
    Value(ValueId),
}

/// How many operators one expression may have.
const CHAIN_MAX: usize = 1_000;

/// The language's own operators; the dotted ones are the old spelling.
fn builtin(name: &str) -> Option<(Fixity, BinaryOperator)> {
    use BinaryOperator::*;
    Some(match name {
        "^" | "^." => (Fixity::Right(8), Power),
        "*" | "*." => (Fixity::Left(7), Multiply),
        "/" | "/." => (Fixity::Left(7), Divide),
        "%" => (Fixity::Left(7), Remainder),
        "+" | "+." => (Fixity::Left(6), Add),
        "-" | "-." => (Fixity::Left(6), Subtract),
        "++" => (Fixity::Right(5), Append),
        "==" | "==." => (Fixity::Left(4), Equal),
        "!=" | "!=." => (Fixity::Left(4), NotEqual),
        "<" | "<." => (Fixity::Left(4), Less),
        "<=" | "<=." => (Fixity::Left(4), LessOrEqual),
        ">" | ">." => (Fixity::Left(4), Greater),
        ">=" | ">=." => (Fixity::Left(4), GreaterOrEqual),
        "&&" => (Fixity::Right(3), And),
        "||" => (Fixity::Right(2), Or),
        "?|" => (Fixity::Right(2), Default),
        _ => return None,
    })
}

/// An expression with its operators in place.
enum Tree {
    Leaf(ast::ExprId),
    Node(Box<Tree>, ast::Ident, Operator, Box<Tree>),
}

impl Checker<'_> {
    fn operator(&mut self, module: ModuleId, name: Name) -> Option<Operator> {
        if let Some(known) = self.operators.get(&(module, name)) {
            return *known;
        }
        // A prefix operator of the same spelling is another matter.
        let declared = self.declared_operator(module, name).filter(|operator| operator.fixity != Fixity::Prefix);
        let found = declared.or_else(|| {
            builtin(&name).map(|(fixity, operator)| Operator { fixity, meaning: Meaning::Builtin(operator) })
        });
        self.operators.insert((module, name), found);
        found
    }

    fn declared_operator(&mut self, module: ModuleId, name: Name) -> Option<Operator> {
        let found = self.module(module);
        let home = if found.operators.contains_key(&name) {
            module
        } else if let Some(home) = found.imports.operators.get(&name) {
            *home
        } else {
            let opened = found.imports.opened.iter().copied().chain(self.prelude);
            opened.into_iter().find_map(|target| self.exported_operator(target, name))?
        };
        let slot = *self.module(home).operators.get(&name)?;
        let statement = self.statement(home, slot);
        let StatementKind::Operator(declaration) = &statement.kind else { return None };
        let value = self.value_of_slot(home, slot, name);
        Some(Operator { fixity: declaration.fixity, meaning: Meaning::Value(value) })
    }

    pub fn infer_operators(
        &mut self,
        cx: &mut Context<'_>,
        first: ast::ExprId,
        rest: &[(ast::Ident, ast::ExprId)],
    ) -> (ExprId, Ty) {
        match self.operator_tree(cx, first, rest) {
            Ok(tree) => {
                let (typed, ty, _) = self.infer_tree(cx, &tree);
                (typed, ty)
            }
            Err(failed) => (failed, Types::ERROR),
        }
    }

    /// An expression with operators against an expected type, which passes through `++`.
    pub fn check_operators(
        &mut self,
        cx: &mut Context<'_>,
        first: ast::ExprId,
        rest: &[(ast::Ident, ast::ExprId)],
        expected: Ty,
    ) -> ExprId {
        match self.operator_tree(cx, first, rest) {
            Ok(tree) => self.check_tree(cx, &tree, expected).0,
            Err(failed) => failed,
        }
    }

    /// The operators of an expression in their places; the error expression when one of them is unknown.
    fn operator_tree(
        &mut self,
        cx: &mut Context<'_>,
        first: ast::ExprId,
        rest: &[(ast::Ident, ast::ExprId)],
    ) -> Result<Tree, ExprId> {
        let whole = cx.expr_span(first).to(cx.expr_span(rest.last().map_or(first, |(_, last)| *last)));
        if rest.len() > CHAIN_MAX {
            self.diagnostics.push(errors::operators::chain_too_long(CHAIN_MAX, whole));
            return Err(cx.add(ExprKind::Error, whole));
        }
        // Precedence climbing without recursion: operands and operators wait on stacks until a weaker operator comes.
        let mut operands: Vec<Tree> = vec![Tree::Leaf(first)];
        let mut waiting: Vec<(ast::Ident, Operator)> = Vec::new();
        let mut sound = true;
        for (ident, operand) in rest {
            let Some(operator) = self.operator(cx.module, ident.name) else {
                // A lone `=` has been reported by the parser.
                if ident.name != "=" && !self.is_missing(cx.module, std::slice::from_ref(ident)) {
                    let place = cx.span(ident.range);
                    self.diagnostics.push(errors::operators::unknown_operator(ident.name, place));
                }
                sound = false;
                continue;
            };
            let ends_with_dot = ident.name.len() > 1 && ident.name.ends_with('.');
            if ends_with_dot && matches!(operator.meaning, Meaning::Builtin(_)) {
                self.diagnostics.push(errors::operators::dotted(ident.name, cx.span(ident.range)));
            }
            while let Some((_, earlier)) = waiting.last() {
                if !binds_first(earlier.fixity, operator.fixity) {
                    break;
                }
                reduce(&mut operands, &mut waiting);
            }
            waiting.push((*ident, operator));
            operands.push(Tree::Leaf(*operand));
        }
        if !sound {
            // The operands have mistakes of their own to tell.
            self.infer(cx, first);
            for (_, operand) in rest {
                self.infer(cx, *operand);
            }
            return Err(cx.add(ExprKind::Error, whole));
        }
        while !waiting.is_empty() {
            reduce(&mut operands, &mut waiting);
        }
        operands.pop().ok_or_else(|| cx.add(ExprKind::Error, whole))
    }

    fn infer_tree(&mut self, cx: &mut Context<'_>, tree: &Tree) -> (ExprId, Ty, Span) {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || match tree {
            Tree::Leaf(expr) => {
                let (typed, ty) = self.infer(cx, *expr);
                (typed, ty, cx.expr_span(*expr))
            }
            Tree::Node(left, ident, operator, right) => {
                self.with_reason(Types::ERROR, None, |checker| checker.infer_binary(cx, left, ident, *operator, right))
            }
        })
    }

    /// A subtree against an expected type.
    fn check_tree(&mut self, cx: &mut Context<'_>, tree: &Tree, expected: Ty) -> (ExprId, Span) {
        match tree {
            Tree::Leaf(expr) => (self.check(cx, *expr, expected), cx.expr_span(*expr)),
            Tree::Node(left, _, Operator { meaning: Meaning::Builtin(BinaryOperator::Append), .. }, right)
                if self.is_list(expected) =>
            {
                let wanted = self.types.argument_of(expected, Builtin::Optional);
                let list = wanted.unwrap_or(expected);
                let (left, left_span) = self.check_tree(cx, left, list);
                let (right, right_span) = self.check_tree(cx, right, list);
                let span = left_span.to(right_span);
                let joined = cx.add(ExprKind::Binary(BinaryOperator::Append, left, right), span);
                (if wanted.is_some() { cx.add(ExprKind::Some(joined), span) } else { joined }, span)
            }
            Tree::Node(..) => {
                let (typed, ty, span) = self.infer_tree(cx, tree);
                (self.coerce(cx, typed, ty, expected, span), span)
            }
        }
    }

    /// Whether a list is expected, for sure or perhaps.
    fn is_list(&self, expected: Ty) -> bool {
        let inner = self.types.argument_of(expected, Builtin::Optional).unwrap_or(expected);
        self.types.argument_of(inner, Builtin::List).is_some()
    }

    fn infer_binary(
        &mut self,
        cx: &mut Context<'_>,
        left: &Tree,
        ident: &ast::Ident,
        operator: Operator,
        right: &Tree,
    ) -> (ExprId, Ty, Span) {
        let place = cx.span(ident.range);
        let builtin = match operator.meaning {
            Meaning::Builtin(builtin) => builtin,
            Meaning::Value(value) => return self.apply_operator(cx, left, place, value, right),
        };
        match builtin {
            BinaryOperator::And | BinaryOperator::Or => {
                let (left, left_span) = self.check_tree(cx, left, Types::BOOL);
                let (right, right_span) = self.check_tree(cx, right, Types::BOOL);
                let span = left_span.to(right_span);
                (cx.add(ExprKind::Binary(builtin, left, right), span), Types::BOOL, span)
            }
            BinaryOperator::Default => {
                let (left, left_type, left_span) = self.infer_tree(cx, left);
                let element = match self.types.argument_of(left_type, Builtin::Optional) {
                    // The default need not satisfy a refinement: `cidr ?| ""` compares a text. A boundary checks again.
                    Some(element) => self.erase(element),
                    None => {
                        let element = self.types.fresh();
                        let optional = self.types.optional(element);
                        if self.unify(left_type, optional).is_err() {
                            let shown = self.show(left_type);
                            self.diagnostics.push(errors::operators::default_of_certain(&shown, left_span, place));
                        }
                        element
                    }
                };
                // `a ?| b ?| c`: the right side may itself be Optional.
                let (right, ty, right_span) = self.infer_or_check(cx, right, element);
                let span = left_span.to(right_span);
                if self.types.argument_of(ty, Builtin::Optional).is_some()
                    && self.types.argument_of(element, Builtin::Optional).is_none()
                {
                    let _ = self.unify(ty, left_type);
                    return (cx.add(ExprKind::Binary(builtin, left, right), span), left_type, span);
                }
                (cx.add(ExprKind::Binary(builtin, left, right), span), element, span)
            }
            BinaryOperator::Append => self.infer_append(cx, left, place, right),
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let (left_typed, left_type, left_span) = self.infer_tree(cx, left);
                if self.types.argument_of(left_type, Builtin::Secret).is_some() {
                    let (_, _, right_span) = self.infer_tree(cx, right);
                    let span = left_span.to(right_span);
                    self.diagnostics.push(errors::operators::secret_compared(ident.name, left_span));
                    return (cx.add(ExprKind::Error, span), Types::BOOL, span);
                }
                let (right_typed, right_span) = self.compared(cx, left_type, left_span, right);
                let span = left_span.to(right_span);
                (cx.add(ExprKind::Binary(builtin, left_typed, right_typed), span), Types::BOOL, span)
            }
            BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => {
                let (left, right, _, span) = self.same_numbers(cx, left, ident, place, right);
                (cx.add(ExprKind::Binary(builtin, left, right), span), Types::BOOL, span)
            }
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Remainder
            | BinaryOperator::Power => {
                let scales = matches!(builtin, BinaryOperator::Multiply | BinaryOperator::Divide);
                let (left, right, ty, span) = if scales {
                    self.scaled_numbers(cx, left, ident, builtin, place, right)
                } else {
                    self.same_numbers(cx, left, ident, place, right)
                };
                if builtin == BinaryOperator::Power && (ty == Types::DURATION || ty == Types::SIZE) {
                    let shown = self.show(ty);
                    let (base, exponent) = (cx.exprs[left.0 as usize].span, cx.exprs[right.0 as usize].span);
                    self.diagnostics.push(errors::operators::not_scaled(ident.name, &shown, base, exponent));
                    return (cx.add(ExprKind::Error, span), Types::ERROR, span);
                }
                (cx.add(ExprKind::Binary(builtin, left, right), span), ty, span)
            }
        }
    }

    fn infer_or_check(&mut self, cx: &mut Context<'_>, tree: &Tree, wanted: Ty) -> (ExprId, Ty, Span) {
        if let Tree::Leaf(expr) = tree
            && matches!(
                cx.tree[*expr].kind,
                ast::ExprKind::Record(_) | ast::ExprKind::List(_) | ast::ExprKind::String(_) | ast::ExprKind::Int(_)
            )
        {
            return (self.check(cx, *expr, wanted), wanted, cx.expr_span(*expr));
        }
        let (typed, ty, span) = self.infer_tree(cx, tree);
        if self.types.argument_of(ty, Builtin::Optional).is_some()
            && self.types.argument_of(wanted, Builtin::Optional).is_none()
            && !self.types.is_variable(wanted)
        {
            return (typed, ty, span);
        }
        (self.coerce(cx, typed, ty, wanted, span), wanted, span)
    }

    fn apply_operator(
        &mut self,
        cx: &mut Context<'_>,
        left: &Tree,
        place: Span,
        value: ValueId,
        right: &Tree,
    ) -> (ExprId, Ty, Span) {
        let scheme = self.scheme_of(value);
        let ty = self.types.instantiate(scheme);
        let global = self.demand(value);
        let function = cx.add(ExprKind::Global(global), place);
        let result = self.types.fresh();
        let (one, other) = (self.types.fresh(), self.types.fresh());
        let wanted = self.types.function(&[one, other], result);
        self.expect_same(ty, wanted, place);
        let (left, left_span) = self.check_tree(cx, left, one);
        let (right, right_span) = self.check_tree(cx, right, other);
        let span = left_span.to(right_span);
        (cx.add(ExprKind::Call(function, vec![left, right]), span), result, span)
    }

    fn infer_append(&mut self, cx: &mut Context<'_>, left: &Tree, place: Span, right: &Tree) -> (ExprId, Ty, Span) {
        let (left, left_type, left_span) = self.infer_tree(cx, left);
        let erased = self.erase(left_type);
        let (right, ty, right_span) = match self.types.get(erased).clone() {
            Type::Builtin(Builtin::List, _) => {
                let (right, span) = self.check_tree(cx, right, erased);
                (right, erased, span)
            }
            Type::Builtin(builtin, _) if builtin == Builtin::String || builtin.is_reference() => {
                let (right, span) = self.check_tree(cx, right, Types::STRING);
                (right, Types::STRING, span)
            }
            Type::Variable(_) => {
                let (right, right_type, span) = self.infer_tree(cx, right);
                let right_erased = self.erase(right_type);
                // Of two unknown operands, text is what was meant.
                let ty = match self.types.get(right_erased) {
                    Type::Builtin(Builtin::List, _) => right_erased,
                    _ => Types::STRING,
                };
                self.expect_same(left_type, ty, left_span);
                (self.coerce(cx, right, right_type, ty, span), ty, span)
            }
            Type::Error => {
                let (right, ty, span) = self.infer_tree(cx, right);
                (right, ty, span)
            }
            _ => {
                let shown = self.show(left_type);
                let (right, _, span) = self.infer_tree(cx, right);
                self.diagnostics.push(errors::operators::not_appendable(&shown, left_span, place));
                (right, Types::ERROR, span)
            }
        };
        let span = left_span.to(right_span);
        (cx.add(ExprKind::Binary(BinaryOperator::Append, left, right), span), ty, span)
    }

    /// The right side of `==`, made comparable with the left.
    fn compared(&mut self, cx: &mut Context<'_>, left: Ty, left_span: Span, right: &Tree) -> (ExprId, Span) {
        if let Tree::Leaf(expr) = right
            && self.takes_form(cx, *expr, left)
        {
            return (self.check(cx, *expr, left), cx.expr_span(*expr));
        }
        let (typed, ty, span) = self.infer_tree(cx, right);
        let (one, other) = (self.erase(left), self.erase(ty));
        // Ids compare with text, either way round.
        let text = |checker: &Self, ty: Ty| matches!(checker.types.get(ty), Type::Builtin(builtin, _) if builtin.is_reference() || *builtin == Builtin::String);
        if text(self, one) && text(self, other) && (one == Types::STRING || other == Types::STRING) {
            return (typed, span);
        }
        if self.unify(left, ty).is_err() {
            let (one, other) = (self.show(left), self.show(ty));
            let left_optional = self.types.argument_of(left, Builtin::Optional).is_some();
            let right_optional = self.types.argument_of(ty, Builtin::Optional).is_some();
            let optional = left_optional != right_optional;
            self.diagnostics.push(errors::operators::never_equal(&one, left_span, &other, span, optional));
        }
        (typed, span)
    }

    /// Whether a literal can be read as what it is compared with: a member of a union, an id, a whole Float, a padded record.
    fn takes_form(&mut self, cx: &Context<'_>, expr: ast::ExprId, left: Ty) -> bool {
        let erased = self.erase(left);
        match (&cx.tree[expr].kind, self.types.get(erased).clone()) {
            (ast::ExprKind::String(_), Type::Builtin(builtin, _)) => {
                builtin == Builtin::String || builtin.is_reference()
            }
            (ast::ExprKind::Int(_), Type::Builtin(builtin, _)) => matches!(builtin, Builtin::Int | Builtin::Float),
            (ast::ExprKind::List(_), Type::Builtin(builtin, _)) => builtin == Builtin::List,
            (ast::ExprKind::Record(_), Type::Builtin(builtin, _)) => builtin == Builtin::Dictionary,
            (ast::ExprKind::Record(_), Type::Record(..)) => true,
            (ast::ExprKind::Record(_), Type::Declared(declared, _)) => {
                matches!(self.kind(declared), DeclaredKind::Record(_))
            }
            _ => false,
        }
    }

    /// Two operands of one numeric type.
    fn same_numbers(
        &mut self,
        cx: &mut Context<'_>,
        left: &Tree,
        ident: &ast::Ident,
        place: Span,
        right: &Tree,
    ) -> (ExprId, ExprId, Ty, Span) {
        let (left, ty, left_span) = self.infer_tree(cx, left);
        let mut ty = self.number(cx, ty, ident.name, left_span, Some(place));
        let (right, right_span) = {
            let erased = self.erase(ty);
            let (right_typed, right_type, span) = match right {
                // A whole number beside a Float is a Float.
                Tree::Leaf(expr) if matches!(cx.tree[*expr].kind, ast::ExprKind::Int(_)) && erased == Types::FLOAT => {
                    (self.check(cx, *expr, Types::FLOAT), Types::FLOAT, cx.expr_span(*expr))
                }
                _ => self.infer_tree(cx, right),
            };
            let right_erased = match self.types.is_error(ty) {
                // The left side was no number: one report is enough.
                true => Types::ERROR,
                false => self.number(cx, right_type, ident.name, span, Some(place)),
            };
            if self.types.is_error(right_erased) {
                ty = Types::ERROR;
            }
            if right_erased == Types::FLOAT
                && erased == Types::INT
                && let ExprKind::Int(value) = cx.exprs[left.0 as usize].kind
            {
                cx.exprs[left.0 as usize].kind = ExprKind::Float(value as f64);
                ty = Types::FLOAT;
            } else if self.numeric(erased) && self.numeric(right_erased) && self.unify(erased, right_erased).is_err() {
                let (one, other) = (self.show(ty), self.show(right_type));
                let operator = ident.name;
                self.diagnostics.push(errors::operators::operands_differ(operator, &one, left_span, &other, span));
            }
            (right_typed, span)
        };
        let erased = self.erase(ty);
        (left, right, erased, left_span.to(right_span))
    }

    /// `*` and `/`: numbers of one type, or a Duration or Size by a number.
    fn scaled_numbers(
        &mut self,
        cx: &mut Context<'_>,
        left: &Tree,
        ident: &ast::Ident,
        operator: BinaryOperator,
        place: Span,
        right: &Tree,
    ) -> (ExprId, ExprId, Ty, Span) {
        let (left_typed, left_type, left_span) = self.infer_tree(cx, left);
        let (right_typed, right_type, right_span) = match right {
            Tree::Leaf(expr)
                if matches!(cx.tree[*expr].kind, ast::ExprKind::Int(_)) && self.erase(left_type) == Types::FLOAT =>
            {
                (self.check(cx, *expr, Types::FLOAT), Types::FLOAT, cx.expr_span(*expr))
            }
            _ => self.infer_tree(cx, right),
        };
        let span = left_span.to(right_span);
        let one = self.number(cx, left_type, ident.name, left_span, Some(place));
        if self.types.is_error(one) {
            return (left_typed, right_typed, Types::ERROR, span);
        }
        let other = self.number(cx, right_type, ident.name, right_span, Some(place));
        if self.types.is_error(one) || self.types.is_error(other) {
            return (left_typed, right_typed, Types::ERROR, span);
        }
        let measure = |ty: Ty| ty == Types::DURATION || ty == Types::SIZE;
        let plain = |ty: Ty| ty == Types::INT || ty == Types::FLOAT;
        let ty = if measure(one) && plain(other) {
            one
        } else if plain(one) && measure(other) && operator == BinaryOperator::Multiply {
            other
        } else if measure(one) && one == other && operator == BinaryOperator::Divide {
            Types::INT
        } else if measure(one) && one == other {
            let shown = self.show(one);
            self.diagnostics.push(errors::operators::not_scaled(ident.name, &shown, left_span, right_span));
            Types::ERROR
        } else {
            if one == Types::INT
                && other == Types::FLOAT
                && let ExprKind::Int(value) = cx.exprs[left_typed.0 as usize].kind
            {
                cx.exprs[left_typed.0 as usize].kind = ExprKind::Float(value as f64);
                return (left_typed, right_typed, Types::FLOAT, span);
            }
            if self.numeric(one) && self.numeric(other) && self.unify(one, other).is_err() {
                let (one, other) = (self.show(one), self.show(other));
                self.diagnostics
                    .push(errors::operators::operands_differ(ident.name, &one, left_span, &other, right_span));
            }
            one
        };
        (left_typed, right_typed, ty, span)
    }

    fn numeric(&self, ty: Ty) -> bool {
        match self.types.get(ty) {
            Type::Builtin(builtin, _) => builtin.is_numeric(),
            Type::Variable(_) | Type::Error => true,
            _ => false,
        }
    }

    /// The operand's type without its refinement; reports it and gives the error type if it is no number.
    fn number(&mut self, cx: &mut Context<'_>, ty: Ty, operator: Name, span: Span, place: Option<Span>) -> Ty {
        let erased = self.erase(ty);
        if self.types.is_variable(erased) {
            cx.pending.numbers.push(PendingNumber { ty: erased, operator, span });
        } else if !self.numeric(erased) {
            let shown = self.show(ty);
            self.diagnostics.push(errors::operators::not_numeric(operator, &shown, span, place));
            return Types::ERROR;
        }
        erased
    }

    pub fn infer_prefix(
        &mut self,
        cx: &mut Context<'_>,
        operator: &ast::Ident,
        operand: ast::ExprId,
        span: Span,
    ) -> (ExprId, Ty) {
        let declared = self.declared_operator(cx.module, operator.name);
        if let Some(Operator { fixity: Fixity::Prefix, meaning: Meaning::Value(value) }) = declared {
            let scheme = self.scheme_of(value);
            let ty = self.types.instantiate(scheme);
            let global = self.demand(value);
            let place = cx.span(operator.range);
            let function = cx.add(ExprKind::Global(global), place);
            let (argument, result) = (self.types.fresh(), self.types.fresh());
            let wanted = self.types.function(&[argument], result);
            self.expect_same(ty, wanted, place);
            let operand = self.check(cx, operand, argument);
            return (cx.add(ExprKind::Call(function, vec![operand]), span), result);
        }
        if operator.name == "!" {
            let operand = self.check(cx, operand, Types::BOOL);
            return (cx.add(ExprKind::Not(operand), span), Types::BOOL);
        }
        let (typed, ty) = self.infer(cx, operand);
        let place = cx.expr_span(operand);
        let erased = self.number(cx, ty, operator.name, place, Some(cx.span(operator.range)));
        (cx.add(ExprKind::Negate(typed), span), erased)
    }
}

/// Whether an operator on the left takes its operands before the next one does.
fn binds_first(earlier: Fixity, next: Fixity) -> bool {
    let strength = |fixity| match fixity {
        Fixity::Left(strength) | Fixity::Right(strength) => strength,
        Fixity::Prefix => u8::MAX,
    };
    match strength(earlier).cmp(&strength(next)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => matches!(next, Fixity::Left(_)),
    }
}

fn reduce(operands: &mut Vec<Tree>, waiting: &mut Vec<(ast::Ident, Operator)>) {
    let (Some((ident, operator)), Some(right)) = (waiting.pop(), operands.pop()) else { return };
    let Some(left) = operands.pop() else { return };
    operands.push(Tree::Node(Box::new(left), ident, operator, Box::new(right)));
}
