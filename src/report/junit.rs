//! What a check found as JUnit XML: a test case a scenario.

use super::check::Entry;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The XML. It holds no times and no host, so that the same results give the same bytes.
pub fn junit(entries: &[Entry]) -> String {
    let mut suite = TestSuite::new("evenkeel check");
    for entry in entries {
        let faults = entry.faults();
        let status = match faults.first() {
            _ if entry.holds() => TestCaseStatus::success(),
            first => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(first.cloned().unwrap_or_default());
                status.set_description(faults.join("\n"));
                status
            }
        };
        let mut case = TestCase::new(entry.name.as_str(), status);
        case.set_classname(entry.path.as_str());
        suite.add_test_case(case);
    }
    let mut report = Report::new("evenkeel");
    report.add_test_suite(suite);
    // Writing XML to memory does not fail.
    report.to_string().unwrap_or_default()
}
