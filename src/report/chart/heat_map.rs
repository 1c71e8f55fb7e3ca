//! The plot of a sweep over two keys and more: a field of cells for every figure.

use super::color_scale::{color_at, text_on};
use super::drawing::{Anchor, Drawing, Label};
use super::font::{shortened, text_width};
use super::panel::{SHEET_LEFT, plain};
use super::plane::{FigureAxis, Frame, draw_below, draw_title, figure_axis};
use super::style::{CROWD, GREY, NOTE_SIZE, SHEET_RIGHT, TEXT_SIZE, WIDTH};
use crate::experiment::tally::{Combination, Results};
use crate::report::sweep::finding::{headline, number, short};

/// Fields side by side.
const COLUMNS: usize = 2;
/// Upper edge of the first row of fields.
const TOP: f64 = 104.0;
/// Least and greatest height of a cell.
const CELL: (f64, f64) = (14.0, 34.0);
/// Height of the cells of a field together, where these are not at their limits.
const FIELD: f64 = 300.0;
/// What stands above and below the cells of a field.
const AROUND: f64 = 118.0;

/// Which two keys span the fields, and how many values each has.
struct Span {
    across: usize,
    up: usize,
    columns: usize,
    rows: usize,
}

/// Draws a field for every figure of a scenario: over two keys; of more keys over the two with the most values,
/// each cell with the least mean that any values of the others reach.
///
/// # Panics
///
/// With fewer than two keys.
pub fn heat_map(results: &Results, scenario: usize) -> Drawing {
    let plan = &results.plan;
    let mut order: Vec<usize> = (0..plan.axes.len()).collect();
    order.sort_by_key(|axis| std::cmp::Reverse(plan.axes[*axis].values.len()));
    let (across, up) = (order[0], order[1]);
    let span = Span { across, up, columns: plan.axes[across].values.len(), rows: plan.axes[up].values.len() };
    let cell = (FIELD / span.rows as f64).clamp(CELL.0, CELL.1);
    let height = cell * span.rows as f64;
    let field_rows = plan.figures.len().div_ceil(COLUMNS);
    let title = headline(results, scenario);
    let mut drawing = Drawing::new(WIDTH, TOP + (height + AROUND) * field_rows as f64 - 30.0, &title);
    let seeds = if plan.seeds == 1 { "one seed".to_owned() } else { format!("mean of {} seeds", plan.seeds) };
    let mut subtitle = format!("{}, {seeds}", plan.scenarios[scenario].name);
    if plan.axes.len() > 2 {
        let others: Vec<&str> = order[2..].iter().map(|axis| short(&plan.axes[*axis].key)).collect();
        subtitle += &format!("; each cell the least over {}", others.join(", "));
    }
    draw_title(&mut drawing, &title, &subtitle);
    let room = (SHEET_RIGHT - SHEET_LEFT) / COLUMNS as f64;
    let widest = plan.axes[up].values.iter().map(|value| text_width(value, TEXT_SIZE, false));
    let labels = widest.fold(0.0, f64::max).min(room / 3.0);
    for position in 0..plan.figures.len() {
        let left = SHEET_LEFT + room * (position % COLUMNS) as f64;
        let top = TOP + (height + AROUND) * (position / COLUMNS) as f64;
        let frame =
            Frame { left: left + labels + 12.0, top, right: left + room - 24.0, bottom: top + height };
        draw_field(&mut drawing, results, scenario, position, &span, &frame, left);
    }
    drawing
}

/// One figure: its path and scale above, cells, the values of both keys beside and below.
fn draw_field(
    drawing: &mut Drawing,
    results: &Results,
    scenario: usize,
    figure: usize,
    span: &Span,
    frame: &Frame,
    left: f64,
) {
    let plan = &results.plan;
    let path = &plan.figures[figure];
    let means = means(results, results.of_scenario(scenario), figure, span);
    let defined = || means.iter().flatten().copied();
    let (least, greatest) = (defined().fold(f64::INFINITY, f64::min), defined().fold(0.0, f64::max));
    let scale = figure_axis(path, greatest, 1);
    drawing.text(plain(&format!("{path}{}", scale.unit), (left, frame.top - 24.0)));
    draw_scale(drawing, &scale, (least, greatest), frame);
    let (width, height) =
        ((frame.right - frame.left) / span.columns as f64, (frame.bottom - frame.top) / span.rows as f64);
    let room = width - 6.0;
    let text = |mean: Option<f64>| mean.map(|mean| number(mean / scale.divisor));
    let texts: Vec<Option<String>> = means.iter().copied().map(text).collect();
    let is_readable = texts.iter().flatten().all(|text| text_width(text, NOTE_SIZE, false) <= room);
    for row in 0..span.rows {
        let y = frame.bottom - height * (row + 1) as f64;
        for column in 0..span.columns {
            let place = row * span.columns + column;
            let x = frame.left + width * column as f64;
            let share = means[place].map(|mean| share(mean, least, greatest));
            let color = share.map_or(CROWD, color_at);
            drawing.bar((x + 0.5, y + 0.5), (x + width - 0.5, y + height - 0.5), color);
            let text = texts[place].as_deref().unwrap_or("-");
            if is_readable {
                let at = (x + width / 2.0, y + height / 2.0 + 0.36 * NOTE_SIZE);
                let label = Label { anchor: Anchor::Center, size: NOTE_SIZE, ..plain(text, at) };
                drawing.text(Label { color: text_on(color), ..label });
            }
        }
        let value = &plan.axes[span.up].values[row];
        let value = shortened(value, TEXT_SIZE, false, frame.left - left - 8.0);
        let label = plain(&value, (frame.left - 8.0, y + height / 2.0 + 0.36 * TEXT_SIZE));
        drawing.text(Label { anchor: Anchor::Right, color: GREY, ..label });
    }
    let middle = |column: usize| frame.left + width * (column as f64 + 0.5);
    let values = plan.axes[span.across].values.iter().enumerate();
    let texts: Vec<(f64, &str)> = values.map(|(column, value)| (middle(column), value.as_str())).collect();
    draw_below(drawing, frame, &texts);
    for (word, axis, down) in [("across", span.across, 36.0), ("up", span.up, 52.0)] {
        let key = format!("{word}: {}", short(&plan.axes[axis].key));
        let key = shortened(&key, TEXT_SIZE, false, frame.right - left);
        let label = plain(&key, (frame.right, frame.bottom + down));
        drawing.text(Label { anchor: Anchor::Right, color: GREY, ..label });
    }
}

/// The colours from the least to the greatest, with both, above a field at the right.
fn draw_scale(drawing: &mut Drawing, scale: &FigureAxis, (least, greatest): (f64, f64), frame: &Frame) {
    if !least.is_finite() {
        return;
    }
    let baseline = frame.top - 24.0;
    let high = number(greatest / scale.divisor);
    let label = plain(&high, (frame.right, baseline));
    drawing.text(Label { anchor: Anchor::Right, color: GREY, ..label });
    let right = frame.right - text_width(&high, TEXT_SIZE, false) - 6.0;
    let (width, steps) = (80.0, 40_u32);
    for step in 0..steps {
        let x = right - width + width * f64::from(step) / f64::from(steps);
        let color = color_at(f64::from(step) / f64::from(steps - 1));
        drawing.bar((x, baseline - 9.0), (x + width / f64::from(steps) + 0.25, baseline), color);
    }
    let label = plain(&number(least / scale.divisor), (right - width - 6.0, baseline));
    drawing.text(Label { anchor: Anchor::Right, color: GREY, ..label });
}

/// Where a mean lies between the least and the greatest.
fn share(mean: f64, least: f64, greatest: f64) -> f64 {
    if greatest > least { (mean - least) / (greatest - least) } else { 0.0 }
}

/// The mean of every cell, row by row from below; of several combinations the least.
fn means(results: &Results, combinations: &[Combination], figure: usize, span: &Span) -> Vec<Option<f64>> {
    let mut means: Vec<Option<f64>> = vec![None; span.columns * span.rows];
    for combination in combinations {
        let positions = results.plan.positions(combination.number);
        let cell = &mut means[positions[span.up] * span.columns + positions[span.across]];
        let mean = combination.figures[figure].mean();
        *cell = match (*cell, mean) {
            (Some(before), Some(mean)) => Some(before.min(mean)),
            (before, mean) => before.or(mean),
        };
    }
    means
}
