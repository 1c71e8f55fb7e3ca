//! `completions` and `man`: what shells and `man` want to know, from the definition of the arguments.

use super::args::Arguments;
use super::args::manual::{CompletionsArguments, ManArguments};
use super::failure::Failure;
use clap::{Command, CommandFactory};
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Prints the completion script of a shell.
///
/// # Errors
///
/// When it cannot be printed.
pub fn completions(arguments: &CompletionsArguments) -> Result<ExitCode, Failure> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    // Into memory first: what writes the script panics when its reader is gone.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print(&script)
}

/// Prints a manual page.
///
/// # Errors
///
/// When there is no such command, or the page cannot be printed.
pub fn man(arguments: &ManArguments) -> Result<ExitCode, Failure> {
    let mut command = Arguments::command();
    // Names the commands in full, such as `evenkeel-run`, and puts what they share into each.
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => command.find_subcommand(name).cloned().ok_or_else(|| unknown(&command, name))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::printing)?;
    print(&text)
}

fn unknown(command: &Command, name: &str) -> Failure {
    let commands = command.get_subcommands().map(Command::get_name);
    let commands: Vec<&str> = commands.filter(|name| *name != "help").collect();
    Failure::WrongInput(vec![format!("man {name}: no such command; there are {}", commands.join(", "))])
}

fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    stdout().write_all(text).map_err(Failure::printing)?;
    Ok(ExitCode::SUCCESS)
}
