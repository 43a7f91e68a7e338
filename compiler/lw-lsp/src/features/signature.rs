//! Signature help: the parameters of the call that is being written.

use lsp_types::*;
use lw_check::{Session, Symbol};
use lw_diagnostics::FileId;
use lw_syntax::{Lexeme, LexemeKind, lexemes};

use super::hover;
use crate::documents::path_of;
use crate::workspace::Workspace;

pub fn help(workspace: &mut Workspace, params: &SignatureHelpParams) -> Option<SignatureHelp> {
    let at = &params.text_document_position_params;
    let place = workspace.place(&path_of(&at.text_document.uri))?;
    let offset = place.text.offset(at.position, place.encoding);
    let call = Call::around(&place.text.text, offset)?;
    let symbol = resolve(place.session, place.file, offset, &call.callee)?;
    let name = call.callee.rsplit('.').next().unwrap_or_default().to_string();
    let label = hover::signature(place.session, symbol, &name);
    let documentation = hover::documentation(place.session, symbol);
    let parameters = parameters(&label);
    if parameters.is_empty() {
        return None;
    }
    // A record argument is filled in by name.
    let active = match &call.field {
        Some(field) => parameters.iter().position(|part| part.trim_start().starts_with(&format!("{field}:"))),
        None => Some(call.argument.min(parameters.len() - 1)),
    };
    let information =
        |text: &String| ParameterInformation { label: ParameterLabel::Simple(text.clone()), documentation: None };
    Some(SignatureHelp {
        signatures: vec![SignatureInformation {
            label,
            documentation: documentation
                .map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
            parameters: Some(parameters.iter().map(information).collect()),
            active_parameter: active.map(|at| at as u32),
        }],
        active_signature: Some(0),
        active_parameter: active.map(|at| at as u32),
    })
}

/// A call whose bracket is open at the cursor.
struct Call {
    callee: String,
    argument: usize,
    /// The field that is being written, of a record argument.
    field: Option<String>,
}

impl Call {
    fn around(text: &str, offset: u32) -> Option<Call> {
        let tokens: Vec<Lexeme> = lexemes(text)
            .into_iter()
            .filter(|token| token.start < offset && token.kind != LexemeKind::Comment)
            .collect();
        let slice = |token: &Lexeme| &text[token.start as usize..token.end as usize];
        let mut depth = 0;
        let mut argument = 0;
        let mut field = None;
        for (at, token) in tokens.iter().enumerate().rev() {
            // A statement that begins in the first column ends the search.
            let line_start = text[..token.start as usize].rfind('\n').map_or(0, |line| line + 1);
            if depth == 0 && token.kind == LexemeKind::Keyword && line_start as u32 == token.start {
                return None;
            }
            match token.kind {
                LexemeKind::Close => depth += 1,
                LexemeKind::Open if depth > 0 => depth -= 1,
                LexemeKind::Open => {
                    let bracket = slice(token);
                    let callee = callee(&tokens[..at], text);
                    match (callee, bracket) {
                        (Some(callee), "(") => return Some(Call { callee, argument, field: None }),
                        (Some(callee), "{") => return Some(Call { callee, argument: 0, field }),
                        _ => (argument, field) = (0, None),
                    }
                }
                LexemeKind::Comma if depth == 0 => argument += 1,
                LexemeKind::Colon if depth == 0 && argument == 0 && field.is_none() => {
                    field = at.checked_sub(1).map(|at| slice(&tokens[at]).to_string());
                }
                _ => {}
            }
        }
        None
    }
}

/// The dotted name right before a bracket.
fn callee(before: &[Lexeme], text: &str) -> Option<String> {
    let slice = |token: &Lexeme| &text[token.start as usize..token.end as usize];
    let last = before.last()?;
    if last.kind != LexemeKind::Lower {
        return None;
    }
    let mut words = vec![slice(last)];
    let mut at = before.len() - 1;
    while at >= 2 && before[at - 1].kind == LexemeKind::Dot && before[at - 2].kind == LexemeKind::Upper {
        words.push(slice(&before[at - 2]));
        at -= 2;
    }
    // `fun name(` declares.
    if at > 0 && slice(&before[at - 1]) == "fun" {
        return None;
    }
    words.reverse();
    Some(words.join("."))
}

/// The function that a name means in a file.
fn resolve(session: &mut Session, file: FileId, _offset: u32, callee: &str) -> Option<Symbol> {
    match callee.rsplit_once('.') {
        Some((module, name)) => {
            let module = session.resolve_module(file, module)?;
            session
                .members(module)
                .into_iter()
                .find(|(known, symbol)| *known == name && matches!(symbol, Symbol::Value(_)))
                .map(|(_, symbol)| symbol)
        }
        None => session.resolve_value(file, callee),
    }
}

/// The parameters as they stand in a header.
fn parameters(label: &str) -> Vec<String> {
    let Some(open) = label.find(['(', '{']) else { return Vec::new() };
    let mut depth = 0;
    let mut found = vec![String::new()];
    for letter in label[open..].chars() {
        match letter {
            '(' | '{' | '<' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            // The arrow of a function type closes nothing.
            '>' if !found.last().is_some_and(|text| text.ends_with('-')) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        match letter {
            ',' if depth == 1 => found.push(String::new()),
            '(' | '{' if depth == 1 => {}
            _ => found.last_mut().expect("it begins with one").push(letter),
        }
    }
    found.into_iter().map(|text| text.trim().to_string()).filter(|text| !text.is_empty()).collect()
}
