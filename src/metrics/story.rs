//! What happened, for a reader: marks on the time axis, commands and their answers, the moves worth naming.

use super::comparison_text::{compared, reason_text};
use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::policy::reason::Reason;
use crate::simulation::history::{CommandOutcome, Moment, Moved, Observer, Record};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// A moment worth a mark on a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When, in milliseconds.
    pub t_ms: u64,
    /// What, in few words, such as `node 4 joins` or `load_balance 3 -> 4`.
    pub label: String,
    /// Whether it went wrong (a refused command, a lost node).
    pub is_trouble: bool,
}

/// How a command ended, as its client saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandStory {
    /// When it was given, in milliseconds.
    pub t_ms: u64,
    /// The verb.
    pub verb: &'static str,
    /// Its arguments, as compact JSON.
    pub arguments: String,
    /// `success`, `refused`, `timed_out`, or `unfinished`.
    pub outcome: &'static str,
    /// When the client got its answer.
    pub answered_ms: Option<u64>,
    /// Milvus's text; empty on success.
    pub text: String,
}

/// One move of a sealed segment.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveStory {
    /// When it was planned, in milliseconds.
    pub planned_ms: u64,
    /// When it ended; `None` = under way at the end.
    pub ended_ms: Option<u64>,
    /// Name of the collection.
    pub collection: String,
    /// Milvus's segment id.
    pub segment: i64,
    /// Id of the node it leaves.
    pub from: i64,
    /// Id of the node it goes to.
    pub to: i64,
    /// Bytes of the segment.
    pub bytes: u64,
    /// `balance`, `drain` or `manual`.
    pub cause: &'static str,
    /// `completed`, `failed`, `cancelled`, `refused` or `unfinished`.
    pub outcome: &'static str,
    /// Why: reason code with the numbers compared, such as `DIFFERENCE_TOO_GREAT 0.4 > 0.3`.
    pub reason: String,
}

/// The last time that a reason for planning nothing was new for its replica.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclinedStory {
    /// When, in milliseconds.
    pub t_ms: u64,
    /// Id of the replica; `None` = the whole cluster.
    pub replica: Option<i64>,
    /// The numbers compared, such as `0.275 < 0.3`.
    pub comparison: String,
    /// Milvus's key behind the right-hand one, where there is one.
    pub key: Option<&'static str>,
}

/// Moves that ended within one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MoveBucket {
    /// Automatic moves completed.
    pub balance: u32,
    /// Drains completed.
    pub drain: u32,
    /// Manual moves completed.
    pub manual: u32,
    /// Moves that failed, were cancelled or refused.
    pub lost: u32,
    /// Bytes of the completed ones.
    pub bytes: u64,
}

/// What happened in a run, for a reader; bounded whatever the length of the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Story {
    /// Marks, ascending by time; at most 200.
    pub marks: Vec<Mark>,
    /// Marks beyond that number.
    pub marks_left_out: u64,
    /// Commands, in order; at most 1,000.
    pub commands: Vec<CommandStory>,
    /// Commands beyond that number.
    pub commands_left_out: u64,
    /// The first moves, in order; at most 1,000.
    pub moves: Vec<MoveStory>,
    /// Moves beyond that number.
    pub moves_left_out: u64,
    /// Reason code -> the last comparison told of it; codes that compare nothing are left out.
    pub declined: BTreeMap<&'static str, DeclinedStory>,
    /// Length of a bucket in milliseconds, at least 1.
    pub bucket_ms: u64,
    /// Moves ended per bucket, from t = 0; at most 512 buckets.
    pub buckets: Vec<MoveBucket>,
}

/// Marks kept.
const MARKS_MAX: usize = 200;
/// Commands kept.
const COMMANDS_MAX: usize = 1_000;
/// Moves kept.
const MOVES_MAX: usize = 1_000;
/// Buckets at most.
const BUCKETS_MAX: u64 = 512;

/// Verbs whose effect has a record of its own, which makes the mark.
const VERBS_MARKED_BY_EFFECT: [&str; 5] =
    ["add_query_node", "return_query_node", "stop_query_node", "kill_query_node", "set_config"];

/// What is remembered of a move under way.
#[derive(Debug, Clone, Copy)]
struct OpenMove {
    cause: MoveCause,
    bytes: u64,
    /// Place in the story's moves, if it is told there.
    place: Option<usize>,
}

/// What is remembered of a command without an answer.
#[derive(Debug, Clone, Copy)]
struct OpenCommand {
    place: Option<usize>,
    mark: Option<usize>,
}

/// Listens to a run and makes a story of it.
#[derive(Debug, Clone)]
pub struct StoryCollector {
    story: Story,
    moves: BTreeMap<MoveNumber, OpenMove>,
    commands: BTreeMap<u64, OpenCommand>,
}

impl StoryCollector {
    /// A story of a run of this length, before anything happened.
    pub fn new(duration: SimTime) -> StoryCollector {
        let bucket_ms = round_length(duration.as_ms().div_ceil(BUCKETS_MAX));
        let buckets = duration.as_ms().div_ceil(bucket_ms).max(1) as usize;
        let buckets = vec![MoveBucket::default(); buckets];
        let story = Story { bucket_ms, buckets, ..Story::default() };
        StoryCollector { story, moves: BTreeMap::new(), commands: BTreeMap::new() }
    }

    /// The story so far.
    pub fn finish(self) -> Story {
        self.story
    }

    fn mark(&mut self, t_ms: u64, label: String, is_trouble: bool) -> Option<usize> {
        if self.story.marks.len() == MARKS_MAX {
            self.story.marks_left_out += 1;
            return None;
        }
        self.story.marks.push(Mark { t_ms, label, is_trouble });
        Some(self.story.marks.len() - 1)
    }

    fn command(&mut self, t_ms: u64, sequence: u64, command: GivenCommand<'_>) {
        let is_marked = !command.is_read_only && !VERBS_MARKED_BY_EFFECT.contains(&command.verb);
        let mark = if is_marked {
            self.mark(t_ms, command_label(command.verb, command.arguments), false)
        } else {
            None
        };
        if !command.expects_answer {
            return;
        }
        let is_told = self.story.commands.len() < COMMANDS_MAX;
        if is_told {
            self.story.commands.push(CommandStory {
                t_ms,
                verb: command.verb,
                arguments: command.arguments.to_string(),
                outcome: "unfinished",
                answered_ms: None,
                text: String::new(),
            });
        } else {
            self.story.commands_left_out += 1;
        }
        let place = is_told.then(|| self.story.commands.len() - 1);
        self.commands.insert(sequence, OpenCommand { place, mark });
    }

    fn answer(&mut self, t_ms: u64, of: u64, outcome: CommandOutcome, text: &str) {
        let Some(open) = self.commands.remove(&of) else { return };
        if let Some(place) = open.place {
            let command = &mut self.story.commands[place];
            command.outcome = outcome.text();
            command.answered_ms = Some(t_ms);
            command.text = text.to_string();
        }
        if let Some(place) = open.mark.filter(|_| outcome != CommandOutcome::Success) {
            let mark = &mut self.story.marks[place];
            mark.is_trouble = true;
            mark.label.push_str(match outcome {
                CommandOutcome::TimedOut => " (timed out)",
                _ => " (refused)",
            });
        }
    }

    fn plan(&mut self, number: MoveNumber, told: MoveStory, cause: MoveCause) {
        let is_told = self.story.moves.len() < MOVES_MAX;
        let bytes = told.bytes;
        if is_told {
            self.story.moves.push(told);
        } else {
            self.story.moves_left_out += 1;
        }
        let place = is_told.then(|| self.story.moves.len() - 1);
        self.moves.insert(number, OpenMove { cause, bytes, place });
    }

    fn declined(&mut self, t_ms: u64, replica: Option<i64>, reason: &Reason) {
        if let Some(comparison) = compared(reason) {
            let told = DeclinedStory { t_ms, replica, comparison, key: reason.key };
            self.story.declined.insert(reason.code.text(), told);
        }
    }

    fn move_end(&mut self, t_ms: u64, number: MoveNumber, outcome: MoveOutcome) {
        let Some(open) = self.moves.remove(&number) else { return };
        if let Some(place) = open.place {
            self.story.moves[place].ended_ms = Some(t_ms);
            self.story.moves[place].outcome = outcome.text();
        }
        let last = self.story.buckets.len() - 1;
        let bucket = &mut self.story.buckets[last.min((t_ms / self.story.bucket_ms) as usize)];
        if outcome != MoveOutcome::Completed {
            bucket.lost += 1;
            return;
        }
        bucket.bytes += open.bytes;
        match open.cause {
            MoveCause::Balance => bucket.balance += 1,
            MoveCause::Drain => bucket.drain += 1,
            MoveCause::Manual => bucket.manual += 1,
        }
    }
}

/// A timeline entry as its record tells it.
struct GivenCommand<'a> {
    verb: &'static str,
    arguments: &'a str,
    is_read_only: bool,
    expects_answer: bool,
}

impl Observer for StoryCollector {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        let (t_ms, cluster) = (moment.now.as_ms(), moment.cluster);
        match record {
            Record::Command { verb, arguments, is_read_only, expects_answer } => {
                let (is_read_only, expects_answer) = (*is_read_only, *expects_answer);
                self.command(t_ms, sequence, GivenCommand { verb, arguments, is_read_only, expects_answer });
            }
            Record::CommandResult { of, outcome, text, .. } => self.answer(t_ms, *of, *outcome, text),
            // Whoever is there at the start does not join.
            Record::NodeUp { node } if t_ms > 0 => {
                self.mark(t_ms, format!("node {} joins", cluster.node(*node).id), false);
            }
            Record::NodeStopping { node } => {
                self.mark(t_ms, format!("node {} stops", cluster.node(*node).id), false);
            }
            Record::NodeDown { node, cause } => {
                let id = cluster.node(*node).id;
                let is_trouble = !matches!(*cause, "stopped" | "noticed");
                let label = match *cause {
                    "noticed" => format!("loss of node {id} noticed"),
                    cause => format!("node {id} {cause}"),
                };
                self.mark(t_ms, label, is_trouble);
            }
            Record::Config { key, value } => {
                let name = key.rsplit('.').next().unwrap_or(key);
                self.mark(t_ms, format!("{name} = {value}"), false);
            }
            Record::Plan { number, moved: Moved::Segment(segment), from, to, cause, reason, .. } => {
                let segments = cluster.segments();
                let told = MoveStory {
                    planned_ms: t_ms,
                    ended_ms: None,
                    collection: cluster.collection(segments.collection(*segment)).name.clone(),
                    segment: segments.id(*segment),
                    from: cluster.node(*from).id,
                    to: cluster.node(*to).id,
                    bytes: segments.memory_bytes(*segment),
                    cause: cause.text(),
                    outcome: "unfinished",
                    reason: reason_text(reason),
                };
                self.plan(*number, told, *cause);
            }
            Record::MoveEnd { number, outcome } => self.move_end(t_ms, *number, *outcome),
            Record::Declined { replica, reason, is_new: true } => {
                let replica = replica.map(|replica| cluster.replica(replica).id);
                self.declined(t_ms, replica, reason);
            }
            _ => {}
        }
    }

    fn changed(&mut self, _: Moment<'_>) {}

    fn sample(&mut self, _: Moment<'_>) {}
}

/// The least length of which a reader can say how long it is that is no shorter than `ms`: 1, 2 or 5 times
/// a power of ten up to a minute, then whole minutes.
fn round_length(ms: u64) -> u64 {
    const MINUTE_MS: u64 = 60_000;
    let decades = (0..5).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)));
    let found = decades.filter(|length| *length < MINUTE_MS).find(|length| *length >= ms);
    found.unwrap_or_else(|| ms.div_ceil(MINUTE_MS).max(1) * MINUTE_MS)
}

/// The verb with its most telling arguments, such as `load_balance 3 -> 4` or `release_collection book`.
fn command_label(verb: &str, arguments: &str) -> String {
    let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
    let word = |name: &str| match &arguments[name] {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(items) if items.is_empty() => None,
        serde_json::Value::Array(items) => {
            Some(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    };
    let source = word("src_node_id").or_else(|| word("source_node_id"));
    let subject = ["collection_name", "id", "node_id", "query_node", "name"].into_iter().find_map(word);
    match (source, word("dst_node_ids").or_else(|| word("target_node_id"))) {
        (Some(source), Some(target)) => format!("{verb} {source} -> {target}"),
        (Some(source), None) => format!("{verb} {source} -> any"),
        _ => subject.map_or_else(|| verb.to_string(), |subject| format!("{verb} {subject}")),
    }
}
