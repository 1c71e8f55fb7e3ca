//! Milvus's own configuration files: what counts, what wins, and what is said of what is wrong.

use evenkeel::coordinator::keys::{Origin, Value};
use evenkeel::scenario::overrides::{MilvusYaml, Overrides};
use evenkeel::scenario::{Scenario, parse};

const SCENARIO: &str = r#"{ "version": 1, "name": "cluster", "duration": "5m",
  "milvus": { "version": "2.4.23", "config": { "queryCoord.autoBalance": false,
                                               "queryCoord.globalRowCountFactor": 0.2 } },
  "query_nodes": [ { "id": 1, "memory": "8GiB" } ], "collections": [] }"#;

fn with(files: &[&str]) -> Overrides {
    let names = ["milvus.yaml", "user.yaml"];
    let file = |(name, text): (&&str, &&str)| MilvusYaml { name: (*name).into(), text: (*text).into() };
    Overrides { milvus_yaml: names.iter().zip(files).map(file).collect(), ..Overrides::default() }
}

#[track_caller]
fn read(overrides: &Overrides) -> Scenario {
    match parse(SCENARIO, "cluster.json", overrides) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{}", faults[0]),
    }
}

#[track_caller]
fn refuse(text: &str, expected: &[&str]) {
    let faults = parse(SCENARIO, "cluster.json", &with(&[text])).expect_err("faults");
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected);
}

fn entry(scenario: &Scenario, key: &str) -> (Value, Origin) {
    let entry = scenario.config.entries.iter().find(|entry| entry.key == key).expect("a key in force");
    (entry.value.clone(), entry.origin)
}

#[test]
fn files_win_over_the_scenario_later_files_over_earlier_and_options_over_all() {
    let first =
        "queryCoord:\n  autoBalance: true\n  balancer: RowCountBasedBalancer\n  taskExecutionCap: 100\n";
    let second =
        "queryCoord.taskExecutionCap: 50 # flat\nqueryNode: {segcore.interimIndex: {enableIndex: false}}\n";
    let mut overrides = with(&[first, second]);
    overrides.balancer = Some("RoundRobinBalancer".to_owned());
    let scenario = read(&overrides);
    let text = |text: &str| Value::Text(text.to_owned());
    for (key, value, origin) in [
        ("queryCoord.autoBalance", Value::Bool(true), Origin::File),
        ("queryCoord.balancer", text("RoundRobinBalancer"), Origin::Option),
        ("queryCoord.taskExecutionCap", Value::Int(50), Origin::File),
        ("queryCoord.globalRowCountFactor", Value::Float(0.2), Origin::Scenario),
        ("queryNode.segcore.interimIndex.enableIndex", Value::Bool(false), Origin::File),
        ("queryCoord.checkBalanceInterval", Value::Int(3000), Origin::Default),
    ] {
        assert_eq!(entry(&scenario, key), (value, origin), "{key}");
    }
    assert_eq!(scenario.balancer(), "RoundRobinBalancer");
}

#[test]
fn a_whole_file_is_read_for_what_concerns_balancing() {
    let text = "etcd:\n  endpoints: [a, b]\nqueryCoord:\n  autoHandoff: true\n  port: 19531\n  ip: # none\n  \
                grpc: {serverMaxSendSize: 536870912}\n  clusterLevelLoadResourceGroups: [rg1, rg2]\n  \
                autoBalance:\nqueryNode:\n  mmap: {vectorField: true}\n  loadMemoryUsageFactor: 2\n\
                common:\n  gracefulStopTimeout: 600\n  session: {ttl: 45}\n";
    let scenario = read(&with(&[text]));
    let groups = entry(&scenario, "queryCoord.clusterLevelLoadResourceGroups");
    assert_eq!(groups, (Value::Text("rg1,rg2".to_owned()), Origin::File));
    // An empty value leaves the key as it is.
    assert_eq!(entry(&scenario, "queryCoord.autoBalance"), (Value::Bool(false), Origin::Scenario));
    assert_eq!(entry(&scenario, "common.gracefulStopTimeout").0, Value::Int(600));
    assert_eq!(scenario.hardware.session_ttl.as_ms(), 45_000);
    assert_eq!(
        scenario.warnings,
        [
            "inert keys of --milvus-yaml, which Milvus 2.4.23 does not read: queryCoord.autoHandoff",
            "queryCoord.clusterLevelLoadResourceGroups changes nothing: Milvus 2.4.23 reads it for what is not \
             simulated",
        ]
    );
}

#[test]
fn a_file_that_says_nothing_is_told() {
    for text in ["", "# nothing\n", "dataCoord: {enableCompaction: true}\n"] {
        assert_eq!(read(&with(&[text])).warnings, ["milvus.yaml sets no key that is simulated"]);
    }
}

#[test]
fn faults_name_file_line_column_and_key() {
    refuse(
        "queryCoord:\n  autoBalence: true\n  taskExecutionCap: many\n",
        &[
            "milvus.yaml:2:3: queryCoord.autoBalence: no Milvus release knows the key \"queryCoord.autoBalence\"; the nearest known is \"queryCoord.autoBalance\"",
            "milvus.yaml:3:21: queryCoord.taskExecutionCap: Milvus does not parse \"many\" as queryCoord.taskExecutionCap; write a whole number",
        ],
    );
    refuse(
        "queryCoord:\n  autoBalance: true\nqueryCoord.autoBalance: false\n",
        &[
            "milvus.yaml:3:1: queryCoord.autoBalance: the key \"queryCoord.autoBalance\" is written twice; keep one of them: letter case and . _ / do not count",
        ],
    );
    refuse(
        "queryCoord:\n  distPullInterval: 0\n",
        &[
            "milvus.yaml:2:21: queryCoord.distPullInterval: Milvus panics at start with queryCoord.distPullInterval 0; write at least 1",
        ],
    );
    refuse("a: 1\n---\nb: 2\n", &["milvus.yaml:2:1: a second document begins; keep one document"]);
    refuse("- a\n", &["milvus.yaml:1:1: there are no keys; write keys and values, as in milvus.yaml"]);
    let broken =
        parse(SCENARIO, "cluster.json", &with(&["queryCoord:\n  a: [1, 2\nb: c\n"])).expect_err("faults");
    assert!(broken[0].to_string().starts_with("milvus.yaml:"), "{}", broken[0]);
    assert!(broken[0].fault.starts_with("no YAML: "), "{}", broken[0]);
}

#[test]
fn awkward_files_are_refused_or_read_but_never_a_panic() {
    let deep = "[".repeat(5_000);
    for text in
        ["*a", "&a [*a]", "? [a]\n: b", "a: \u{feff}b", "\u{0}", "\t", "%YAML 9", "a: !!int x", "{", &deep]
    {
        let _ = parse(SCENARIO, "cluster.json", &with(&[text]));
    }
}
