//! `cargo xtask edits`: the files that random edits are made to.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Real files of several kinds, as one project: a composition, its modules, a library's functions.
const FILES: [(&str, &str); 7] = [
    ("/web/lw.toml", "examples/web/lw.toml"),
    ("/web/main.lw", "examples/web/main.lw"),
    ("/web/Web/Network.lw", "examples/web/Web/Network.lw"),
    ("/web/Web/Alarms.lw", "examples/web/Web/Alarms.lw"),
    ("/web/Web/Rules.lw", "examples/web/Web/Rules.lw"),
    ("/web/Web/Storage.lw", "examples/web/Web/Storage.lw"),
    ("/web/Lists.lw", "stdlib/Ludwig/List.lw"),
];

/// Their texts, by where the project has them.
pub fn sources(repository: &Path) -> io::Result<BTreeMap<PathBuf, String>> {
    let read = |(path, file): &(&str, &str)| Ok((PathBuf::from(path), std::fs::read_to_string(repository.join(file))?));
    FILES.iter().map(read).collect()
}
