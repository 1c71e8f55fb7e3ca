//! `import`: dumps of a live cluster become a scenario file; every gap and default is listed.

use super::args::ImportArguments;
use super::failure::Failure;
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
        default_memory_bytes: arguments.default_memory.as_deref().map(memory).transpose()?,
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
        Some(path) => write_whole(path, &text)?,
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

/// Writes under a temporary name and renames, so that nothing half-written is left.
fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let draft = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    fs::write(&draft, text).map_err(Failure::writing(path))?;
    fs::rename(&draft, path).map_err(Failure::writing(path))
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

/// `32GiB`, `2GB` or whole bytes.
fn memory(text: &str) -> Result<u64, Failure> {
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
        Failure::WrongInput(vec![format!(
            "--default-memory {text}: no size; write 32GiB, 2GB, or whole bytes"
        )])
    })
}
