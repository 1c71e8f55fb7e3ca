//! JSON as a tree in which every value knows where it was written.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::borrow::Cow;
use std::fmt::Write;

/// Deepest nesting of arrays and objects; the format itself needs 8.
pub(super) const DEPTH_MAX: usize = 64;

/// Where something was written. No two values or names share a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// 0 = the file, k = the k-th option.
    pub(super) source: usize,
    /// First byte.
    pub(super) offset: usize,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) at: Place,
    pub(super) json: Json<'t>,
}

/// A value. Numbers stay text, so that 64-bit ids never pass through a double.
#[derive(Debug, Clone)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// A name of an object with its value. Names may repeat: the reader reports it.
#[derive(Debug, Clone)]
pub(super) struct Member<'t> {
    pub(super) at: Place,
    pub(super) name: Cow<'t, str>,
    pub(super) value: Node<'t>,
}

/// Why a text is no JSON: at which byte, and what is wrong.
pub(super) struct SyntaxError {
    pub(super) offset: usize,
    pub(super) fault: String,
    pub(super) remedy: String,
}

impl SyntaxError {
    fn new(offset: usize, fault: String) -> SyntaxError {
        SyntaxError { offset, fault, remedy: "write JSON as of RFC 8259".to_owned() }
    }
}

/// Reads strict JSON (RFC 8259) written by `source`.
pub(super) fn parse(text: &str, source: usize) -> Result<Node<'_>, SyntaxError> {
    check_depth(text)?;
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &strict) {
        Ok(parsed) => match parsed.value {
            Some(value) => Ok(node(value, source)),
            None => Err(SyntaxError::new(0, "there is no JSON value".to_owned())),
        },
        Err(error) => {
            let fault = format!("no JSON: {}", lower_first(&error.kind().to_string()));
            Err(SyntaxError::new(error.range().start, fault))
        }
    }
}

/// The parser descends once per level, so a deep input is refused before it is parsed.
fn check_depth(text: &str) -> Result<(), SyntaxError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEPTH_MAX {
                    let fault = format!("arrays and objects are nested more than {DEPTH_MAX} deep");
                    let remedy = format!("nest at most {DEPTH_MAX} deep");
                    return Err(SyntaxError { offset, fault, remedy });
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn node(value: ast::Value<'_>, source: usize) -> Node<'_> {
    let at = Place { source, offset: value.range().start };
    let json = match value {
        ast::Value::NullKeyword(_) => Json::Null,
        ast::Value::BooleanLit(literal) => Json::Bool(literal.value),
        ast::Value::NumberLit(literal) => Json::Number(Cow::Borrowed(literal.value)),
        ast::Value::StringLit(literal) => Json::Text(literal.value),
        ast::Value::Array(array) => {
            Json::Array(array.elements.into_iter().map(|element| node(element, source)).collect())
        }
        ast::Value::Object(object) => {
            Json::Object(object.properties.into_iter().map(|property| member(property, source)).collect())
        }
    };
    Node { at, json }
}

fn member(property: ast::ObjectProp<'_>, source: usize) -> Member<'_> {
    let at = Place { source, offset: property.name.range().start };
    let name = match property.name {
        ast::ObjectPropName::String(literal) => literal.value,
        ast::ObjectPropName::Word(literal) => Cow::Borrowed(literal.value),
    };
    Member { at, name, value: node(property.value, source) }
}

impl<'t> Node<'t> {
    /// The value of `name` if this is an object that has it; of repeated names the first.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'t>> {
        self.members().iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// The members of an object; of anything else none.
    pub(super) fn members(&self) -> &[Member<'t>] {
        if let Json::Object(members) = &self.json { members } else { &[] }
    }

    /// The elements of an array; of anything else none.
    pub(super) fn elements(&self) -> &[Node<'t>] {
        if let Json::Array(elements) = &self.json { elements } else { &[] }
    }

    /// What kind of value this is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self.json {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// As compact JSON, numbers as they were written.
    pub(super) fn to_compact(&self) -> String {
        let mut text = String::new();
        self.write_compact(&mut text);
        text
    }

    fn write_compact(&self, text: &mut String) {
        match &self.json {
            Json::Null => text.push_str("null"),
            Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) => text.push_str(number),
            Json::Text(value) => write_string(value, text),
            Json::Array(elements) => {
                text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    element.write_compact(text);
                }
                text.push(']');
            }
            Json::Object(members) => {
                text.push('{');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    write_string(&member.name, text);
                    text.push(':');
                    member.value.write_compact(text);
                }
                text.push('}');
            }
        }
    }
}

fn write_string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => {
                write!(text, "\\u{:04x}", u32::from(control)).expect("writing to a String cannot fail");
            }
            other => text.push(other),
        }
    }
    text.push('"');
}
