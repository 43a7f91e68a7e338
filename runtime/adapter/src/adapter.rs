use std::time::Duration;

use conductor_core::{Catalogue as _, REGISTRATION_TYPE, Sight};
use lw_plan::{Json, Map};

use crate::{
    AdapterError, Answer, Call, Catalogue, ErrorKind, MemberWatch, Object, Owner, Patch, Place, Question, WatchedMember,
};

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

    /// How long after a write a read may still not show it: what should be there and is not shown is looked for so long before it
    /// counts as gone.
    fn read_lag(&self) -> Duration {
        Duration::ZERO
    }

    /// Makes an object, with its ownership tags inside the call where the type has tags. A resend with a remembered token and
    /// equal parameters answers with the object that the first one made.
    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object>;

    /// Brings to an end what an earlier attempt of a create began: everything after the call that made the object. Harmless however
    /// often it is made. Where a create is one call, there is nothing to complete.
    fn complete<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        _properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            let missing =
                || AdapterError::new(ErrorKind::NotFound, "NotFound", format!("`{physical_id}` is not there"));
            self.read(&call.place, wire_type, physical_id).await?.ok_or_else(missing)
        })
    }

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

    /// The object that a create of these properties, with this token, would have made, by what of it no two objects share: its id,
    /// where that is written, or its name. `None` when it is not there.
    fn find_made<'a>(
        &'a self,
        place: &'a Place,
        wire_type: &'a str,
        _token: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let Some(facts) = Catalogue::embedded().facts(wire_type) else { return Ok(None) };
            let part = |path: &conductor_core::PropertyPath| path.get(properties).and_then(Json::as_str);
            let parts: Option<Vec<&str>> = facts.identifier.iter().map(part).collect();
            if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
                return self.read(place, wire_type, &parts.join("|")).await;
            }
            let Some(name) = &facts.name else { return Ok(None) };
            let Some(wanted) = properties.get(&name.property) else { return Ok(None) };
            let objects = self.list(place, wire_type).await?;
            Ok(objects.into_iter().find(|object| object.properties.get(&name.property) == Some(wanted)))
        })
    }

    /// The answer to a question by name. It may be a secret, as the question's source says: then it is for one call, and nobody keeps
    /// or shows it.
    fn answer<'a>(&'a self, place: &'a Place, question: &'a Question) -> Answer<'a, Json> {
        let _ = place;
        Box::pin(async move { Err(question.unknown(self.cloud())) })
    }

    /// The account that calls act in, where the cloud has accounts and says so; before the first write it must be the expected one.
    fn account<'a>(&'a self, place: &'a Place) -> Answer<'a, Option<String>> {
        let _ = place;
        Box::pin(async { Ok(None) })
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

    /// How members of a fleet are, in their order: one round of checks, and what the balancer says. Counting passes and failures is the
    /// caller's. An error means that nobody can say, of any of them.
    fn members<'a>(
        &'a self,
        place: &'a Place,
        watch: &'a MemberWatch,
        members: &'a [WatchedMember],
    ) -> Answer<'a, Vec<Sight>> {
        Box::pin(async move {
            let mut sights = Vec::with_capacity(members.len());
            for member in members {
                let exists = self.read(place, &watch.wire_type, &member.physical_id).await?.is_some();
                let mut sight = Sight { exists, passes: Some(exists), ..Sight::default() };
                if let Some(balancer) = &watch.balancer {
                    let id = format!("{balancer}|{}", member.physical_id);
                    let registration = self.read(place, REGISTRATION_TYPE, &id).await?;
                    let state = registration.as_ref().and_then(|object| object.properties.get("State"));
                    sight.in_service = state.map(|state| exists && state == "InService");
                }
                sights.push(sight);
            }
            Ok(sights)
        })
    }

    /// A figure by its name, such as `{"Balancer": "errorRate"}`; `None` where there is none at present.
    fn figure<'a>(&'a self, place: &'a Place, balancer: Option<&'a str>, metric: &'a Json) -> Answer<'a, Option<f64>> {
        let _ = (place, balancer, metric);
        Box::pin(async { Ok(None) })
    }
}
