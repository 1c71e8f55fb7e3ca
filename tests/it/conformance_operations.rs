//! The operations of conformance cases on policies, by the functions that the simulation calls.

use super::conformance_state::{NextTarget, int, ints, list, parameters, text, view};
use super::known_view::KnownView;
use evenkeel::engine::random::Random;
use evenkeel::model::ids::{CollectionIndex, NodeIndex};
use evenkeel::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use evenkeel::policy::build;
use evenkeel::policy::build_stopping;
use evenkeel::policy::facts::NoFacts;
use evenkeel::policy::node_filter::Assigner;
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::{ChannelPlan, Declines, Repeats, SegmentPlan};
use evenkeel::policy::row_count::RowCount;
use evenkeel::policy::score::Score;
use evenkeel::policy::score_items::Scoring;
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::stopping::assigner_of;
use evenkeel::policy::witness::Unwitnessed;
use evenkeel::release::Release;
use serde_json::{Value, json};

/// One step of a case, to be run for one release.
pub(crate) struct Step<'a> {
    /// The policy under test.
    pub(crate) policy: &'a str,
    /// The cluster as it is now.
    pub(crate) state: &'a Value,
    /// Parameters in force.
    pub(crate) config: &'a Value,
    /// What is done.
    pub(crate) operation: &'a Value,
    /// The release.
    pub(crate) release: Release,
    /// What the next target is where nothing is listed.
    pub(crate) next: NextTarget,
}

/// The policy of this name as the release has it.
fn policy(name: &str, release: Release) -> Result<Box<dyn BalancePolicy>, String> {
    let balancer = match name {
        "RoundRobin" => Balancer::RoundRobin,
        "RowCountBased" => Balancer::RowCount,
        "ScoreBased" => Balancer::Score,
        "MultiTarget" => Balancer::MultiTarget,
        "ChannelLevelScore" => Balancer::ChannelLevelScore,
        "Stopping" => return build_stopping(release).ok_or(format!("{release} has no stopping balancer")),
        other => return Err(format!("unknown policy {other:?}")),
    };
    Ok(build(release, balancer))
}

/// The name that cases use for a balancer.
fn balancer_name(balancer: Balancer) -> &'static str {
    match balancer {
        Balancer::RoundRobin => "RoundRobin",
        Balancer::RowCount => "RowCountBased",
        Balancer::Score => "ScoreBased",
        Balancer::MultiTarget => "MultiTarget",
        Balancer::ChannelLevelScore => "ChannelLevelScore",
    }
}

/// A node's id as cases write it: -1 is nowhere.
fn origin(known: &KnownView, from: Option<NodeIndex>) -> i64 {
    from.map_or(-1, |node| known.node_id(node))
}

fn segment_move(known: &KnownView, plan: &SegmentPlan) -> Value {
    let mut entry = json!({
        "segment": known.segment_id(plan.segment),
        "from": origin(known, plan.from),
        "to": known.node_id(plan.to),
        "rows": known.view.segment(plan.segment).rows,
    });
    if let Some(replica) = plan.replica.and_then(|replica| known.replica_id(replica)) {
        entry["replica"] = json!(replica);
    }
    entry
}

fn channel_move(known: &KnownView, plan: &ChannelPlan) -> Value {
    let mut entry = json!({
        "channel": known.channel_name(plan.channel),
        "from": origin(known, plan.from),
        "to": known.node_id(plan.to),
    });
    if let Some(replica) = plan.replica.and_then(|replica| known.replica_id(replica)) {
        entry["replica"] = json!(replica);
    }
    entry
}

/// An assignment names no source: whoever asked for it puts it in.
fn unsource(moves: &mut [Value]) {
    for entry in moves {
        entry["from"] = json!(-1);
    }
}

impl Step<'_> {
    fn known(&self) -> KnownView {
        view(self.state, self.operation, self.release, self.next)
    }

    fn parameters(&self) -> Parameters {
        parameters(self.config, self.release)
    }

    /// Answers a question about a view.
    fn ask<T>(&self, known: &KnownView, answer: impl FnOnce(&mut Ask<'_>) -> T) -> T {
        let mut ask = Ask {
            view: &known.view,
            facts: &NoFacts,
            parameters: &self.parameters(),
            random: &mut Random::stream(7, "conformance"),
            shuffles: false,
            witness: &mut Unwitnessed,
            declined: Declines::default(),
            repeats: Repeats::default(),
        };
        answer(&mut ask)
    }

    fn force(&self) -> Force {
        if self.operation["force"].as_bool() == Some(true) { Force::Forced } else { Force::Unforced }
    }

    fn candidates(&self, known: &KnownView) -> Vec<NodeIndex> {
        ints(self.operation, "candidate_nodes").into_iter().map(|node| known.node(node)).collect()
    }

    /// The collection of the operation; where it names none, one that exists.
    fn collection(&self, known: &KnownView) -> CollectionIndex {
        let named = self.operation["collection"].as_i64();
        named.map_or(CollectionIndex::at(0), |collection| known.collection(collection))
    }

    /// What the operation gives.
    ///
    /// # Errors
    ///
    /// Says what is unknown.
    pub(crate) fn run(&self) -> Result<Value, String> {
        match text(self.operation, "name") {
            "assign_segments" => self.assign_segments(),
            "assign_channels" => self.assign_channels(),
            "balance" => self.balance(),
            "balance_in_sequence" => self.balance_in_sequence(),
            "node_scores" => self.node_scores(),
            "segment_score" => {
                let known = self.known();
                let scoring = Score::of(self.release).scoring;
                let rows = int(&self.operation["segment"], "rows");
                Ok(json!({ "score": self.ask(&known, |ask| scoring.segment_score(ask, rows)) }))
            }
            "channel_score" => Ok(self.channel_score()),
            "workload_table" => Ok(self.workload()),
            "select_balancer" => Ok(self.select_balancer()),
            "select_assign_policy" => {
                let name = match assigner_of(text(self.operation, "requested")) {
                    Assigner::RoundRobin => "RoundRobin",
                    Assigner::RowCount => "RowCountBased",
                    Assigner::Score => "ScoreBased",
                };
                Ok(json!({ "selected": name }))
            }
            other => Err(format!("unknown operation {other:?}")),
        }
    }

    fn assign_segments(&self) -> Result<Value, String> {
        let (known, policy) = (self.known(), policy(self.policy, self.release)?);
        let segments: Vec<SegmentToAssign> = list(self.operation, "segments")
            .iter()
            .map(|segment| SegmentToAssign {
                segment: known.segment_of(Some(int(segment, "collection")), int(segment, "id")),
                rows: int(segment, "rows"),
                node: segment["node"].as_i64().map(|node| known.node(node)),
            })
            .collect();
        let (collection, nodes) = (self.collection(&known), self.candidates(&known));
        let plans =
            self.ask(&known, |ask| policy.assign_segments(ask, collection, &segments, &nodes, self.force()));
        let mut moves: Vec<Value> = plans.iter().map(|plan| segment_move(&known, plan)).collect();
        unsource(&mut moves);
        Ok(json!({ "segment_moves": moves }))
    }

    fn assign_channels(&self) -> Result<Value, String> {
        let (known, policy) = (self.known(), policy(self.policy, self.release)?);
        let channels: Vec<ChannelToAssign> = list(self.operation, "channels")
            .iter()
            .map(|channel| ChannelToAssign {
                channel: known.channel_of(Some(int(channel, "collection")), text(channel, "name")),
                node: channel["node"].as_i64().map(|node| known.node(node)),
            })
            .collect();
        let (collection, nodes) = (self.collection(&known), self.candidates(&known));
        let plans =
            self.ask(&known, |ask| policy.assign_channels(ask, collection, &channels, &nodes, self.force()));
        let mut moves: Vec<Value> = plans.iter().map(|plan| channel_move(&known, plan)).collect();
        unsource(&mut moves);
        Ok(json!({ "channel_moves": moves }))
    }

    fn balance(&self) -> Result<Value, String> {
        let (known, policy) = (self.known(), policy(self.policy, self.release)?);
        let mut replicas = Vec::new();
        replicas.extend(self.operation["replica"].as_i64().map(|id| known.replica(id)));
        let named = self.operation["collection"].as_i64().into_iter();
        let collections: Vec<i64> = named.chain(ints(self.operation, "collections")).collect();
        if replicas.is_empty() && collections.is_empty() {
            return Err("nothing to balance".to_owned());
        }
        for collection in collections {
            replicas.extend(known.replicas_of(collection));
        }
        let (mut segments, mut channels) = (Vec::new(), Vec::new());
        for replica in replicas {
            let plan = self.ask(&known, |ask| policy.balance_replica(ask, replica));
            segments.extend(plan.segments.iter().map(|plan| segment_move(&known, plan)));
            channels.extend(plan.channels.iter().map(|plan| channel_move(&known, plan)));
        }
        Ok(json!({ "segment_moves": segments, "channel_moves": channels }))
    }

    /// Collection by collection; each channel planned is pending for its target, over all collections.
    fn balance_in_sequence(&self) -> Result<Value, String> {
        let (mut known, policy) = (self.known(), policy(self.policy, self.release)?);
        let elsewhere = known.elsewhere();
        let mut each = Vec::new();
        for collection in ints(self.operation, "collections") {
            let mut channels = Vec::new();
            for replica in known.replicas_of(collection) {
                let plan = self.ask(&known, |ask| policy.balance_replica(ask, replica));
                for plan in &plan.channels {
                    channels.push(channel_move(&known, plan));
                    known.view.shift_pending_channels(elsewhere, plan.to, 1);
                }
            }
            let targets: Value = list(self.state, "nodes")
                .iter()
                .map(|node| int(node, "id"))
                .map(|id| (id.to_string(), json!(known.view.pending_channels(known.node(id)))))
                .collect::<serde_json::Map<String, Value>>()
                .into();
            each.push(json!({ "channel_moves": channels, "segment_moves": [], "target_totals": targets }));
        }
        Ok(json!({ "each": each }))
    }

    fn node_scores(&self) -> Result<Value, String> {
        let known = self.known();
        let (collection, nodes) = (self.collection(&known), self.candidates(&known));
        let mut scores = serde_json::Map::new();
        let (by, rule, scoring) =
            (text(self.operation, "by"), RowCount::of(self.release), Score::of(self.release).scoring);
        let by_score = match (self.policy, by) {
            ("RowCountBased", "channels" | "segments") => None,
            (_, "channels") => Some(self.ask(&known, |ask| scoring.channel_items(ask, collection, &nodes))),
            (_, "segments") => Some(self.ask(&known, |ask| scoring.segment_items(ask, collection, &nodes))),
            _ => return Err(format!("unknown score {by:?}")),
        };
        for item in by_score.iter().flatten() {
            scores.insert(known.node_id(item.node).to_string(), json!(item.current));
        }
        for node in nodes.into_iter().filter(|_| by_score.is_none()) {
            let count = if by == "channels" { RowCount::channels_of } else { RowCount::rows_of };
            let score = self.ask(&known, |ask| count(&rule, ask, node));
            scores.insert(known.node_id(node).to_string(), json!(score));
        }
        Ok(json!({ "node_scores": { "count": scores.len(), "current_score": scores } }))
    }

    fn channel_score(&self) -> Value {
        let own = &self.operation["channel"];
        let other = int(self.operation, "for_collection");
        let state = json!({ "channels": [{ "name": own["name"], "collection": own["collection"] }],
                            "collections": [{ "id": other }], "nodes": [{ "id": 0 }] });
        let known = view(&state, &Value::Null, self.release, self.next);
        let channel = known.channel_of(Some(int(own, "collection")), text(own, "name"));
        let collection = known.collection(other);
        json!({ "score": self.ask(&known, |ask| Scoring::channel_score(ask, channel, collection)) })
    }

    fn workload(&self) -> Value {
        let known = self.known();
        let (mut rows, mut delegators) = (json!({}), json!({}));
        for channel in ["channels", "segments"].iter().flat_map(|key| list(self.state, key)) {
            let (node, id) = (known.node(int(channel, "node")), int(channel, "collection"));
            let collection = known.view.collection(known.collection(id));
            let (node_key, key) = (known.node_id(node).to_string(), id.to_string());
            rows[&node_key][&key] = json!(collection.sealed_rows(node) + collection.growing_rows(node));
            delegators[&node_key][&key] = json!(collection.delegators(node).len());
        }
        json!({ "workload": { "collection_rows": rows, "delegators": delegators } })
    }

    fn select_balancer(&self) -> Value {
        let configured = self.config["queryCoord.balancer"].as_str();
        let balancer = configured.map_or_else(
            || Balancer::default_of(self.release),
            |name| Balancer::taken_for(self.release, name),
        );
        json!({ "selected": balancer_name(balancer) })
    }
}
