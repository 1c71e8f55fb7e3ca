//! What moved, why, how it ended, and what of it was in vain.

use super::chains::{Chains, Subject};
use super::open_moves::OpenMoves;
use super::summary::{CauseCounts, ChannelMoves, Moves, PingPong};
use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::simulation::history::Moved;

/// A move under way.
#[derive(Debug, Clone, Copy)]
struct OpenMove {
    moved: Moved,
    replica: Option<ReplicaIndex>,
    from: NodeIndex,
    to: NodeIndex,
}

/// Counts of moves of one kind.
#[derive(Debug, Clone, Default)]
struct Ledger {
    planned: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
    refused: u64,
    bytes: u64,
    rows: u64,
    by_cause: CauseCounts,
    net_zero: u64,
    wasted_bytes: u64,
    ping_pong: PingPong,
    chains: Chains,
}

impl Ledger {
    fn plan(&mut self, cause: MoveCause) {
        self.planned += 1;
        let count = match cause {
            MoveCause::Balance => &mut self.by_cause.balance,
            MoveCause::Drain => &mut self.by_cause.drain,
            MoveCause::Manual => &mut self.by_cause.manual,
        };
        *count += 1;
    }

    fn end(&mut self, outcome: MoveOutcome) {
        let count = match outcome {
            MoveOutcome::Completed => &mut self.completed,
            MoveOutcome::Failed => &mut self.failed,
            MoveOutcome::Cancelled => &mut self.cancelled,
            MoveOutcome::Refused => &mut self.refused,
        };
        *count += 1;
    }

    fn unfinished(&self) -> u64 {
        self.planned - self.completed - self.failed - self.cancelled - self.refused
    }

    /// Adds a completed move to its chain. `net_zero` and `wasted_bytes` follow by difference (they are
    /// integers), so that nobody ever walks over all chains.
    fn follow(&mut self, subject: Subject, from: NodeIndex, to: NodeIndex, bytes: u64) {
        let chain = self.chains.of_or_at(subject, from);
        if chain.last() != from {
            // It came to another node without a move: what was before is a chain of its own.
            chain.begin(from);
        }
        self.net_zero -= chain.net_zero();
        self.wasted_bytes -= chain.wasted() * bytes;
        if chain.go_on(to) {
            self.ping_pong.returns += 1;
            self.ping_pong.segments += u64::from(!std::mem::replace(&mut chain.has_returned, true));
        }
        self.net_zero += chain.net_zero();
        self.wasted_bytes += chain.wasted() * bytes;
    }

    /// A load that is no move starts a new chain.
    fn loaded(&mut self, subject: Subject, node: NodeIndex) {
        if let Some(chain) = self.chains.of(subject) {
            chain.begin(node);
        }
    }

    fn net_zero_ratio(&self) -> f64 {
        if self.completed == 0 { 0.0 } else { self.net_zero as f64 / self.completed as f64 }
    }
}

/// All moves of a run; of single moves only those under way and the chains are kept.
#[derive(Debug, Clone, Default)]
pub struct MoveLedger {
    segments: Ledger,
    channels: Ledger,
    open: OpenMoves<OpenMove>,
    segments_in_flight: u32,
    /// By replica: moves of its sealed segments under way.
    in_flight: Vec<u32>,
}

impl MoveLedger {
    /// A move was planned.
    pub fn plan(
        &mut self,
        number: MoveNumber,
        moved: Moved,
        replica: Option<ReplicaIndex>,
        nodes: (NodeIndex, NodeIndex),
        cause: MoveCause,
    ) {
        match moved {
            Moved::Segment(_) => {
                self.segments.plan(cause);
                self.segments_in_flight += 1;
                if let Some(replica) = replica {
                    if self.in_flight.len() <= replica.position() {
                        self.in_flight.resize(replica.position() + 1, 0);
                    }
                    self.in_flight[replica.position()] += 1;
                }
            }
            Moved::Channel(_) => self.channels.plan(cause),
        }
        self.open.insert(number, OpenMove { moved, replica, from: nodes.0, to: nodes.1 });
    }

    /// A move ended. One that is not under way (it had ended before) is left alone.
    pub fn end(&mut self, number: MoveNumber, outcome: MoveOutcome, cluster: &Cluster) {
        let Some(ended) = self.open.remove(number) else { return };
        let is_completed = outcome == MoveOutcome::Completed;
        match ended.moved {
            Moved::Segment(segment) => {
                self.segments.end(outcome);
                self.segments_in_flight -= 1;
                if let Some(replica) = ended.replica {
                    self.in_flight[replica.position()] -= 1;
                }
                if is_completed {
                    let bytes = cluster.segments().memory_bytes(segment);
                    self.segments.bytes += bytes;
                    self.segments.rows += u64::from(cluster.segments().rows(segment));
                    self.segments.follow((ended.replica, segment.0), ended.from, ended.to, bytes);
                }
            }
            Moved::Channel(channel) => {
                self.channels.end(outcome);
                if is_completed {
                    self.channels.follow((ended.replica, channel.0), ended.from, ended.to, 0);
                }
            }
        }
    }

    /// A node has loaded a segment without a move.
    pub fn loaded(&mut self, segment: SegmentIndex, node: NodeIndex, cluster: &Cluster) {
        if self.segments.chains.is_empty() {
            return;
        }
        let replica = cluster.replica_of(cluster.segments().collection(segment), node);
        self.segments.loaded((replica, segment.0), node);
    }

    /// Moves of sealed segments under way.
    pub fn in_flight(&self) -> u32 {
        self.segments_in_flight
    }

    /// Moves of a replica's sealed segments under way.
    pub fn in_flight_of(&self, replica: ReplicaIndex) -> u32 {
        self.in_flight.get(replica.position()).copied().unwrap_or(0)
    }

    /// Figures of segments so far.
    pub fn segments(&self) -> Moves {
        let ledger = &self.segments;
        Moves {
            planned: ledger.planned,
            completed: ledger.completed,
            failed: ledger.failed,
            cancelled: ledger.cancelled,
            refused: ledger.refused,
            unfinished: ledger.unfinished(),
            bytes: ledger.bytes,
            rows: ledger.rows,
            by_cause: ledger.by_cause,
            net_zero: ledger.net_zero,
            net_zero_ratio: ledger.net_zero_ratio(),
            wasted_bytes: ledger.wasted_bytes,
            ping_pong: ledger.ping_pong,
        }
    }

    /// Figures of channels so far.
    pub fn channels(&self) -> ChannelMoves {
        let ledger = &self.channels;
        ChannelMoves {
            planned: ledger.planned,
            completed: ledger.completed,
            failed: ledger.failed,
            cancelled: ledger.cancelled,
            refused: ledger.refused,
            unfinished: ledger.unfinished(),
            by_cause: ledger.by_cause,
            net_zero: ledger.net_zero,
            net_zero_ratio: ledger.net_zero_ratio(),
            ping_pong: ledger.ping_pong,
        }
    }
}
