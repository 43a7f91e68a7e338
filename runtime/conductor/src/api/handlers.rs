//! What each route does. Everything that changes something goes through the owner, as a command does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use conductor_core::DeploymentName;
use conductor_store::{Pause, Store, WatchStore};
use lw_plan::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::access::Token;
use super::drawing;
use crate::daemon::{Common, Condition};
use crate::protocol::{Answer as Answered, Ask, Reply as Said};
use crate::{Exit, IncidentRow, Problem, Problems, Request, Wanted, clock, read};

/// What somebody asks for.
pub struct Asked {
    /// Present on every route that has a role.
    pub token: Option<Token>,
    /// The identity that a member shows, on routes that are for members; not looked at yet.
    pub member: Option<String>,
    pub path: BTreeMap<String, String>,
    pub query: BTreeMap<String, String>,
    pub body: Bytes,
}

pub enum Reply {
    Json(Json),
    /// One document a line, as they come.
    Lines(mpsc::UnboundedReceiver<String>),
    Text(&'static str, String),
}

pub struct Refused {
    pub status: StatusCode,
    pub problems: Problems,
}

pub type Answer = Result<Reply, Refused>;

impl From<Problems> for Refused {
    fn from(problems: Problems) -> Refused {
        let missing = problems.iter().any(|problem| matches!(problem.code.as_str(), "LW0558" | "LW0560" | "LW0563"));
        let status = match problems.exit() {
            _ if missing => StatusCode::NOT_FOUND,
            Exit::Refused => StatusCode::CONFLICT,
            Exit::Usage => StatusCode::BAD_REQUEST,
            Exit::Runtime => StatusCode::SERVICE_UNAVAILABLE,
        };
        Refused { status, problems }
    }
}

impl From<conductor_store::StoreError> for Refused {
    fn from(error: conductor_store::StoreError) -> Refused {
        Problems::from(error).into()
    }
}

pub fn refused(status: StatusCode, code: &str, message: impl Into<String>) -> Refused {
    Refused { status, problems: Problem::new(code, Exit::Usage, message).into() }
}

fn senseless(message: impl Into<String>) -> Refused {
    refused(StatusCode::BAD_REQUEST, "LW0588", message)
}

pub(super) fn document(value: &impl Serialize) -> Answer {
    Ok(Reply::Json(serde_json::to_value(value).expect("a result is plain data")))
}

impl Asked {
    /// The deployment that the path names, if the token is for it.
    pub(super) fn deployment(&self) -> Result<DeploymentName, Refused> {
        let text = self.path.get("name").map(String::as_str).unwrap_or_default();
        let name = DeploymentName::parse(text).map_err(|error| senseless(error.to_string()))?;
        match &self.token {
            Some(token) if token.allows(&name) => Ok(name),
            _ => Err(refused(StatusCode::FORBIDDEN, "LW0589", format!("this token is not for `{name}`"))),
        }
    }

    fn is_for(&self, name: &DeploymentName) -> bool {
        self.token.as_ref().is_some_and(|token| token.allows(name))
    }

    pub(super) fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Refused> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| senseless(format!("`{name}` is a number from {least} to {most}")))
    }

    fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.query.get(name).map(String::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(senseless(format!("`{name}` is `true` or `false`"))),
        }
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body).map_err(|error| senseless(format!("the body is not as described: {error}")))
    }
}

pub(super) fn known(common: &Common, name: &DeploymentName) -> Result<(), Refused> {
    match common.store.deployment(name)? {
        Some(_) => Ok(()),
        None => Err(Problems::from(read::unknown(common.owner.store_path(), name)).into()),
    }
}

pub async fn health(_: Arc<Common>, _: Asked) -> Answer {
    Ok(Reply::Json(json!({"ok": true})))
}

pub async fn openapi(_: Arc<Common>, _: Asked) -> Answer {
    Ok(Reply::Json(super::route::document(&super::routes::routes())))
}

pub async fn me(_: Arc<Common>, asked: Asked) -> Answer {
    let token = asked.token.as_ref();
    Ok(Reply::Json(json!({
        "name": token.map(|token| token.name.as_str()),
        "role": token.map(|token| token.role.as_str()),
        "deployments": token.map(|token| token.deployments.clone()).unwrap_or_default(),
    })))
}

pub async fn deployments(common: Arc<Common>, asked: Asked) -> Answer {
    let mut report = read::status_of(&*common.store, None)?;
    report.deployments.retain(|deployment| asked.is_for(&deployment.name));
    document(&report)
}

pub async fn deployment(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    document(&read::status_of(&*common.store, Some(&name))?)
}

pub async fn outputs(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    let outputs = common.store.deployment(&name)?.map(|deployment| deployment.outputs).unwrap_or_default();
    document(&outputs)
}

/// What the loops know now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConditionView {
    deployment: DeploymentName,
    looked_at_ms: Option<u64>,
    next_look_ms: Option<u64>,
    watched: usize,
    blind: Option<String>,
    paused: Option<Pause>,
    cadence: BTreeMap<String, u64>,
    drift: Vec<Json>,
    unrecorded: Vec<conductor_core::Unrecorded>,
    swept_at_ms: Option<u64>,
    policies: Vec<conductor_core::PolicyVerdict>,
    judged_at_ms: Option<u64>,
}

fn view(name: DeploymentName, condition: Condition, pauses: &[Pause]) -> ConditionView {
    let now_ms = clock::now_ms();
    let paused = pauses.iter().find(|pause| pause.deployment == name && pause.until_ms > now_ms).cloned();
    let drift = condition.standing.iter().map(|(deviation, handling)| {
        json!({
            "path": deviation.path, "property": deviation.property, "planned": deviation.planned,
            "observed": deviation.observed, "enforcement": deviation.enforcement, "handling": handling,
        })
    });
    ConditionView {
        deployment: name,
        looked_at_ms: condition.looked_at_ms,
        next_look_ms: condition.next_look_ms,
        watched: condition.watched,
        blind: condition.blind.clone(),
        paused,
        cadence: condition.cadence.clone(),
        drift: drift.collect(),
        unrecorded: condition.unrecorded,
        swept_at_ms: condition.swept_at_ms,
        policies: condition.policies,
        judged_at_ms: condition.judged_at_ms,
    }
}

pub async fn condition(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    let condition = common.board.of(&name).unwrap_or_default();
    document(&view(name, condition, &common.store.pauses()?))
}

pub async fn graph(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    let deployment = common.store.deployment(&name)?;
    let hash = deployment.and_then(|deployment| deployment.plan);
    let plan = hash.map(|hash| common.store.plan(&hash)).transpose()?.flatten();
    Ok(Reply::Json(plan.map_or_else(|| json!({"nodes": [], "edges": []}), |plan| drawing::graph(&plan))))
}

pub async fn drift(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    match answer(&common, Ask::Drift(name)).await? {
        Answered::Drifted(report) => document(&report),
        _ => Err(misunderstood()),
    }
}

pub async fn verdicts(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    match answer(&common, Ask::Verify(name)).await? {
        Answered::Verified(report) => document(&report),
        _ => Err(misunderstood()),
    }
}

pub async fn history(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    let after = asked.number("after", 0, u64::MAX >> 1)?.unwrap_or(0);
    let most = asked.number("most", 1, 1_000)?.unwrap_or(100);
    known(&common, &name)?;
    let events = common.store.events(&name, after, most)?;
    let events: Vec<_> = events.into_iter().map(read::history_event).collect();
    Ok(Reply::Json(json!({"deployment": name, "events": events})))
}

pub async fn incidents(common: Arc<Common>, asked: Asked) -> Answer {
    let wanted = asked.query.get("deployment").map(|text| DeploymentName::parse(text));
    let wanted = wanted.transpose().map_err(|error| senseless(error.to_string()))?;
    if let Some(name) = &wanted
        && !asked.is_for(name)
    {
        return Err(refused(StatusCode::FORBIDDEN, "LW0589", format!("this token is not for `{name}`")));
    }
    let open_only = asked.flag("open")?;
    let before = asked.number("before", 1, u64::MAX >> 1)?;
    let most = asked.number("most", 1, 1_000)?.unwrap_or(100);
    let rows = common.store.incidents_before(wanted.as_ref(), before, most)?;
    let rows = rows.into_iter().filter(|row| asked.is_for(&row.deployment));
    let rows = rows.filter(|row| !open_only || row.resolved_at_ms.is_none());
    let incidents: Vec<IncidentRow> = rows.map(IncidentRow::of).collect();
    Ok(Reply::Json(json!({"incidents": incidents})))
}

/// Answers when something has changed, or after a while.
pub async fn changes(common: Arc<Common>, asked: Asked) -> Answer {
    let after = asked.number("after", 0, u64::MAX >> 1)?.unwrap_or(0);
    let mut bell = common.board.listen();
    let changed = async {
        // The bell lives as long as the board, which is common.
        let _ = bell.wait_for(|count| *count != after).await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(20), changed).await;
    let count = *common.board.listen().borrow();
    Ok(Reply::Json(json!({"count": count})))
}

pub async fn metrics(common: Arc<Common>, _: Asked) -> Answer {
    let text = crate::daemon::metrics(&common).map_err(Refused::from)?;
    Ok(Reply::Text("text/plain; version=0.0.4", text))
}

pub async fn preview(common: Arc<Common>, asked: Asked) -> Answer {
    let request = request(&asked, &[])?;
    match answer(&common, Ask::Preview(Box::new(request))).await? {
        Answered::Previewed(previewed) => document(&previewed),
        _ => Err(misunderstood()),
    }
}

pub async fn apply(common: Arc<Common>, asked: Asked) -> Answer {
    // What destroys is asked for by its own route, which needs its own role.
    let request = request(&asked, &["destroy"])?;
    Ok(Reply::Lines(follow(common, Ask::Apply(Box::new(request)))))
}

pub async fn destroy(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    let mut request = Request::new(name, Wanted::Destroy);
    if let Some(count) = asked.number("allowDelete", 0, u64::MAX >> 1)? {
        request = request.allow_delete(crate::Allowance::Count(count));
    }
    Ok(Reply::Lines(follow(common, Ask::Apply(Box::new(request)))))
}

pub async fn correct(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    let request = Request::new(name, Wanted::Continue);
    Ok(Reply::Lines(follow(common, Ask::Apply(Box::new(request)))))
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PauseBody {
    for_ms: u64,
    reason: String,
}

pub async fn pause(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    let body: PauseBody = asked.read()?;
    known(&common, &name)?;
    match answer(&common, Ask::Pause { deployment: name, for_ms: body.for_ms, reason: body.reason }).await? {
        Answered::Paused(pause) => document(&pause),
        _ => Err(misunderstood()),
    }
}

pub async fn unpause(common: Arc<Common>, asked: Asked) -> Answer {
    let name = asked.deployment()?;
    known(&common, &name)?;
    answer(&common, Ask::Unpause(name)).await?;
    Ok(Reply::Json(json!({})))
}

/// A request whose deployment is the one that the path names.
fn request(asked: &Asked, never: &[&str]) -> Result<Request, Refused> {
    let name = asked.deployment()?;
    let mut body: Json = asked.read()?;
    let Some(object) = body.as_object_mut() else { return Err(senseless("the body is an object")) };
    let wanted = object.get("wanted");
    let is_never = never.iter().any(|word| {
        wanted == Some(&Json::from(*word))
            || wanted.and_then(Json::as_object).is_some_and(|one| one.contains_key(*word))
    });
    if is_never {
        return Err(senseless("a deployment is destroyed with its own route"));
    }
    object.insert("deployment".to_string(), Json::from(name.as_str()));
    let request: Request =
        serde_json::from_value(body).map_err(|error| senseless(format!("the body is not as described: {error}")))?;
    if let Wanted::Plan(plan) = &request.wanted
        && let Err(error) = plan.check()
    {
        return Err(senseless(format!("the Plan is not one: {error}")));
    }
    Ok(request)
}

pub(super) async fn answer(common: &Common, ask: Ask) -> Result<Answered, Refused> {
    let (reports, _nobody) = mpsc::unbounded_channel();
    // Dropping this end would be a word to stop.
    let (_stopper, never) = watch::channel(None);
    Ok(common.owner.answer(ask, never, reports).await?)
}

/// Does it, and tells of it as it goes; whoever asked may go away, and it is finished all the same.
fn follow(common: Arc<Common>, ask: Ask) -> mpsc::UnboundedReceiver<String> {
    let (lines, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let say = |said: &Said| {
            let mut line = serde_json::to_string(said).expect("a reply is plain data");
            line.push('\n');
            // Nobody has to listen.
            let _ = lines.send(line);
        };
        let (reports, mut reported) = mpsc::unbounded_channel();
        // Dropping this end would be a word to stop.
        let (_stopper, never) = watch::channel(None);
        let work = common.owner.answer(ask, never, reports);
        tokio::pin!(work);
        let end = loop {
            tokio::select! {
                biased;
                Some(progress) = reported.recv() => say(&Said::Progress(progress)),
                end = &mut work => break end,
            }
        };
        while let Ok(progress) = reported.try_recv() {
            say(&Said::Progress(progress));
        }
        say(&end.map_or_else(Said::Failed, |answer| Said::Done(Box::new(answer))));
    });
    told
}

pub(super) fn misunderstood() -> Refused {
    Problems::from(Problem::new("LW0568", Exit::Runtime, "the owner of the store answered something else")).into()
}
