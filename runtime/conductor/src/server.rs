//! The owner's side of the socket: other commands ask, and are answered as if they had done it themselves.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::Progress;
use crate::owner::Owner;
use crate::protocol::{Ask, Hello, PROTOCOL, Reply};
use crate::socket;

/// The door, open as long as this value lives.
pub struct Server {
    store: PathBuf,
    accepting: JoinHandle<()>,
    /// How many guests are being served.
    guests: watch::Receiver<usize>,
}

impl Server {
    /// Opens the door. An owner that cannot is an owner still; other commands wait until it has ended.
    pub fn open(owner: Arc<Owner>) -> io::Result<Server> {
        let store = owner.store_path().to_path_buf();
        let listener = socket::listen(&store)?;
        let (counter, guests) = watch::channel(0);
        let counter = Arc::new(counter);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if !socket::is_same_user(&stream) {
                    continue;
                }
                counter.send_modify(|count| *count += 1);
                let (owner, counter) = (owner.clone(), counter.clone());
                tokio::spawn(async move {
                    // A guest that has gone needs no answer.
                    let _ = serve(&owner, stream).await;
                    counter.send_modify(|count| *count -= 1);
                });
            }
        });
        Ok(Server { store, accepting, guests })
    }

    /// Lets nobody in any more and returns when everybody has been served.
    pub async fn close(mut self) {
        socket::close(&self.store);
        self.accepting.abort();
        // The sender lives as long as there are guests.
        let _ = self.guests.wait_for(|guests| *guests == 0).await;
    }
}

async fn serve(owner: &Owner, stream: UnixStream) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    say(&mut writing, &Hello { protocol: PROTOCOL, pid: std::process::id() }).await?;
    let mut lines = BufReader::new(reading).lines();
    let Some(line) = lines.next_line().await? else { return Ok(()) };
    let ask: Ask = match serde_json::from_str(&line) {
        Ok(ask) => ask,
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    drop(line);
    let (stop, stopped) = watch::channel(None);
    let (reports, mut reported) = mpsc::unbounded_channel::<Progress>();
    let answer = async {
        let result = owner.answer(ask, stopped, reports).await;
        result.map_or_else(Reply::Failed, |answer| Reply::Done(Box::new(answer)))
    };
    let listening = listen_for_stop(&mut lines, &stop);
    tokio::pin!(answer, listening);
    let mut is_listening = true;
    let end = loop {
        tokio::select! {
            biased;
            Some(progress) = reported.recv() => say(&mut writing, &Reply::Progress(progress)).await.unwrap_or(()),
            end = &mut answer => break end,
            () = &mut listening, if is_listening => is_listening = false,
        }
    };
    while let Ok(progress) = reported.try_recv() {
        say(&mut writing, &Reply::Progress(progress)).await?;
    }
    say(&mut writing, &end).await?;
    writing.shutdown().await
}

/// A guest that says stop, or is gone, gets nothing new begun.
async fn listen_for_stop(lines: &mut tokio::io::Lines<BufReader<OwnedReadHalf>>, stop: &watch::Sender<Option<String>>) {
    let reason = loop {
        match lines.next_line().await {
            Ok(Some(line)) => {
                if let Ok(Ask::Stop { reason }) = serde_json::from_str(&line) {
                    break reason;
                }
            }
            _ => break "the command that asked for it has gone".to_string(),
        }
    };
    stop.send_replace(Some(reason));
}

async fn say<T: serde::Serialize>(writing: &mut OwnedWriteHalf, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    writing.write_all(&line).await
}
