//! Many runs of one scenario under different releases, balancers and keys, with common random numbers.
//!
//! What is drawn for the scenario, its workload and its faults never depends on the release, the balancer or
//! a key, so that two variants of one scenario meet the same data at the same times.

pub mod axis;
pub mod expression;
pub mod external_policy;
pub mod figure;
pub mod front;
pub mod pool;
pub mod run_all;
pub mod running;
pub mod statistics;
pub mod student;
pub mod sweep;
pub mod tally;
pub mod threshold_map;
pub mod trial;
pub mod tune;
pub mod variant;

pub mod baseline;
pub mod check;
pub mod idle;
pub mod judged_run;
pub mod measured;
pub mod significance;

pub mod figure_difference;
pub mod first_difference;
pub mod told_line;
pub mod told_run;

pub mod failing;
pub mod folded;
pub mod shrink;
