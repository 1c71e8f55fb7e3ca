//! Scenario files read, options applied.

use super::args::ScenarioOptions;
use super::failure::Failure;
use crate::scenario::error::ScenarioError;
use crate::scenario::overrides::{MilvusYaml, Overrides};
use crate::scenario::{self, Scenario};
use crate::units::SimTime;
use std::path::Path;

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

/// The name of a file for messages, and its text.
///
/// # Errors
///
/// When it cannot be read, or is not UTF-8.
pub fn text(path: &Path) -> Result<(String, String), Failure> {
    let bytes = std::fs::read(path).map_err(|cause| Failure::Unreadable { path: path.to_owned(), cause })?;
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
        seed: options.seed,
        until: options.until.as_deref().map(until).transpose()?,
    })
}

/// `90s`, `1h30m`, or a number of seconds.
fn until(text: &str) -> Result<SimTime, Failure> {
    let wrong = || {
        let fault = format!("--until {text}: no time; write 90s, 1h30m, or a number of seconds");
        Failure::WrongInput(vec![fault])
    };
    if let Ok(seconds) = text.parse::<f64>() {
        let milliseconds = seconds * 1000.0;
        if !(0.0..=9e15).contains(&milliseconds) || milliseconds.fract() != 0.0 {
            return Err(wrong());
        }
        return Ok(SimTime::from_ms(milliseconds as u64));
    }
    let duration = humantime::parse_duration(text).map_err(|_| wrong())?;
    let milliseconds = u64::try_from(duration.as_millis()).map_err(|_| wrong())?;
    Ok(SimTime::from_ms(milliseconds))
}
