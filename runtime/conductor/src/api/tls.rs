//! TLS by rustls with ring. Handshakes are made aside, so that nobody who is slow keeps others waiting.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{Exit, Problem, Problems};

const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

pub struct TlsListener {
    address: SocketAddr,
    shaken: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

pub fn listen(listener: TcpListener, certificate: &Path, key: &Path) -> Result<TlsListener, Problems> {
    let unusable = |path: &Path, reason: String| {
        let message = format!("`{}` cannot be used for TLS: {reason}", path.display());
        Problem::new("LW0593", Exit::Runtime, message).help("give a certificate chain and its private key, both as PEM")
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unusable(certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| unusable(certificate, error.to_string()))?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = listener.local_addr().map_err(|error| unusable(certificate, error.to_string()))?;
    let (done, shaken) = mpsc::channel(64);
    tokio::spawn(async move {
        while !done.is_closed() {
            let Ok((stream, peer)) = listener.accept().await else {
                // No more files: a moment later there may be.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (acceptor, done) = (acceptor.clone(), done.clone());
            tokio::spawn(async move {
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await {
                    // The door may have been closed meanwhile.
                    let _ = done.send((stream, peer)).await;
                }
            });
        }
    });
    Ok(TlsListener { address, shaken })
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.shaken.recv().await {
            Some(shaken) => shaken,
            // Nobody else comes.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
