//! Recorded inputs: parameters, lookups, environment variables, files. What is read is written down.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::failure::{Eval, FailureKind, Stop};
use crate::inputs::{InputValue, MissingLookup, OPEN_PARAMETER, Query, Recorded};
use crate::machine::Machine;
use crate::operators::INT_MAX;
use crate::program::{Code, InputType, OriginId, RefinementId};
use crate::value::{Boxed, Later, Record, Term, Value};

impl Machine<'_> {
    pub(crate) fn parameter(
        &mut self,
        name: &Arc<str>,
        input: &InputType,
        refinement: Option<RefinementId>,
        default: Option<Code>,
        origin: OriginId,
    ) -> Eval<Value> {
        let value = match self.inputs.parameter(name) {
            Some(given) => {
                let read = match &given.value {
                    InputValue::Text(text) => self.input_text(input, text),
                    InputValue::Json(json) => self.input_json(input, json),
                };
                let found = match &given.value {
                    InputValue::Text(text) => format!("`{text}`"),
                    InputValue::Json(json) => format!("`{json}`"),
                };
                let value = read.ok_or_else(|| {
                    let wanted = self.input_name(input);
                    let kind = FailureKind::InputText { name: name.clone(), source: given.source, wanted, found };
                    self.fail(kind, origin)
                })?;
                if let Some(refinement) = refinement {
                    self.refine(refinement, &value).map_err(|stop| self.place(stop, origin))?;
                }
                value
            }
            None if self.inputs.leaves_open(name, default.is_some() || matches!(input, InputType::Optional(_))) => {
                let argument = Boxed::new(Value::String(name.clone()));
                let term = Term::Lookup { source: Arc::from(OPEN_PARAMETER), argument };
                return Ok(Value::Later(std::rc::Rc::new(Later { term, origin })));
            }
            None => match default {
                Some(code) => self.run(code, None)?,
                None if matches!(input, InputType::Optional(_)) => Value::None,
                None => return Err(self.fail(FailureKind::InputMissing { name: name.clone() }, origin)),
            },
        };
        let json = self.json_plain(&value).unwrap_or(Json::Null);
        self.recorded.insert(format!("parameter {name}"), json);
        Ok(value)
    }

    fn input_name(&self, input: &InputType) -> String {
        match input {
            InputType::Int => "an Int".into(),
            InputType::Float => "a Float".into(),
            InputType::Bool => "a Bool, `true` or `false`".into(),
            InputType::String => "a String".into(),
            InputType::Duration => "a Duration such as `30s` or `5m`".into(),
            InputType::Size => "a Size such as `512MiB`".into(),
            InputType::Union(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
                format!("one of {}", texts.join(", "))
            }
            InputType::Optional(inner) => self.input_name(inner),
            InputType::List(_) => "a list, as JSON".into(),
            InputType::Dictionary(_) | InputType::Record(_) => "an object, as JSON".into(),
            InputType::Unsupported => "a value that can be given from outside".into(),
        }
    }

    fn input_text(&self, input: &InputType, text: &str) -> Option<Value> {
        let trimmed = text.trim();
        match input {
            InputType::Int => int_text(trimmed).map(Value::Int),
            InputType::Float => trimmed.parse::<f64>().ok().filter(|value| value.is_finite()).map(Value::Float),
            InputType::Bool => match trimmed {
                "true" | "True" => Some(Value::Bool(true)),
                "false" | "False" => Some(Value::Bool(false)),
                _ => None,
            },
            InputType::String => Some(Value::string(text)),
            InputType::Duration => duration(trimmed).map(Value::Duration),
            InputType::Size => size(trimmed).map(Value::Size),
            InputType::Union(texts) => texts.iter().find(|known| ***known == *text).cloned().map(Value::String),
            InputType::Optional(inner) => self.input_text(inner, text).map(Value::some),
            InputType::List(_) | InputType::Dictionary(_) | InputType::Record(_) => {
                self.input_json(input, &serde_json::from_str(trimmed).ok()?)
            }
            InputType::Unsupported => None,
        }
    }

    fn input_json(&self, input: &InputType, json: &Json) -> Option<Value> {
        match (input, json) {
            (InputType::Optional(_), Json::Null) => Some(Value::None),
            (InputType::Optional(inner), json) => self.input_json(inner, json).map(Value::some),
            (InputType::Int, Json::Number(number)) => {
                number.as_i64().filter(|value| (-INT_MAX..=INT_MAX).contains(value)).map(Value::Int)
            }
            (InputType::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
            (InputType::Bool, Json::Bool(value)) => Some(Value::Bool(*value)),
            (InputType::String | InputType::Union(_) | InputType::Duration | InputType::Size, Json::String(text)) => {
                self.input_text(input, text)
            }
            (InputType::List(inner), Json::Array(items)) => {
                items.iter().map(|item| self.input_json(inner, item)).collect::<Option<Vec<_>>>().map(Value::list)
            }
            (InputType::Dictionary(inner), Json::Object(entries)) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Some((Arc::from(&**key), self.input_json(inner, value)?)))
                    .collect::<Option<Vec<_>>>()?;
                Some(Value::dictionary(entries))
            }
            (InputType::Record(fields), Json::Object(entries)) => {
                let known = |key: &String| fields.iter().any(|(name, _)| **self.program.name(*name) == **key);
                if !entries.keys().all(known) {
                    return None;
                }
                let mut values = Vec::with_capacity(fields.len());
                for (name, inner) in fields {
                    let found = entries.get(&**self.program.name(*name)).unwrap_or(&Json::Null);
                    values.push((*name, self.input_json(inner, found)?));
                }
                Some(Value::Record(std::rc::Rc::new(Record::new(values))))
            }
            _ => None,
        }
    }

    pub(crate) fn lookup(
        &mut self,
        name: &Arc<str>,
        input: &InputType,
        refinement: Option<RefinementId>,
        code: Code,
    ) -> Eval<Value> {
        let asked = self.run(code, None)?;
        let query = match &asked {
            Value::Later(later) => match &later.term {
                Term::Lookup { argument, .. } if self.inputs.is_open() && self.json_plain(argument).is_none() => {
                    return Ok(asked);
                }
                Term::Lookup { source, argument } => Query::new(source, self.json_known(argument, "a lookup")?),
                _ => return Err(self.needs(later, "a lookup")),
            },
            // Not something to look up: the value itself.
            _ => return Ok(asked),
        };
        if let Value::Later(later) = &asked
            && self.inputs.prefers_question(&query)
        {
            // The program's own global holds it, as long as the machine is there.
            self.open_questions.insert(Rc::as_ptr(later), Arc::from(query.to_string()));
            return Ok(asked);
        }
        let Some(Recorded { answer: found, simulated }) = self.inputs.lookup(name, &query) else {
            if self.inputs.leaves_lookup_open(&query.source) {
                return Ok(asked);
            }
            let text = query.to_string();
            self.missing_lookups.push(MissingLookup { name: name.clone(), query, origin: code.origin() });
            return Err(self.fail(FailureKind::Lookup { name: name.clone(), query: text }, code.origin()));
        };
        let value = self.input_json(input, &found).ok_or_else(|| {
            let kind = FailureKind::InputText {
                name: name.clone(),
                source: "`lw.lock`".to_string(),
                wanted: self.input_name(input),
                found: format!("`{found}`"),
            };
            self.fail(kind, code.origin())
        })?;
        if let Some(refinement) = refinement {
            self.refine(refinement, &value).map_err(|stop| self.place(stop, code.origin()))?;
        }
        let key = query.key(name);
        if simulated {
            self.recorded.insert(format!("simulated {key}"), Json::Bool(true));
        }
        self.recorded.insert(key, found);
        Ok(value)
    }

    pub(crate) fn env(&mut self, name: &str) -> Option<String> {
        let value = self.inputs.env(name);
        self.recorded.insert(format!("env {name}"), value.clone().map_or(Json::Null, Json::from));
        value
    }

    /// A file's bytes; the same for the whole run.
    pub(crate) fn file(&mut self, path: &str) -> Eval<Arc<[u8]>> {
        if !self.files.contains_key(path) {
            let read = self.inputs.read_file(path).map(Arc::<[u8]>::from);
            if let Ok(bytes) = &read {
                self.charge_bytes(bytes.len())?;
                self.recorded.insert(format!("file {path}"), Json::from(format!("sha256:{}", digest(bytes))));
            }
            self.files.insert(Arc::from(path), read);
        }
        match &self.files[path] {
            Ok(bytes) => Ok(bytes.clone()),
            Err(reason) => Err(Stop::new(FailureKind::File { path: path.to_string(), reason: reason.clone() })),
        }
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An Int as the language writes it, with an optional sign.
pub(crate) fn int_text(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || digits.starts_with('_') || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    {
        return None;
    }
    text.replace('_', "").parse::<i64>().ok().filter(|value| (-INT_MAX..=INT_MAX).contains(value))
}

fn scaled(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    // Longer units first: `ms` ends in `s`.
    units.iter().find_map(|(unit, length)| {
        let number = int_text(text.strip_suffix(unit)?)?;
        number.checked_mul(*length).filter(|value| (-INT_MAX..=INT_MAX).contains(value))
    })
}

fn duration(text: &str) -> Option<i64> {
    scaled(text, &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])
}

fn size(text: &str) -> Option<i64> {
    scaled(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)])
}
