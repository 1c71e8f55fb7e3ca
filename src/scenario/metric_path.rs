//! Which figures of `summary.json` an expectation can name, and how.

use super::words::{nearest, quoted};
use super::{ReplicaSpec, Scenario};
use crate::policy::reason::ReasonCode;

const SPANS: &[&str] = &["start", "end", "peak", "mean"];
const MEASURES: &[&str] = &["max_difference", "imbalance", "cv", "gini", "overloaded", "bound"];
const EVENNESS: &[&str] = &["max_difference", "imbalance", "cv", "gini"];

/// Counts of transfers that segments and channels share.
const TRANSFERS: &[&str] = &[
    "planned",
    "completed",
    "failed",
    "cancelled",
    "refused",
    "unfinished",
    "by_cause.balance",
    "by_cause.drain",
    "by_cause.manual",
    "net_zero",
    "net_zero_ratio",
    "ping_pong.segments",
    "ping_pong.returns",
];

/// Counts that can be taken over the whole run or over an interval.
const COUNTS: &[&str] = &[
    "moves.bytes",
    "moves.rows",
    "moves.wasted_bytes",
    "overload.node_seconds",
    "overload.peak_rate",
    "overload.refused_loads",
    "overload.killed_for_memory",
    "service.unserviceable_seconds",
    "service.failed_searches",
    "commands.success",
    "commands.refused",
    "commands.timed_out",
    "commands.unfinished",
];

/// Figures of the whole run that are no counts.
const WHOLE_RUN: &[&str] = &[
    "ended_at_ms",
    "duration_ms",
    "events",
    "samples.taken",
    "samples.written",
    "nodes.start",
    "nodes.end",
    "nodes.peak",
    "segments.start",
    "segments.end",
    "service.latency_ms.mean",
    "service.latency_ms.peak",
    "service.cost.mean",
    "service.cost.peak",
];

/// Figures that run over time besides skew, as they are named with `during`.
const OVER_TIME: &[&str] = &["nodes", "segments", "service.latency_ms", "service.cost"];

/// Splits `a.b["c.d"]` into its parts.
///
/// # Errors
///
/// Says what is wrong with the form of the path.
pub(super) fn split(path: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let end = quoted.find("\"]").ok_or("a part in [\"..\"] does not end")?;
            parts.push(quoted[..end].to_owned());
            rest = &quoted[end + 2..];
            if !rest.is_empty() && !rest.starts_with(['.', '[']) {
                return Err("a dot is missing after [\"..\"]".to_owned());
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end == 0 {
            return Err("a part of the path is empty".to_owned());
        }
        parts.push(rest[..end].to_owned());
        rest = match rest[end..].strip_prefix('.') {
            Some("") => return Err("the path ends in a dot".to_owned()),
            Some(next) => next,
            None => &rest[end..],
        };
    }
    if parts.is_empty() { Err("the path is empty".to_owned()) } else { Ok(parts) }
}

/// Splits the path of a figure of the whole run, such as `skew.end.cv` or, for the first disturbance,
/// `settle.0.settle_ms`.
///
/// # Errors
///
/// Says what is wrong when a run of `scenario` has no such figure, and what would be right.
pub fn of_whole_run(path: &str, scenario: &Scenario) -> Result<Vec<String>, String> {
    let parts = split(path).map_err(|fault| format!("{}: {fault}", quoted(path)))?;
    if let ["settle", index, field] = parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        && index.parse::<u32>().is_ok()
        && matches!(*field, "settle_ms" | "moves")
    {
        return Ok(parts);
    }
    let replicas = scenario.collections.iter().flat_map(|collection| match &collection.replicas {
        ReplicaSpec::Count(ids) => ids.clone(),
        ReplicaSpec::Fixed(replicas) => replicas.iter().map(|replica| replica.id).collect(),
    });
    let scopes = Scopes {
        resource_groups: scenario.resource_groups.iter().map(|group| group.name.as_str()).collect(),
        replicas: replicas.map(|id| id.to_string()).collect(),
        more_replicas: true,
    };
    match check(&parts, false, &scopes) {
        None => Ok(parts),
        Some((fault, remedy)) => Err(format!("{fault}; {remedy}")),
    }
}

/// The scopes of a scenario that a path can name.
pub(super) struct Scopes<'s> {
    pub(super) resource_groups: Vec<&'s str>,
    /// Ids of the replicas of the start.
    pub(super) replicas: Vec<String>,
    /// Whether replicas of other ids may come in the run.
    pub(super) more_replicas: bool,
}

/// What is wrong with a path, and what would be right; nothing when it names a figure.
pub(super) fn check(parts: &[String], during: bool, scopes: &Scopes) -> Option<(String, String)> {
    let names: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let ["scopes", kind, name, rest @ ..] = names.as_slice() {
        let fault = match *kind {
            "resource_groups" => scope_fault("resource group", name, &scopes.resource_groups, false),
            "replicas" => {
                let ids: Vec<&str> = scopes.replicas.iter().map(String::as_str).collect();
                scope_fault("replica", name, &ids, scopes.more_replicas && name.parse::<i64>().is_ok())
            }
            _ => Some((format!("there is no scope {}", quoted(kind)), SCOPE_REMEDY.to_owned())),
        };
        return fault.or_else(|| figure_fault(&rest.join("."), during, &skew_figures(during)));
    }
    let path = names.join(".");
    if let Some(fault) = wrong_span(&path, during) {
        return Some(fault);
    }
    let mut figures = skew_figures(during);
    figures.extend(counts());
    let others = if during { OVER_TIME } else { WHOLE_RUN };
    figures.extend(others.iter().map(|figure| (*figure).to_owned()));
    figure_fault(&path, during, &figures)
}

const SCOPE_REMEDY: &str = "write scopes.resource_groups.NAME or scopes.replicas.ID";

fn scope_fault(what: &str, name: &str, known: &[&str], accept: bool) -> Option<(String, String)> {
    if accept || known.contains(&name) {
        return None;
    }
    let shown: Vec<String> = known.iter().take(8).map(|known| quoted(known)).collect();
    Some((format!("there is no {what} {}", quoted(name)), format!("known are {}", shown.join(", "))))
}

/// A path that would be right without `during`, or with it.
fn wrong_span(path: &str, during: bool) -> Option<(String, String)> {
    let spanned = skew_figures(false);
    let plain = skew_figures(true);
    let over_time = |path: &str| OVER_TIME.contains(&path) || plain.iter().any(|figure| figure == path);
    let whole = |path: &str| WHOLE_RUN.contains(&path) || spanned.iter().any(|figure| figure == path);
    if during && whole(path) {
        let without: Vec<&str> = path.split('.').filter(|part| !SPANS.contains(part)).collect();
        let without = without.join(".");
        return Some(match over_time(&without) {
            true => (
                format!("with \"during\" {} is named without its start, end, peak or mean", quoted(path)),
                format!("write {}", quoted(&without)),
            ),
            false => {
                (format!("{} is a figure of the whole run", quoted(path)), "leave \"during\" out".to_owned())
            }
        });
    }
    if !during && over_time(path) {
        let (fault, remedy) = ("runs over time", "name its start, end, peak or mean, or add \"during\"");
        return Some((format!("{} {fault}", quoted(path)), remedy.to_owned()));
    }
    None
}

fn figure_fault(path: &str, during: bool, figures: &[String]) -> Option<(String, String)> {
    if figures.iter().any(|figure| figure == path) {
        return None;
    }
    let remedy = match nearest(path, figures.iter().map(String::as_str)) {
        Some(nearest) => format!("the nearest known is {}", quoted(nearest)),
        None => "summary.json shows all figures".to_owned(),
    };
    let over = if during { " over an interval" } else { "" };
    Some((format!("{} names no figure{over}", quoted(path)), remedy))
}

/// Figures of skew: by span for the whole run, plain where an interval says when.
fn skew_figures(during: bool) -> Vec<String> {
    let mut figures = Vec::new();
    let spans: Vec<String> =
        if during { vec![String::new()] } else { SPANS.iter().map(|span| format!("{span}.")).collect() };
    for span in &spans {
        figures.extend(MEASURES.iter().map(|measure| format!("skew.{span}{measure}")));
        for kind in ["rows", "score"] {
            figures.extend(EVENNESS.iter().map(|measure| format!("skew.{kind}.{span}{measure}")));
        }
    }
    figures
}

fn counts() -> Vec<String> {
    let mut figures: Vec<String> = COUNTS.iter().map(|figure| (*figure).to_owned()).collect();
    for kind in ["moves", "channel_moves"] {
        figures.extend(TRANSFERS.iter().map(|figure| format!("{kind}.{figure}")));
    }
    figures.extend(ReasonCode::ALL.iter().map(|code| format!("declined.{}", code.text())));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_with_a_dot_stands_in_brackets() {
        let parts = |path| split(path).expect("a path");
        assert_eq!(parts("skew.end.cv"), ["skew", "end", "cv"]);
        assert_eq!(
            parts("scopes.resource_groups[\"a.b\"].skew"),
            ["scopes", "resource_groups", "a.b", "skew"]
        );
        for broken in ["", ".", "a.", "a..b", "[\"a", "a[\"b\"]c"] {
            assert!(split(broken).is_err(), "{broken}");
        }
    }
}
