//! A program under way: lines to it and from it, each in good time, and its end.
//!
//! Pipes have no time limit, so a thread writes, one reads, and one keeps what the program says on standard
//! error. None of them outlives the program's pipes, and none decides anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes of an answer at most.
const ANSWER_MAX: u64 = 16 << 20;
/// Bytes of standard error that are kept: the last ones.
const ERRORS_KEPT: usize = 2_048;
/// Answers that wait to be read; more than one was not asked for.
const ANSWERS_WAITING: usize = 2;
/// How long a program that is told to end may take.
const GRACE: Duration = Duration::from_secs(1);
/// How often a program that is told to end is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What came from standard output.
enum Said {
    Line(Vec<u8>),
    TooLong,
}

/// A program that was started. Dropped, it is told to end, and ended.
#[derive(Debug)]
pub struct Conversation {
    child: Child,
    /// Lines for the writing thread; `None` once the program is told to end.
    questions: Option<Sender<Vec<u8>>>,
    answers: Receiver<Said>,
    errors: Arc<Mutex<Vec<u8>>>,
    /// Closes when standard error does.
    errors_end: Receiver<()>,
    within: Duration,
}

impl Conversation {
    /// Starts a program, which is found as a shell finds it; each answer may take `within`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(words: &[String], within: Duration) -> Result<Conversation, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("no program is named".to_owned());
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|cause| format!("cannot start {program}: {cause}"))?;
        let (Some(input), Some(output), Some(error)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(format!("cannot speak with {program}"));
        };
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (answers, errors_end) = (read(output), keep(error, Arc::clone(&errors)));
        Ok(Conversation { child, questions: Some(write(input)), answers, errors, errors_end, within })
    }

    /// Puts a question (without its line end) and waits for the answer.
    ///
    /// # Errors
    ///
    /// When none comes in time, or one that is too long or no text.
    pub fn ask(&mut self, mut question: Vec<u8>) -> Result<String, String> {
        question.push(b'\n');
        // Nobody takes it when the program has ended, which is what the reading thread tells in a moment.
        let _ = self.questions.as_ref().map(|questions| questions.send(question));
        match self.answers.recv_timeout(self.within) {
            Ok(Said::Line(line)) => String::from_utf8(line).map_err(|_| "the answer is not UTF-8".to_owned()),
            Ok(Said::TooLong) => Err(format!("the answer is longer than {} MiB", ANSWER_MAX >> 20)),
            Err(RecvTimeoutError::Timeout) => {
                let limit = self.within.as_millis();
                Err(format!("no answer within {limit} ms; --exec-timeout gives it more time"))
            }
            Err(RecvTimeoutError::Disconnected) => Err(match self.wait(GRACE) {
                Some(status) => format!("no answer: the program has ended ({status})"),
                None => "no answer: the program has closed its standard output".to_owned(),
            }),
        }
    }

    /// Ends the program; the last lines of its standard error.
    pub fn end(&mut self) -> Vec<String> {
        self.stop(Duration::ZERO);
        // A child of the program may hold standard error open for longer.
        let _ = self.errors_end.recv_timeout(GRACE);
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&errors).lines().map(str::to_owned).collect()
    }

    /// Closes the program's input, and kills it when it does not end within `grace`.
    fn stop(&mut self, grace: Duration) {
        self.questions = None;
        if self.wait(grace).is_none() {
            // It may have ended in between; either way it is waited for, so that no zombie is left.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn wait(&mut self, grace: Duration) -> Option<ExitStatus> {
        let mut left = grace;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if !left.is_zero() => thread::sleep(LOOK),
                _ => return None,
            }
            left = left.saturating_sub(LOOK);
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.stop(GRACE);
    }
}

/// Writes what is sent; closes the input once nothing more can come, or nobody reads.
fn write(mut input: ChildStdin) -> Sender<Vec<u8>> {
    let (sender, lines) = channel::<Vec<u8>>();
    thread::spawn(move || {
        while let Ok(line) = lines.recv() {
            if input.write_all(&line).and_then(|()| input.flush()).is_err() {
                return;
            }
        }
    });
    sender
}

/// Reads lines, of a long one only as much as shows that it is too long.
fn read(output: ChildStdout) -> Receiver<Said> {
    let (lines, receiver) = sync_channel(ANSWERS_WAITING);
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            let count = (&mut output).take(ANSWER_MAX + 1).read_until(b'\n', &mut line);
            let said = match count {
                Ok(0) | Err(_) => return,
                Ok(count) if count as u64 > ANSWER_MAX => Said::TooLong,
                Ok(_) => Said::Line(line),
            };
            let is_over = matches!(said, Said::TooLong);
            if lines.send(said).is_err() || is_over {
                return;
            }
        }
    });
    receiver
}

/// Keeps the last of what is written; the channel closes at its end.
fn keep(mut error: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) -> Receiver<()> {
    let (end, receiver) = sync_channel(0);
    thread::spawn(move || {
        let mut piece = [0; 1_024];
        while let Ok(count @ 1..) = error.read(&mut piece) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&piece[..count]);
            let surplus = kept.len().saturating_sub(ERRORS_KEPT);
            kept.drain(..surplus);
        }
        drop(end);
    });
    receiver
}
