//! The multi-target balancer's cost of a placement: 0 as even as possible, 1 all on one node (section 8.4).

use super::parameters::Parameters;

/// Cost of a distribution of indivisible units over nodes.
pub fn cost(units: &[i64]) -> f64 {
    let nodes = units.len() as f64;
    let total: i64 = units.iter().sum();
    let average = total as f64 / nodes;
    let worst = (nodes - 1.0) * average + total as f64 - average;
    let rest = (total % units.len().max(1) as i64) as f64;
    let best = rest * (average.ceil() - average) + (nodes - rest) * (average - average.floor());
    let current: f64 = units.iter().map(|units| (*units as f64 - average).abs()).sum();
    if worst == best { 0.0 } else { (current - best) / (worst - best) }
}

/// Rows and segments per node, of the replica's movable segments and of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Rows of movable segments of the replica.
    pub rows: Vec<i64>,
    /// Movable segments of the replica.
    pub segments: Vec<i64>,
    /// Rows of all collections.
    pub global_rows: Vec<i64>,
    /// Segments of all collections.
    pub global_segments: Vec<i64>,
}

impl Load {
    /// The weighted cost of all four.
    pub fn cost(&self, parameters: &Parameters) -> f64 {
        parameters.row_count_factor * cost(&self.rows)
            + parameters.segment_count_factor * cost(&self.segments)
            + parameters.global_row_count_factor * cost(&self.global_rows)
            + parameters.global_segment_count_factor * cost(&self.global_segments)
    }

    /// Moves one segment with these rows.
    pub fn shift(&mut self, from: usize, to: usize, rows: i64) {
        for (units, amount) in [
            (&mut self.rows, rows),
            (&mut self.segments, 1),
            (&mut self.global_rows, rows),
            (&mut self.global_segments, 1),
        ] {
            units[from] -= amount;
            units[to] += amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_span_from_even_to_one_sided() {
        assert_eq!(cost(&[30, 0]), 1.0);
        assert_eq!(cost(&[30, 30]), 0.0);
        assert_eq!(cost(&[0, 0, 0]), 0.0);
        assert_eq!(cost(&[2, 1, 1]), 0.0);
    }
}
