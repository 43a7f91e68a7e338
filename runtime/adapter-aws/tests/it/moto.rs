//! `moto_server`, an AWS-compatible server: started on a port of its own, and ended by whoever started it.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// As long as a busy machine may take to start it.
const START_SECONDS_MAX: u64 = 90;

pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Moto {
    /// A server without anything in it. `None`, with a notice, where moto is not installed; in CI that is a failure.
    pub fn start() -> Option<Moto> {
        let Some(program) = program() else {
            assert!(std::env::var_os("CI").is_none(), "moto_server is not installed: pip install 'moto[server]'");
            #[expect(clippy::print_stderr, reason = "whoever runs the tests should know what did not run")]
            {
                eprintln!("moto_server is not installed (pip install 'moto[server]'): nothing ran against it");
            }
            return None;
        };
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let moto = Moto { process, endpoint: format!("http://127.0.0.1:{port}") };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(START_SECONDS_MAX), "moto_server does not answer");
            // Until a process of somebody else listens, there is nothing to wait on but time.
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }
}

/// `LINEWORK_MOTO`, or the first `moto_server` that the search path has.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LINEWORK_MOTO") {
        return Some(PathBuf::from(named));
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join("moto_server")).find(|path| path.is_file())
}
