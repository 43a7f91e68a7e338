use std::sync::{Arc, OnceLock};

/// A source file's number within one [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place as people count: both from 1, columns in Unicode scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Every source text that a run has read, so that a diagnostic from any phase can be shown.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset at which each line starts. Of most files nobody asks: a program reads a hundred modules of the library.
    line_starts: OnceLock<Arc<[u32]>>,
    /// Whether excerpts of it are shown.
    is_hidden: bool,
}

impl File {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect()
        })
    }
}

impl Files {
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        self.files.push(File { name: name.into(), text, line_starts: OnceLock::new(), is_hidden: false });
        FileId(self.files.len() as u32 - 1)
    }

    /// Keeps a file's text out of what is rendered: places in it are named, not shown. For texts that have secrets in them.
    pub fn hide(&mut self, file: FileId) {
        self.files[file.0 as usize].is_hidden = true;
    }

    pub fn is_hidden(&self, file: FileId) -> bool {
        self.files[file.0 as usize].is_hidden
    }

    /// Gives a file another text; what was placed in it is the caller's to move.
    pub fn replace(&mut self, file: FileId, text: Arc<str>) {
        let file = &mut self.files[file.0 as usize];
        file.line_starts = OnceLock::new();
        file.text = text;
    }

    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    pub fn name(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].name
    }

    pub fn text(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].text
    }

    /// Whether the line of a byte offset is too long to be shown.
    pub fn is_long_line(&self, file: FileId, offset: u32) -> bool {
        /// More than any screen has, and than anybody writes.
        const LENGTH_MAX: u32 = 2000;
        let file = &self.files[file.0 as usize];
        let line_starts = file.line_starts();
        let next = line_starts.partition_point(|start| *start <= offset);
        let end = line_starts.get(next).copied().unwrap_or(file.text.len() as u32);
        end - line_starts[next - 1] > LENGTH_MAX
    }

    /// The line and column of a byte offset; an offset past the end counts as the end.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let file = &self.files[file.0 as usize];
        let offset = (offset as usize).min(file.text.len());
        let line_starts = file.line_starts();
        let line = line_starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = line_starts[line] as usize;
        let column = file.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position { line: line as u32 + 1, column: column as u32 + 1 }
    }
}
