//! Scenario files read, options applied.

use super::args::ScenarioOptions;
use super::failure::Failure;
use crate::experiment::variant::Variant;
use crate::scenario::error::ScenarioError;
use crate::scenario::overrides::{MilvusYaml, Overrides};
use crate::scenario::{self, DURATION_MAX_MS, Scenario};
use crate::units::{SimDuration, SimTime};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Reads a scenario file, options applied.
///
/// # Errors
///
/// Every fault of the file and of the options.
pub fn scenario(path: &Path, options: &ScenarioOptions) -> Result<Scenario, Failure> {
    let overrides = overrides(options)?;
    let (name, text) = text(path)?;
    scenario::parse(&text, &name, &overrides)
        .map_err(|errors| Failure::WrongInput(errors.iter().map(ToString::to_string).collect()))
}

/// A scenario under one variant besides the options common to all, its faults in words. What stands wrong in the
/// values of `--vary` is told as such.
///
/// # Errors
///
/// Every fault of the file, of the options and of the variant.
pub fn variant(
    name: &str,
    text: &str,
    common: &Overrides,
    variant: &Variant,
) -> Result<Arc<Scenario>, Vec<String>> {
    let parsed = scenario::parse(text, name, &variant.onto(common));
    parsed.map(Arc::new).map_err(|faults| faults.into_iter().map(|fault| of_vary(fault, variant)).collect())
}

fn of_vary(fault: ScenarioError, variant: &Variant) -> String {
    let varied = variant.settings.iter().map(|(key, value)| format!("{key}={value}"));
    let mut options = varied.map(|setting| (format!("--set {setting}"), format!("--vary {setting}")));
    match options.find(|(set, _)| *set == fault.file) {
        Some((_, file)) => ScenarioError { file, ..fault }.to_string(),
        None => fault.to_string(),
    }
}

/// The name of a file for messages, and its text.
///
/// # Errors
///
/// When it cannot be read, or is not UTF-8.
pub fn text(path: &Path) -> Result<(String, String), Failure> {
    let bytes = fs::read(path).map_err(|cause| Failure::Unreadable { path: path.to_owned(), cause })?;
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, text)),
        Err(invalid) => {
            let error = ScenarioError::not_utf8(&name, invalid.as_bytes());
            Err(Failure::WrongInput(error.iter().map(ToString::to_string).collect()))
        }
    }
}

/// What the options change, files among them read.
///
/// # Errors
///
/// When a file cannot be read, or an option has no value.
pub fn overrides(options: &ScenarioOptions) -> Result<Overrides, Failure> {
    let mut settings = Vec::new();
    for setting in &options.settings {
        let Some((key, value)) = setting.split_once('=') else {
            let fault = format!("--set {setting}: no value; write --set KEY=VALUE");
            return Err(Failure::WrongInput(vec![fault]));
        };
        settings.push((key.to_owned(), value.to_owned()));
    }
    let mut milvus_yaml = Vec::new();
    for path in &options.milvus_yaml {
        let (name, text) = text(path)?;
        milvus_yaml.push(MilvusYaml { name, text });
    }
    Ok(Overrides {
        milvus_yaml,
        release: options.milvus.clone(),
        settings,
        balancer: options.balancer.clone(),
        exec_timeout: options.exec_timeout.as_deref().map(exec_timeout).transpose()?,
        seed: options.seed,
        until: options.until.as_deref().map(until).transpose()?,
    })
}

/// The point at which to end.
fn until(text: &str) -> Result<SimTime, Failure> {
    time("--until", text).map(|duration| SimTime::ZERO + duration)
}

/// How long a program may take for an answer.
fn exec_timeout(text: &str) -> Result<Duration, Failure> {
    match time("--exec-timeout", text)?.as_ms() {
        0 => Err(Failure::WrongInput(vec![format!("--exec-timeout {text}: no program answers in no time")])),
        milliseconds => Ok(Duration::from_millis(milliseconds)),
    }
}

/// `90s`, `1h30m`, or a number of seconds, given to `option`.
///
/// # Errors
///
/// When it is no time, finer than 1 ms, or more than 366 days.
pub fn time(option: &str, text: &str) -> Result<SimDuration, Failure> {
    let wrong = |what: &str| Failure::WrongInput(vec![format!("{option} {text}: {what}")]);
    let none = || wrong("no time; write 90s, 1h30m, or a number of seconds");
    let milliseconds = if let Ok(seconds) = text.parse::<f64>() {
        let milliseconds = seconds * 1000.0;
        if !(0.0..=9e15).contains(&milliseconds) {
            return Err(none());
        }
        (milliseconds.fract() == 0.0).then_some(milliseconds as u64)
    } else {
        let duration = humantime::parse_duration(text).map_err(|_| none())?;
        let milliseconds = u64::try_from(duration.as_millis()).map_err(|_| none())?;
        duration.subsec_nanos().is_multiple_of(1_000_000).then_some(milliseconds)
    };
    let milliseconds = milliseconds.ok_or_else(|| wrong("finer than 1 ms; write a whole number of it"))?;
    if milliseconds > DURATION_MAX_MS {
        return Err(wrong("more than 366 days; write at most 366d"));
    }
    Ok(SimDuration::from_ms(milliseconds))
}

/// `32GiB`, `2GB` or whole bytes, given to `option`.
///
/// # Errors
///
/// When it is no size.
pub fn size(option: &str, text: &str) -> Result<u64, Failure> {
    let digits = text.trim_end_matches(|one: char| one.is_ascii_alphabetic());
    let factor: Option<u64> = match &text[digits.len()..] {
        "" | "B" => Some(1),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        "TiB" => Some(1 << 40),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "TB" => Some(1_000_000_000_000),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(count, factor)| count.checked_mul(factor));
    bytes.ok_or_else(|| {
        Failure::WrongInput(vec![format!("{option} {text}: no size; write 32GiB, 2GB, or whole bytes")])
    })
}

/// Writes a file under a temporary name and renames it, so that nothing half-written is left. Links are followed,
/// and what is no file, such as a pipe or `/dev/stdout`, is written to as it is.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_whole(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    if fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir()) {
        let written = OpenOptions::new().write(true).open(path);
        let written = written.and_then(|mut pipe| pipe.write_all(content.as_ref()));
        return written.map_err(Failure::writing(path));
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let draft = target.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let written = fs::write(&draft, content).and_then(|()| fs::rename(&draft, &target));
    if written.is_err() {
        // That it cannot be written is told; a draft that cannot be removed was never begun.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(Failure::writing(path))
}
