//! `import`: dumps of a live cluster become a scenario file; every gap and default is listed.

use super::args::import::ImportArguments;
use super::failure::Failure;
use super::read;
use crate::import::import;
use crate::import::request::{Options, Source};
use crate::scenario;
use crate::scenario::overrides::Overrides;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

/// Imports all files given into one scenario.
///
/// # Errors
///
/// When a file cannot be read or understood, or the scenario not be written.
pub fn run(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let mut sources = Vec::new();
    for path in &arguments.files {
        let bytes = fs::read(path).map_err(|cause| Failure::Unreadable { path: path.clone(), cause })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        sources.push(Source { name: path.display().to_string(), text });
    }
    let options = Options {
        milvus_version: arguments.milvus.clone(),
        bytes_per_row: arguments.bytes_per_row,
        default_memory_bytes: default_memory(arguments)?,
        name: arguments.name.clone().unwrap_or_else(|| name_of(arguments.output.as_deref())),
        duration: arguments.duration.clone(),
        redact: arguments.redact,
    };
    let imported =
        import(&sources, &options).map_err(|error| Failure::WrongInput(vec![error.to_string()]))?;
    let mut text = serde_json::to_string_pretty(&imported.scenario)
        .map_err(|error| Failure::WrongInput(vec![error.to_string()]))?;
    text.push('\n');
    for note in &imported.notes {
        eprintln!("{note}");
    }
    match &arguments.output {
        None => stdout().write_all(text.as_bytes()).map_err(Failure::printing)?,
        Some(path) => read::write_whole(path, &text)?,
    }
    warn_of_faults(&text, arguments.output.as_deref());
    Ok(ExitCode::SUCCESS)
}

/// Says at once what `run` would refuse: a dump can contradict itself.
fn warn_of_faults(text: &str, output: Option<&Path>) {
    let name = output.map_or_else(|| "scenario".to_owned(), |path| path.display().to_string());
    if let Err(faults) = scenario::parse(text, &name, &Overrides::default()) {
        eprintln!("conflict: the scenario does not run as it is; mend these first:");
        for fault in faults {
            eprintln!("  {fault}");
        }
    }
}

/// The scenario's name: that of the file it goes to, as far as it may be one.
fn name_of(output: Option<&Path>) -> String {
    let stem = output.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().to_lowercase());
    let allowed = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || "_.-".contains(one);
    let stem = stem.map(|stem| stem.replace(|one| !allowed(one), "_"));
    let is_name =
        |stem: &String| stem.starts_with(|one: char| one.is_ascii_alphanumeric()) && stem.len() <= 100;
    stem.filter(is_name).unwrap_or_else(|| "imported".to_owned())
}

fn default_memory(arguments: &ImportArguments) -> Result<Option<u64>, Failure> {
    arguments.default_memory.as_deref().map(|text| read::size("--default-memory", text)).transpose()
}
