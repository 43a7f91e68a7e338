//! Fleets: interchangeable members, replaced and never modified.
//!
//! The one idea: a round is a function of what is declared, what State has of the members, and what was just seen of them. [`tend`] gives
//! the next actions and nothing else; done in any part, or not at all, the next round starts from what is then there. There is one
//! budget: whatever takes a member away without need (a rollout, a refresh, scaling in) asks the same floor, calendar and brake.
//!
//! Guarantees, held by the simulator at every step:
//! - where it is up to us, no fewer members serve than the floor, and no more exist than the ceiling;
//! - a member that serves is taken from the balancer, and has finished its work, before it ends;
//! - a template that does not stand the test is left for the one before it, without a word from anybody;
//! - with too much unhealthy at once, nothing is destroyed; a zone that is lost is made up for elsewhere, within `max`;
//! - what is not known (health, a figure) changes nothing.
//!
//! Deliberately absent: how a member is made or asked (an adapter's), the journal (the executor's), and clocks.

mod changes;
mod decide;
mod event;
mod member;
mod pulse;
mod rollout;
mod standing;
mod state;

mod calendar;
mod capacity;
mod estimate;
mod scaling;
mod zones;

pub use changes::{FleetInput, fleet_changes};
pub use decide::{FleetDecision, FleetRound, tend};
pub use estimate::{RolloutEstimate, estimate};
pub use event::FleetEvent;
pub use member::{
    Existence, Member, Membership, REGISTRATION_TYPE, Registration, Role, Sight, members_of, template_of,
};
pub use pulse::Pulses;
pub use state::{FleetState, Past, RolloutState, STATE_ATTRIBUTE, Version};

/// What is to be done to a fleet's members, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetAction {
    /// Its object is gone: only what is recorded of it is left.
    Forget { member: crate::Uid },
    /// Make one from a template that is known by its digest, with this value of what members are spread over.
    Create { member: crate::Uid, template: String, zone: Option<usize> },
    /// Let it have requests.
    Register { member: crate::Uid },
    /// Let it have no new ones.
    Drain { member: crate::Uid },
    /// Let it have some again.
    Restore { member: crate::Uid },
    /// Take it from the balancer and end it.
    Remove { member: crate::Uid },
}
