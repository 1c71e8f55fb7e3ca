//! Assigns channels by score: own channels weigh more, write-ahead logs attract (section 7.3.5).

use super::balance_policy::{Ask, ChannelToAssign, Force};
use super::node_heap::NodeHeap;
use super::node_item::{NodeItem, Places};
use super::plan::ChannelPlan;
use super::reason::ReasonCode;
use super::score::{Score, cause};
use super::score_items::Scoring;
use crate::model::ids::{CollectionIndex, NodeIndex};

/// Where these channels should go, in the order given.
pub(super) fn assign(
    rule: &Score,
    ask: &mut Ask<'_>,
    collection: CollectionIndex,
    channels: &[ChannelToAssign],
    nodes: &[NodeIndex],
    force: Force,
) -> Vec<ChannelPlan> {
    let mut nodes = rule.filter.for_channels(ask, nodes, force);
    let drawn = ask.draw_order(&mut nodes);
    let mut items = rule.scoring.channel_items(ask, collection, &nodes);
    let mut heap = NodeHeap::of(items.len(), |item| items[item].priority());
    let places = Places::of(&items);
    let mut plans: Vec<ChannelPlan> = Vec::with_capacity(channels.len());
    for channel in channels {
        let wal_item = wal_item(ask, channel, &places);
        let Some(target) = wal_item.or_else(|| heap.pop(|item| items[item].priority())) else { break };
        let is_pushed = wal_item.is_none() || rule.wal_waives_benefit;
        let source = places.find(channel.node);
        let score = Scoring::channel_score(ask, channel.channel, collection);
        if !is_planned(rule, ask, &items, (source, target), wal_item.is_some(), score, force) {
            if is_pushed {
                heap.push(target, |item| items[item].priority());
            }
            continue;
        }
        let reason = cause(source.map(|source| &items[source]), &items[target], channel.cause());
        plans.push(channel.plan(items[target].node, reason));
        if let Some(source) = source {
            items[source].current -= score;
        }
        items[target].current += score;
        if is_pushed {
            heap.push(target, |item| items[item].priority());
        }
        let is_full = plans.len() as i64 > ask.parameters.balance_channel_batch_size;
        if rule.batches_channels && !force.is_forced() && is_full {
            ask.declined.plain(ReasonCode::BatchFull);
            break;
        }
    }
    ask.keep(drawn.filter(|_| !plans.is_empty()));
    plans
}

fn wal_item(ask: &Ask<'_>, channel: &ChannelToAssign, places: &Places) -> Option<usize> {
    let wal_node = ask.view.wal_node(channel.channel).filter(|_| ask.view.is_streaming())?;
    places.find(Some(wal_node))
}

/// Whether the move is planned; otherwise says why not.
fn is_planned(
    rule: &Score,
    ask: &mut Ask<'_>,
    items: &[NodeItem],
    (source, target): (Option<usize>, usize),
    is_wal_node: bool,
    score: f64,
    force: Force,
) -> bool {
    let Some(source) = source else { return true };
    if rule.wal_waives_benefit {
        if source == target {
            ask.declined.plain(ReasonCode::NodeUnderQuota);
            return false;
        }
        if is_wal_node {
            return true;
        }
    }
    if force.is_forced() {
        return true;
    }
    let check = rule.benefit.check(&items[source], &items[target], score, ask.parameters, ask.witness);
    if let Err(reason) = check {
        ask.declined.add(reason);
    }
    check.is_ok()
}
