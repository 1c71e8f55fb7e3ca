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

/// Values that keys might have instead of those in force.
#[derive(Debug, Clone, Copy)]
pub struct Instead<'a>(pub &'a [Swap]);

/// Another value of one key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swap {
    /// The key.
    pub key: &'static str,
    /// Its value at the start of the run, in the unit compared.
    pub given: f64,
    /// The value to think of instead.
    pub other: f64,
}

impl Instead<'_> {
    /// The value to think of for a key that has `in_force`. A key that has got another value since the start
    /// no longer depends on the one it was given, and keeps it.
    pub fn of(&self, key: &'static str, in_force: f64) -> f64 {
        let swap = self.0.iter().find(|swap| swap.key == key && swap.given == in_force);
        swap.map_or(in_force, |swap| swap.other)
    }
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

    /// A decision was made that rests on keys. `outcome` makes it again, by the same arithmetic, with other
    /// values of them; in each key it changes at most once from the smallest value to the greatest.
    fn decided(&mut self, _outcome: &dyn Fn(&Instead<'_>) -> bool) {}

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
