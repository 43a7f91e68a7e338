use crate::Uid;

/// Something that people are told of a fleet.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetEvent {
    RolloutBegan {
        to: String,
        is_rollback: bool,
    },
    RolloutEnded {
        to: String,
    },
    /// The template failed, and the one before it takes its place.
    RolledBack {
        from: String,
        reason: String,
    },
    /// The template failed, and there is nothing to go back to, or nobody wants to.
    Halted {
        template: String,
        reason: String,
    },
    Braked {
        unhealthy: u32,
        of: u32,
    },
    BrakeReleased,
    ZoneLost {
        zone: usize,
    },
    ZoneReturned {
        zone: usize,
    },
    Scaled {
        from: u32,
        to: u32,
    },
    MemberLost {
        member: Uid,
    },
    MemberFailed {
        member: Uid,
    },
}

impl FleetEvent {
    /// One sentence without a full stop.
    pub fn text(&self) -> String {
        match self {
            FleetEvent::RolloutBegan { to, is_rollback: false } => format!("the rollout of template {to} began"),
            FleetEvent::RolloutBegan { to, is_rollback: true } => format!("going back to template {to}"),
            FleetEvent::RolloutEnded { to } => format!("every member is made from template {to}"),
            FleetEvent::RolledBack { from, reason } => format!("template {from} is left: {reason}"),
            FleetEvent::Halted { template, reason } => format!("template {template} is stopped where it is: {reason}"),
            FleetEvent::Braked { unhealthy, of } => {
                format!("{unhealthy} of {of} members are unhealthy at once: nothing is destroyed")
            }
            FleetEvent::BrakeReleased => "members are healthy again".to_string(),
            FleetEvent::ZoneLost { zone } => format!("zone {zone} is lost: its members are made up for elsewhere"),
            FleetEvent::ZoneReturned { zone } => format!("zone {zone} is back"),
            FleetEvent::Scaled { from, to } => format!("the desired number of members went from {from} to {to}"),
            FleetEvent::MemberLost { member } => format!("member {member} is gone, and is replaced"),
            FleetEvent::MemberFailed { member } => format!("member {member} is unhealthy, and is replaced"),
        }
    }
}
