//! Arithmetic over the figures of a run: `moves.bytes / 1e9 + 10 * skew.mean.max_difference`.

/// An expression read, over figures by their place in [`Expression::paths`].
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
    paths: Vec<String>,
    text: String,
}

/// A claim about a figure: `moves.bytes <= 1e9`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Left side less right side, or the reverse: at most 0 (or below 0) when the claim holds.
    excess: Expression,
    is_strict: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    /// Place in the list of paths.
    Figure(usize),
    Negative(Box<Node>),
    Two(Operator, Box<Node>, Box<Node>),
    Least(Vec<Node>),
    Greatest(Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// Says what is missing, and at which letter.
    pub fn parse(text: &str) -> Result<Expression, String> {
        let mut reader = Reader { text, at: 0, paths: Vec::new() };
        let root = reader.sum()?;
        reader.end("an operator")?;
        Ok(Expression { root, paths: reader.paths, text: text.trim().to_owned() })
    }

    /// The paths of its figures, each once.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its value, given that of each path; `None` where a figure is undefined or a division has no result.
    pub fn value(&self, figures: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        self.of(&self.root, figures).filter(|value| value.is_finite())
    }

    fn of(&self, node: &Node, figures: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        let all = |nodes: &[Node]| -> Option<Vec<f64>> {
            nodes.iter().map(|node| self.of(node, figures)).collect()
        };
        Some(match node {
            Node::Number(number) => *number,
            Node::Figure(place) => figures(&self.paths[*place])?,
            Node::Negative(inner) => -self.of(inner, figures)?,
            Node::Two(operator, left, right) => {
                let (left, right) = (self.of(left, figures)?, self.of(right, figures)?);
                match operator {
                    Operator::Plus => left + right,
                    Operator::Minus => left - right,
                    Operator::Times => left * right,
                    Operator::Over => left / right,
                }
            }
            Node::Least(nodes) => all(nodes)?.into_iter().fold(f64::INFINITY, f64::min),
            Node::Greatest(nodes) => all(nodes)?.into_iter().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Condition {
    /// Reads `EXPR <= EXPR`, or with `<`, `>=`, `>`.
    ///
    /// # Errors
    ///
    /// Says what is missing, and at which letter.
    pub fn parse(text: &str) -> Result<Condition, String> {
        let mut reader = Reader { text, at: 0, paths: Vec::new() };
        let left = reader.sum()?;
        let relations = [("<=", false, false), (">=", true, false), ("<", false, true), (">", true, true)];
        let relation = relations.into_iter().find(|(sign, ..)| reader.takes(sign));
        let Some((_, is_turned, is_strict)) = relation else {
            return Err(reader.fault("expected <=, <, >= or >"));
        };
        let right = reader.sum()?;
        reader.end("an operator")?;
        let (less, more) = if is_turned { (right, left) } else { (left, right) };
        let root = Node::Two(Operator::Minus, Box::new(less), Box::new(more));
        let excess = Expression { root, paths: reader.paths, text: text.trim().to_owned() };
        Ok(Condition { excess, is_strict })
    }

    /// The paths of its figures, each once.
    pub fn paths(&self) -> &[String] {
        &self.excess.paths
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.excess.text
    }

    /// Whether it holds; where a figure is undefined it does not.
    pub fn holds(&self, figures: &dyn Fn(&str) -> Option<f64>) -> bool {
        let excess = self.excess.value(figures);
        excess.is_some_and(|excess| if self.is_strict { excess < 0.0 } else { excess <= 0.0 })
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    paths: Vec<String>,
}

/// Deeper nesting is no arithmetic anybody writes.
const DEPTH_MAX: usize = 100;

impl<'t> Reader<'t> {
    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    fn fault(&mut self, expected: &str) -> String {
        let rest = self.rest();
        let found = if rest.is_empty() { "the end".to_owned() } else { format!("{rest:?}") };
        let letter = self.text[..self.at].chars().count() + 1;
        format!("{:?}, letter {letter}: {expected}, found {found}", self.text)
    }

    fn end(&mut self, expected: &str) -> Result<(), String> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.fault(&format!("expected {expected} or the end")))
        }
    }

    fn sum(&mut self) -> Result<Node, String> {
        self.sum_within(0)
    }

    fn sum_within(&mut self, depth: usize) -> Result<Node, String> {
        let mut left = self.product(depth)?;
        loop {
            let operator = if self.takes("+") {
                Operator::Plus
            } else if self.takes("-") {
                Operator::Minus
            } else {
                return Ok(left);
            };
            left = Node::Two(operator, Box::new(left), Box::new(self.product(depth)?));
        }
    }

    fn product(&mut self, depth: usize) -> Result<Node, String> {
        let mut left = self.factor(depth)?;
        loop {
            let operator = if self.takes("*") {
                Operator::Times
            } else if self.takes("/") {
                Operator::Over
            } else {
                return Ok(left);
            };
            left = Node::Two(operator, Box::new(left), Box::new(self.factor(depth)?));
        }
    }

    fn factor(&mut self, depth: usize) -> Result<Node, String> {
        if depth > DEPTH_MAX {
            return Err(self.fault("fewer parentheses"));
        }
        if self.takes("-") {
            return Ok(Node::Negative(Box::new(self.factor(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.sum_within(depth + 1)?;
            return if self.takes(")") { Ok(inner) } else { Err(self.fault("expected )")) };
        }
        for (name, make) in [("min(", Node::Least as fn(Vec<Node>) -> Node), ("max(", Node::Greatest)] {
            if self.takes(name) {
                return self.list(depth + 1).map(make);
            }
        }
        let rest = self.rest();
        match rest.chars().next() {
            Some(first) if first.is_ascii_digit() || first == '.' => self.number(rest),
            Some(first) if first.is_ascii_alphabetic() || first == '_' || first == '[' => {
                Ok(self.figure(rest))
            }
            _ => Err(self.fault("expected a number, a figure such as moves.bytes, or (")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        let mut nodes = vec![self.sum_within(depth)?];
        while self.takes(",") {
            nodes.push(self.sum_within(depth)?);
        }
        if self.takes(")") { Ok(nodes) } else { Err(self.fault("expected , or )")) }
    }

    fn number(&mut self, rest: &str) -> Result<Node, String> {
        let mut end =
            rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        if rest[end..].starts_with(['e', 'E']) {
            let exponent = &rest[end + 1..];
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let digits = exponent[sign..].bytes().take_while(u8::is_ascii_digit).count();
            end += if digits > 0 { 1 + sign + digits } else { 0 };
        }
        match rest[..end].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.at += end;
                Ok(Node::Number(number))
            }
            _ => Err(self.fault("expected a number")),
        }
    }

    /// A dotted path, with parts in `[".."]` where they hold a dot.
    fn figure(&mut self, rest: &str) -> Node {
        let mut end = 0;
        loop {
            let tail = &rest[end..];
            if let Some(quoted) = tail.strip_prefix("[\"") {
                end += quoted.find("\"]").map_or(tail.len(), |close| close + 4);
            } else if tail.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter))
            {
                end += 1;
            } else {
                break;
            }
        }
        self.at += end;
        let path = &rest[..end];
        let known = self.paths.iter().position(|known| known == path);
        Node::Figure(known.unwrap_or_else(|| {
            self.paths.push(path.to_owned());
            self.paths.len() - 1
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(path: &str) -> Option<f64> {
        match path {
            "moves.bytes" => Some(8.0),
            "settle.0.settle_ms" => Some(3.0),
            "scopes.replicas[\"a.b\"].skew.end.cv" => Some(0.5),
            _ => None,
        }
    }

    #[test]
    fn arithmetic_binds_as_at_school() {
        for (text, expected) in [
            ("1 + 2 * 3", Some(7.0)),
            ("(1 + 2) * 3", Some(9.0)),
            ("10 - 4 - 3", Some(3.0)),
            ("2 / 4 / 2", Some(0.25)),
            ("-moves.bytes + 1e1", Some(2.0)),
            ("1.5e-1 * 2", Some(0.3)),
            ("min(moves.bytes, settle.0.settle_ms, 7)", Some(3.0)),
            ("max(moves.bytes / 2, 1) - -1", Some(5.0)),
            ("scopes.replicas[\"a.b\"].skew.end.cv*2", Some(1.0)),
            ("moves.bytes / 0", None),
            ("skew.end.cv + 1", None),
        ] {
            assert_eq!(Expression::parse(text).expect(text).value(&figures), expected, "{text}");
        }
        let twice = Expression::parse("moves.bytes + moves.bytes + settle.0.settle_ms").expect("a sum");
        assert_eq!(twice.paths(), ["moves.bytes", "settle.0.settle_ms"]);
    }

    #[test]
    fn a_condition_is_a_comparison() {
        for (text, expected) in [
            ("moves.bytes <= 8", true),
            ("moves.bytes < 8", false),
            ("moves.bytes >= settle.0.settle_ms * 2", true),
            ("8 > moves.bytes", false),
            ("skew.end.cv <= 1", false),
        ] {
            assert_eq!(Condition::parse(text).expect(text).holds(&figures), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_names_its_letter() {
        for (text, expected) in [
            ("", "letter 1: expected a number, a figure such as moves.bytes, or (, found the end"),
            ("a + * b", "letter 5: expected a number"),
            ("(a + b", "letter 7: expected ), found the end"),
            ("a b", "letter 3: expected an operator or the end, found \"b\""),
            ("min(a; b)", "letter 6: expected , or )"),
            ("1..2", "letter 1: expected a number"),
        ] {
            let fault = Expression::parse(text).expect_err(text);
            assert!(fault.contains(expected), "{text}: {fault}");
        }
        let fault = Condition::parse("moves.bytes = 3").expect_err("no comparison");
        assert!(fault.contains("letter 13: expected <=, <, >= or >"), "{fault}");
        assert!(Expression::parse(&"(".repeat(100_000)).is_err());
    }
}
