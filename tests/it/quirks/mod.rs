//! Every quirk of the 2.0/2.1 table (section 19 of the specification), shown by a test named after it.
//!
//! Not reproduced, and why:
//!
//! * Q15 (a failing segment lock is tried again for ever): the lock is the data coordinator's and never fails
//!   here.
//! * Q17 (an error of AddNode is a busy loop): nothing that AddNode does here can fail.
//! * Q19 (a listing with collection 0 has no sealed rows): clients name a collection, and no name leads to 0.
//! * Q21 (the channel allocator's list grows while it waits): harmless repeats, nothing to see.
//! * Q22 (`-ss` of the command line client takes one value): the timeline speaks pymilvus.
//! * Q26 (shared metadata records): not to be reproduced, says the table.
//!
//! Q16 is reproduced by its effect: nodes that are offline when the coordinator starts are never recovered.
//!
//! The quirks Q1 to Q19 of 2.2 and later (section 15 of their specification) are shown by tests named after
//! their rows, each in a release that has it and in one that has not: in `later_plans` and `later_runs`, and
//! Q3, Q7, Q13 and Q19 among the situations of `policies`.

/// Quirks Q2, Q5, Q8 to Q12, Q16 and Q17 of 2.2 and later: what policies plan.
mod later_plans;
/// Quirks Q1, Q4, Q6, Q14, Q15 and Q18 of 2.2 and later: whole runs.
mod later_runs;
/// What clients get to see: Q10, Q18, Q20, Q23.
mod answers;
/// The automatic round: Q1 to Q7, Q24, Q25, Q28, Q29.
mod planning;
/// Trigger tasks, their children and their ends: Q8, Q9, Q11 to Q14, Q16, Q27.
mod tasks;
