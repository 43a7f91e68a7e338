//! Wire names to Linework names and back.

/// Words whose capitals the general rule would cut in the wrong place.
const WORDS: &[(&str, &str)] = &[("IPv", "ipv"), ("FSx", "fsx"), ("SAPOData", "sapOData")];

/// Words that continue the line before them, so that no field can stand on a line of its own under such a name.
const CONTINUATIONS: &[&str] = &["as", "elif", "else", "for", "in", "of", "then", "with"];

/// The name of a property in Linework: the leading run of capitals in lower case.
///
/// The last capital of a run begins the next word (`DBName` is `dbName`) unless the run is the whole name, a digit
/// follows it (`EC2Type`), or it is a plural (`VPCs`).
pub fn field(wire: &str) -> String {
    let name = lowered(wire);
    if CONTINUATIONS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

fn lowered(wire: &str) -> String {
    for (word, lowered) in WORDS {
        if let Some(rest) = wire.strip_prefix(word) {
            return format!("{lowered}{rest}");
        }
    }
    let run = wire.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &wire.as_bytes()[run..];
    let is_plural = run > 1 && rest.first() == Some(&b's') && rest.get(1).is_none_or(|next| !next.is_ascii_lowercase());
    let lowered = match rest.first() {
        Some(next) if next.is_ascii_lowercase() && run > 1 && !is_plural => run - 1,
        _ => run,
    };
    format!("{}{}", wire[..lowered].to_ascii_lowercase(), &wire[lowered..])
}

/// Lowers only the first letter: the way out when [`field`] gives two properties one name.
pub fn field_alone(wire: &str) -> String {
    let (first, rest) = wire.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

/// Whether the wire name is the Linework name with its first letter in upper case.
pub fn is_regular(name: &str, wire: &str) -> bool {
    capitalised(name) == wire
}

pub fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// The module and the name of a wire type: `AWS::EC2::VPC` is `VPC` of `AWS.EC2`.
pub fn resource(wire_type: &str) -> (String, String) {
    let (module, name) = wire_type.rsplit_once("::").expect("a wire type has three parts");
    let name = if PRELUDE_TYPES.contains(&name) { format!("{name}Resource") } else { name.to_owned() };
    (module.replace("::", "."), name)
}

/// Types that the generated files use by their bare names, so that no resource may hide them.
const PRELUDE_TYPES: &[&str] = &[
    "Arn",
    "Bool",
    "Cidr",
    "Cidr6",
    "Dictionary",
    "Float",
    "Id",
    "Int",
    "Json",
    "List",
    "Name",
    "Optional",
    "PolicyDocument",
    "String",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leading_run_of_capitals_is_lowered() {
        let cases = [
            ("CidrBlock", "cidrBlock"),
            ("DBInstanceIdentifier", "dbInstanceIdentifier"),
            ("ARN", "arn"),
            ("SSESpecification", "sseSpecification"),
            ("KMSMasterKeyId", "kmsMasterKeyId"),
            ("IPv6Addresses", "ipv6Addresses"),
            ("IPV6Enabled", "ipv6Enabled"),
            ("EC2InboundPermissions", "ec2InboundPermissions"),
            ("VPCs", "vpcs"),
            ("CNAMEs", "cnames"),
            ("FPorts", "fPorts"),
            ("FSxLustreConfig", "fsxLustreConfig"),
            ("OAuthScopes", "oAuthScopes"),
            ("X12Details", "x12Details"),
            ("ETag", "eTag"),
            ("s3Uri", "s3Uri"),
            ("Else", "else_"),
        ];
        for (wire, name) in cases {
            assert_eq!(field(wire), name);
        }
    }

    #[test]
    fn regular_names_need_no_wire_name() {
        assert!(is_regular("cidrBlock", "CidrBlock"));
        assert!(!is_regular("kmsMasterKeyId", "KMSMasterKeyId"));
        assert!(!is_regular("s3Uri", "s3Uri"));
    }
}
