//! What CloudFormation resolves by itself: `{{resolve:secretsmanager:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:ssm:…}}`.
//!
//! The first two are handles on secrets where a secret may stand, and text everywhere else; the last is a lookup.

use super::Import;
use super::code::{Code, Kind, Level, Piece};
use super::functions::function;
use super::names::Space;
use crate::tree::{Node, NodeKind};

const SECRETS_MANAGER: &str = "{{resolve:secretsmanager:";
const SECURE_PARAMETER: &str = "{{resolve:ssm-secure:";
const PARAMETER: &str = "{{resolve:ssm:";
const END: &str = "}}";

/// Whether a text that is written, substituted or joined begins as a secret.
pub(super) fn is_resolved(node: &Node) -> bool {
    match (function(node), &node.kind) {
        (Some(("Fn::Sub", argument)), _) => is_resolved(argument.items().first().unwrap_or(argument)),
        (Some(("Fn::Join", argument)), _) => {
            argument.items().get(1).and_then(|list| list.items().first()).is_some_and(is_resolved)
        }
        (None, NodeKind::String(text)) => text.starts_with(SECRETS_MANAGER) || text.starts_with(SECURE_PARAMETER),
        _ => false,
    }
}

/// The handle on the secret that a text resolves to; nothing where a program has no such handle: for an older version.
pub(super) fn secret(code: Code) -> Option<Code> {
    let Code::Text(mut pieces) = code else { return None };
    match pieces.last_mut() {
        Some(Piece::Text(last)) => *last = last.strip_suffix(END)?.to_string(),
        _ => return None,
    }
    let Some(Piece::Text(first)) = pieces.first_mut() else { return None };
    if let Some(rest) = first.strip_prefix(SECURE_PARAMETER) {
        *first = rest.to_string();
        let name = whole(pieces).written();
        return Some(Code::atom(Kind::Secret, format!("Secret.parameter({name})")));
    }
    *first = first.strip_prefix(SECRETS_MANAGER)?.to_string();
    // An ARN has colons of its own: what follows the name begins with this word.
    const STRING: &str = ":SecretString";
    let is_string = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(STRING));
    let rest = match pieces.iter().position(is_string) {
        None => Vec::new(),
        Some(at) => {
            let mut rest = pieces.split_off(at);
            if let Piece::Text(text) = &mut rest[0] {
                let (name, behind) =
                    text.split_once(STRING).map(|(name, rest)| (name.to_string(), rest.to_string()))?;
                pieces.push(Piece::Text(name));
                *text = behind;
            }
            rest
        }
    };
    let name = whole(pieces).written();
    // `:key:stage:version`, of which the last two are another version than the present one.
    let (field, version) = match rest.as_slice() {
        [] => (Vec::new(), String::new()),
        [Piece::Text(only)] => {
            let mut parts = only.trim_start_matches(':').splitn(2, ':');
            let field = parts.next().unwrap_or_default().to_string();
            (vec![Piece::Text(field)], parts.next().unwrap_or_default().to_string())
        }
        [Piece::Text(first), Piece::Code(code)] if first == ":" => (vec![Piece::Code(code.clone())], String::new()),
        [Piece::Text(first), Piece::Code(code), Piece::Text(last)] if first == ":" => {
            (vec![Piece::Code(code.clone())], last.clone())
        }
        _ => return None,
    };
    if !version.trim_matches(':').is_empty() {
        return None;
    }
    let field = whole(field);
    let field = if field.as_literal() == Some("") { String::new() } else { format!(", field: {}", field.written()) };
    Some(Code::atom(Kind::Secret, format!("AWS.secret {{name: {name}{field}}}")))
}

/// Branches of one type: plain text is a part of what is secret.
pub(super) fn alike(then: Option<Code>, otherwise: Option<Code>) -> (Option<Code>, Option<Code>) {
    let is_secret = |code: &Option<Code>| code.as_ref().is_some_and(|code| code.kind() == Kind::Secret);
    if is_secret(&then) == is_secret(&otherwise) {
        return (then, otherwise);
    }
    let hidden = |code: Code| match code.kind() {
        Kind::Secret => code,
        _ => Code::Plain {
            text: format!("Secret.text({})", code.into_text().written()),
            kind: Kind::Secret,
            level: Level::Atom,
        },
    };
    (then.map(hidden), otherwise.map(hidden))
}

fn whole(pieces: Vec<Piece>) -> Code {
    Code::concatenated(pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => Code::literal(text),
        Piece::Code(text) => Code::atom(Kind::Text, text),
    }))
}

impl Import<'_, '_> {
    /// Whether a text has the variable of a loop in it.
    pub(super) fn mentions_variable(&self, text: &str) -> bool {
        self.variables.iter().any(|(name, _)| text.contains(&format!("${{{name}}}")))
    }

    /// A text as it is written, parameters of Systems Manager in it looked up.
    pub(super) fn stored_text(&mut self, text: &str) -> Code {
        if let Some((name, binding)) = self.variables.iter().find(|(name, _)| text.contains(&format!("${{{name}}}"))) {
            let (place, binding) = (format!("${{{name}}}"), binding.clone());
            let mut parts: Vec<Code> = Vec::new();
            for (at, part) in text.split(&place).enumerate() {
                if at > 0 {
                    parts.push(Code::atom(Kind::Text, binding.clone()));
                }
                parts.push(self.stored_text(part));
            }
            return Code::concatenated(parts);
        }
        if !text.contains(PARAMETER) {
            return Code::literal(text);
        }
        let mut parts: Vec<Code> = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(PARAMETER) {
            let Some((name, after)) = behind.split_once(END) else { break };
            parts.push(Code::literal(before));
            let binding = self.names.of(Space::Given, &format!("stored-{name}"));
            let name = Code::literal(name).written();
            self.asks_parameters = true;
            self.gather(&binding, || format!("lookup String {binding}: AWS.parameter {{name: {name}}}"));
            parts.push(Code::atom(Kind::Text, binding));
            rest = after;
        }
        parts.push(Code::literal(rest));
        Code::concatenated(parts)
    }
}
