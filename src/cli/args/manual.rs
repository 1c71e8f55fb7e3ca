//! Arguments of `completions` and `man`.

use clap::Args;
use clap_complete::Shell;

/// `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evenkeel completions bash > ~/.local/share/bash-completion/completions/evenkeel
  evenkeel completions fish > ~/.config/fish/completions/evenkeel.fish")]
pub struct CompletionsArguments {
    /// The shell
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evenkeel man | man -l -
  evenkeel man run > evenkeel-run.1")]
pub struct ManArguments {
    /// The command, such as run; without it all of evenkeel
    pub command: Option<String>,
}
