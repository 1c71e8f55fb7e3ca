//! Comparisons against thresholds, seen by whoever wants their margins.

/// How two sides were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// left <= right.
    AtMost,
    /// left < right.
    Below,
    /// left >= right.
    AtLeast,
    /// left > right.
    Above,
}

/// One comparison of a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Milvus's key behind the right-hand side, where there is one.
    pub key: Option<&'static str>,
    /// Left-hand side.
    pub left: f64,
    /// How they were compared.
    pub relation: Relation,
    /// Right-hand side.
    pub right: f64,
    /// What came out.
    pub holds: bool,
}

/// Somebody who sees every comparison of a decision.
///
/// The tests below compare as Go does: whatever involves NaN does not hold.
pub trait Witness {
    /// A comparison was made.
    fn saw(&mut self, comparison: Comparison);

    /// Whether every comparison must be made before its eyes, also where the outcome is known without it.
    fn wants_every_comparison(&self) -> bool {
        true
    }

    /// `left <= right`, seen.
    fn at_most(&mut self, key: Option<&'static str>, left: f64, right: f64) -> bool {
        let holds = left <= right;
        self.saw(Comparison { key, left, relation: Relation::AtMost, right, holds });
        holds
    }

    /// `left < right`, seen.
    fn below(&mut self, key: Option<&'static str>, left: f64, right: f64) -> bool {
        let holds = left < right;
        self.saw(Comparison { key, left, relation: Relation::Below, right, holds });
        holds
    }

    /// `left >= right`, seen.
    fn at_least(&mut self, key: Option<&'static str>, left: f64, right: f64) -> bool {
        let holds = left >= right;
        self.saw(Comparison { key, left, relation: Relation::AtLeast, right, holds });
        holds
    }

    /// `left > right`, seen.
    fn above(&mut self, key: Option<&'static str>, left: f64, right: f64) -> bool {
        let holds = left > right;
        self.saw(Comparison { key, left, relation: Relation::Above, right, holds });
        holds
    }
}

/// Looks away: compiles to the bare comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwitnessed;

impl Witness for Unwitnessed {
    fn saw(&mut self, _comparison: Comparison) {}

    fn wants_every_comparison(&self) -> bool {
        false
    }
}

/// Looks away too, but wants every comparison made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Literal;

impl Witness for Literal {
    fn saw(&mut self, _comparison: Comparison) {}
}

/// Keeps everything.
impl Witness for Vec<Comparison> {
    fn saw(&mut self, comparison: Comparison) {
        self.push(comparison);
    }
}
