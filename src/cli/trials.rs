//! Finished trials on disk: appended as they come, sorted when a sweep begins or ends.
//!
//! A file of trials is a line of JSON that says what is swept, then one line a trial in ascending order. While
//! trials run, those that are done are appended to a journal beside it, in any order; the next session, or the
//! end of this one, sorts both into the file. What is killed in between loses the trials under way, no other.

use super::failure::Failure;
use crate::experiment::sweep::{Plan, Shard};
use crate::experiment::tally::Kept;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Trials that are sorted in memory at a time.
const BLOCK: usize = 50_000;

/// Where the trials of one sweep, or of one shard of it, are kept.
#[derive(Debug, Clone)]
pub struct Store {
    /// The sorted file.
    pub path: PathBuf,
    journal: PathBuf,
    others: PathBuf,
}

impl Store {
    /// The store in a results folder.
    pub fn new(folder: &Path, shard: Shard) -> Store {
        let name = match shard {
            Shard::WHOLE => "trials".to_owned(),
            Shard { number, of } => format!("shard-{number}-of-{of}"),
        };
        let file = |name: String| folder.join(name);
        Store {
            path: file(format!("{name}.jsonl")),
            journal: file(format!(".{name}.journal")),
            others: file(format!(".{name}.others")),
        }
    }

    /// Opens the store for a session: until it is dropped, no other process may write here.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written, or another process has it.
    pub fn open(self) -> Result<Session, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(&self.journal);
        let journal = file.map_err(Failure::writing(&self.journal))?;
        if journal.try_lock().is_err() {
            let path = self.path.display();
            let fault = format!("{path}: another sweep is writing to it; wait for it, or choose another -o");
            return Err(Failure::WrongInput(vec![fault]));
        }
        Ok(Session { store: self, journal })
    }
}

/// A store that is written to.
#[derive(Debug)]
pub struct Session {
    /// Where.
    pub store: Store,
    journal: File,
}

impl Session {
    /// Sorts everything kept so far into the file and empties the journal; returns how many trials of `plan`
    /// are kept. Trials of other sweeps are put aside and known again when a later call asks for them.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn sort(&self, plan: &Plan) -> Result<u64, Failure> {
        let Store { path, journal, others } = &self.store;
        let mut sorter = Sorter::new(plan, path);
        let draft = others.with_extension("partial");
        let mut aside = BufWriter::new(File::create(&draft).map_err(Failure::writing(&draft))?);
        let mut put_aside = |strangers: Vec<Kept>| {
            let mut written = strangers.iter().map(|kept| aside.write_all(line(kept).as_bytes()));
            written.try_for_each(|written| written).map_err(Failure::writing(&draft))
        };
        for source in [path, journal, others] {
            if let Some(mut lines) = Lines::open(source)? {
                // A torn line is no finished trial: it is run again.
                while let Some(kept) = lines.next_trial()? {
                    put_aside(sorter.take(kept)?)?;
                }
            }
        }
        put_aside(sorter.rest()?)?;
        aside.flush().map_err(Failure::writing(&draft))?;
        drop(aside);
        fs::rename(&draft, others).map_err(Failure::writing(others))?;
        if fs::metadata(others).is_ok_and(|file| file.len() == 0) {
            remove(others)?;
        }
        let kept = sorter.write()?;
        self.journal.set_len(0).map_err(Failure::writing(journal))?;
        Ok(kept)
    }

    /// Appends a finished trial. From then on it is kept, whatever becomes of this process.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn keep(&mut self, kept: &Kept) -> Result<(), Failure> {
        self.journal.write_all(line(kept).as_bytes()).map_err(Failure::writing(&self.store.journal))
    }

    /// Ends the session after a last [`Session::sort`].
    ///
    /// # Errors
    ///
    /// When the journal cannot be removed.
    pub fn close(self) -> Result<Store, Failure> {
        remove(&self.store.journal)?;
        Ok(self.store)
    }
}

/// One trial as its line.
fn line(kept: &Kept) -> String {
    // Numbers and texts: this cannot fail.
    serde_json::to_string(kept).unwrap_or_default() + "\n"
}

/// Removes a file, if it is there.
///
/// # Errors
///
/// When it cannot be removed.
pub fn remove(path: &Path) -> Result<(), Failure> {
    if path.exists() { fs::remove_file(path).map_err(Failure::writing(path)) } else { Ok(()) }
}

/// Lines of a file.
pub struct Lines {
    reader: BufReader<File>,
    path: PathBuf,
    /// Number of the line read last, from 1.
    pub number: u64,
}

impl Lines {
    /// The lines of a file; `None` = there is no such file.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn open(path: &Path) -> Result<Option<Lines>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        let unreadable = |cause| Failure::Unreadable { path: path.to_owned(), cause };
        let reader = BufReader::new(File::open(path).map_err(unreadable)?);
        Ok(Some(Lines { reader, path: path.to_owned(), number: 0 }))
    }

    /// The next line, its end left out; one that is no UTF-8 comes as far as it can be read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn next_line(&mut self) -> Result<Option<String>, Failure> {
        let mut bytes = Vec::new();
        let read = self.reader.read_until(b'\n', &mut bytes);
        let read = read.map_err(|cause| Failure::Unreadable { path: self.path.clone(), cause })?;
        self.number += 1;
        Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).trim_end().to_owned()))
    }

    /// The next trial; lines that are none are passed over.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn next_trial(&mut self) -> Result<Option<Kept>, Failure> {
        self.next_of()
    }

    /// The next line that is a `T`; others are passed over.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn next_of<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        while let Some(line) = self.next_line()? {
            if let Ok(kept) = serde_json::from_str(&line) {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

/// Sorts trials by their numbers, block by block, however many there are.
pub struct Sorter<'p> {
    plan: &'p Plan,
    trials: u64,
    target: PathBuf,
    block: Vec<Kept>,
    /// Trials whose number in this plan is not the one they carry, by key.
    strays: BTreeMap<String, Kept>,
    /// Sorted blocks on disk.
    sorted: Vec<PathBuf>,
}

impl<'p> Sorter<'p> {
    /// Nothing taken yet; all goes to `target` in the end.
    pub fn new(plan: &'p Plan, target: &Path) -> Sorter<'p> {
        Sorter {
            plan,
            trials: plan.trials().unwrap_or(0),
            target: target.to_owned(),
            block: Vec::new(),
            strays: BTreeMap::new(),
            sorted: Vec::new(),
        }
    }

    /// Whether a trial is, under its own number, one of the plan.
    pub fn is_known(&self, kept: &Kept) -> bool {
        kept.trial < self.trials
            && kept.figures.len() == self.plan.figures.len()
            && self.plan.key(kept.trial) == kept.key
    }

    /// Takes a trial. Returns what turned out to be of no use for this plan.
    ///
    /// # Errors
    ///
    /// When a block cannot be written.
    pub fn take(&mut self, kept: Kept) -> Result<Vec<Kept>, Failure> {
        if self.is_known(&kept) {
            self.block.push(kept);
        } else {
            self.strays.insert(kept.key.clone(), kept);
        }
        if self.block.len() + self.strays.len() < BLOCK { Ok(Vec::new()) } else { self.rest() }
    }

    /// Writes the block that is under way. Returns what turned out to be of no use for this plan.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn rest(&mut self) -> Result<Vec<Kept>, Failure> {
        let mut strays = std::mem::take(&mut self.strays);
        for number in 0..self.trials {
            if strays.is_empty() {
                break;
            }
            if let Some(kept) = strays.remove(&self.plan.key(number)) {
                self.block.push(Kept { trial: number, ..kept });
            }
        }
        self.block.sort_by_key(|kept| kept.trial);
        let name =
            self.target.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let path = self.target.with_file_name(format!(".{name}.{}.sorted", self.sorted.len()));
        let text: String = self.block.drain(..).map(|kept| line(&kept)).collect();
        fs::write(&path, text).map_err(Failure::writing(&path))?;
        self.sorted.push(path);
        Ok(strays.into_values().collect())
    }

    /// Merges the blocks into the target, under what is swept; of trials kept twice the first. Returns how many
    /// there are. To be called after [`Sorter::rest`].
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn write(self) -> Result<u64, Failure> {
        let name =
            self.target.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let draft = self.target.with_file_name(format!(".{name}.partial"));
        let writing = || Failure::writing(&draft);
        let mut writer = BufWriter::new(File::create(&draft).map_err(writing())?);
        // Numbers and texts: this cannot fail.
        let header = serde_json::to_string(self.plan).unwrap_or_default();
        writeln!(writer, "{header}").map_err(writing())?;
        let mut blocks = Vec::new();
        for path in &self.sorted {
            let Some(mut lines) = Lines::open(path)? else { continue };
            let head = lines.next_trial()?;
            blocks.push((head, lines));
        }
        let (mut count, mut last) = (0, None);
        while let Some((head, lines)) = blocks
            .iter_mut()
            .filter(|(head, _)| head.is_some())
            .min_by_key(|(head, _)| head.as_ref().map(|kept| kept.trial))
        {
            let Some(kept) = std::mem::replace(head, lines.next_trial()?) else { break };
            if last != Some(kept.trial) {
                last = Some(kept.trial);
                count += 1;
                writer.write_all(line(&kept).as_bytes()).map_err(writing())?;
            }
        }
        writer.flush().map_err(writing())?;
        fs::rename(&draft, &self.target).map_err(Failure::writing(&self.target))?;
        self.sorted.iter().try_for_each(|path| remove(path))?;
        Ok(count)
    }
}
