//! Rules of security groups that close a circle: resources of their own, so that the groups are there first.

use lw_check::schema::{RecordSchema, ValueSchema};
use lw_plan::{DeferredProperty, Json, Node};

use super::Emit;
use super::document::Document;

const GROUP: &str = "AWS::EC2::SecurityGroup";

/// Properties of a group, with the type that one rule in it is when it is a resource.
const RULES: &[(&str, &str)] = &[
    ("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress"),
    ("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress"),
];

impl Emit<'_> {
    /// The rules that a property of a group has only once everything is there, each as a resource; nothing where it is another property.
    pub(super) fn rules(
        &mut self,
        node: &Node,
        deferred: &DeferredProperty,
        record: &RecordSchema,
    ) -> Option<Vec<(String, Document)>> {
        let (property, own_type) = RULES.iter().find(|(property, _)| *property == deferred.property)?;
        let Json::Array(all) = &deferred.value else { return None };
        if node.wire_type != GROUP {
            return None;
        }
        let ValueSchema::List(rule) = &record.by_wire(property)?.value else { return None };
        let none = Vec::new();
        let kept = node.properties.get(*property).and_then(Json::as_array).unwrap_or(&none);
        let group = self.logical.node(node.path.as_str());
        let mut found = Vec::new();
        for (number, one) in all.iter().filter(|one| !kept.contains(one)).enumerate() {
            let Document::Mapping(mut properties) = self.shaped(one, rule) else { return None };
            let id = Document::List(vec![Document::text(&group), Document::text("GroupId")]);
            properties.insert(0, ("GroupId".to_string(), Document::function("Fn::GetAtt", id)));
            let parts = vec![
                ("Type".to_string(), Document::text(own_type)),
                ("Properties".to_string(), Document::Mapping(properties)),
            ];
            let direction = property.trim_start_matches("SecurityGroup");
            let wanted = format!("{}{direction}{}", node.path.as_str(), number + 1);
            found.push((self.logical.fresh(&wanted), Document::Mapping(parts)));
        }
        Some(found)
    }
}

/// What a group says that lets nothing out by itself: without any rule it would let out everything.
pub(super) fn nothing_leaves() -> Document {
    let rule = [
        ("CidrIp", Json::from("255.255.255.255/32")),
        ("Description", Json::from("Lets nothing out: rules of their own do")),
        ("FromPort", Json::from(252)),
        ("IpProtocol", Json::from("icmp")),
        ("ToPort", Json::from(86)),
    ];
    let rule = rule.into_iter().map(|(name, value)| (name.to_string(), Document::Scalar(value))).collect();
    Document::List(vec![Document::Mapping(rule)])
}
