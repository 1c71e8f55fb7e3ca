//! The plot of memory per query node over time: every node by name, or the crowd with its outstanding nodes.

use super::curve::{Piece, along, bands, pieces};
use super::drawing::{Drawing, Shape};
use super::input::PlotInput;
use super::mark_row::MarkRow;
use super::panel::{
    BELOW_HEADING, EndLabel, Panel, SHEET_LEFT, Swatch, below_key, draw_end_labels, draw_heading, draw_key,
    plain,
};
use super::style::{BAND, CROWD, GREY, INK, INNER_BAND, LINE_STEP, NODE_COLORS, WIDTH};
use super::value_axis::percents;
use crate::metrics::curves::{Band, NodeCurve};
use crate::report::figure::{number, percent};

const PANEL_HEIGHT: f64 = 360.0;
/// Up to so many query nodes have a colour and a name each.
const NAMED: usize = 10;
/// In a crowd, so many of the nodes asked for are named besides the fullest and the emptiest.
const NAMED_IN_CROWD: usize = 5;

/// Corners of all thin curves together: some 10 bytes each in SVG.
const CROWD_CORNERS: usize = 40_000;

/// Draws the plot.
pub fn node_memory(input: &PlotInput<'_>) -> Drawing {
    let marks = MarkRow::new(input.story, input.duration_ms);
    let axis = percents(greatest(input));
    let backdrop = Backdrop::of(input, axis.end);
    let key = key(input, backdrop);
    let top = below_key(&key) + marks.height();
    let panel = Panel { top, bottom: top + PANEL_HEIGHT, duration_ms: input.duration_ms, end: axis.end };

    let mut drawing = Drawing::new(WIDTH, panel.bottom + 52.0 + marks.list_height(), &title(input));
    draw_heading(&mut drawing, input);
    drawing.text(plain("Memory in use, in % of each query node's memory", (SHEET_LEFT, BELOW_HEADING)));
    draw_key(&mut drawing, &key, BELOW_HEADING + LINE_STEP);
    panel.draw_values(&mut drawing, &axis);
    let mut labels = Vec::new();
    match backdrop {
        Backdrop::Nothing => {}
        Backdrop::Crowd { grain } => draw_crowd(&mut drawing, crowd(&panel, input, grain)),
        Backdrop::Bands => draw_bands(&mut drawing, &panel, input, &mut labels),
    }
    marks.draw_lines(&mut drawing, panel.top, panel.bottom);
    if backdrop != Backdrop::Nothing {
        draw_median(&mut drawing, &panel, input, &mut labels);
    }
    for (position, node) in named(input, backdrop).into_iter().enumerate() {
        labels.extend(draw_node(&mut drawing, &panel, input, node, position));
    }
    if let Some(threshold) = input.overload_threshold {
        panel.draw_threshold(&mut drawing, threshold);
        labels.push(EndLabel::new(panel.y(threshold), format!("limit {}", percent(threshold)), GREY));
    }
    if input.curves.band.iter().all(Option::is_none) {
        panel.draw_empty(&mut drawing, "No query node that reports its memory was alive at any instant.");
    }
    marks.draw_words(&mut drawing, panel.top);
    panel.draw_times(&mut drawing);
    draw_end_labels(&mut drawing, &panel, labels);
    panel.draw_foot(&mut drawing, input.digest);
    marks.draw_list(&mut drawing, panel.bottom + 60.0);
    drawing
}

/// What stands behind the curves with a name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Backdrop {
    /// Few query nodes: each has a name.
    Nothing,
    /// A thin curve per query node, as exact as `grain` pixels.
    Crowd { grain: f64 },
    /// More nodes than curves are kept of, or so restless ones that they would hide each other.
    Bands,
}

impl Backdrop {
    fn of(input: &PlotInput<'_>, end: f64) -> Self {
        let count = input.curves.nodes.len();
        if (1..=NAMED).contains(&count) {
            return Backdrop::Nothing;
        }
        // Where the panel will lie on the sheet does not matter for the number of corners.
        let panel = Panel { top: 0.0, bottom: PANEL_HEIGHT, duration_ms: input.duration_ms, end };
        let corners =
            |grain| -> usize { crowd(&panel, input, grain).iter().map(|piece| piece.points.len()).sum() };
        let grain = [1.0, 2.0, 4.0].into_iter().find(|grain| corners(*grain) <= CROWD_CORNERS);
        grain.filter(|_| count > 0).map_or(Backdrop::Bands, |grain| Backdrop::Crowd { grain })
    }
}

/// The query nodes to draw with a name: all of a few; else the fullest and the emptiest at the end, and those
/// asked for.
fn named<'a>(input: &PlotInput<'a>, backdrop: Backdrop) -> Vec<&'a NodeCurve> {
    let all = &input.curves.nodes;
    if backdrop == Backdrop::Nothing {
        return all.iter().collect();
    }
    let alive =
        || all.iter().filter_map(|node| node.rates.last().copied().flatten().map(|rate| (rate, node)));
    // Of equals the lowest id.
    let fullest = alive().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.query_node.cmp(&a.1.query_node)));
    let emptiest = alive().min_by(|a, b| a.0.total_cmp(&b.0));
    let asked = all.iter().filter(|node| input.highlighted.contains(&node.query_node));
    let mut nodes: Vec<&NodeCurve> = Vec::new();
    for node in
        [fullest, emptiest].into_iter().flatten().map(|(_, node)| node).chain(asked.take(NAMED_IN_CROWD))
    {
        if nodes.iter().all(|known| known.query_node != node.query_node) {
            nodes.push(node);
        }
    }
    nodes
}

/// Draws the curve of a node and returns its name; `None` = it was never alive.
fn draw_node(
    drawing: &mut Drawing,
    panel: &Panel,
    input: &PlotInput<'_>,
    node: &NodeCurve,
    position: usize,
) -> Option<EndLabel> {
    let color = NODE_COLORS[position % NODE_COLORS.len()];
    // From the eighth on colours come again, and dots tell the curves apart.
    let is_dotted = position >= NODE_COLORS.len();
    let mut end = None;
    for piece in pieces(panel, &input.curves.times_ms, &node.rates, 1.0) {
        end = piece.points.last().copied();
        if is_dotted {
            for point in along(&piece.points, 48.0) {
                drawing.dot(point, 3.5, color);
            }
        }
        match piece.points.as_slice() {
            [only] => drawing.dot(*only, 3.5, color),
            _ => drawing.line(piece.points, 2.0, color),
        }
    }
    let end = end?;
    let state = match node.rates.last().copied().flatten() {
        Some(rate) => format!(": {}", percent(rate)),
        None => {
            drawing.dot(end, 3.5, color);
            " gone".to_string()
        }
    };
    let name = format!("node {}{state}", node.query_node);
    Some(EndLabel { is_dotted, ..EndLabel::new(end.1, name, color) })
}

/// Draws a thin curve per node.
fn draw_crowd(drawing: &mut Drawing, crowd: Vec<Piece>) {
    for piece in crowd {
        match piece.points.as_slice() {
            [only] => drawing.dot(*only, 2.0, CROWD),
            _ => drawing.line(piece.points, 1.0, CROWD),
        }
    }
}

fn crowd(panel: &Panel, input: &PlotInput<'_>, grain: f64) -> Vec<Piece> {
    let nodes = input.curves.nodes.iter();
    nodes.flat_map(|node| pieces(panel, &input.curves.times_ms, &node.rates, grain)).collect()
}

fn draw_bands(drawing: &mut Drawing, panel: &Panel, input: &PlotInput<'_>, labels: &mut Vec<EndLabel>) {
    let edges = |pick: fn(&Band) -> (f64, f64)| -> Vec<Option<(f64, f64)>> {
        input.curves.band.iter().map(|band| band.as_ref().map(pick)).collect()
    };
    let outer = edges(|band| (band.lowest, band.highest));
    let inner = edges(|band| (band.lower_quartile, band.upper_quartile));
    for (edges, color) in [(outer, BAND), (inner, INNER_BAND)] {
        for steps in bands(panel, &input.curves.times_ms, &edges, 1.0) {
            drawing.shapes.push(Shape::Band { steps, color });
        }
    }
    if let (true, Some(Some(band))) = (input.curves.nodes.is_empty(), input.curves.band.last()) {
        labels.push(EndLabel::new(panel.y(band.highest), format!("fullest {}", percent(band.highest)), GREY));
        labels.push(EndLabel::new(panel.y(band.lowest), format!("emptiest {}", percent(band.lowest)), GREY));
    }
}

fn draw_median(drawing: &mut Drawing, panel: &Panel, input: &PlotInput<'_>, labels: &mut Vec<EndLabel>) {
    let medians: Vec<Option<f64>> =
        input.curves.band.iter().map(|band| band.map(|band| band.median)).collect();
    for piece in pieces(panel, &input.curves.times_ms, &medians, 1.0) {
        match piece.points.as_slice() {
            [only] => drawing.dot(*only, 3.0, INK),
            _ => drawing.line(piece.points, 2.0, INK),
        }
    }
    if let Some(Some(median)) = medians.last() {
        labels.push(EndLabel {
            is_bold: true,
            ..EndLabel::new(panel.y(*median), format!("median {}", percent(*median)), INK)
        });
    }
}

fn key(input: &PlotInput<'_>, backdrop: Backdrop) -> Vec<(Swatch, String)> {
    let count = input.curves.nodes.len();
    let mut key = match backdrop {
        Backdrop::Nothing => Vec::new(),
        Backdrop::Crowd { .. } => vec![
            (Swatch::Line(CROWD), format!("each of {count} query nodes")),
            (Swatch::Line(INK), "median".to_string()),
        ],
        Backdrop::Bands => vec![
            (Swatch::Area(BAND), "emptiest to fullest query node".to_string()),
            (Swatch::Area(INNER_BAND), "middle half of them".to_string()),
            (Swatch::Line(INK), "median".to_string()),
        ],
    };
    if let Some(threshold) = input.overload_threshold {
        let value = number((threshold * 1e6).round() / 1e4);
        key.push((Swatch::Dashes, format!("queryCoord.overloadedMemoryThresholdPercentage = {value}")));
    }
    key
}

/// Greatest value to show.
fn greatest(input: &PlotInput<'_>) -> f64 {
    let highest = input.curves.band.iter().flatten().map(|band| band.highest);
    let nodes = input.curves.nodes.iter().flat_map(|node| node.rates.iter().flatten().copied());
    highest
        .chain(nodes)
        .chain(input.overload_threshold.map(|threshold| threshold.min(1.0)))
        .fold(0.0, f64::max)
}

fn title(input: &PlotInput<'_>) -> String {
    let defined: Vec<&Band> = input.curves.band.iter().flatten().collect();
    let (Some(start), Some(end)) = (defined.first(), defined.last()) else {
        return "No query node reported its memory".to_string();
    };
    let range = |band: &Band| {
        let (low, high) = (percent(band.lowest), percent(band.highest));
        if low == high { low } else { format!("{}–{high}", low.trim_end_matches('%')) }
    };
    let peak = defined.iter().map(|band| band.highest).fold(0.0, f64::max);
    let overload = match input.overload_threshold {
        Some(limit) if end.highest > limit => {
            format!(", the fullest over the limit of {}", percent(limit))
        }
        Some(limit) if peak > limit => {
            format!(", with a peak of {} over the limit of {}", percent(peak), percent(limit))
        }
        _ => String::new(),
    };
    if range(start) == range(end) {
        return format!(
            "Query nodes use {} of their memory at the start and at the end{overload}",
            range(end)
        );
    }
    format!("Query nodes went from {} to {} of their memory{overload}", range(start), range(end))
}
