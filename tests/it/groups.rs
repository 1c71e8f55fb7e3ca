//! Resource groups and replicas of 2.2 and later, in releases on both sides of each change.

use super::runs::{Draft, Run, word};
use serde_json::{Value, json};

/// Nodes 1 and 2 in "a", 3 and 4 in "b", and a collection of one replica in "a".
fn draft(version: &str) -> Draft {
    let group = |id: i64| if id < 3 { "a" } else { "b" };
    let node = |id: i64| json!({ "id": id, "memory": "32GiB", "resource_group": group(id) });
    let nodes: Vec<Value> = (1..=4).map(node).collect();
    let segments = json!({ "count": 8, "rows": { "constant": 100_000 } });
    let book = json!({ "name": "book", "id": 100, "bytes_per_row": 640, "resource_groups": ["a"],
        "segments": segments });
    let idle = json!({ "name": "idle", "id": 200, "loaded": false, "bytes_per_row": 640,
        "segments": [{ "id": 9, "rows": 10 }] });
    let draft = Draft::new(json!(nodes), json!([book, idle])).release(version);
    let groups = ["a", "b", "c"].map(|name| json!({ "name": name, "requests": 2 * i32::from(name != "c") }));
    // In the default of 2.6.20 and later three nodes for one channel starve (quirk Q7).
    let draft = draft.config("queryCoord.balancer", "ScoreBasedBalancer").with("", "duration", "4m");
    draft.config("queryCoord.autoBalance", true).with("", "resource_groups", json!(groups))
}

fn held(run: &Run, node: i64) -> u32 {
    let cluster = run.cluster();
    cluster.node(cluster.find_node(node).expect("a node")).segments
}

fn group_of(run: &Run, node: i64) -> String {
    let cluster = run.cluster();
    let group = cluster.node(cluster.find_node(node).expect("a node")).resource_group;
    cluster.resource_groups()[group.position()].name.clone()
}

/// Code and text of the only answer.
fn answer(run: &Run) -> (i64, String) {
    let results = run.of("command_result");
    assert_eq!(results.len(), 1);
    let code = results[0]["code"].as_i64().expect("a code");
    (code, word(results[0], "text").to_owned())
}

fn replica_to(target: &str, name: &str) -> Value {
    json!({ "source": "a", "target": target, "collection_name": name, "num_replica": 1 })
}

#[test]
fn declared_groups_take_what_joins_and_capacities_are_filled_by_the_ticker() {
    for (version, at_once) in [("2.2.16", false), ("2.4.0", false), ("2.4.1", true), ("2.6.20", true)] {
        let kill = json!({ "id": 4 });
        let join = json!({ "id": 7, "memory": "32GiB" });
        let draft = draft(version).at("1s", "kill_query_node", kill).at("62s", "add_query_node", join);
        let at_62 = draft.clone().with("", "duration", "63s").run();
        let expected = if at_once { "b" } else { "__default_resource_group" };
        assert_eq!(group_of(&at_62, 7), expected, "{version}");
        assert_eq!(group_of(&draft.with("", "duration", "71s").run(), 7), "b", "{version}");
    }
}

#[test]
fn a_transferred_node_moves_in_every_release() {
    let call = json!({ "source": "b", "target": "a", "num_node": 1 });
    for version in
        ["2.2.3", "2.2.16", "2.3.0", "2.3.15", "2.4.0", "2.4.1", "2.4.23", "2.5.27", "2.6.20", "master"]
    {
        let run = draft(version).at("60s", "transfer_node", call.clone()).run();
        assert_eq!(answer(&run), (0, String::new()), "{version}");
        assert_eq!(group_of(&run, 3), "a", "{version}");
        assert!(held(&run, 3) >= 2, "{version}: {}", held(&run, 3));
        assert_eq!(held(&run, 1) + held(&run, 2) + held(&run, 3), 8, "{version}");
    }
}

#[test]
fn a_transferred_replica_is_drained_to_its_new_group_in_every_release() {
    for version in ["2.2.16", "2.3.0", "2.3.15", "2.4.0", "2.4.1", "2.5.27", "2.6.20", "master"] {
        let run = draft(version).at("60s", "transfer_replica", replica_to("b", "book")).run();
        assert_eq!(answer(&run), (0, String::new()), "{version}");
        let all = [1, 2, 3, 4].map(|node| held(&run, node));
        assert_eq!((all[0] + all[1], all[2] + all[3]), (0, 8), "{version}: {all:?}");
    }
}

#[test]
fn replicas_of_what_is_not_loaded_are_refused_in_the_words_of_the_release() {
    let older = "invalid parameter[expected=Collection not loaded][actual=collectionID 200]";
    for (version, code, text) in [
        ("2.4.1", 1100, older),
        ("2.6.20", 1100, older),
        ("3.0.0", 101, "collection not loaded[collection=200]"),
        (
            "2.3.5",
            1100,
            "invalid parameter[expected=NumReplica not greater than the number of replica in source resource group][actual=only found [0] replicas in source resource group[a]]",
        ),
        (
            "2.3.0",
            0,
            "expected=NumReplica not greater than the number of replica in source resource group, actual=only found [0] replicas in source resource group[a]: invalid parameter",
        ),
        ("2.2.16", 5, "only found [0] replicas in source resource group[a]"),
    ] {
        let run = draft(version).at("60s", "transfer_replica", replica_to("b", "idle")).run();
        assert_eq!(answer(&run), (code, text.to_owned()), "{version}");
    }
}

#[test]
fn only_from_2_4_13_on_a_loaded_collection_gets_other_replicas() {
    let call = json!({ "collection_name": "book", "replica_number": 2, "resource_groups": ["a", "b"] });
    for (version, changes) in [("2.2.16", false), ("2.4.12", false), ("2.4.13", true), ("2.6.20", true)] {
        let mut draft = draft(version).at("60s", "set_replicas", call.clone());
        if version == "2.6.20" {
            let two = json!([{ "count": 2, "memory": "32GiB" }]);
            draft = draft.with("", "streaming_nodes", two);
        }
        let run = draft.run();
        assert_eq!(answer(&run).0 == 0, changes, "{version}");
        let expected = if changes { 8 } else { 0 };
        assert_eq!(held(&run, 3) + held(&run, 4), expected, "{version}");
        assert_eq!(held(&run, 1) + held(&run, 2), 8, "{version}");
    }
}

#[test]
fn replicas_follow_their_resource_groups_and_surplus_ones_are_released() {
    let to_b = json!({ "collection_name": "book", "resource_groups": ["b"] });
    let two = json!({ "collection_name": "book", "replica_number": 2 });
    let one = json!({ "collection_name": "book", "replica_number": 1 });
    let moved = draft("2.5.27").at("60s", "set_replicas", to_b).run();
    assert_eq!((held(&moved, 1) + held(&moved, 2), held(&moved, 3) + held(&moved, 4)), (0, 8));
    let twice = draft("2.5.27").at("60s", "set_replicas", two).with("", "duration", "6m");
    let doubled = twice.clone().run();
    assert_eq!((held(&doubled, 1), held(&doubled, 2)), (8, 8));
    let halved = twice.at("4m", "set_replicas", one).run();
    assert_eq!(held(&halved, 1) + held(&halved, 2), 8);
}

#[test]
fn a_suspended_node_comes_back_to_who_lacks_one() {
    let node = json!({ "node_id": 1 });
    let draft = draft("2.5.27").at("30s", "suspend_node", node.clone());
    let suspended = draft.clone().run();
    assert_eq!((held(&suspended, 1), held(&suspended, 2)), (0, 8), "nobody can help out: no group has more");
    let resumed = draft.at("90s", "resume_node", node).run();
    assert_eq!((held(&resumed, 1), held(&resumed, 2)), (4, 4));
}
