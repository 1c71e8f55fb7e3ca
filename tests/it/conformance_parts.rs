//! The operations of conformance cases on parts of policies: heap, node items, costs, generators, merging.

use super::conformance_state::{int, list, parameters, text};
use evenkeel::engine::random::Random;
use evenkeel::model::ids::{NodeIndex, SegmentIndex};
use evenkeel::policy::cost::{Load, cost};
use evenkeel::policy::multi_target::generators;
use evenkeel::policy::node_heap::NodeHeap;
use evenkeel::policy::node_item::{Arithmetic, NodeItem};
use evenkeel::policy::plan_search::{Generator, Move, PlanSearch, merge};
use evenkeel::policy::witness::Unwitnessed;
use evenkeel::release::Release;
use serde_json::{Value, json};

/// Movable segments with their rows by node, and the nodes' ids.
type Held = (Vec<Vec<(SegmentIndex, i64)>>, Vec<i64>);

fn segment(id: i64) -> SegmentIndex {
    SegmentIndex(u32::try_from(id).expect("a small segment id"))
}

fn held(state: &Value) -> Held {
    let nodes: Vec<i64> = list(state, "nodes").iter().map(|node| int(node, "id")).collect();
    let on = |node: i64| list(state, "segments").iter().filter(move |segment| int(segment, "node") == node);
    let held = nodes
        .iter()
        .map(|node| on(*node).map(|one| (segment(int(one, "id")), int(one, "rows"))).collect())
        .collect();
    (held, nodes)
}

/// The load of a placement in which everything is the replica's.
fn load(held: &[Vec<(SegmentIndex, i64)>]) -> Load {
    let rows: Vec<i64> = held.iter().map(|held| held.iter().map(|(_, rows)| rows).sum()).collect();
    let segments: Vec<i64> = held.iter().map(|held| held.len() as i64).collect();
    Load { global_rows: rows.clone(), global_segments: segments.clone(), rows, segments }
}

/// What an operation on a part gives; `None` = it is no such operation.
pub(crate) fn run(state: &Value, config: &Value, operation: &Value, release: Release) -> Option<Value> {
    match text(operation, "name") {
        "push_then_pop_all" => Some(push_then_pop_all(operation, release)),
        "queue_script" => Some(queue_script(operation, release)),
        "node_item" => Some(node_item(operation, release)),
        "cost" => Some(cost_of(state, operation)),
        "apply_moves" => Some(apply_moves(state, operation)),
        "merge_moves" => Some(merge_moves(operation)),
        "generate_moves" => Some(generate_moves(state, config, operation, release)),
        _ => None,
    }
}

/// Fails a case whose script has a step that nobody would take.
fn understood(step: &Value, words: &[&str]) {
    for word in step.as_object().into_iter().flat_map(|step| step.keys()) {
        assert!(words.contains(&word.as_str()), "unknown step {word:?} of the script");
    }
}

/// An entry of a queue: with a bare priority, or with both scores.
fn item(entry: &Value, release: Release) -> NodeItem {
    let node = NodeIndex::at(usize::try_from(int(entry, "node")).expect("a node id"));
    let score = entry["priority"].as_i64().unwrap_or_else(|| int(entry, "current_score"));
    let mut item = NodeItem::new(node, score, Arithmetic::of(release));
    item.assigned = entry["assigned_score"].as_f64().unwrap_or(0.0);
    item
}

fn push_then_pop_all(operation: &Value, release: Release) -> Value {
    let items: Vec<NodeItem> = list(operation, "pushes").iter().map(|entry| item(entry, release)).collect();
    let mut heap = NodeHeap::of(items.len(), |place| items[place].priority());
    let length = heap.len();
    let popped: Vec<&NodeItem> =
        std::iter::from_fn(|| heap.pop(|place| items[place].priority())).map(|place| &items[place]).collect();
    let nodes: Vec<u32> = popped.iter().map(|item| item.node.0).collect();
    let entries: Vec<Value> =
        popped.iter().map(|item| json!({ "node": item.node.0, "priority": item.priority() })).collect();
    json!({
        "pops": { "nodes": nodes, "items": entries },
        "length_after_push": length,
        "length_at_end": heap.len(),
    })
}

fn queue_script(operation: &Value, release: Release) -> Value {
    let mut items: Vec<NodeItem> = Vec::new();
    let mut heap = NodeHeap::default();
    let mut popped: Vec<usize> = Vec::new();
    for step in list(operation, "script") {
        understood(step, &["push", "pop", "add_to_current_score_of_popped", "push_back"]);
        if step["push"].is_object() {
            items.push(item(&step["push"], release));
            heap.push(items.len() - 1, |place| items[place].priority());
        }
        for _ in 0..int(step, "pop") {
            popped.extend(heap.pop(|place| items[place].priority()));
        }
        if let (Some(delta), Some(last)) = (step["add_to_current_score_of_popped"].as_f64(), popped.last()) {
            items[*last].current += delta;
        }
        if let (true, Some(last)) = (step["push_back"].is_number(), popped.last()) {
            heap.push(*last, |place| items[place].priority());
        }
    }
    let nodes: Vec<u32> = popped.into_iter().map(|place| items[place].node.0).collect();
    json!({ "pops": { "nodes": nodes } })
}

fn node_item(operation: &Value, release: Release) -> Value {
    let mut found = NodeItem::new(NodeIndex(0), 0, Arithmetic::of(release));
    for step in list(operation, "script") {
        understood(step, &["new", "assigned_score", "add_current_score"]);
        if step["new"].is_object() {
            found = item(&step["new"], release);
        }
        found.assigned += step["assigned_score"].as_f64().unwrap_or(0.0);
        found.current += step["add_current_score"].as_f64().unwrap_or(0.0);
    }
    json!({
        "node": found.node.0,
        "priority": found.priority(),
        "current_score": found.current,
        "assigned_score": found.assigned,
    })
}

fn cost_of(state: &Value, operation: &Value) -> Value {
    let (held, nodes) = held(state);
    let load = load(&held);
    let counts = &state["segment_count_by_node"];
    let found = match text(operation, "model") {
        "row_count" => cost(&load.rows),
        _ if counts.is_object() => {
            cost(&nodes.iter().map(|node| int(counts, &node.to_string())).collect::<Vec<i64>>())
        }
        _ => cost(&load.segments),
    };
    json!({ "cost": found })
}

fn read_moves(moves: &[Value], place: impl Fn(i64) -> usize) -> Vec<Move> {
    let read = |entry: &Value| Move {
        segment: segment(int(entry, "segment")),
        from: place(int(entry, "from")),
        to: place(int(entry, "to")),
    };
    moves.iter().map(read).collect()
}

fn apply_moves(state: &Value, operation: &Value) -> Value {
    let (held, nodes) = held(state);
    let load = load(&held);
    let mut search = PlanSearch::new(held, load);
    let place = |id| nodes.iter().position(|node| *node == id).expect("a node of the state");
    search.apply(&read_moves(list(operation, "moves"), place));
    let mut by_node = serde_json::Map::new();
    for (node, held) in nodes.iter().zip(search.held()) {
        let mut segments: Vec<u32> = held.iter().map(|(segment, _)| segment.0).collect();
        segments.sort_unstable();
        by_node.insert(node.to_string(), json!(segments));
    }
    json!({ "segments_by_node": by_node })
}

fn merge_moves(operation: &Value) -> Value {
    let place = |id: i64| usize::try_from(id).expect("a node id");
    let mut moves = read_moves(list(operation, "current"), place);
    for step in read_moves(list(operation, "incoming"), place) {
        merge(&mut moves, step);
    }
    let told = |step: &Move| json!({ "segment": step.segment.0, "from": step.from, "to": step.to });
    json!({ "segment_moves": moves.iter().map(told).collect::<Vec<Value>>() })
}

/// The placement of `random_input`: so many nodes, on each some segments of some rows.
fn drawn(input: &Value, random: &mut Random) -> Held {
    let range = |key: &str| {
        let words = text(input, key).split_once("..").expect("a range of the random input");
        [words.0, words.1].map(|word| word.parse::<u64>().expect("an end of a range"))
    };
    let ([least, most], [fewest, largest]) = (range("segments_per_node"), range("rows_per_segment"));
    let nodes = int(input, "nodes");
    let mut held = Vec::new();
    for node in 0..nodes {
        let count = random.between(least, most);
        let mut one = |index| (segment(node * 1000 + index), random.between(fewest, largest) as i64);
        held.push((0..count as i64).map(&mut one).collect());
    }
    (held, (0..nodes).collect())
}

fn generate_moves(state: &Value, config: &Value, operation: &Value, release: Release) -> Value {
    let mut random = Random::stream(11, "conformance");
    let input = &state["random_input"];
    let (held, nodes) = if input.is_object() { drawn(input, &mut random) } else { held(state) };
    let load = load(&held);
    let parameters = parameters(config, release);
    let steps = int(operation, "max_steps");
    let is_global = operation["global"].as_bool() == Some(true);
    let runs = match (text(operation, "generator"), is_global) {
        ("row_count", false) => vec![(Generator::Rows, steps)],
        ("row_count", true) => vec![(Generator::GlobalRows, steps)],
        ("segment_count", false) => vec![(Generator::Segments, steps)],
        ("segment_count", true) => vec![(Generator::GlobalSegments, steps)],
        ("random", _) => vec![(Generator::Random, steps)],
        ("full_pipeline", _) => generators(&parameters).to_vec(),
        (other, _) => panic!("unknown generator {other:?}"),
    };
    let mut search = PlanSearch::new(held, load);
    for (generator, steps) in runs {
        search.run(generator, steps, &parameters, &mut random, &mut Unwitnessed);
    }
    let told =
        |step: &Move| json!({ "segment": step.segment.0, "from": nodes[step.from], "to": nodes[step.to] });
    json!({
        "segment_moves": search.moves().iter().map(told).collect::<Vec<Value>>(),
        "cost": search.load().cost(&parameters),
    })
}
