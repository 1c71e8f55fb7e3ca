//! Colours from low to high that every kind of colour vision, and a grey print, puts in the same order.

use super::style::INK;
use plotters::style::RGBColor;

/// Stops of the scale at equal steps: from dark blue over green to light yellow, ever lighter.
const STOPS: [(u8, u8, u8); 9] = [
    (0x44, 0x01, 0x54),
    (0x47, 0x2d, 0x7b),
    (0x3b, 0x52, 0x8b),
    (0x2c, 0x72, 0x8e),
    (0x21, 0x91, 0x8c),
    (0x28, 0xae, 0x80),
    (0x5e, 0xc9, 0x62),
    (0xad, 0xdc, 0x30),
    (0xfd, 0xe7, 0x25),
];

/// The colour at a share of the scale from 0 (low) to 1 (high).
pub(super) fn color_at(share: f64) -> RGBColor {
    let along = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (along as usize).min(STOPS.len() - 2);
    let part = along - below as f64;
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8;
    let (from, to) = (STOPS[below], STOPS[below + 1]);
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// A colour in which text can be read on it.
pub(super) fn text_on(color: RGBColor) -> RGBColor {
    if lightness(color) > 110.0 { INK } else { RGBColor(255, 255, 255) }
}

/// How light a colour looks, from 0 to 255.
fn lightness(RGBColor(red, green, blue): RGBColor) -> f64 {
    0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_is_lighter() {
        let lights: Vec<f64> = (0..=100).map(|step| lightness(color_at(f64::from(step) / 100.0))).collect();
        assert!(lights.windows(2).all(|pair| pair[0] < pair[1] + 0.5), "{lights:?}");
        assert_eq!(text_on(color_at(0.0)), RGBColor(255, 255, 255));
        assert_eq!(text_on(color_at(1.0)), INK);
    }
}
