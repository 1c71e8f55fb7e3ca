//! The samples of a recording: where every segment was, seen about once a second.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Segment -> the query nodes that hold it.
pub(crate) type Placement = BTreeMap<i64, BTreeSet<i64>>;

/// A collection at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CollectionState {
    /// Its sealed segments.
    pub(crate) segments: Placement,
    /// Query nodes of each replica.
    pub(crate) replicas: Vec<BTreeSet<i64>>,
    /// Of each replica, in the same order: channel -> the query node that leads it.
    pub(crate) leaders: Vec<BTreeMap<String, i64>>,
}

/// The cluster at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Milliseconds since the recording began.
    pub(crate) at_ms: u64,
    /// What was answered for each collection; `None` = an error.
    pub(crate) collections: BTreeMap<String, Option<CollectionState>>,
}

impl Sample {
    /// Whether every collection was answered for.
    pub(crate) fn is_whole(&self) -> bool {
        self.collections.values().all(Option::is_some)
    }

    /// The collections that were answered for.
    pub(crate) fn answered(&self) -> impl Iterator<Item = (&String, &CollectionState)> {
        self.collections.iter().filter_map(|(name, state)| Some((name, state.as_ref()?)))
    }

    /// How many copies the segments of collections with several replicas have.
    pub(crate) fn copies(&self) -> BTreeMap<i64, usize> {
        let several = self.answered().filter(|(_, state)| state.replicas.len() > 1);
        several.flat_map(|(_, state)| state.segments.keys().map(|id| (*id, state.replicas.len()))).collect()
    }

    /// Where the segments of all collections are.
    pub(crate) fn placement(&self) -> Placement {
        self.answered().flat_map(|(_, state)| state.segments.clone()).collect()
    }

    /// The query nodes of all replicas.
    pub(crate) fn query_nodes(&self) -> BTreeSet<i64> {
        self.answered().flat_map(|(_, state)| state.replicas.iter().flatten().copied()).collect()
    }
}

/// Reads `samples.jsonl`, and until when it tells; lines that say "as before" add no sample.
pub(crate) fn read(text: &str) -> Result<(Vec<Sample>, u64), String> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut until_ms = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("samples.jsonl:{}: {what}", number + 1);
        let value: Value = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        let at_ms = milliseconds(&value["t"]).ok_or_else(|| wrong("no time"))?;
        if let Some(collections) = value["dist"].as_object() {
            if samples.last().is_some_and(|before| before.at_ms > at_ms) {
                return Err(wrong("it is earlier than the line before"));
            }
            let collections = collections.iter().map(|(name, state)| {
                let state = collection(state).map_err(|what| wrong(&format!("\"{name}\": {what}")))?;
                Ok((name.clone(), state))
            });
            samples.push(Sample { at_ms, collections: collections.collect::<Result<_, String>>()? });
        } else if value["same"].is_null() {
            return Err(wrong("neither \"dist\" nor \"same\""));
        }
        until_ms = milliseconds(&value["t_last"]).unwrap_or(at_ms).max(until_ms);
    }
    if samples.is_empty() { Err("samples.jsonl: no sample".to_owned()) } else { Ok((samples, until_ms)) }
}

/// What a dump shows, as a sample.
pub(crate) fn of_dump(dump: &Value) -> Result<Sample, String> {
    let at_ms = milliseconds(&dump["t"]).ok_or("no time")?;
    let collections = dump["collections"].as_object().ok_or("no collections")?.iter();
    let collections = collections.map(|(name, dumped)| {
        let state = dumped_collection(dumped).map_err(|what| format!("\"{name}\": {what}"))?;
        Ok((name.clone(), state))
    });
    Ok(Sample { at_ms, collections: collections.collect::<Result<_, String>>()? })
}

/// A collection of a dump; `None` = it is not loaded.
fn dumped_collection(dumped: &Value) -> Result<Option<CollectionState>, String> {
    let (segments, replicas) = (dumped["segments"].as_array(), dumped["replicas"].as_array());
    let Some((segments, replicas)) = segments.zip(replicas) else { return Ok(None) };
    let segments = segments.iter().map(|one| {
        let id = one["segmentID"].as_i64().ok_or("a segment without segmentID")?;
        Ok((id, ids(&one["nodeIds"])?))
    });
    let leaders = replicas.iter().map(|replica| {
        let shards = replica["shards"].as_array().into_iter().flatten();
        shards
            .filter_map(|shard| Some((shard["ch"].as_str()?.to_owned(), shard["leader"].as_i64()?)))
            .collect()
    });
    Ok(Some(CollectionState {
        segments: segments.collect::<Result<_, String>>()?,
        replicas: replicas.iter().map(|one| ids(&one["group_nodes"])).collect::<Result<_, _>>()?,
        leaders: leaders.collect(),
    }))
}

/// A collection of a sample; `None` = the API answered with an error.
fn collection(state: &Value) -> Result<Option<CollectionState>, String> {
    if !state["err"].is_null() {
        return Ok(None);
    }
    let segments = state["segs"].as_object().ok_or("no segs")?;
    let segments = segments.iter().map(|(id, nodes)| {
        let id = id.parse().map_err(|_| format!("\"{id}\" is no segment id"))?;
        Ok((id, ids(nodes)?))
    });
    let replicas = state["replica_nodes"].as_array().ok_or("no replica_nodes")?.iter().map(ids);
    let leaders = state["leaders"].as_array().into_iter().flatten().map(|shards| {
        let shards = shards.as_array().into_iter().flatten();
        shards.filter_map(|shard| Some((shard[0].as_str()?.to_owned(), shard[1].as_i64()?))).collect()
    });
    Ok(Some(CollectionState {
        segments: segments.collect::<Result<_, String>>()?,
        replicas: replicas.collect::<Result<_, _>>()?,
        leaders: leaders.collect(),
    }))
}

/// A list of ids.
pub(crate) fn ids(list: &Value) -> Result<BTreeSet<i64>, String> {
    let list = list.as_array().ok_or_else(|| format!("{list} is no list of node ids"))?;
    list.iter().map(|id| id.as_i64().ok_or_else(|| format!("{id} is no node id"))).collect()
}

/// Seconds as whole milliseconds.
pub(crate) fn milliseconds(seconds: &Value) -> Option<u64> {
    let ms = (seconds.as_f64()? * 1000.0).round();
    (0.0..=1e15).contains(&ms).then_some(ms as u64)
}

/// Follows the places of segments, in a recording or a run, and counts moves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// How many copies a segment has when nothing moves, where it is not one.
    copies: BTreeMap<i64, usize>,
    /// Where each segment is now.
    now: Placement,
    /// Where each segment was when it last had its number of copies.
    settled: Placement,
    /// Segments of which a copy went without another coming first: what comes next is a load.
    lost: BTreeSet<(i64, i64)>,
    /// Completed changes of place that are no load.
    pub(crate) moves: u64,
    /// When any place changed, ascending.
    pub(crate) changed_at_ms: Vec<u64>,
}

impl Places {
    /// Segments with so many copies each, placed so.
    pub(crate) fn new(copies: BTreeMap<i64, usize>, start: Placement) -> Places {
        Places { copies, settled: start.clone(), now: start, ..Places::default() }
    }

    fn copies(&self, segment: i64) -> usize {
        self.copies.get(&segment).copied().unwrap_or(1)
    }

    /// A segment is seen on these query nodes.
    pub(crate) fn see(&mut self, at_ms: u64, segment: i64, nodes: BTreeSet<i64>) {
        let before = self.now.get(&segment).cloned().unwrap_or_default();
        if before == nodes {
            return;
        }
        self.changed_at_ms.push(at_ms);
        if nodes.is_empty() {
            self.lost.extend(before.into_iter().map(|node| (segment, node)));
        } else if nodes.len() == self.copies(segment) {
            if let Some(left) = self.settled.get(&segment) {
                let left = left.difference(&nodes);
                let moved = left.filter(|node| !self.lost.remove(&(segment, **node)));
                self.moves += moved.count() as u64;
            }
            self.settled.insert(segment, nodes.clone());
        }
        self.now.insert(segment, nodes);
    }

    /// A copy is there.
    pub(crate) fn add(&mut self, at_ms: u64, segment: i64, node: i64) {
        let mut nodes = self.now.get(&segment).cloned().unwrap_or_default();
        nodes.insert(node);
        self.see(at_ms, segment, nodes);
    }

    /// A copy is gone.
    pub(crate) fn remove(&mut self, at_ms: u64, segment: i64, node: i64) {
        let mut nodes = self.now.get(&segment).cloned().unwrap_or_default();
        nodes.remove(&node);
        self.see(at_ms, segment, nodes);
    }

    /// The process of a query node is killed: what it holds will be loaded, not moved.
    pub(crate) fn lose_node(&mut self, node: i64) {
        let held = self.settled.iter().filter(|(_, nodes)| nodes.contains(&node));
        self.lost.extend(held.map(|(segment, _)| (*segment, node)));
    }

    /// A query node is gone: what it alone still held is lost, the rest of its copies just end.
    pub(crate) fn remove_node(&mut self, at_ms: u64, node: i64) {
        for segment in self.held_by(node) {
            if self.now[&segment].len() <= self.copies(segment) {
                self.lost.insert((segment, node));
            }
            self.remove(at_ms, segment, node);
        }
    }

    /// The segments of which a query node holds a copy.
    fn held_by(&self, node: i64) -> Vec<i64> {
        let held = self.now.iter().filter(|(_, nodes)| nodes.contains(&node));
        held.map(|(segment, _)| *segment).collect()
    }

    /// Where every segment is, those without a copy left out.
    pub(crate) fn placement(&self) -> Placement {
        let held = self.now.iter().filter(|(_, nodes)| !nodes.is_empty());
        held.map(|(segment, nodes)| (*segment, nodes.clone())).collect()
    }

    /// From an instant to the last change before another; 0 when nothing changed.
    pub(crate) fn settled_after_ms(&self, from_ms: u64, until_ms: u64) -> u64 {
        let within = self.changed_at_ms.iter().filter(|at| (from_ms..until_ms).contains(at));
        within.max().map_or(0, |last| last - from_ms)
    }
}

#[test]
fn a_move_is_counted_when_the_source_has_let_go_and_a_reload_is_not() {
    let set = |nodes: &[i64]| nodes.iter().copied().collect::<BTreeSet<i64>>();
    let mut places = Places::new(BTreeMap::new(), [(1, set(&[7])), (2, set(&[8])), (3, set(&[8]))].into());
    places.see(1000, 1, set(&[7, 9]));
    assert_eq!(places.moves, 0);
    places.see(2000, 1, set(&[9]));
    assert_eq!(places.moves, 1);
    places.see(3000, 2, set(&[]));
    places.see(4000, 2, set(&[9]));
    places.lose_node(8);
    places.see(5000, 3, set(&[7]));
    assert_eq!((places.moves, places.settled_after_ms(1500, 4500)), (1, 2500));
    assert_eq!(places.settled_after_ms(6000, 9000), 0);
    places.see(7000, 3, set(&[8]));
    assert_eq!(places.moves, 2);
}

#[test]
fn with_two_replicas_the_other_copy_stays() {
    let set = |nodes: &[i64]| nodes.iter().copied().collect::<BTreeSet<i64>>();
    let mut places = Places::new([(1, 2)].into(), [(1, set(&[7, 9]))].into());
    places.add(10, 1, 8);
    places.remove(20, 1, 7);
    assert_eq!((places.moves, places.placement()), (1, [(1, set(&[8, 9]))].into()));
}
