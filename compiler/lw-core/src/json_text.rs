//! JSON as text, written as it is found: a value whose parts are shared can be exponentially larger as text than it is in memory, so the
//! text is metered while it grows and no tree of it is ever made.

use std::fmt::Write;

use crate::eval::with_stack;
use crate::failure::{Eval, Stop};
use crate::json::float_json;
use crate::machine::Machine;
use crate::program::OriginId;
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    OneLine,
    /// Each element on a line of its own, two spaces deeper than what holds it.
    Indented,
}

impl Layout {
    fn operation(self) -> &'static str {
        match self {
            Layout::OneLine => "JSON",
            Layout::Indented => "JSON over several lines",
        }
    }
}

struct Writer {
    out: String,
    layout: Layout,
    depth: usize,
}

impl Machine<'_> {
    /// The text of a value that has to be known, object members in the order of their names.
    pub(crate) fn json_text(&mut self, value: &Value, layout: Layout) -> Eval<String> {
        let mut writer = Writer { out: String::new(), layout, depth: 0 };
        self.json_write(value, &mut writer)?;
        Ok(writer.out)
    }

    fn json_write(&mut self, value: &Value, writer: &mut Writer) -> Eval<()> {
        self.charge_steps(1)?;
        if writer.out.len() > self.text_bytes_max() {
            self.charge_bytes(writer.out.len())?;
        }
        with_stack(|| self.json_write_grown(value, writer))
    }

    fn json_write_grown(&mut self, value: &Value, writer: &mut Writer) -> Eval<()> {
        match value {
            Value::Some(inner) => return self.json_write(inner, writer),
            Value::Tuple(items) | Value::List(items) => {
                writer.open('[');
                for (at, item) in items.iter().enumerate() {
                    writer.next(at);
                    self.json_write(item, writer)?;
                }
                writer.close(']', items.is_empty());
            }
            Value::Record(record) => {
                let program = self.program;
                let mut fields: Vec<(&str, &Value)> = record
                    .fields()
                    .filter(|(_, value)| !matches!(value, Value::None))
                    .map(|(name, value)| (&**program.name(name), value))
                    .collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                self.json_object(fields.into_iter(), writer)?;
            }
            Value::Dictionary(dictionary) => {
                self.json_object(dictionary.entries().map(|(key, value)| (&**key, value)), writer)?;
            }
            Value::Constructor(constructor, Some(payload)) => {
                let name = self.program.constructor(*constructor).name.clone();
                self.json_object(std::iter::once((&*name, &***payload)), writer)?;
            }
            Value::Later(later) => match self.known(later)? {
                Some(known) => return self.json_write(&known, writer),
                None => return Err(self.needs(later, writer.layout.operation())),
            },
            Value::Resource(id) => {
                let reference = self.reference(*id, OriginId::NONE)?;
                return self.json_write(&reference, writer);
            }
            Value::Undecided(cause) => return Err(Stop::Undecided(cause.clone())),
            Value::Int(number) | Value::Size(number) => _ = write!(writer.out, "{number}"),
            Value::Float(number) => _ = write!(writer.out, "{}", float_json(*number)),
            Value::String(text) => writer.string(text),
            Value::Message(message) => writer.string(&message.text),
            scalar => {
                let json = self.json_known(scalar, writer.layout.operation())?;
                _ = write!(writer.out, "{json}");
            }
        }
        Ok(())
    }

    fn json_object<'v>(
        &mut self,
        entries: impl ExactSizeIterator<Item = (&'v str, &'v Value)>,
        writer: &mut Writer,
    ) -> Eval<()> {
        let is_empty = entries.len() == 0;
        writer.open('{');
        for (at, (key, value)) in entries.enumerate() {
            writer.next(at);
            writer.string(key);
            writer.out.push_str(if writer.layout == Layout::Indented { ": " } else { ":" });
            self.json_write(value, writer)?;
        }
        writer.close('}', is_empty);
        Ok(())
    }
}

impl Writer {
    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
    }

    /// Before an element.
    fn next(&mut self, at: usize) {
        if at > 0 {
            self.out.push(',');
        }
        self.line();
    }

    fn close(&mut self, bracket: char, is_empty: bool) {
        self.depth -= 1;
        if !is_empty {
            self.line();
        }
        self.out.push(bracket);
    }

    fn line(&mut self) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn string(&mut self, text: &str) {
        // A string always has a JSON form.
        self.out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}
