//! A simulated cloud in another process, behind a socket: one JSON line a question, one a reply, one connection a call.
//!
//! Guarantees: as over a real network, a caller that dies after its question was read changes nothing about the effect.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lw_plan::{Json, Map};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::SimulatedCloud;
use crate::{
    Adapter, AdapterError, Answer, Call, ErrorKind, MemberWatch, Object, Owner, Patch, Place, Question, WatchedMember,
};

#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    Create { call: Call, wire_type: String, properties: Map<String, Json> },
    Read { place: Place, wire_type: String, physical_id: String },
    Update { call: Call, wire_type: String, physical_id: String, patch: Patch },
    Delete { call: Call, wire_type: String, physical_id: String },
    List { place: Place, wire_type: String },
    Owned { place: Place, deployment: String },
    Find { place: Place, wire_type: String, owner: Owner },
    ReadMany { place: Place, wire_type: String, physical_ids: Vec<String> },
    Answer { place: Place, question: Question },
    Account { place: Place },
    Members { place: Place, watch: MemberWatch, members: Vec<WatchedMember> },
    Figure { place: Place, balancer: Option<String>, metric: Json },
}

impl Ask {
    fn changes_something(&self) -> bool {
        matches!(self, Ask::Create { .. } | Ask::Update { .. } | Ask::Delete { .. })
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Objects(Vec<Option<Object>>),
    Value(Json),
    Sights(Vec<conductor_core::Sight>),
    Failed(AdapterError),
}

/// A simulated cloud that another process serves.
pub struct RemoteCloud {
    socket: PathBuf,
}

impl RemoteCloud {
    pub fn new(socket: PathBuf) -> RemoteCloud {
        RemoteCloud { socket }
    }

    async fn ask(&self, ask: Ask) -> Result<Vec<Option<Object>>, AdapterError> {
        match self.reply(ask).await? {
            Reply::Objects(objects) => Ok(objects),
            _ => Err(misunderstood()),
        }
    }

    async fn value(&self, ask: Ask) -> Result<Json, AdapterError> {
        match self.reply(ask).await? {
            Reply::Value(value) => Ok(value),
            _ => Err(misunderstood()),
        }
    }

    async fn reply(&self, ask: Ask) -> Result<Reply, AdapterError> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| {
            AdapterError::new(ErrorKind::Retryable, "ConnectionRefused", format!("the simulated cloud: {error}"))
        })?;
        match converse(stream, &ask).await {
            Ok(Reply::Failed(error)) => Err(error),
            Ok(reply) => Ok(reply),
            Err(error) => Err(AdapterError::unknown("ConnectionReset", error.to_string())),
        }
    }

    async fn one(&self, ask: Ask) -> Result<Object, AdapterError> {
        let nothing = || AdapterError::unknown("Empty", "the simulated cloud answered with nothing");
        self.ask(ask).await?.into_iter().flatten().next().ok_or_else(nothing)
    }
}

fn misunderstood() -> AdapterError {
    AdapterError::unknown("Reply", "the simulated cloud answered something else")
}

async fn converse(mut stream: UnixStream, ask: &Ask) -> io::Result<Reply> {
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply).await?;
    Ok(serde_json::from_str(&reply)?)
}

/// What happens to a call that may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It has arrived, and nothing has been done.
    Arrived,
    /// It has been done, and nobody knows.
    Done,
    /// The reply is out.
    Answered,
}

/// Whoever watches says whether things take their course; a call that may not go on is as if it had never arrived, a reply as if it
/// had been lost.
pub type Watch = dyn Fn(Moment) -> bool + Send + Sync;

/// Serves a cloud to everybody who can open the socket, until dropped.
pub async fn serve(listener: UnixListener, cloud: Arc<SimulatedCloud>, watch: Arc<Watch>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (cloud, watch) = (cloud.clone(), watch.clone());
        tokio::spawn(async move {
            // A caller that has gone needs no reply.
            let _ = serve_one(stream, &cloud, &*watch).await;
        });
    }
}

async fn serve_one(stream: UnixStream, cloud: &SimulatedCloud, watch: &Watch) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reading).read_line(&mut line).await?;
    let ask: Ask = serde_json::from_str(&line)?;
    let is_watched = ask.changes_something();
    if is_watched && !watch(Moment::Arrived) {
        return Ok(());
    }
    let reply = answer(cloud, ask).await.unwrap_or_else(Reply::Failed);
    if is_watched && !watch(Moment::Done) {
        return Ok(());
    }
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    writing.write_all(&line).await?;
    writing.shutdown().await?;
    if is_watched {
        watch(Moment::Answered);
    }
    Ok(())
}

async fn answer(cloud: &SimulatedCloud, ask: Ask) -> Result<Reply, AdapterError> {
    let all = |objects: Vec<Object>| objects.into_iter().map(Some).collect();
    Ok(Reply::Objects(match ask {
        Ask::Create { call, wire_type, properties } => vec![Some(cloud.create(&call, &wire_type, &properties).await?)],
        Ask::Read { place, wire_type, physical_id } => vec![cloud.read(&place, &wire_type, &physical_id).await?],
        Ask::Update { call, wire_type, physical_id, patch } => {
            vec![Some(cloud.update(&call, &wire_type, &physical_id, &patch).await?)]
        }
        Ask::Delete { call, wire_type, physical_id } => {
            cloud.delete(&call, &wire_type, &physical_id).await?;
            Vec::new()
        }
        Ask::List { place, wire_type } => all(cloud.list(&place, &wire_type).await?),
        Ask::Owned { place, deployment } => all(cloud.owned(&place, &deployment).await?),
        Ask::Find { place, wire_type, owner } => vec![cloud.find(&place, &wire_type, &owner).await?],
        Ask::ReadMany { place, wire_type, physical_ids } => cloud.read_many(&place, &wire_type, &physical_ids).await?,
        Ask::Answer { place, question } => return Ok(Reply::Value(cloud.answer(&place, &question).await?)),
        Ask::Account { place } => {
            return Ok(Reply::Value(cloud.account(&place).await?.map_or(Json::Null, Json::from)));
        }
        Ask::Members { place, watch, members } => {
            return Ok(Reply::Sights(cloud.members(&place, &watch, &members).await?));
        }
        Ask::Figure { place, balancer, metric } => {
            let figure = cloud.figure(&place, balancer.as_deref(), &metric).await?;
            return Ok(Reply::Value(figure.map_or(Json::Null, Json::from)));
        }
    }))
}

impl Adapter for RemoteCloud {
    fn cloud(&self) -> &str {
        "sim"
    }

    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        let ask = Ask::Create { call: call.clone(), wire_type: wire_type.to_string(), properties: properties.clone() };
        Box::pin(self.one(ask))
    }

    fn read<'a>(&'a self, place: &'a Place, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, Option<Object>> {
        let (place, wire_type, physical_id) = (place.clone(), wire_type.to_string(), physical_id.to_string());
        Box::pin(async move {
            Ok(self.ask(Ask::Read { place, wire_type, physical_id }).await?.into_iter().flatten().next())
        })
    }

    fn update<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        patch: &'a Patch,
    ) -> Answer<'a, Object> {
        let (call, patch) = (call.clone(), patch.clone());
        let (wire_type, physical_id) = (wire_type.to_string(), physical_id.to_string());
        Box::pin(self.one(Ask::Update { call, wire_type, physical_id, patch }))
    }

    fn delete<'a>(&'a self, call: &'a Call, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, ()> {
        let (call, wire_type, physical_id) = (call.clone(), wire_type.to_string(), physical_id.to_string());
        Box::pin(async move { self.ask(Ask::Delete { call, wire_type, physical_id }).await.map(drop) })
    }

    fn list<'a>(&'a self, place: &'a Place, wire_type: &'a str) -> Answer<'a, Vec<Object>> {
        let (place, wire_type) = (place.clone(), wire_type.to_string());
        Box::pin(async move { Ok(self.ask(Ask::List { place, wire_type }).await?.into_iter().flatten().collect()) })
    }

    fn owned<'a>(&'a self, place: &'a Place, deployment: &'a str) -> Answer<'a, Vec<Object>> {
        let (place, deployment) = (place.clone(), deployment.to_string());
        Box::pin(async move { Ok(self.ask(Ask::Owned { place, deployment }).await?.into_iter().flatten().collect()) })
    }

    fn find<'a>(&'a self, place: &'a Place, wire_type: &'a str, owner: &'a Owner) -> Answer<'a, Option<Object>> {
        let (place, wire_type, owner) = (place.clone(), wire_type.to_string(), owner.clone());
        Box::pin(async move { Ok(self.ask(Ask::Find { place, wire_type, owner }).await?.into_iter().flatten().next()) })
    }

    fn answer<'a>(&'a self, place: &'a Place, question: &'a Question) -> Answer<'a, Json> {
        Box::pin(self.value(Ask::Answer { place: place.clone(), question: question.clone() }))
    }

    fn account<'a>(&'a self, place: &'a Place) -> Answer<'a, Option<String>> {
        Box::pin(
            async move { Ok(self.value(Ask::Account { place: place.clone() }).await?.as_str().map(str::to_string)) },
        )
    }

    fn read_many<'a>(
        &'a self,
        place: &'a Place,
        wire_type: &'a str,
        physical_ids: &'a [String],
    ) -> Answer<'a, Vec<Option<Object>>> {
        let (place, wire_type) = (place.clone(), wire_type.to_string());
        Box::pin(self.ask(Ask::ReadMany { place, wire_type, physical_ids: physical_ids.to_vec() }))
    }

    fn members<'a>(
        &'a self,
        place: &'a Place,
        watch: &'a MemberWatch,
        members: &'a [WatchedMember],
    ) -> Answer<'a, Vec<conductor_core::Sight>> {
        let ask = Ask::Members { place: place.clone(), watch: watch.clone(), members: members.to_vec() };
        Box::pin(async move {
            match self.reply(ask).await? {
                Reply::Sights(sights) => Ok(sights),
                _ => Err(misunderstood()),
            }
        })
    }

    fn figure<'a>(&'a self, place: &'a Place, balancer: Option<&'a str>, metric: &'a Json) -> Answer<'a, Option<f64>> {
        let ask = Ask::Figure { place: place.clone(), balancer: balancer.map(str::to_string), metric: metric.clone() };
        Box::pin(async move { Ok(self.value(ask).await?.as_f64()) })
    }
}
