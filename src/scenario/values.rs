//! Single values of a scenario: times, sizes, rates, ids, numbers, words.

use super::decimal::{Unfit, whole};
use super::faults::Faults;
use super::json::{Json, Node};
use super::limits::{BYTES_MAX, DURATION_MAX_MS, ID_MAX};
use super::words::quoted;
use crate::units::{SimDuration, SimTime};
use std::time::Duration;

const TIME_REMEDY: &str = "write \"90s\", \"1h30m\", \"250ms\" or a number of seconds, at most 366 days";
const SIZE_REMEDY: &str = "write \"512MiB\", \"2GB\" or a whole number of bytes, at most 1PiB";
const RATE_REMEDY: &str = "write \"400MiB/s\" or a whole number of bytes per second, above 0";

/// Bytes per unit of a size.
const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
];

/// A text, number or literal as written, for a message.
pub(super) fn shown(node: &Node) -> String {
    match &node.json {
        Json::Text(text) => quoted(text),
        Json::Number(number) if number.len() <= 40 => number.to_string(),
        Json::Number(number) => format!("{}...", &number[..40]),
        Json::Bool(value) => value.to_string(),
        _ => node.kind().to_owned(),
    }
}

fn misfit(node: &Node, what: &str, unfit: Unfit, finest: &str, most: &str) -> String {
    match unfit {
        Unfit::NoNumber => format!("{} is no {what}", shown(node)),
        Unfit::Negative => format!("{} is negative", shown(node)),
        Unfit::TooFine => format!("{} is finer than {finest}", shown(node)),
        Unfit::TooLarge => format!("{} is more than {most}", shown(node)),
    }
}

/// A length of time.
pub(super) fn duration(node: &Node, faults: &mut Faults) -> Option<SimDuration> {
    let read = match &node.json {
        Json::Number(number) => whole(number, 1000),
        Json::Text(text) => milliseconds(text),
        _ => Err(Unfit::NoNumber),
    };
    let read = read.and_then(|ms| if ms > DURATION_MAX_MS { Err(Unfit::TooLarge) } else { Ok(ms) });
    match read {
        Ok(ms) => Some(SimDuration::from_ms(ms)),
        Err(unfit) => {
            faults.add(node.at, misfit(node, "time", unfit, "1 ms", "366 days"), TIME_REMEDY);
            None
        }
    }
}

/// A length of time above zero.
pub(super) fn duration_above_zero(node: &Node, faults: &mut Faults) -> Option<SimDuration> {
    let duration = duration(node, faults)?;
    if duration == SimDuration::ZERO {
        faults.add(node.at, "it must take some time", "write at least \"1ms\"");
        return None;
    }
    Some(duration)
}

/// A point in time, counted from the start.
pub(super) fn time(node: &Node, faults: &mut Faults) -> Option<SimTime> {
    duration(node, faults).map(|since_start| SimTime::ZERO + since_start)
}

fn milliseconds(text: &str) -> Result<u64, Unfit> {
    if text.trim_start().starts_with('-') {
        let rest = humantime::parse_duration(text.trim_start().trim_start_matches('-'));
        return Err(if rest.is_ok() { Unfit::Negative } else { Unfit::NoNumber });
    }
    let duration = humantime::parse_duration(text).map_err(|error| match error {
        humantime::DurationError::NumberOverflow => Unfit::TooLarge,
        _ => Unfit::NoNumber,
    })?;
    let ms = u64::try_from(duration.as_millis()).map_err(|_| Unfit::TooLarge)?;
    if Duration::from_millis(ms) == duration { Ok(ms) } else { Err(Unfit::TooFine) }
}

/// A number of bytes.
pub(super) fn size(node: &Node, faults: &mut Faults) -> Option<u64> {
    let read = match &node.json {
        Json::Number(number) => whole(number, 1),
        Json::Text(text) => bytes(text),
        _ => Err(Unfit::NoNumber),
    };
    match read.and_then(|bytes| if bytes > BYTES_MAX { Err(Unfit::TooLarge) } else { Ok(bytes) }) {
        Ok(bytes) => Some(bytes),
        Err(unfit) => {
            faults.add(node.at, misfit(node, "size", unfit, "1 byte", "1PiB"), SIZE_REMEDY);
            None
        }
    }
}

/// A number of bytes above zero.
pub(super) fn size_above_zero(node: &Node, faults: &mut Faults) -> Option<u64> {
    let bytes = size(node, faults)?;
    if bytes == 0 {
        faults.add(node.at, "it must be above 0", SIZE_REMEDY);
        return None;
    }
    Some(bytes)
}

/// Bytes per second, above zero.
pub(super) fn rate(node: &Node, faults: &mut Faults) -> Option<u64> {
    let read = match &node.json {
        Json::Number(number) => whole(number, 1),
        Json::Text(text) => match text.strip_suffix("/s") {
            Some(size) => bytes(size.trim_end()),
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => whole(text, 1),
            None => Err(Unfit::NoNumber),
        },
        _ => Err(Unfit::NoNumber),
    };
    let fault = match read {
        Ok(0) => "a rate of 0 would load nothing".to_owned(),
        Ok(bytes) if bytes <= BYTES_MAX => return Some(bytes),
        Ok(_) => misfit(node, "rate", Unfit::TooLarge, "", "1PiB/s"),
        Err(unfit) => misfit(node, "rate", unfit, "1 byte per second", "1PiB/s"),
    };
    faults.add(node.at, fault, RATE_REMEDY);
    None
}

fn bytes(text: &str) -> Result<u64, Unfit> {
    let unit_start = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_start);
    if unit.is_empty() {
        let digits_only = number.bytes().all(|byte| byte.is_ascii_digit());
        return if digits_only { whole(number, 1) } else { whole(number, 1).and(Err(Unfit::NoNumber)) };
    }
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(Unfit::NoNumber)?;
    whole(number.trim_end(), *unit)
}

/// The id written here if it is a proper one: 1 to 2^62, as a number or a string of digits.
pub(super) fn quiet_id(node: &Node) -> Option<i64> {
    let id = match &node.json {
        Json::Number(number) => whole(number, 1).ok()?,
        Json::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => whole(digits, 1).ok()?,
        _ => return None,
    };
    i64::try_from(id).ok().filter(|id| (1..=ID_MAX).contains(id))
}

/// An id of something that the scenario declares or refers to.
pub(super) fn id(node: &Node, faults: &mut Faults) -> Option<i64> {
    let id = quiet_id(node);
    if id.is_none() {
        let remedy = format!("write a whole number from 1 to {ID_MAX}, or its digits as a text");
        faults.add(node.at, format!("{} is no id", shown(node)), remedy);
    }
    id
}

/// An id as an operator may mistype it: any 64-bit number.
pub(super) fn any_id(node: &Node, faults: &mut Faults) -> Option<i64> {
    let id = match &node.json {
        Json::Number(digits) | Json::Text(digits) => digits.parse::<i64>().ok(),
        _ => None,
    };
    if id.is_none() {
        faults.add(
            node.at,
            format!("{} is no 64-bit id", shown(node)),
            "write a whole number, or its digits as a text",
        );
    }
    id
}

/// A whole number from `least` to `most`.
pub(super) fn count(node: &Node, least: u64, most: u64, faults: &mut Faults) -> Option<u64> {
    let read = match &node.json {
        Json::Number(number) => whole(number, 1),
        _ => Err(Unfit::NoNumber),
    };
    if let Ok(count) = read
        && (least..=most).contains(&count)
    {
        return Some(count);
    }
    let fault = match read {
        Ok(_) => format!("{} is out of range", shown(node)),
        Err(unfit) => misfit(node, "whole number", unfit, "a whole number", &most.to_string()),
    };
    faults.add(node.at, fault, format!("write a whole number from {least} to {most}"));
    None
}

/// [`count`] that fits a u32.
pub(super) fn count_u32(node: &Node, least: u32, faults: &mut Faults) -> Option<u32> {
    count(node, u64::from(least), u64::from(u32::MAX), faults).and_then(|count| u32::try_from(count).ok())
}

/// A finite number of any sign.
pub(super) fn number(node: &Node, faults: &mut Faults) -> Option<f64> {
    let number = match &node.json {
        Json::Number(number) => number.parse::<f64>().ok().filter(|number| number.is_finite()),
        _ => None,
    };
    if number.is_none() {
        faults.add(node.at, format!("{} is no finite number", shown(node)), "write a number such as 0.25");
    }
    number
}

/// A finite number that is not negative.
pub(super) fn number_from_zero(node: &Node, faults: &mut Faults) -> Option<f64> {
    let number = number(node, faults)?;
    if number < 0.0 {
        faults.add(node.at, format!("{} is negative", shown(node)), "write a number from 0 on");
        return None;
    }
    Some(number)
}

/// A finite number above zero.
pub(super) fn number_above_zero(node: &Node, faults: &mut Faults) -> Option<f64> {
    let number = number(node, faults)?;
    if number <= 0.0 {
        faults.add(node.at, format!("{} is not above 0", shown(node)), "write a number above 0");
        return None;
    }
    Some(number)
}

/// A text.
pub(super) fn text<'n>(node: &'n Node, faults: &mut Faults) -> Option<&'n str> {
    if let Json::Text(text) = &node.json {
        return Some(text);
    }
    faults.add(node.at, format!("{} where a text belongs", shown(node)), "write a text in double quotes");
    None
}

/// A text that is not empty: a name.
pub(super) fn name<'n>(node: &'n Node, faults: &mut Faults) -> Option<&'n str> {
    let name = text(node, faults)?;
    if name.is_empty() {
        faults.add(node.at, "the name is empty", "write a name");
        return None;
    }
    Some(name)
}

/// `true` or `false`.
pub(super) fn boolean(node: &Node, faults: &mut Faults) -> Option<bool> {
    if let Json::Bool(value) = node.json {
        return Some(value);
    }
    faults.add(node.at, format!("{} where a boolean belongs", shown(node)), "write true or false");
    None
}

/// One of a closed list of words.
pub(super) fn word<T: Copy>(node: &Node, words: &[(&str, T)], faults: &mut Faults) -> Option<T> {
    let found = match &node.json {
        Json::Text(text) => words.iter().find(|(word, _)| word == text).map(|(_, meaning)| *meaning),
        _ => None,
    };
    if found.is_none() {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        faults.add(
            node.at,
            format!("{} is not known here", shown(node)),
            format!("write {}", known.join(" or ")),
        );
    }
    found
}

/// The elements of an array.
pub(super) fn list<'n, 't>(node: &'n Node<'t>, faults: &mut Faults) -> Option<&'n [Node<'t>]> {
    if let Json::Array(elements) = &node.json {
        return Some(elements);
    }
    faults.add(node.at, format!("{} where an array belongs", shown(node)), "write [ ... ]");
    None
}
