//! A program that plans in the place of Milvus's balancer: `--balancer exec:PROGRAM`.

use std::time::Duration;

/// What the name of such a balancer begins with.
pub const EXEC: &str = "exec:";
/// How long an answer may take where nobody says otherwise.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The program, as the command line names it. A scenario file cannot: whoever runs somebody else's file does
/// not run somebody else's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `exec:PROGRAM` as given: the balancer's name in the results.
    pub name: String,
    /// The program and its arguments, at least the program.
    pub words: Vec<String>,
    /// How long each answer may take.
    pub answer_within: Duration,
}

impl Program {
    /// Reads `exec:PROGRAM ARGUMENT...`; `None` = the name is no program's.
    ///
    /// Words are told apart as by a POSIX shell: blanks separate, quotes and backslashes protect. Nothing is
    /// expanded, and no shell runs.
    ///
    /// # Errors
    ///
    /// What is wrong, and what would be right.
    pub fn parse(name: &str) -> Option<Result<Program, (String, &'static str)>> {
        let line = name.strip_prefix(EXEC)?;
        let example = "write exec:PROGRAM or \"exec:PROGRAM ARGUMENT...\", such as \"exec:python3 my.py\"";
        Some(match shell_words::split(line) {
            Err(_) => Err((format!("a quotation mark in {line} is not closed"), example)),
            Ok(words) if words.first().is_none_or(String::is_empty) => {
                Err((format!("{EXEC} names no program"), example))
            }
            Ok(words) => Ok(Program { name: name.to_owned(), words, answer_within: ANSWER_WITHIN }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str) -> Option<Vec<String>> {
        Program::parse(name)?.ok().map(|program| program.words)
    }

    #[test]
    fn words_are_those_of_a_shell_that_expands_nothing() {
        assert_eq!(Program::parse("ScoreBasedBalancer"), None);
        let python = ["python3", "my policy.py", "$HOME", "*"].map(str::to_owned);
        assert_eq!(words("exec:python3 'my policy.py' $HOME *"), Some(python.to_vec()));
        assert_eq!(words("exec: /opt/my\\ policy"), Some(vec!["/opt/my policy".to_owned()]));
        for wrong in ["exec:", "exec:  ", "exec:\"\"", "exec:a 'b"] {
            assert_eq!(words(wrong), None, "{wrong}");
        }
    }
}
