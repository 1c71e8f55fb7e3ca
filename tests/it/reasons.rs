//! Every reason code is produced by some run.

use super::own_policy;
use super::policy_reasons;
use super::runs::{Draft, Run, collection, load_balance, node, segment};
use evenkeel::policy::reason::ReasonCode;
use serde_json::{Value, json};

/// The codes of a run: of what it planned, and of what it declined.
fn codes(run: &Run) -> Vec<ReasonCode> {
    let plans = run.of("plan").into_iter().filter_map(|line| line["reason"]["code"].as_str());
    let planned = plans.map(|text| ReasonCode::from_text(text).expect("a code"));
    planned.chain(run.declined.iter().map(|(_, _, code)| *code)).collect()
}

fn book(first: u64, second: u64, segments: Value) -> Draft {
    Draft::new(json!([node(1, first), node(2, second)]), json!([collection("book", 100, segments)]))
}

/// Eight segments on the first of two nodes.
fn later(version: &str) -> Draft {
    let nodes = [1, 2].map(|id| json!({ "id": id, "memory": "32GiB" }));
    let segments: Value = (1..=8).map(|id| json!({ "id": id, "rows": 1_000, "query_node": 1 })).collect();
    let book = json!({ "name": "book", "bytes_per_row": 6_400, "segments": segments });
    Draft::new(json!(nodes), json!([book])).release(version).with("", "duration", "1m")
}

/// A run that shows a code; `None` for codes that the policies of 2.2 and later give, which `policy_reasons`
/// shows.
fn example(code: ReasonCode) -> Option<Draft> {
    let small = || json!([segment(11, 1, 1)]);
    let draft = match code {
        ReasonCode::AutobalanceOff => book(10, 10, small()).config("queryCoord.autoBalance", false),
        ReasonCode::TriggerQueueBusy => {
            let call = || load_balance(Some("book"), 1, &[2], &[11]);
            book(10, 10, small()).at("1m", "load_balance", call()).at("1m", "load_balance", call())
        }
        ReasonCode::NotInThisRound => {
            let names = (0..21).map(|number| json!({ "name": format!("c{number}"), "segments": [] }));
            Draft::new(json!([node(1, 10)]), Value::Array(names.collect()))
        }
        ReasonCode::NodeInfoFailed | ReasonCode::TooFewNodes => {
            book(10, 10, small()).at("59s", "kill_query_node", json!({ "id": 2 }))
        }
        ReasonCode::SegmentInfoFailed => book(10, 10, small()).at("50s", "fail_loads", json!({})).at(
            "55s",
            "stop_query_node",
            json!({ "id": 1 }),
        ),
        ReasonCode::BelowBothThresholds => book(10, 10, small()),
        ReasonCode::DestWouldOverflow => book(94, 89, small()),
        ReasonCode::NoImprovingSegment => book(40, 40, json!([segment(11, 40, 1)])),
        ReasonCode::SourceHasNothingOfThisCollection => book(90, 10, json!([segment(11, 1, 2)])),
        ReasonCode::HostMemory => {
            let on_host = |id: i64| json!({ "id": id, "host": "h", "base_memory": 47 });
            Draft::new(json!([on_host(1), on_host(2)]), json!([collection("book", 100, small())])).with(
                "",
                "hosts",
                json!({ "h": 100 }),
            )
        }
        ReasonCode::Overloaded => book(91, 70, small()),
        ReasonCode::DifferenceTooGreat => book(60, 10, small()),
        ReasonCode::Manual => {
            book(10, 10, small()).at("1m", "load_balance", load_balance(Some("book"), 1, &[2], &[11]))
        }
        ReasonCode::SchedulerBusy => later("2.3.5").config("queryCoord.autoBalance", true).with(
            "/hardware",
            "load_bandwidth",
            "1KiB/s",
        ),
        ReasonCode::CollectionNotLoaded => {
            let segments: Value = (11..=18).map(|id| json!({ "id": id, "rows": 1_000 })).collect();
            let shelf =
                json!({ "name": "shelf", "loaded": false, "bytes_per_row": 6_400, "segments": segments });
            later("2.6.20")
                .at("2s", "load_collection", json!({ "collection_name": "shelf" }))
                .collection(shelf)
                .with("/hardware", "load_bandwidth", "1MiB/s")
        }
        ReasonCode::ChannelNotServiceable => later("2.6.20")
            .at("1s", "kill_query_node", json!({ "id": 1 }))
            .with("/hardware", "load_bandwidth", "1MiB/s"),
        ReasonCode::StoppingFirst => later("2.6.20").at("0s", "stop_query_node", json!({ "id": 1 })),
        ReasonCode::MoveUnderWay => later("2.6.20").at("0s", "stop_query_node", json!({ "id": 1 })).with(
            "/hardware",
            "load_bandwidth",
            "1MiB/s",
        ),
        ReasonCode::CheckerSuspended => later("2.6.20").at("2s", "suspend_balance", json!({})),
        _ => return None,
    };
    Some(draft)
}

#[track_caller]
fn check(code: ReasonCode) {
    let found = match example(code) {
        Some(draft) => codes(&draft.run()),
        None if code == ReasonCode::OwnPolicy => own_policy::codes(),
        None => policy_reasons::codes_with(code),
    };
    assert!(found.contains(&code), "{} is not among {found:?}", code.text());
}

#[test]
fn every_code_is_produced_by_some_run() {
    for code in ReasonCode::ALL {
        check(code);
    }
}

#[test]
fn every_code_is_told_in_its_own_words() {
    for (place, code) in ReasonCode::ALL.into_iter().enumerate() {
        assert_eq!(ReasonCode::from_text(code.text()), Some(code));
        let others = &ReasonCode::ALL[place + 1..];
        assert!(others.iter().all(|other| other.sentence() != code.sentence()), "{}", code.text());
    }
}
