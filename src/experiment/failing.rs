//! The failure that a scenario is cut down to: the same expectation, failing the same way.

use super::judged_run::{self, Begin, JudgedRun};
use super::shrink::Oracle;
use crate::metrics::summary::{ExpectationResult, Summary};
use crate::scenario::overrides::Overrides;
use crate::scenario::{self, Scenario};
use serde_json::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// How an expectation fails, and whoever tries others against it.
pub struct Failing<'a> {
    /// The expectation and what was found.
    pub result: ExpectationResult,
    /// Of a failure by too little, why most rounds planned nothing: without it the small scenario would fail
    /// for want of anything to do.
    declined: Option<&'static str>,
    trying: Trying<'a>,
}

/// How scenarios are tried.
#[derive(Clone, Copy)]
pub struct Trying<'a> {
    /// How a run is begun.
    pub begin: &'a Begin<'a>,
    /// Called before every try.
    pub told: &'a dyn Fn(),
    /// The options under which it fails.
    pub overrides: &'a Overrides,
    /// Whether the expectation has to hold without these options: then the failure is theirs, and stays so.
    pub must_hold_without: bool,
}

/// Where a number lies that was to equal, exceed or stay below another: above or below it, and whether it is 0.
fn side(result: &ExpectationResult) -> Option<(Ordering, bool)> {
    let bound =
        ["at_most", "at_least", "equals"].iter().find_map(|name| result.expectation[name].as_f64())?;
    let actual = result.actual.as_f64()?;
    Some((actual.total_cmp(&bound), actual == 0.0))
}

/// The reason that kept most rounds from planning; of equals the first by name.
fn most_declined(summary: &Summary) -> Option<&'static str> {
    let most =
        summary.declined.iter().max_by(|(left, few), (right, many)| few.cmp(many).then(right.cmp(left)));
    most.map(|(code, _)| *code)
}

impl<'a> Failing<'a> {
    /// The failure of the `number`-th failing expectation, from 0; `None` = so many do not fail.
    pub fn of(trial: &JudgedRun, number: usize, trying: Trying<'a>) -> Option<Failing<'a>> {
        let mut failing = trial.summary.expectations.iter().filter(|expectation| !expectation.holds);
        let result = failing.nth(number)?.clone();
        let is_too_little = side(&result).is_some_and(|(side, _)| side == Ordering::Less);
        let declined = if is_too_little { most_declined(&trial.summary) } else { None };
        Some(Failing { result, declined, trying })
    }

    /// The same expectation in another run, if it fails in the same way there.
    pub fn same(&self, trial: &JudgedRun) -> Option<ExpectationResult> {
        let mut results = trial.summary.expectations.iter();
        let found = results.find(|result| result.expectation == self.result.expectation)?;
        let declines = self.declined.is_none_or(|code| trial.summary.declined.contains_key(code));
        (!found.holds && declines && is_alike(&self.result, found)).then(|| found.clone())
    }

    /// Whether the same expectation holds in another run.
    pub fn holds_in(&self, trial: &JudgedRun) -> bool {
        let mut results = trial.summary.expectations.iter();
        results.any(|result| result.expectation == self.result.expectation && result.holds)
    }

    /// From now on the expectation has to hold without the options.
    pub fn hold_without(&mut self) {
        self.trying.must_hold_without = true;
    }

    /// Runs a scenario under these options; `None` when it is invalid or cannot be placed.
    pub fn trial(&self, scenario: &Value, overrides: &Overrides) -> Option<(Arc<Scenario>, JudgedRun)> {
        let text = scenario.to_string();
        let scenario = Arc::new(scenario::parse(&text, "", overrides).ok()?);
        let trial = judged_run::run(&scenario, self.trying.begin).ok()?;
        Some((scenario, trial))
    }
}

/// Whether two answers are of one kind: an undefined figure is another failure than one that is too great.
fn is_alike(first: &ExpectationResult, second: &ExpectationResult) -> bool {
    match (&first.actual, &second.actual) {
        (Value::Number(_), Value::Number(_)) => side(first) == side(second),
        (Value::String(first), Value::String(second)) => first == second,
        (Value::Object(first), Value::Object(second)) => first.get("code") == second.get("code"),
        (Value::Array(first), Value::Array(second)) => first.is_empty() == second.is_empty(),
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

impl Oracle for Failing<'_> {
    fn fails(&mut self, scenario: &Value) -> bool {
        (self.trying.told)();
        let with = self.trial(scenario, self.trying.overrides);
        let fails = with.is_some_and(|(_, trial)| self.same(&trial).is_some());
        let without = || self.trial(scenario, &Overrides::default());
        let holds_without = || without().is_some_and(|(_, trial)| self.holds_in(&trial));
        fails && (!self.trying.must_hold_without || holds_without())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_same_kind_of_failure_is_the_same() {
        let result = |expectation: &Value, actual: Value| ExpectationResult {
            expectation: expectation.clone(),
            holds: false,
            actual,
            reason: String::new(),
        };
        let most = json!({ "metric": "moves.completed", "at_most": 2 });
        let equals = json!({ "metric": "moves.completed", "equals": 5 });
        let node = json!({ "query_node": 1, "is": "empty" });
        for (expectation, first, second, is_same) in [
            (&most, json!(4), json!(3), true),
            (&most, json!(4), Value::Null, false),
            (&equals, json!(4), json!(3), true),
            (&equals, json!(4), json!(7), false),
            (&equals, json!(4), json!(0), false),
            (&node, json!("up, not empty"), json!("up, not empty"), true),
            (&node, json!("up, not empty"), json!("no such query node"), false),
            (&node, json!(["1"]), json!(["2", "3"]), true),
            (&node, json!(["1"]), json!([]), false),
            (&node, json!({ "code": 1, "text": "a" }), json!({ "code": 1, "text": "b" }), true),
        ] {
            let found = is_alike(&result(expectation, first.clone()), &result(expectation, second.clone()));
            assert_eq!(found, is_same, "{first} {second}");
        }
    }
}
