//! A Milvus release: its number, which releases are known, and what it is asked.

use super::quirk::Quirk;
use super::table::TABLE;
use std::fmt;
use std::str::FromStr;

/// A Milvus release, such as 2.1.4.
///
/// Nobody compares release numbers: code asks [`Release::has`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    major: u16,
    minor: u16,
    patch: u16,
    /// Its place in [`BITS`]; it follows from the number and ascends with it.
    place: u16,
}

/// A line of releases: `2.3` means `named`; patches up to `last` are known.
struct Line {
    named: Release,
    last: Release,
}

/// Places in [`BITS`] of each line; the last one is also that of any later patch.
const PATCHES: u16 = 32;

/// The last place: that of the branch ahead of all releases.
const LAST_PLACE: u16 = 8 * PATCHES;

/// Words that hold one bit for each quirk.
const WORDS: usize = 3;

/// The table by place and quirk, one bit each: it is asked too often to be searched.
static BITS: [[u64; WORDS]; LAST_PLACE as usize + 1] = bits();

const fn bits() -> [[u64; WORDS]; LAST_PLACE as usize + 1] {
    let mut bits = [[0; WORDS]; LAST_PLACE as usize + 1];
    let mut row = 0;
    while row < TABLE.len() {
        let quirk = TABLE[row].quirk as usize;
        let mut span = 0;
        while span < TABLE[row].spans.len() {
            let (from, until) = TABLE[row].spans[span];
            let mut place = from.place as usize;
            while place <= until.place as usize {
                bits[place][quirk / 64] |= 1 << (quirk % 64);
                place += 1;
            }
            span += 1;
        }
        row += 1;
    }
    bits
}

/// Where a release stands in [`BITS`].
const fn place_of(major: u16, minor: u16, patch: u16) -> u16 {
    let line = match (major, minor) {
        (2, 0..=6) => minor,
        (3, 0) => 7,
        _ => return LAST_PLACE,
    };
    line * PATCHES + if patch < PATCHES { patch } else { PATCHES - 1 }
}

const fn line(major: u16, minor: u16, named: u16, last: u16) -> Line {
    Line { named: Release::new(major, minor, named), last: Release::new(major, minor, last) }
}

/// Known lines. Of 2.3 the source was read up to 2.3.15; later patches behave as that one does.
const LINES: &[Line] = &[
    line(2, 0, 2, 2),
    line(2, 1, 4, 4),
    line(2, 2, 16, 16),
    line(2, 3, 15, 22),
    line(2, 4, 23, 23),
    line(2, 5, 27, 27),
    line(2, 6, 23, 23),
    line(3, 0, 1, 1),
];

/// The name of the branch that is ahead of all releases.
const MASTER_NAME: &str = "master";

impl Release {
    /// The branch ahead of all releases, as of August 2026.
    pub const MASTER: Release = Release::new(u16::MAX, u16::MAX, u16::MAX);

    /// The release with these numbers, for tables of what holds from which release to which.
    pub(crate) const fn new(major: u16, minor: u16, patch: u16) -> Release {
        Release { major, minor, patch, place: place_of(major, minor, patch) }
    }

    /// Whether this release behaves so.
    #[inline]
    pub fn has(self, quirk: Quirk) -> bool {
        BITS[self.place as usize][quirk as usize / 64] >> (quirk as usize % 64) & 1 == 1
    }

    /// The last patch that we know of the 2.1 line: what `"2.1"` means.
    pub const fn latest_2_1() -> Release {
        Release::new(2, 1, 4)
    }

    /// Why a scenario of this release cannot be run: every known release can.
    pub fn refusal(self) -> Option<String> {
        None
    }

    fn line(self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// Every known line as `first to last`, and master.
    fn known() -> String {
        let lines: Vec<String> = LINES
            .iter()
            .map(|line| format!("{}.{}.0 to {}", line.last.major, line.last.minor, line.last))
            .collect();
        format!("{} and {MASTER_NAME}", lines.join(", "))
    }

    /// The known releases just below and just above `self`, which is not known.
    fn neighbours(self) -> String {
        let below = LINES.iter().map(|line| line.last).rfind(|last| *last < self);
        let above = LINES
            .iter()
            .map(|line| Release::new(line.last.major, line.last.minor, 0))
            .find(|first| *first > self);
        match (below, above) {
            (Some(below), Some(above)) => format!("the nearest known are {below} and {above}"),
            (None, Some(above)) => format!("the first known is {above}"),
            (Some(below), None) => format!("the nearest known are {below} and {MASTER_NAME}"),
            (None, None) => format!("known are {}", Release::known()),
        }
    }
}

impl FromStr for Release {
    type Err = String;

    /// Reads `2.4.23`, `2.4` for the patch that stands for its line, or `master`; a leading `v` is allowed.
    ///
    /// # Errors
    ///
    /// Says which known releases are nearest to this one.
    fn from_str(text: &str) -> Result<Release, String> {
        if text == MASTER_NAME {
            return Ok(Release::MASTER);
        }
        let unknown = |known: String| format!("\"{text}\" is no Milvus release that evenkeel knows; {known}");
        let numbers: Result<Vec<u16>, _> =
            text.strip_prefix('v').unwrap_or(text).split('.').map(str::parse::<u16>).collect();
        let (asked, names_line) = match numbers.as_deref() {
            Ok([major, minor]) => (Release::new(*major, *minor, 0), true),
            Ok([major, minor, patch]) => (Release::new(*major, *minor, *patch), false),
            _ => return Err(unknown(format!("known are {}", Release::known()))),
        };
        match LINES.iter().find(|line| line.last.line() == asked.line()) {
            Some(line) if names_line => Ok(line.named),
            Some(line) if asked <= line.last => Ok(asked),
            _ => Err(unknown(asked.neighbours())),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Release::MASTER {
            return formatter.write_str(MASTER_NAME);
        }
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<Release>().map(|release| release.to_string())
    }

    #[test]
    fn every_line_is_read_with_and_without_its_patch() {
        for (text, release) in [
            ("2.0", "2.0.2"),
            ("2.2", "2.2.16"),
            ("2.3", "2.3.15"),
            ("v2.3.19", "2.3.19"),
            ("2.4", "2.4.23"),
            ("v2.5", "2.5.27"),
            ("2.6.20", "2.6.20"),
            ("2.6", "2.6.23"),
            ("3.0.0", "3.0.0"),
            ("3.0", "3.0.1"),
            ("master", "master"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(release));
        }
    }

    #[test]
    fn an_unknown_release_names_its_neighbours() {
        let unknown = |text, known: &str| {
            let error = format!("\"{text}\" is no Milvus release that evenkeel knows; {known}");
            assert_eq!(read(text), Err(error));
        };
        unknown("2.4.24", "the nearest known are 2.4.23 and 2.5.0");
        unknown("1.1", "the first known is 2.0.0");
        unknown("v3.1.0", "the nearest known are 3.0.1 and master");
        let all = "known are 2.0.0 to 2.0.2, 2.1.0 to 2.1.4, 2.2.0 to 2.2.16, 2.3.0 to 2.3.22, \
                   2.4.0 to 2.4.23, 2.5.0 to 2.5.27, 2.6.0 to 2.6.23, 3.0.0 to 3.0.1 and master";
        unknown("latest", all);
    }

    #[test]
    fn a_quirk_may_hold_in_several_lines() {
        let held = |quirk, text: &str| text.parse::<Release>().expect("known").has(quirk);
        for (release, truncates) in
            [("2.4.12", false), ("2.4.21", true), ("2.4.22", false), ("2.5.3", true), ("2.5.4", false)]
        {
            assert_eq!(held(Quirk::PriorityTruncates, release), truncates, "{release}");
        }
        for (release, dead) in [
            ("2.4.13", true),
            ("2.6.22", true),
            ("2.6.23", false),
            ("3.0.0", true),
            ("3.0.1", false),
            ("master", false),
        ] {
            assert_eq!(held(Quirk::TolerationIsDead, release), dead, "{release}");
        }
    }

    #[test]
    fn bits_say_what_the_spans_say() {
        let patches = |line: &Line| {
            let last = line.last;
            (0..=last.patch).map(move |patch| Release::new(last.major, last.minor, patch))
        };
        let known: Vec<Release> = LINES.iter().flat_map(patches).chain([Release::MASTER]).collect();
        assert!(known.windows(2).all(|pair| pair[0].place < pair[1].place), "each has a place of its own");
        for release in known {
            for row in TABLE {
                let is_within = row.spans.iter().any(|(from, until)| *from <= release && release <= *until);
                assert_eq!(release.has(row.quirk), is_within, "{:?} in {release}", row.quirk);
            }
        }
    }

    #[test]
    fn every_row_has_spans_that_ascend() {
        for row in TABLE {
            assert!(row.spans.iter().all(|(from, until)| from <= until), "{:?}", row.quirk);
            assert!(row.spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "{:?}", row.quirk);
        }
    }
}
