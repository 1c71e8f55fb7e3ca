//! evenkeel: a deterministic discrete-event simulator of Milvus query-node load balancing.
//!
//! It reads a scenario (a cluster, its data, and what an operator does when), runs the balance policy of a
//! Milvus release against it, and says how memory skew developed, what moved, what it cost, and why things
//! did or did not move.
//!
//! # Bird's eye view
//!
//! ```text
//!  scenario  ->  simulation  ->  (whoever listens)  metrics  ->  report
//!  the input     the cluster     records, moments   figures      text, files, plots
//!  checked       in motion
//! ```
//!
//! Data climbs that stair; imports only ever look down it. A scenario file is read whole or every fault in
//! it is named ([`scenario`]). The [`simulation`] places the cluster, takes events off one schedule and
//! hands each to its handler. It keeps no history: whoever wants to know listens as a
//! [`simulation::history::Observer`] to records of what happened and to moments at which to look. The
//! [`metrics`] do, and end in a [`metrics::summary::Summary`]; [`report`] gives it its forms; [`cli`] alone
//! touches files and the terminal.
//!
//! # Code map, from the ground up
//!
//! * [`units`], [`release`]: time in whole milliseconds; which Milvus is simulated, and one table of what is
//!   peculiar to which release. Nobody compares release numbers: code asks
//!   [`release::Release::has`].
//! * [`engine`]: the clockwork. [`engine::schedule::Schedule`] orders events by (time, rank, subject,
//!   sequence); [`engine::random::Random`] is a named stream of chance per consumer. It knows no Milvus word.
//! * [`model`]: the cluster at rest, in dense indices whose order is the order of ids. Every change goes
//!   through [`model::cluster::Cluster`], which keeps the totals.
//! * [`policy`]: where a segment should live; pure functions from a view to a plan. Every comparison with a
//!   threshold is seen by a [`policy::witness::Witness`], every decision carries a
//!   [`policy::reason::Reason`].
//! * [`query_node`]: a query node's mind: what it accepts, how long a load takes.
//! * [`coordinator`]: QueryCoord's mind. A turn answers with orders
//!   ([`coordinator::outcome::Outcome`]) and schedules nothing; [`coordinator::v1`] is 2.0 and 2.1,
//!   [`coordinator::v2`] what replaced it from 2.2 on.
//! * [`scenario`], [`simulation`], [`metrics`], [`report`], [`cli`]: as above.
//! * [`experiment`]: one scenario under many releases, balancers, keys and seeds, on several threads
//!   ([`experiment::pool`] alone has them); [`experiment::trial`] is one run and the figures chosen of it. A
//!   policy of one's own runs here: any [`policy::balance_policy::BalancePolicy`], or a program
//!   ([`experiment::external_policy`], the only place that starts a process).
//! * [`import`]: dumps of a live cluster, written down as a scenario.
//!
//! # What holds everywhere
//!
//! * **Time** is an integer number of milliseconds; nobody reads a clock.
//! * **Chance** comes from [`engine::random`] alone, by name, so that a new consumer never shifts another.
//! * **Order** is stated wherever it can influence an outcome; every sort ends in a tie-break. There are no
//!   unordered maps, which a lint sees to.
//! * **Truth and knowledge** are apart: the coordinator is lent the cluster for a turn
//!   ([`coordinator::hearing::Hearing`]) and asks nodes for what Milvus has to ask for; its own records may
//!   be wrong, as Milvus's may.
//! * **Failure**: engine, model, policy, metrics and the coordinator's turns cannot fail. A scenario can be
//!   wrong ([`scenario::error::ScenarioError`]), a command can be refused in Milvus's words
//!   ([`coordinator::command::CommandError`]), an import can be impossible
//!   ([`import::error::ImportError`]). A broken invariant panics with scenario, seed, time and event.
//! * **Memory** does not grow with the length of a run: records and samples are handed on, not kept.

#![forbid(unsafe_code)]

pub mod units;
pub mod release;

pub mod engine;
pub mod model;

pub mod policy;
pub mod query_node;

pub mod coordinator;

pub mod scenario;
pub mod simulation;

pub mod metrics;
pub mod experiment;
pub mod report;

pub mod import;

pub mod cli;
