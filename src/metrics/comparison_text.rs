//! Comparisons in few words, for a reader.

use crate::policy::reason::Reason;
use std::cmp::Ordering;

/// The code with the numbers compared, such as `DIFFERENCE_TOO_GREAT 0.4 > 0.3`.
pub(super) fn reason_text(reason: &Reason) -> String {
    let code = reason.code.text();
    compared(reason).map_or_else(|| code.to_string(), |numbers| format!("{code} {numbers}"))
}

/// The numbers compared, such as `0.4 > 0.3`; `None` where nothing was.
pub(super) fn compared(reason: &Reason) -> Option<String> {
    let (left, right) = (reason.left?, reason.right?);
    let sign = match left.total_cmp(&right) {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    };
    let (short_left, short_right) = (short(left), short(right));
    // Digits are left out only where the comparison can still be seen.
    Some(if short_left == short_right {
        format!("{left} {sign} {right}")
    } else {
        format!("{short_left} {sign} {short_right}")
    })
}

/// A number to four decimals, without zeros at the end.
fn short(value: f64) -> String {
    let rounded = format!("{value:.4}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_string()
}
