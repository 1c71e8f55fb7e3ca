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

/// What clients get to see: Q10, Q18, Q20, Q23.
mod answers;
/// The automatic round: Q1 to Q7, Q24, Q25, Q28, Q29.
mod planning;
/// Trigger tasks, their children and their ends: Q8, Q9, Q11 to Q14, Q16, Q27.
mod tasks;
