//! A Docker Engine of a test's own: on a socket and in a folder of its own, ended by whoever started it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::lw::Folder;

/// As long as a busy machine may take to start it, or to end it.
const SECONDS_MAX: u64 = 60;

pub struct DockerEngine {
    process: Child,
    folder: tempfile::TempDir,
}

impl DockerEngine {
    /// An engine without anything in it. `None`, with a notice, where there is none to be started; in CI that is a failure.
    pub fn start() -> Option<DockerEngine> {
        if let Some(missing) = ["dockerd", "docker", "busybox"].into_iter().find(|name| program(name).is_none()) {
            assert!(
                std::env::var_os("CI").is_none(),
                "{missing} is not installed: apt-get install docker.io busybox-static"
            );
            #[expect(clippy::print_stderr, reason = "whoever runs the tests should know what did not run")]
            {
                eprintln!("{missing} is not installed (docker.io, busybox-static): nothing ran against an engine");
            }
            return None;
        }
        let folder = tempfile::Builder::new().prefix("dockerd-").tempdir_in("/tmp").expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let log = fs::File::create(path("log")).expect("a file in a temporary folder");
        // It ends with the test, however that ends.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "dockerd", "--bridge", "none", "--iptables=false", "--ip6tables=false"])
            .arg("--host")
            .arg(format!("unix://{}", path("docker.sock").display()))
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has more than one handle"))
            .stderr(log)
            .spawn()
            .expect("dockerd starts");
        let mut engine = DockerEngine { process, folder };
        let begin = Instant::now();
        while !engine.try_docker(&["version"]).0 {
            let ended = engine.process.try_wait().expect("a child can be asked");
            if ended.is_some() || begin.elapsed() > Duration::from_secs(SECONDS_MAX) {
                let log = fs::read_to_string(engine.folder.path().join("log")).unwrap_or_default();
                panic!("dockerd does not start ({ended:?}):\n{log}");
            }
            // Until another process listens, there is nothing to wait on but time.
            wait(50);
        }
        Some(engine)
    }

    pub fn address(&self) -> String {
        format!("unix://{}", self.folder.path().join("docker.sock").display())
    }

    /// What its own command line says.
    #[track_caller]
    pub fn docker(&self, arguments: &[&str]) -> String {
        let (is_fine, said) = self.try_docker(arguments);
        assert!(is_fine, "docker {arguments:?}: {said}");
        said
    }

    pub fn try_docker(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("docker")
            .arg("--host")
            .arg(self.address())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("docker starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).trim().to_string())
    }

    /// The lines of a list, sorted.
    #[track_caller]
    pub fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let mut lines: Vec<String> = self.docker(arguments).lines().map(str::to_string).collect();
        lines.sort();
        lines
    }

    /// Everything there is that a composition can make: kind and name.
    #[track_caller]
    pub fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (kind, arguments) in [
            ("container", &["ps", "-a", "--format", "{{.Names}}"][..]),
            ("image", &["images", "--filter", "dangling=false", "--format", "{{.Repository}}"]),
            ("network", &["network", "ls", "--filter", "type=custom", "--format", "{{.Name}}"]),
            ("volume", &["volume", "ls", "--format", "{{.Name}}"]),
        ] {
            all.extend(self.lines(arguments).into_iter().map(|name| format!("{kind} {name}")));
        }
        all
    }
}

impl Drop for DockerEngine {
    fn drop(&mut self) {
        let all = self.try_docker(&["ps", "-aq"]).1;
        let containers: Vec<&str> = all.split_whitespace().collect();
        if !containers.is_empty() {
            self.try_docker(&[&["rm", "-f"][..], &containers].concat());
        }
        // Its bridges are the machine's, and would outlive it.
        self.try_docker(&["network", "prune", "-f"]);
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").arg(&pid).status();
        let begin = Instant::now();
        while self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            if begin.elapsed() > Duration::from_secs(SECONDS_MAX) {
                let _ = self.process.kill();
            }
            // It ends when its own children have ended.
            wait(20);
        }
    }
}

/// Lets other processes work for a while; nothing is taken to have happened in it.
pub fn wait(ms: u64) {
    let (_silent, heard) = std::sync::mpsc::channel::<()>();
    let _ = heard.recv_timeout(Duration::from_millis(ms));
}

/// What a look shows, once it shows something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let given_up = Instant::now() + Duration::from_secs(SECONDS_MAX);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < given_up, "{what}");
        wait(50);
    }
}

/// Writes what an image with a web server is built from into `app/`.
pub fn write_app(folder: &Folder, page: &str) {
    let busybox = fs::read(program("busybox").expect("busybox was looked for")).expect("a program can be read");
    folder.write("app/bin/busybox", busybox);
    folder.write("app/srv/index.html", page);
    folder.write(
        "app/Dockerfile",
        "FROM scratch\nCOPY bin/busybox /bin/busybox\nCOPY srv /srv\nCMD [\"/bin/busybox\", \"httpd\", \"-f\", \"-p\", \"80\", \"-h\", \"/srv\"]\n",
    );
}

fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let own = ["/usr/sbin", "/sbin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&folders)
        .chain(own)
        .map(|folder| folder.join(name))
        .find(|path: &PathBuf| Path::is_file(path))
}
