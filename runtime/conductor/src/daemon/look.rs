//! Looking: many objects a call, within a share of what the cloud takes, and cheaply where nothing has moved.
//!
//! The one idea: an object that shows what it showed when it was last found right is right. So a look that finds nothing parses no
//! record and keeps nothing but a digest for each object.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter::{Adapter, AdapterError, ErrorKind, Object, Place};
use conductor_core::{Allotment, Cadence, CadenceSettings, Rules, Seen, Uid, deviations};
use conductor_store::{SqliteStore, StoreError, WatchRow, WatchStore};
use lw_plan::{Json, Map, Provider};

use crate::clock;
use crate::clouds::place;
use crate::executor::observation;

/// As many objects as are read in one call.
pub const LOOK_OBJECTS_MAX: usize = 500;

/// Objects of one type in one place: looked at together.
pub struct Group {
    pub wire_type: String,
    pub provider: Provider,
    pub cadence: Cadence,
    pub objects: Vec<Watched>,
}

/// What the objects of a group have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct GroupKey {
    wire_type: String,
    place: Place,
    role: Option<String>,
}

impl GroupKey {
    fn of(wire_type: &str, provider: &Provider) -> GroupKey {
        GroupKey { wire_type: wire_type.to_string(), place: place(provider), role: provider.role.clone() }
    }
}

/// One object that is watched.
pub struct Watched {
    pub uid: Uid,
    pub physical_id: String,
    pub revision: u64,
    /// What it showed when it was last found right; 0 where it never was.
    pub right: u64,
}

/// Everything of a deployment that can be looked at.
#[derive(Default)]
pub struct WatchList {
    pub groups: Vec<Group>,
}

impl WatchList {
    /// Takes new rows, and keeps what is known of those that have not changed.
    pub fn renew(&mut self, rows: Vec<WatchRow>, settings: CadenceSettings) {
        let mut known: HashMap<Uid, (u64, u64)> = HashMap::new();
        let mut cadences: HashMap<GroupKey, Cadence> = HashMap::new();
        for group in std::mem::take(&mut self.groups) {
            cadences.insert(GroupKey::of(&group.wire_type, &group.provider), group.cadence);
            known.extend(group.objects.into_iter().map(|object| (object.uid, (object.revision, object.right))));
        }
        let mut index: HashMap<GroupKey, usize> = HashMap::new();
        for row in rows {
            let key = GroupKey::of(&row.wire_type, &row.provider);
            let groups = &mut self.groups;
            let at = *index.entry(key.clone()).or_insert_with(|| {
                groups.push(Group {
                    wire_type: row.wire_type.clone(),
                    provider: row.provider.clone(),
                    cadence: cadences.get(&key).copied().unwrap_or_else(|| Cadence::new(settings)),
                    objects: Vec::new(),
                });
                groups.len() - 1
            });
            let right =
                known.get(&row.uid).filter(|(revision, _)| *revision == row.revision).map_or(0, |known| known.1);
            if right == 0 {
                // What is new or was just written is looked at soon.
                self.groups[at].cadence.due_at_ms = 0;
            }
            self.groups[at].objects.push(Watched {
                uid: row.uid,
                physical_id: row.physical_id,
                revision: row.revision,
                right,
            });
        }
    }

    pub fn count(&self) -> usize {
        self.groups.iter().map(|group| group.objects.len()).sum()
    }

    pub fn next_due_ms(&self) -> Option<u64> {
        self.groups.iter().map(|group| group.cadence.due_at_ms).min()
    }

    /// The shortest interval of each type.
    pub fn intervals(&self) -> BTreeMap<String, u64> {
        let mut intervals = BTreeMap::new();
        for group in &self.groups {
            let shortest = intervals.entry(group.wire_type.clone()).or_insert(u64::MAX);
            *shortest = group.cadence.interval_ms.min(*shortest);
        }
        intervals
    }
}

/// A digest that is compared within this process alone; never 0.
pub fn digest_of(object: Option<&Object>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match object {
        None => 0_u8.hash(&mut hasher),
        Some(object) => hash_map(&object.properties, &mut hasher),
    }
    hasher.finish().max(1)
}

fn hash_map(map: &Map<String, Json>, hasher: &mut DefaultHasher) {
    map.len().hash(hasher);
    for (key, value) in map {
        key.hash(hasher);
        hash_json(value, hasher);
    }
}

fn hash_json(value: &Json, hasher: &mut DefaultHasher) {
    match value {
        Json::Null => 0_u8.hash(hasher),
        Json::Bool(value) => (1_u8, value).hash(hasher),
        Json::Number(number) => (2_u8, number.to_string()).hash(hasher),
        Json::String(text) => (3_u8, text).hash(hasher),
        Json::Array(items) => {
            (4_u8, items.len()).hash(hasher);
            items.iter().for_each(|item| hash_json(item, hasher));
        }
        Json::Object(map) => {
            5_u8.hash(hasher);
            hash_map(map, hasher);
        }
    }
}

/// Our shares of the clouds' limits, one for each place.
pub struct Shares {
    rate: f64,
    burst: f64,
    share: f64,
    allotments: Mutex<HashMap<Place, Arc<Mutex<Allotment>>>>,
}

impl Shares {
    pub fn new(rate: f64, burst: f64, share: f64) -> Shares {
        Shares { rate, burst, share, allotments: Mutex::default() }
    }

    fn of(&self, place: &Place) -> Arc<Mutex<Allotment>> {
        let mut allotments = self.allotments.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Mutex::new(Allotment::new(self.rate, self.burst, self.share, clock::now_ms())));
        allotments.entry(place.clone()).or_insert_with(fresh).clone()
    }
}

/// A look that fails is made again at the next turn anyway.
const LOOK_ATTEMPTS_MAX: u32 = 4;

/// Reads objects of one type, in the order of the ids: waits until a call may be made, and learns from what the cloud says.
pub async fn read(
    shares: &Shares,
    adapter: &dyn Adapter,
    place: &Place,
    wire_type: &str,
    physical_ids: &[String],
    calls: &mut u64,
) -> Result<Vec<Option<Object>>, AdapterError> {
    let allotment = shares.of(place);
    let lock = || allotment.lock().unwrap_or_else(PoisonError::into_inner);
    let mut attempts = 0;
    loop {
        let wait_ms = lock().take(clock::now_ms());
        if wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
        *calls += 1;
        let error = match adapter.read_many(place, wire_type, physical_ids).await {
            Ok(objects) => {
                lock().went_through();
                return Ok(objects);
            }
            Err(error) => error,
        };
        if error.kind == ErrorKind::Throttled {
            lock().throttled();
        }
        attempts += 1;
        if !(error.kind.may_resend() || error.kind == ErrorKind::Unknown) || attempts == LOOK_ATTEMPTS_MAX {
            return Err(error);
        }
        let spread_ms = (50_u64 << attempts).min(5_000);
        let pause_ms = (u64::from(clock::jitter()) % spread_ms).max(error.retry_after_ms.unwrap_or(0));
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

/// What a look at one group showed.
#[derive(Default)]
pub struct Looked {
    /// What is not as it was written, or what somebody waits for.
    pub suspects: Seen,
    pub has_moved: bool,
    pub failed: Option<AdapterError>,
    pub read: u64,
    pub calls: u64,
}

/// What a look needs besides its objects.
pub struct Looker<'a> {
    pub store: &'a SqliteStore,
    pub shares: &'a Shares,
    pub rules: &'a Rules,
    /// These are reported whatever they show.
    pub wanted: &'a BTreeSet<Uid>,
}

impl Looker<'_> {
    /// Looks at a group, and notes what is right.
    pub async fn look(&self, adapter: &dyn Adapter, place: &Place, group: &mut Group) -> Result<Looked, StoreError> {
        let mut looked = Looked::default();
        for chunk in group.objects.chunks_mut(LOOK_OBJECTS_MAX) {
            let physical_ids: Vec<String> = chunk.iter().map(|object| object.physical_id.clone()).collect();
            let objects =
                match read(self.shares, adapter, place, &group.wire_type, &physical_ids, &mut looked.calls).await {
                    Ok(objects) => objects,
                    Err(error) => {
                        looked.failed = Some(error);
                        break;
                    }
                };
            looked.read += objects.len() as u64;
            let mut doubtful: HashMap<Uid, (usize, Option<Object>)> = HashMap::new();
            for (index, object) in objects.into_iter().enumerate() {
                let watched = &chunk[index];
                if watched.right != digest_of(object.as_ref()) || self.wanted.contains(&watched.uid) {
                    looked.has_moved |= watched.right != 0;
                    doubtful.insert(watched.uid, (index, object));
                }
            }
            self.judge(chunk, doubtful, &mut looked)?;
        }
        Ok(looked)
    }

    /// Compares what is not known to be right with what was written.
    fn judge(
        &self,
        chunk: &mut [Watched],
        mut doubtful: HashMap<Uid, (usize, Option<Object>)>,
        looked: &mut Looked,
    ) -> Result<(), StoreError> {
        if doubtful.is_empty() {
            return Ok(());
        }
        let uids: Vec<Uid> = doubtful.keys().copied().collect();
        for record in self.store.resources_by_uid(&uids)? {
            let Some((index, object)) = doubtful.remove(&record.uid) else { continue };
            let digest = digest_of(object.as_ref());
            let uid = record.uid;
            let seen = Seen::from([(uid, observation(object, Some(&record.properties)))]);
            let is_right = deviations(&[record], &seen, self.rules, adapter::Catalogue::embedded()).is_empty();
            chunk[index].right = if is_right { digest } else { 0 };
            if !is_right || self.wanted.contains(&uid) {
                looked.suspects.extend(seen);
            }
        }
        Ok(())
    }
}
