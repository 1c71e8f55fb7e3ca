//! What a plot is made from.

use crate::metrics::curves::Curves;
use crate::metrics::story::Story;

/// Everything that the three plots show.
#[derive(Debug, Clone, Copy)]
pub struct PlotInput<'a> {
    /// Name of the scenario.
    pub scenario: &'a str,
    /// What ran: release, balancer, seed.
    pub subtitle: &'a str,
    /// Length of the run; the time axis ends here.
    pub duration_ms: u64,
    /// Curves over the sampling instants.
    pub curves: &'a Curves,
    /// Marks on the time axis, and moves per interval.
    pub story: &'a Story,
    /// Value of `queryCoord.overloadedMemoryThresholdPercentage` as a fraction, where the release reads it.
    pub overload_threshold: Option<f64>,
    /// Value of `queryCoord.memoryUsageMaxDifferencePercentage` as a fraction, where the release reads it.
    pub max_difference_threshold: Option<f64>,
    /// Query nodes that keep a curve with a name in a crowd, such as those that the timeline speaks of.
    pub highlighted: &'a [i64],
    /// Digest of the run, printed small below the plot; may be empty.
    pub digest: &'a str,
}
