//! For each reason of the policies of 2.2 and later one consultation that gives it.

use super::known_view::{KnownView, Names};
use super::policies::{CHANNEL, COLLECTION, REPLICA, consult, known, release, round};
use evenkeel::model::ids::NodeIndex;
use evenkeel::policy::balance_policy::{Ask, ChannelToAssign, Force, SegmentToAssign};
use evenkeel::policy::build;
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::BalancePlan;
use evenkeel::policy::reason::ReasonCode;
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::node::{NodeState, NodeVersion, NodeView};
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::Target;

/// The codes of a plan, of its moves and of what it declined.
fn codes(plan: &BalancePlan) -> Vec<ReasonCode> {
    let segments = plan.segments.iter().map(|plan| plan.reason.code);
    let channels = plan.channels.iter().map(|plan| plan.reason.code);
    let declined = plan.declined.iter().map(|decline| decline.reason.code);
    segments.chain(channels).chain(declined).collect()
}

/// Two nodes, four segments on the first.
fn uneven() -> KnownView {
    known(&[&[10, 10, 10, 10], &[]], 0)
}

fn change_node(known: &mut KnownView, node: i64, change: impl FnOnce(&mut NodeView)) {
    let index = known.node(node);
    change(&mut known.view.node_mut(index));
}

/// The first node leaves the replica.
fn with_leaving(mut known: KnownView) -> KnownView {
    let (leaving, replica) = (known.node(1), known.replica(REPLICA));
    let view = known.view.replica_mut(replica);
    view.rw_nodes.retain(|node| *node != leaving);
    view.ro_nodes.push(leaving);
    known
}

/// The nodes from `first` on are reserved for the one channel of the current target.
fn with_exclusive(mut known: KnownView, first: usize) -> KnownView {
    let (replica, channel) = (known.replica(REPLICA), known.channel(CHANNEL));
    let collection = known.collection(COLLECTION);
    known.view.collection_mut(collection).current_channels = Some(vec![channel]);
    let view = known.view.replica_mut(replica);
    view.channel_nodes = vec![(channel, view.rw_nodes[first..].to_vec().into())];
    known
}

/// One segment, two nodes, streaming on, and neither is a streaming node.
fn known_streaming() -> KnownView {
    let names = Names {
        nodes: vec![1, 2],
        collections: vec![COLLECTION],
        channels: vec![(CHANNEL.to_owned(), COLLECTION)],
        segments: vec![(1, COLLECTION, CHANNEL.to_owned(), 10)],
    };
    let mut known = KnownView::new(names, true);
    let mut replica = ReplicaView::new(known.collection(COLLECTION));
    for node in [1, 2] {
        change_node(&mut known, node, |node| node.state = NodeState::Normal);
        replica.rw_nodes.push(known.node(node));
    }
    known.add_replica(Some(REPLICA), replica);
    known
}

/// Assigns the first segment, and the channel, to both nodes as if nobody held them.
fn assign(known: &KnownView, version: &str, balancer: Balancer) -> Vec<ReasonCode> {
    let policy = build(release(version), balancer);
    let nodes: Vec<NodeIndex> = known.view.replica(known.replica(REPLICA)).rw_nodes.to_vec();
    let segment = SegmentToAssign { segment: known.segment(1), rows: 10, node: None };
    let channel = ChannelToAssign { channel: known.channel(CHANNEL), node: None };
    let collection = known.collection(COLLECTION);
    let answer = |ask: &mut Ask<'_>| {
        let segments = policy.assign_segments(ask, collection, &[segment], &nodes, Force::Unforced);
        let channels = policy.assign_channels(ask, collection, &[channel], &nodes, Force::Unforced);
        BalancePlan { segments, channels, declined: ask.declined.take(), ..BalancePlan::default() }
    };
    codes(&consult(known, version, |_| {}, answer))
}

/// The codes of a consultation that is made for this one.
pub(crate) fn codes_with(code: ReasonCode) -> Vec<ReasonCode> {
    let score = |known: &KnownView, version: &str| codes(&round(known, version, Balancer::Score));
    let mut view = uneven();
    match code {
        ReasonCode::OneNode => score(&known(&[&[10]], 0), "2.6.20"),
        ReasonCode::NoTargetNode => score(&with_leaving(known(&[&[10]], 0)), "2.5.27"),
        ReasonCode::NodeNotNormal => {
            change_node(&mut view, 2, |node| node.state = NodeState::Stopping);
            assign(&view, "2.6.20", Balancer::Score)
        }
        ReasonCode::Penalty => {
            change_node(&mut view, 2, |node| node.is_exhausted = true);
            assign(&view, "2.6.20", Balancer::Score)
        }
        ReasonCode::NodeVersionTooOld => {
            change_node(&mut view, 2, |node| node.version = NodeVersion::UpTo2_3);
            assign(&view, "2.5.27", Balancer::RowCount)
        }
        ReasonCode::NotStreamingNode => assign(&known_streaming(), "2.6.20", Balancer::Score),
        ReasonCode::NodeUnderQuota | ReasonCode::NodeOverQuota => score(&view, "2.6.20"),
        ReasonCode::NotInTarget => {
            let segment = view.segment(1);
            view.view.set_in_target(segment, Target::Current, false);
            score(&view, "2.4.0")
        }
        ReasonCode::Redundant => {
            view.hold(2, 1, 10);
            score(&view, "2.6.20")
        }
        ReasonCode::Tolerance => score(&known(&[&[1_000, 1], &[1_000]], 0), "2.6.23"),
        ReasonCode::Reverse => score(&known(&[&[10], &[]], 0), "2.6.20"),
        ReasonCode::ChannelPlanFirst => {
            view.serve(1, CHANNEL);
            view.serve(1, "other");
            score(&view, "2.6.20")
        }
        ReasonCode::ExclusiveGroup => {
            let view = with_exclusive(known(&[&[10], &[10]], 0), 0);
            codes(&round(&view, "2.6.20", Balancer::ChannelLevelScore))
        }
        ReasonCode::OutboundFirst | ReasonCode::OutsideGroup => {
            codes(&round(&with_exclusive(view, 1), "2.6.20", Balancer::ChannelLevelScore))
        }
        ReasonCode::DrainFirst | ReasonCode::Drain => score(&with_leaving(view), "2.5.27"),
        ReasonCode::DrainingOff => {
            let (view, policy) = (with_leaving(view), build(release("2.5.27"), Balancer::Score));
            let replica = view.replica(REPLICA);
            let off = |parameters: &mut Parameters| {
                parameters.enable_stopping_balance = false;
            };
            codes(&consult(&view, "2.5.27", off, |ask| policy.balance_replica(ask, replica)))
        }
        ReasonCode::BatchFull => score(&known(&[&[10; 40], &[]], 0), "2.6.20"),
        ReasonCode::RowsZero => score(&known(&[&[0], &[]], 0), "2.6.20"),
        ReasonCode::TasksOfOtherKind => {
            let collection = view.collection(COLLECTION);
            view.view.collection_mut(collection).pending_channel_moves = 1;
            score(&view, "2.5.0")
        }
        ReasonCode::BalancerOnlyAssigns => codes(&round(&view, "2.5.27", Balancer::RoundRobin)),
        ReasonCode::AboveAverage => codes(&round(&known(&[&[10], &[9]], 0), "2.5.27", Balancer::RowCount)),
        ReasonCode::NoLowerCost => codes(&round(&known(&[&[10], &[10]], 0), "2.5.27", Balancer::MultiTarget)),
        ReasonCode::LowerCost => codes(&round(&view, "2.5.27", Balancer::MultiTarget)),
        ReasonCode::Lacking => assign(&view, "2.6.20", Balancer::RowCount),
        ReasonCode::TargetNotReady => codes(&round(&view, "2.6.20", Balancer::ChannelLevelScore)),
        _ => Vec::new(),
    }
}
