//! Scenarios of 2.2 and later: balancers, keys, verbs, node states and streaming nodes are read as these
//! releases have them.

use super::sources::rust_files;
use evenkeel::coordinator::command::Command;
use evenkeel::coordinator::keys;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::timeline::Happening;
use evenkeel::scenario::{ReplicaSpec, Scenario, StartState, parse};
use serde_json::{Value, json};

fn scenario(version: &str) -> Value {
    json!({
        "version": 1, "name": "later", "duration": "10m", "milvus": { "version": version, "config": {} },
        "query_nodes": [ { "id": 1, "memory": "8GiB" }, { "id": 2, "memory": "8GiB" } ],
        "collections": [ { "name": "book" } ], "timeline": [],
    })
}

#[track_caller]
fn read(value: &Value, overrides: &Overrides) -> Scenario {
    match parse(&value.to_string(), "later.json", overrides) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{}", faults[0]),
    }
}

/// Fault and remedy of every fault.
#[track_caller]
fn refused(value: &Value, overrides: &Overrides) -> Vec<String> {
    let faults = parse(&value.to_string(), "later.json", overrides).expect_err("faults");
    faults.iter().map(|fault| format!("{}; {}", fault.fault, fault.remedy)).collect()
}

fn plain(version: &str) -> Scenario {
    read(&scenario(version), &Overrides::default())
}

#[test]
fn every_release_has_its_balancer_and_its_session() {
    for (version, balancer, ttl_s) in [
        ("2.1.4", "MemoryUsage", 60),
        ("2.2.0", "RowCountBasedBalancer", 60),
        ("2.2.15", "ScoreBasedBalancer", 60),
        ("2.2.16", "ScoreBasedBalancer", 20),
        ("2.3.3", "ScoreBasedBalancer", 60),
        ("2.3.4", "ScoreBasedBalancer", 30),
        ("2.6.19", "ScoreBasedBalancer", 30),
        ("2.6.20", "ChannelLevelScoreBalancer", 30),
        ("master", "ChannelLevelScoreBalancer", 30),
    ] {
        let scenario = plain(version);
        assert_eq!(scenario.balancer(), balancer, "{version}");
        assert_eq!(scenario.hardware.session_ttl.as_ms(), ttl_s * 1000, "{version}");
    }
    let mut own = scenario("2.2.16");
    own["hardware"] = json!({ "session_ttl": "10s" });
    assert_eq!(read(&own, &Overrides::default()).hardware.session_ttl.as_ms(), 10_000);
}

#[test]
fn an_unknown_balancer_is_told_with_what_the_release_takes() {
    for (version, taken) in [("2.3.5", "RowCountBasedBalancer"), ("2.5.0", "ScoreBasedBalancer")] {
        let mut value = scenario(version);
        value["milvus"]["config"]["queryCoord.balancer"] = "MultiTargetBalancer".into();
        let scenario = read(&value, &Overrides::default());
        assert_eq!(scenario.balancer(), taken);
        let expected = format!(
            "queryCoord.balancer \"MultiTargetBalancer\" is no balancer of Milvus {version}, which takes {taken} \
             without a word; it has RoundRobinBalancer, RowCountBasedBalancer, ScoreBasedBalancer"
        );
        assert!(scenario.warnings[0].starts_with(&expected), "{}", scenario.warnings[0]);
    }
}

#[test]
fn a_documented_rule_of_draining_that_milvus_does_not_find_is_told() {
    let warnings = |name: &str| {
        let mut value = scenario("2.6.20");
        value["milvus"]["config"]["queryCoord.stoppingBalanceAssignPolicy"] = name.into();
        let warnings = read(&value, &Overrides::default()).warnings;
        warnings.into_iter().filter(|said| said.contains("AssignPolicy")).collect::<Vec<_>>()
    };
    let said = "queryCoord.stoppingBalanceAssignPolicy \"RoundRobin\" is no name that Milvus 2.6.20 knows, which takes \
                score_based without a word; it knows round_robin, row_count, score_based";
    assert_eq!(warnings("RoundRobin"), [said]);
    assert_eq!((warnings("round_robin").len(), warnings("ScoreBased").len()), (0, 0));
}

#[test]
fn the_option_takes_the_names_of_the_release_only() {
    let option = |name: &str| Overrides { balancer: Some(name.to_owned()), ..Overrides::default() };
    let multi = read(&scenario("2.4.0"), &option("MultipleTargetBalancer"));
    assert_eq!(multi.balancer(), "MultipleTargetBalancer");
    assert_eq!(
        refused(&scenario("2.3.15"), &option("MultipleTargetBalancer")),
        [
            "Milvus 2.3.15 has no balancer \"MultipleTargetBalancer\"; it has RoundRobinBalancer, RowCountBasedBalancer, ScoreBasedBalancer; a policy of your own is named exec:PROGRAM"
        ]
    );
    assert_eq!(
        refused(&scenario("2.2.3"), &option("ScoreBasedBalancer")),
        [
            "Milvus 2.2.3 has no balancer \"ScoreBasedBalancer\"; it has RowCountBasedBalancer; a policy of your own is named exec:PROGRAM"
        ]
    );
    assert_eq!(
        read(&scenario("2.2.3"), &option("RowCountBasedBalancer")).config.value("queryCoord.balancer"),
        None
    );
    let mut twice = option("ScoreBasedBalancer");
    twice.settings.push(("queryCoord.balancer".to_owned(), "RoundRobinBalancer".to_owned()));
    assert_eq!(
        refused(&scenario("2.4.0"), &twice),
        ["queryCoord.balancer is given two different values; give it once"]
    );
}

#[test]
fn what_is_inert_or_clamped_is_told() {
    let mut value = scenario("2.2.16");
    value["milvus"]["config"] =
        json!({ "queryCoord.autoBalanceInterval": 5, "queryCoord.reverseUnBalanceTolerationFactor": 3 });
    value["milvus"]["segment_pick"] = "least_difference".into();
    value["timeline"] = json!([{ "at": "1m", "set_config": { "queryCoord.globalRowCountFactor": 7 } }]);
    assert_eq!(
        read(&value, &Overrides::default()).warnings,
        [
            "segment_pick is inert: Milvus 2.2.16 picks by its balancer",
            "queryCoord.autoBalanceInterval is inert: Milvus 2.2.16 does not read it",
            "queryCoord.reverseUnBalanceTolerationFactor 3 is out of range: Milvus 2.2.16 takes 2",
            "queryCoord.globalRowCountFactor 7 at 1m is out of range: Milvus 2.2.16 takes 1",
        ]
    );
}

fn commands(version: &str) -> Vec<Command> {
    let mut value = scenario(version);
    value["timeline"] = json!([
        { "at": "1m", "transfer_segment": { "source_node_id": 1, "target_node_id": null, "segment_id": "77" } },
        { "at": "1m", "transfer_channel": { "source_node_id": 1, "target_node_id": 2, "copy_mode": true } },
        { "at": "1m", "transfer_node": { "source": "a", "target": "b", "num_node": -1 } },
        { "at": "1m", "transfer_replica": { "source": "a", "target": "b", "collection_name": "book", "num_replica": 1 } },
        { "at": "1m", "suspend_balance": {} },
        { "at": "1m", "resume_node": { "node_id": 2 } },
        { "at": "1m", "set_replicas": { "collection_name": "book", "replica_number": 2 } },
        { "at": "1m", "update_resource_group": { "name": "a", "requests": 2, "limits": 1, "transfer_to": ["b"] } },
        { "at": "1m", "load_collection": { "collection_name": "book", "resource_groups": ["a"] } },
    ]);
    let scenario = read(&value, &Overrides::default());
    let happenings = scenario.timeline.into_iter().map(|entry| match entry.happening {
        Happening::Command(command) => command,
        other => panic!("{other:?}"),
    });
    happenings.collect()
}

#[test]
fn verbs_have_typed_arguments_where_the_release_has_them() {
    let name = || "book".to_owned();
    let (a, b) = (|| "a".to_owned(), || "b".to_owned());
    let expected = [
        Command::TransferSegment {
            source_node_id: 1,
            target_node_id: None,
            segment_id: Some(77),
            copy_mode: false,
        },
        Command::TransferChannel {
            source_node_id: 1,
            target_node_id: Some(2),
            channel_name: None,
            copy_mode: true,
        },
        Command::TransferNode { source: a(), target: b(), num_node: -1 },
        Command::TransferReplica { source: a(), target: b(), collection_name: name(), num_replica: 1 },
        Command::SuspendBalance,
        Command::ResumeNode { node_id: 2 },
        Command::SetReplicas { collection_name: name(), replica_number: Some(2), resource_groups: vec![] },
        Command::UpdateResourceGroup {
            name: a(),
            requests: 2,
            limits: 1,
            transfer_from: vec![],
            transfer_to: vec![b()],
        },
        Command::LoadCollection { collection_name: name(), replica_number: None, resource_groups: vec![a()] },
    ];
    assert_eq!(commands("2.5.27"), expected);
    let unknown = |version: &str| -> Vec<&'static str> {
        let verbs = commands(version).into_iter().filter_map(|command| match command {
            Command::Unknown { verb } => Some(verb),
            _ => None,
        });
        verbs.collect()
    };
    assert_eq!(unknown("2.4.1"), Vec::<&str>::new());
    assert_eq!(unknown("2.3.14"), ["update_resource_group"]);
    let without_management =
        ["transfer_segment", "transfer_channel", "suspend_balance", "resume_node", "update_resource_group"];
    assert_eq!(unknown("2.3.13"), without_management);
    assert_eq!(unknown("2.2.3"), without_management);
}

#[test]
fn arguments_are_checked() {
    for (verb, arguments, expected) in [
        ("transfer_segment", json!({}), "\"source_node_id\" is missing; add \"source_node_id\""),
        (
            "transfer_segment",
            json!({ "source_node_id": 1, "channel_name": "c" }),
            "unknown key \"channel_name\"; known here: \"source_node_id\", \"target_node_id\", \"segment_id\", \"copy_mode\"",
        ),
        (
            "suspend_node",
            json!({ "node_id": "x" }),
            "\"x\" is no 64-bit id; write a whole number, or its digits as a text",
        ),
        (
            "transfer_node",
            json!({ "source": "a", "target": "b", "num_node": 1.5 }),
            "1.5 is no whole number; write a whole number",
        ),
        (
            "set_replicas",
            json!({ "collection_name": "book" }),
            "it sets nothing; write \"replica_number\", \"resource_groups\", or both",
        ),
    ] {
        let mut value = scenario("2.5.27");
        value["timeline"] = json!([{ "at": "1m", verb: arguments }]);
        assert_eq!(refused(&value, &Overrides::default()), [expected], "{verb}");
    }
}

#[test]
fn streaming_nodes_of_a_release_without_them_are_told_to_be_inert() {
    for version in ["2.1.4", "2.5.27"] {
        let mut value = scenario(version);
        value["streaming_nodes"] = json!([{ "count": 2, "memory": "8GiB" }]);
        let read = read(&value, &Overrides::default());
        let expected =
            format!("streaming_nodes is inert: Milvus {version} has none, its channels live on query nodes");
        assert!(read.streaming_nodes.is_empty() && read.warnings.contains(&expected), "{:?}", read.warnings);
        value["streaming_nodes"] = json!([{ "memory": "8 apples" }]);
        assert_eq!(refused(&value, &Overrides::default()).len(), 1, "{version}");
    }
}

#[test]
fn streaming_nodes_have_ids_after_those_of_query_nodes() {
    assert!(plain("2.5.27").streaming_nodes.is_empty());
    let assumed = plain("2.6.20");
    let nodes: Vec<_> = assumed.streaming_nodes.iter().map(|node| (node.id, node.memory_bytes)).collect();
    assert_eq!(nodes, [(3, 32 << 30)]);
    assert_eq!(assumed.warnings, ["streaming_nodes is left out: one streaming node of 32.0 GiB is assumed"]);
    let mut value = scenario("2.6.20");
    value["streaming_nodes"] = json!([{ "count": 2, "memory": "4GiB" }, { "id": 9, "memory": "4GiB" }]);
    value["timeline"] = json!([{ "at": "1m", "add_query_node": { "memory": "8GiB" } }]);
    let scenario = read(&value, &Overrides::default());
    assert_eq!(scenario.query_nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(scenario.streaming_nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [4, 5, 9]);
    value["streaming_nodes"] = json!([{ "id": 2, "memory": "4GiB" }]);
    assert_eq!(
        refused(&value, &Overrides::default()),
        ["the query node id 2 is written twice; give every one its own id"]
    );
    value["streaming_nodes"] = json!([]);
    assert_eq!(
        refused(&value, &Overrides::default()),
        ["there is no streaming node; write at least one, or leave it out"]
    );
}

#[test]
fn nodes_and_replicas_have_what_the_release_knows() {
    let mut value = scenario("2.4.1");
    value["resource_groups"] = json!([{ "name": "rg1", "requests": 1, "limits": 2 }]);
    value["query_nodes"] = json!([
        { "id": 1, "memory": "8GiB", "resource_group": "rg1", "labels": { "zone": "b", "disk": "nvme" } },
        { "id": 2, "memory": "8GiB", "resource_group": "rg1", "state": "suspended" },
        { "id": 3, "memory": "8GiB", "state": "stopping" },
    ]);
    value["collections"] = json!([{ "name": "book", "replicas": [
        { "id": 5, "resource_group": "rg1", "query_nodes": [1], "ro_query_nodes": [3] }] }]);
    let scenario = read(&value, &Overrides::default());
    let states: Vec<StartState> = scenario.query_nodes.iter().map(|node| node.state).collect();
    assert_eq!(states, [StartState::Normal, StartState::Suspended, StartState::Stopping]);
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(scenario.query_nodes[0].labels, [label("disk", "nvme"), label("zone", "b")]);
    let ReplicaSpec::Fixed(replicas) = &scenario.collections[0].replicas else { panic!("fixed") };
    assert_eq!((replicas[0].resource_group, &replicas[0].ro_query_nodes[..]), (1, &[3][..]));
    assert_eq!((scenario.resource_groups[1].requests, scenario.resource_groups[1].limits), (1, 2));
    value["milvus"]["version"] = "2.3.13".into();
    assert_eq!(
        refused(&value, &Overrides::default()),
        [
            "state \"suspended\" is not simulated for Milvus 2.3.13, which suspends no node; write \"normal\" or \"offline\"",
            "Milvus 2.3.13 has no read-only nodes of a replica; leave \"ro_query_nodes\" out",
        ]
    );
}

#[test]
fn a_key_on_which_nothing_here_depends_is_told() {
    let eviction = "queryNode.segcore.tieredStorage.evictionEnabled";
    let warned = |value: &Value| {
        let read = parse(&value.to_string(), "later.json", &Overrides::default());
        let warnings = read.unwrap_or_else(|faults| panic!("{}", faults[0])).warnings;
        warnings.into_iter().filter(|warning| warning.contains(eviction)).collect::<Vec<String>>()
    };
    let says = |when: &str| {
        [format!("{eviction}{when} changes nothing: Milvus 2.6.20 reads it for what is not simulated")]
    };
    let mut value = scenario("2.6.20");
    value["milvus"]["config"][eviction] = json!(false);
    assert!(warned(&value).is_empty(), "it is the default");
    value["milvus"]["config"][eviction] = json!(true);
    assert_eq!(warned(&value), says(""));
    let mut value = scenario("2.6.20");
    value["timeline"] = json!([{ "at": "1m", "set_config": { eviction: true } }]);
    assert_eq!(warned(&value), says(" at 1m"));
}

#[test]
fn every_key_is_looked_at_or_said_to_have_no_counterpart() {
    let sources = rust_files("src");
    let is_table = |name: &str| name.contains("key_table") || name.ends_with("_tests.rs");
    let (tables, others): (Vec<_>, Vec<_>) = sources.iter().partition(|file| is_table(&file.name));
    let mut seen = 0;
    for line in tables.iter().flat_map(|file| file.text.lines()) {
        for word in line.split('"').skip(1).step_by(2) {
            let Some(key) = keys::find(word).filter(|key| key.name == word) else { continue };
            let quoted = format!("\"{word}\"");
            let is_used = others.iter().any(|file| file.text.contains(&quoted));
            assert_eq!(key.has_counterpart(), is_used, "{word}");
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} keys");
}
