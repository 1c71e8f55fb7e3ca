//! Expectations, commands, samples and stories of a run driven by hand.

use super::driven::{Driven, cluster, scenario};
use crate::coordinator::keys::Value;
use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::metrics::curves::CurvesCollector;
use crate::metrics::sample::{Sample, ScopeKind};
use crate::metrics::sampler::SampleSink;
use crate::metrics::settle;
use crate::metrics::story::StoryCollector;
use crate::metrics::summary::Summary;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeState;
use crate::policy::reason::{Reason, ReasonCode};
use crate::scenario::Scenario;
use crate::scenario::expectation::{Bound, Claim, Expectation, NodeCondition, When};
use crate::simulation::history::{CommandOutcome, Moment, Moved};
use crate::simulation::history::{Observer, Record};
use crate::units::SimTime;

fn ms(ms: u64) -> SimTime {
    SimTime::from_ms(ms)
}

fn metric(path: &str, bound: Bound, during: Option<(u64, u64)>) -> Claim {
    let during = during.map(|(from, to)| (ms(from), ms(to)));
    Claim::Metric { path: path.split('/').map(ToString::to_string).collect(), bound, during }
}

fn expecting(claims: Vec<Claim>) -> Scenario {
    let expectations = claims
        .into_iter()
        .map(|claim| Expectation { text: "{\"metric\":\"x\"}".to_string(), claim })
        .collect();
    let mut scenario = Scenario { expectations, ..scenario() };
    // Only node 1, and only while it loads, is above this.
    scenario.config.entries[0].value = Value::Int(200);
    scenario
}

fn plan(driven: &mut Driven<'_>, number: u32, cause: MoveCause) {
    driven.record(&Record::Plan {
        number: MoveNumber(number),
        moved: Moved::Segment(SegmentIndex(8)),
        replica: Some(ReplicaIndex(2)),
        from: NodeIndex(2),
        to: NodeIndex(4),
        cause,
        reason: Reason::compared(ReasonCode::DifferenceTooGreat, None, 0.4, 0.3),
    });
}

fn end(driven: &mut Driven<'_>, number: u32, outcome: MoveOutcome) {
    driven.record(&Record::MoveEnd { number: MoveNumber(number), outcome });
}

/// Node 1 loads 60 bytes from 210 to 330 ms; two moves, ended at 120 and 260 ms; node 4 ends at 300 ms.
fn run(scenario: &Scenario) -> Summary {
    let mut driven = Driven::new(scenario, cluster(false));
    driven.go_to(100);
    plan(&mut driven, 0, MoveCause::Balance);
    driven.settle();
    driven.go_to(120);
    end(&mut driven, 0, MoveOutcome::Completed);
    driven.go_to(210);
    driven.cluster.begin_load(NodeIndex(0), 60);
    driven.settle();
    driven.go_to(250);
    driven.coordinator.empty.push(NodeIndex(3));
    driven.coordinator.recorded.insert(SegmentIndex(8), vec![NodeIndex(4), NodeIndex(2)]);
    plan(&mut driven, 1, MoveCause::Drain);
    driven.settle();
    driven.go_to(260);
    end(&mut driven, 1, MoveOutcome::Failed);
    driven.go_to(300);
    driven.cluster.end_process(NodeIndex(3));
    driven.settle();
    driven.go_to(330);
    driven.cluster.end_load(NodeIndex(0), 60);
    driven.settle();
    driven.go_to(500);
    driven.finish().0
}

#[track_caller]
fn check(claim: Claim, holds: bool, words: &str) {
    let scenario = expecting(vec![claim]);
    let summary = run(&scenario);
    let result = &summary.expectations[0];
    assert_eq!(result.holds, holds, "{result:?}");
    assert!(result.reason.contains(words), "{:?} should say {words:?}", result.reason);
}

#[test]
fn figures_of_the_summary_are_found_by_path() {
    check(metric("moves/completed", Bound::Equals(1.0), None), true, "moves.completed is 1");
    check(metric("moves/completed", Bound::AtMost(0.0), None), false, "not at most 0");
    check(metric("skew/score/end/cv", Bound::AtMost(1.0), None), false, "null");
    check(metric("skew/end/beauty", Bound::AtMost(1.0), None), false, "no figure skew.end.beauty");
    check(metric("declined/TOO_FEW_NODES", Bound::Equals(0.0), None), true, "is 0");
    check(metric("scopes/replicas/12/skew/peak/overloaded", Bound::AtLeast(1.0), None), true, "is 1");
}

#[test]
fn a_running_figure_must_hold_at_every_evaluation_and_at_the_beginning() {
    let overloaded = |bound, from, to| metric("skew/overloaded", bound, Some((from, to)));
    check(overloaded(Bound::AtMost(0.0), 0, 209), true, "at most 0");
    check(overloaded(Bound::AtMost(0.0), 205, 210), false, "210ms");
    // Nothing is evaluated between 211 and 220 ms: the value in force counts.
    check(overloaded(Bound::AtLeast(1.0), 215, 220), true, "at least 1");
    check(overloaded(Bound::AtMost(0.0), 215, 220), false, "was 1 at 215ms");
    check(overloaded(Bound::AtMost(0.0), 330, 500), true, "at most 0");
    check(metric("scopes/replicas/99/skew/cv", Bound::AtMost(9.0), Some((0, 10))), false, "undefined");
    check(metric("overload/peak_rate", Bound::AtMost(1.9), Some((0, 200))), true, "at most 1.9");
}

#[test]
fn a_count_is_taken_over_its_closed_interval() {
    let planned = |from, to, count| {
        check(metric("moves/planned", Bound::Equals(count), Some((from, to))), true, "as expected");
    };
    planned(0, 500, 2.0);
    planned(100, 100, 1.0);
    planned(101, 249, 0.0);
    planned(101, 250, 1.0);
    check(metric("overload/node_seconds", Bound::Equals(0.02), Some((200, 230))), true, "0.02");
    check(metric("moves/net_zero_ratio", Bound::Equals(0.0), Some((200, 230))), true, "0");
    check(metric("nodes/peak", Bound::Equals(0.0), Some((200, 230))), false, "nothing that is counted");
}

#[test]
fn an_interval_beyond_the_end_does_not_hold() {
    check(metric("moves/planned", Bound::AtLeast(0.0), Some((400, 501))), false, "ended at 500ms");
    let when = When::At(ms(600));
    check(Claim::QueryNode { id: 1, is: NodeCondition::Up, when }, false, "ended at 500ms");
}

#[test]
fn conditions_hold_after_all_events_of_their_time() {
    let node = |id, is, at| Claim::QueryNode { id, is, when: When::At(ms(at)) };
    check(node(4, NodeCondition::Up, 299), true, "up");
    check(node(4, NodeCondition::Up, 300), false, "down");
    check(node(4, NodeCondition::Down, 500), true, "down");
    check(node(4, NodeCondition::Empty, 249), false, "not empty");
    check(node(4, NodeCondition::Empty, 250), true, "empty");
    check(node(77, NodeCondition::Up, 250), false, "no such query node");
    let during = |id, is, from, to| Claim::QueryNode { id, is, when: When::During(ms(from), ms(to)) };
    check(during(4, NodeCondition::Up, 40, 299), true, "up");
    check(during(4, NodeCondition::Up, 40, 300), false, "300ms");
    check(during(4, NodeCondition::Empty, 240, 400), false, "not empty");
    check(during(4, NodeCondition::Empty, 255, 400), true, "empty");
    let segment = |on, at| Claim::Segment { id: 1_008, on, at: ms(at) };
    check(segment(vec![3, 5], 260), true, "3");
    check(segment(vec![3], 260), false, "[3,5]");
    check(segment(vec![], 249), true, "[]");
}

#[test]
fn settled_by_a_time_means_the_last_move_had_ended() {
    check(Claim::Settled { by: ms(260) }, true, "by 260ms");
    check(Claim::Settled { by: ms(259) }, false, "after 259ms");
}

#[test]
fn a_refused_command_disturbs_nothing() {
    let scenario = scenario();
    let mut driven = Driven::new(&scenario, cluster(false));
    let command =
        Record::Command { verb: "load_balance", arguments: "{}", is_read_only: false, expects_answer: true };
    driven.go_to(100);
    let refused = driven.record(&command);
    driven.go_to(200);
    driven.record(&command);
    let outcome = CommandOutcome::Refused;
    driven.record(&Record::CommandResult { of: refused, outcome, code: 1, text: "no" });
    driven.go_to(400);
    let (summary, _) = driven.finish();
    assert_eq!(summary.settle.iter().map(|settle| settle.at_ms).collect::<Vec<_>>(), [0, 200]);
    assert_eq!((summary.commands.refused, summary.commands.unfinished), (1, 1));
}

#[test]
fn quiet_lasts_two_rounds_over_all_collections() {
    let mut scenario = Scenario { settle_quiet: None, ..scenario() };
    assert_eq!(settle::quiet_ms(&scenario), 120_000);
    scenario.collections = vec![scenario.collections[0].clone(); 41].into();
    assert_eq!(settle::quiet_ms(&scenario), 2 * 3 * 60_000);
    scenario.release = "2.0.2".parse().unwrap();
    assert_eq!(settle::quiet_ms(&scenario), 120_000);
}

#[test]
fn the_summary_names_what_it_rests_on() {
    let summary = serde_json::to_value(run(&scenario())).unwrap();
    let hardware: Vec<&String> = summary["assumptions"].as_object().unwrap().keys().collect();
    assert_eq!(hardware[..2], ["load_overhead_ms", "load_bandwidth_bytes_per_second"]);
    assert_eq!(summary["assumptions"]["storage_bandwidth_bytes_per_second"], serde_json::Value::Null);
    assert_eq!(summary["config"]["queryCoord.overloadedMemoryThresholdPercentage"]["from"], "scenario");
    assert_eq!(summary["segments"], serde_json::json!({ "start": 16, "end": 16 }));
    assert_eq!(summary["nodes"], serde_json::json!({ "start": 6, "end": 5, "peak": 6 }));
}

#[derive(Default)]
struct Kept(Vec<Sample>);

impl SampleSink for Kept {
    fn take(&mut self, sample: &Sample) {
        self.0.push(sample.clone());
    }
}

#[test]
fn samples_go_round_to_every_sink() {
    let scenario = scenario();
    let (mut kept, mut curves) = (Kept::default(), CurvesCollector::new());
    let mut driven = Driven::new(&scenario, cluster(false));
    driven.meter = driven.meter.with_sink(Box::new(&mut kept)).with_sink(Box::new(&mut curves));
    driven.go_to(20);
    plan(&mut driven, 0, MoveCause::Balance);
    driven.cluster.start_node(NodeIndex(0), NodeState::Stopping);
    driven.cluster.end_process(NodeIndex(1));
    driven.settle();
    driven.go_to(60);
    driven.finish();
    assert_eq!(kept.0.iter().map(|sample| sample.t_ms).collect::<Vec<_>>(), [50, 60]);
    let scopes: Vec<_> = kept.0[0].scopes.iter().map(|scope| (scope.scope, &*scope.name)).collect();
    assert_eq!(scopes[0], (ScopeKind::Cluster, "cluster"));
    assert_eq!(scopes[1], (ScopeKind::ResourceGroup, "__default_resource_group"));
    assert_eq!(scopes[3], (ScopeKind::Replica, "10"));
    let in_flight: Vec<_> = kept.0[0].scopes.iter().map(|scope| scope.moves_in_flight).collect();
    assert_eq!(in_flight, [1, 1, 0, 0, 0, 1]);
    assert_eq!(kept.0[0].scopes[0].nodes, 3);
    assert_eq!(kept.0[0].nodes[1].rate, None);
    let curves = curves.finish();
    assert_eq!(curves.times_ms, [50, 60]);
    assert_eq!(curves.nodes[1].rates, [None, None]);
}

/// Tells a story what the driven run would.
fn tell(story: &mut StoryCollector, driven: &Driven<'_>, now_ms: u64, sequence: u64, record: &Record<'_>) {
    let service = super::driven::StubService(driven.scenario);
    let (cluster, coordinator) = (&driven.cluster, &driven.coordinator);
    story.record(Moment { now: ms(now_ms), cluster, coordinator, service: &service }, sequence, record);
}

#[test]
fn a_story_tells_marks_commands_and_moves() {
    let scenario = scenario();
    let driven = Driven::new(&scenario, cluster(false));
    let mut story = StoryCollector::new(ms(1_024));
    let mut tell = |now_ms, sequence, record: &Record<'_>| {
        tell(&mut story, &driven, now_ms, sequence, record);
    };
    let arguments = "{\"src_node_id\":3,\"dst_node_ids\":[4],\"sealed_segment_ids\":[]}";
    let (is_read_only, expects_answer) = (false, true);
    tell(10, 1, &Record::Command { verb: "load_balance", arguments, is_read_only, expects_answer });
    let outcome = CommandOutcome::Refused;
    tell(12, 2, &Record::CommandResult { of: 1, outcome, code: 1, text: "no" });
    tell(20, 3, &Record::NodeDown { node: NodeIndex(1), cause: "killed" });
    tell(
        30,
        4,
        &Record::Plan {
            number: MoveNumber(0),
            moved: Moved::Segment(SegmentIndex(8)),
            replica: None,
            from: NodeIndex(2),
            to: NodeIndex(4),
            cause: MoveCause::Balance,
            reason: Reason::compared(ReasonCode::DifferenceTooGreat, None, 0.4, 0.3),
        },
    );
    tell(1_024, 5, &Record::MoveEnd { number: MoveNumber(0), outcome: MoveOutcome::Completed });
    let story = story.finish();
    assert_eq!(story.marks[0].label, "load_balance 3 -> 4 (refused)");
    assert!(story.marks[0].is_trouble && story.marks[1].is_trouble);
    assert_eq!(story.marks[1].label, "node 2 killed");
    assert_eq!((story.commands[0].outcome, story.commands[0].answered_ms), ("refused", Some(12)));
    assert_eq!(story.moves[0].reason, "DIFFERENCE_TOO_GREAT 0.4 > 0.3");
    assert_eq!((story.moves[0].segment, story.moves[0].ended_ms), (1_008, Some(1_024)));
    assert_eq!((story.bucket_ms, story.buckets.len()), (2, 512));
    assert_eq!(story.buckets[511].balance, 1);
}
