//! What somebody who types waits for, beside the language server of YAML: `cargo bench -p linework-benches --bench editor`.
//!
//! `LINEWORK_LW` names the binary, otherwise it is built; `LINEWORK_YAML_SERVER` names `yaml-language-server`, without which there is no
//! peer; `-- --write` puts the figures into docs/editors.md.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use linework_benches::client::Client;
use linework_benches::linework::{Variant, write_literal};
use linework_benches::{machine, page, release};

const SIZES: [usize; 2] = [1_000, 10_000];
const EDITS: usize = 100;
/// Lines that one resource of the literal form takes, roughly.
const LINES_PER_RESOURCE: usize = 9;

fn main() -> io::Result<()> {
    let lw = match std::env::var_os("LINEWORK_LW") {
        Some(path) => PathBuf::from(path),
        None => release::build()?,
    };
    let yaml = std::env::var_os("LINEWORK_YAML_SERVER").map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    let mut text = String::from(
        "| lines | work | lw: median | lw: p99 | yaml-language-server: median | p99 |\n|---|---|---|---|---|---|\n",
    );
    for lines in SIZES {
        let ours = measure_lw(&lw, &folder.path().join(format!("lw{lines}")), lines)?;
        let peer = match &yaml {
            Some(server) => measure_yaml(server, &folder.path().join(format!("yaml{lines}")), lines)?,
            None => Vec::new(),
        };
        for Figures { work, mut samples } in ours {
            let theirs = peer.iter().find(|figures| figures.work == work);
            let (median, p99) = theirs.map_or_else(Default::default, |figures| shown(&mut figures.samples.clone()));
            let (own_median, own_p99) = shown(&mut samples);
            let _ = writeln!(text, "| {lines} | {work} | {own_median} | {own_p99} | {median} | {p99} |");
        }
    }
    let _ = writeln!(text, "\n{EDITS} edits and as many completions each. {}", machine::describe());
    println!("{text}");
    if std::env::args().any(|argument| argument == "--write") {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/editors.md");
        page::replace_figures(&page, &text)?;
    }
    Ok(())
}

/// One kind of work, and how long each time took.
struct Figures {
    work: &'static str,
    samples: Vec<Duration>,
}

const OPEN: &str = "open → diagnostics";
const KEYSTROKE: &str = "keystroke → diagnostics";
const COMPLETION: &str = "completion";
const EVALUATED: &str = "keystroke → evaluated, policies and Plan included";

fn measure_lw(lw: &Path, folder: &Path, lines: usize) -> io::Result<Vec<Figures>> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("main.lw");
    let resources = (lines / LINES_PER_RESOURCE).next_multiple_of(10);
    write_literal(&file, resources, Variant::Plain)?;
    let text = std::fs::read_to_string(&file)?;
    let (line, column) = place(&text, "enableDnsSupport: True", "enableDnsSupport: ".len());
    let mut client = Client::start(lw, &["lsp"], &file)?;
    let opened = client.open("linework", &text)?;
    client.notified("linework/evaluated")?;
    client.settle(Duration::from_millis(300))?;
    let (mut keystrokes, mut evaluated) = (Vec::new(), Vec::new());
    for edit in 0..EDITS {
        // A mistake, and its cure.
        let (end, word) = if edit % 2 == 0 { (column + 4, "Tru") } else { (column + 3, "True") };
        let begun = std::time::Instant::now();
        keystrokes.push(client.edit(line, (column, end), word)?);
        let at = client.notified("linework/evaluated")?;
        if edit % 2 == 1 {
            evaluated.push(at - begun);
        }
        client.settle(Duration::from_millis(30))?;
    }
    let mut completions = Vec::new();
    for _ in 0..EDITS {
        completions.push(client.question("textDocument/completion", line, 2)?);
    }
    Ok(vec![
        Figures { work: OPEN, samples: vec![opened] },
        Figures { work: KEYSTROKE, samples: keystrokes },
        Figures { work: COMPLETION, samples: completions },
        Figures { work: EVALUATED, samples: evaluated },
    ])
}

/// A template of as many lines, and a mistake in its syntax.
fn measure_yaml(server: &Path, folder: &Path, lines: usize) -> io::Result<Vec<Figures>> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("main.yaml");
    let mut text = String::from("Resources:\n");
    for number in 0..lines / LINES_PER_RESOURCE {
        let _ = writeln!(
            text,
            "  Vpc{number}:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.{}.{}.0/24\n      EnableDnsSupport: true\n      InstanceTenancy: default\n      Tags:\n        - Key: Name\n          Value: vpc{number}",
            number / 256,
            number % 256
        );
    }
    std::fs::write(&file, &text)?;
    let (line, column) = place(&text, "EnableDnsSupport: true", "EnableDnsSupport".len());
    let mut client = Client::start(server, &["--stdio"], &file)?;
    let opened = client.open("yaml", &text)?;
    client.settle(Duration::from_millis(1_500))?;
    let mut keystrokes = Vec::new();
    for edit in 0..EDITS {
        let (end, word) = if edit % 2 == 0 { (column + 1, "") } else { (column, ":") };
        keystrokes.push(client.edit(line, (column, end), word)?);
        client.settle(Duration::from_millis(60))?;
    }
    let mut completions = Vec::new();
    for _ in 0..EDITS {
        completions.push(client.question("textDocument/completion", line, 6)?);
    }
    Ok(vec![
        Figures { work: OPEN, samples: vec![opened] },
        Figures { work: KEYSTROKE, samples: keystrokes },
        Figures { work: COMPLETION, samples: completions },
    ])
}

/// Line and column of a piece of text in the middle of a file, some columns on.
fn place(text: &str, piece: &str, plus: usize) -> (usize, usize) {
    let middle = text.len() / 2;
    let from = (middle..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let at = text[from..].find(piece).map_or(0, |at| from + at);
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    (text[..at].matches('\n').count(), at - start + plus)
}

/// The median and the 99th percentile.
fn shown(samples: &mut [Duration]) -> (String, String) {
    samples.sort();
    let at = |share: f64| samples.get(((samples.len() as f64 * share).ceil() as usize).clamp(1, samples.len()) - 1);
    let text = |sample: Option<&Duration>| sample.map_or_else(String::new, |time| page::seconds(time.as_secs_f64()));
    match samples.len() {
        0 => Default::default(),
        1 => (text(samples.first()), String::new()),
        _ => (text(at(0.5)), text(at(0.99))),
    }
}
