//! Figures that hold for a while: start, end, peak, and mean weighted by time.

/// One figure over time. Spans in which it is undefined (`None`) are left out.
///
/// A span is only closed when the figure changes, so a figure that is reckoned a thousand times with
/// the same result costs a comparison each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    value: Option<f64>,
    since_ms: u64,
    start: Option<f64>,
    peak: Option<f64>,
    integral: f64,
    known_ms: u64,
}

impl Span {
    /// The value in force.
    pub fn value(&self) -> Option<f64> {
        self.value
    }

    /// From `now_ms` on the figure is `value`.
    #[inline]
    pub fn set(&mut self, now_ms: u64, value: Option<f64>) {
        match (self.value, value, self.peak) {
            // The common case, and far shorter than the general one.
            (Some(before), Some(now), Some(peak)) if now <= peak => {
                if now != before {
                    self.count(before, now_ms);
                    self.value = value;
                }
            }
            _ => self.set_any(now_ms, value),
        }
    }

    #[inline(never)]
    fn set_any(&mut self, now_ms: u64, value: Option<f64>) {
        if value != self.value {
            self.close(now_ms);
            self.value = value;
            self.peak = greater(self.peak, value);
        }
    }

    /// Counts the value in force up to `now_ms`.
    pub fn close(&mut self, now_ms: u64) {
        match self.value {
            Some(value) => self.count(value, now_ms),
            None => self.since_ms = now_ms,
        }
    }

    #[inline]
    fn count(&mut self, value: f64, now_ms: u64) {
        let length_ms = now_ms - self.since_ms;
        // Signed, since that is the faster way to a float.
        self.integral += value * length_ms as i64 as f64;
        self.known_ms += length_ms;
        self.since_ms = now_ms;
    }

    /// The value in force is the one at the start of the run.
    pub fn mark_start(&mut self, value: Option<f64>) {
        self.start = value;
    }

    /// Forgets what was, keeps what is: as if the figure had come into being at `now_ms`.
    pub fn restart(&mut self, now_ms: u64) {
        *self = Span { value: self.value, since_ms: now_ms, peak: self.value, ..Span::default() };
    }

    /// Adds what `other`, closed, has seen.
    pub fn absorb(&mut self, other: &Span) {
        self.peak = greater(self.peak, other.peak);
        self.integral += other.integral;
        self.known_ms += other.known_ms;
    }

    /// Value at the start of the run.
    pub fn start(&self) -> Option<f64> {
        self.start
    }

    /// Greatest value.
    pub fn peak(&self) -> Option<f64> {
        self.peak
    }

    /// Mean over the time closed in which it was defined; `None` where that is no time at all.
    pub fn mean(&self) -> Option<f64> {
        (self.known_ms > 0).then(|| self.integral / self.known_ms as f64)
    }
}

/// Several figures that are reckoned together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpanRow<const N: usize>(pub [Span; N]);

impl<const N: usize> Default for SpanRow<N> {
    fn default() -> SpanRow<N> {
        SpanRow([Span::default(); N])
    }
}

impl<const N: usize> SpanRow<N> {
    /// The values in force.
    pub fn values(&self) -> [Option<f64>; N] {
        self.0.map(|span| span.value())
    }

    /// Values at the start of the run.
    pub fn starts(&self) -> [Option<f64>; N] {
        self.0.map(|span| span.start())
    }

    /// Greatest values.
    pub fn peaks(&self) -> [Option<f64>; N] {
        self.0.map(|span| span.peak())
    }

    /// Means over time.
    pub fn means(&self) -> [Option<f64>; N] {
        self.0.map(|span| span.mean())
    }

    /// From `now_ms` on the figures are `values`.
    pub fn set(&mut self, now_ms: u64, values: [Option<f64>; N]) {
        for (span, value) in self.0.iter_mut().zip(values) {
            span.set(now_ms, value);
        }
    }

    /// Counts the values in force up to `now_ms`.
    pub fn close(&mut self, now_ms: u64) {
        self.0.iter_mut().for_each(|span| span.close(now_ms));
    }

    /// `values` are those at the start of the run.
    pub fn mark_start(&mut self, values: [Option<f64>; N]) {
        for (span, value) in self.0.iter_mut().zip(values) {
            span.mark_start(value);
        }
    }

    /// As if the figures had come into being at `now_ms`.
    pub fn restart(&mut self, now_ms: u64) {
        self.0.iter_mut().for_each(|span| span.restart(now_ms));
    }

    /// Adds what `other`, closed, has seen.
    pub fn absorb(&mut self, other: &SpanRow<N>) {
        for (span, other) in self.0.iter_mut().zip(&other.0) {
            span.absorb(other);
        }
    }
}

/// The greater of two figures that may be undefined.
pub fn greater(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_spans_are_left_out_of_the_mean() {
        let mut span = Span::default();
        span.set(0, Some(2.0));
        span.mark_start(span.value());
        span.set(10, None);
        span.set(100, Some(5.0));
        span.set(110, Some(5.0));
        span.close(120);
        assert_eq!((span.start(), span.value(), span.peak()), (Some(2.0), Some(5.0), Some(5.0)));
        assert_eq!(span.mean(), Some((2.0 * 10.0 + 5.0 * 20.0) / 30.0));
    }

    #[test]
    fn what_was_before_a_restart_counts_where_it_was_absorbed() {
        let mut own = Span::default();
        let mut shared = Span::default();
        shared.set(0, Some(4.0));
        shared.set(5, Some(1.0));
        shared.close(10);
        own.absorb(&shared);
        shared.restart(10);
        assert_eq!(shared.peak(), Some(1.0));
        shared.close(20);
        own.absorb(&shared);
        assert_eq!((own.peak(), own.mean()), (Some(4.0), Some((20.0 + 5.0 + 10.0) / 20.0)));
    }
}
