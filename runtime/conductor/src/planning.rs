//! From a request to a change set: which cloud, what is there, what differs, and what speaks against it.

use conductor_core::{
    ApplyInput, CHANGES_FORMAT, ChangeSet, ChangesFile, PreviewReport, Refusal, apply_changes, destroy_changes,
    protections,
};
use conductor_store::{CloudKind, Store};
use lw_plan::{Plan, Provider, ResourcePath};

use crate::clouds::place;
use crate::owner::{Owner, Reports, Snapshot, Stop};
use crate::{Allowance, Allowances, Exit, Previewed, Problem, Problems, Request, Wanted, read};

/// A change set, and what it is to be executed with.
pub(crate) struct Prepared {
    pub snapshot: Snapshot,
    pub kind: CloudKind,
    pub changes: ChangeSet,
    /// What it leads to; `None` for a destroy.
    pub plan: Option<Plan>,
    /// Why it must not be executed.
    pub refusals: Vec<Problem>,
}

impl Prepared {
    pub fn into_preview(self) -> Previewed {
        Previewed {
            report: PreviewReport::of(&self.changes),
            kept: self.changes.kept.clone(),
            changes: ChangesFile { format: CHANGES_FORMAT.to_string(), changes: self.changes, plan: self.plan },
            refusals: self.refusals,
        }
    }
}

impl Owner {
    /// Computes what a request comes to. The deployment's turn is held.
    pub(crate) async fn prepare(&self, request: Request, stop: Stop, reports: &Reports) -> Result<Prepared, Problems> {
        let name = request.deployment.clone();
        let allowances = request.allowances();
        let mut snapshot = self.snapshot(&name)?;
        let kind = kind_of(&request, &snapshot)?;
        if !snapshot.open.is_empty() && self.commits.is_some() {
            self.resolve_open(&snapshot, kind, stop, reports).await?;
            snapshot = self.snapshot(&name)?;
        }
        let recorded = request.recorded;
        let mut prepared = match request.wanted {
            Wanted::Plan(plan) => {
                self.check_composition(&snapshot, &plan)?;
                self.prepare_plan(snapshot, kind, *plan, recorded, reports).await?
            }
            Wanted::Rollback { generation } => {
                let plan = self.older_plan(&snapshot, generation)?;
                self.prepare_plan(snapshot, kind, plan, recorded, reports).await?
            }
            Wanted::Changes(file) => self.prepare_changes(snapshot, kind, *file, &name, reports).await?,
            Wanted::Destroy => self.prepare_destroy(snapshot, kind, allowances.delete, recorded, reports).await?,
            Wanted::Continue => match self.last_wanted(&snapshot)? {
                Some(plan) => self.prepare_plan(snapshot, kind, plan, recorded, reports).await?,
                None => self.prepare_destroy(snapshot, kind, allowances.delete, recorded, reports).await?,
            },
        };
        prepared.refuse(self, &allowances);
        prepared.keep_readers(self)?;
        if !recorded {
            prepared.verify_accounts(self).await;
        }
        Ok(prepared)
    }

    async fn prepare_destroy(
        &self,
        mut snapshot: Snapshot,
        kind: CloudKind,
        allowed: Allowance,
        recorded: bool,
        reports: &Reports,
    ) -> Result<Prepared, Problems> {
        if snapshot.deployment.plan.is_none() && snapshot.records.is_empty() {
            return Err(read::unknown(self.store_path(), &snapshot.deployment.name).into());
        }
        if !recorded {
            self.observe(&mut snapshot.records, kind, reports).await?;
        }
        let changes = destroy_changes(&snapshot.deployment, &snapshot.records, allowed);
        Ok(Prepared { snapshot, kind, changes, plan: None, refusals: Vec::new() })
    }

    async fn prepare_plan(
        &self,
        mut snapshot: Snapshot,
        kind: CloudKind,
        mut plan: Plan,
        recorded: bool,
        reports: &Reports,
    ) -> Result<Prepared, Problems> {
        if !recorded {
            self.observe(&mut snapshot.records, kind, reports).await?;
        }
        // In the simulated cloud, every provider is one of its regions. The Plan itself stays as it was compiled.
        let as_compiled = plan.meaning.providers.clone();
        let default = (kind == CloudKind::Sim).then(|| Provider { cloud: "sim".to_string(), ..Provider::default() });
        if kind == CloudKind::Sim {
            for provider in plan.meaning.providers.values_mut() {
                provider.cloud = "sim".to_string();
            }
        }
        let input = ApplyInput {
            deployment: &snapshot.deployment,
            plan: &plan,
            records: &snapshot.records,
            default_provider: default.as_ref(),
            seed: snapshot.seed,
        };
        let changes = apply_changes(&input, adapter::Catalogue::embedded());
        plan.meaning.providers = as_compiled;
        Ok(Prepared { snapshot, kind, changes, plan: Some(plan), refusals: Vec::new() })
    }

    /// A change set that was made before: it must still fit.
    async fn prepare_changes(
        &self,
        mut snapshot: Snapshot,
        kind: CloudKind,
        file: ChangesFile,
        name: &conductor_core::DeploymentName,
        reports: &Reports,
    ) -> Result<Prepared, Problems> {
        if file.format != CHANGES_FORMAT || file.changes.hash != file.changes.hash_of_content() {
            let message = "the change set is damaged, or of another version";
            return Err(Problem::new("LW0564", Exit::Usage, message).help("preview it again").into());
        }
        if file.changes.deployment != *name {
            let message = format!("the change set is one of `{}`, and not of `{name}`", file.changes.deployment);
            return Err(Problem::new("LW0564", Exit::Usage, message).help("leave `--name` out").into());
        }
        let touched: std::collections::HashSet<_> = file.changes.touched.iter().map(|touched| touched.uid).collect();
        let (mut meant, rest): (Vec<_>, Vec<_>) =
            snapshot.records.into_iter().partition(|record| touched.contains(&record.uid));
        self.observe(&mut meant, kind, reports).await?;
        meant.extend(rest);
        snapshot.records = meant;
        let mut moved = file.changes.moved_on(&snapshot.deployment, &snapshot.records);
        if !moved.is_empty() {
            if let Some(plan) = file.plan {
                let now = self.prepare_plan(snapshot, kind, plan, true, reports).await?;
                for refusal in &mut moved {
                    explain(refusal, &file.changes, &now.changes);
                }
            }
            return Err(Problems::of(moved.into_iter().map(Problem::from).collect()).expect("there are some"));
        }
        Ok(Prepared { snapshot, kind, changes: file.changes, plan: file.plan, refusals: Vec::new() })
    }

    /// One name, one composition.
    fn check_composition(&self, snapshot: &Snapshot, plan: &Plan) -> Result<(), Problems> {
        let (Some(store), Some(hash)) = (&self.store, &snapshot.deployment.plan) else { return Ok(()) };
        if *hash == plan.hash {
            return Ok(());
        }
        let Some(before) = store.plan_heading(hash)? else { return Ok(()) };
        let (before, now) =
            ((before.composition, before.environment), (&plan.meaning.composition, &plan.meaning.environment));
        if (&before.0, &before.1) == now {
            return Ok(());
        }
        let name = &snapshot.deployment.name;
        let said = |composition: &str, environment: Option<&String>| match environment {
            Some(environment) => format!("`{composition}` in `{environment}`"),
            None => format!("`{composition}`"),
        };
        let message = format!(
            "the name `{name}` belongs to the composition {}, and this is {}",
            said(&before.0, before.1.as_ref()),
            said(now.0, now.1.as_ref())
        );
        Err(Problem::new("LW0565", Exit::Usage, message).help("give it another name with `--name`").into())
    }

    /// The Plan of the last generation; `None` where that was a destroy.
    fn last_wanted(&self, snapshot: &Snapshot) -> Result<Option<Plan>, Problems> {
        let name = &snapshot.deployment.name;
        let Some(store) = &self.store else { return Err(read::unknown(self.store_path(), name).into()) };
        let generations = store.generations(name)?;
        let Some(last) = generations.last() else { return Err(read::unknown(self.store_path(), name).into()) };
        match &last.plan {
            None => Ok(None),
            Some(_) => self.older_plan(snapshot, Some(last.generation.0)).map(Some),
        }
    }

    fn older_plan(&self, snapshot: &Snapshot, wanted: Option<u64>) -> Result<Plan, Problems> {
        let name = &snapshot.deployment.name;
        let Some(store) = &self.store else { return Err(read::unknown(self.store_path(), name).into()) };
        let generations = store.generations(name)?;
        if generations.is_empty() {
            return Err(read::unknown(self.store_path(), name).into());
        }
        let found = match wanted {
            Some(number) => generations.iter().find(|row| row.generation.0 == number),
            // The last one whose Plan is another.
            None => generations.iter().rev().find(|row| row.plan.is_some() && row.plan != snapshot.deployment.plan),
        };
        let hash = found.and_then(|row| row.plan.as_ref());
        let plan = hash.map(|hash| store.plan(hash)).transpose()?.flatten();
        plan.ok_or_else(|| {
            let message = match wanted {
                Some(number) => format!("`{name}` has no Plan of a generation {number}"),
                None => format!("`{name}` has no older Plan"),
            };
            Problem::new("LW0566", Exit::Usage, message)
                .help(format!("`lw history {name}` lists its generations"))
                .into()
        })
    }
}

/// Puts the difference into words: what would be done now that was not going to be done, and why.
fn explain(refusal: &mut Refusal, then: &ChangeSet, now: &ChangeSet) {
    let Some(path) = refusal.paths.first() else { return };
    let reasons = |changes: &ChangeSet| -> Vec<String> {
        let steps = changes.shown().filter(|(_, step)| step.path == *path);
        steps.flat_map(|(_, step)| step.reasons.iter().map(|reason| reason.text.clone())).collect()
    };
    let (then, now) = (reasons(then), reasons(now));
    let fresh: Vec<&str> = now.iter().filter(|text| !then.contains(text)).map(String::as_str).collect();
    let difference = match (now.is_empty(), fresh.is_empty()) {
        (true, _) => "nothing has to be done with it any more".to_string(),
        (false, false) => fresh.join("; "),
        (false, true) => return,
    };
    refusal.message = format!("{}: {difference}", refusal.message);
}

impl Prepared {
    /// What speaks against executing it.
    fn refuse(&mut self, owner: &Owner, allowances: &Allowances) {
        self.refusals = protections(&self.changes, allowances).into_iter().map(Problem::from).collect();
        let providers = self.changes.steps.iter().map(|step| &step.provider);
        let mut clouds: Vec<&Provider> = Vec::new();
        for provider in providers.chain(self.changes.reads.iter().map(|read| &read.provider)) {
            if !clouds.iter().any(|known| known.cloud == provider.cloud) {
                clouds.push(provider);
            }
        }
        let unreachable = clouds.into_iter().filter_map(|provider| owner.clouds.adapter(self.kind, provider).err());
        self.refusals.extend(unreachable.flatten());
        self.refusals.extend(self.invented_inputs());
    }

    /// Answers of the simulated cloud are no facts of a real one.
    fn invented_inputs(&self) -> Option<Problem> {
        let inputs = &self.plan.as_ref().filter(|_| self.kind == CloudKind::Real)?.meaning.inputs;
        let names: Vec<String> =
            inputs.keys().filter_map(|key| key.strip_prefix("simulated ")).map(|key| format!("`{key}`")).collect();
        if names.is_empty() {
            return None;
        }
        let message = format!("the simulated cloud gave the answers to {}, and this is a real one", names.join(", "));
        Some(Problem::new("LW0515", Exit::Refused, message).help("run `lw lock` without `--sim`"))
    }

    /// An output that the Plan of another deployment was compiled with stays, or its reader goes first.
    fn keep_readers(&mut self, owner: &Owner) -> Result<(), Problems> {
        let Some(store) = &owner.store else { return Ok(()) };
        let name = &self.snapshot.deployment.name;
        if self.snapshot.deployment.outputs.is_empty() {
            return Ok(());
        }
        let stays = |output: &str| {
            let path = ResourcePath::root("output").field(output);
            self.plan.as_ref().is_some_and(|plan| plan.meaning.nodes.iter().any(|node| node.path == path))
        };
        let mut refusals = Vec::new();
        for other in store.deployments()?.iter().filter(|other| other.name != *name) {
            let Some(plan) = other.plan.as_ref().map(|hash| store.plan(hash)).transpose()?.flatten() else { continue };
            let prefix = format!("output {name}.");
            let read = plan.meaning.inputs.keys().filter_map(|key| key.strip_prefix(prefix.as_str()));
            let gone: Vec<String> = read.filter(|output| !stays(output)).map(|output| format!("`{output}`")).collect();
            if !gone.is_empty() {
                let message = format!("the deployment `{}` reads {} of `{name}`", other.name, gone.join(", "));
                let help = format!("apply `{}` without it first, or destroy that", other.name);
                refusals.push(Problem::new("LW0519", Exit::Refused, message).help(help));
            }
        }
        self.refusals.extend(refusals);
        Ok(())
    }

    /// Whose credentials these are, wherever the Plan expects an account. A cloud that does not say is asked again before each effect.
    async fn verify_accounts(&mut self, owner: &Owner) {
        let mut known: Vec<&Provider> = Vec::new();
        let mut wrong = Vec::new();
        for provider in self.changes.steps.iter().map(|step| &step.provider) {
            let Some(expected) = &provider.account else { continue };
            if known.contains(&provider) {
                continue;
            }
            known.push(provider);
            let Ok(adapter) = owner.clouds.adapter(self.kind, provider) else { continue };
            let Ok(Some(actual)) = adapter.account(&place(provider)).await else { continue };
            if actual != *expected {
                let message =
                    format!("the credentials are those of account {actual}, and the provider expects {expected}");
                let region = provider.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
                let help = format!("use credentials of {expected}{region}, or change the `account` of the provider");
                wrong.push(Problem::new("LW0516", Exit::Refused, message).help(help));
            }
        }
        self.refusals.extend(wrong);
    }
}

/// Which kind of cloud a request is for; a store is of one kind.
fn kind_of(request: &Request, snapshot: &Snapshot) -> Result<CloudKind, Problems> {
    let simulated = request.simulated
        || match &request.wanted {
            Wanted::Plan(plan) => is_simulated(plan.meaning.providers.values()),
            Wanted::Changes(file) => {
                is_simulated(file.changes.steps.iter().map(|step| &step.provider))
                    || snapshot.kind == Some(CloudKind::Sim)
            }
            Wanted::Destroy | Wanted::Rollback { .. } | Wanted::Continue => snapshot.kind == Some(CloudKind::Sim),
        };
    match (snapshot.kind, simulated) {
        (Some(CloudKind::Sim), false) => {
            let message = "this store holds resources of the simulated cloud, and of no other";
            Err(Problem::new("LW0562", Exit::Usage, message)
                .help("say `--sim`, or name another store with `--store`")
                .into())
        }
        (Some(CloudKind::Real), true) => {
            let message = "this store holds resources of a real cloud, and none of the simulated one";
            Err(Problem::new("LW0562", Exit::Usage, message)
                .help("leave `--sim` out, or name another store with `--store`")
                .into())
        }
        (_, true) => Ok(CloudKind::Sim),
        (_, false) => Ok(CloudKind::Real),
    }
}

fn is_simulated<'a>(mut providers: impl Iterator<Item = &'a Provider>) -> bool {
    let first = providers.next();
    first.is_some_and(|first| first.cloud == "sim") && providers.all(|provider| provider.cloud == "sim")
}
