//! Printed Python values (dicts, tuples, sets, dataclasses) rewritten as JSON.

/// An open bracket: where it stands in the output, and what is known of what it holds.
struct Open {
    at: usize,
    closer: char,
    has_keys: bool,
    has_items: bool,
}

/// The first bracketed value of a text as JSON; none when the text is not of that form.
///
/// Not a Python parser: brackets, strings and words are exchanged one by one, and whether the
/// outcome is JSON is for the JSON reader to say, which also limits the depth.
pub(super) fn to_json(text: &str) -> Option<String> {
    let start = start_of_value(text)?;
    let mut rewriter = Rewriter { out: String::with_capacity(text.len() + 64), open: Vec::new() };
    let mut rest = &text[start..];
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '\'' | '"' => rewriter.string(rest)?,
            '(' | '[' | '{' => rewriter.open(c),
            ')' | ']' | '}' => rewriter.close(c)?,
            c if c.is_alphabetic() || c == '_' => rewriter.word(rest),
            other => rewriter.other(other),
        };
        rest = rest.get(used..)?;
    }
    rewriter.open.is_empty().then_some(rewriter.out)
}

/// Skips a prompt, a log prefix or `name =`; a dataclass name is part of the value.
fn start_of_value(text: &str) -> Option<usize> {
    let bracket = text.find(['{', '[', '('])?;
    if !text[bracket..].starts_with('(') {
        return Some(bracket);
    }
    let name = text[..bracket].chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_');
    Some(bracket - name.map(char::len_utf8).sum::<usize>())
}

struct Rewriter {
    out: String,
    open: Vec<Open>,
}

impl Rewriter {
    fn item(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.has_items = true;
        }
    }

    fn open(&mut self, c: char) -> usize {
        self.item();
        let (written, closer) = match c {
            '(' => ('[', ')'),
            '[' => ('[', ']'),
            _ => ('{', '}'),
        };
        self.open.push(Open { at: self.out.len(), closer, has_keys: false, has_items: false });
        self.out.push(written);
        1
    }

    fn close(&mut self, c: char) -> Option<usize> {
        let open = self.open.pop().filter(|open| open.closer == c)?;
        // (7,) and [7, 9,] may end in a comma, JSON lists may not.
        let trimmed = self.out.trim_end();
        let end = trimmed.strip_suffix(',').map_or(trimmed.len(), str::len);
        self.out.truncate(end);
        let is_object = self.out[open.at..].starts_with('{');
        // {7, 9} is a set.
        let is_set = is_object && open.has_items && !open.has_keys;
        if is_set {
            self.out.replace_range(open.at..=open.at, "[");
        }
        self.out.push(if is_object && !is_set { '}' } else { ']' });
        Some(1)
    }

    fn string(&mut self, rest: &str) -> Option<usize> {
        self.item();
        let mut chars = rest.char_indices();
        let (_, quote) = chars.next()?;
        let mut value = String::new();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.out.push_str(&serde_json::to_string(&value).ok()?);
                return Some(at + c.len_utf8());
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'u' => value.push(escape(&mut chars, 4)?),
                'x' => value.push(escape(&mut chars, 2)?),
                other => value.push(other),
            }
        }
        None
    }

    /// True, False, None; `name=` and `Name(` of a dataclass; the b of b'...'.
    fn word(&mut self, rest: &str) -> usize {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        match after.chars().next() {
            Some('\'' | '"') => return length,
            Some('=') => {
                self.out.push('"');
                self.out.push_str(word);
                self.out.push_str("\":");
                return length + 1;
            }
            Some('(') => {
                self.item();
                self.open.push(Open { at: self.out.len(), closer: ')', has_keys: true, has_items: false });
                self.out.push('{');
                return length + 1;
            }
            _ => {}
        }
        self.item();
        self.out.push_str(match word {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            other => other,
        });
        length
    }

    fn other(&mut self, c: char) -> usize {
        if let Some(open) = self.open.last_mut() {
            open.has_keys |= c == ':';
            open.has_items |= c.is_ascii_digit();
        }
        self.out.push(c);
        c.len_utf8()
    }
}

fn escape(chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<char> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + chars.next()?.1.to_digit(16)?;
    }
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(python: &str, json: Option<&str>) {
        assert_eq!(to_json(python).as_deref(), json);
    }

    #[test]
    fn dicts_tuples_sets_and_dataclasses_become_json() {
        check("x = {'a': (7,), 'b': {9, 7}, 'c': {}}", Some(r#"{"a": [7], "b": [9, 7], "c": {}}"#));
        check(
            "[S(id=1, on=[7, 11], ok=True, no=None)]",
            Some(r#"[{"id":1, "on":[7, 11], "ok":true, "no":null}]"#),
        );
        check(r#"{'it\'s': u"\x41\u00e9\n"}"#, Some(r#"{"it's": "Aé\n"}"#));
        check("S(id=1)", Some(r#"{"id":1}"#));
    }

    #[test]
    fn what_does_not_close_is_nothing() {
        check("{'a': 1", None);
        check("{'a", None);
        check("(]", None);
        check("plain", None);
        check("['\\", None);
    }
}
