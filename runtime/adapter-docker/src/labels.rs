//! Whose an object is, as its labels say.
//!
//! Containers take over the labels of their image. So the owner of an image stands under names of its own, and no container that
//! somebody else makes of it looks like ours.

use std::collections::HashMap;

use adapter::Owner;
use conductor_core::{TAG_DEPLOYMENT, TAG_UID};
use lw_plan::{Json, Map};

/// The property that holds labels.
pub(crate) const PROPERTY: &str = "Labels";

const IMAGE_UID: &str = "linework:image-uid";
const IMAGE_DEPLOYMENT: &str = "linework:image-deployment";

/// What kind of object carries the labels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Image,
    Other,
}

impl Carrier {
    fn names(self) -> [(&'static str, &'static str); 2] {
        match self {
            Carrier::Image => [(TAG_UID, IMAGE_UID), (TAG_DEPLOYMENT, IMAGE_DEPLOYMENT)],
            Carrier::Other => [(TAG_UID, TAG_UID), (TAG_DEPLOYMENT, TAG_DEPLOYMENT)],
        }
    }

    /// The filter that lists what an owner has; all of a deployment without a uid, all that has an owner without either.
    pub fn filter(self, owner: Option<&Owner>) -> HashMap<String, Vec<String>> {
        let [(_, uid), (_, deployment)] = self.names();
        let labels = match owner {
            Some(owner) if owner.uid.is_empty() => vec![format!("{deployment}={}", owner.deployment)],
            Some(owner) => vec![format!("{deployment}={}", owner.deployment), format!("{uid}={}", owner.uid)],
            None => return HashMap::new(),
        };
        HashMap::from([("label".to_string(), labels)])
    }
}

/// The labels of a create, with the owner's among them.
pub(crate) fn written(properties: &Map<String, Json>, owner: &Owner, carrier: Carrier) -> HashMap<String, String> {
    let own = properties.get(PROPERTY).and_then(Json::as_object).into_iter().flatten();
    let mut labels: HashMap<String, String> =
        own.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_string()))).collect();
    let [(uid, uid_here), (deployment, deployment_here)] = carrier.names();
    for (name, here, value) in [(uid, uid_here, &owner.uid), (deployment, deployment_here, &owner.deployment)] {
        labels.remove(name);
        labels.insert(here.to_string(), value.clone());
    }
    labels
}

/// The labels of an object as adapters show tags, and whose it is.
pub(crate) fn shown(labels: &HashMap<String, String>, carrier: Carrier) -> (Json, Option<Owner>) {
    let mut map: Map<String, Json> =
        labels.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))).collect();
    for (name, here) in carrier.names() {
        match map.remove(here) {
            Some(value) => map.insert(name.to_string(), value),
            None => map.remove(name),
        };
    }
    let owner = Owner::of_tags(&map);
    (Json::Object(map), owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_of_an_image_is_not_the_images_owner() {
        let owner = Owner { uid: "1".to_string(), deployment: "shop".to_string() };
        let properties = serde_json::json!({"Labels": {"a": "b", "linework:uid": "1"}});
        let of_image = written(properties.as_object().expect("an object"), &owner, Carrier::Image);
        assert_eq!(shown(&of_image, Carrier::Image).1.as_ref(), Some(&owner));
        assert_eq!(shown(&of_image, Carrier::Other).1, None);
        assert_eq!(of_image["a"], "b");
        assert!(!of_image.contains_key(TAG_UID));
    }
}
