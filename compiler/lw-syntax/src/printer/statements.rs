//! Statements, and the declarations inside them.

use super::Printer;
use super::doc::Doc;
use crate::ast::*;
use crate::token::Kind;

impl Printer<'_, '_> {
    pub fn statement(&mut self, statement: &Statement) -> Doc {
        let mut docs = vec![self.cursor.comments_before()];
        // Annotations, those of the file among them, stay on their lines.
        let mut annotations = statement.annotations.iter();
        while self.cursor.peek() == Kind::At {
            let language = self.cursor.language_next();
            let annotation = if language { None } else { annotations.next() };
            docs.push(match annotation {
                Some(annotation) => self.annotation(annotation),
                None => self.language(),
            });
            let bracket = matches!(self.cursor.peek(), Kind::LeftParen | Kind::LeftBrace);
            // What continues the line of a `@language` belongs to its statement.
            let apart = bracket || if language { self.cursor.begins_line() } else { self.cursor.breaks_here() };
            docs.push(if apart { self.line_between() } else { self.space() });
            if apart {
                docs.push(self.cursor.comments_before());
            }
        }
        docs.push(self.declaration(&statement.kind));
        self.all(&docs)
    }

    /// `@language("…")`, which the tree keeps as a name of the file.
    pub fn language(&mut self) -> Doc {
        let mut docs = vec![self.cursor.token("@"), self.cursor.token("language"), self.cursor.token("(")];
        docs.push(self.cursor.literal());
        docs.extend(self.cursor.skip(Kind::Comma));
        docs.push(self.cursor.token(")"));
        self.all(&docs)
    }

    fn declaration(&mut self, kind: &StatementKind) -> Doc {
        match kind {
            StatementKind::Error { .. } => {
                self.cursor.lost = true;
                self.cursor.docs.nil()
            }
            StatementKind::Composition { title } => {
                let word = self.cursor.token("composition");
                if title.is_none() {
                    return word;
                }
                let space = self.space();
                let title = self.cursor.literal();
                self.all(&[word, space, title])
            }
            StatementKind::Import(imports) => {
                self.items("import", imports.len(), |printer, at| printer.import(&imports[at].kind))
            }
            StatementKind::Export(exports) => {
                self.items("export", exports.len(), |printer, at| printer.export(&exports[at].kind))
            }
            StatementKind::Type(declaration) => self.type_declaration(declaration),
            StatementKind::Operator(declaration) => {
                let mut docs = vec![self.cursor.token("operator"), self.space(), self.cursor.any(), self.space()];
                docs.push(self.cursor.any());
                if declaration.fixity != Fixity::Prefix {
                    docs.push(self.space());
                    docs.push(self.cursor.any());
                }
                docs.push(self.cursor.token(":"));
                docs.push(self.body(declaration.body));
                self.all(&docs)
            }
            StatementKind::Function(function) => self.function(function),
            StatementKind::Binding(binding) => self.binding(binding),
            StatementKind::Validate(value) => {
                let word = self.cursor.token("validate");
                let space = self.space();
                let value = self.expr(*value);
                let value = self.nest(2, &[value]);
                self.all(&[word, space, value])
            }
            StatementKind::Parameter { annotation, default, .. } => {
                let mut docs =
                    vec![self.cursor.token("parameter"), self.space(), self.type_(*annotation), self.space()];
                docs.push(self.cursor.any());
                if let Some(default) = default {
                    docs.push(self.cursor.token(":"));
                    docs.push(self.body(*default));
                }
                self.all(&docs)
            }
            StatementKind::Lookup { annotation, value, .. } => {
                let mut docs = vec![self.cursor.token("lookup"), self.space(), self.type_(*annotation), self.space()];
                docs.push(self.cursor.any());
                docs.push(self.cursor.token(":"));
                docs.push(self.body(*value));
                self.all(&docs)
            }
            StatementKind::Defaults(entries) => {
                let word = self.cursor.token("defaults");
                let space = self.space();
                let record = self.record(entries);
                self.all(&[word, space, record])
            }
            StatementKind::Output { value, .. } => {
                let docs = [self.cursor.token("output"), self.space(), self.cursor.any(), self.cursor.token(":")];
                let head = self.all(&docs);
                let body = self.body(*value);
                self.all(&[head, body])
            }
            StatementKind::Test { value, .. } => {
                let docs = [self.cursor.token("test"), self.space(), self.cursor.literal(), self.cursor.token(":")];
                let head = self.all(&docs);
                let body = self.body(*value);
                self.all(&[head, body])
            }
            StatementKind::Resource(declaration) => {
                let mut docs = vec![self.cursor.token("resource"), self.space(), self.path(&declaration.name)];
                docs.push(self.type_parameters(&declaration.parameters));
                docs.push(self.space());
                docs.push(self.cursor.literal());
                docs.push(self.cursor.token(":"));
                docs.push(self.fields(&declaration.fields));
                self.all(&docs)
            }
        }
    }

    /// `import` or `export` with its items: one behind it, or each on its line.
    fn items(&mut self, word: &str, count: usize, mut item: impl FnMut(&mut Self, usize) -> Doc) -> Doc {
        let word = self.cursor.token(word);
        if count == 1 && !self.cursor.breaks_here() {
            let space = self.space();
            let item = item(self, 0);
            return self.all(&[word, space, item]);
        }
        let mut docs = Vec::with_capacity(count * 2);
        for at in 0..count {
            docs.push(match at {
                0 => self.cursor.docs.hard_line(),
                _ => self.line_between(),
            });
            docs.push(self.cursor.comments_before());
            docs.push(item(self, at));
        }
        let items = self.nest(2, &docs);
        self.all(&[word, items])
    }

    fn import(&mut self, kind: &ImportKind) -> Doc {
        match kind {
            ImportKind::Plain(path) => self.path(path),
            ImportKind::As(path, _) | ImportKind::Open(path) => {
                let path = self.path(path);
                let alias = self.alias();
                self.all(&[path, alias])
            }
            ImportKind::Names(path, names) => {
                let path = self.path(path);
                let space = self.space();
                let names = self.bracket("{", names.len(), "}", true, |printer, at| match &names[at] {
                    ImportName::Value { alias, .. } | ImportName::Upper { alias, .. } => {
                        let name = printer.cursor.any();
                        let alias = match alias {
                            Some(_) => printer.alias(),
                            None => printer.cursor.docs.nil(),
                        };
                        printer.all(&[name, alias])
                    }
                    ImportName::Operator(_) => printer.operator_name(),
                });
                self.all(&[path, space, names])
            }
            ImportKind::Deployment { environment, .. } => {
                let mut docs = vec![self.cursor.token("deployment"), self.space(), self.cursor.any()];
                if environment.is_some() {
                    docs.push(self.cursor.token("@"));
                    docs.push(self.cursor.any());
                }
                docs.push(self.alias());
                self.all(&docs)
            }
        }
    }

    fn export(&mut self, kind: &ExportKind) -> Doc {
        match kind {
            ExportKind::Value { module: None, .. } => self.cursor.any(),
            ExportKind::Value { module: Some(path), .. } => {
                let path = self.path(path);
                let dot = self.cursor.token(".");
                let name = self.cursor.any();
                self.all(&[path, dot, name])
            }
            ExportKind::Type(path) => {
                let word = self.cursor.token("type");
                let space = self.space();
                let path = self.path(path);
                self.all(&[word, space, path])
            }
            ExportKind::Operator { module: None, .. } => self.operator_name(),
            ExportKind::Operator { module: Some(path), .. } => {
                let word = self.cursor.token("operator");
                let space = self.space();
                let path = self.path(path);
                let operator = self.cursor.any();
                self.all(&[word, space, path, operator])
            }
            ExportKind::Module { module, .. } => {
                let word = self.cursor.token("module");
                let space = self.space();
                let path = self.path(module);
                let alias = self.alias();
                self.all(&[word, space, path, alias])
            }
        }
    }

    /// ` as X`
    fn alias(&mut self) -> Doc {
        let space = self.space();
        let docs = [space, self.cursor.token("as"), space, self.cursor.any()];
        self.all(&docs)
    }

    fn operator_name(&mut self) -> Doc {
        let docs = [self.cursor.token("operator"), self.space(), self.cursor.any()];
        self.all(&docs)
    }

    fn type_declaration(&mut self, declaration: &TypeDeclaration) -> Doc {
        let mut docs = vec![self.cursor.token("type"), self.space()];
        if declaration.definition == TypeDefinition::Opaque {
            docs.push(self.cursor.token("opaque"));
            docs.push(self.space());
        }
        docs.push(self.path(&declaration.name));
        docs.push(self.type_parameters(&declaration.parameters));
        match &declaration.definition {
            TypeDefinition::Opaque => {}
            TypeDefinition::Alias(annotation) => {
                docs.push(self.cursor.token(":"));
                let broken = self.cursor.breaks_here();
                let union = matches!(self.tree[*annotation].kind, TypeKind::Union(_));
                if broken || union {
                    let line = self.cursor.docs.line();
                    let annotation = self.type_(*annotation);
                    let annotation = self.nest(2, &[line, annotation]);
                    docs.push(self.group(&[annotation], broken));
                } else {
                    docs.push(self.space());
                    docs.push(self.type_(*annotation));
                }
            }
            TypeDefinition::Refinement(annotation, condition) => {
                docs.push(self.cursor.token(":"));
                let broken = self.cursor.breaks_here();
                let line = self.cursor.docs.line();
                let annotation = self.type_(*annotation);
                let space = self.space();
                let where_ = self.cursor.token("where");
                let condition = self.expr(*condition);
                let definition = self.nest(2, &[line, annotation, space, where_, space, condition]);
                docs.push(self.group(&[definition], broken));
            }
            TypeDefinition::Record(fields) => {
                docs.push(self.cursor.token(":"));
                docs.push(self.fields(fields));
            }
            TypeDefinition::Sum(constructors) => {
                docs.push(self.cursor.token(":"));
                docs.push(self.constructors(constructors));
            }
        }
        self.all(&docs)
    }

    /// Declared fields, each on its line, indented.
    fn fields(&mut self, fields: &[FieldDeclaration]) -> Doc {
        let mut docs = Vec::with_capacity(fields.len() * 2);
        for (at, field) in fields.iter().enumerate() {
            docs.push(match at {
                0 => self.cursor.docs.hard_line(),
                _ => self.line_between(),
            });
            docs.push(self.cursor.comments_before());
            let name = self.typed_name(field.annotation);
            let annotations = self.trailing_annotations(&field.annotations);
            docs.push(self.all(&[name, annotations]));
        }
        self.nest(2, &docs)
    }

    fn trailing_annotations(&mut self, annotations: &[Annotation]) -> Doc {
        let mut docs = Vec::with_capacity(annotations.len() * 2);
        for annotation in annotations {
            docs.push(self.space());
            docs.push(self.annotation(annotation));
        }
        self.all(&docs)
    }

    fn constructors(&mut self, constructors: &[ConstructorDeclaration]) -> Doc {
        let mut broken = false;
        let mut docs = Vec::with_capacity(constructors.len() * 2);
        for (at, constructor) in constructors.iter().enumerate() {
            broken |= self.cursor.breaks_here();
            if at > 0 && self.cursor.blank_before() {
                docs.push(self.cursor.docs.blank());
            }
            docs.push(self.cursor.docs.line());
            docs.push(self.cursor.comments_before());
            docs.push(self.constructor(constructor));
        }
        let constructors = self.nest(2, &docs);
        self.group(&[constructors], broken)
    }

    fn constructor(&mut self, constructor: &ConstructorDeclaration) -> Doc {
        let mut docs = vec![self.cursor.token("|"), self.space(), self.cursor.any()];
        match &constructor.payload {
            Payload::None => {}
            Payload::Type(payload) => {
                docs.push(self.space());
                docs.push(self.type_(*payload));
            }
            Payload::Fields(fields) => {
                docs.push(self.fields(fields));
                if !constructor.annotations.is_empty() {
                    // With the space before it one column left of the bar, or it would belong to the last field.
                    let line = self.cursor.docs.hard_line();
                    docs.push(self.nest(-2, &[line]));
                }
            }
        }
        docs.push(self.trailing_annotations(&constructor.annotations));
        self.all(&docs)
    }

    /// `fun name(…) -> T: body`
    pub fn function(&mut self, function: &Function) -> Doc {
        let fun = self.cursor.token("fun");
        let space = self.space();
        let name = self.cursor.any();
        let parameters = self.parameters(&function.parameters, false);
        let result = match function.result {
            Some(result) => self.arrow(result),
            None => self.cursor.docs.nil(),
        };
        let colon = self.cursor.token(":");
        let body = self.function_body(function.body);
        self.all(&[fun, space, name, parameters, result, colon, body])
    }

    /// `T name: value`, also with the old parameters.
    pub fn binding(&mut self, binding: &Binding) -> Doc {
        let mut docs = Vec::new();
        if let Some(annotation) = binding.annotation {
            docs.push(self.type_(annotation));
            docs.push(self.space());
        }
        docs.push(self.cursor.any());
        if let Some(parameters) = &binding.old_parameters {
            docs.push(self.parameters(parameters, true));
        }
        docs.push(self.cursor.token(":"));
        docs.push(self.body(binding.value));
        self.all(&docs)
    }
}
