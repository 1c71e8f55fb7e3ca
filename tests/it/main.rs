//! The integration tests, one binary.

/// Scenarios as tests.
mod check;
/// The program as a user calls it.
mod cli;
/// Several runs side by side.
mod compare;
/// Facts of Milvus's own unit tests.
mod conformance;
mod conformance_bench;
mod conformance_checker;
/// The checks of these facts.
mod conformance_checks;
mod conformance_cluster;
/// Their operations on the 2.1 coordinator.
mod conformance_keys;
mod conformance_legacy;
/// Their operations on policies.
mod conformance_operations;
/// Their operations on parts of policies.
mod conformance_parts;
mod conformance_requests;
/// Their clusters and parameters.
mod conformance_state;
/// How often the coordinator is bothered.
mod counters;
/// Two runs leave the same bytes, and digests are the same in every build.
mod determinism;
/// Every error of `load_balance`, with its exact text.
mod errors;
/// Two runs compared.
mod diff;
/// Clusters drawn for the twins.
mod drawn_twins;
/// Policies of one's own that are programs.
mod exec_policy;
/// What programs are told of tasks at work.
mod exec_view;
/// Upstream test cases as facts.
mod facts;
/// The text report of every scenario file.
mod golden;
/// Captured answers of live clusters become scenarios.
mod import;
/// What Ctrl-C leaves.
mod interrupt;
/// Broken scenario files: each gives exactly the messages written beside it.
mod invalid_scenarios;
/// A view of the coordinator, by Milvus's ids.
mod known_view;
/// Laws over drawn scenarios.
mod invariants;
/// Scenarios of 2.2 and later, read.
mod later_releases;
/// Resource groups and replicas of 2.2 and later.
mod groups;
/// Imports look down: the table of rooms.
mod layers;
mod literal_rounds;
/// What must not change the answer does not.
mod metamorphic;
/// Milvus's own configuration files, read.
mod milvus_yaml;
/// Whatever a scenario file holds, reading it never panics.
mod no_panic;
/// Policies of one's own, through the library.
mod own_policy;
/// What the policies of 2.2 and later do in situations that users met.
mod policies;
/// Consultations that show each reason of the policies of 2.2 and later.
mod policy_reasons;
/// Every quirk of the specification's table.
mod quirks;
/// First balance rounds of 2.2 and later.
mod round_vectors;
/// Recordings of real clusters are repeated.
mod real_cluster;
/// Every reason code is produced by some run.
mod reasons;
/// Growing rows as of the last report.
mod growing_reports;
/// Planted mistakes: a test of the twins.
mod planted;
/// A coordinator whose orders somebody sees.
mod stand_in;
/// Scenarios written in code, run and kept.
mod runs;
/// The JSON Schema agrees with the reader.
mod schema;
/// Every scenario file run twice, for golden and determinism.
mod shipped;
/// The package's own text files, for layers and tidy.
mod sources;
/// Drawn scenarios, for the laws.
mod swarm;
/// Many trials: threads, shards, kills.
mod sweep;
/// Threshold maps against grids.
mod threshold_maps;
/// House rules.
mod tidy;
/// A failing scenario cut down.
mod shrink;
/// Worsened balancers are caught.
mod worsened;
/// The search for the best values of keys.
mod tune;
/// The lazy coordinator against one that skips nothing.
mod twins;
/// Milvus's balancer with something done to its answers.
mod twisted;
/// Scenario files that are read: ids, defaults, overrides, order.
mod valid_scenarios;
/// Loads of 2.2 and later.
mod v2_loads;
/// 2.2 and later, run end to end.
mod v2_runs;
/// The numeric vectors of the specification hold for the functions that the simulation calls.
mod vectors;
/// Generated scenarios, by shape.
mod generate;
/// The README tells the truth.
mod readme;
