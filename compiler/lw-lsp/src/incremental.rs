//! What an edit costs, counted: statements parsed and checked, whatever the size of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::documents::{Document, uri_of};
use crate::positions::Text;
use crate::random_edits::Memory;
use crate::workspace::Workspace;

const FILES: usize = 200;

/// Modules that each import the one before, and a composition that uses the last.
fn project() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::from([(PathBuf::from("/p/lw.toml"), "name = \"p\"\n".to_string())]);
    for number in 0..FILES - 1 {
        let mut text = String::new();
        if number > 0 {
            text += &format!("import M{}\n\nfun far(x: Int) -> Int: M{}.near(x)\n\n", number - 1, number - 1);
        }
        text += "fun near(x: Int) -> Int: x + 1\n\nfun other(x: Int) -> String: \"\\(x)\"\n";
        files.insert(PathBuf::from(format!("/p/M{number}.lw")), text);
    }
    let main = format!(
        "composition\n\nimport M{0}\nimport AWS.EC2 as EC2\n\nbase: M{0}.near(1)\n\ndouble: base * 2\n\nString shown: \"\\(double)\"\n\nalone: 7\n\nvpc: EC2.VPC {{cidrBlock: \"10.0.0.0/16\"}}\n\nnet: EC2.Subnet {{vpcId: vpc, cidrBlock: \"10.0.1.0/24\"}}\n",
        FILES - 2
    );
    files.insert(PathBuf::from("/p/main.lw"), main);
    files
}

struct Opened {
    workspace: Workspace,
    path: PathBuf,
    version: i32,
}

impl Opened {
    fn new(file: &str) -> Opened {
        let files = project();
        let path = PathBuf::from(file);
        let text = files[&path].clone();
        let mut workspace = Workspace::new(Arc::new(Memory(files)));
        workspace.folders = vec![PathBuf::from("/p")];
        let uri = uri_of(&path).expect("an address");
        workspace.documents.insert(path.clone(), Document { uri, version: 1, text: Text::new(Arc::from(text)) });
        let number = workspace.project_of(Path::new("/p/main.lw"));
        assert_eq!(workspace.session(number).roots().count(), FILES);
        assert_eq!(workspace.session(number).diagnostics(), []);
        Opened { workspace, path, version: 1 }
    }

    /// Replaces a piece of text: whether that could be followed, and how many statements were parsed and checked.
    fn edit(&mut self, old: &str, new: &str) -> (bool, u64, u64) {
        let mut document = self.workspace.documents.remove(&self.path).expect("it is open");
        assert_eq!(document.text.text.matches(old).count(), 1, "{old}");
        self.version += 1;
        let text = document.text.text.replace(old, new);
        document = Document { version: self.version, text: Text::new(Arc::from(text)), ..document };
        self.workspace.documents.insert(self.path.clone(), document);
        self.workspace.changed(&self.path);
        let number = self.workspace.project_of(&self.path);
        let before = self.workspace.project(number).session_now().expect("it was checked").followed_work();
        let followed = self.workspace.follow(number);
        let after = self.workspace.session(number).followed_work();
        (followed, after.parsed.wrapping_sub(before.parsed), after.checked.wrapping_sub(before.checked))
    }

    fn codes(&mut self) -> Vec<&'static str> {
        let number = self.workspace.project_of(&self.path);
        self.workspace.session(number).diagnostics().iter().map(|one| one.code).collect()
    }
}

#[test]
fn an_edit_within_a_statement_costs_that_statement() {
    let mut opened = Opened::new("/p/main.lw");
    assert_eq!(opened.edit("alone: 7", "alone: 78"), (true, 1, 1));
    assert_eq!(opened.edit("10.0.0.0/16", "10.1.0.0/16"), (true, 1, 1));
    // What it makes is a VPC as before: nothing else is looked at, whoever refers to it.
    assert_eq!(opened.edit("\"10.1.0.0/16\"}", "\"10.1.0.0/16\", enableDnsSupport: True}"), (true, 1, 1));
}

#[test]
fn another_type_reaches_what_depends_on_it_and_no_further() {
    let mut opened = Opened::new("/p/main.lw");
    // `base` is another type now; `double` takes it, `shown` has a type of its own and takes `double`.
    assert_eq!(opened.edit("base: M198.near(1)", "base: True"), (true, 1, 1 + 3));
    assert_eq!(opened.codes(), ["LW0221"]);
    assert_eq!(opened.edit("base: True", "base: M198.near(1)"), (true, 1, 1 + 3));
    assert!(opened.codes().is_empty());
}

#[test]
fn what_is_half_written_costs_its_neighbours_at_most() {
    let mut opened = Opened::new("/p/main.lw");
    let (followed, parsed, checked) = opened.edit("alone: 7", "alone: (7");
    assert!(followed && parsed == 3 && checked == 0, "{followed} {parsed} {checked}");
    assert_eq!(opened.codes(), ["LW0110"]);
    let (followed, parsed, checked) = opened.edit("alone: (7", "alone: (7)");
    assert!(followed && parsed == 3 && checked == 1, "{followed} {parsed} {checked}");
    assert!(opened.codes().is_empty());
    // A statement more, and its name is misspelt elsewhere.
    let (followed, parsed, checked) = opened.edit("alone: (7)\n", "alone: (7)\n\nmore: alone + aloen\n");
    assert!(followed && parsed <= 4 && checked == 1, "{followed} {parsed} {checked}");
    assert_eq!(opened.codes(), ["LW0201"]);
    let (followed, parsed, checked) = opened.edit("alone: (7)\n", "aloen: 7\n\nalone: (7)\n");
    assert!(followed && parsed <= 4 && checked <= 4, "{followed} {parsed} {checked}");
    assert!(opened.codes().is_empty());
}

#[test]
fn a_module_reaches_the_files_that_use_what_changed() {
    let mut opened = Opened::new("/p/M7.lw");
    assert_eq!(opened.edit("x + 1", "x + 2"), (true, 1, 1));
    // Every module has a `near`; who means this one is looked at.
    assert_eq!(opened.edit("fun near(x: Int) -> Int: x + 2", "fun near(x: Int) -> Float: 1.0"), (true, 1, 1 + 2));
    assert_eq!(opened.codes(), ["LW0205"]);
}
