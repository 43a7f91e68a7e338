//! What the Conductor tells people who asked for something that it cannot or will not do.

use std::fmt;

use conductor_core::{Place, Refusal};
use conductor_store::StoreError;
use lw_plan::ResourcePath;
use serde::{Deserialize, Serialize};

/// One reason, in the shape of a diagnostic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `LW05xx`, with a page in docs/errors.
    pub code: String,
    /// The headline: lower case, no final stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    pub paths: Vec<ResourcePath>,
    pub place: Option<Place>,
    pub exit: Exit,
}

/// What a command that meets the problem exits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exit {
    /// 1: what was asked for is refused.
    Refused,
    /// 2: the command does not make sense as it was given.
    Usage,
    /// 3: the world is not as it should be.
    Runtime,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Runtime => 3,
        }
    }
}

impl Problem {
    pub(crate) fn new(code: &str, exit: Exit, message: impl Into<String>) -> Problem {
        Problem { code: code.to_string(), message: message.into(), help: None, paths: Vec::new(), place: None, exit }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        Problem {
            code: refusal.kind.code().to_string(),
            message: refusal.message,
            help: refusal.help,
            paths: refusal.paths,
            place: refusal.place,
            exit: Exit::Refused,
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Problem {
        Problem::new(error.code(), Exit::Runtime, error.to_string()).help(error.help())
    }
}

impl From<&StoreError> for Problems {
    fn from(error: &StoreError) -> Problems {
        Problem::from(error).into()
    }
}

impl From<StoreError> for Problems {
    fn from(error: StoreError) -> Problems {
        Problem::from(&error).into()
    }
}

/// Why there is no answer: never empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Takes refusals, if there are any.
    pub(crate) fn of(problems: Vec<Problem>) -> Option<Problems> {
        (!problems.is_empty()).then_some(Problems(problems))
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// What the command exits with: the gravest.
    pub fn exit(&self) -> Exit {
        let grave = |exit: Exit| self.0.iter().any(|problem| problem.exit == exit);
        if grave(Exit::Runtime) {
            Exit::Runtime
        } else if grave(Exit::Usage) {
            Exit::Usage
        } else {
            Exit::Refused
        }
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            let separator = if number > 0 { "; " } else { "" };
            write!(formatter, "{separator}{} [{}]", problem.message, problem.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
