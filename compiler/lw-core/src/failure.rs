use std::rc::Rc;
use std::sync::Arc;

use crate::program::{ConstructorId, FunctionId, GlobalId, NameId, OriginId};
use crate::value::{Cause, Later, ResourceId};

/// Why evaluation of something stopped.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// A mistake to be reported.
    Failure(Box<Failure>),
    /// It needs what failed before; that has been reported.
    Reported,
    /// In policies: it needs what is not known.
    Undecided(Rc<Cause>),
}

impl Stop {
    pub fn new(kind: FailureKind) -> Stop {
        Stop::Failure(Box::new(Failure { kind, origin: OriginId::NONE, trace: Vec::new() }))
    }
}

pub(crate) type Eval<T> = Result<T, Stop>;

/// A mistake that evaluation found.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub origin: OriginId,
    /// What was being evaluated, innermost first.
    pub trace: Vec<Frame>,
}

/// One level of the call chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub what: FrameKind,
    /// Where it was called or read.
    pub at: OriginId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    Function(FunctionId),
    Global(GlobalId),
    /// A lazily bound local, by its name and the place of its expression.
    Lazy(NameId, OriginId),
    Property(ResourceId, NameId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Steps,
    Depth,
    Nodes,
    Bytes,
    Resources,
}

impl Limit {
    pub fn name(self) -> &'static str {
        match self {
            Limit::Steps => "steps",
            Limit::Depth => "depth",
            Limit::Nodes => "nodes",
            Limit::Bytes => "bytes",
            Limit::Resources => "resources",
        }
    }
}

#[derive(Clone, Debug)]
pub enum FailureKind {
    /// `error("…")`: the program's own words, and how many levels up the mistake is.
    Raised {
        message: Arc<str>,
        levels: usize,
    },
    Limit {
        limit: Limit,
        allowed: u64,
    },
    /// The chain, outermost first; the last reads the first.
    Cycle(Vec<Frame>),
    /// An operation that needs a value that is known only once resources exist.
    Needs {
        later: Rc<Later>,
        operation: &'static str,
    },
    Overflow {
        operation: &'static str,
    },
    DivisionByZero,
    Incomparable,
    /// A value outside a refinement: its name, its rule and the value as text.
    Refinement {
        name: Arc<str>,
        rule: String,
        value: String,
    },
    NoArm {
        value: String,
    },
    OtherConstructor {
        wanted: ConstructorId,
        found: Option<ConstructorId>,
    },
    DuplicateKey(Arc<str>),
    /// An argument that a library function cannot work with.
    Argument(String),
    /// `with` writes a property of an object that is not ours.
    NotOurs {
        property: Arc<str>,
    },
    /// A recorded input that was not given.
    InputMissing {
        name: Arc<str>,
    },
    InputText {
        name: Arc<str>,
        source: String,
        wanted: String,
        found: String,
    },
    File {
        path: String,
        reason: String,
    },
    Lookup {
        name: Arc<str>,
        query: String,
    },
    /// The program was not checked, or the checker and this crate disagree.
    Mismatch {
        operation: &'static str,
        found: &'static str,
    },
    Unchecked,
}
