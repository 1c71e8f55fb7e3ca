//! A policy of one's own without Rust: a program that answers each question of the coordinator with a line.
//!
//! `--balancer exec:PROGRAM` starts the program once for every run and speaks JSON with it, a line at a time:
//! questions go to its standard input, answers come from its standard output. Its standard error is kept and
//! shown when the run fails. This is the only place that starts a process. Ids are strings of digits, as in
//! `events.jsonl`; an answer may give them as numbers too.
//!
//! # Version 1
//!
//! The first line greets, and is answered by `{"protocol": 1}`. A program that answers another number, or
//! not at all, ends the run before it begins.
//!
//! ```text
//! {"evenkeel":"0.1.0","protocol":1,"scenario":"two_nodes","milvus":"2.5.27","seed":7,"shuffles":true}
//! {"protocol": 1}
//! ```
//!
//! Every later line is a question with a number, and the answer bears this number. The questions are those
//! of [`BalancePolicy`](crate::policy::balance_policy::BalancePolicy):
//!
//! * `"ask":"balance_replica"` with `replica`: what should move within it. The answer lists `segments`, each
//!   with `segment`, `from` and `to`, and `channels`, each with `channel`, `from` and `to`; both may be left
//!   out. What moves must be on `from`, and `to` must be one of the replica's `rw_nodes` (for a channel one
//!   of its `rw_sq_nodes` where the view says `streaming`).
//! * `"ask":"assign_segments"` with `segments`, `nodes` and `force`: where these should go, among these
//!   nodes. The answer lists `segments`, each with `segment` and `to`. What is left out stays unassigned.
//! * `"ask":"assign_channels"` with `channels`, `nodes` and `force`: the same with `channels`.
//!
//! A move may carry `"reason":{"left":L,"right":R}`: the two numbers whose comparison led to it, which then
//! stand in the results beside the code `OWN_POLICY`. An answer to `balance_replica` may carry the same as
//! `declined`. Each question also has `t_ms`, `collection`, `parameters` (Milvus's keys in force, without
//! `queryCoord.`) and `view`:
//!
//! * `nodes`: every query node the coordinator knows, with what all collections have on it. `memory_bytes`
//!   and `used_bytes` are null when the node does not answer; `pending_bytes` is what tasks will still bring.
//! * `replicas` and `channels` of the collection asked about, and its `segments`: those that some node
//!   reports, with `nodes` that do, and `under_way`: the replicas in which a task for it is at work already,
//!   so that a move planned now would only repeat it (empty in 2.0 and 2.1).
//!
//! A number of a later version only changes when a program written for an earlier one would go wrong.
//!
//! # What ends the run
//!
//! An answer that is no JSON, has a member that is not named here, bears another number, names an id that is
//! not on offer or moves one thing twice, is longer than 16 MiB, or takes longer than `--exec-timeout`; and
//! a program that ends before the run does. The rest of the run would be somebody else's: it stops at once,
//! names the question, writes no results, and exits with code 2. The program is told the end of a run by the
//! end of its input, and killed a second later if it is still there.
//!
//! The same answers give the same run, so a program that draws should seed itself with the `seed` of the
//! greeting.

pub mod answer;
pub mod conversation;
pub mod policy;
pub mod question;
mod shown_view;
