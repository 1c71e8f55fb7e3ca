//! What happened, for a reader: marks on the time axis, commands and their answers, the moves worth naming.

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
    /// Length of a bucket in milliseconds, at least 1.
    pub bucket_ms: u64,
    /// Moves ended per bucket, from t = 0; at most 512 buckets.
    pub buckets: Vec<MoveBucket>,
}
