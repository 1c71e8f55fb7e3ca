//! YAML as a tree in which every key and value knows where it was written.

use super::json::{DEPTH_MAX, Place, SyntaxError};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A value with its place. Scalars stay text: what they mean depends on the key.
pub(super) enum YamlNode {
    /// Nothing, `~` or `null`.
    Null(Place),
    Scalar(Place, String),
    Sequence(Place, Vec<YamlNode>),
    Mapping(Place, Vec<YamlMember>),
}

/// A key with its value.
pub(super) struct YamlMember {
    pub(super) at: Place,
    pub(super) name: String,
    pub(super) value: YamlNode,
}

impl YamlNode {
    /// Where the value begins.
    pub(super) fn at(&self) -> Place {
        match self {
            YamlNode::Null(at)
            | YamlNode::Scalar(at, _)
            | YamlNode::Sequence(at, _)
            | YamlNode::Mapping(at, _) => *at,
        }
    }
}

/// A sequence or a mapping that has not ended yet.
enum Open {
    Sequence(Place, Vec<YamlNode>),
    /// Members so far, and the key that waits for its value.
    Mapping(Place, Vec<YamlMember>, Option<(Place, String)>),
}

/// Reads the one document of a YAML text; an empty text is null.
pub(super) fn parse(text: &str, source: usize) -> Result<YamlNode, SyntaxError> {
    // The parser counts characters, places count bytes.
    let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
    let offset_of = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
    let mut builder = Builder { source, stack: Vec::new(), root: None };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span): (Event, Span) = event.map_err(|error| SyntaxError {
            offset: offset_of(error.marker().index()),
            fault: format!("no YAML: {}", error.info()),
            remedy: "write YAML as Milvus reads it".to_owned(),
        })?;
        let offset = offset_of(span.start.index());
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                return Err(refuse(offset, "a second document begins", "keep one document"));
            }
        }
        builder.take(event, offset)?;
    }
    Ok(builder.root.unwrap_or(YamlNode::Null(Place { source, offset: 0 })))
}

fn refuse(offset: usize, fault: &str, remedy: &str) -> SyntaxError {
    SyntaxError { offset, fault: fault.to_owned(), remedy: remedy.to_owned() }
}

struct Builder {
    source: usize,
    stack: Vec<Open>,
    root: Option<YamlNode>,
}

impl Builder {
    fn take(&mut self, event: Event, offset: usize) -> Result<(), SyntaxError> {
        let at = Place { source: self.source, offset };
        match event {
            Event::Alias(_) => {
                return Err(refuse(offset, "an alias is not read", "write the value out"));
            }
            Event::SequenceStart(..) => self.open(Open::Sequence(at, Vec::new()), offset)?,
            Event::MappingStart(..) => self.open(Open::Mapping(at, Vec::new(), None), offset)?,
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Sequence(at, elements)) => self.put(YamlNode::Sequence(at, elements), offset)?,
                Some(Open::Mapping(at, members, _)) => self.put(YamlNode::Mapping(at, members), offset)?,
                None => {}
            },
            Event::Scalar(text, style, ..) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let node = if is_null && !self.awaits_key() {
                    YamlNode::Null(at)
                } else {
                    YamlNode::Scalar(at, text.into_owned())
                };
                self.put(node, offset)?;
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open::Mapping(_, _, None)))
    }

    fn open(&mut self, open: Open, offset: usize) -> Result<(), SyntaxError> {
        if self.awaits_key() {
            return Err(refuse(offset, "a key is no text", "write plain keys"));
        }
        if self.stack.len() == DEPTH_MAX {
            let fault = format!("it is nested more than {DEPTH_MAX} deep");
            return Err(refuse(offset, &fault, &format!("nest at most {DEPTH_MAX} deep")));
        }
        self.stack.push(open);
        Ok(())
    }

    fn put(&mut self, node: YamlNode, offset: usize) -> Result<(), SyntaxError> {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence(_, elements)) => elements.push(node),
            Some(Open::Mapping(_, members, key)) => match (key.take(), node) {
                (Some((at, name)), value) => members.push(YamlMember { at, name, value }),
                (None, YamlNode::Scalar(at, name)) => *key = Some((at, name)),
                (None, _) => return Err(refuse(offset, "a key is no text", "write plain keys")),
            },
        }
        Ok(())
    }
}
