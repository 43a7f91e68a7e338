//! What is there: the objects of a deployment as their clouds show them now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter::{Adapter, AdapterError, ErrorKind, Object, Place};
use conductor_core::{Observation, ResourceRecord};
use conductor_store::CloudKind;
use lw_plan::{FLEET_TYPE, Provider};
use tokio::task::JoinSet;

use crate::clouds::place;
use crate::executor::observation;
use crate::owner::{Owner, Reports};
use crate::{Exit, Problem, Problems, Progress, clock};

/// As many objects as are read in one call.
const READ_OBJECTS_MAX: usize = 500;

/// A read has no effect, so that it may be tried again whatever became of it.
const READ_ATTEMPTS_MAX: u32 = 8;

/// Between two looks for what should be there and is not shown.
const UNSEEN_PAUSE_MS_MIN: u64 = 200;
const UNSEEN_PAUSE_MS_MAX: u64 = 2_000;

impl Owner {
    /// Reads every object that has a row, many at a time, and puts what it shows into the row.
    pub(crate) async fn observe(
        &self,
        records: &mut [ResourceRecord],
        kind: CloudKind,
        reports: &Reports,
    ) -> Result<(), Problems> {
        let is_object = |record: &ResourceRecord| record.physical_id.is_some() && record.wire_type != FLEET_TYPE;
        let objects: Vec<usize> = (0..records.len()).filter(|index| is_object(&records[*index])).collect();
        if objects.is_empty() {
            return Ok(());
        }
        // Nobody has to watch.
        let _ = reports.send(Progress::Reading { objects: objects.len() });
        let known_gone: Vec<bool> =
            records.iter().map(|record| matches!(record.observed, Observation::Absent)).collect();
        self.read_all(records, &objects, kind).await?;
        let begin = Instant::now();
        let mut pause_ms = UNSEEN_PAUSE_MS_MIN;
        loop {
            // An object that was made or changed a moment ago may be there without being shown: taken for gone, it would be made twice.
            let is_unseen = |index: &usize| {
                matches!(records[*index].observed, Observation::Absent)
                    && !known_gone[*index]
                    && begin.elapsed() < self.lag(kind, &records[*index].provider)
            };
            let unseen: Vec<usize> = objects.iter().copied().filter(is_unseen).collect();
            if unseen.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(UNSEEN_PAUSE_MS_MAX);
            self.read_all(records, &unseen, kind).await?;
        }
    }

    /// How long a read of a provider's cloud may not show what was written.
    fn lag(&self, kind: CloudKind, provider: &Provider) -> Duration {
        self.clouds.adapter(kind, provider).map_or(Duration::ZERO, |adapter| adapter.read_lag())
    }

    /// Reads the objects of these rows, many of one type in one call.
    async fn read_all(
        &self,
        records: &mut [ResourceRecord],
        wanted: &[usize],
        kind: CloudKind,
    ) -> Result<(), Problems> {
        let mut groups: BTreeMap<(ProviderOrder, String), Vec<usize>> = BTreeMap::new();
        for index in wanted {
            let record = &records[*index];
            groups.entry((ProviderOrder::of(&record.provider), record.wire_type.clone())).or_default().push(*index);
        }
        let mut under_way = JoinSet::new();
        let mut answers = Vec::new();
        for ((_, wire_type), indexes) in groups {
            for indexes in indexes.chunks(READ_OBJECTS_MAX) {
                let provider = &records[indexes[0]].provider;
                let physical_ids = indexes.iter().filter_map(|index| records[*index].physical_id.clone()).collect();
                let reading = Reading {
                    adapter: self.clouds.adapter(kind, provider)?,
                    place: place(provider),
                    wire_type: wire_type.clone(),
                    indexes: indexes.to_vec(),
                    physical_ids,
                };
                under_way.spawn(reading.run());
                if under_way.len() >= self.width {
                    answers.extend(next(&mut under_way).await?);
                }
            }
        }
        while !under_way.is_empty() {
            answers.extend(next(&mut under_way).await?);
        }
        for (indexes, objects) in answers {
            for (index, object) in indexes.into_iter().zip(objects) {
                let record = &mut records[index];
                record.observed = observation(object, Some(&record.properties));
            }
        }
        Ok(())
    }
}

/// One call for many objects of a type.
struct Reading {
    adapter: Arc<dyn Adapter>,
    place: Place,
    wire_type: String,
    /// Where the answers belong.
    indexes: Vec<usize>,
    physical_ids: Vec<String>,
}

type ReadResult = Result<(Vec<usize>, Vec<Option<Object>>), Problems>;

impl Reading {
    async fn run(self) -> ReadResult {
        let mut attempts = 0;
        loop {
            let error = match self.adapter.read_many(&self.place, &self.wire_type, &self.physical_ids).await {
                Ok(objects) => return Ok((self.indexes, objects)),
                Err(error) => error,
            };
            attempts += 1;
            let may_help = error.kind.may_resend() || error.kind == ErrorKind::Unknown;
            if !may_help || attempts == READ_ATTEMPTS_MAX {
                return Err(self.failed(&error));
            }
            let spread_ms = (20_u64 << attempts).min(5_000);
            let pause_ms = (u64::from(clock::jitter()) % spread_ms).max(error.retry_after_ms.unwrap_or(0));
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    fn failed(&self, error: &AdapterError) -> Problems {
        let message = format!("the objects of `{}` cannot be read: {error}", self.wire_type);
        Problem::new("LW0580", Exit::Runtime, message)
            .help("`lw preview --recorded` compares with what State has recorded")
            .into()
    }
}

async fn next(under_way: &mut JoinSet<ReadResult>) -> Result<Option<(Vec<usize>, Vec<Option<Object>>)>, Problems> {
    match under_way.join_next().await {
        None => Ok(None),
        Some(Ok(answer)) => answer.map(Some),
        Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Providers in an order, so that reads are made in one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ProviderOrder([Option<String>; 6]);

impl ProviderOrder {
    fn of(provider: &Provider) -> ProviderOrder {
        let Provider { cloud, region, account, profile, role, endpoint } = provider.clone();
        ProviderOrder([Some(cloud), region, account, profile, role, endpoint])
    }
}
