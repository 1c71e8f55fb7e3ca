//! Distributions of whole numbers, for sizes and counts that a scenario leaves to chance.

/// How numbers are spread, and the most that may come out.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How they are spread.
    pub shape: Shape,
    /// What lies above comes out as this.
    pub at_most: Option<u64>,
}

/// The spread of a [`Distribution`].
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always the same. Draws no word.
    Constant(u64),
    /// Every whole number from `min` to `max`, both included, as likely; `min` at most `max`.
    Uniform {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A number whose logarithm is normal. Draws two words.
    LogNormal {
        /// Half of all numbers are below; above 0.
        median: f64,
        /// The standard deviation of the natural logarithm; 0 or more.
        sigma: f64,
    },
    /// Above x with the chance (`min` / x)^`alpha`. Draws one word.
    Pareto {
        /// The least; above 0.
        min: f64,
        /// The smaller, the heavier the tail; above 0.
        alpha: f64,
    },
    /// k from 1 to `max` with a chance in proportion to k^-`exponent`. Draws a word or more.
    Zipf {
        /// The greatest; 1 to 2^53.
        max: u64,
        /// 0 or more; 0 makes all as likely.
        exponent: f64,
    },
    /// One of `values`, each with a chance in proportion to its weight. Draws one word.
    Choice {
        /// What may come out; not empty.
        values: Vec<u64>,
        /// As many, 0 or more each, their sum above 0 and finite.
        weights: Vec<f64>,
    },
}
