//! Which engine is spoken to, and the connection to it.

use std::net::{IpAddr, ToSocketAddrs};

use adapter::{AdapterError, ErrorKind};
use bollard::{API_DEFAULT_VERSION, Docker as Client};
use tokio::sync::OnceCell;

use crate::error::{self, Effect};

/// Where an engine listens when nobody says anything.
const USUAL: &str = "unix:///var/run/docker.sock";

/// Before an address: what is sent to another machine unprotected is what somebody wants.
const INSECURE: &str = "insecure+";

/// Above every deadline of the Conductor, which cuts calls off itself.
const TIMEOUT_SECONDS: u64 = 3600;

/// An engine by its address; spoken to when somebody first asks.
pub(crate) struct Engine {
    /// As the Plan has it; empty where the environment decides.
    address: String,
    client: OnceCell<Client>,
}

impl Engine {
    pub fn new(address: Option<&str>) -> Engine {
        Engine { address: address.unwrap_or_default().to_string(), client: OnceCell::new() }
    }

    /// The connection, in the version of the API that the engine speaks.
    pub async fn client(&self) -> Result<&Client, AdapterError> {
        self.client
            .get_or_try_init(|| async {
                let environment = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
                let address = match (self.address.as_str(), &environment) {
                    ("", Some(host)) => host,
                    ("", None) => USUAL,
                    (address, _) => address,
                };
                let client = connect(address)?;
                client.negotiate_version().await.map_err(|error| error::of(error, Effect::None))
            })
            .await
    }
}

fn connect(address: &str) -> Result<Client, AdapterError> {
    let (address, is_insecure) = match address.strip_prefix(INSECURE) {
        Some(address) => (address, true),
        None => (address, false),
    };
    let client = if address.starts_with("unix://") {
        Client::connect_with_unix(address, TIMEOUT_SECONDS, API_DEFAULT_VERSION)
    } else if let Some(host) = address.strip_prefix("tcp://") {
        if !is_insecure && !is_this_machine(host) {
            let message = format!(
                "`{address}` is another machine, and nothing would protect what is sent: whoever is between could run \
                 anything there. `insecure: True` in `Docker.provider` allows it"
            );
            return Err(AdapterError::permanent("Insecure", message));
        }
        Client::connect_with_http(address, TIMEOUT_SECONDS, API_DEFAULT_VERSION)
    } else {
        let message = format!("`{address}` is no address of an engine: `unix:///PATH` or `tcp://HOST:PORT`");
        return Err(AdapterError::permanent("Address", message));
    };
    client.map_err(|error| AdapterError::new(ErrorKind::Retryable, "Unreachable", error.to_string()))
}

/// Whether every address behind `host:port` is this machine's own.
fn is_this_machine(host: &str) -> bool {
    let own = |address: IpAddr| address.is_loopback();
    match host.to_socket_addrs() {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.collect();
            !addresses.is_empty() && addresses.iter().all(|address| own(address.ip()))
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> Option<String> {
        connect(address).err().map(|error| error.code)
    }

    #[test]
    fn over_tcp_only_this_machine_is_spoken_to() {
        assert_eq!(code("tcp://127.0.0.1:2375"), None);
        assert_eq!(code("tcp://[::1]:2375"), None);
        assert_eq!(code("tcp://192.0.2.7:2375").as_deref(), Some("Insecure"));
        assert_eq!(code("insecure+tcp://192.0.2.7:2375"), None);
        assert_eq!(code("ssh://somewhere").as_deref(), Some("Address"));
        assert_eq!(code("unix:///nowhere/docker.sock").as_deref(), Some("Unreachable"));
    }
}
