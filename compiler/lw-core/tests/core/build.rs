//! Core programs, node by node.

use std::sync::Arc;

use lw_core::*;

/// A program under construction; its last global is what a test asks about.
#[derive(Default)]
pub struct Build {
    pub program: Program,
}

impl Build {
    pub fn new() -> Build {
        let mut build = Build::default();
        for (name, payload) in [("Success", false), ("Failure", true)] {
            build.program.constructors.push(Constructor { name: name.into(), type_name: "Validation".into(), payload });
        }
        build
    }

    pub fn node(&mut self, node: Node) -> NodeId {
        self.program.nodes.push(node);
        NodeId(self.program.nodes.len() as u32 - 1)
    }

    pub fn int(&mut self, value: i64) -> NodeId {
        self.node(Node::Int(value))
    }

    pub fn text(&mut self, text: &str) -> NodeId {
        self.program.strings.push(text.into());
        let id = StringId(self.program.strings.len() as u32 - 1);
        self.node(Node::String(id))
    }

    pub fn slice(&mut self, nodes: &[NodeId]) -> Slice {
        let start = self.program.lists.len() as u32;
        self.program.lists.extend_from_slice(nodes);
        Slice { start, length: nodes.len() as u32 }
    }

    pub fn list(&mut self, nodes: &[NodeId]) -> NodeId {
        let slice = self.slice(nodes);
        self.node(Node::List(slice))
    }

    pub fn tuple(&mut self, nodes: &[NodeId]) -> NodeId {
        let slice = self.slice(nodes);
        self.node(Node::Tuple(slice))
    }

    pub fn dictionary(&mut self, entries: &[(&str, NodeId)]) -> NodeId {
        let nodes: Vec<NodeId> = entries.iter().flat_map(|(key, value)| [self.text(key), *value]).collect();
        let slice = self.slice(&nodes);
        self.node(Node::Dictionary(slice))
    }

    pub fn name(&mut self, name: &str) -> NameId {
        let names = &mut self.program.names;
        match names.iter().position(|known| **known == *name) {
            Some(at) => NameId(at as u32),
            None => {
                names.push(name.into());
                NameId(names.len() as u32 - 1)
            }
        }
    }

    pub fn record(&mut self, fields: &[(&str, NodeId)]) -> NodeId {
        let mut fields: Vec<(NameId, NodeId)> = fields.iter().map(|(name, node)| (self.name(name), *node)).collect();
        fields.sort();
        let shape: Arc<[NameId]> = fields.iter().map(|(name, _)| *name).collect();
        self.program.shapes.push(shape);
        let start = self.program.lists.len() as u32;
        self.program.lists.extend(fields.iter().map(|(_, node)| *node));
        self.node(Node::Record(ShapeId(self.program.shapes.len() as u32 - 1), start))
    }

    pub fn primitive(&mut self, name: &str, arguments: &[NodeId]) -> NodeId {
        let slice = self.slice(arguments);
        self.node(Node::CallPrimitive(primitive(name).expect(name), slice))
    }

    pub fn function(&mut self, parameters: u32, frame: u32, body: NodeId) -> FunctionId {
        let name = self.name("f");
        let parameters = Parameters::Positional(parameters, Vec::new());
        self.program.functions.push(Function { parameters, code: Code { frame, body, name } });
        FunctionId(self.program.functions.len() as u32 - 1)
    }

    pub fn global(&mut self, name: &str, body: NodeId) -> GlobalId {
        let name = self.name(name);
        self.program.globals.push(Global::Value(Code { frame: 8, body, name }));
        GlobalId(self.program.globals.len() as u32 - 1)
    }

    /// A type with the read-only attribute `id`, which identifies it, and the optional properties `size` and `other`.
    pub fn resource_type(&mut self) -> ResourceTypeId {
        let mut property = |name: &str, access: Access| Property {
            name: self.name(name),
            wire: name.to_uppercase().into(),
            access,
            create_only: false,
            write_only: false,
            shape: WireShape::Value,
            site: None,
        };
        let mut properties = vec![
            property("id", Access::ReadOnly),
            property("size", Access::Optional),
            property("other", Access::Optional),
        ];
        properties.sort_by_key(|property| property.name);
        let identifier = vec![self.name("id")];
        self.program.resource_types.push(ResourceType {
            name: "T".into(),
            wire: "A::B::T".into(),
            identifier,
            properties,
            tags: None,
        });
        ResourceTypeId(self.program.resource_types.len() as u32 - 1)
    }

    pub fn resource(&mut self, resource_type: ResourceTypeId, fields: &[(&str, NodeId)]) -> NodeId {
        let mut fields: Vec<SiteField> = fields
            .iter()
            .map(|(name, body)| {
                let name = self.name(name);
                self.program.codes.push(Code { frame: 0, body: *body, name });
                SiteField { name, code: CodeId(self.program.codes.len() as u32 - 1), lifted: true }
            })
            .collect();
        fields.sort_by_key(|field| field.name);
        let argument = Argument::Fields(fields);
        self.program.sites.push(Site { mode: SiteMode::Managed, resource_type, captures: Slice::EMPTY, argument });
        self.node(Node::Resource(SiteId(self.program.sites.len() as u32 - 1)))
    }

    /// The last global's value as text.
    pub fn show(&self) -> Result<String, FailureKind> {
        self.show_with(Limits::default())
    }

    pub fn show_with(&self, limits: Limits) -> Result<String, FailureKind> {
        let inputs = NoInputs;
        let mut machine = Machine::new(&self.program, &inputs, limits);
        match machine.global(GlobalId(self.program.globals.len() as u32 - 1)) {
            Ok(value) => Ok(machine.show(&value)),
            Err(failure) => Err(failure.expect("nothing failed before").kind),
        }
    }

    /// The last global, a function, asked about the one before it as a rule.
    pub fn judge(&self) -> (Verdict, String) {
        let inputs = NoInputs;
        let mut machine = Machine::new(&self.program, &inputs, Limits::default());
        let last = self.program.globals.len() as u32 - 1;
        let value = machine.global(GlobalId(last - 1)).expect("a value");
        let function = machine.global(GlobalId(last)).expect("a function");
        let outcome = machine.judge(&function, value);
        let reasons: Vec<&str> = outcome.findings.iter().map(|finding| &*finding.message).collect();
        (outcome.verdict, reasons.join("; "))
    }
}
