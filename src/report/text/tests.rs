//! The text report of a run made by hand.

use super::*;
use crate::report::content::example;

#[test]
fn prints() {
    let (summary, story, curves) = (example::summary(), example::story(), example::curves());
    let (first, last) = (example::sample(0, &[26, 25, 6]), example::sample(3_600_000, &[16, 15, 13, 12]));
    let report = Report {
        summary: &summary,
        story: &story,
        curves: &curves,
        first: &first,
        last: &last,
        about: "a fourth query node joins three",
        warnings: &["queryCoord.balancer is not read by 2.1.4".to_string()],
    };
    println!("{}", text(&report, 120));
}
