//! Colours and sizes of the plots.
//!
//! The colours are those of Okabe and Ito, which people with any kind of colour vision tell apart; yellow is
//! left out, being too light for a line on white.

use plotters::style::RGBColor;

/// Width of every plot.
pub(super) const WIDTH: f64 = 1_120.0;
/// Left edge of the panel; numbers of the value axis stand to its left.
pub(super) const PANEL_LEFT: f64 = 64.0;
/// Right edge of the panel; names of curves stand to its right.
pub(super) const PANEL_RIGHT: f64 = 976.0;
/// Where anything may end at the right.
pub(super) const SHEET_RIGHT: f64 = WIDTH - 12.0;

/// Size of the title.
pub(super) const TITLE_SIZE: f64 = 17.0;
/// Size of all other text.
pub(super) const TEXT_SIZE: f64 = 12.0;
/// Size of notes.
pub(super) const NOTE_SIZE: f64 = 10.5;
/// From one line of text to the next.
pub(super) const LINE_STEP: f64 = 17.0;

/// Text.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
/// Text of less weight, thresholds.
pub(super) const GREY: RGBColor = RGBColor(0x5b, 0x62, 0x6b);
/// Axes.
pub(super) const AXIS: RGBColor = RGBColor(0x9a, 0xa1, 0xaa);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xe8, 0xea, 0xed);
/// Marks on the time axis.
pub(super) const MARK: RGBColor = RGBColor(0xb4, 0xba, 0xc2);
/// One curve of a crowd.
pub(super) const CROWD: RGBColor = RGBColor(0xc3, 0xcf, 0xdc);
/// The band from lowest to highest.
pub(super) const BAND: RGBColor = RGBColor(0xdd, 0xe8, 0xf2);
/// The band between the quartiles.
pub(super) const INNER_BAND: RGBColor = RGBColor(0xa9, 0xc8, 0xe2);
/// What no placement can undercut.
pub(super) const BOUND: RGBColor = RGBColor(0xe3, 0xe5, 0xe8);

/// The main curve.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
/// A second curve.
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
/// A third.
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
/// A fourth.
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
/// A fifth.
pub(super) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
/// What went wrong.
pub(super) const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// Query nodes with a curve each, in this order; after the seventh they come again, with dots on the curve.
pub(super) const NODE_COLORS: [RGBColor; 7] = [BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, INK];
