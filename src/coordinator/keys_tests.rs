//! Every key of the specification with its defaults, and how keys are found, read and clamped.

use super::*;

const RELEASE: Release = Release::latest_2_1();

/// The releases of the columns below.
const RELEASES: [&str; 5] = ["2.2.16", "2.3.15", "2.4.23", "2.5.27", "2.6.20"];

/// Key, then its default in each of [`RELEASES`]; `-` = that release does not have it, `(x)` = it ships x and
/// reads it nowhere.
#[rustfmt::skip]
const DEFAULTS: &[(&str, [&str; 5])] = &[
    ("queryCoord.autoBalance", ["true", "true", "true", "true", "true"]),
    ("queryCoord.autoBalanceChannel", ["-", "true", "true", "true", "true"]),
    ("queryCoord.balancer", ["\"ScoreBasedBalancer\"", "\"ScoreBasedBalancer\"", "\"ScoreBasedBalancer\"", "\"ScoreBasedBalancer\"", "\"ChannelLevelScoreBalancer\""]),
    ("queryCoord.globalRowCountFactor", ["0.1", "0.1", "0.1", "0.1", "0.1"]),
    ("queryCoord.scoreUnbalanceTolerationFactor", ["0.05", "0.05", "0.05", "0.05", "0.05"]),
    ("queryCoord.reverseUnBalanceTolerationFactor", ["1.3", "1.3", "1.3", "1.3", "1.3"]),
    ("queryCoord.growingRowCountWeight", ["-", "4", "(4)", "(4)", "(4)"]),
    ("queryCoord.delegatorMemoryOverloadFactor", ["-", "-", "0.1", "0.1", "0.1"]),
    ("queryCoord.collectionChannelCountFactor", ["-", "-", "10", "10", "10"]),
    ("queryCoord.rowCountFactor", ["-", "-", "0.4", "0.4", "0.4"]),
    ("queryCoord.segmentCountFactor", ["-", "-", "0.4", "0.4", "0.4"]),
    ("queryCoord.globalSegmentCountFactor", ["-", "-", "0.1", "0.1", "0.1"]),
    ("queryCoord.rowCountMaxSteps", ["-", "-", "50", "50", "50"]),
    ("queryCoord.segmentCountMaxSteps", ["-", "-", "50", "50", "50"]),
    ("queryCoord.randomMaxSteps", ["-", "-", "10", "10", "10"]),
    ("queryCoord.balanceCostThreshold", ["-", "-", "0.001", "0.001", "0.001"]),
    ("queryCoord.channelExclusiveNodeFactor", ["-", "-", "4", "4", "3"]),
    ("queryCoord.collectionBalanceSegmentBatchSize", ["-", "-", "5", "5", "5"]),
    ("queryCoord.collectionBalanceChannelBatchSize", ["-", "-", "1", "1", "1"]),
    ("queryCoord.balanceSegmentBatchSize", ["-", "-", "-", "5", "5"]),
    ("queryCoord.balanceChannelBatchSize", ["-", "-", "-", "1", "1"]),
    ("queryCoord.enableBalanceOnMultipleCollections", ["-", "-", "-", "true", "true"]),
    ("queryCoord.balanceCheckCollectionMaxCount", ["-", "-", "-", "100", "100"]),
    ("queryCoord.balanceTriggerOrder", ["-", "-", "-", "(\"ByRowCount\")", "(\"ByRowCount\")"]),
    ("queryCoord.enableStoppingBalance", ["-", "-", "true", "true", "true"]),
    ("queryCoord.stoppingBalanceAssignPolicy", ["-", "-", "-", "-", "\"ScoreBased\""]),
    ("queryCoord.memoryUsageMaxDifferencePercentage", ["(30)", "(30)", "(30)", "(30)", "(30)"]),
    ("queryCoord.overloadedMemoryThresholdPercentage", ["90", "90", "90", "90", "90"]),
    ("queryCoord.balanceIntervalSeconds", ["(60)", "(60)", "(60)", "(60)", "(60)"]),
    ("queryCoord.checkBalanceInterval", ["-", "10000", "3000", "300", "300"]),
    ("queryCoord.autoBalanceInterval", ["-", "-", "3000", "3000", "3000"]),
    ("queryCoord.checkSegmentInterval", ["-", "1000", "1000", "1000", "1000"]),
    ("queryCoord.checkChannelInterval", ["-", "1000", "1000", "1000", "1000"]),
    ("queryCoord.checkIndexInterval", ["-", "10000", "10000", "10000", "10000"]),
    ("queryCoord.checkInterval", ["10000", "1000", "1000", "1000", "1000"]),
    ("queryCoord.distPullInterval", ["500", "500", "500", "500", "500"]),
    ("queryCoord.dispatchInterval", ["-", "-", "-", "-", "500"]),
    ("queryCoord.checkExecutedFlagInterval", ["-", "-", "100", "100", "(100)"]),
    ("queryCoord.distRequestTimeout", ["5000", "5000", "5000", "5000", "5000"]),
    ("queryCoord.enableDataDistributionDelta", ["-", "-", "-", "-", "-"]),
    ("queryCoord.checkNodeInReplicaInterval", ["60", "60", "60", "60", "60"]),
    ("queryCoord.checkResourceGroupInterval", ["10", "10", "10", "10", "10"]),
    ("queryCoord.enableRGAutoRecover", ["true", "true", "true", "true", "true"]),
    ("queryCoord.UpdateNextTargetInterval", ["30", "10", "10", "10", "10"]),
    ("queryCoord.NextTargetSurviveTime", ["300", "300", "300", "300", "300"]),
    ("queryCoord.updateTargetNeedSegmentDataReady", ["-", "-", "-", "-", "true"]),
    ("queryCoord.collectionObserverInterval", ["-", "-", "200", "200", "200"]),
    ("queryCoord.leaderViewUpdateInterval", ["1", "1", "1", "1", "1"]),
    ("queryCoord.checkAutoBalanceConfigInterval", ["-", "10", "10", "10", "10"]),
    ("queryCoord.checkNodeSessionInterval", ["-", "60", "60", "60", "60"]),
    ("queryCoord.heartbeatAvailableInterval", ["10000", "(10000)", "(10000)", "(10000)", "(10000)"]),
    ("queryCoord.autoHandoff", ["(true)", "(true)", "(true)", "(true)", "(true)"]),
    ("queryCoord.checkHandoffInterval", ["(5000)", "(5000)", "(5000)", "(5000)", "(5000)"]),
    ("queryCoord.refreshTargetsIntervalSeconds", ["-", "-", "-", "-", "-"]),
    ("queryCoord.resourceExhaustionPenaltyDuration", ["-", "-", "-", "-", "30"]),
    ("queryCoord.resourceExhaustionCleanupInterval", ["-", "-", "-", "-", "10"]),
    ("queryCoord.taskExecutionCap", ["256", "256", "256", "256", "360"]),
    ("queryCoord.queryNodeTaskParallelismFactor", ["-", "-", "-", "-", "20"]),
    ("queryCoord.channelTaskCapFraction", ["-", "-", "-", "-", "0.3"]),
    ("queryCoord.segmentTaskTimeout", ["120000", "120000", "120000", "120000", "120000"]),
    ("queryCoord.channelTaskTimeout", ["60000", "60000", "60000", "60000", "60000"]),
    ("queryCoord.taskMergeCap", ["8", "(1)", "(1)", "(1)", "(1)"]),
    ("queryCoord.loadTimeoutSeconds", ["1800", "600", "600", "600", "600"]),
    ("queryCoord.collectionRecoverTimes", ["-", "3", "3", "3", "3"]),
    ("queryCoord.brokerTimeout", ["5000", "5000", "5000", "5000", "5000"]),
    ("queryCoord.gracefulStopTimeout", ["5", "5", "5", "5", "5"]),
    ("queryCoord.clusterLevelLoadReplicaNumber", ["-", "-", "0", "0", "0"]),
    ("queryCoord.clusterLevelLoadResourceGroups", ["-", "-", "\"\"", "\"\"", "\"\""]),
    ("queryCoord.clusterLevelLoadWaitRGReadyTimeout", ["-", "-", "-", "-", "\"3m\""]),
    ("queryNode.loadMemoryUsageFactor", ["3", "1", "1", "1", "1"]),
    ("queryNode.maxDiskUsagePercentage", ["95", "95", "95", "95", "95"]),
    ("queryNode.segcore.interimIndex.enableIndex", ["-", "true", "true", "true", "true"]),
    ("queryNode.segcore.interimIndex.memExpansionRate", ["-", "1.15", "1.15", "1.15", "1.15"]),
    ("queryNode.segcore.tieredStorage.evictionEnabled", ["-", "-", "-", "-", "false"]),
    ("common.gracefulStopTimeout", ["1800", "1800", "1800", "1800", "1800"]),
    ("common.session.ttl", ["20", "30", "30", "30", "30"]),
    ("queryNode.gracefulStopTimeout", ["-", "1800", "1800", "1800", "1800"]),
];

fn release(text: &str) -> Release {
    text.parse().expect("a known release")
}

fn key(name: &str) -> &'static Key {
    find(name).expect("a known key")
}

#[test]
fn every_key_has_its_default_in_every_line() {
    for (name, columns) in DEFAULTS {
        for (text, expected) in RELEASES.iter().zip(columns) {
            let key = key(name);
            let found = match (key.default_of(release(text)), key.is_read_by(release(text))) {
                (None, read) => {
                    assert!(!read, "{name} is read by {text} without a default");
                    "-".to_owned()
                }
                (Some(value), true) => value.to_json(),
                (Some(value), false) => format!("({})", value.to_json()),
            };
            assert_eq!(&found, expected, "{name} in {text}");
        }
    }
    let listed: Vec<&str> = DEFAULTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names().collect::<Vec<_>>(), listed);
}

#[test]
fn defaults_that_change_within_a_line() {
    let default = |name: &str, text: &str| key(name).default_of(release(text)).map(|value| value.to_json());
    for (name, text, expected) in [
        ("queryCoord.checkInterval", "2.2.6", "1000"),
        ("queryCoord.checkInterval", "2.2.7", "10000"),
        ("queryCoord.checkBalanceInterval", "2.4.0", "10000"),
        ("queryCoord.checkBalanceInterval", "2.4.1", "3000"),
        ("queryCoord.checkBalanceInterval", "2.5.7", "3000"),
        ("queryCoord.checkBalanceInterval", "2.5.8", "300"),
        ("queryCoord.checkChannelInterval", "2.3.0", "10000"),
        ("queryCoord.loadTimeoutSeconds", "2.2.3", "600"),
        ("queryCoord.delegatorMemoryOverloadFactor", "2.4.6", "0.3"),
        ("queryCoord.balancer", "2.6.19", "\"ScoreBasedBalancer\""),
        ("queryCoord.taskExecutionCap", "2.6.12", "256"),
        ("queryCoord.queryNodeTaskParallelismFactor", "2.6.11", "1"),
        ("queryCoord.taskMergeCap", "2.2.4", "16"),
        ("queryCoord.enableDataDistributionDelta", "master", "true"),
        ("common.session.ttl", "2.2.15", "60"),
        ("common.session.ttl", "2.3.3", "60"),
        ("common.session.ttl", "2.3.4", "30"),
    ] {
        assert_eq!(default(name, text).as_deref(), Some(expected), "{name} in {text}");
    }
    assert!(!key("queryCoord.autoBalance").is_read_by(release("2.2.2")));
    assert!(key("queryCoord.autoBalance").is_read_by(release("2.2.3")));
    assert!(!key("queryCoord.checkBalanceInterval").is_read_by(release("2.3.0")));
}

#[test]
fn letter_case_and_separators_do_not_count() {
    for name in ["queryCoord.autoBalance", "QUERYCOORD_AUTOBALANCE", "querycoord/autobalance"] {
        assert_eq!(find(name).map(|key| key.name), Some("queryCoord.autoBalance"));
    }
    assert!(find("queryCoord.autoBalanced").is_none());
    assert_eq!(nearest("queryCoord.autoBalanced"), Some("queryCoord.autoBalance"));
    assert_eq!(nearest("nope"), None);
}

#[test]
fn defaults_of_2_1_are_the_shipped_ones() {
    let config = Config::defaults(RELEASE);
    let all: Vec<_> = config.entries.iter().map(|entry| (entry.key, entry.value.clone())).collect();
    assert_eq!(
        all,
        [
            ("queryCoord.autoBalance", Value::Bool(true)),
            ("queryCoord.autoHandoff", Value::Bool(true)),
            ("queryCoord.balanceIntervalSeconds", Value::Int(60)),
            ("queryCoord.memoryUsageMaxDifferencePercentage", Value::Int(30)),
            ("queryCoord.overloadedMemoryThresholdPercentage", Value::Int(90)),
        ]
    );
}

#[test]
fn values_are_read_as_milvus_reads_them() {
    let read = |name, text| key(name).parse(text);
    let threshold = "queryCoord.overloadedMemoryThresholdPercentage";
    assert_eq!(read(threshold, "-5"), Ok(Value::Int(-5)));
    assert_eq!(read(threshold, "90.5"), Err("write a whole number in %".to_owned()));
    assert_eq!(read("queryCoord.autoBalance", "T"), Ok(Value::Bool(true)));
    assert!(read("queryCoord.autoBalance", "yes").is_err());
    assert!(read("queryCoord.globalRowCountFactor", "inf").is_err());
    let wait = "queryCoord.clusterLevelLoadWaitRGReadyTimeout";
    assert_eq!(read(wait, "1m30s"), Ok(Value::Text("1m30s".to_owned())));
    assert!(read(wait, "soon").is_err());
}

#[test]
fn only_2_2_clamps_the_score_factors() {
    for (name, written, clamped) in [
        ("queryCoord.globalRowCountFactor", 1.5, 1.0),
        ("queryCoord.globalRowCountFactor", 0.0, 0.1),
        ("queryCoord.globalRowCountFactor", 0.5, 0.5),
        ("queryCoord.scoreUnbalanceTolerationFactor", -0.1, 0.05),
        ("queryCoord.scoreUnbalanceTolerationFactor", 0.0, 0.0),
        ("queryCoord.reverseUnBalanceTolerationFactor", 2.5, 2.0),
        ("queryCoord.reverseUnBalanceTolerationFactor", 1.0, 1.1),
    ] {
        let value = Value::Float(written);
        assert_eq!(key(name).clamped(release("2.2.16"), value.clone()), Value::Float(clamped), "{name}");
        assert_eq!(key(name).clamped(release("2.3.0"), value.clone()), value, "{name}");
    }
    let share = key("queryCoord.channelTaskCapFraction");
    assert_eq!(share.clamped(release("2.6.20"), Value::Float(3.0)), Value::Float(1.0));
}

#[test]
fn a_release_reads_again_what_it_reads_again() {
    let takes = |name: &str, text: &str| key(name).takes_effect(release(text));
    assert_eq!(takes("queryCoord.autoBalance", "2.2.16"), TakesEffect::AtRestart);
    assert_eq!(takes("queryCoord.autoBalance", "2.3.0"), TakesEffect::AtUse);
    assert_eq!(takes("queryCoord.balancer", "2.4.2"), TakesEffect::AtRestart);
    assert_eq!(takes("queryCoord.balancer", "2.4.3"), TakesEffect::AtUse);
    assert_eq!(takes("queryCoord.checkBalanceInterval", "2.5.27"), TakesEffect::AtRestart);
    assert_eq!(takes("queryCoord.checkBalanceInterval", "2.6.20"), TakesEffect::AfterNextTick);
    assert_eq!(takes("queryCoord.UpdateNextTargetInterval", "2.6.20"), TakesEffect::AtRestart);
    assert_eq!(takes("queryCoord.balanceIntervalSeconds", "2.1.4"), TakesEffect::AtRestart);
}

#[test]
fn an_older_name_counts_while_the_newer_is_not_set() {
    let modern = release("2.6.20");
    let (older, newer) =
        ("queryCoord.collectionBalanceSegmentBatchSize", "queryCoord.balanceSegmentBatchSize");
    let mut config = Config::defaults(modern);
    assert_eq!(config.in_force(modern, newer), Some(Value::Int(5)));
    config.declare(modern, key(older), Value::Int(9), Origin::Scenario);
    assert_eq!(config.in_force(modern, newer), Some(Value::Int(9)));
    config.set(newer, Value::Int(5));
    assert_eq!(config.in_force(modern, newer), Some(Value::Int(5)));
    let before = release("2.4.23");
    let mut config = Config::defaults(before);
    config.declare(before, key(newer), Value::Int(9), Origin::Scenario);
    assert_eq!(config.in_force(before, newer), None);
}

#[test]
fn no_key_stands_twice_in_the_table_nor_beside_it() {
    let mut plain: Vec<String> = names().map(plain).collect();
    assert!(plain.iter().all(|name| !key_table::is_outside(name)));
    plain.sort();
    let count = plain.len();
    plain.dedup();
    assert_eq!(plain.len(), count);
    assert!(all().all(|key| key.defaults.windows(2).all(|pair| pair[0].0 < pair[1].0)));
    assert!(all().filter_map(|key| key.fallback).all(|name| find(name).is_some()));
}
