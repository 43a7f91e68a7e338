//! A Conductor elsewhere: the same questions over HTTP.

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::notify::{HttpError, send_lines};
use crate::protocol::{Answer, Reply};
use crate::{Applied, Exit, Previewed, Problem, Problems, Progress, Request};

/// Where it is, and the token that it knows us by.
#[derive(Clone, Debug)]
pub struct Remote {
    url: String,
    token: String,
}

impl Remote {
    pub fn new(url: &str, token: &str) -> Remote {
        Remote { url: url.trim_end_matches('/').to_string(), token: token.trim().to_string() }
    }

    pub fn preview(&self, request: &Request) -> Result<Previewed, Problems> {
        let mut whole = Vec::new();
        let path = format!("/v1/deployments/{}/preview", request.deployment);
        let status = self.post(&path, request, &mut |piece| whole.extend_from_slice(piece))?;
        self.read(status, &whole)
    }

    pub fn apply(&self, request: &Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems> {
        let path = match request.wanted {
            crate::Wanted::Destroy => format!("/v1/deployments/{}/destroy", request.deployment),
            _ => format!("/v1/deployments/{}/apply", request.deployment),
        };
        let (mut rest, mut told, mut end) = (Vec::new(), Vec::new(), None);
        let status = self.post(&path, request, &mut |piece: &[u8]| {
            rest.extend_from_slice(piece);
            while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=at).collect();
                match serde_json::from_slice(&line) {
                    Ok(Reply::Progress(progress)) => told.push(progress),
                    Ok(other) => end = Some(other),
                    Err(_) => {}
                }
            }
        })?;
        told.into_iter().for_each(progress);
        match end {
            Some(Reply::Done(answer)) => match *answer {
                Answer::Applied(applied) => Ok(*applied),
                _ => Err(self.odd("something else than was asked").into()),
            },
            Some(Reply::Failed(problems)) => Err(problems),
            _ if status == 200 => Err(self.odd("nothing to the end: what became of it, `lw status` says").into()),
            _ => self.read(status, &rest),
        }
    }

    fn post(&self, path: &str, request: &Request, take: &mut (dyn FnMut(&[u8]) + Send)) -> Result<u16, Problems> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| Problem::new("LW0567", Exit::Runtime, format!("the system gives no threads: {error}")))?;
        let body = serde_json::to_vec(request).unwrap_or_default();
        let headers = [
            ("authorization".to_string(), format!("Bearer {}", self.token)),
            ("content-type".to_string(), "application/json".to_string()),
        ];
        let url = format!("{}{path}", self.url);
        runtime.block_on(send_lines("POST", &url, &headers, body, take)).map_err(|error: HttpError| {
            Problem::new("LW0595", Exit::Runtime, format!("the Conductor at `{}` does not answer: {error}", self.url))
                .help("see whether `lw conduct` runs there, and `--listen`s")
                .into()
        })
    }

    fn read<T: DeserializeOwned>(&self, status: u16, body: &[u8]) -> Result<T, Problems> {
        if status == 200 {
            return serde_json::from_slice(body).map_err(|error| self.odd(&error.to_string()).into());
        }
        let body: lw_plan::Json = serde_json::from_slice(body).unwrap_or_else(|_| json!({}));
        let exit = match status {
            409 => Exit::Refused,
            400..500 => Exit::Usage,
            _ => Exit::Runtime,
        };
        let problems = body["diagnostics"].as_array().into_iter().flatten().map(|one| {
            let text = |key: &str| one[key].as_str().map(str::to_string);
            let message = text("message").unwrap_or_default();
            Problem { help: text("help"), ..Problem::new(&text("code").unwrap_or_default(), exit, message) }
        });
        Err(Problems::of(problems.collect()).unwrap_or_else(|| self.odd(&format!("the status {status}")).into()))
    }

    fn odd(&self, what: &str) -> Problem {
        Problem::new("LW0595", Exit::Runtime, format!("the Conductor at `{}` answers {what}", self.url))
            .help("see whether it is of the same version")
    }
}
