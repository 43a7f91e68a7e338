//! A template as it is written: YAML with short functions, or JSON.

use lw_plan::Json;

use super::Notation;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Scalar(Json),
    List(Vec<Document>),
    Mapping(Vec<(String, Document)>),
    /// By its long name: `Ref`, `Fn::Sub`.
    Function(&'static str, Box<Document>),
}

impl Document {
    pub fn text(text: &str) -> Document {
        Document::Scalar(Json::from(text))
    }

    pub fn function(name: &'static str, argument: Document) -> Document {
        Document::Function(name, Box::new(argument))
    }

    pub fn plain(value: &Json) -> Document {
        match value {
            Json::Array(items) => Document::List(items.iter().map(Document::plain).collect()),
            Json::Object(members) => {
                Document::Mapping(members.iter().map(|(key, value)| (key.clone(), Document::plain(value))).collect())
            }
            scalar => Document::Scalar(scalar.clone()),
        }
    }

    /// As a part of the text of `Fn::Sub`, if it can be.
    pub fn substitution(&self) -> Option<String> {
        match self {
            Document::Scalar(Json::String(text)) => Some(text.replace("${", "${!")),
            Document::Scalar(_) => None,
            Document::Function("Ref", name) => Some(format!("${{{}}}", name.as_text()?)),
            Document::Function("Fn::Sub", pattern) => pattern.as_text().map(str::to_string),
            Document::Function("Fn::GetAtt", parts) => match &**parts {
                Document::List(parts) => {
                    let parts: Option<Vec<&str>> = parts.iter().map(Document::as_text).collect();
                    Some(format!("${{{}}}", parts?.join(".")))
                }
                _ => None,
            },
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Document::Scalar(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    pub fn written(&self, notation: Notation) -> String {
        let mut out = String::new();
        match notation {
            Notation::Yaml => self.yaml(0, Place::Line, &mut out),
            Notation::Json => {
                self.json(0, &mut out);
                out.push('\n');
            }
        }
        out
    }

    fn json(&self, depth: usize, out: &mut String) {
        let line = |depth: usize, out: &mut String| {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        };
        match self {
            Document::Scalar(value) => out.push_str(&value.to_string()),
            Document::Function(name, argument) => {
                out.push_str(&format!("{{ {}: ", Json::from(*name)));
                argument.json(depth, out);
                out.push_str(" }");
            }
            Document::List(items) if items.is_empty() => out.push_str("[]"),
            Document::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(depth + 1, out);
                    item.json(depth + 1, out);
                }
                line(depth, out);
                out.push(']');
            }
            Document::Mapping(entries) if entries.is_empty() => out.push_str("{}"),
            Document::Mapping(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(depth + 1, out);
                    out.push_str(&format!("{}: ", Json::from(key.as_str())));
                    value.json(depth + 1, out);
                }
                line(depth, out);
                out.push('}');
            }
        }
    }

    /// Writes a value that begins at `place`; it ends with a line's end.
    fn yaml(&self, depth: usize, place: Place, out: &mut String) {
        let indent = "  ".repeat(depth);
        let space = if place == Place::Key { " " } else { "" };
        match self {
            Document::Scalar(Json::String(text)) => out.push_str(&format!("{space}{}\n", yaml_text(text, depth))),
            Document::Scalar(value) => out.push_str(&format!("{space}{value}\n")),
            Document::List(items) if items.is_empty() => out.push_str(&format!("{space}[]\n")),
            Document::Mapping(entries) if entries.is_empty() => out.push_str(&format!("{space}{{}}\n")),
            Document::List(items) => {
                out.push_str(if place == Place::Key { "\n" } else { "" });
                for (at, item) in items.iter().enumerate() {
                    if at > 0 || place != Place::Item {
                        out.push_str(&indent);
                    }
                    out.push_str("- ");
                    item.yaml(depth + 1, Place::Item, out);
                }
            }
            Document::Mapping(entries) => {
                out.push_str(if place == Place::Key { "\n" } else { "" });
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 || place != Place::Item {
                        out.push_str(&indent);
                    }
                    out.push_str(&format!("{}:", yaml_text(key, depth)));
                    value.yaml(depth + 1, Place::Key, out);
                }
            }
            Document::Function(name, argument) => match &**argument {
                // Short functions do not follow one another.
                Document::Function(..) => {
                    Document::Mapping(vec![(name.to_string(), (**argument).clone())]).yaml(depth, place, out);
                }
                Document::List(parts) if *name == "Fn::GetAtt" && parts.iter().all(|part| part.as_text().is_some()) => {
                    let parts: Vec<&str> = parts.iter().filter_map(Document::as_text).collect();
                    out.push_str(&format!("{space}!GetAtt {}\n", yaml_text(&parts.join("."), depth)));
                }
                scalar @ Document::Scalar(_) => {
                    out.push_str(&format!("{space}!{}", name.trim_start_matches("Fn::")));
                    scalar.yaml(depth, Place::Key, out);
                }
                collection => {
                    out.push_str(&format!("{space}!{}\n", name.trim_start_matches("Fn::")));
                    collection.yaml(depth.max(1), Place::Line, out);
                }
            },
        }
    }
}

/// Where a value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On a line of its own.
    Line,
    /// Behind `key:`
    Key,
    /// Behind `- `
    Item,
}

/// A text as YAML writes it: plain where nothing else could be meant, else in quotes, or as a block.
fn yaml_text(text: &str, depth: usize) -> String {
    if text.contains('\n') && is_block(text) {
        let indent = "  ".repeat(depth.max(1));
        let keep = if text.ends_with('\n') { "" } else { "-" };
        let lines: Vec<String> = text
            .trim_end_matches('\n')
            .split('\n')
            .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
            .collect();
        return format!("|{keep}\n{}", lines.join("\n"));
    }
    let is_word = |character: char| character.is_ascii_alphanumeric() || "-_./:".contains(character);
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(is_word)
        && !text.ends_with(':')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off" | "null"
        );
    if is_plain {
        return text.to_string();
    }
    if text.chars().any(|character| character.is_control()) {
        return Json::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a block gives exactly this text.
fn is_block(text: &str) -> bool {
    !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && !text.chars().any(|character| character.is_control() && character != '\n')
        && text.split('\n').all(|line| !line.ends_with(' '))
}
