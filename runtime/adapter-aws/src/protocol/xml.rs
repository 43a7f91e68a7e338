//! XML that is received, as a tree.

use xmlparser::{ElementEnd, Token, Tokenizer};

/// Deeper than any answer; a hostile one ends here.
const DEPTH_MAX: usize = 200;

/// An element. Names have no prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    pub name: String,
    /// Names with their prefix, as they are written.
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads a document; says what is wrong with one that is not whole.
pub fn parse(text: &str) -> Result<Element, String> {
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let close = |open: &mut Vec<Element>, root: &mut Option<Element>| {
        let Some(element) = open.pop() else { return };
        match open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => *root = Some(element),
        }
    };
    for token in Tokenizer::from(text) {
        match token.map_err(|error| error.to_string())? {
            Token::ElementStart { local, .. } => {
                if open.len() >= DEPTH_MAX {
                    return Err(format!("more than {DEPTH_MAX} elements inside each other"));
                }
                open.push(Element { name: local.to_string(), ..Element::default() });
            }
            Token::Attribute { prefix, local, value, .. } => {
                if let Some(element) = open.last_mut() {
                    let name = if prefix.is_empty() { local.to_string() } else { format!("{prefix}:{local}") };
                    element.attributes.push((name, unescape(&value)));
                }
            }
            Token::ElementEnd { end, .. } => match end {
                ElementEnd::Open => {}
                ElementEnd::Empty => close(&mut open, &mut root),
                ElementEnd::Close(_, local) => {
                    if open.last().is_none_or(|element| element.name != local.as_str()) {
                        return Err(format!("`</{local}>` closes nothing"));
                    }
                    close(&mut open, &mut root);
                }
            },
            Token::Text { text } => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&unescape(&text));
                }
            }
            Token::Cdata { text, .. } => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            _ => {}
        }
    }
    match (root, open.last()) {
        (Some(root), None) => Ok(root),
        (_, Some(element)) => Err(format!("`<{}>` is not closed", element.name)),
        (None, None) => Err("there is no element".to_string()),
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let sign = after.find(';').filter(|end| *end <= 10).and_then(|end| Some((sign(&after[..end])?, end)));
        match sign {
            Some((sign, end)) => {
                plain.push(sign);
                rest = &after[end + 1..];
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn sign(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_an_error() {
        for text in ["", "<a>", "<a></b>", "<a><b></a>", "<html><body>Internal <b>error", "not xml", "<a b=></a>"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn entities_and_cdata() {
        let root = parse("<?xml version=\"1.0\"?><a x:b=\"1&amp;2\">&lt;&#65;&#x42;&nope;<![CDATA[<c>]]></a>").unwrap();
        assert_eq!(root.text, "<AB&nope;<c>");
        assert_eq!(root.attributes, [("x:b".to_string(), "1&2".to_string())]);
    }
}
