//! Types as people write them.

use crate::checker::Checker;
use crate::types::{Ty, Type};

/// Deeper parts are shown as `…`.
const DEPTH_SHOWN: u32 = 6;
/// Longer records are cut here.
const FIELDS_SHOWN: usize = 8;
/// Longer texts get no further parts.
const LENGTH_SHOWN: usize = 120;

impl Checker<'_> {
    pub fn show(&self, ty: Ty) -> String {
        let mut out = String::new();
        self.show_into(ty, 0, &mut out);
        out
    }

    fn show_into(&self, ty: Ty, depth: u32, out: &mut String) {
        if depth > DEPTH_SHOWN || out.len() > LENGTH_SHOWN {
            out.push('…');
            return;
        }
        match self.types.get(ty) {
            Type::Error => out.push('?'),
            Type::Variable(_) => out.push('_'),
            Type::Generic(number) => out.push((b'a' + (number % 26) as u8) as char),
            Type::Rigid(name, _) => out.push_str(name),
            Type::Literal(name) => {
                let short = self.resources.iter().find(|resource| resource.wire == *name);
                match short {
                    Some(resource) => out.push_str(&self.program.resource_types[resource.id.0 as usize].name),
                    None => {
                        // `AWS::EC2::VPC` reads as `EC2.VPC`.
                        let text = name.as_str().trim_start_matches("AWS::").replace("::", ".");
                        out.push_str(&text);
                    }
                }
            }
            Type::Builtin(builtin, arguments) => {
                out.push_str(builtin.name());
                self.show_arguments(arguments, depth, out);
            }
            Type::Declared(declared, arguments) => {
                out.push_str(&self.declared[declared.0 as usize].display);
                self.show_arguments(arguments, depth, out);
            }
            Type::Function(parameters, result) => {
                out.push_str("fun(");
                self.show_all(parameters, depth, out);
                out.push_str(") -> ");
                self.show_into(*result, depth + 1, out);
            }
            Type::Tuple(items) => {
                out.push('(');
                self.show_all(items, depth, out);
                out.push(')');
            }
            Type::Record(fields, rest) => {
                out.push('{');
                for (at, (name, ty)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    if at == FIELDS_SHOWN || out.len() > LENGTH_SHOWN {
                        out.push('…');
                        break;
                    }
                    out.push_str(name);
                    out.push_str(": ");
                    self.show_into(*ty, depth + 1, out);
                }
                if rest.is_some() {
                    out.push_str(if fields.is_empty() { "…" } else { ", …" });
                }
                out.push('}');
            }
        }
    }

    fn show_arguments(&self, arguments: &[Ty], depth: u32, out: &mut String) {
        if !arguments.is_empty() {
            out.push('<');
            self.show_all(arguments, depth, out);
            out.push('>');
        }
    }

    fn show_all(&self, types: &[Ty], depth: u32, out: &mut String) {
        for (at, ty) in types.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            self.show_into(*ty, depth + 1, out);
        }
    }
}
