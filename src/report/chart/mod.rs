//! The plots of a run: how memory skew develops, what every query node uses, what moved; and those of a sweep.
//!
//! A plot is first a [`drawing::Drawing`] (shapes and texts at known places, so that tests can see whether
//! anything overlaps), then SVG text or PNG bytes. The same input gives the same bytes on every machine: the
//! font is shipped, and nothing here depends on locale, clock or system fonts.

pub mod compared_skew;
pub mod heat_map;
pub mod input;
pub mod memory_skew;
pub mod node_memory;
pub mod pareto;
pub mod segment_moves;
pub mod sweep_curves;
pub mod threshold_map;

pub mod drawing;
pub mod paint;

mod color_scale;
mod curve;
mod font;
mod mark_row;
mod panel;
mod plane;
mod style;
mod time_axis;
mod value_axis;

#[cfg(test)]
mod sweep_tests;
#[cfg(test)]
mod tests;
