//! The command line's grammar: the only place that knows clap.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(
    name = "lw",
    version,
    about = "Linework: infrastructure from source text to a running, enforced reality",
    after_help = "Exit codes: 0 fine, 1 errors, failed policies or differences, 2 usage, 3 runtime failure.",
    disable_help_subcommand = true
)]
pub struct CommandLine {
    #[command(flatten)]
    pub everywhere: Everywhere,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Everywhere {
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// No colours (also with NO_COLOR set)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// No progress and no hints
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More detail
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Where State is kept: sqlite:PATH [default: LINEWORK_STORE, else .linework/state.db beside lw.toml]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
}

/// What every command takes that compiles.
#[derive(Clone, Debug, Default, Args)]
pub struct Compiling {
    /// The environment of lw.toml
    #[arg(long, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
    /// A parameter's value
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err("a setting is NAME=VALUE".to_string()),
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new project
    Init(Init),
    /// Find what is wrong, before anything is touched
    Check(Check),
    /// Write the Plan
    Build(Build),
    /// Ask clouds what lookups want to know, and record the answers in lw.lock
    Lock(Lock),
    /// Write source text for what another tool has
    Import(Import),
    /// Show what applying would change, and why
    Preview(Preview),
    /// Make it so
    Apply(Apply),
    /// Delete what a deployment made
    Destroy(Destroy),
    /// Apply the Plan of an older generation
    Rollback(Rollback),
    /// Go on with what was interrupted
    Resume(Resume),
    /// Forget resources; their objects stay in the cloud
    Release(Release),
    /// Show deployments and their resources
    Status(Status),
    /// Show a deployment's outputs
    Output(Output),
    /// Show what happened to a deployment
    History(History),
    /// Show where reality moved away from what was applied
    Drift(Drift),
    /// Back up, restore, copy or verify the store
    Store(Store),
    /// Keep true what was declared: the Conductor daemon
    Conduct(Conduct),
    /// Show what the Conductor saw and did
    Incidents(Incidents),
    /// Ask the policies in force about what is there
    Verify(Verify),
    /// Correct nothing for a while
    Pause(Pause),
    /// Read and write variables that members use while they run
    Vars(Vars),
    /// Show who serves what
    Services(Services),
    /// Change something in the simulated cloud behind the Conductor's back
    Chaos(Chaos),
    /// Run the tests written in files
    Test(Test),
    /// Lay files out as everyone does
    Fmt(Fmt),
    /// Evaluate an expression
    Eval(Eval),
    /// Explain a diagnostic's code
    Explain(Explain),
    /// Show which policies there are, and what one of them means
    Policy(Policy),
    /// Draw the resources and their references
    Graph(Graph),
    /// Serve an editor: the language server, over standard input and output
    Lsp(Lsp),
    /// Print completions for a shell
    Completions(Completions),
}

#[derive(Debug, Args)]
pub struct Init {
    /// The folder; made when it does not exist
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct Lock {
    /// Files or project folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub compiling: Compiling,
    /// Ask the simulated cloud; no real one is then told these answers
    #[arg(long)]
    pub sim: bool,
    /// Write nothing; exit 1 if an answer has changed
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Files or project folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A module whose policies are in force too
    #[arg(long = "policy", value_name = "PACK")]
    pub policies: Vec<String>,
    #[command(flatten)]
    pub compiling: Compiling,
    /// How to report
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub format: ReportFormat,
    /// Findings that are known: a report of --json; only what is new counts
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Apply the edits that fix what was found
    #[arg(long)]
    pub fix: bool,
    /// Pass over YAML and JSON files that do not look like templates, though they are named
    #[arg(long)]
    pub pass_over: bool,
    /// Warnings and undecided policies count as errors
    #[arg(long)]
    pub strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Human,
    Json,
    Sarif,
    Junit,
    Github,
    Markdown,
}

#[derive(Debug, Args)]
pub struct Build {
    /// A composition, or a folder that holds one
    #[arg(default_value = ".")]
    pub file: PathBuf,
    #[command(flatten)]
    pub compiling: Compiling,
    /// What to write
    #[arg(long, value_enum, default_value_t = Emit::Plan)]
    pub emit: Emit,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(subcommand)]
    pub what: Importing,
}

#[derive(Debug, Subcommand)]
pub enum Importing {
    /// A CloudFormation template, YAML or JSON
    Cloudformation(ImportTemplate),
}

#[derive(Debug, Args)]
pub struct ImportTemplate {
    /// The template
    #[arg(value_name = "TEMPLATE")]
    pub file: PathBuf,
    /// A file, or a folder for one named as the template is [default: standard output]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    Plan,
    Cloudformation,
    Dot,
    Svg,
}

#[derive(Debug, Args)]
pub struct Preview {
    /// A composition, a folder that holds one, or a Plan
    #[arg(default_value = ".")]
    pub file: PathBuf,
    #[command(flatten)]
    pub compiling: Compiling,
    /// The deployment's name [default: the file's stem, and @ENVIRONMENT with --env]
    #[arg(long)]
    pub name: Option<String>,
    /// On the simulated cloud
    #[arg(long)]
    pub sim: bool,
    /// Compare with what State has recorded, without asking any cloud
    #[arg(long)]
    pub recorded: bool,
    /// Write the change set here, for `lw apply`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Apply {
    /// A composition, a folder that holds one, a Plan, or a change set of `lw preview -o`
    #[arg(default_value = ".")]
    pub file: PathBuf,
    #[command(flatten)]
    pub compiling: Compiling,
    /// The deployment's name [default: the file's stem, and @ENVIRONMENT with --env]
    #[arg(long)]
    pub name: Option<String>,
    /// Without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// On the simulated cloud
    #[arg(long)]
    pub sim: bool,
    #[command(flatten)]
    pub allowing: Allowing,
    /// The Conductor that does it, at this address; LINEWORK_TOKEN holds its token
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub struct Allowing {
    /// How many deletions are meant
    #[arg(long, value_name = "COUNT|all", value_parser = deletions)]
    pub allow_delete: Option<Deletions>,
    /// The path of a data resource that may be replaced
    #[arg(long, value_name = "PATH")]
    pub allow_replace: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletions {
    Count(u64),
    All,
}

fn deletions(text: &str) -> Result<Deletions, String> {
    match text {
        "all" => Ok(Deletions::All),
        count => count.parse().map(Deletions::Count).map_err(|_| "a number, or `all`".to_string()),
    }
}

#[derive(Debug, Args)]
pub struct Destroy {
    /// The deployment's name
    pub name: String,
    /// Without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// How many deletions are meant
    #[arg(long, value_name = "COUNT|all", value_parser = deletions)]
    pub allow_delete: Option<Deletions>,
}

#[derive(Debug, Args)]
pub struct Rollback {
    /// The deployment's name
    pub name: String,
    /// The generation [default: the last one with another Plan]
    pub generation: Option<u64>,
    /// Without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub allowing: Allowing,
}

#[derive(Debug, Args)]
pub struct Resume {
    /// The deployment's name
    pub name: String,
    /// Without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub allowing: Allowing,
}

#[derive(Debug, Args)]
pub struct Release {
    /// The deployment's name
    pub name: String,
    /// The path of one resource [default: all of them]
    pub path: Option<String>,
    /// Without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Drift {
    /// The deployment's name
    pub name: String,
    /// Apply again what the last generation wanted
    #[arg(long)]
    pub correct: bool,
    /// With --correct: without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub allowing: Allowing,
}

#[derive(Debug, Args)]
pub struct Store {
    #[command(subcommand)]
    pub command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy the store, as of now, into a new file
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup in the store's place; what was there is kept beside it
    Restore {
        /// The backup
        file: PathBuf,
        /// Without asking
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Copy the store to where another store shall be
    Copy {
        /// sqlite:PATH
        #[arg(value_name = "URL")]
        to: String,
    },
    /// Read all of it, and say whether it is sound
    Verify,
}

#[derive(Debug, Args)]
pub struct Status {
    /// One deployment [default: all of them]
    pub name: Option<String>,
    /// Show it again whenever it changes
    #[arg(long)]
    pub watch: bool,
}

#[derive(Debug, Args)]
pub struct Output {
    /// The deployment's name
    pub name: String,
}

#[derive(Debug, Args)]
pub struct History {
    /// The deployment's name
    pub name: String,
    /// Check that the log is whole and unaltered
    #[arg(long)]
    pub verify: bool,
}

#[derive(Debug, Args)]
pub struct Conduct {
    /// The shortest time between two looks at the same objects [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = crate::time::parse_duration)]
    pub interval: Option<u64>,
    /// Where the API and the web page are; by itself, on this host alone
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// What else is to be known [default: conductor.toml beside lw.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The certificate chain, as PEM: others may reach it
    #[arg(long, value_name = "FILE", requires = "tls_key", requires = "listen")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Make a token for the API, print it, and do nothing else; for some deployments alone with a pattern such as `shop@*`
    #[arg(long, value_name = "NAME:ROLE[:PATTERN]")]
    pub new_token: Option<String>,
    /// How to log, on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct Incidents {
    /// One deployment [default: all of them]
    pub name: Option<String>,
    /// Those alone that are not over
    #[arg(long)]
    pub open: bool,
    /// At most so many, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub most: u64,
}

#[derive(Debug, Args)]
pub struct Pause {
    /// The deployment's name
    pub name: String,
    /// How long: 30m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::time::parse_duration, required_unless_present = "end")]
    pub for_ms: Option<u64>,
    /// Why, for who asks later
    #[arg(long, value_name = "TEXT", required_unless_present = "end")]
    pub reason: Option<String>,
    /// End the pause that there is
    #[arg(long, conflicts_with_all = ["for_ms", "reason"])]
    pub end: bool,
}

#[derive(Debug, Args)]
pub struct Vars {
    #[command(subcommand)]
    pub command: VarsCommand,
}

#[derive(Debug, Subcommand)]
pub enum VarsCommand {
    /// Every variable of a deployment with its newest value
    List {
        /// The deployment's name
        name: String,
    },
    /// The newest value of a variable
    Get {
        /// The deployment's name
        name: String,
        variable: String,
    },
    /// Write the next value of a variable
    Set {
        /// The deployment's name
        name: String,
        variable: String,
        /// JSON, or else text
        value: String,
        /// Only if it is at this version
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Every value of a variable as it is written, until interrupted
    Watch {
        /// The deployment's name
        name: String,
        variable: String,
        /// Begin after this version; without it, after the newest
        #[arg(long, value_name = "N")]
        after: Option<u64>,
        /// End after so many values
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
}

#[derive(Debug, Args)]
pub struct Services {
    #[command(subcommand)]
    pub command: ServicesCommand,
}

#[derive(Debug, Subcommand)]
pub enum ServicesCommand {
    /// The services of a deployment and who serves them
    List {
        /// The deployment's name
        name: String,
    },
    /// The same, whenever it changes, until interrupted
    Watch {
        /// The deployment's name
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The deployment's name
    pub name: String,
}

#[derive(Debug, Args)]
pub struct Chaos {
    /// The deployment's name
    pub name: String,
    /// Change a property; the value is JSON, or else text
    #[arg(long, num_args = 3, value_names = ["PATH", "PROPERTY", "VALUE"])]
    pub set: Vec<String>,
    /// Take a property away
    #[arg(long, num_args = 2, value_names = ["PATH", "PROPERTY"])]
    pub unset: Vec<String>,
    /// Delete an object
    #[arg(long, value_name = "PATH")]
    pub delete: Vec<String>,
    /// So many changes by the dice
    #[arg(long, value_name = "COUNT")]
    pub random: Option<u64>,
    /// Where the dice begin; 0 for anywhere
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "random")]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Test {
    /// Files or project folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub compiling: Compiling,
}

#[derive(Debug, Args)]
pub struct Fmt {
    /// Files or folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Eval {
    /// The expression
    pub expression: String,
    /// A file whose names it may use
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub compiling: Compiling,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Such as LW0203
    pub code: String,
}

#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    pub command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies of the library and of this project, or those in force for some files
    List(PolicyList),
    /// Show a policy: what it means, whom it is about, its source, how it is waived
    Show {
        /// Such as S3_BUCKET_LOGGING_ENABLED
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct PolicyList {
    /// Only what is in force for these files, project folders or templates
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A module whose policies are in force too
    #[arg(long = "policy", value_name = "PACK")]
    pub policies: Vec<String>,
    #[command(flatten)]
    pub compiling: Compiling,
}

#[derive(Debug, Args)]
pub struct Graph {
    /// A composition, a folder that holds one, or a Plan
    #[arg(default_value = ".")]
    pub file: PathBuf,
    #[command(flatten)]
    pub compiling: Compiling,
    /// How to draw
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
    pub format: GraphFormat,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Svg,
    Dot,
    Mermaid,
    Html,
}

#[derive(Debug, Args)]
pub struct Lsp {
    /// As editors call it; there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
}

#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}
