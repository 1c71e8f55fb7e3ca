//! Runs of `tune` on disk: each is appended as it ends, so that a call that was killed goes on where it was.
//!
//! While runs are made they go to a journal, in any order. The next call, or the end of this one, sorts it into
//! the file that is kept. What is killed in between loses the runs under way, no other.

use super::failure::Failure;
use super::read;
use super::trials::{Lines, remove};
use crate::experiment::sweep::digest;
use crate::experiment::tune::kept::{KeptRun, RunStore};
use crate::experiment::tune::known::{Job, Outcome};
use crate::experiment::tune::space::Space;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Number of the format of a kept run.
const FORMAT: &str = "1";

/// What all runs of a search depend on.
pub struct Search<'a> {
    /// The settings.
    pub space: &'a Space,
    /// By scenario: its name, the digest of its inputs, and its first seed.
    pub scenarios: Vec<(String, String, u64)>,
    /// What is to be made small, and what must hold, as written.
    pub aim: Vec<&'a str>,
}

/// Runs kept in a results folder; while it lives no other process may write there.
pub struct Runs<'a> {
    search: Search<'a>,
    /// Digest over what all runs depend on.
    common: String,
    path: PathBuf,
    journal: PathBuf,
    /// By key: what earlier calls kept.
    before: BTreeMap<String, KeptRun>,
    session: Mutex<Session>,
}

/// What this call adds.
struct Session {
    file: File,
    new: Vec<KeptRun>,
    /// Why a run could not be kept.
    failure: Option<Failure>,
}

impl<'a> Runs<'a> {
    /// Opens the runs of a folder, which comes into being.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written, or another process has it.
    pub fn open(folder: &Path, search: Search<'a>) -> Result<Runs<'a>, Failure> {
        std::fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
        let (path, journal) = (folder.join("runs.jsonl"), folder.join(".runs.journal"));
        let file = OpenOptions::new().create(true).append(true).open(&journal);
        let file = file.map_err(Failure::writing(&journal))?;
        if file.try_lock().is_err() {
            let path = path.display();
            let fault = format!("{path}: another tune is writing to it; wait for it, or choose another -o");
            return Err(Failure::WrongInput(vec![fault]));
        }
        let mut before = BTreeMap::new();
        for source in [&path, &journal] {
            let Some(mut lines) = Lines::open(source)? else { continue };
            // A torn line is no finished run: it is made again.
            while let Some(run) = lines.next_of::<KeptRun>()? {
                before.entry(run.key.clone()).or_insert(run);
            }
        }
        if !before.is_empty() {
            write(&path, before.values())?;
        }
        file.set_len(0).map_err(Failure::writing(&journal))?;
        let session = Mutex::new(Session { file, new: Vec::new(), failure: None });
        let common = search.common();
        Ok(Runs { search, common, path, journal, before, session })
    }

    /// Whether a run could not be kept: then it is no use to go on.
    pub fn has_failed(&self) -> bool {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).failure.is_some()
    }

    /// Sorts all runs into their file.
    ///
    /// # Errors
    ///
    /// When that cannot be written, or a run could not be kept.
    pub fn close(self) -> Result<(), Failure> {
        let session = self.session.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = session.failure {
            return Err(failure);
        }
        write(&self.path, self.before.values().chain(&session.new))?;
        remove(&self.journal)
    }

    fn key(&self, job: &Job) -> String {
        let mut parts = vec![self.common.clone(), job.scenario.to_string(), self.seed(job).to_string()];
        parts.extend(job.setting.iter().map(ToString::to_string));
        digest(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn seed(&self, job: &Job) -> u64 {
        self.search.scenarios[job.scenario].2 + job.seed as u64
    }
}

impl RunStore for Runs<'_> {
    fn recall(&self, job: &Job) -> Option<Outcome> {
        self.before.get(&self.key(job)).map(KeptRun::outcome)
    }

    fn keep(&self, job: &Job, outcome: &Outcome) {
        let settings = self.search.space.written(&job.setting);
        let run = KeptRun {
            scenario: self.search.scenarios[job.scenario].0.clone(),
            seed: self.seed(job),
            settings: settings.into_iter().map(|(key, value)| format!("{key}={value}")).collect(),
            key: self.key(job),
            digest: String::new(),
            value: None,
            holds: false,
            reaches: Vec::new(),
        };
        let run = run.with(outcome);
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        match session.file.write_all(line(&run).as_bytes()) {
            Ok(()) => session.new.push(run),
            Err(cause) => session.failure = Some(Failure::writing(&self.journal)(cause)),
        }
    }
}

impl Search<'_> {
    /// Digest over what all runs depend on. The values of all keys are among it: how far a run reaches is told by
    /// their places.
    fn common(&self) -> String {
        let mut parts = vec!["tune", FORMAT];
        parts.extend(self.scenarios.iter().map(|(_, inputs, _)| inputs.as_str()));
        for key in &self.space.keys {
            parts.extend(["key", key.key.as_str()]);
            parts.extend(key.values.iter().map(String::as_str));
        }
        parts.push("aim");
        parts.extend(&self.aim);
        digest(&parts)
    }
}

/// One run as its line.
fn line(run: &KeptRun) -> String {
    // Numbers and texts: this cannot fail.
    serde_json::to_string(run).unwrap_or_default() + "\n"
}

/// All runs by scenario, seed and settings: the same bytes in whatever order they ended.
fn write<'r>(path: &Path, runs: impl Iterator<Item = &'r KeptRun>) -> Result<(), Failure> {
    let mut runs: Vec<&KeptRun> = runs.collect();
    runs.sort_by_key(|run| (&run.scenario, run.seed, &run.settings, &run.key));
    read::write_whole(path, runs.into_iter().map(line).collect::<String>())
}
