//! A real editor: Neovim without a screen, by the script in tests/editors. Where it is not installed, the test says so and passes.

use std::path::Path;
use std::process::Command;

use crate::lw::{BINARY, Folder, repository};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a copy");
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
fn neovim_works_on_the_web_example() {
    if Command::new("nvim").arg("--version").output().is_err() {
        println!("nvim is not installed: apt-get install neovim");
        return;
    }
    let folder = Folder::new();
    copy(&repository().join("examples/web"), folder.path());
    let cache = folder.path().join("../cache");
    let output = Command::new("nvim")
        .args(["--clean", "--headless", "--cmd"])
        .arg(format!("set runtimepath+={}", repository().join("editors/neovim").display()))
        .arg("-c")
        .arg(format!("luafile {}", repository().join("tests/editors/neovim.lua").display()))
        .current_dir(folder.path())
        .env("LINEWORK_BINARY", &*BINARY)
        .env("LINEWORK_RENAME_FROM", "new")
        .env("LINEWORK_RENAME_TO", "lay")
        .env("XDG_CACHE_HOME", &cache)
        .env("XDG_STATE_HOME", folder.path().join("../state"))
        .env("XDG_DATA_HOME", folder.path().join("../data"))
        .output()
        .expect("nvim runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let network = std::fs::read_to_string(folder.path().join("Web/Network.lw")).expect("a file");
    assert!(network.contains("fun lay"), "{network}");
}
