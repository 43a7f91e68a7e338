//! The tree: places, documentation, what a broken statement leaves, and parsing a part of a file.

use super::support::FILE;
use lw_syntax::ast::*;
use lw_syntax::{parse, parse_at};

fn only(source: &str) -> Statement {
    let parsed = parse(FILE, source);
    assert!(parsed.diagnostics.is_empty(), "{source}: {:?}", parsed.diagnostics);
    assert_eq!(parsed.file.statements.len(), 1);
    parsed.file.statements.into_iter().next().expect("there is one")
}

fn value(statement: &Statement) -> &Expr {
    match &statement.kind {
        StatementKind::Binding(binding) => &statement.tree[binding.value],
        StatementKind::Function(function) => &statement.tree[function.body],
        other => panic!("{other:?}"),
    }
}

/// The text of each expression, with nodes in the order in which the parser made them.
fn texts(source: &str) -> Vec<String> {
    let statement = only(source);
    let text = |range: Range| {
        source[(statement.start + range.start) as usize..(statement.start + range.end) as usize].to_owned()
    };
    statement.tree.exprs.iter().map(|expr| text(expr.range)).collect()
}

#[test]
fn ranges_cover_their_text() {
    assert_eq!(
        texts("# c\n\nx: a.b + f(1, \"s\")  # d\n"),
        ["a", "a.b", "f", "1", "\"s\"", "f(1, \"s\")", "a.b + f(1, \"s\")"]
    );
    assert_eq!(texts("x: if a then b else c  \n"), ["a", "b", "c", "if a then b else c"]);
    assert_eq!(texts("x:\n  let a: 1\n  a\n\n\n# d\n"), ["1", "a", "let a: 1\n  a"]);
    assert_eq!(texts("x: case a of | A -> b\n"), ["a", "b", "case a of | A -> b"]);
    assert_eq!(texts("x: fun(a): b\n"), ["b", "fun(a): b"]);
    assert_eq!(texts("x: \"a \\(b) c\"\n"), ["b", "\"a \\(b) c\""]);
    assert_eq!(texts("x: r with {a: 1}.b\n".replace(".b", "").as_str()), ["r", "a", "1", "r with {a: 1}"]);
    assert_eq!(texts("x: [a for b in c]\n"), ["a", "c", "[a for b in c]"]);
    assert_eq!(texts("x: f {a: -b}\n"), ["f", "a", "b", "-b", "{a: -b}", "f {a: -b}"]);
    assert_eq!(texts("x: @w(1) a\n"), ["1", "a", "@w(1) a"]);
    assert_eq!(texts("x: a.(M.C).b\n"), ["a", "a.(M.C)", "a.(M.C).b"]);
    assert_eq!(texts("x: ( a )\n"), ["a", "( a )"]);
}

#[test]
fn statements_count_from_their_own_start() {
    let source = "# c\nx: 1\n\n# d\n@a(2)\n# e\ny: 3 # f\n";
    let parsed = parse(FILE, source);
    let [x, y] = parsed.file.statements.as_slice() else { panic!("two statements") };
    assert_eq!((x.start, x.range), (4, Range::new(0, 4)));
    assert_eq!(&source[y.start as usize..][..y.range.end as usize], "@a(2)\n# e\ny: 3");
    assert_eq!(y.annotations.len(), 1);
    assert_eq!(y.span(FILE, y.tree.exprs[1].range).start as usize, source.find('3').expect("it is there"));
}

#[test]
fn a_statement_that_moved_is_the_same() {
    let text = "@a {b: 1}\nfun f(x: Int) -> Int:\n  let y: \"\\(x)\"\n  y\n";
    let mut here = only(text);
    let there = only(&format!("# something else\n\n\n{text}"));
    assert_ne!(here.start, there.start);
    here.start = there.start;
    assert_eq!(here, there);
}

#[test]
fn parse_at_places_what_it_finds() {
    let parsed = parse_at(FILE, "x: [1 2]\ny: 1\n", 100);
    assert_eq!(parsed.file.statements[0].start, 100);
    assert_eq!(parsed.file.statements[1].start, 109);
    let label = parsed.diagnostics[0].primary.as_ref().expect("a place");
    assert_eq!(label.span.start, 106);
    assert_eq!(parsed.diagnostics[0].edits[0].span.start, 105);
}

#[test]
fn strings_without_expressions_have_one_part() {
    for (source, text) in [("x: \"\"\n", ""), ("x: \"a\"\n", "a"), ("x: \"\"\"\n\"\"\"\n", "")] {
        assert_eq!(value(&only(source)).kind, ExprKind::String(vec![StringPart::Text(text.to_owned())]));
    }
    let ExprKind::String(parts) = &value(&only("x: \"\\(a)\\(b)\"\n")).kind.clone() else { panic!("a string") };
    assert!(matches!(parts.as_slice(), [StringPart::Expr(_), StringPart::Expr(_)]));
}

#[test]
fn braces_are_told_apart() {
    assert!(matches!(&value(&only("x: {}\n")).kind, ExprKind::Record(entries) if entries.is_empty()));
    let statement = only("x: {(k): v for k in ks}\n");
    let ExprKind::DictionaryComprehension { key, .. } = &value(&statement).kind else { panic!("a comprehension") };
    assert!(matches!(statement.tree[*key].kind, ExprKind::Name(_)), "the key stands without its parentheses");
    let statement = only("x: {(k): v, \"s\": 1, n: 2}\n");
    let ExprKind::Record(entries) = &value(&statement).kind else { panic!("a record") };
    assert!(matches!(statement.tree[entries[0].key].kind, ExprKind::Group(_)));
}

#[test]
fn groups_and_tuples() {
    assert!(matches!(&value(&only("x: ()\n")).kind, ExprKind::Tuple(elements) if elements.is_empty()));
    assert!(matches!(value(&only("x: (a)\n")).kind, ExprKind::Group(_)));
    assert!(matches!(&value(&only("x: (a, b)\n")).kind, ExprKind::Tuple(elements) if elements.len() == 2));
}

#[test]
fn documentation_belongs_to_what_follows() {
    let source = "\
## The file.
## More.

# just a comment

## The network
## every service lives in.
vpc: 1

#########
# A block
#
# of text
#########
@a
fun f(x: Int) -> Int: x

# not this

y: 2
z: 3  # nor this
w: 4

@b
## below the annotation
v: 5

type T:
  ## a field
  # with a note
  a: Int
  b: Int
  # plain
  c: Int

type U:
  # first
  | A
    # inside
    x: Int
  | B
";
    let parsed = parse(FILE, source);
    assert_eq!(parsed.file.doc.as_deref(), Some("The file.\nMore."));
    let docs: Vec<Option<&str>> = parsed.file.statements.iter().map(|statement| statement.doc.as_deref()).collect();
    assert_eq!(
        docs,
        [
            Some("The network\nevery service lives in."),
            Some("A block\n\nof text"),
            None,
            None,
            None,
            Some("below the annotation"),
            None,
            None
        ]
    );
    let StatementKind::Type(declaration) = &parsed.file.statements[6].kind else { panic!("a type") };
    let TypeDefinition::Record(fields) = &declaration.definition else { panic!("a record") };
    let docs: Vec<Option<&str>> = fields.iter().map(|field| field.doc.as_deref()).collect();
    assert_eq!(docs, [Some("a field"), None, Some("plain")]);
    let StatementKind::Type(declaration) = &parsed.file.statements[7].kind else { panic!("a type") };
    let TypeDefinition::Sum(constructors) = &declaration.definition else { panic!("a sum") };
    assert_eq!(constructors[0].doc.as_deref(), Some("first"));
    assert!(matches!(&constructors[0].payload, Payload::Fields(fields) if fields[0].doc.as_deref() == Some("inside")));
    assert_eq!(constructors[1].doc, None);
}

#[test]
fn the_first_block_is_the_file_s_unless_a_declaration_has_it() {
    let doc = |source: &str| {
        let parsed = parse(FILE, source);
        (parsed.file.doc, parsed.file.statements.into_iter().next().and_then(|statement| statement.doc))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(doc("# a\nx: 1\n"), (None, some("a")));
    assert_eq!(doc("# a\n\nx: 1\n"), (some("a"), None));
    assert_eq!(doc("# a\ncomposition\n"), (some("a"), None));
    assert_eq!(doc("# a\nimport A\n"), (some("a"), None));
    assert_eq!(doc("# a\n@language(\"ludwig\")\n\nx: 1\n"), (some("a"), None));
    assert_eq!(doc("x: 1\n# a\n"), (None, None));
    assert_eq!(doc("# a\n"), (some("a"), None));
    assert_eq!(doc("## a\r\n## b\r\nx: 1\r\n"), (None, some("a\nb")));
}

#[test]
fn a_broken_statement_costs_only_itself() {
    let source = "\
import A
x: [1 +
fun f(x: Int) -> Int: )
type T Int
@a
Int y: 1 2
List<Int> z: = 3
output w: }
test \"t\": 1 +
g(1)
last: 1
";
    let parsed = parse(FILE, source);
    let names: Vec<Option<&str>> = parsed
        .file
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Error { name } => Some(name.as_ref().map(|name| name.as_str())),
            _ => None,
        })
        .collect();
    // `y`, `z` and the test keep what is right in them.
    assert_eq!(names, [Some("x"), Some("f"), Some("T"), Some("w"), None]);
    assert!(matches!(parsed.file.statements.last().map(|last| &last.kind), Some(StatementKind::Binding(_))));
    let mut lines: Vec<u32> = Vec::new();
    for diagnostic in &parsed.diagnostics {
        let start = diagnostic.primary.as_ref().expect("a place").span.start as usize;
        lines.push(source[..start].matches('\n').count() as u32 + 1);
    }
    assert_eq!(lines, [2, 3, 4, 6, 7, 8, 9, 10]);
}

#[test]
fn a_mistake_inside_leaves_the_rest_of_its_statement() {
    let source = "\
fun f(x: Int) -> Int:
  let y: x +
  let z: {a: 1, b: , c: [1, 2 3], d: if x then 1}
  g(y,, z.) ++ w
";
    let parsed = parse(FILE, source);
    let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["LW0132", "LW0120", "LW0121", "LW0123", "LW0133", "LW0120"]);
    let statement = &parsed.file.statements[0];
    let StatementKind::Function(function) = &statement.kind else { panic!("still a function") };
    assert_eq!(function.parameters.parameters.len(), 1);
    let ExprKind::Block { items, .. } = &statement.tree[function.body].kind else { panic!("a block") };
    assert_eq!(items.len(), 2);
    let BlockItem::Let(z) = &items[1] else { panic!("a let") };
    let ExprKind::Record(entries) = &statement.tree[z.value].kind else { panic!("a record") };
    let holes: Vec<bool> = entries.iter().map(|entry| statement.tree[entry.value].kind == ExprKind::Error).collect();
    assert_eq!(holes, [false, true, false, true]);
}

#[test]
fn languages_are_the_file_s() {
    let parsed = parse(FILE, "@language(\"ludwig\")\n@language('no-prelude')\ncomposition\n");
    let languages: Vec<&str> = parsed.file.languages.iter().map(|name| name.as_str()).collect();
    assert_eq!(languages, ["ludwig", "no-prelude"]);
    assert_eq!(parsed.file.statements.len(), 1);
    assert!(parsed.file.statements[0].annotations.is_empty());
}

#[test]
fn the_formatter_refuses_what_does_not_parse() {
    let formatted = lw_syntax::format(FILE, "x: [1 2]\ny:    1\n");
    assert_eq!(formatted.text, None);
    assert_eq!(formatted.diagnostics.len(), 1);
    // Warnings do not stop it.
    let formatted = lw_syntax::format(FILE, "Int f(Int x):   x\n");
    assert_eq!(formatted.text.as_deref(), Some("Int f(Int x): x\n"));
    assert_eq!(formatted.diagnostics.len(), 1);
}
