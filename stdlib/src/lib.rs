//! The standard library, embedded: every `.lw` file of this folder, compressed, with an index of its statements.
//!
//! The one idea: finding a module, or the module of a wire type, touches no text; a module's text is decompressed once, when it is
//! first asked for, and names are slices of it.
//!
//! Deliberately absent: parsing. The index says where a statement lies and what it declares; the compiler parses it on first use.

mod decode;
mod found;
#[cfg(test)]
mod scan;

use std::ops::Range;
use std::sync::OnceLock;

pub use found::Keyword;

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// A file of the library.
pub struct Module {
    /// `AWS.EC2`
    pub name: &'static str,
    /// `AWS/EC2.lw`, below `stdlib/`.
    pub path: &'static str,
    length: usize,
    compressed: &'static [u8],
    index: &'static [u8],
    text: OnceLock<Box<str>>,
    statements: OnceLock<Box<[Statement]>>,
}

/// A top-level statement. Offsets are bytes of the module's text; statements follow each other without a gap, from the end of the
/// file's own comment to the end of the text.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Where its comments and annotations begin.
    pub start: u32,
    /// Where the next statement begins.
    pub end: u32,
    pub keyword: Keyword,
    /// `VPC`, `SecurityGroup.Ingress`, `++`, a function's name; empty where nothing is declared.
    pub name: &'static str,
    /// `AWS::EC2::VPC`, of a resource.
    pub wire: Option<&'static str>,
}

/// The module of that name, such as `AWS.EC2`.
pub fn module(name: &str) -> Option<&'static Module> {
    let number = MODULES.binary_search_by_key(&name, |module| module.name).ok()?;
    Some(&MODULES[number])
}

/// All modules, by name.
pub fn modules() -> impl ExactSizeIterator<Item = &'static Module> {
    MODULES.iter()
}

/// The modules below a prefix: `AWS` gives `AWS.ACMPCA` and so on, not `AWS` itself.
pub fn type_modules(prefix: &str) -> impl Iterator<Item = &'static Module> + use<'_> {
    let is_below = move |module: &&Module| module.name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
    MODULES.iter().filter(is_below)
}

/// Where a wire type such as `AWS::EC2::VPC` is declared: its module and its name there.
pub fn resource(wire_type: &str) -> Option<(&'static Module, &'static str)> {
    let number = RESOURCES.binary_search_by_key(&wire_type, |(wire, ..)| *wire).ok()?;
    let (_, module, name) = RESOURCES[number];
    Some((&MODULES[usize::from(module)], name))
}

/// All declared wire types, sorted, each with its module and its name there.
pub fn resources() -> impl ExactSizeIterator<Item = (&'static str, &'static Module, &'static str)> {
    RESOURCES.iter().map(|(wire, module, name)| (*wire, &MODULES[usize::from(*module)], *name))
}

impl Keyword {
    /// The word itself; empty for a binding, which has none.
    pub fn word(self) -> &'static str {
        match self {
            Keyword::Composition => "composition",
            Keyword::Import => "import",
            Keyword::Export => "export",
            Keyword::Type => "type",
            Keyword::Operator => "operator",
            Keyword::Function => "fun",
            Keyword::Validate => "validate",
            Keyword::Parameter => "parameter",
            Keyword::Lookup => "lookup",
            Keyword::Defaults => "defaults",
            Keyword::Output => "output",
            Keyword::Test => "test",
            Keyword::Resource => "resource",
            Keyword::Language => "@language",
            Keyword::Binding => "",
        }
    }
}

impl Module {
    const fn new(
        name: &'static str,
        path: &'static str,
        length: usize,
        compressed: &'static [u8],
        index: &'static [u8],
    ) -> Module {
        Module { name, path, length, compressed, index, text: OnceLock::new(), statements: OnceLock::new() }
    }

    /// The whole file.
    pub fn text(&'static self) -> &'static str {
        self.text.get_or_init(|| {
            let bytes =
                lz4_flex::block::decompress(self.compressed, self.length).expect("the build compressed this text");
            String::from_utf8(bytes).expect("the build read this text as UTF-8").into_boxed_str()
        })
    }

    /// The statements, in source order.
    pub fn statements(&'static self) -> &'static [Statement] {
        self.statements.get_or_init(|| {
            let text = self.text();
            let slice = |range: Range<usize>| &text[range];
            let all = decode::decode(self.index);
            let ends = all.iter().skip(1).map(|next| next.start).chain([text.len()]);
            let statement = |(found, end): (&found::Found, usize)| Statement {
                start: found.start as u32,
                end: end as u32,
                keyword: found.keyword,
                name: slice(found.name.clone()),
                wire: found.wire.clone().map(slice),
            };
            all.iter().zip(ends).map(statement).collect()
        })
    }

    /// The text of one of its statements, with the comments and annotations above it.
    pub fn statement_text(&'static self, statement: &Statement) -> &'static str {
        &self.text()[statement.start as usize..statement.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn statements_tile_every_text() {
        for module in modules() {
            let statements = module.statements();
            for pair in statements.windows(2) {
                assert_eq!(pair[0].end, pair[1].start, "{}", module.path);
            }
            assert_eq!(
                statements.last().map_or(module.text().len(), |last| last.end as usize),
                module.text().len(),
                "{}",
                module.path
            );
            let before = statements.first().map_or(module.text().len(), |first| first.start as usize);
            let is_comment = |line: &str| line.trim().is_empty() || line.starts_with('#');
            assert!(module.text()[..before].lines().all(is_comment), "{}", module.path);
        }
    }

    #[test]
    fn every_resource_is_found_by_its_wire_type() {
        let mut count = 0;
        for module in modules() {
            for statement in module.statements() {
                assert_eq!(statement.keyword == Keyword::Resource, statement.wire.is_some(), "{}", statement.name);
                let Some(wire) = statement.wire else { continue };
                let (found, name) = resource(wire).expect("every wire type is in the table");
                assert_eq!((found.name, name), (module.name, statement.name));
                count += 1;
            }
        }
        assert_eq!(count, resources().len());
    }

    #[test]
    fn the_registry_is_complete() {
        let (aws, others): (Vec<&str>, Vec<&str>) = resources()
            .map(|(wire, ..)| wire)
            .filter(|wire| !wire.starts_with("Docker::"))
            .partition(|wire| wire.starts_with("AWS::"));
        // cfn-lint lists 1,585; one of them, `Module`, is a stand-in without a schema.
        assert_eq!(aws.len(), 1583);
        assert!(others.contains(&"Alexa::ASK::Skill"));
    }

    #[test]
    fn a_declaration_is_unique_in_its_module() {
        for module in type_modules("AWS") {
            let types =
                module.statements().iter().filter(|found| matches!(found.keyword, Keyword::Type | Keyword::Resource));
            let mut names = BTreeSet::new();
            for statement in types {
                assert!(names.insert(statement.name), "{}: {}", module.path, statement.name);
            }
        }
    }

    #[test]
    fn modules_are_found_by_name() {
        let ec2 = module("AWS.EC2").expect("EC2 is there");
        assert_eq!(ec2.path, "AWS/EC2.lw");
        let vpc = ec2.statements().iter().find(|statement| statement.name == "VPC").expect("VPC is there");
        assert_eq!((vpc.keyword, vpc.wire), (Keyword::Resource, Some("AWS::EC2::VPC")));
        assert!(ec2.statement_text(vpc).starts_with("@catalogue"));
        assert!(type_modules("AWS").any(|module| module.name == "AWS.EC2"));
        assert!(module("AWS.Nowhere").is_none());
    }
}
