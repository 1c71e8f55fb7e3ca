//! Every figure of skew, overload and service equals its slow, plain twin over drawn histories.

use super::driven::{Driven, EVERY_MS, add_replica, add_segment, cluster, scenario};
use super::plain::{self, Reckoned, Which};
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeState;
use crate::model::segment::SegmentState;
use crate::policy::reason::{Reason, ReasonCode};
use crate::simulation::history::Record;
use proptest::prelude::*;

/// What happens at one moment.
#[derive(Debug, Clone)]
enum Step {
    AddCopy(u32, u32),
    RemoveCopy(u32, u32),
    NodeEnds(u32),
    NodeStarts(u32, bool),
    SessionEnds(u32),
    Joins(u32, u32),
    Leaves(u32, u32),
    Leads(u32, usize, Option<u32>),
    Loads(u32, u64),
    Grows(u32, u64),
    Scores(u32, Vec<(u32, u8)>),
    NewReplica(u32),
    DropReplica(u32),
    Seals(u32, u64),
    Drops(u32),
    Threshold(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let (node, replica, segment) = (0u32..6, 0u32..5, 0u32..20);
    prop_oneof![
        6 => (segment.clone(), node.clone()).prop_map(|(s, n)| Step::AddCopy(s, n)),
        6 => (segment.clone(), node.clone()).prop_map(|(s, n)| Step::RemoveCopy(s, n)),
        1 => node.clone().prop_map(Step::NodeEnds),
        2 => (node.clone(), any::<bool>()).prop_map(|(n, is_stopping)| Step::NodeStarts(n, is_stopping)),
        1 => node.clone().prop_map(Step::SessionEnds),
        2 => (replica.clone(), node.clone()).prop_map(|(r, n)| Step::Joins(r, n)),
        2 => (replica.clone(), node.clone()).prop_map(|(r, n)| Step::Leaves(r, n)),
        1 => (replica.clone(), 0usize..2, prop::option::of(node.clone()))
            .prop_map(|(r, shard, n)| Step::Leads(r, shard, n)),
        2 => (node.clone(), 1u64..60).prop_map(|(n, bytes)| Step::Loads(n, bytes)),
        2 => (node.clone(), 0u64..60).prop_map(|(n, bytes)| Step::Grows(n, bytes)),
        // A policy scores a node once.
        2 => (replica.clone(), prop::collection::btree_map(node, 0u8..5, 0..5))
            .prop_map(|(r, scores)| Step::Scores(r, scores.into_iter().collect())),
        1 => (0u32..2).prop_map(Step::NewReplica),
        1 => replica.prop_map(Step::DropReplica),
        1 => (0u32..2, 1u64..90).prop_map(|(c, bytes)| Step::Seals(c, bytes)),
        1 => segment.prop_map(Step::Drops),
        1 => (20u8..90).prop_map(Step::Threshold),
    ]
}

fn do_step(driven: &mut Driven<'_>, step: &Step) {
    let replicas = driven.cluster.replicas().len() as u32;
    match step {
        Step::AddCopy(segment, node) => {
            let (segment, node) = (SegmentIndex(*segment), NodeIndex(*node));
            let is_there = segment.position() < driven.cluster.segments().len();
            if is_there && driven.cluster.node(node).is_alive() && driven.cluster.add_copy(segment, node) {
                driven.record(&Record::LoadDone { node, segment, number: None, bytes: 1 });
            }
        }
        Step::RemoveCopy(segment, node) => {
            let (segment, node) = (SegmentIndex(*segment), NodeIndex(*node));
            let is_there = segment.position() < driven.cluster.segments().len();
            if is_there && driven.cluster.remove_copy(segment, node) {
                driven.record(&Record::Release { node, segment });
            }
        }
        Step::NodeEnds(node) => {
            driven.cluster.end_process(NodeIndex(*node));
            driven.record(&Record::NodeDown { node: NodeIndex(*node), cause: "killed" });
        }
        Step::NodeStarts(node, is_stopping) => {
            let state = if *is_stopping { NodeState::Stopping } else { NodeState::Normal };
            driven.cluster.start_node(NodeIndex(*node), state);
        }
        Step::SessionEnds(node) => driven.cluster.end_session(NodeIndex(*node)),
        Step::Loads(node, bytes) => {
            if driven.cluster.node(NodeIndex(*node)).loads_in_flight > 0 {
                let bytes = driven.cluster.node(NodeIndex(*node)).loading_bytes;
                driven.cluster.end_load(NodeIndex(*node), bytes);
            } else if driven.cluster.node(NodeIndex(*node)).is_alive() {
                driven.cluster.begin_load(NodeIndex(*node), *bytes);
            }
        }
        Step::Grows(node, bytes) => driven.cluster.set_growing(NodeIndex(*node), *bytes, *bytes),
        Step::Scores(replica, scores) => {
            driven.coordinator.looks += 1;
            driven.coordinator.scores.resize(8, Vec::new());
            driven.coordinator.scores[*replica as usize] =
                scores.iter().map(|(node, score)| (NodeIndex(*node), f64::from(*score))).collect();
            let reason = Reason::plain(ReasonCode::BelowBothThresholds);
            if *replica < replicas {
                driven.record(&Record::Declined {
                    replica: Some(ReplicaIndex(*replica)),
                    reason,
                    is_new: true,
                });
            }
        }
        Step::Seals(collection, bytes) => {
            if driven.cluster.segments().len() < 20 {
                add_segment(&mut driven.cluster, CollectionIndex(*collection), *bytes);
            }
        }
        Step::Drops(segment) => {
            let segment = SegmentIndex(*segment);
            let segments = driven.cluster.segments();
            if segment.position() < segments.len() && segments.state(segment) == SegmentState::Sealed {
                driven.cluster.drop_segment(segment);
                driven.record(&Record::SegmentGone { segment });
            }
        }
        Step::Threshold(percentage) => {
            driven.threshold = f64::from(*percentage) / 100.0;
            let value = format!("\"{percentage}\"");
            let key = "queryCoord.overloadedMemoryThresholdPercentage";
            driven.record(&Record::Config { key, value: &value });
        }
        membership => change_membership(driven, membership, replicas),
    }
}

fn change_membership(driven: &mut Driven<'_>, step: &Step, replicas: u32) {
    let cluster = &mut driven.cluster;
    match step {
        Step::Joins(replica, node) if *replica < replicas => {
            let (replica, node) = (ReplicaIndex(*replica), NodeIndex(*node));
            let kept = cluster.replica(replica);
            if kept.is_loaded && cluster.replica_of(kept.collection, node).is_none() {
                cluster.add_replica_node(replica, node);
            }
        }
        Step::Leaves(replica, node) if *replica < replicas => {
            let (replica, node) = (ReplicaIndex(*replica), NodeIndex(*node));
            if cluster.replica(replica).holding(node).is_none() {
                cluster.remove_replica_node(replica, node);
            }
        }
        Step::Leads(replica, shard, node) if is_loaded(cluster, *replica) => {
            cluster.set_shard_leader(ReplicaIndex(*replica), *shard, node.map(NodeIndex));
        }
        Step::NewReplica(collection) if replicas < 5 => {
            let collection = CollectionIndex(*collection);
            let free = cluster.node_indices().filter(|n| cluster.replica_of(collection, *n).is_none());
            let free: Vec<u32> = free.map(|node| node.0).collect();
            add_replica(cluster, 20 + i64::from(replicas), collection, &free);
        }
        Step::DropReplica(replica) if is_loaded(cluster, *replica) => {
            cluster.drop_replica(ReplicaIndex(*replica));
        }
        _ => {}
    }
}

fn is_loaded(cluster: &Cluster, replica: u32) -> bool {
    cluster.replicas().get(replica as usize).is_some_and(|replica| replica.is_loaded)
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_finite() && (one - other).abs() <= 1e-9 * (1.0 + other.abs()),
        (one, other) => one == other,
    }
}

#[track_caller]
fn check(what: &str, told: &Reckoned, plain: &Reckoned) {
    for (span, told, plain) in [
        ("start", told.start, plain.start),
        ("end", told.end, plain.end),
        ("peak", told.peak, plain.peak),
        ("mean", told.mean, plain.mean),
    ] {
        assert!(is_near(told, plain), "{what}.{span}: told {told:?}, by definition {plain:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_equals_its_definition(
        moments in prop::collection::vec((1u64..40, prop::collection::vec(step(), 0..4)), 1..25),
        has_host in any::<bool>(),
    ) {
        let scenario = scenario();
        let mut driven = Driven::new(&scenario, cluster(has_host));
        for (wait, steps) in &moments {
            let next = driven.now_ms + wait;
            driven.go_to(next);
            steps.iter().for_each(|step| do_step(&mut driven, step));
            driven.settle();
        }
        let end_ms = driven.now_ms / EVERY_MS * EVERY_MS + EVERY_MS;
        driven.go_to(end_ms);
        let (summary, snapshots) = driven.finish();

        let mut scopes = vec![("cluster".to_string(), Which::Cluster, &summary.skew)];
        for (place, group) in scenario.resource_groups.iter().enumerate() {
            let told = &summary.scopes.resource_groups[&group.name].skew;
            scopes.push((group.name.clone(), Which::Group(place), told));
        }
        let last = &snapshots.last().unwrap().cluster;
        for (place, replica) in last.replicas().iter().enumerate() {
            let name = replica.id.to_string();
            scopes.push((name.clone(), Which::Replica(place), &summary.scopes.replicas[&name].skew));
        }
        for (name, which, told) in scopes {
            let plain = plain::skew(&snapshots, which, end_ms);
            for (told, (figure, plain)) in plain::told(told).iter().zip(&plain) {
                check(&format!("{name}.{figure}"), told, plain);
            }
        }
        let overload = plain::overload(&snapshots, end_ms);
        prop_assert!(is_near(Some(summary.overload.node_seconds), Some(overload.node_seconds)));
        prop_assert_eq!(summary.overload.peak_rate, overload.peak_rate);
        check_service(&summary.service, &snapshots, &scenario, end_ms);
    }
}

fn check_service(
    told: &crate::metrics::summary::Service,
    snapshots: &[super::driven::Snapshot],
    scenario: &crate::scenario::Scenario,
    end_ms: u64,
) {
    let plain = plain::service(snapshots, scenario, end_ms);
    let seconds = (told.unserviceable_seconds, plain.unserviceable_seconds);
    assert!(is_near(Some(seconds.0), Some(seconds.1)), "unserviceable: told {seconds:?} plain");
    let failed = (told.failed_searches, plain.failed_searches);
    assert!(is_near(Some(failed.0), Some(failed.1)), "failed searches: told {failed:?} plain");
    let load = plain::search_load(snapshots, scenario);
    let latency: Vec<_> = load.iter().map(|(now, latency, _)| (*now, *latency)).collect();
    let cost: Vec<_> = load.iter().map(|(now, _, cost)| (*now, *cost)).collect();
    for (name, told, values) in [("latency_ms", told.latency_ms, latency), ("cost", told.cost, cost)] {
        let plain = plain::over_time(&values, end_ms);
        assert!(is_near(told.map(|told| told.peak), plain.peak), "{name}: {told:?}, peak {:?}", plain.peak);
        let mean = plain.mean.or(plain.peak);
        assert!(is_near(told.map(|told| told.mean), mean), "{name}: {told:?}, mean {mean:?}");
    }
}
