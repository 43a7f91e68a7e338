//! Types as random programs have them.

/// The declared types that every program begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Declared {
    /// `| Dot | Circle Float | Square {side: Int, label: Optional<String>}`
    Shape,
    /// `| Leaf | Node {left: Tree, value: Int, right: Tree}`
    Tree,
    /// A record: `size: Int`, `name: Optional<String>`, `mode: Mode`
    Volume,
}

/// The resource types that programs make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Queue,
    Topic,
    Subscription,
    Network,
    Group,
    LogGroup,
    LogStream,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Int,
    Float,
    Bool,
    /// Text that is known.
    String,
    /// Text that may be known only later; written `String`, too.
    Text,
    Duration,
    Size,
    /// `"on" | "off" | "auto"`
    Mode,
    /// `Int where 0 <= self && self <= 65535`
    Port,
    List(Box<Type>),
    Dictionary(Box<Type>),
    Optional(Box<Type>),
    Tuple(Vec<Type>),
    /// In the order of the names.
    Record(Vec<(String, Type)>),
    Declared(Declared),
    /// `| Empty | Full a`
    Wrapped(Box<Type>),
    Function(Vec<Type>, Box<Type>),
    Resource(Kind),
    /// A type variable of a library function or of a general function.
    Variable(usize),
}

impl Type {
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    pub fn dictionary(element: Type) -> Type {
        Type::Dictionary(Box::new(element))
    }

    pub fn optional(element: Type) -> Type {
        Type::Optional(Box::new(element))
    }

    pub fn function(parameters: Vec<Type>, result: Type) -> Type {
        Type::Function(parameters, Box::new(result))
    }

    /// The type as source text.
    pub fn written(&self) -> String {
        let all = |types: &[Type]| types.iter().map(Type::written).collect::<Vec<_>>().join(", ");
        match self {
            Type::Int => "Int".to_string(),
            Type::Float => "Float".to_string(),
            Type::Bool => "Bool".to_string(),
            Type::String | Type::Text => "String".to_string(),
            Type::Duration => "Duration".to_string(),
            Type::Size => "Size".to_string(),
            Type::Mode => "Mode".to_string(),
            Type::Port => "Port".to_string(),
            Type::List(element) => format!("List<{}>", element.written()),
            Type::Dictionary(element) => format!("Dictionary<{}>", element.written()),
            Type::Optional(element) => format!("Optional<{}>", element.written()),
            Type::Wrapped(element) => format!("Wrapped<{}>", element.written()),
            Type::Tuple(types) => format!("({})", all(types)),
            Type::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("{name}: {}", ty.written())).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Type::Declared(declared) => format!("{declared:?}"),
            Type::Function(parameters, result) => format!("(fun ({}) -> {})", all(parameters), result.written()),
            Type::Resource(kind) => kind.written().to_string(),
            Type::Variable(number) => ["a", "b", "c", "d"][*number % 4].to_string(),
        }
    }

    /// With its variables replaced; those that are not bound stay.
    pub fn with(&self, bound: &[Option<Type>]) -> Type {
        let all = |types: &[Type]| types.iter().map(|ty| ty.with(bound)).collect::<Vec<_>>();
        match self {
            Type::Variable(number) => bound.get(*number).cloned().flatten().unwrap_or_else(|| self.clone()),
            Type::List(element) => Type::list(element.with(bound)),
            Type::Dictionary(element) => Type::dictionary(element.with(bound)),
            Type::Optional(element) => Type::optional(element.with(bound)),
            Type::Wrapped(element) => Type::Wrapped(Box::new(element.with(bound))),
            Type::Tuple(types) => Type::Tuple(all(types)),
            Type::Record(fields) => {
                Type::Record(fields.iter().map(|(name, ty)| (name.clone(), ty.with(bound))).collect())
            }
            Type::Function(parameters, result) => Type::function(all(parameters), result.with(bound)),
            other => other.clone(),
        }
    }

    /// Binds variables of `self` so that it becomes `wanted`; false if it cannot.
    pub fn matches(&self, wanted: &Type, bound: &mut Vec<Option<Type>>) -> bool {
        match (self, wanted) {
            (Type::Variable(number), _) => {
                if bound.len() <= *number {
                    bound.resize(*number + 1, None);
                }
                match &bound[*number] {
                    Some(before) => before == wanted,
                    None => {
                        bound[*number] = Some(wanted.clone());
                        true
                    }
                }
            }
            (Type::List(one), Type::List(other))
            | (Type::Dictionary(one), Type::Dictionary(other))
            | (Type::Optional(one), Type::Optional(other)) => one.matches(other, bound),
            (Type::Tuple(one), Type::Tuple(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.matches(other, bound))
            }
            _ => self == wanted,
        }
    }

    pub fn has_variables(&self) -> bool {
        match self {
            Type::Variable(_) => true,
            Type::List(element) | Type::Dictionary(element) | Type::Optional(element) | Type::Wrapped(element) => {
                element.has_variables()
            }
            Type::Tuple(types) => types.iter().any(Type::has_variables),
            Type::Record(fields) => fields.iter().any(|(_, ty)| ty.has_variables()),
            Type::Function(parameters, result) => parameters.iter().any(Type::has_variables) || result.has_variables(),
            _ => false,
        }
    }
}

/// A property that programs write.
pub struct Property {
    pub name: &'static str,
    pub wire: &'static str,
    pub required: bool,
    pub takes: Takes,
}

/// What a property takes.
pub enum Takes {
    /// A value of a type.
    Value(Type),
    /// A whole number in a range.
    Number(i64, i64),
    /// One of these numbers.
    NumberOf(&'static [i64]),
    /// A name that nothing else has.
    NewName,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// The resource, by its attribute of that wire name.
    Reference(Kind, &'static str),
    /// Text: the attribute of that lw name.
    Attribute(Kind, &'static str),
}

impl Kind {
    pub const ALL: [Kind; 7] =
        [Kind::Queue, Kind::Topic, Kind::Subscription, Kind::Network, Kind::Group, Kind::LogGroup, Kind::LogStream];

    pub fn written(self) -> &'static str {
        match self {
            Kind::Queue => "SQS.Queue",
            Kind::Topic => "SNS.Topic",
            Kind::Subscription => "SNS.Subscription",
            Kind::Network => "EC2.VPC",
            Kind::Group => "EC2.SecurityGroup",
            Kind::LogGroup => "Logs.LogGroup",
            Kind::LogStream => "Logs.LogStream",
        }
    }

    pub fn wire(self) -> &'static str {
        match self {
            Kind::Queue => "AWS::SQS::Queue",
            Kind::Topic => "AWS::SNS::Topic",
            Kind::Subscription => "AWS::SNS::Subscription",
            Kind::Network => "AWS::EC2::VPC",
            Kind::Group => "AWS::EC2::SecurityGroup",
            Kind::LogGroup => "AWS::Logs::LogGroup",
            Kind::LogStream => "AWS::Logs::LogStream",
        }
    }

    /// Read-only attributes of text: lw name and wire name. The first is what a document has for the resource.
    pub fn attributes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Queue => &[("arn", "Arn"), ("queueUrl", "QueueUrl")],
            Kind::Topic => &[("topicArn", "TopicArn")],
            Kind::Subscription => &[("arn", "Arn")],
            Kind::Network => &[("vpcId", "VpcId")],
            Kind::Group => &[("groupId", "GroupId")],
            Kind::LogGroup => &[("arn", "Arn")],
            Kind::LogStream => &[],
        }
    }

    pub fn properties(self) -> Vec<Property> {
        let tags = || Property {
            name: "tags",
            wire: "Tags",
            required: false,
            takes: Takes::Value(Type::dictionary(Type::Text)),
        };
        let property = |name, wire, required, takes| Property { name, wire, required, takes };
        match self {
            Kind::Queue => vec![
                property("delaySeconds", "DelaySeconds", false, Takes::Number(0, 900)),
                property("queueName", "QueueName", false, Takes::NewName),
                tags(),
            ],
            Kind::Topic => vec![property("displayName", "DisplayName", false, Takes::Value(Type::Text)), tags()],
            Kind::Subscription => vec![
                property("protocol", "Protocol", true, Takes::OneOf(&["sqs", "lambda", "firehose"])),
                property("topicArn", "TopicArn", true, Takes::Reference(Kind::Topic, "TopicArn")),
                property("endpoint", "Endpoint", false, Takes::Attribute(Kind::Queue, "arn")),
                property("rawMessageDelivery", "RawMessageDelivery", false, Takes::Value(Type::Bool)),
            ],
            Kind::Network => vec![
                property("cidrBlock", "CidrBlock", true, Takes::OneOf(&["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/20"])),
                property("enableDnsSupport", "EnableDnsSupport", false, Takes::Value(Type::Bool)),
                property("instanceTenancy", "InstanceTenancy", false, Takes::OneOf(&["default", "dedicated"])),
                tags(),
            ],
            Kind::Group => vec![
                property("groupDescription", "GroupDescription", true, Takes::OneOf(&["web", "data", "inner"])),
                property("vpcId", "VpcId", true, Takes::Reference(Kind::Network, "VpcId")),
                tags(),
            ],
            Kind::LogGroup => vec![
                property("retentionInDays", "RetentionInDays", false, Takes::NumberOf(&[1, 3, 5, 7, 14, 30])),
                tags(),
            ],
            Kind::LogStream => {
                vec![property("logGroupName", "LogGroupName", true, Takes::Reference(Kind::LogGroup, "LogGroupName"))]
            }
        }
    }
}
