use crate::Span;

/// How bad it is. Errors stop what follows, warnings do not, notes inform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A place and what the text there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

/// One replacement of source text; machine-applicable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Something the user should know, with its place, its reason and, where it can be computed, the edit that fixes it.
///
/// Built with [`Diagnostic::error`] and the `with_*` methods, by one function per code in the phase that finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `LW` and four digits; each has a page in docs/errors.
    pub code: &'static str,
    pub severity: Severity,
    /// The headline: lower case, no final stop, names in backticks, true when read alone.
    pub message: String,
    /// Where; absent only for what has no place in any source (a missing file).
    pub primary: Option<Label>,
    pub secondary: Vec<Label>,
    /// Why.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// The edits that do what `help` says.
    pub edits: Vec<Edit>,
    /// The policy that was broken, for LW03xx.
    pub policy: Option<String>,
    /// The resource's path, where there is one.
    pub path: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Warning, message)
    }

    fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            note: None,
            help: None,
            edits: Vec::new(),
            policy: None,
            path: None,
        }
    }

    /// The place, and what the text there is.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.primary = Some(Label { span, message: label.into() });
        self
    }

    /// The other party's place.
    #[must_use]
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, message: label.into() });
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.note = Some(note.into());
        self
    }

    /// Advice that no edit can carry out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Advice that `edits` carry out.
    #[must_use]
    pub fn fix(mut self, help: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> Diagnostic {
        self.help = Some(help.into());
        self.edits.extend(edits);
        self
    }

    #[must_use]
    pub fn on_path(mut self, path: impl Into<String>) -> Diagnostic {
        self.path = Some(path.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
