//! One run, listened to: figures, story, curves, and the files that grow with it.

use super::failure::Failure;
use super::results::Folder;
use crate::experiment::running::Running;
use crate::metrics::curves::{Curves, CurvesCollector};
use crate::metrics::expected_errors::ExpectedErrors;
use crate::metrics::meter::Meter;
use crate::metrics::sample::Sample;
use crate::metrics::sampler::SampleSink;
use crate::metrics::story::{Story, StoryCollector};
use crate::metrics::summary::Summary;
use crate::model::cluster::Cluster;
use crate::model::segment::SegmentState;
use crate::report::csv::{
    NODES_HEADER, SEGMENTS_HEADER, SERIES_HEADER, SegmentRow, append_nodes, append_segment, append_series,
};
use crate::report::events::append_event;
use crate::report::thinning::Thinning;
use crate::scenario::Scenario;
use crate::simulation::history::{Moment, Observer, Record};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes gathered before they go to a file.
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is appended to; its first fault is kept and told at the end.
struct GrowingFile {
    path: PathBuf,
    file: BufWriter<File>,
    fault: Option<io::Error>,
}

impl GrowingFile {
    fn begin(folder: &Folder, name: &str, header: &str) -> Result<GrowingFile, Failure> {
        let path = folder.path(name);
        let file = File::create(&path).map_err(Failure::writing(&path))?;
        let mut growing =
            GrowingFile { path, file: BufWriter::with_capacity(BUFFER_BYTES, file), fault: None };
        growing.append(header.as_bytes());
        Ok(growing)
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.fault.is_none() {
            self.fault = self.file.write_all(bytes).err();
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        let fault = self.fault.take().or_else(|| self.file.flush().err());
        fault.map_or(Ok(()), |cause| Err(Failure::Unwritable { path: self.path, cause }))
    }
}

/// `series.csv` and `nodes.csv`, thinned; and the first and the last sample for the report.
struct SampleFiles {
    thinning: Thinning,
    series: GrowingFile,
    nodes: GrowingFile,
    lines: Vec<u8>,
    first: Option<Sample>,
    last: Option<Sample>,
}

impl SampleFiles {
    fn keep(&mut self, thin: impl FnOnce(&mut Thinning, &mut dyn FnMut(&Sample))) {
        let (series, nodes, lines) = (&mut self.series, &mut self.nodes, &mut self.lines);
        thin(&mut self.thinning, &mut |sample| {
            lines.clear();
            append_series(lines, sample);
            series.append(lines);
            lines.clear();
            append_nodes(lines, sample);
            nodes.append(lines);
        });
    }
}

impl SampleSink for SampleFiles {
    fn take(&mut self, sample: &Sample) {
        if self.first.is_none() {
            self.first = Some(sample.clone());
        }
        match &mut self.last {
            Some(last) => last.clone_from(sample),
            None => self.last = Some(sample.clone()),
        }
        let owned = sample.clone();
        self.keep(|thinning, mut keep| thinning.push(owned, &mut keep));
    }
}

/// `events.jsonl`.
struct EventFile {
    file: GrowingFile,
    line: Vec<u8>,
}

/// Everybody who listens to one run.
struct Listeners<'a> {
    meter: Meter<'a>,
    story: StoryCollector,
    errors: ExpectedErrors<'a>,
    events: Option<EventFile>,
}

impl Observer for Listeners<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.meter.record(moment, sequence, record);
        self.story.record(moment, sequence, record);
        self.errors.record(moment, sequence, record);
        if let Some(events) = &mut self.events {
            events.line.clear();
            append_event(&mut events.line, moment.now, sequence, record, moment.cluster);
            events.file.append(&events.line);
        }
    }

    fn changed(&mut self, moment: Moment<'_>) {
        self.meter.changed(moment);
        self.story.changed(moment);
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.meter.sample(moment);
        self.story.sample(moment);
    }
}

/// What is left of a run for the report.
pub struct Recorded {
    /// The figures.
    pub summary: Summary,
    /// What happened, for a reader.
    pub story: Story,
    /// What the plots draw.
    pub curves: Curves,
    /// The cluster after the events of t = 0.
    pub first: Sample,
    /// The cluster after the last event.
    pub last: Sample,
}

/// Runs a simulation to its end and writes the files that grow with it.
///
/// # Errors
///
/// When a file cannot be written, or the run cannot go on, or `stop` is raised meanwhile.
pub fn record(
    scenario: &Scenario,
    mut running: Running,
    folder: &Folder,
    with_events: bool,
    stop: &AtomicBool,
) -> Result<Recorded, Failure> {
    let every = scenario.sampling_every.as_ms().max(1);
    let instants = scenario.duration.as_ms().div_ceil(every) + 1;
    let mut files = SampleFiles {
        thinning: Thinning::new(instants),
        series: GrowingFile::begin(folder, "series.csv", SERIES_HEADER)?,
        nodes: GrowingFile::begin(folder, "nodes.csv", NODES_HEADER)?,
        lines: Vec::new(),
        first: None,
        last: None,
    };
    let mut curves = CurvesCollector::new();
    let events = match with_events {
        true => Some(EventFile { file: GrowingFile::begin(folder, "events.jsonl", "")?, line: Vec::new() }),
        false => None,
    };
    let (mut summary, story) = listen(scenario, &mut running, &mut files, &mut curves, events, stop)?;
    files.keep(|thinning, mut keep| thinning.finish(&mut keep));
    summary.samples.written = files.thinning.written();
    files.series.finish()?;
    files.nodes.finish()?;
    write_segments(&running.world().cluster, folder)?;
    Ok(Recorded {
        summary,
        story,
        curves: curves.finish(),
        first: files.first.unwrap_or_default(),
        last: files.last.unwrap_or_default(),
    })
}

/// Runs to the end with everybody listening.
fn listen(
    scenario: &Scenario,
    running: &mut Running,
    files: &mut SampleFiles,
    curves: &mut CurvesCollector,
    events: Option<EventFile>,
    stop: &AtomicBool,
) -> Result<(Summary, Story), Failure> {
    let meter = Meter::new(scenario).with_sink(Box::new(files)).with_sink(Box::new(curves));
    let story = StoryCollector::new(scenario.duration);
    let mut listeners = Listeners { meter, story, errors: ExpectedErrors::new(scenario), events };
    while running.step(&mut listeners).map_err(Failure::WrongInput)? {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
    }
    let mut summary = listeners.meter.finish(running.world().moment(), running.ending());
    summary.expectations.extend(listeners.errors.finish());
    if let Some(events) = listeners.events {
        events.file.finish()?;
    }
    Ok((summary, listeners.story.finish()))
}

/// `segments.csv`: every sealed segment that is not gone, with the nodes that really hold it.
fn write_segments(cluster: &Cluster, folder: &Folder) -> Result<(), Failure> {
    let mut file = GrowingFile::begin(folder, "segments.csv", SEGMENTS_HEADER)?;
    let mut line = Vec::new();
    let segments = cluster.segments();
    for segment in segments.indices().filter(|segment| segments.state(*segment) == SegmentState::Sealed) {
        let collection = cluster.collection(segments.collection(segment));
        let mut nodes: Vec<i64> = segments.copies().of(segment).map(|node| cluster.node(node).id).collect();
        nodes.sort_unstable();
        line.clear();
        append_segment(
            &mut line,
            &SegmentRow {
                segment: segments.id(segment),
                collection: &collection.name,
                partition: &collection.partitions[segments.partition(segment) as usize].name,
                channel: &cluster.channel(segments.channel(segment)).name,
                state: "sealed",
                rows: u64::from(segments.rows(segment)),
                memory_bytes: segments.memory_bytes(segment),
                query_nodes: &nodes,
            },
        );
        file.append(&line);
    }
    file.finish()
}
