use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lw_plan::{Json, Map};

use super::answers;
use super::config::Config;
use super::dice::Dice;
use super::file::{File, FileError, Row};
use super::members;
use super::world::World;
use crate::catalogue::Catalogue;
use crate::{
    Adapter, AdapterError, Answer, Call, ErrorKind, MemberWatch, Object, Owner, Patch, Place, Question, WatchedMember,
};

/// A simulated cloud, in memory or in a file.
pub struct SimulatedCloud {
    config: Config,
    /// `None` for one in memory.
    path: Option<PathBuf>,
    /// Opened at the first call, so that a command that needs no cloud does not wait for it.
    state: Mutex<Option<State>>,
    /// Taken before `state` by whoever writes what is waiting, for all who wait.
    file: Mutex<Option<File>>,
    calls: AtomicU64,
}

struct State {
    world: World,
    /// Rows that are not in the file yet.
    waiting: Vec<Row>,
    /// How many groups of rows were handed out to be written, and how many of them are in the file.
    numbered: u64,
    written: u64,
    failed: Option<String>,
}

impl SimulatedCloud {
    /// A cloud that ends with the process.
    pub fn in_memory(config: Config) -> SimulatedCloud {
        SimulatedCloud::new(None, config)
    }

    /// The cloud in a file, which is made at the first call if it is not there.
    pub fn in_file(path: &Path, config: Config) -> SimulatedCloud {
        SimulatedCloud::new(Some(path.to_path_buf()), config)
    }

    fn new(path: Option<PathBuf>, config: Config) -> SimulatedCloud {
        SimulatedCloud { config, path, state: Mutex::new(None), file: Mutex::new(None), calls: AtomicU64::new(0) }
    }

    /// How many calls were answered or lost so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Looks at the world, or changes it behind everyone's back: drift, for tests and for trying things out.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World, u64) -> T) -> Result<T, AdapterError> {
        let (answer, number) = self.act(|world, now_ms| Ok(act(world, now_ms)));
        self.write_up_to(number)?;
        answer
    }

    /// Somebody else changes a property of an object (`None` removes it). Answers whether there is such an object.
    pub fn meddle(&self, physical_id: &str, property: &str, value: Option<Json>) -> Result<bool, AdapterError> {
        self.with_world(|world, _| world.meddle(physical_id, property, value))
    }

    /// Somebody else deletes an object. Answers whether there was such an object.
    pub fn destroy(&self, physical_id: &str) -> Result<bool, AdapterError> {
        self.with_world(|world, now_ms| world.destroy(now_ms, physical_id))
    }

    /// Somebody else makes an object.
    pub fn conjure(
        &self,
        wire_type: &str,
        physical_id: &str,
        properties: Map<String, Json>,
    ) -> Result<(), AdapterError> {
        self.with_world(|world, _| world.conjure(&Place::default(), wire_type, physical_id, properties))
    }

    /// Every live object, oldest first, as it is.
    pub fn objects(&self) -> Result<Vec<Object>, AdapterError> {
        self.with_world(|world, _| world.all().collect())
    }

    /// Does something to the world and says which group of rows it belongs to.
    fn act<T>(&self, act: impl FnOnce(&mut World, u64) -> Result<T, AdapterError>) -> (Result<T, AdapterError>, u64) {
        let mut state = lock(&self.state);
        if state.is_none() {
            // The file is taken first, always in this order.
            drop(state);
            if let Err(error) = self.open() {
                return (Err(AdapterError::permanent("SimulatedCloud", error.to_string())), 0);
            }
            state = lock(&self.state);
        }
        let Some(state) = state.as_mut() else {
            return (Err(AdapterError::permanent("SimulatedCloud", "the simulated cloud is closed")), 0);
        };
        let answer = act(&mut state.world, self.config.clock.now_ms());
        if self.path.is_none() {
            state.world.take_changes();
            return (answer, 0);
        }
        let rows = Row::of(&mut state.world);
        if !rows.is_empty() {
            state.waiting.extend(rows);
            state.numbered += 1;
        }
        (answer, state.numbered)
    }

    fn open(&self) -> Result<(), FileError> {
        let mut file = lock(&self.file);
        let mut state = lock(&self.state);
        if state.is_some() {
            return Ok(());
        }
        let place = Place { account: self.config.account.clone(), region: self.config.region.clone() };
        let mut world =
            World::new(self.config.seed, place, Box::new(|wire_type| Catalogue::embedded().schema(wire_type)));
        world.read_lag_ms = self.config.faults.read_lag_ms;
        world.token_memory_ms = self.config.token_memory_ms;
        if let Some(path) = &self.path {
            let opened = File::open(path)?;
            opened.load(&mut world)?;
            *file = Some(opened);
        }
        *state = Some(State { world, waiting: Vec::new(), numbered: 0, written: 0, failed: None });
        Ok(())
    }

    /// Returns when the group of rows with this number is in the file. Whoever comes first writes for all.
    fn write_up_to(&self, number: u64) -> Result<(), AdapterError> {
        if self.path.is_none() || number == 0 {
            return Ok(());
        }
        let mut file = lock(&self.file);
        let (rows, numbered) = {
            let mut state = lock(&self.state);
            let Some(state) = state.as_mut() else { return Ok(()) };
            if let Some(failed) = &state.failed {
                return Err(AdapterError::unknown("SimulatedCloud", failed.clone()));
            }
            if state.written >= number {
                return Ok(());
            }
            (std::mem::take(&mut state.waiting), state.numbered)
        };
        let result = file.as_mut().map_or(Ok(()), |file| file.write(&rows));
        let mut state = lock(&self.state);
        if let Some(state) = state.as_mut() {
            match &result {
                Ok(()) => state.written = numbered,
                Err(error) => state.failed = Some(error.to_string()),
            }
        }
        result.map_err(|error| AdapterError::unknown("SimulatedCloud", error.to_string()))
    }

    /// One call: latency, faults on the way there, the effect, the file, faults on the way back.
    async fn serve<T>(
        &self,
        call: Option<&Call>,
        verb: &str,
        about: &str,
        act: impl FnOnce(&mut World, u64) -> Result<T, AdapterError>,
    ) -> Result<T, AdapterError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let fate = self.fate(call, verb, about, number);
        if fate.latency_ms > 0 {
            let latency = Duration::from_millis(fate.latency_ms);
            let deadline = call.map_or(Duration::MAX, |call| call.deadline);
            tokio::time::sleep(latency.min(deadline)).await;
            if latency > deadline {
                let (_, number) = self.act(act);
                self.write_up_to(number)?;
                return Err(AdapterError::unknown("RequestTimeout", "no answer within the deadline"));
            }
        }
        if let Some(refusal) = fate.refusal {
            return Err(refusal);
        }
        let (answer, number) = self.act(act);
        if self.path.is_some() && call.is_some() {
            // Lets the calls that are ready at the same time act first, so that one transaction holds them all.
            tokio::task::yield_now().await;
            self.write_up_to(number)?;
        }
        if fate.response_lost {
            return Err(AdapterError::unknown("ConnectionReset", "the connection was closed before the response came"));
        }
        answer
    }

    fn fate(&self, call: Option<&Call>, verb: &str, about: &str, number: u64) -> Fate {
        let (config, faults) = (&self.config, &self.config.faults);
        if config.latency_ms == 0 && config.latency_jitter_ms == 0 && !faults.any() {
            return Fate::default();
        }
        let operation = call.map_or("", |call| call.operation.as_str());
        let mut dice = Dice::of(config.seed, &["fate", verb, about, operation, &number.to_string()]);
        let latency_ms = config.latency_ms + dice.below(config.latency_jitter_ms + 1);
        let mut happens = |per_mille: u32| per_mille > 0 && dice.below(1000) < u64::from(per_mille);
        let refusal = if happens(faults.throttled_per_mille) {
            Some(AdapterError::new(ErrorKind::Throttled, "Throttling", "rate exceeded"))
        } else if happens(faults.retryable_per_mille) {
            Some(AdapterError::new(ErrorKind::Retryable, "ServiceUnavailable", "try again"))
        } else if happens(faults.lost_request_per_mille) {
            Some(AdapterError::unknown("ConnectionReset", "the connection was closed before the response came"))
        } else {
            None
        };
        Fate { latency_ms, refusal, response_lost: happens(faults.lost_response_per_mille) }
    }
}

#[derive(Default)]
struct Fate {
    latency_ms: u64,
    refusal: Option<AdapterError>,
    response_lost: bool,
}

impl Adapter for SimulatedCloud {
    fn cloud(&self) -> &str {
        "sim"
    }

    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(self.serve(Some(call), "create", wire_type, move |world, now_ms| {
            world.create(now_ms, call, wire_type, properties)
        }))
    }

    fn read<'a>(&'a self, place: &'a Place, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, Option<Object>> {
        Box::pin(self.serve(None, "read", physical_id, move |world, now_ms| {
            Ok(world.read(now_ms, place, wire_type, physical_id))
        }))
    }

    fn update<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        patch: &'a Patch,
    ) -> Answer<'a, Object> {
        Box::pin(self.serve(Some(call), "update", physical_id, move |world, now_ms| {
            world.update(now_ms, call, wire_type, physical_id, patch)
        }))
    }

    fn delete<'a>(&'a self, call: &'a Call, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, ()> {
        Box::pin(self.serve(Some(call), "delete", physical_id, move |world, now_ms| {
            world.delete(now_ms, call, wire_type, physical_id)
        }))
    }

    fn list<'a>(&'a self, place: &'a Place, wire_type: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(self.serve(None, "list", wire_type, move |world, now_ms| Ok(world.list(now_ms, place, wire_type))))
    }

    fn owned<'a>(&'a self, place: &'a Place, deployment: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(self.serve(None, "owned", deployment, move |world, now_ms| Ok(world.owned(now_ms, place, deployment))))
    }

    fn find<'a>(&'a self, place: &'a Place, wire_type: &'a str, owner: &'a Owner) -> Answer<'a, Option<Object>> {
        Box::pin(self.serve(None, "find", &owner.uid, move |world, now_ms| {
            Ok(world.find_owned(now_ms, place, wire_type, owner))
        }))
    }

    fn answer<'a>(&'a self, place: &'a Place, question: &'a Question) -> Answer<'a, Json> {
        Box::pin(async move {
            let seed = self.config.seed;
            // Who only asks makes no file.
            let is_there = self.path.as_ref().is_none_or(|path| path.exists());
            if !answers::needs_world(question) || !is_there {
                let or = |given: &str, default: &str| if given.is_empty() { default } else { given }.to_string();
                let account = self.config.credentials.as_deref().unwrap_or(&self.config.account);
                let place =
                    Place { account: or(&place.account, account), region: or(&place.region, &self.config.region) };
                return answers::answer(seed, None, &place, question);
            }
            self.serve(None, "answer", &question.source, |world, now_ms| {
                answers::answer(seed, Some((world, now_ms)), &world.resolve_place(place), question)
            })
            .await
        })
    }

    fn account<'a>(&'a self, _place: &'a Place) -> Answer<'a, Option<String>> {
        Box::pin(async { Ok(self.config.credentials.clone()) })
    }

    fn read_many<'a>(
        &'a self,
        place: &'a Place,
        wire_type: &'a str,
        physical_ids: &'a [String],
    ) -> Answer<'a, Vec<Option<Object>>> {
        Box::pin(self.serve(None, "read_many", wire_type, move |world, now_ms| {
            Ok(physical_ids.iter().map(|physical_id| world.read(now_ms, place, wire_type, physical_id)).collect())
        }))
    }

    fn members<'a>(
        &'a self,
        place: &'a Place,
        watch: &'a MemberWatch,
        watched: &'a [WatchedMember],
    ) -> Answer<'a, Vec<conductor_core::Sight>> {
        Box::pin(async move {
            let look = move |world: &mut World, now_ms| Ok(members::members(world, now_ms, place, watch, watched));
            let sights = self.serve(None, "members", &watch.wire_type, look).await?;
            // A look may find that a member has ended.
            let numbered = lock(&self.state).as_ref().map_or(0, |state| state.numbered);
            self.write_up_to(numbered)?;
            Ok(sights)
        })
    }

    fn figure<'a>(&'a self, _place: &'a Place, balancer: Option<&'a str>, metric: &'a Json) -> Answer<'a, Option<f64>> {
        Box::pin(self.serve(None, "figure", "", move |world, _| Ok(members::figure(world, balancer, metric))))
    }
}

/// A panic elsewhere leaves a world that is still consistent: every change is made after every check.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
