//! JSON by RFC 8785: keys in the order of their UTF-16 code units, no white space, numbers as ECMAScript prints them.
//!
//! The one idea: a serde serializer that writes straight into one text. A map whose keys come in order (every `BTreeMap` of ASCII
//! names) is written once; any other is put in order in place when it closes. Deliberately absent: a copy of the value.

use std::cmp::Ordering;
use std::fmt;
use std::fmt::Write;

use serde::Serialize;
use serde::ser::{self, Serializer};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// JSON by RFC 8785: sorted keys, no white space, shortest numbers. The same value gives the same bytes everywhere.
///
/// Integers are exact, also beyond 2^53, where RFC 8785 would round.
pub fn canonical_json(value: &Json) -> String {
    to_canonical(value)
}

/// The canonical JSON of anything that is plain data: text keys, no failing serializer.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    append_canonical(&mut text, value);
    text
}

/// [`to_canonical`] after what a text has already.
pub(crate) fn append_canonical<T: Serialize + ?Sized>(text: &mut String, value: &T) {
    let mut writer = Writer { out: std::mem::take(text), ..Writer::default() };
    value.serialize(&mut writer).expect("plain data is serialisable");
    *text = writer.out;
}

/// SHA-256 in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// What stands in place of each byte of a string: 0 for itself, `u` for a four-digit escape, else the letter of a short one.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[0x08] = b'b';
    escapes[b'\t' as usize] = b't';
    escapes[b'\n' as usize] = b'n';
    escapes[0x0c] = b'f';
    escapes[b'\r' as usize] = b'r';
    escapes
};

/// Where the first byte is that cannot stand for itself, eight bytes at a time.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let mut chunks = bytes.chunks_exact(8);
    let mut passed = 0;
    for chunk in &mut chunks {
        let word = u64::from_ne_bytes(chunk.try_into().expect("eight bytes"));
        if below(word, 0x20) | is(word, b'"') | is(word, b'\\') != 0 {
            break;
        }
        passed += 8;
    }
    let rest = &bytes[passed..];
    rest.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0).map(|at| passed + at)
}

/// A quoted JSON string with the escapes of RFC 8785.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let byte = rest.as_bytes()[at];
        match ESCAPES[usize::from(byte)] {
            b'u' => write!(out, "\\u{byte:04x}").expect("a String takes everything"),
            letter => {
                out.push('\\');
                out.push(char::from(letter));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// A number as ECMAScript prints it; what is not finite is `null`, as in ECMAScript's own JSON.
fn write_float(out: &mut String, number: f64) {
    if number.is_finite() {
        out.push_str(ryu_js::Buffer::new().format_finite(number));
    } else {
        out.push_str("null");
    }
}

/// How deep values nest between two looks at the stack.
const LEVELS_PER_STACK_CHECK: u32 = 16;

#[derive(Default)]
struct Writer {
    out: String,
    /// The entries of the maps that are open now, innermost last.
    entries: Vec<Entry>,
    depth: u32,
}

impl Writer {
    fn nested<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.depth += 1;
        let result = if self.depth.is_multiple_of(LEVELS_PER_STACK_CHECK) {
            stacker::maybe_grow(128 * 1024, 1024 * 1024, || value.serialize(&mut *self))
        } else {
            value.serialize(&mut *self)
        };
        self.depth -= 1;
        result
    }

    fn list(&mut self, close: &'static str) -> ListWriter<'_> {
        self.out.push('[');
        ListWriter { writer: self, first: true, close }
    }

    fn map(&mut self, close: &'static str) -> MapWriter<'_> {
        self.out.push('{');
        let (start, base) = (self.out.len(), self.entries.len());
        MapWriter { writer: self, start, base, in_order: true, close }
    }

    fn integer(&mut self, number: impl fmt::Display) -> Result<(), fmt::Error> {
        write!(self.out, "{number}")
    }
}

struct ListWriter<'a> {
    writer: &'a mut Writer,
    first: bool,
    close: &'static str,
}

impl ListWriter<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        if !std::mem::take(&mut self.first) {
            self.writer.out.push(',');
        }
        self.writer.nested(value)
    }

    fn close(self) -> Result<(), fmt::Error> {
        self.writer.out.push_str(self.close);
        Ok(())
    }
}

struct MapWriter<'a> {
    writer: &'a mut Writer,
    /// After the opening brace.
    start: usize,
    base: usize,
    in_order: bool,
    close: &'static str,
}

/// Where an entry of an open map begins, and where its quoted key ends.
#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    key_end: usize,
}

/// The order of two keys as they are written, in quotes.
pub(crate) fn compare_quoted(left: &str, right: &str) -> Ordering {
    let (left, right) = (&left[1..left.len() - 1], &right[1..right.len() - 1]);
    for (left_byte, right_byte) in left.bytes().zip(right.bytes()) {
        if left_byte == b'\\' || right_byte == b'\\' {
            return compare_escaped(left, right);
        }
        if left_byte != right_byte {
            // Code units and UTF-8 bytes order alike, but for U+E000 to U+FFFF (lead bytes EE, EF) against what lies above them.
            return if left_byte < 0xee || right_byte < 0xee {
                left_byte.cmp(&right_byte)
            } else {
                left.encode_utf16().cmp(right.encode_utf16())
            };
        }
    }
    left.len().cmp(&right.len())
}

#[cold]
fn compare_escaped(left: &str, right: &str) -> Ordering {
    let read = |inner: &str| serde_json::from_str::<String>(&format!("\"{inner}\"")).expect("we wrote this string");
    read(left).encode_utf16().cmp(read(right).encode_utf16())
}

impl MapWriter<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        if self.writer.entries.len() > self.base {
            self.writer.out.push(',');
        }
        let at = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        if !self.writer.out[at..].starts_with('"') {
            let bare = self.writer.out.split_off(at);
            write_string(&mut self.writer.out, &bare);
        }
        self.note(at);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), fmt::Error> {
        if self.writer.entries.len() > self.base {
            self.writer.out.push(',');
        }
        let at = self.writer.out.len();
        write_string(&mut self.writer.out, name);
        self.note(at);
        self.writer.nested(value)
    }

    fn note(&mut self, start: usize) {
        let entry = Entry { start, key_end: self.writer.out.len() };
        if self.in_order && self.writer.entries.len() > self.base {
            let before = self.writer.entries[self.writer.entries.len() - 1];
            let (before, this) = (before.start..before.key_end, entry.start..entry.key_end);
            let order = compare_quoted(&self.writer.out[before], &self.writer.out[this]);
            self.in_order = order != Ordering::Greater;
        }
        self.writer.entries.push(entry);
        self.writer.out.push(':');
    }

    fn close(self) -> Result<(), fmt::Error> {
        if !self.in_order {
            let text = self.writer.out.split_off(self.start);
            let entries = &self.writer.entries[self.base..];
            let ends = entries[1..].iter().map(|next| next.start - self.start - 1).chain([text.len()]);
            // Quoted key, whole entry.
            let mut parts: Vec<(&str, &str)> = entries
                .iter()
                .zip(ends)
                .map(|(entry, end)| {
                    let start = entry.start - self.start;
                    (&text[start..entry.key_end - self.start], &text[start..end])
                })
                .collect();
            parts.sort_by(|left, right| compare_quoted(left.0, right.0));
            for (index, (_, part)) in parts.iter().enumerate() {
                if index > 0 {
                    self.writer.out.push(',');
                }
                self.writer.out.push_str(part);
            }
        }
        self.writer.entries.truncate(self.base);
        self.writer.out.push_str(self.close);
        Ok(())
    }
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = ListWriter<'a>;
    type SerializeTuple = ListWriter<'a>;
    type SerializeTupleStruct = ListWriter<'a>;
    type SerializeTupleVariant = ListWriter<'a>;
    type SerializeMap = MapWriter<'a>;
    type SerializeStruct = MapWriter<'a>;
    type SerializeStructVariant = MapWriter<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), fmt::Error> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), fmt::Error> {
        self.integer(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), fmt::Error> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), fmt::Error> {
        write_float(&mut self.out, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), fmt::Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), fmt::Error> {
        write_string(&mut self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), fmt::Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), fmt::Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), fmt::Error> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), fmt::Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), fmt::Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        let mut map = self.map("}");
        map.field(variant, value)?;
        map.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListWriter<'a>, fmt::Error> {
        Ok(self.list("]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<ListWriter<'a>, fmt::Error> {
        Ok(self.list("]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListWriter<'a>, fmt::Error> {
        Ok(self.list("]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ListWriter<'a>, fmt::Error> {
        self.out.push('{');
        write_string(&mut self.out, variant);
        self.out.push(':');
        Ok(self.list("]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapWriter<'a>, fmt::Error> {
        Ok(self.map("}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapWriter<'a>, fmt::Error> {
        Ok(self.map("}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapWriter<'a>, fmt::Error> {
        self.out.push('{');
        write_string(&mut self.out, variant);
        self.out.push(':');
        Ok(self.map("}}"))
    }
}

macro_rules! list_of {
    ($($name:ident $method:ident),*) => {$(
        impl ser::$name for ListWriter<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), fmt::Error> {
                self.close()
            }
        }
    )*};
}

list_of!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

impl ser::SerializeMap for MapWriter<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.writer.nested(value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.close()
    }
}

macro_rules! fields_of {
    ($($name:ident),*) => {$(
        impl ser::$name for MapWriter<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), fmt::Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), fmt::Error> {
                self.close()
            }
        }
    )*};
}

fields_of!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reordered(text: &str) -> String {
        canonical_json(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_examples_of_rfc_8785() {
        let input = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
            "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(reordered(input), expected);
    }

    #[test]
    fn keys_are_ordered_by_utf_16_code_units() {
        let input = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        assert_eq!(reordered(input), "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}");
    }

    #[test]
    fn numbers_are_ecmascripts_and_integers_exact() {
        let cases = [
            (json!(0), "0"),
            (json!(-0.0), "0"),
            (json!(1.0), "1"),
            (json!(9_007_199_254_740_993_u64), "9007199254740993"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(i64::MIN), "-9223372036854775808"),
            (json!(1e21), "1e+21"),
            (json!(1e20), "100000000000000000000"),
            (json!(5e-324), "5e-324"),
            (json!(0.1), "0.1"),
        ];
        for (value, text) in cases {
            assert_eq!(canonical_json(&value), text);
        }
    }

    #[test]
    fn structs_are_put_in_order_at_every_level() {
        #[derive(Serialize)]
        struct Outer {
            z: Inner,
            a: Option<u8>,
            m: (u8, char),
        }
        #[derive(Serialize)]
        struct Inner {
            y: Variant,
            b: bool,
        }
        #[derive(Serialize)]
        enum Variant {
            Struct { q: f64, c: &'static str },
        }
        let value = Outer { z: Inner { y: Variant::Struct { q: 0.5, c: "\u{1}" }, b: true }, a: None, m: (1, '"') };
        assert_eq!(
            to_canonical(&value),
            r#"{"a":null,"m":[1,"\""],"z":{"b":true,"y":{"Struct":{"c":"\u0001","q":0.5}}}}"#
        );
    }

    #[test]
    fn a_deep_value_does_not_end_the_process() {
        let mut value = json!(1);
        for _ in 0..20_000 {
            value = Json::Array(vec![value]);
        }
        assert_eq!(canonical_json(&value).len(), 40_001);
        // Taken apart by hand: the drop of a deep value is recursive.
        while let Json::Array(mut items) = value {
            value = items.pop().unwrap();
        }
    }

    #[test]
    fn a_digest_is_sha_256_in_lower_case() {
        assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(text in "\\PC{0,12}", other in "[\u{0}-\u{ff}\u{e000}-\u{10ffff}]{0,6}", number: i64) {
            let value = json!({&text: {&other: [number, &text]}, &other: null, "": 0});
            let written = canonical_json(&value);
            let read: Json = serde_json::from_str(&written).unwrap();
            proptest::prop_assert_eq!(&read, &value);
            proptest::prop_assert_eq!(canonical_json(&read), written);
        }
    }
}
