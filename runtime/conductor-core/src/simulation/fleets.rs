//! Fleets under everything at once: versions good and bad, kills, edits, zones that go and come back, figures that rise and are missing,
//! health sources that fail, windows, calls that fail, and a Conductor that dies between any two of its deeds.
//!
//! The one idea: the world knows what is true, the engine what it was shown. At every step what is true is held against what was promised;
//! after the last fault, all is as declared within so many rounds, and stays so without a deed.

use std::collections::BTreeMap;

use lw_plan::{
    Amount, Balancer, Blueprint, Bounds, Disruption, Fleet, Json, Rate, Refresh, Rollout, Scale, Spread, Strategy,
    Window,
};
use serde_json::json;

use crate::Uid;
use crate::fleet::{
    Existence, FleetAction, FleetDecision, FleetEvent, FleetRound, FleetState, Member, Pulses, Registration, Sight,
    template_of, tend,
};

/// What a template does to its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    Good,
    NeverHealthy,
    /// Ends so long after its creation.
    Dies(u64),
    /// Turns unhealthy so long after its creation.
    Sickens(u64),
}

struct Thing {
    template: String,
    zone: Option<usize>,
    created_at_ms: u64,
    boots_at_ms: u64,
    exists: bool,
    is_sick: bool,
    is_edited: bool,
    registration: Registration,
    /// Requests that it still has, once it drains.
    idle_at_ms: u64,
    drained_since_ms: Option<u64>,
}

/// A source of numbers that a seed decides.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}

struct Town {
    dice: Dice,
    now_ms: u64,
    fleet: Fleet,
    qualities: BTreeMap<String, Quality>,
    things: BTreeMap<Uid, Thing>,
    /// On disk.
    state: FleetState,
    /// In memory.
    pulses: Pulses,
    lost_zone: Option<usize>,
    is_blind: bool,
    is_all_failing: bool,
    load: Option<f64>,
    versions: u64,
    seed: u128,
    told_refusals: usize,
    told: Vec<String>,
}

const ROUND_MS: u64 = 5_000;

impl Town {
    fn new(seed: u64) -> Town {
        let mut dice = Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x5DEE_CE66);
        let desired = 1 + dice.below(8) as u32;
        let strategy = match dice.below(4) {
            0 => Strategy::BlueGreen { bake_ms: 60_000 },
            1 => Strategy::Canary { steps: vec![10, 50], bake_ms: 30_000 },
            _ => Strategy::Rolling {
                max_surge: [Amount::Share(25), Amount::Members(1), Amount::Members(0)][dice.below(3) as usize],
                max_unavailable: [Amount::Members(0), Amount::Members(1), Amount::Share(40)][dice.below(3) as usize],
            },
        };
        let zones = dice.below(4);
        let scales = dice.happens(500);
        let min = 1.max(desired / 2);
        let mut fleet = Fleet {
            template: Blueprint::default(),
            size: Bounds { min, desired, max: desired + 1 + dice.below(4) as u32 },
            spread: (zones >= 2).then(|| Spread {
                property: "Zone".to_string(),
                over: (0..zones).map(|zone| json!(format!("zone-{zone}"))).collect(),
            }),
            health: lw_plan::Health {
                checks: Vec::new(),
                interval_ms: ROUND_MS,
                timeout_ms: 1_000,
                passes: 1 + dice.below(2) as u32,
                failures: 2 + dice.below(2) as u32,
                grace_ms: 10_000,
                healthy_for_ms: 10_000 * (1 + dice.below(2)),
                deadline_ms: 120_000,
            },
            balancer: dice.happens(750).then(|| Balancer { target: json!("front"), port: Some(80), drain_ms: 20_000 }),
            rollout: Rollout { strategy, progress_deadline_ms: 300_000, rolls_back: true, gates: Vec::new() },
            refresh: dice
                .happens(400)
                .then_some(Refresh { max_age_ms: 3_600_000, rate: Rate { members: 1, per_ms: 60_000 } }),
            scale: scales.then(|| Scale {
                metric: json!({"Balancer": "load"}),
                target: 100.0,
                out_cooldown_ms: 30_000,
                in_cooldown_ms: 120_000,
            }),
            disruption: Disruption {
                max_unavailable: dice.happens(300).then_some(Amount::Members(1)),
                brake: 55,
                windows: if dice.happens(200) {
                    vec![Window { days: (0..7).collect(), from_ms: 0, to_ms: 12 * 3_600_000 }]
                } else {
                    Vec::new()
                },
            },
        };
        if !fleet.problems().is_empty() {
            fleet.rollout.strategy =
                Strategy::Rolling { max_surge: Amount::Members(1), max_unavailable: Amount::Members(0) };
        }
        let mut town = Town {
            dice,
            now_ms: 1_000_000_000_000,
            fleet,
            qualities: BTreeMap::new(),
            things: BTreeMap::new(),
            state: FleetState::default(),
            pulses: Pulses::default(),
            lost_zone: None,
            is_blind: false,
            is_all_failing: false,
            load: None,
            versions: 0,
            seed: u128::from(seed) << 64,
            told_refusals: 0,
            told: Vec::new(),
        };
        town.release(Quality::Good);
        town
    }

    fn release(&mut self, quality: Quality) {
        self.versions += 1;
        let properties = json!({"Image": format!("image-{}", self.versions)}).as_object().unwrap().clone();
        self.fleet.template = Blueprint { wire_type: "Server".to_string(), properties };
        self.qualities.insert(template_of(&self.fleet.template), quality);
    }

    fn passes(&self, thing: &Thing) -> bool {
        let age_ms = self.now_ms - thing.created_at_ms;
        let by_quality = match self.qualities[&thing.template] {
            Quality::Good | Quality::Dies(_) => true,
            Quality::NeverHealthy => false,
            Quality::Sickens(after_ms) => age_ms < after_ms,
        };
        thing.exists
            && by_quality
            && self.now_ms >= thing.boots_at_ms
            && !thing.is_sick
            && !self.is_all_failing
            && !(thing.zone.is_some() && thing.zone == self.lost_zone)
    }

    fn serves(&self, thing: &Thing) -> bool {
        let is_registered = self.fleet.balancer.is_none() || thing.registration == Registration::InService;
        is_registered && self.passes(thing)
    }

    fn serving(&self) -> u32 {
        self.things.values().filter(|thing| self.serves(thing)).count() as u32
    }

    fn members(&self) -> Vec<Member> {
        let mut members: Vec<Member> = self
            .things
            .iter()
            .map(|(uid, thing)| Member {
                uid: *uid,
                template: thing.template.clone(),
                zone: thing.zone,
                created_at_ms: thing.created_at_ms,
                existence: Existence::Present,
                registration: thing.registration,
            })
            .collect();
        members.sort_by_key(|member| (member.created_at_ms, member.uid));
        members
    }

    fn sights(&self) -> BTreeMap<Uid, Sight> {
        let sight = |(uid, thing): (&Uid, &Thing)| {
            let is_registered = thing.registration != Registration::None;
            let sight = Sight {
                exists: thing.exists,
                passes: Some(self.passes(thing)),
                in_service: (self.fleet.balancer.is_some() && is_registered).then(|| self.serves(thing)),
                connections: is_registered.then(|| u64::from(self.now_ms < thing.idle_at_ms)),
                is_edited: thing.is_edited,
                ..Sight::default()
            };
            (*uid, sight)
        };
        self.things.iter().map(sight).collect()
    }

    /// What others do between two rounds.
    fn disturb(&mut self) {
        let uids: Vec<Uid> = self.things.keys().copied().collect();
        let pick = |dice: &mut Dice| uids.get(dice.below(uids.len() as u64) as usize).copied();
        if self.dice.happens(20)
            && let Some(uid) = pick(&mut self.dice)
        {
            self.things.get_mut(&uid).unwrap().exists = false;
        }
        if self.dice.happens(15)
            && let Some(uid) = pick(&mut self.dice)
        {
            self.things.get_mut(&uid).unwrap().is_sick = true;
        }
        if self.dice.happens(10)
            && let Some(uid) = pick(&mut self.dice)
        {
            self.things.get_mut(&uid).unwrap().is_edited = true;
        }
        if self.dice.happens(12) {
            let quality = match self.dice.below(6) {
                0 => Quality::NeverHealthy,
                // Before it was healthy for as long as is asked: what fails only later stands the test.
                1 => Quality::Dies(1_000 + self.dice.below(9_000)),
                2 => Quality::Sickens(1_000 + self.dice.below(9_000)),
                _ => Quality::Good,
            };
            self.release(quality);
        }
        let zones = self.fleet.spread.as_ref().map_or(0, |spread| spread.over.len()) as u64;
        if self.lost_zone.is_none() && zones > 0 && self.dice.happens(8) {
            self.lost_zone = Some(self.dice.below(zones) as usize);
        } else if self.dice.happens(40) {
            self.lost_zone = None;
        }
        self.is_blind = self.dice.happens(if self.is_blind { 700 } else { 10 });
        self.is_all_failing = self.dice.happens(if self.is_all_failing { 800 } else { 6 });
        self.load = match self.dice.below(10) {
            0 => None,
            1 => Some(f64::NAN),
            _ => Some(30.0 + self.dice.below(250) as f64),
        };
        if self.dice.happens(5) {
            let size = &mut self.fleet.size;
            size.desired = size.min + self.dice.below(u64::from(size.max - size.min) + 1) as u32;
        }
    }

    /// The peace in which all has to come right.
    fn calm(&mut self) {
        (self.lost_zone, self.is_blind, self.is_all_failing, self.load) = (None, false, false, None);
        for thing in self.things.values_mut() {
            (thing.is_sick, thing.is_edited) = (false, false);
        }
    }

    fn age(&mut self) {
        self.now_ms += ROUND_MS;
        let now_ms = self.now_ms;
        for thing in self.things.values_mut() {
            if let Quality::Dies(after_ms) = self.qualities[&thing.template]
                && now_ms - thing.created_at_ms >= after_ms
            {
                thing.exists = false;
            }
        }
    }

    /// One round of the Conductor; it may die between any two of its deeds.
    fn round(&mut self, is_faulty: bool) -> FleetDecision {
        let members = self.members();
        let sights = self.sights();
        let mut state = self.state.clone();
        self.seed += 1;
        let round = FleetRound {
            now_ms: self.now_ms,
            fleet: &self.fleet,
            members: &members,
            sights: (!self.is_blind).then_some(&sights),
            load: self.load,
            gates: &[],
            is_paused: false,
            seed: self.seed,
        };
        let decision = tend(&round, &mut state, &mut self.pulses);
        if is_faulty && self.dice.happens(15) {
            // Dead before anything was written.
            self.pulses = Pulses::default();
            return FleetDecision::default();
        }
        self.check_decision(&decision, &state);
        self.state = state;
        self.told.extend(decision.events.iter().map(FleetEvent::text));
        self.told_refusals += decision
            .events
            .iter()
            .filter(|event| matches!(event, FleetEvent::RolledBack { .. } | FleetEvent::Halted { .. }))
            .count();
        let (before, floor) = (self.serving(), self.fleet.floor(self.state.desired));
        for action in &decision.actions {
            if is_faulty && self.dice.happens(15) {
                self.pulses = Pulses::default();
                break;
            }
            if is_faulty && self.dice.happens(40) {
                continue;
            }
            self.perform(action);
        }
        let after = self.serving();
        assert!(
            after >= before.min(floor),
            "{after} serve, of {before}, and the floor is {floor}: {:?}",
            decision.actions
        );
        decision
    }

    fn check_decision(&self, decision: &FleetDecision, state: &FleetState) {
        let size = self.fleet.size;
        if self.fleet.scale.is_some() && state.desired > 0 {
            assert!((size.min.max(1)..=size.max).contains(&state.desired), "{} is desired", state.desired);
        }
        let made = decision.actions.iter().filter(|action| matches!(action, FleetAction::Create { .. })).count() as u32;
        let gone = decision.actions.iter().filter(|action| matches!(action, FleetAction::Forget { .. })).count() as u32;
        if made > 0 {
            let alive = self.things.len() as u32 - gone + made;
            let ceiling = match state.zones_lost.is_empty() {
                true => self.fleet.ceiling(state.desired),
                false => self.fleet.ceiling(state.desired).max(size.max),
            };
            assert!(alive <= ceiling, "{alive} members, and the ceiling is {ceiling}");
        }
        // A source of health that fails, or a mass failure: nothing that stood the test is destroyed.
        let judged: Vec<&Thing> = self
            .things
            .iter()
            .filter(|(uid, thing)| state.proven.contains(uid) && !self.state.draining.contains_key(uid) && thing.exists)
            .map(|(_, thing)| thing)
            .collect();
        let failing = judged.iter().filter(|thing| !self.passes(thing)).count();
        if !self.is_blind && state.zones_lost.is_empty() && judged.len() >= 3 && failing * 100 > 55 * judged.len() {
            for action in &decision.actions {
                if let FleetAction::Drain { member } = action {
                    assert!(
                        !state.proven.contains(member) || self.state.draining.contains_key(member),
                        "{action:?} under the brake"
                    );
                }
            }
        }
        assert!(!self.is_blind || decision.actions.is_empty(), "nothing is known, and something is done");
    }

    fn perform(&mut self, action: &FleetAction) {
        let (now_ms, balanced) = (self.now_ms, self.fleet.balancer.is_some());
        match action {
            FleetAction::Forget { member } => {
                assert!(!self.things.remove(member).expect("a member").exists, "what exists is not forgotten");
            }
            FleetAction::Create { member, template, zone } => {
                let boots_at_ms = now_ms + 1_000 * (1 + self.dice.below(30));
                let thing = Thing {
                    template: template.clone(),
                    zone: *zone,
                    created_at_ms: now_ms,
                    boots_at_ms,
                    exists: true,
                    is_sick: false,
                    is_edited: false,
                    registration: Registration::None,
                    idle_at_ms: u64::MAX,
                    drained_since_ms: None,
                };
                assert!(self.things.insert(*member, thing).is_none(), "a fresh uid");
            }
            FleetAction::Register { member } => {
                assert!(balanced);
                let thing = self.things.get_mut(member).expect("a member");
                (thing.registration, thing.idle_at_ms) = (Registration::InService, u64::MAX);
            }
            FleetAction::Drain { member } => {
                let idle_at_ms = now_ms + 1_000 * self.dice.below(40);
                let thing = self.things.get_mut(member).expect("a member");
                (thing.registration, thing.idle_at_ms) = (Registration::Draining, idle_at_ms);
                thing.drained_since_ms = Some(now_ms);
            }
            FleetAction::Restore { member } => {
                let thing = self.things.get_mut(member).expect("a member");
                (thing.registration, thing.idle_at_ms, thing.drained_since_ms) =
                    (Registration::InService, u64::MAX, None);
            }
            FleetAction::Remove { member } => {
                let thing = self.things.remove(member).expect("a member");
                assert_ne!(thing.registration, Registration::InService, "it still has requests");
                if thing.registration == Registration::Draining && now_ms < thing.idle_at_ms {
                    let since_ms = self.state.draining[member];
                    assert!(now_ms >= since_ms + 20_000, "it was not done, and had time left");
                }
            }
        }
    }

    /// All is as the declared template, or the one before it, says.
    fn check_peace(&self, seed: u64) {
        let declared = template_of(&self.fleet.template);
        let is_good = self.qualities[&declared] == Quality::Good;
        let is_refused = self.state.refused.as_ref().is_some_and(|refused| refused.template == declared);
        let wanted = match (is_refused, &self.state.stable) {
            (true, Some(stable)) => stable.template.clone(),
            _ => declared.clone(),
        };
        assert!(
            is_good || is_refused || self.state.stable.as_ref().is_some_and(|stable| stable.template == declared),
            "seed {seed}: a bad template is in force"
        );
        for thing in self.things.values() {
            assert_eq!(
                thing.template,
                wanted,
                "seed {seed}: an old member is left: {:?}\n{}",
                self.state,
                self.told.join("\n")
            );
        }
        if self.state.stable.is_some() {
            assert_eq!(self.serving(), self.state.desired, "seed {seed}");
        }
        assert_eq!(
            self.told_refusals,
            self.told.iter().filter(|text| text.contains("is left: ") || text.contains("is stopped")).count()
        );
    }
}

/// One town from its seed on.
fn live(seed: u64) -> (u64, u64) {
    let mut town = Town::new(seed);
    let turmoil = 150 + town.dice.below(250);
    let mut deeds = 0;
    for _ in 0..turmoil {
        town.age();
        town.disturb();
        deeds += town.round(true).actions.len() as u64;
    }
    town.calm();
    // Whatever is in force at last is something that can hold, so that peace can come; and it is noon or night as it may be.
    if town.dice.happens(500) || town.state.stable.is_none() {
        town.release(Quality::Good);
    }
    town.fleet.refresh = None;
    let mut quiet = 0;
    let (mut rounds, mut idle) = (0, 0);
    let bound = 3_000;
    while quiet < 100 {
        town.age();
        let decision = town.round(false);
        quiet = if decision.is_settled && decision.actions.is_empty() { quiet + 1 } else { 0 };
        deeds += decision.actions.len() as u64;
        rounds += 1;
        idle = if decision.actions.is_empty() { idle + 1 } else { 0 };
        if idle > 100 && !decision.is_settled {
            // A window is waited for.
            town.now_ms += 900_000;
        }
        assert!(rounds < bound, "seed {seed}: no peace: {decision:?} {:?}\n{}", town.state, town.told.join("\n"));
    }
    town.check_peace(seed);
    (turmoil + rounds, deeds)
}

/// `LINEWORK_SEEDS` towns from `LINEWORK_FIRST_SEED` on.
#[test]
#[expect(clippy::print_stdout, reason = "a long run says what it did")]
fn fleets_hold_their_floors_and_come_to_rest() {
    let (first, count) = super::seeds(0, 320);
    let (mut rounds, mut deeds) = (0, 0);
    for seed in first..first + count {
        let lived = std::panic::catch_unwind(|| live(seed));
        let again = "cargo test -p conductor-core fleets_hold";
        let (more_rounds, more_deeds) =
            lived.unwrap_or_else(|_| panic!("seed {seed}; again: LINEWORK_FIRST_SEED={seed} LINEWORK_SEEDS=1 {again}"));
        (rounds, deeds) = (rounds + more_rounds, deeds + more_deeds);
    }
    println!("{count} fleets from seed {first}: {rounds} rounds, {deeds} deeds");
    assert!(deeds > count, "fleets that do nothing show nothing");
}

/// The same seed does the same.
#[test]
fn a_fleet_of_a_seed_is_the_same_again() {
    assert_eq!(live(7), live(7));
}

/// A fleet with everything else at rest.
fn quiet_town(strategy: Strategy, desired: u32) -> Town {
    let mut town = Town::new(1);
    town.fleet = Fleet {
        size: Bounds { min: 1, desired, max: desired },
        spread: None,
        balancer: Some(Balancer { target: Json::from("front"), port: None, drain_ms: 20_000 }),
        rollout: Rollout { strategy, progress_deadline_ms: 300_000, rolls_back: true, gates: Vec::new() },
        refresh: None,
        scale: None,
        disruption: Disruption { max_unavailable: None, brake: 55, windows: Vec::new() },
        ..town.fleet
    };
    rest(&mut town);
    town
}

/// Rounds until all is at rest.
fn rest(town: &mut Town) -> u64 {
    for round in 0..2_000 {
        town.age();
        if town.round(false).is_settled {
            return round;
        }
    }
    panic!("no rest: {:?}\n{}", town.state, town.told.join("\n"));
}

#[test]
fn every_strategy_replaces_all_members_and_goes_back_from_what_is_bad() {
    let strategies = [
        Strategy::Rolling { max_surge: Amount::Share(25), max_unavailable: Amount::Members(0) },
        Strategy::Rolling { max_surge: Amount::Members(0), max_unavailable: Amount::Members(1) },
        Strategy::BlueGreen { bake_ms: 60_000 },
        Strategy::Canary { steps: vec![10, 50], bake_ms: 30_000 },
    ];
    for strategy in strategies {
        let mut town = quiet_town(strategy.clone(), 6);
        let first = template_of(&town.fleet.template);
        town.release(Quality::Good);
        rest(&mut town);
        let second = template_of(&town.fleet.template);
        assert!(town.things.values().all(|thing| thing.template == second), "{strategy:?}");
        assert_eq!(
            town.state.history.iter().map(|past| past.template.clone()).collect::<Vec<_>>(),
            [first, second.clone()]
        );
        for quality in [Quality::NeverHealthy, Quality::Dies(8_000), Quality::Sickens(2_000)] {
            town.release(quality);
            rest(&mut town);
            assert!(town.things.values().all(|thing| thing.template == second), "{strategy:?} {quality:?}");
            assert_eq!(town.serving(), 6);
            assert_eq!(
                town.state.refused.as_ref().map(|refused| refused.template.clone()),
                Some(template_of(&town.fleet.template))
            );
        }
        let kept = town.state.history.len();
        town.release(Quality::Good);
        rest(&mut town);
        assert_eq!(town.state.history.len(), kept + 1);
        assert!(town.state.refused.is_none());
    }
}

#[test]
fn without_health_nothing_is_destroyed_and_it_is_told_once() {
    let mut town =
        quiet_town(Strategy::Rolling { max_surge: Amount::Members(1), max_unavailable: Amount::Members(0) }, 6);
    town.is_all_failing = true;
    let told = town.told.len();
    for _ in 0..100 {
        town.age();
        let decision = town.round(false);
        let destroys = |action: &FleetAction| matches!(action, FleetAction::Drain { .. } | FleetAction::Remove { .. });
        assert!(!decision.actions.iter().any(destroys), "{:?}", decision.actions);
    }
    assert_eq!(town.told[told..].iter().filter(|text| text.contains("at once")).count(), 1, "{:?}", &town.told[told..]);
    town.is_all_failing = false;
    rest(&mut town);
    assert_eq!(town.serving(), 6);
}

#[test]
fn a_lost_zone_is_made_up_for_within_max_and_left_alone_on_its_return() {
    let mut town =
        quiet_town(Strategy::Rolling { max_surge: Amount::Members(1), max_unavailable: Amount::Members(0) }, 6);
    town.fleet.spread = Some(Spread { property: "Zone".to_string(), over: (0..3).map(|zone| json!(zone)).collect() });
    town.fleet.size = Bounds { min: 2, desired: 6, max: 8 };
    rest(&mut town);
    let zones = |town: &Town| {
        (0..3).map(|zone| town.things.values().filter(|thing| thing.zone == Some(zone)).count()).collect::<Vec<_>>()
    };
    assert_eq!(zones(&town), [2, 2, 2]);
    town.lost_zone = Some(1);
    for _ in 0..60 {
        town.age();
        town.round(false);
    }
    assert_eq!(zones(&town), [3, 2, 3], "two more elsewhere, the lost ones left alone");
    assert_eq!(town.serving(), 6);
    town.lost_zone = None;
    for _ in 0..10 {
        town.age();
        let decision = town.round(false);
        assert!(decision.actions.is_empty(), "too early: {:?}", decision.actions);
    }
    rest(&mut town);
    assert_eq!(zones(&town), [2, 2, 2]);
}
