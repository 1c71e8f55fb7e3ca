//! Clients that wait for an answer, with pymilvus's patience.
//!
//! Source: specification section 17.1 (pymilvus 2.1, `retry_on_rpc_failure`).

use crate::coordinator::command::{Command, Timeout};
use crate::coordinator::outcome::RequestNumber;
use crate::units::{SimDuration, SimTime};

/// Retries after which a client without a whole number of seconds gives up.
const RETRIES: u32 = 10;
/// Longest pause between two attempts.
const LONGEST_PAUSE_MS: u64 = 60_000;

/// A client that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Position of its timeline entry.
    pub entry: u32,
    /// Sequence number of its command's record.
    pub of: u64,
    /// What it asks.
    pub command: Command,
    /// Its patience.
    pub timeout: Timeout,
    /// When it first asked.
    pub started: SimTime,
    /// Attempts so far.
    pub attempts: u32,
    /// The attempt whose answer it waits for.
    pub request: RequestNumber,
}

/// What a client does once an attempt has passed its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterDeadline {
    /// It asks again after this pause.
    Retry(SimDuration),
    /// It gives up with this text.
    GiveUp(String),
}

impl Client {
    /// How long it waits for one attempt; `None` = for ever.
    pub fn patience(&self) -> Option<SimDuration> {
        match self.timeout {
            Timeout::Never => None,
            Timeout::Whole(seconds) => Some(SimDuration::from_secs(seconds)),
            Timeout::Fraction(seconds) => {
                Some(SimDuration::from_ms(((seconds * 1000.0).ceil() as u64).max(1)))
            }
        }
    }

    /// An attempt has passed its deadline at `now`.
    pub fn after_deadline(&self, now: SimTime) -> AfterDeadline {
        match self.timeout {
            Timeout::Whole(seconds)
                if now.saturating_since(self.started) >= SimDuration::from_secs(seconds) =>
            {
                AfterDeadline::GiveUp(format!("rpc deadline exceeded: Retry timeout: {seconds}s"))
            }
            Timeout::Fraction(_) | Timeout::Never if self.attempts > RETRIES => AfterDeadline::GiveUp(
                format!("rpc deadline exceeded: Retry run out of {RETRIES} retry times"),
            ),
            _ => AfterDeadline::Retry(pause(self.attempts)),
        }
    }
}

/// The pause after attempt number `attempt` (from 1): 10 ms, three times as long each time, at most 60 s.
fn pause(attempt: u32) -> SimDuration {
    let factor = 3u64.saturating_pow(attempt.saturating_sub(1));
    SimDuration::from_ms(10u64.saturating_mul(factor).min(LONGEST_PAUSE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_timeout_asks_eleven_times_with_growing_pauses() {
        let mut client = Client {
            entry: 0,
            of: 0,
            command: Command::Unknown { verb: "load_balance" },
            timeout: Timeout::Fraction(5.0),
            started: SimTime::ZERO,
            attempts: 1,
            request: RequestNumber(0),
        };
        let mut pauses = Vec::new();
        while let AfterDeadline::Retry(pause) = client.after_deadline(SimTime::ZERO) {
            pauses.push(pause.as_ms());
            client.attempts += 1;
        }
        assert_eq!(pauses, [10, 30, 90, 270, 810, 2430, 7290, 21870, 60000, 60000]);
        assert_eq!(client.attempts, 11);
    }

    #[test]
    fn a_whole_timeout_gives_up_at_its_first_deadline() {
        let client = Client {
            entry: 0,
            of: 0,
            command: Command::Unknown { verb: "load_balance" },
            timeout: Timeout::Whole(5),
            started: SimTime::from_ms(1000),
            attempts: 1,
            request: RequestNumber(0),
        };
        let text = "rpc deadline exceeded: Retry timeout: 5s".to_owned();
        assert_eq!(client.after_deadline(SimTime::from_ms(6000)), AfterDeadline::GiveUp(text));
    }
}
