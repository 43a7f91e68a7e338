//! From the typed tree to core code.
//!
//! The one idea: locals become slots of frames. A *unit* is what has captures of its own (a closure, a lazily bound local, a
//! resource); resolving a local in a unit walks outward and leaves a capture in every unit on the way. The functions of one `let`
//! share their captures, so that they can name each other without holding each other alive.

mod body;
mod declared;
mod unit;

use std::sync::Arc;

use lw_check::Name;
use lw_check::typed;
use lw_core as core;
use lw_diagnostics::Span;
use rustc_hash::FxHashMap;

/// Core code, and what of the source it does not say.
#[derive(Debug, Default)]
pub struct Lowered {
    pub core: core::Program,
    /// By node: where it was written.
    pub spans: Vec<Span>,
    /// By node that makes a resource or applies an annotation: where the latter stand.
    pub annotations: FxHashMap<u32, Vec<(Name, Span)>>,
    /// Local resources that nothing names, with their names.
    pub unused: Vec<(Name, Span)>,
    /// Names that the library uses and the interpreter has not.
    pub unknown_primitives: Vec<Name>,
}

impl Lowered {
    pub fn span(&self, origin: core::OriginId) -> Option<Span> {
        self.spans.get(origin.0 as usize).copied()
    }
}

/// Lowers every definition of a program.
pub fn lower(program: &typed::Program) -> Lowered {
    let mut lowering = Lowering::new(program);
    lowering.declare();
    for (at, global) in program.globals.iter().enumerate() {
        let lowered = lowering.global(at, global);
        lowering.out.core.globals.push(lowered);
    }
    lowering.out
}

/// A global whose value is a primitive under another name.
#[derive(Clone, Debug)]
struct Alias {
    primitive: core::Primitive,
    /// The fields of its record argument, in the order of the primitive's arguments.
    fields: Option<Vec<Name>>,
}

struct Lowering<'t> {
    program: &'t typed::Program,
    out: Lowered,
    names: FxHashMap<Name, core::NameId>,
    shapes: FxHashMap<Box<[core::NameId]>, core::ShapeId>,
    aliases: FxHashMap<typed::GlobalId, Alias>,
    /// By global: its function, if it is one.
    functions: Vec<Option<core::FunctionId>>,
    /// Nodes of lists that are being collected.
    scratch: Vec<core::NodeId>,
}

impl<'t> Lowering<'t> {
    fn new(program: &'t typed::Program) -> Lowering<'t> {
        Lowering {
            program,
            out: Lowered::default(),
            names: FxHashMap::default(),
            shapes: FxHashMap::default(),
            aliases: FxHashMap::default(),
            functions: Vec::with_capacity(program.globals.len()),
            scratch: Vec::new(),
        }
    }

    fn name(&mut self, name: Name) -> core::NameId {
        let names = &mut self.out.core.names;
        *self.names.entry(name).or_insert_with(|| {
            names.push(Arc::from(name.as_str()));
            core::NameId(names.len() as u32 - 1)
        })
    }

    fn node(&mut self, node: core::Node, span: Span) -> core::NodeId {
        self.out.core.nodes.push(node);
        self.out.spans.push(span);
        core::NodeId(self.out.core.nodes.len() as u32 - 1)
    }

    fn string(&mut self, text: &Arc<str>) -> core::StringId {
        self.out.core.strings.push(text.clone());
        core::StringId(self.out.core.strings.len() as u32 - 1)
    }

    fn pattern(&mut self, pattern: core::Pattern) -> core::PatternId {
        self.out.core.patterns.push(pattern);
        core::PatternId(self.out.core.patterns.len() as u32 - 1)
    }

    fn code(&mut self, code: core::Code) -> core::CodeId {
        self.out.core.codes.push(code);
        core::CodeId(self.out.core.codes.len() as u32 - 1)
    }

    /// Field names, which have to be sorted, as a shape.
    fn shape(&mut self, names: Vec<core::NameId>) -> core::ShapeId {
        if let Some(known) = self.shapes.get(&names[..]) {
            return *known;
        }
        let id = core::ShapeId(self.out.core.shapes.len() as u32);
        self.out.core.shapes.push(Arc::from(&names[..]));
        self.shapes.insert(names.into(), id);
        id
    }

    /// The nodes that were collected since `start`, as a list of their own.
    fn list_since(&mut self, start: usize) -> core::Slice {
        let lists = &mut self.out.core.lists;
        let slice = core::Slice { start: lists.len() as u32, length: (self.scratch.len() - start) as u32 };
        lists.extend(self.scratch.drain(start..));
        slice
    }
}
