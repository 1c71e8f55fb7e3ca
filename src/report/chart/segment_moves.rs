//! The plot of moves: how many sealed segments moved when, and how many moves were under way.

use super::curve::bands;
use super::drawing::{Drawing, Shape};
use super::input::PlotInput;
use super::mark_row::MarkRow;
use super::panel::{BELOW_HEADING, Panel, SHEET_LEFT, Swatch, below_key, draw_heading, draw_key, plain};
use super::style::{BLUE, GREEN, INNER_BAND, LINE_STEP, PANEL_RIGHT, SKY, VERMILLION, WIDTH};
use super::value_axis::counts;
use crate::metrics::story::MoveBucket;
use crate::report::figure::{count, counted};
use crate::units::{SimTime, format_bytes};
use plotters::style::RGBColor;

const BARS_HEIGHT: f64 = 230.0;
const FLIGHT_HEIGHT: f64 = 90.0;
/// Bars at most: each is then some pixels wide.
const BARS: usize = 120;

/// Draws the plot.
pub fn segment_moves(input: &PlotInput<'_>) -> Drawing {
    let (bar_ms, bars) = bars(input);
    let marks = MarkRow::new(input.story, input.duration_ms);
    let total = total(&bars);
    let key = key(&total);
    let top = below_key(&key) + marks.height();
    let tallest = bars.iter().map(moves_of).max().unwrap_or(0);
    let axis = counts(tallest as f64, 5);
    let upper = Panel { top, bottom: top + BARS_HEIGHT, duration_ms: input.duration_ms, end: axis.end };
    let most = input.curves.moves_in_flight.iter().copied().max().unwrap_or(0);
    let flight_axis = counts(f64::from(most), 3);
    let lower_top = upper.bottom + 58.0;
    let lower = Panel { top: lower_top, bottom: lower_top + FLIGHT_HEIGHT, end: flight_axis.end, ..upper };

    let mut drawing = Drawing::new(WIDTH, lower.bottom + 52.0 + marks.list_height(), &title(input, &total));
    draw_heading(&mut drawing, input);
    let per = if bars.is_empty() { String::new() } else { format!(", per {}", SimTime::from_ms(bar_ms)) };
    let caption = format!("Moves of sealed segments that ended{per}");
    drawing.text(plain(&caption, (SHEET_LEFT, BELOW_HEADING)));
    draw_key(&mut drawing, &key, BELOW_HEADING + LINE_STEP);
    upper.draw_values(&mut drawing, &axis);
    marks.draw_lines(&mut drawing, upper.top, upper.bottom);
    marks.draw_words(&mut drawing, upper.top);
    draw_bars(&mut drawing, &upper, bar_ms, &bars);
    upper.draw_times(&mut drawing);
    if moves_of(&total) == 0 {
        upper.draw_empty(&mut drawing, "No move of a sealed segment ended in this run.");
    }

    drawing.text(plain("Moves under way", (SHEET_LEFT, lower.top - 12.0)));
    lower.draw_values(&mut drawing, &flight_axis);
    marks.draw_lines(&mut drawing, lower.top, lower.bottom);
    draw_flights(&mut drawing, &lower, input);
    lower.draw_times(&mut drawing);
    lower.draw_foot(&mut drawing, input.digest);
    marks.draw_list(&mut drawing, lower.bottom + 60.0);
    drawing
}

fn draw_bars(drawing: &mut Drawing, panel: &Panel, bar_ms: u64, bars: &[MoveBucket]) {
    for (position, bar) in bars.iter().enumerate() {
        let from = position as u64 * bar_ms;
        let left = panel.x(from);
        let right = panel.x(from.saturating_add(bar_ms)).min(PANEL_RIGHT);
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        let mut below = 0.0;
        for (count, color) in [bar.balance, bar.drain, bar.manual, bar.lost].into_iter().zip(COLORS) {
            if count > 0 {
                let above = below + f64::from(count);
                let right = (right - gap).max(left + 2.0);
                drawing.bar((left, panel.y(above)), (right, panel.y(below)), color);
                below = above;
            }
        }
    }
}

fn draw_flights(drawing: &mut Drawing, panel: &Panel, input: &PlotInput<'_>) {
    let edges: Vec<Option<(f64, f64)>> =
        input.curves.moves_in_flight.iter().map(|count| Some((0.0, f64::from(*count)))).collect();
    for steps in bands(panel, &input.curves.times_ms, &edges, 0.5) {
        drawing.shapes.push(Shape::Band { steps, color: INNER_BAND });
    }
}

/// Colours of balance, drain, manual, lost.
const COLORS: [RGBColor; 4] = [BLUE, SKY, GREEN, VERMILLION];

/// The colours that are there to be seen; all of them where nothing moved.
fn key(total: &MoveBucket) -> Vec<(Swatch, String)> {
    let words = ["balance", "drain of a stopping query node", "manual", "failed, cancelled or refused"];
    let counts = [total.balance, total.drain, total.manual, total.lost];
    let is_shown = |count: u32| count > 0 || moves_of(total) == 0;
    let colors = COLORS.into_iter().zip(words).zip(counts).filter(|(_, count)| is_shown(*count));
    colors.map(|((color, words), _)| (Swatch::Area(color), words.to_string())).collect()
}

/// Neighbouring buckets put together until there are few enough bars to see; and the length of one.
fn bars(input: &PlotInput<'_>) -> (u64, Vec<MoveBucket>) {
    let buckets = &input.story.buckets;
    let together = buckets.len().div_ceil(BARS).max(1);
    let bar_ms = input.story.bucket_ms.max(1).saturating_mul(together as u64);
    (bar_ms, buckets.chunks(together).map(total).collect())
}

fn total(buckets: &[MoveBucket]) -> MoveBucket {
    buckets.iter().fold(MoveBucket::default(), |sum, bucket| MoveBucket {
        balance: sum.balance.saturating_add(bucket.balance),
        drain: sum.drain.saturating_add(bucket.drain),
        manual: sum.manual.saturating_add(bucket.manual),
        lost: sum.lost.saturating_add(bucket.lost),
        bytes: sum.bytes.saturating_add(bucket.bytes),
    })
}

fn moves_of(bucket: &MoveBucket) -> u64 {
    [bucket.balance, bucket.drain, bucket.manual, bucket.lost].into_iter().map(u64::from).sum()
}

fn title(input: &PlotInput<'_>, total: &MoveBucket) -> String {
    let done = moves_of(total) - u64::from(total.lost);
    if done == 0 && total.lost == 0 {
        let under_way = input.curves.moves_in_flight.last().copied().unwrap_or(0);
        return match under_way {
            0 => "No sealed segment moved".to_string(),
            under_way => format!("No move had ended; {} under way", counted(u64::from(under_way), "move")),
        };
    }
    let causes: Vec<String> = [(total.balance, "balance"), (total.drain, "drain"), (total.manual, "manual")]
        .into_iter()
        .filter(|(times, _)| *times > 0)
        .map(|(times, cause)| format!("{} {cause}", count(u64::from(times))))
        .collect();
    let causes =
        if causes.len() > 1 || total.lost > 0 { format!(" ({})", causes.join(", ")) } else { String::new() };
    let lost = match total.lost {
        0 => String::new(),
        lost => format!("; {} came to nothing", counted(u64::from(lost), "more move")),
    };
    let bytes = format_bytes(total.bytes);
    let causes = if done == 0 { String::new() } else { causes };
    format!("{} completed{causes}, {bytes}{lost}", counted(done, "move"))
}
