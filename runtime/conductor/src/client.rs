//! The guest's side of the socket.

use std::io;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, watch};

use crate::protocol::{Answer, Ask, Hello, PROTOCOL, Reply};
use crate::{Exit, Problem, Problems, Progress, socket};

/// How asking went.
pub enum Asked {
    Answered(Result<Answer, Problems>),
    /// The owner went away before it had answered, or was never there.
    Gone,
}

/// Asks the process that owns a store.
pub async fn ask(
    store: &Path,
    ask: &Ask,
    stop: &mut watch::Receiver<Option<String>>,
    reports: &mpsc::UnboundedSender<Progress>,
) -> Asked {
    match converse(store, ask, stop, reports).await {
        Ok(Some(answer)) => Asked::Answered(answer),
        Ok(None) | Err(_) => Asked::Gone,
    }
}

async fn converse(
    store: &Path,
    ask: &Ask,
    stop: &mut watch::Receiver<Option<String>>,
    reports: &mpsc::UnboundedSender<Progress>,
) -> io::Result<Option<Result<Answer, Problems>>> {
    let (reading, mut writing) = socket::connect(store)?.into_split();
    let mut lines = BufReader::new(reading).lines();
    let Some(line) = lines.next_line().await? else { return Ok(None) };
    let hello: Hello = serde_json::from_str(&line)?;
    if hello.protocol != PROTOCOL {
        let message = format!("process {}, which has the store open, is another version of `lw`", hello.pid);
        let problem = Problem::new("LW0568", Exit::Runtime, message).help("wait until it has ended");
        return Ok(Some(Err(problem.into())));
    }
    // Nobody has to listen.
    let _ = reports.send(Progress::Asking { pid: hello.pid });
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    writing.write_all(&line).await?;
    let mut has_stopped = false;
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(None) };
                match serde_json::from_str(&line)? {
                    Reply::Progress(progress) => {
                        let _ = reports.send(progress);
                    }
                    Reply::Done(answer) => return Ok(Some(Ok(*answer))),
                    Reply::Failed(problems) => return Ok(Some(Err(problems))),
                }
            }
            changed = stop.changed(), if !has_stopped => {
                has_stopped = true;
                let reason = stop.borrow_and_update().clone();
                if let (Ok(()), Some(reason)) = (changed, reason) {
                    let mut line = serde_json::to_vec(&Ask::Stop { reason })?;
                    line.push(b'\n');
                    writing.write_all(&line).await?;
                }
            }
        }
    }
}
