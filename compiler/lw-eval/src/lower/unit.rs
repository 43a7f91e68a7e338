use lw_check::typed::LocalId;
use lw_core::{FunctionId, Place};
use rustc_hash::FxHashMap;

/// A frame with captures: what a local of the typed tree is within it.
#[derive(Debug, Default)]
pub(super) struct Unit {
    slots: FxHashMap<LocalId, u32>,
    /// The next free slot; slots are never used twice.
    pub next: u32,
    pub captured: Captured,
    /// Functions of the `let` that this unit is a function of.
    pub members: FxHashMap<LocalId, FunctionId>,
}

/// What a unit takes from outside, in order.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub places: Vec<Place>,
    known: FxHashMap<LocalId, u32>,
}

impl Unit {
    /// A function of a `let`, with what the functions before it captured.
    pub fn member(captured: Captured, members: &[(LocalId, FunctionId)]) -> Unit {
        Unit { captured, members: members.iter().copied().collect(), ..Unit::default() }
    }

    pub fn bind(&mut self, local: LocalId) -> u32 {
        let slot = self.next;
        self.next += 1;
        self.slots.insert(local, slot);
        slot
    }
}

/// The units around a place in a body, outermost first.
#[derive(Debug, Default)]
pub(super) struct Units(pub Vec<Unit>);

impl Units {
    pub fn current(&mut self) -> &mut Unit {
        self.0.last_mut().expect("a body has a unit")
    }

    /// Where a local is found from the innermost unit.
    pub fn resolve(&mut self, local: LocalId) -> Option<Place> {
        let innermost = self.0.len().checked_sub(1)?;
        self.resolve_in(local, innermost)
    }

    fn resolve_in(&mut self, local: LocalId, at: usize) -> Option<Place> {
        let unit = &self.0[at];
        if let Some(slot) = unit.slots.get(&local) {
            return Some(Place::Local(*slot));
        }
        if let Some(member) = unit.members.get(&local) {
            return Some(Place::Member(*member));
        }
        if let Some(capture) = unit.captured.known.get(&local) {
            return Some(Place::Capture(*capture));
        }
        let place = self.resolve_in(local, at.checked_sub(1)?)?;
        let captured = &mut self.0[at].captured;
        let capture = captured.places.len() as u32;
        captured.places.push(place);
        captured.known.insert(local, capture);
        Some(Place::Capture(capture))
    }
}
