//! The graph in Terraform, with `terraform_data`: its core alone, no provider and no API, so a lower bound of what it takes.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::group::{ENVIRONMENTS, GROUP_SIZE, MEMBERS, Member, address_bytes, write_file};

/// Every resource a block of its own.
pub fn write_literal(path: &Path, resources: usize) -> io::Result<()> {
    write_file(path, |out| {
        for group in 0..resources / GROUP_SIZE {
            for (position, member) in MEMBERS.iter().enumerate() {
                write_block(out, &fields(group, position), member, group)?;
            }
        }
        Ok(())
    })
}

/// The same graph by `for_each` over maps.
pub fn write_for_each(path: &Path, resources: usize) -> io::Result<()> {
    let groups = resources / GROUP_SIZE;
    write_file(path, |out| {
        write!(
            out,
            r#"locals {{
  groups  = {{ for g in range({groups}) : format("g%05d", g) => g }}
  envs    = ["dev", "stage", "prod"]
  subnets = merge([for k, g in local.groups : {{ for i in range(3) : "${{k}}_subnet${{i}}" => {{ p = k, i = i, g = g }} }}]...)
  insts   = merge([for k, g in local.groups : {{ for i in range(4) : "${{k}}_inst${{i}}" => {{ p = k, s = "${{k}}_subnet${{i % 3}}", i = i, g = g }} }}]...)
}}
"#
        )?;
        let of_group = |suffix: &str, kind: &str| {
            format!(
                r#"name = "${{each.key}}_{suffix}", kind = "{kind}", cidr = "10.${{floor(each.value / 256) % 256}}.${{each.value % 256}}.0/24", size = each.value * 10 % 7 + 1, enabled = (each.value * 10) % 3 != 0, env = local.envs[each.value % 3], region = "eu-west-${{each.value % 3 + 1}}""#
            )
        };
        let of_part = |kind: &str| {
            format!(
                r#"name = each.key, kind = "{kind}", cidr = "10.${{floor(each.value.g / 256) % 256}}.${{each.value.g % 256}}.0/24", size = each.value.i + 1, enabled = each.value.i % 3 != 0, env = local.envs[each.value.g % 3], region = "eu-west-${{each.value.g % 3 + 1}}""#
            )
        };
        let network = "ref0 = terraform_data.vpc[each.key].id";
        for (name, over, input) in [
            ("vpc", "groups", of_group("vpc", "vpc")),
            ("subnet", "subnets", format!("{}, ref0 = terraform_data.vpc[each.value.p].id", of_part("subnet"))),
            ("sg", "groups", format!("{}, {network}", of_group("sg", "sg"))),
            ("rtb", "groups", format!("{}, {network}", of_group("rtb", "rtb"))),
            (
                "inst",
                "insts",
                format!(
                    "{}, ref0 = terraform_data.subnet[each.value.s].id, ref1 = terraform_data.sg[each.value.p].id",
                    of_part("instance")
                ),
            ),
        ] {
            write!(
                out,
                "resource \"terraform_data\" \"{name}\" {{\n  for_each = local.{over}\n  input    = {{ {input} }}\n}}\n"
            )?;
        }
        Ok(())
    })
}

/// The state that applying the literal form leaves, so that a plan without changes can be measured without the apply.
pub fn write_state(path: &Path, resources: usize) -> io::Result<()> {
    write_file(path, |out| {
        write!(
            out,
            r#"{{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "{}", "outputs": {{}}, "check_results": null, "resources": ["#,
            identifier(usize::MAX, 0)
        )?;
        for group in 0..resources / GROUP_SIZE {
            for (position, member) in MEMBERS.iter().enumerate() {
                let comma = if group + position == 0 { "" } else { "," };
                write!(out, "{comma}\n{}", state_entry(group, position, member))?;
            }
        }
        out.write_all(b"\n]}\n")
    })
}

fn write_block(out: &mut dyn Write, fields: &[(&'static str, Value)], member: &Member, group: usize) -> io::Result<()> {
    writeln!(out, "resource \"terraform_data\" \"g{group:05}_{}\" {{\n  input = {{", member.name)?;
    for (name, value) in fields {
        writeln!(out, "    {name:7} = {value}")?;
    }
    for (number, reference) in member.references.iter().enumerate() {
        writeln!(out, "    ref{number}    = terraform_data.g{group:05}_{reference}.id")?;
    }
    writeln!(out, "  }}\n}}\n")
}

/// What a resource says about itself, in Terraform's own notation, which is JSON's for these.
fn fields(group: usize, position: usize) -> [(&'static str, Value); 7] {
    let (second, third) = address_bytes(group);
    let member = &MEMBERS[position];
    let number = group * GROUP_SIZE + position;
    [
        ("name", json!(format!("g{group:05}_{}", member.name))),
        ("kind", json!(member.kind)),
        ("cidr", json!(format!("10.{second}.{third}.0/24"))),
        ("size", json!(number % 7 + 1)),
        ("enabled", json!(!number.is_multiple_of(3))),
        ("env", json!(ENVIRONMENTS[group % 3])),
        ("region", json!(format!("eu-west-{}", group % 3 + 1))),
    ]
}

fn state_entry(group: usize, position: usize, member: &Member) -> Value {
    let mut value: serde_json::Map<String, Value> =
        fields(group, position).into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    for (number, reference) in member.references.iter().enumerate() {
        value.insert(format!("ref{number}"), json!(identifier(group, position_of(reference))));
    }
    let types: serde_json::Map<String, Value> =
        value.iter().map(|(name, value)| (name.clone(), json!(type_of(value)))).collect();
    let wrapped = json!({"value": value, "type": ["object", types]});
    let mut upstream: Vec<&str> = member.references.to_vec();
    if member.kind == "instance" {
        upstream.push("vpc");
    }
    let mut dependencies: Vec<String> =
        upstream.iter().map(|name| format!("terraform_data.g{group:05}_{name}")).collect();
    dependencies.sort();
    json!({
        "mode": "managed",
        "type": "terraform_data",
        "name": format!("g{group:05}_{}", member.name),
        "provider": "provider[\"terraform.io/builtin/terraform\"]",
        "instances": [{
            "schema_version": 0,
            "attributes": {
                "id": identifier(group, position),
                "input": wrapped.clone(),
                "output": wrapped,
                "triggers_replace": null,
            },
            "sensitive_attributes": [],
            "identity_schema_version": 0,
            "dependencies": dependencies,
        }],
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        _ => "string",
    }
}

fn position_of(name: &str) -> usize {
    MEMBERS.iter().position(|member| member.name == name).expect("references name members of the group")
}

/// In the form of a random identifier, but the same in every run.
fn identifier(group: usize, position: usize) -> String {
    let seed =
        (group as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (position as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let low = seed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        seed >> 32,
        seed >> 16 & 0xffff,
        seed & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
