//! A server that answers by a function: for what no emulator speaks, and for what goes wrong between it and us.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// `X-Amz-Target`, without the service; or the `Action` of a form.
    pub operation: String,
    pub body: String,
    pub authorization: String,
}

/// Status and body; `None` closes the connection without an answer.
pub type Answer = Option<(u16, String)>;

pub struct Server {
    pub endpoint: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Server {
    /// Answers until the process ends. The function is told how many arrived before.
    pub fn start(answer: impl Fn(usize, &Arrived) -> Answer + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a port"));
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let log = arrived.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&stream) else { continue };
                let number = {
                    let mut log = log.lock().expect("nobody panics with it");
                    log.push(request.clone());
                    log.len() - 1
                };
                if let Some((status, body)) = answer(number, &request) {
                    let mut stream = stream;
                    let _ = write!(
                        stream,
                        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                }
            }
        });
        Server { endpoint, arrived }
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("nobody panics with it").clone()
    }
}

fn read(stream: &TcpStream) -> Option<Arrived> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut target, mut authorization) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "x-amz-target" => target = value.rsplit('.').next()?.to_string(),
                "authorization" => authorization = value.to_string(),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let action = body.split('&').find_map(|part| part.strip_prefix("Action=")).unwrap_or_default().to_string();
    Some(Arrived { operation: if target.is_empty() { action } else { target }, body, authorization })
}
