//! A live cluster, written down as a scenario: dumps in, scenario file and list of gaps out.

mod doubts;
pub mod error;
mod grouping;
mod membership;
mod metrics_info;
pub mod note;
mod pymilvus_json;
mod pymilvus_text;
mod python_literal;
mod query_nodes;
mod read;
mod redact;
mod replicas;
pub mod request;
mod scenario_file;
mod sizes;
mod snapshot;
mod sniff;
mod value;

use error::ImportError;
use request::{Imported, Options, Source};
use snapshot::Snapshot;

/// Turns dumps of a live cluster into a scenario; what a later source says stands over an earlier one.
pub fn import(sources: &[Source], options: &Options) -> Result<Imported, ImportError> {
    let mut snapshot = Snapshot::default();
    for source in sources {
        read::source(source, &mut snapshot)?;
    }
    snapshot.settle();
    // Before anything is worded: notes and story then speak of the replaced names only.
    if options.redact {
        redact::redact(&mut snapshot);
    }
    scenario_file::write(snapshot, sources, options)
}
