//! Growing rows: arithmetic, not an event a tick.

use crate::model::cluster::Cluster;
use crate::model::few::Few;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};
use crate::model::replica::ReplicaShard;
use crate::scenario::{Insert, Scenario, Search};
use crate::units::SimTime;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Millionths of a row per second, per row and millisecond.
const MICRO_ROW_MS: u64 = 1_000_000_000;

/// Rows coming in at a steady rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Inflow {
    micro_rows_per_second: u64,
    from: SimTime,
    to: SimTime,
}

/// The inserts of a collection: where they begin in [`Growth::inflows`].
#[derive(Debug, Clone, Copy)]
struct Inserts {
    from: u32,
    count: u32,
}

/// A shard on its leader, with what its growing rows depend on close at hand: a coordinator that places one
/// segment asks every node, and so does each sampling instant.
#[derive(Debug, Clone, Copy)]
struct LedShard {
    shard: ReplicaShard,
    channel: ChannelIndex,
    inserts: Inserts,
    shards: u32,
    bytes_per_row: u64,
    /// Place in [`Growth::served`].
    served: usize,
}

/// What [`Growth::on_node`] found last for a node, since when no other shards are led there and no rows of
/// theirs were served: until then they only become more.
#[derive(Debug, Clone, Copy)]
struct Reckoned {
    now: SimTime,
    rows: u64,
    bytes: u64,
}

/// The workload at any time.
#[derive(Debug, Clone, Default)]
pub struct Growth {
    /// Those of one collection side by side; collections with the same ones share them.
    inflows: Vec<Inflow>,
    /// By collection.
    inserts_of: Vec<Inserts>,
    /// By collection.
    searches: Vec<Vec<Search>>,
    /// By channel: rows that have become sealed segments.
    sealed: Vec<u64>,
    /// By replica and shard: rows that grow no more, their sealed copy serving.
    served: Vec<u64>,
    /// By replica and shard.
    leader_of: Vec<Option<NodeIndex>>,
    /// By replica: the place of its first shard in `served`.
    served_from: Vec<Option<usize>>,
    /// By node: the shards it leads, of collections that grow. In a large cluster they are few, and then lie beside
    /// those of its neighbours.
    led: Vec<Few<LedShard>>,
    /// The nodes that lead any of these, ascending.
    leaders: Vec<NodeIndex>,
    memory_factor: f64,
    /// By node, as `led`: a recovery asks all nodes once for each collection, all in the same millisecond.
    reckoned: Vec<Cell<Option<Reckoned>>>,
}

impl Growth {
    /// The workload of a scenario.
    pub fn new(scenario: &Scenario, channels: usize) -> Growth {
        let mut growth = Growth {
            searches: vec![Vec::new(); scenario.collections.len()],
            sealed: vec![0; channels],
            memory_factor: scenario.hardware.growing_memory_factor,
            ..Growth::default()
        };
        let mut inserts = vec![Vec::new(); scenario.collections.len()];
        for insert in &scenario.inserts {
            let Insert { micro_rows_per_second, from, to, .. } = *insert;
            inserts[insert.collection].push(Inflow { micro_rows_per_second, from, to });
        }
        let mut known = BTreeMap::new();
        for inserts in inserts {
            let add = |inserts: &Vec<Inflow>| {
                let from = short(growth.inflows.len());
                growth.inflows.extend(inserts);
                Inserts { from, count: short(inserts.len()) }
            };
            growth.inserts_of.push(*known.entry(inserts).or_insert_with_key(add));
        }
        for search in &scenario.searches {
            growth.searches[search.collection].push(search.clone());
        }
        growth
    }

    /// Whether rows ever come into a collection.
    pub fn grows(&self, collection: CollectionIndex) -> bool {
        self.inserts_of[collection.position()].count > 0
    }

    /// Rows that have come into a channel up to `now`: dealt to the collection's shards in turn.
    pub fn inserted(&self, cluster: &Cluster, channel: ChannelIndex, now: SimTime) -> u64 {
        let channel = cluster.channel(channel);
        let shards = cluster.collection(channel.collection).channels.len() as u64;
        self.dealt(self.inserts_of[channel.collection.position()], channel.shard, shards, now)
    }

    #[inline]
    fn dealt(&self, inserts: Inserts, shard: u32, shards: u64, now: SimTime) -> u64 {
        let from = inserts.from as usize;
        let inflows = self.inflows[from..from + inserts.count as usize].iter();
        inflows.map(|inflow| divide(rows_of(inflow, now) + shards - 1 - u64::from(shard), shards)).sum()
    }

    /// Rows of a channel that are not in sealed segments yet.
    pub fn unsealed(&self, cluster: &Cluster, channel: ChannelIndex, now: SimTime) -> u64 {
        self.inserted(cluster, channel, now) - self.sealed[channel.position()]
    }

    /// Turns rows of a channel into a sealed segment.
    pub fn seal(&mut self, channel: ChannelIndex, rows: u64) {
        self.sealed[channel.position()] += rows;
    }

    /// The first millisecond after `now`, up to `end`, at which a channel has `rows` unsealed rows.
    pub fn time_of(
        &self,
        cluster: &Cluster,
        channel: ChannelIndex,
        rows: u64,
        now: SimTime,
        end: SimTime,
    ) -> Option<SimTime> {
        if now >= end || self.unsealed(cluster, channel, end) < rows {
            return None;
        }
        let (mut early, mut late) = (now.as_ms(), end.as_ms());
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            if self.unsealed(cluster, channel, SimTime::from_ms(middle)) >= rows {
                late = middle;
            } else {
                early = middle;
            }
        }
        Some(SimTime::from_ms(late))
    }

    /// A replica begins: what is sealed already never grows there.
    pub fn begin_replica(&mut self, cluster: &Cluster, replica: ReplicaIndex) {
        let channels = &cluster.collection(cluster.replica(replica).collection).channels;
        let from = self.served.len();
        self.served.extend(channels.iter().map(|channel| self.sealed[channel.position()]));
        self.leader_of.resize(self.served.len(), None);
        let count = self.served_from.len().max(replica.position() + 1);
        self.served_from.resize(count, None);
        self.served_from[replica.position()] = Some(from);
    }

    fn served_at(&self, replica: ReplicaIndex, shard: usize) -> usize {
        self.served_from[replica.position()].expect("a replica has begun before it serves") + shard
    }

    /// The sealed copy of rows serves in a replica, so they grow there no more.
    pub fn serve(&mut self, replica: ReplicaIndex, shard: usize, rows: u64) {
        let place = self.served_at(replica, shard);
        self.served[place] += rows;
        if let Some(leader) = self.leader_of[place] {
            self.forget_reckoned(leader);
        }
    }

    fn forget_reckoned(&mut self, node: NodeIndex) {
        self.reckoned[node.position()].set(None);
    }

    /// A shard has another leader.
    pub fn lead(
        &mut self,
        cluster: &Cluster,
        shard: ReplicaShard,
        from: Option<NodeIndex>,
        to: Option<NodeIndex>,
    ) {
        let served = self.served_at(shard.replica, shard.shard as usize);
        self.leader_of[served] = to;
        if let Some(from) = from {
            self.led[from.position()].retain(|other| other.shard != shard);
            self.note_leader(from);
        }
        if let Some(to) = to {
            let collection = cluster.replica(shard.replica).collection;
            let inserts = self.inserts_of[collection.position()];
            let shards = short(cluster.collection(collection).channels.len());
            let bytes_per_row = cluster.collection(collection).bytes_per_row;
            let channel = cluster.collection(collection).channels[shard.shard as usize];
            let nodes = self.led.len().max(to.position() + 1);
            self.led.resize_with(nodes, Few::new);
            self.reckoned.resize(nodes, Cell::new(None));
            self.led[to.position()].push(LedShard { shard, channel, inserts, shards, bytes_per_row, served });
            self.note_leader(to);
        }
    }

    fn note_leader(&mut self, node: NodeIndex) {
        self.forget_reckoned(node);
        match (self.leaders.binary_search(&node), self.may_grow_on(node)) {
            (Err(place), true) => self.leaders.insert(place, node),
            (Ok(place), false) => {
                self.leaders.remove(place);
            }
            _ => {}
        }
    }

    /// The nodes that lead shards of collections that grow, ascending.
    pub fn leaders(&self) -> &[NodeIndex] {
        &self.leaders
    }

    /// Growing rows of a replica's shard.
    pub fn growing(&self, cluster: &Cluster, replica: ReplicaIndex, shard: usize, now: SimTime) -> u64 {
        let collection = cluster.replica(replica).collection;
        let channel = cluster.collection(collection).channels[shard];
        self.inserted(cluster, channel, now).saturating_sub(self.served[self.served_at(replica, shard)])
    }

    /// Growing rows and their bytes on a node.
    pub fn on_node(&self, node: NodeIndex, now: SimTime) -> (u64, u64) {
        let Some(led) = self.led.get(node.position()) else { return (0, 0) };
        let kept = &self.reckoned[node.position()];
        if let Some(kept) = kept.get()
            && kept.now == now
        {
            return (kept.rows, kept.bytes);
        }
        let (rows, bytes) = self.reckon(led, now);
        kept.set(Some(Reckoned { now, rows, bytes }));
        (rows, bytes)
    }

    /// Tells what is known, without reckoning, of memory that growing rows take at the least, node by node.
    pub fn each_at_least(&self, now: SimTime, tell: &mut dyn FnMut(NodeIndex, u64)) {
        for (position, kept) in self.reckoned.iter().enumerate() {
            if let Some(kept) = kept.get().filter(|kept| kept.now <= now) {
                tell(NodeIndex::at(position), kept.bytes);
            }
        }
    }

    fn reckon(&self, led: &[LedShard], now: SimTime) -> (u64, u64) {
        let mut sums = (0, 0);
        for led in led {
            let rows = self.rows_led(led, now);
            sums = (sums.0 + rows, sums.1 + self.memory_of(rows * led.bytes_per_row));
        }
        sums
    }

    /// Memory that growing rows of so many bytes take.
    #[inline]
    fn memory_of(&self, bytes: u64) -> u64 {
        // What a float holds exactly comes back as it was.
        if self.memory_factor == 1.0 && bytes < 1 << f64::MANTISSA_DIGITS {
            bytes
        } else {
            scaled(bytes, self.memory_factor)
        }
    }

    fn rows_led(&self, led: &LedShard, now: SimTime) -> u64 {
        let dealt = self.dealt(led.inserts, led.shard.shard, u64::from(led.shards), now);
        dealt.saturating_sub(self.served[led.served])
    }

    /// Tells the growing rows of every shard of a collection that grows, by its leader and its channel, as of
    /// the time that `when` says for the leader; `None` = they are not wanted.
    pub fn each(
        &self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        tell: &mut dyn FnMut(NodeIndex, ChannelIndex, u64),
    ) {
        for leader in &self.leaders {
            let Some(at) = when(*leader) else { continue };
            for shard in &self.led[leader.position()] {
                tell(*leader, shard.channel, self.rows_led(shard, at));
            }
        }
    }

    /// Whether a node leads shards of collections that grow.
    pub fn may_grow_on(&self, node: NodeIndex) -> bool {
        self.led.get(node.position()).is_some_and(|led| !led.is_empty())
    }

    /// Search arrivals per second at a collection.
    pub fn queries_per_second(&self, collection: usize, now: SimTime) -> f64 {
        let searches = self.searches[collection].iter();
        searches
            .filter(|search| search.from <= now && now <= search.to)
            .map(|search| search.queries_per_second)
            .sum()
    }
}

/// `bytes` times `factor`. Apart, or the compiler reckons it always and then perhaps throws it away.
#[inline(never)]
fn scaled(bytes: u64, factor: f64) -> u64 {
    (bytes as f64 * factor) as u64
}

/// `dividend / divisor`; collections nearly always have 1, 2 or 4 shards, and a shift takes no time.
fn divide(dividend: u64, divisor: u64) -> u64 {
    if divisor.is_power_of_two() { dividend >> divisor.trailing_zeros() } else { dividend / divisor }
}

/// A number of things that a scenario can hold.
fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Rows that an insert has brought up to `now`.
fn rows_of(inflow: &Inflow, now: SimTime) -> u64 {
    let elapsed = now.min(inflow.to).saturating_since(inflow.from).as_ms();
    match inflow.micro_rows_per_second.checked_mul(elapsed) {
        Some(micro_rows) => micro_rows / MICRO_ROW_MS,
        None => rows_of_many(inflow, elapsed),
    }
}

/// The same where the product is long.
#[cold]
#[inline(never)]
fn rows_of_many(inflow: &Inflow, elapsed: u64) -> u64 {
    let micro_rows = u128::from(inflow.micro_rows_per_second) * u128::from(elapsed);
    (micro_rows / u128::from(MICRO_ROW_MS)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_short_product_equals_the_long_one(
            rate in prop_oneof![0..u64::MAX, 0..1u64 << 32],
            from in 0..1_000u64,
            length in 0..40_000_000_000u64,
        ) {
            let (first, last) = (SimTime::from_ms(from), SimTime::from_ms(from + length));
            let inflow = Inflow { micro_rows_per_second: rate, from: first, to: SimTime::MAX };
            prop_assert_eq!(rows_of(&inflow, last), rows_of_many(&inflow, length));
            for divisor in 1..20 {
                prop_assert_eq!(divide(rate, divisor), rate / divisor);
            }
        }
    }
}
