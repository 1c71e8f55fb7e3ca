//! What every timeline entry brought about: an entry without any effect makes a scenario vacuous.
//!
//! An entry takes effect when the run tells what its verb is there for: the node is up, stops or is gone; a
//! move by hand was planned; a load failed because of it; the key got another value that somebody reads. A
//! command takes effect only if Milvus did not refuse it; one that is expected to be refused is left to
//! [`super::expected_errors`].

use crate::coordinator::command::Command;
use crate::coordinator::keys::{self, Config, TakesEffect};
use crate::coordinator::outcome::MoveCause;
use crate::scenario::Scenario;
use crate::scenario::timeline::{Happening, TimelineEntry};
use crate::simulation::history::{CommandOutcome, Moment, Moved, Observer, Record};
use crate::units::SimTime;

/// A timeline entry that changed nothing, or was refused though nobody expected that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InVain {
    /// Position in the timeline.
    pub position: usize,
    /// Its verb.
    pub verb: &'static str,
    /// When it was due.
    pub at: SimTime,
    /// Why it had no effect, in words.
    pub reason: String,
}

/// One entry and what is known about it so far.
#[derive(Debug)]
struct Watch<'a> {
    entry: &'a TimelineEntry,
    /// Sequence number of its record; `None` = not due yet.
    of: Option<u64>,
    is_answered: bool,
    /// Milvus's refusal, or the client's words when it gave up.
    refusal: Option<String>,
    has_effect: bool,
}

/// Listens for the effects of all timeline entries.
#[derive(Debug)]
pub struct Effects<'a> {
    watches: Vec<Watch<'a>>,
    /// Positions of entries that are due and had no effect so far.
    open: Vec<usize>,
    due: usize,
    /// The configuration file as the timeline has changed it so far.
    config: Config,
    /// Until when the coordinator is down.
    down_until: Option<SimTime>,
    scenario: &'a Scenario,
}

impl<'a> Effects<'a> {
    /// The entries of a scenario, before anything happened.
    pub fn new(scenario: &'a Scenario) -> Effects<'a> {
        let watch = |entry| Watch { entry, of: None, is_answered: false, refusal: None, has_effect: false };
        Effects {
            watches: scenario.timeline.iter().map(watch).collect(),
            open: Vec::new(),
            due: 0,
            config: scenario.config.clone(),
            // At t = 0 the coordinator has not started when the timeline is done.
            down_until: Some(SimTime::ZERO),
            scenario,
        }
    }

    /// The entries without effect, in the order of the timeline; those that may have none are left out.
    pub fn finish(mut self) -> Vec<InVain> {
        self.settle_deletions();
        let in_vain = self.watches.iter().enumerate().filter(|(_, watch)| {
            let is_expected = watch.entry.may_have_no_effect || watch.entry.expect_error.is_some();
            !is_expected && (watch.refusal.is_some() || !watch.has_effect)
        });
        let told = in_vain.map(|(position, watch)| InVain {
            position,
            verb: watch.entry.verb,
            at: watch.entry.at,
            reason: watch.reason(),
        });
        told.collect()
    }

    /// Deleted rows leave with the next compaction of their collection.
    fn settle_deletions(&mut self) {
        let compacted: Vec<(usize, &str)> = self
            .watches
            .iter()
            .enumerate()
            .filter_map(|(position, watch)| match &watch.entry.happening {
                Happening::Compact { collection_name, .. } if watch.has_effect => {
                    Some((position, collection_name.as_str()))
                }
                _ => None,
            })
            .collect();
        for (position, watch) in self.watches.iter_mut().enumerate() {
            if let Happening::DeleteRows { collection_name, .. } = &watch.entry.happening {
                let leave = |(later, name): &(usize, &str)| *later > position && name == collection_name;
                watch.has_effect = compacted.iter().any(leave);
            }
        }
    }

    /// The next entry is due.
    fn due(&mut self, moment: Moment<'_>, sequence: u64) {
        let position = self.due;
        self.due += 1;
        let Some(watch) = self.watches.get_mut(position) else { return };
        watch.of = Some(sequence);
        let now = moment.now;
        watch.has_effect = match &watch.entry.happening {
            Happening::SlowQueryNode { id, .. } => {
                let node = moment.cluster.find_node(*id);
                node.is_some_and(|node| moment.cluster.node(node).loads_in_flight > 0)
            }
            Happening::RestartQueryCoord { down } => {
                let is_up = self.down_until.is_none_or(|until| now > until);
                if is_up {
                    self.down_until = Some(now + *down);
                }
                is_up
            }
            Happening::SetConfig(values) => {
                let entry_config = &mut self.config;
                let release = self.scenario.release;
                let restarts = &self.scenario.timeline[position + 1..];
                let is_restarted = restarts
                    .iter()
                    .any(|later| matches!(later.happening, Happening::RestartQueryCoord { .. }));
                values.iter().fold(false, |has_effect, (key, value)| {
                    let was = entry_config.in_force(release, key);
                    entry_config.set(key, value.clone());
                    let differs = was.is_some() && entry_config.in_force(release, key) != was;
                    let known = keys::find(key);
                    let counts = known.is_some_and(keys::Key::has_counterpart);
                    let waits = known.is_some_and(|key| key.takes_effect(release) == TakesEffect::AtRestart);
                    has_effect || (counts && differs && (!waits || is_restarted))
                })
            }
            _ => false,
        };
        if !watch.has_effect {
            self.open.push(position);
        }
    }

    fn answered(&mut self, of: u64, outcome: CommandOutcome, code: i32, text: &str) {
        let Some(watch) = self.watches.iter_mut().find(|watch| watch.of == Some(of)) else { return };
        watch.is_answered = true;
        match outcome {
            CommandOutcome::Success => watch.has_effect |= !watch.is_for_moves(),
            CommandOutcome::Refused => {
                watch.refusal = Some(format!("was refused with code {code}: {text}"));
            }
            // The server goes on all the same: what it moved counts.
            CommandOutcome::TimedOut => {}
        }
    }
}

impl Watch<'_> {
    /// Whether it is a command that is there to move or load something: success alone is no effect.
    fn is_for_moves(&self) -> bool {
        matches!(
            self.entry.verb,
            "load_balance"
                | "transfer_segment"
                | "transfer_channel"
                | "load_collection"
                | "release_collection"
        )
    }

    /// Whether this record is what the entry is there for.
    fn is_effect(&self, moment: Moment<'_>, record: &Record<'_>) -> bool {
        let now = moment.now;
        let is = |node, id| moment.cluster.node(node).id == id;
        let is_of = |collection, name: &str| moment.cluster.collection(collection).name == name;
        let of_segment = |segment| moment.cluster.segments().collection(segment);
        match (&self.entry.happening, record) {
            (Happening::AddQueryNode { id }, Record::NodeUp { node }) => is(*node, *id),
            (Happening::ReturnQueryNode { .. }, Record::NodeUp { .. }) => now == self.entry.at,
            (Happening::StopQueryNode { id }, Record::NodeStopping { node })
            | (Happening::StopQueryNode { id }, Record::NodeDown { node, .. })
            | (Happening::KillQueryNode { id }, Record::NodeDown { node, .. }) => {
                is(*node, *id) && now == self.entry.at
            }
            (Happening::LoseHeartbeats { id, duration }, Record::NodeDown { node, .. }) => {
                is(*node, *id) && now <= self.entry.at.saturating_add(*duration)
            }
            (Happening::SlowQueryNode { id, duration, .. }, Record::LoadStart { node, .. }) => {
                let is_over = duration.is_some_and(|length| now > self.entry.at.saturating_add(length));
                is(*node, *id) && !is_over
            }
            (
                Happening::FailLoads { query_node, collection_name, segment_id, duration, .. },
                Record::LoadFailed { node, segment, is_refusal: false, .. },
            ) => {
                let is_over = duration.is_some_and(|length| now > self.entry.at.saturating_add(length));
                let id = moment.cluster.segments().id(*segment);
                !is_over
                    && query_node.is_none_or(|query_node| is(*node, query_node))
                    && segment_id.is_none_or(|segment| segment == id)
                    && collection_name.as_deref().is_none_or(|name| is_of(of_segment(*segment), name))
            }
            (Happening::Seal { .. }, Record::SegmentNew { .. })
            | (Happening::Compact { .. }, Record::SegmentNew { .. } | Record::SegmentGone { .. }) => {
                now == self.entry.at
            }
            (Happening::Command(command), record) => {
                is_copy_effect(command, moment, record) || self.is_command_effect(moment, record)
            }
            _ => false,
        }
    }

    fn is_command_effect(&self, moment: Moment<'_>, record: &Record<'_>) -> bool {
        let is_named = |collection| {
            let name = format!("\"{}\"", moment.cluster.collection(collection).name);
            self.entry.arguments.contains(&name)
        };
        let of_segment = |segment| moment.cluster.segments().collection(segment);
        let of_channel = |channel| moment.cluster.channel(channel).collection;
        match (self.entry.verb, record) {
            // A move by hand belongs to the commands that wait for their answers.
            ("load_balance" | "transfer_segment", Record::Plan { cause: MoveCause::Manual, .. }) => {
                !self.is_answered || moment.now == self.entry.at
            }
            ("transfer_channel", Record::Plan { cause: MoveCause::Manual, moved, .. }) => {
                matches!(moved, Moved::Channel(_))
            }
            ("load_collection", Record::LoadStart { segment, .. })
            | ("release_collection", Record::Release { segment, .. }) => is_named(of_segment(*segment)),
            ("load_collection" | "release_collection", Record::Leader { channel, .. }) => {
                is_named(of_channel(*channel))
            }
            _ => false,
        }
    }

    fn reason(&self) -> String {
        if let Some(refusal) = &self.refusal {
            return refusal.clone();
        }
        let reason = match &self.entry.happening {
            _ if self.of.is_none() => "was never due",
            Happening::AddQueryNode { .. } | Happening::ReturnQueryNode { .. } => "no query node came up",
            Happening::StopQueryNode { .. } => "the query node did not run, or was stopping already",
            Happening::KillQueryNode { .. } => "the query node did not run",
            Happening::SlowQueryNode { .. } => "the query node loaded nothing while it was slow",
            Happening::LoseHeartbeats { .. } => "the session outlived the loss of heartbeats",
            Happening::FailLoads { .. } => "no load failed because of it",
            Happening::RestartQueryCoord { .. } => "the coordinator was not up",
            Happening::Seal { .. } => "there were no growing rows to seal",
            Happening::Compact { .. } => "no segment came of it",
            Happening::DeleteRows { .. } => {
                "the rows never left: no compaction of the collection came after it"
            }
            Happening::SetConfig(_) => {
                "the keys had these values already, or nobody reads them before the end of the run"
            }
            Happening::Command(_) if !self.is_answered => "got no answer before the end, and moved nothing",
            Happening::Command(_) => "moved, loaded and released nothing",
        };
        reason.to_owned()
    }
}

/// Whether a record is what a transfer that leaves the source its copy is there for: it is answered before
/// anything is loaded, and what it loads is no move. A channel cannot be copied: the scheduler turns that away.
fn is_copy_effect(command: &Command, moment: Moment<'_>, record: &Record<'_>) -> bool {
    let (
        Command::TransferSegment { target_node_id, segment_id, copy_mode: true, .. },
        Record::LoadStart { node, segment, number: None, .. },
    ) = (command, record)
    else {
        return false;
    };
    let cluster = moment.cluster;
    target_node_id.is_none_or(|id| cluster.node(*node).id == id)
        && segment_id.is_none_or(|id| cluster.segments().id(*segment) == id)
}

impl Observer for Effects<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        match record {
            record if record.is_decline() => {}
            Record::Command { .. } => self.due(moment, sequence),
            Record::CommandResult { of, outcome, code, text } => self.answered(*of, *outcome, *code, text),
            record => {
                let watches = &mut self.watches;
                self.open.retain(|position| {
                    let watch = &mut watches[*position];
                    watch.has_effect |= watch.is_effect(moment, record);
                    !watch.has_effect
                });
            }
        }
    }

    fn changed(&mut self, _moment: Moment<'_>) {}

    fn sample(&mut self, _moment: Moment<'_>) {}
}
