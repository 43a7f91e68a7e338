use std::cell::OnceCell;

use lw_plan::{Json, Map};

use crate::{Object, Owner, Place};

/// An object of the simulated cloud with what the indexes need to know of it.
#[derive(Debug)]
pub struct Stored {
    pub wire_type: String,
    pub physical_id: String,
    pub place: Place,
    pub owner: Option<Owner>,
    pub body: Body,
    /// What it can be called by.
    pub handles: Vec<String>,
    /// What no other object may hold.
    pub claims: Vec<String>,
    /// The handles of the objects that it names.
    pub names: Vec<String>,
    /// From when on a read shows it as it is.
    pub visible_at_ms: u64,
    /// What a read shows until then.
    pub before: Option<Box<Object>>,
}

/// Properties that are parsed when somebody looks: a cloud of ten thousand objects is opened to change one.
#[derive(Debug)]
pub struct Body {
    text: String,
    properties: OnceCell<Map<String, Json>>,
}

impl Body {
    pub fn of(properties: Map<String, Json>) -> Body {
        Body { text: String::new(), properties: OnceCell::from(properties) }
    }

    /// Takes the JSON text of an object that was kept.
    pub fn from_text(text: String) -> Body {
        Body { text, properties: OnceCell::new() }
    }

    pub fn properties(&self) -> &Map<String, Json> {
        self.properties.get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
    }

    /// A copy for somebody else; of an object that was only ever read, nothing is kept.
    pub fn copy(&self) -> Map<String, Json> {
        match self.properties.get() {
            Some(properties) => properties.clone(),
            None => serde_json::from_str(&self.text).unwrap_or_default(),
        }
    }

    /// As JSON text.
    pub fn text(&self) -> String {
        serde_json::to_string(self.properties()).unwrap_or_default()
    }
}
