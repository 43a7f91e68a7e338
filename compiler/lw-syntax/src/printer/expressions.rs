//! Expressions and blocks.
//!
//! What ends in a bracket *hugs*: it stays on the line of the `:` or `->` before it, and only its bracket breaks. Anything
//! with blocks of its own goes to a line of its own when it breaks, because layout counts columns from there.

use super::Printer;
use super::doc::Doc;
use crate::ast::*;
use crate::token::Kind;

impl Printer<'_, '_> {
    pub fn expr(&mut self, id: ExprId) -> Doc {
        stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.expr_here(id))
    }

    fn expr_here(&mut self, id: ExprId) -> Doc {
        let tree = self.tree;
        let expr = &tree[id];
        match &expr.kind {
            ExprKind::Error => {
                self.cursor.lost = true;
                self.cursor.any()
            }
            ExprKind::Name(_)
            | ExprKind::Upper(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_) => self.cursor.any(),
            ExprKind::String(_) => self.cursor.literal(),
            ExprKind::Tuple(elements) => self.elements("(", elements, ")", true),
            ExprKind::Group(inner) => self.elements("(", &[*inner], ")", false),
            ExprKind::List(elements) => self.elements("[", elements, "]", true),
            ExprKind::ListComprehension { element, generators } => {
                self.comprehension("[", "]", generators, |printer| printer.element(*element))
            }
            ExprKind::Record(entries) => self.record(entries),
            ExprKind::DictionaryComprehension { key, value, generators } => {
                self.comprehension("{", "}", generators, |printer| {
                    let key = printer.elements("(", &[*key], ")", false);
                    let colon = printer.cursor.token(":");
                    let value = printer.value(*value);
                    printer.all(&[key, colon, value])
                })
            }
            ExprKind::Field { target, .. } | ExprKind::UpperField { target, .. } => {
                let target = self.expr(*target);
                let dot = self.cursor.token(".");
                let name = self.cursor.any();
                self.all(&[target, dot, name])
            }
            ExprKind::ConstructorField { target, constructor } => {
                let target = self.expr(*target);
                let dot = self.cursor.token(".");
                let open = self.cursor.token("(");
                let path = self.path(constructor);
                let close = self.cursor.token(")");
                self.all(&[target, dot, open, path, close])
            }
            ExprKind::Call { callee, arguments } => self.call(*callee, arguments),
            ExprKind::With { target, entries } => {
                let target = self.expr(*target);
                let before = self.space();
                let with = self.cursor.token("with");
                let after = self.space();
                let record = self.record(entries);
                self.all(&[target, before, with, after, record])
            }
            ExprKind::Operators { first, rest } => self.operators(*first, rest),
            ExprKind::Prefix { operand, .. } => {
                let sign = self.cursor.any();
                // `- -x` without the space would be one operator.
                let space = if self.cursor.peek().is_operator() { self.space() } else { self.cursor.docs.nil() };
                let operand = self.expr(*operand);
                self.all(&[sign, space, operand])
            }
            ExprKind::If { branches, otherwise } => self.conditional(branches, *otherwise),
            ExprKind::Case { scrutinee, arms } => self.case(*scrutinee, arms),
            ExprKind::Lambda { parameters, result, body } => self.lambda(parameters, *result, *body),
            ExprKind::Block { items, result } => self.block(items, *result),
            ExprKind::Annotated { annotation, operand } => self.annotated(annotation, *operand),
        }
    }

    fn elements(&mut self, open: &str, elements: &[ExprId], close: &str, trailing_comma: bool) -> Doc {
        if let [only] = elements
            && open != "("
            && self.hugs_brackets(*only)
            && !self.cursor.opener_breaks()
        {
            return self.hugging(open, *only, close);
        }
        self.bracket(open, elements.len(), close, trailing_comma, |printer, at| printer.element(elements[at]))
    }

    /// `[{…}]`, `({…})`: the outer bracket does not break, the inner one may.
    fn hugging(&mut self, open: &str, only: ExprId, close: &str) -> Doc {
        let open = self.cursor.token(open);
        let only = self.expr(only);
        let comma = match self.cursor.skip(Kind::Comma) {
            Some(comments) => comments,
            None => self.cursor.docs.nil(),
        };
        let close = self.cursor.token(close);
        self.all(&[open, only, comma, close])
    }

    /// Whether the whole expression is one bracket, or ends in one whose like may stand right inside another.
    fn hugs_brackets(&self, id: ExprId) -> bool {
        match &self.tree[id].kind {
            ExprKind::List(elements) => !elements.is_empty(),
            ExprKind::Record(entries) => !entries.is_empty(),
            ExprKind::ListComprehension { .. } | ExprKind::DictionaryComprehension { .. } | ExprKind::With { .. } => {
                true
            }
            _ => false,
        }
    }

    /// Whether only brackets inside it break.
    fn hugs(&self, id: ExprId) -> bool {
        match &self.tree[id].kind {
            ExprKind::Operators { .. }
            | ExprKind::If { .. }
            | ExprKind::Case { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::Block { .. }
            | ExprKind::Annotated { .. }
            | ExprKind::Prefix { .. } => false,
            ExprKind::Call { callee: target, .. }
            | ExprKind::With { target, .. }
            | ExprKind::Field { target, .. }
            | ExprKind::UpperField { target, .. }
            | ExprKind::ConstructorField { target, .. } => self.hugs(*target),
            _ => true,
        }
    }

    /// A list element, argument or condition: layout opened a block there for `let`.
    fn element(&mut self, id: ExprId) -> Doc {
        self.expr(id)
    }

    fn comprehension(
        &mut self,
        open: &str,
        close: &str,
        generators: &[Generator],
        element: impl FnOnce(&mut Self) -> Doc,
    ) -> Doc {
        let mut element = Some(element);
        self.bracket(open, 1, close, false, |printer, _| {
            let Some(element) = element.take() else { return printer.cursor.docs.nil() };
            let mut docs = vec![element(printer)];
            for generator in generators {
                docs.push(printer.cursor.docs.line());
                docs.push(printer.cursor.comments_before());
                docs.push(printer.generator(generator));
            }
            printer.all(&docs)
        })
    }

    fn generator(&mut self, generator: &Generator) -> Doc {
        match generator {
            Generator::For { pattern, source } => {
                let for_ = self.cursor.token("for");
                let space = self.space();
                let pattern = self.pattern(*pattern);
                let in_ = self.cursor.token("in");
                let source = self.value(*source);
                self.all(&[for_, space, pattern, space, in_, source])
            }
            Generator::If(condition) => {
                let if_ = self.cursor.token("if");
                let condition = self.value(*condition);
                self.all(&[if_, condition])
            }
        }
    }

    pub fn record(&mut self, entries: &[Entry]) -> Doc {
        self.bracket("{", entries.len(), "}", true, |printer, at| printer.entry(&entries[at]))
    }

    fn entry(&mut self, entry: &Entry) -> Doc {
        let key = self.expr(entry.key);
        let colon = self.cursor.token(":");
        let value = self.value(entry.value);
        self.all(&[key, colon, value])
    }

    /// What follows `:` or `in` inside a bracket, with the space or line break before it.
    fn value(&mut self, id: ExprId) -> Doc {
        if self.hugs(id) && !self.cursor.has_comments_before() {
            let braces = self.ends_in_braces(id);
            return self.hugging_body(id, braces);
        }
        if let ExprKind::Lambda { parameters, result, body } = &self.tree[id].kind {
            let space = self.space();
            let lambda = self.lambda(parameters, *result, *body);
            return self.all(&[space, lambda]);
        }
        let line = self.cursor.docs.line();
        let comments = self.cursor.comments_before();
        let value = self.expr(id);
        let value = self.nest(2, &[line, comments, value]);
        self.group(&[value], false)
    }

    /// What follows the `:` or `->` that was just taken and opens a block.
    pub fn body(&mut self, id: ExprId) -> Doc {
        let braces = self.ends_in_braces(id);
        self.block_body(id, braces)
    }

    /// The same for a declared function, whose header is long enough for a line.
    pub fn function_body(&mut self, id: ExprId) -> Doc {
        self.block_body(id, false)
    }

    fn block_body(&mut self, id: ExprId, stays: bool) -> Doc {
        let broken = self.cursor.breaks_here();
        if let ExprKind::Block { .. } = self.tree[id].kind {
            let line = self.cursor.docs.hard_line();
            let block = self.expr(id);
            return self.nest(2, &[line, block]);
        }
        if self.hugs(id) && !broken {
            return self.hugging_body(id, stays);
        }
        if let ExprKind::Case { scrutinee, .. } = self.tree[id].kind
            && self.hugs(scrutinee)
            && !broken
        {
            // Its arms stand right of the line around it, which is all that layout asks of them.
            let space = self.space();
            let case = self.expr(id);
            return self.all(&[space, case]);
        }
        let line = self.cursor.docs.line();
        let comments = self.cursor.comments_before();
        let body = self.expr(id);
        let body = self.nest(2, &[line, comments, body]);
        self.group(&[body], broken)
    }

    /// On this line, or as a whole on the next, or on this line with its brackets broken; braces never move to the next.
    fn hugging_body(&mut self, id: ExprId, stays: bool) -> Doc {
        if stays {
            let space = self.space();
            let body = self.expr(id);
            return self.all(&[space, body]);
        }
        let body = self.expr(id);
        self.cursor.docs.hang(body)
    }

    /// Whether its last bracket holds a record or a list.
    fn ends_in_braces(&self, id: ExprId) -> bool {
        match &self.tree[id].kind {
            ExprKind::Call { arguments: Arguments::Literal(literal), .. } => self.ends_in_braces(*literal),
            ExprKind::Call { arguments: Arguments::Positional(arguments), .. } => match arguments.as_slice() {
                [only] => self.hugs_brackets(*only),
                _ => false,
            },
            _ => self.hugs_brackets(id),
        }
    }

    fn call(&mut self, callee: ExprId, arguments: &Arguments) -> Doc {
        let callee = self.expr(callee);
        match arguments {
            Arguments::Positional(arguments) => {
                let arguments = self.arguments(arguments);
                self.all(&[callee, arguments])
            }
            Arguments::Named(entries) => {
                let entries = self.bracket("(", entries.len(), ")", true, |printer, at| printer.entry(&entries[at]));
                self.all(&[callee, entries])
            }
            Arguments::Literal(literal) => {
                let space = self.space();
                let literal = self.expr(*literal);
                self.all(&[callee, space, literal])
            }
        }
    }

    fn arguments(&mut self, arguments: &[ExprId]) -> Doc {
        if let [only] = arguments
            && self.hugs_brackets(*only)
            && !self.cursor.opener_breaks()
        {
            return self.hugging("(", *only, ")");
        }
        let hug_last = arguments.len() > 1 && arguments.last().is_some_and(|last| self.hugs_brackets(*last));
        self.bracket_hugging("(", arguments.len(), ")", true, hug_last, |printer, at| printer.element(arguments[at]))
    }

    /// Operators end their lines; one after an operand with blocks begins its own, where those blocks have ended.
    fn operators(&mut self, first: ExprId, rest: &[(Ident, ExprId)]) -> Doc {
        let mut broken = false;
        let mut last = first;
        let mut docs = vec![self.expr(first)];
        let mut after_block = self.ends_in_block(first);
        for (_, operand) in rest {
            let gap = (self.tree[last].range.end, self.tree[*operand].range.start);
            broken |= after_block || self.cursor.has_comment_in(self.start + gap.0, self.start + gap.1);
            last = *operand;
            docs.push(if after_block {
                let line = self.cursor.docs.hard_line();
                let comments = self.cursor.comments_before();
                let sign = self.cursor.any();
                self.all(&[line, comments, sign])
            } else {
                let space = self.space();
                let sign = self.cursor.any();
                self.all(&[space, sign])
            });
            let line = self.cursor.docs.line();
            let comments = self.cursor.comments_before();
            let operand_doc = self.expr(*operand);
            docs.push(self.nest(2, &[line, comments, operand_doc]));
            after_block = self.ends_in_block(*operand);
        }
        self.group(&docs, broken)
    }

    fn ends_in_block(&self, mut id: ExprId) -> bool {
        loop {
            id = match &self.tree[id].kind {
                ExprKind::If { .. } | ExprKind::Case { .. } | ExprKind::Lambda { .. } | ExprKind::Block { .. } => {
                    return true;
                }
                ExprKind::Prefix { operand, .. } | ExprKind::Annotated { operand, .. } => *operand,
                _ => return false,
            }
        }
    }

    fn conditional(&mut self, branches: &[(ExprId, ExprId)], otherwise: ExprId) -> Doc {
        let mut docs = Vec::with_capacity(branches.len() * 6 + 4);
        let mut broken = false;
        for (at, (condition, result)) in branches.iter().enumerate() {
            let word = if at == 0 { "if" } else { "elif" };
            if at > 0 {
                docs.push(self.cursor.docs.line());
                docs.push(self.cursor.comments_before());
            }
            docs.push(self.cursor.token(word));
            docs.push(self.space());
            let by = if self.hugs(*condition) { 0 } else { word.len() as i32 + 1 };
            let condition = self.element(*condition);
            docs.push(self.nest(by, &[condition]));
            docs.push(self.space());
            docs.push(self.cursor.token("then"));
            broken |= self.cursor.breaks_here();
            docs.push(self.branch(*result));
            broken |= self.cursor.has_comments_before();
        }
        docs.push(self.cursor.docs.line());
        docs.push(self.cursor.comments_before());
        docs.push(self.cursor.token("else"));
        broken |= self.cursor.breaks_here();
        docs.push(self.branch(otherwise));
        self.group(&docs, broken)
    }

    fn branch(&mut self, id: ExprId) -> Doc {
        let line = self.cursor.docs.line();
        let comments = self.cursor.comments_before();
        let branch = self.expr(id);
        self.nest(2, &[line, comments, branch])
    }

    fn case(&mut self, scrutinee: ExprId, arms: &[Arm]) -> Doc {
        let case = self.cursor.token("case");
        let space = self.space();
        let by = if self.hugs(scrutinee) { 0 } else { 5 };
        let scrutinee = self.element(scrutinee);
        let scrutinee = self.nest(by, &[scrutinee]);
        let of = self.cursor.token("of");
        let mut broken = false;
        let mut docs = Vec::with_capacity(arms.len() * 2);
        for (at, arm) in arms.iter().enumerate() {
            broken |= self.cursor.breaks_here();
            if at > 0 && self.cursor.blank_before() {
                docs.push(self.cursor.docs.blank());
            }
            docs.push(self.cursor.docs.line());
            docs.push(self.cursor.comments_before());
            docs.push(self.arm(arm));
        }
        let arms = self.nest(2, &docs);
        self.group(&[case, space, scrutinee, space, of, arms], broken)
    }

    fn arm(&mut self, arm: &Arm) -> Doc {
        let bar = match self.cursor.peek() {
            Kind::Bar => self.cursor.token("|"),
            _ => self.text("|"),
        };
        let space = self.space();
        let pattern = self.pattern(arm.pattern);
        let arrow = self.cursor.token("->");
        let body = self.body(arm.body);
        self.all(&[bar, space, pattern, space, arrow, body])
    }

    fn lambda(&mut self, parameters: &[LambdaParameter], result: Option<TypeId>, body: ExprId) -> Doc {
        let fun = self.cursor.token("fun");
        let parameters = self.bracket("(", parameters.len(), ")", true, |printer, at| match &parameters[at] {
            LambdaParameter::Pattern(pattern) => printer.pattern(*pattern),
            LambdaParameter::Typed(parameter) => printer.typed_name(parameter.annotation),
        });
        let result = match result {
            Some(result) => self.arrow(result),
            None => self.cursor.docs.nil(),
        };
        let colon = self.cursor.token(":");
        let body = self.body(body);
        self.all(&[fun, parameters, result, colon, body])
    }

    fn annotated(&mut self, annotation: &Annotation, operand: ExprId) -> Doc {
        let bare = annotation.arguments == AnnotationArguments::None;
        let annotation = self.annotation(annotation);
        if bare && matches!(self.cursor.peek(), Kind::LeftParen | Kind::LeftBrace) {
            // On the annotation's line the bracket would be its argument.
            let line = self.cursor.docs.hard_line();
            let comments = self.cursor.comments_before();
            let operand = self.expr(operand);
            let operand = self.nest(2, &[line, comments, operand]);
            return self.all(&[annotation, operand]);
        }
        let space = self.space();
        let operand = self.expr(operand);
        self.all(&[annotation, space, operand])
    }

    pub fn annotation(&mut self, annotation: &Annotation) -> Doc {
        let at = self.cursor.token("@");
        let name = self.cursor.any();
        match &annotation.arguments {
            AnnotationArguments::None => self.all(&[at, name]),
            AnnotationArguments::Positional(arguments) => {
                let arguments = self.arguments(arguments);
                self.all(&[at, name, arguments])
            }
            AnnotationArguments::Record(entries) if self.cursor.peek() == Kind::LeftParen => {
                let entries = self.bracket("(", entries.len(), ")", true, |printer, at| printer.entry(&entries[at]));
                self.all(&[at, name, entries])
            }
            AnnotationArguments::Record(entries) => {
                let space = self.space();
                let record = self.record(entries);
                self.all(&[at, name, space, record])
            }
        }
    }

    /// The lines of a block with `let`s.
    fn block(&mut self, items: &[BlockItem], result: ExprId) -> Doc {
        let mut docs = Vec::with_capacity(items.len() * 2 + 1);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                docs.push(self.line_between());
            }
            docs.push(self.cursor.comments_before());
            docs.push(self.item(item));
        }
        docs.push(self.line_between());
        docs.push(self.cursor.comments_before());
        docs.push(self.expr(result));
        self.all(&docs)
    }

    fn item(&mut self, item: &BlockItem) -> Doc {
        match item {
            BlockItem::Let(binding) => {
                let let_ = self.cursor.token("let");
                let space = self.space();
                let binding = self.binding(binding);
                self.all(&[let_, space, binding])
            }
            BlockItem::LetFunction(function) => {
                let let_ = self.cursor.token("let");
                let space = self.space();
                let function = self.function(function);
                self.all(&[let_, space, function])
            }
            BlockItem::Statement(value) => {
                let value = self.expr(*value);
                let semicolon = self.cursor.token(";");
                self.all(&[value, semicolon])
            }
            BlockItem::Annotation(annotation) => self.annotation(annotation),
        }
    }
}
