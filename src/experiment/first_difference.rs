//! The first event in which two runs differ.
//!
//! Both are followed event by event and nothing is kept but a few lines around the place, so that the length of
//! the runs does not matter. Two events are the same when the digest takes them for the same: time, kind,
//! subjects and outcome count; configuration values, reasons with their margins and what was not planned do not.

use crate::units::SimTime;
use std::collections::VecDeque;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: SimTime,
    /// Its line of `events.jsonl`.
    pub line: String,
    /// What it is compared by; `None` = it does not count, and is shown only.
    pub mark: Option<u128>,
}

/// Whoever tells the events of a run one after the other.
pub trait Teller {
    /// The next event; `None` when the run is over.
    ///
    /// # Errors
    ///
    /// Texts of why it cannot be told.
    fn next(&mut self) -> Result<Option<Told>, Vec<String>>;
}

/// The lines of one run around the first difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// When its differing event is; `None` = it has none left.
    pub at: Option<SimTime>,
    /// What was told since the last event that is the same, without being compared.
    pub aside: Vec<String>,
    /// Its differing event and what follows, at most [`LINES_AFTER`] more.
    pub lines: Vec<String>,
}

/// Where two runs part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDifference {
    /// How many events before it are the same.
    pub equal: u64,
    /// The last of them, at most [`LINES_BEFORE`].
    pub before: Vec<String>,
    /// Both runs from there.
    pub sides: [Side; 2],
}

/// Lines shown before the difference.
pub const LINES_BEFORE: usize = 3;
/// Lines shown after it.
pub const LINES_AFTER: usize = 2;

/// The first event in which two runs differ; `None` when they tell the same.
///
/// # Errors
///
/// Texts of why one of them cannot go on.
pub fn first_difference(tellers: [&mut dyn Teller; 2]) -> Result<Option<FirstDifference>, Vec<String>> {
    let [first, second] = tellers;
    let mut before: VecDeque<String> = VecDeque::new();
    let mut equal = 0;
    loop {
        let (mut left, mut right) = (Side::default(), Side::default());
        let (one, other) = (counted(first, &mut left)?, counted(second, &mut right)?);
        match (&one, &other) {
            (None, None) => return Ok(None),
            (Some(one), Some(other)) if one.mark == other.mark => {
                equal += 1;
                if before.len() == LINES_BEFORE {
                    before.pop_front();
                }
                before.push_back(one.line.clone());
            }
            _ => {
                follow(first, one, &mut left)?;
                follow(second, other, &mut right)?;
                return Ok(Some(FirstDifference { equal, before: before.into(), sides: [left, right] }));
            }
        }
    }
}

/// The next event that counts; what is told before it is put aside, the last lines of it.
fn counted(teller: &mut dyn Teller, side: &mut Side) -> Result<Option<Told>, Vec<String>> {
    loop {
        match teller.next()? {
            Some(told) if told.mark.is_none() => {
                if side.aside.len() == LINES_BEFORE {
                    side.aside.remove(0);
                }
                side.aside.push(told.line);
            }
            told => return Ok(told),
        }
    }
}

/// Notes the differing event and what follows.
fn follow(teller: &mut dyn Teller, differing: Option<Told>, side: &mut Side) -> Result<(), Vec<String>> {
    side.at = differing.as_ref().map(|told| told.at);
    let mut next = differing;
    while let Some(told) = next {
        side.lines.push(told.line);
        if side.lines.len() > LINES_AFTER {
            break;
        }
        next = counted(teller, &mut Side::default())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct List(VecDeque<Told>);

    impl Teller for List {
        fn next(&mut self) -> Result<Option<Told>, Vec<String>> {
            Ok(self.0.pop_front())
        }
    }

    /// Every letter is an event, a capital one that does not count.
    fn list(letters: &str) -> List {
        let told = |(place, letter): (usize, char)| Told {
            at: SimTime::from_ms(place as u64),
            line: letter.to_string(),
            mark: letter.is_lowercase().then_some(letter as u128),
        };
        List(letters.chars().enumerate().map(told).collect())
    }

    fn difference(first: &str, second: &str) -> Option<FirstDifference> {
        first_difference([&mut list(first), &mut list(second)]).expect("lists can be told")
    }

    #[test]
    fn the_place_is_the_first_letter_that_differs() {
        for first in ["", "a", "abc", "abcdefg", "abxdefg", "Kabc", "abKc", "abcKK"] {
            for second in ["", "a", "abc", "abcdefg", "abxdefg", "abxyz", "QabQcQ"] {
                let plain = |text: &str| text.chars().filter(|one| one.is_lowercase()).collect::<Vec<_>>();
                let (left, right) = (plain(first), plain(second));
                let same = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
                match difference(first, second) {
                    None => assert_eq!(left, right, "{first} {second}"),
                    Some(found) => {
                        assert!(left != right, "{first} {second}");
                        assert_eq!(found.equal, same as u64, "{first} {second}");
                        let first_line = |side: &Side| side.lines.first().cloned();
                        assert_eq!(first_line(&found.sides[0]), left.get(same).map(char::to_string));
                        assert_eq!(first_line(&found.sides[1]), right.get(same).map(char::to_string));
                    }
                }
            }
        }
    }

    #[test]
    fn a_few_lines_are_shown_around_it() {
        let found = difference("abcdeKxyzw", "abcdefg").expect("a difference");
        assert_eq!(found.before, ["c", "d", "e"]);
        assert_eq!(found.sides[0].aside, ["K"]);
        assert_eq!(found.sides[0].lines, ["x", "y", "z"]);
        assert_eq!(found.sides[1].lines, ["f", "g"]);
        assert_eq!(found.sides[0].at, Some(SimTime::from_ms(6)));
    }
}
