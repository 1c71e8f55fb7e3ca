//! The font of the plots: shipped with the program, so that every machine draws the same.

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::Once;

/// Name of the font in SVG, with what a viewer takes in its place; all of these are at most as wide as the
/// first, whose widths the layout counts with.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif";

/// Height of a line of DejaVu Sans over its size: the unit in which plotters draws letters into a bitmap.
pub(super) const LINE_HEIGHT: f64 = 1.164;

/// Text is measured this much enlarged, since plotters gives widths in whole pixels.
const MEASURED_AT: f64 = 16.0;

/// Makes the font known to plotters.
pub(super) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let regular = register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular());
        let bold = register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold());
        assert!(regular.is_ok() && bold.is_ok(), "the shipped font is sound");
    });
}

/// Width of a text in pixels.
pub(super) fn text_width(text: &str, size: f64, is_bold: bool) -> f64 {
    register();
    let style = if is_bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::Name(FAMILY), size * LINE_HEIGHT * MEASURED_AT, style);
    let (width, _) = font.box_size(text).expect("the shipped font is registered");
    f64::from(width) / MEASURED_AT
}

/// The text, or as much of its beginning as fits, with an ellipsis.
pub(super) fn shortened(text: &str, size: f64, is_bold: bool, room: f64) -> String {
    if text_width(text, size, is_bold) <= room {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    let shorter = |kept: usize| format!("{}…", letters[..kept].iter().collect::<String>().trim_end());
    let (mut fits, mut too_long) = (0, letters.len());
    while too_long - fits > 1 {
        let kept = (fits + too_long) / 2;
        if text_width(&shorter(kept), size, is_bold) <= room {
            fits = kept;
        } else {
            too_long = kept;
        }
    }
    if fits == 0 { String::new() } else { shorter(fits) }
}
