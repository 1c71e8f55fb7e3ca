//! Step lines through the samples of a curve, with no more points than can be seen.

use super::drawing::Point;
use super::panel::Panel;

/// One unbroken piece of a curve.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    /// Corners of the step line; a single one where only one sample is defined.
    pub(super) points: Vec<Point>,
}

/// The pieces of a curve: a value holds until the next instant, and where it is undefined the line breaks.
///
/// Of every stretch of `grain` pixels the first, least, greatest and last value are drawn, so no peak is lost.
pub(super) fn pieces(panel: &Panel, times_ms: &[u64], values: &[Option<f64>], grain: f64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut run: Vec<Point> = Vec::new();
    for (t_ms, value) in times_ms.iter().zip(values) {
        match value {
            Some(value) => run.push((panel.x(*t_ms), panel.y(*value))),
            None if run.is_empty() => {}
            None => {
                let last = run[run.len() - 1].1;
                run.push((panel.x(*t_ms), last));
                pieces.push(piece(&std::mem::take(&mut run), grain));
            }
        }
    }
    if !run.is_empty() {
        pieces.push(piece(&run, grain));
    }
    pieces
}

fn piece(samples: &[Point], grain: f64) -> Piece {
    let mut corners: Vec<Point> = Vec::new();
    for (x, y) in thinned(samples, grain) {
        if let Some(&(_, before)) = corners.last() {
            corners.push((x, before));
        }
        corners.push((x, y));
    }
    corners.dedup();
    Piece { points: straightened(&corners) }
}

/// Points on a line through `points`, one every so many pixels to the right.
pub(super) fn along(points: &[Point], every: f64) -> Vec<Point> {
    let mut found = Vec::new();
    let Some(&(mut next, _)) = points.first() else { return found };
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        while next <= to.0 && to.0 > from.0 {
            found.push((next, from.1 + (to.1 - from.1) * (next - from.0) / (to.0 - from.0)));
            next += every;
        }
    }
    found
}

/// A deviation that nobody sees, in pixels: steps smaller than this become a slope.
const UNSEEN: f64 = 0.4;

/// The line without the points that lie as good as on it (by Ramer, Douglas and Peucker).
fn straightened(points: &[Point]) -> Vec<Point> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut is_kept = vec![false; points.len()];
    is_kept[0] = true;
    is_kept[points.len() - 1] = true;
    let mut stretches = vec![(0, points.len() - 1)];
    while let Some((from, to)) = stretches.pop() {
        let mut farthest = (from, UNSEEN);
        for between in from + 1..to {
            let distance = distance(points[between], points[from], points[to]);
            if distance > farthest.1 {
                farthest = (between, distance);
            }
        }
        if farthest.0 != from {
            is_kept[farthest.0] = true;
            stretches.push((from, farthest.0));
            stretches.push((farthest.0, to));
        }
    }
    points.iter().zip(is_kept).filter(|(_, is_kept)| *is_kept).map(|(point, _)| *point).collect()
}

/// Distance of a point from the stretch between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let square = along_x * along_x + along_y * along_y;
    let share = if square > 0.0 {
        ((point.0 - from.0) * along_x + (point.1 - from.1) * along_y) / square
    } else {
        0.0
    };
    let share = share.clamp(0.0, 1.0);
    let (away_x, away_y) = (point.0 - from.0 - share * along_x, point.1 - from.1 - share * along_y);
    // Not `hypot`, whose last digit differs between platforms.
    (away_x * away_x + away_y * away_y).sqrt()
}

/// First, least, greatest and last sample of every column that is `grain` pixels wide.
fn thinned(samples: &[Point], grain: f64) -> Vec<Point> {
    let column = |point: &Point| (point.0 / grain).floor();
    let mut kept = Vec::new();
    for samples in samples.chunk_by(|a, b| column(a) == column(b)) {
        let place_of = |ordering: fn(f64, f64) -> bool| {
            let mut best = 0;
            for (place, sample) in samples.iter().enumerate() {
                if ordering(sample.1, samples[best].1) {
                    best = place;
                }
            }
            best
        };
        let mut places = [0, place_of(|a, b| a < b), place_of(|a, b| a > b), samples.len() - 1];
        places.sort_unstable();
        for (position, place) in places.into_iter().enumerate() {
            if position == 0 || places[position - 1] != place {
                kept.push(samples[place]);
            }
        }
    }
    kept
}

/// The steps of a band between two curves that are defined at the same instants, piece by piece: place, upper
/// and lower edge.
pub(super) fn bands(
    panel: &Panel,
    times_ms: &[u64],
    edges: &[Option<(f64, f64)>],
    grain: f64,
) -> Vec<Vec<(f64, f64, f64)>> {
    let mut bands = Vec::new();
    let mut run: Vec<(f64, f64, f64)> = Vec::new();
    for (t_ms, edges) in times_ms.iter().zip(edges) {
        let x = panel.x(*t_ms);
        let Some((low, high)) = edges else {
            if let Some(&(_, top, bottom)) = run.last() {
                run.push((x, top, bottom));
            }
            bands.extend((run.len() > 1).then(|| std::mem::take(&mut run)));
            run.clear();
            continue;
        };
        let (top, bottom) = (panel.y(*high), panel.y(*low));
        match run.last_mut() {
            // Within one column the band takes in all that happens there.
            Some(last) if (last.0 / grain).floor() == (x / grain).floor() => {
                last.1 = last.1.min(top);
                last.2 = last.2.max(bottom);
            }
            _ => run.push((x, top, bottom)),
        }
    }
    if let Some(&(x, top, bottom)) = run.last() {
        // The last instant ends the band, also where it fell into the column before it.
        let end = times_ms.last().map_or(x, |t_ms| panel.x(*t_ms));
        run.push((end, top, bottom));
        bands.push(run);
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANEL: Panel = Panel { top: 0.0, bottom: 100.0, duration_ms: 912, end: 1.0 };

    fn drawn(values: &[Option<f64>], grain: f64) -> Vec<Vec<Point>> {
        let times_ms: Vec<u64> = (0..values.len() as u64).map(|place| place * 100).collect();
        pieces(&PANEL, &times_ms, values, grain).into_iter().map(|piece| piece.points).collect()
    }

    #[test]
    fn a_value_holds_until_the_next_instant() {
        let lines = drawn(&[Some(0.0), Some(0.5), Some(0.5), Some(1.0)], 1.0);
        assert_eq!(lines, [[(64.0, 100.0), (164.0, 100.0), (164.0, 50.0), (364.0, 50.0), (364.0, 0.0)]]);
    }

    #[test]
    fn an_undefined_value_breaks_the_line() {
        let lines = drawn(&[Some(0.5), None, None, Some(0.5)], 1.0);
        assert_eq!(lines, [vec![(64.0, 50.0), (164.0, 50.0)], vec![(364.0, 50.0)]]);
    }

    #[test]
    fn a_peak_of_one_instant_stays_however_coarse_the_grain() {
        let mut values = vec![Some(0.1); 9];
        values[5] = Some(0.9);
        let highest = |line: &[Point]| line.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let lines = drawn(&values, 400.0);
        assert!((highest(&lines[0]) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn many_small_steps_become_a_slope() {
        let points: Vec<Point> =
            (0..200).map(|place| (f64::from(place) / 2.0, f64::from(place / 2) / 10.0)).collect();
        assert_eq!(straightened(&points).len(), 2);
    }

    #[test]
    fn a_band_lasts_until_its_edges_are_undefined() {
        let edges = [Some((0.0, 0.5)), Some((0.0, 1.0)), None, Some((0.0, 0.5))];
        let bands = bands(&PANEL, &[0, 100, 200, 300], &edges, 1.0);
        assert_eq!(bands[0], [(64.0, 50.0, 100.0), (164.0, 0.0, 100.0), (264.0, 0.0, 100.0)]);
        assert_eq!(bands[1], [(364.0, 50.0, 100.0), (364.0, 50.0, 100.0)]);
    }
}
