//! Where an owner is asked: a unix socket beside the store.
//!
//! The one idea: a socket's path may have 107 bytes at most, and a store may lie deeper than that. Then the folder is opened and
//! named through `/proc/self/fd`, which is short wherever it is.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// The longest path that every system takes.
const PATH_BYTES_MAX: usize = 100;

/// `state.db` → `state.sock`.
pub fn path_beside(store: &Path) -> PathBuf {
    store.with_extension("sock")
}

/// Listens for guests; only for who owns the store.
pub fn listen(store: &Path) -> io::Result<UnixListener> {
    let path = path_beside(store);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = with_short_path(&path, |short| UnixListener::bind(short))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes the socket away, so that nobody waits at a door behind which nobody is.
pub fn close(store: &Path) {
    // A socket that stays is removed by the next owner.
    let _ = std::fs::remove_file(path_beside(store));
}

/// Goes to the owner. The connection is made at once or not at all.
pub fn connect(store: &Path) -> io::Result<UnixStream> {
    let stream = with_short_path(&path_beside(store), |short| std::os::unix::net::UnixStream::connect(short))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Whether the other end is the same user.
pub fn is_same_user(stream: &UnixStream) -> bool {
    let own = std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    match (stream.peer_cred(), own) {
        (Ok(peer), Ok(own)) => peer.uid() == own,
        // Where the system does not tell, the socket's mode decides.
        _ => true,
    }
}

fn with_short_path<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return act(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return act(path) };
    let folder = File::open(folder)?;
    act(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}
