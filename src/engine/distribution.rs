//! Distributions of drawn sizes.

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Its shape.
    pub shape: Shape,
    /// Greatest value.
    pub at_most: Option<u64>,
}

/// The shape of a distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Always this.
    Constant(f64),
}
