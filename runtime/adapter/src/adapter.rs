use lw_plan::{Json, Map};

use crate::{Answer, Call, Object, Owner, Patch, Place};

/// What speaks to one kind of cloud.
///
/// Guarantees: an answer other than [`crate::ErrorKind::Unknown`] is the truth about whether the effect happened. A call is
/// sent at most once; whoever calls decides on a resend. Nothing is remembered here that State should hold.
///
/// Assumptions: the intent of an effectful call is durable before the call is made; a resend carries the same
/// [`Call::operation`] and equal parameters.
pub trait Adapter: Send + Sync {
    /// The cloud's name, as in a Plan's provider binding: `sim`, `aws`, `docker`.
    fn cloud(&self) -> &str;

    /// Makes an object, with its ownership tags inside the call where the type has tags. A resend with a remembered token and
    /// equal parameters answers with the object that the first one made.
    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object>;

    /// The object as it is now; `None` when it is not there.
    fn read<'a>(&'a self, place: &'a Place, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, Option<Object>>;

    /// Changes properties in place and answers with the object as it is afterwards.
    fn update<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        patch: &'a Patch,
    ) -> Answer<'a, Object>;

    /// Ends an object. [`crate::ErrorKind::NotFound`] when it is not there.
    fn delete<'a>(&'a self, call: &'a Call, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, ()>;

    /// All objects of a type in a place, oldest first; ours or not.
    fn list<'a>(&'a self, place: &'a Place, wire_type: &'a str) -> Answer<'a, Vec<Object>>;

    /// All objects that carry the ownership tag of a deployment, of any type, in a place, oldest first: what the sweep goes by.
    fn owned<'a>(&'a self, place: &'a Place, deployment: &'a str) -> Answer<'a, Vec<Object>>;

    /// The object of a type that carries the ownership tags of an owner: what resolves a create whose answer was lost.
    fn find<'a>(&'a self, place: &'a Place, wire_type: &'a str, owner: &'a Owner) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let objects = self.owned(place, &owner.deployment).await?;
            let is_it = |object: &Object| object.wire_type == wire_type && object.owner.as_ref() == Some(owner);
            Ok(objects.into_iter().find(is_it))
        })
    }

    /// Reads many of one type at once, where the cloud can; the answers are in the order of the ids.
    fn read_many<'a>(
        &'a self,
        place: &'a Place,
        wire_type: &'a str,
        physical_ids: &'a [String],
    ) -> Answer<'a, Vec<Option<Object>>> {
        Box::pin(async move {
            let mut objects = Vec::with_capacity(physical_ids.len());
            for physical_id in physical_ids {
                objects.push(self.read(place, wire_type, physical_id).await?);
            }
            Ok(objects)
        })
    }
}
