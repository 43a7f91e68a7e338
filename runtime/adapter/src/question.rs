use std::fmt;

use lw_plan::{Json, Map};
use serde::{Deserialize, Serialize};

use crate::{AdapterError, ErrorKind};

/// Something that is asked of a cloud by name: what a `lookup` records, or where a secret is read.
///
/// | source | argument | answer |
/// |---|---|---|
/// | `aws.image` | `owner`, `name`, `architecture` | the id of the newest image whose name matches |
/// | `aws.zones` | `region` | the names of the availability zones, sorted |
/// | `aws.parameter` | `name` | the value of a parameter of Systems Manager that is no secret |
/// | `aws.account` | `region` | the account that the credentials belong to |
/// | `aws.export` | `name` | what a stack of CloudFormation exports under that name |
/// | `aws.object` | `type`, `id`, `property` | what an object shows |
/// | `secret.parameter` | `name` | the value of a parameter, decrypted; never recorded |
/// | `secret.aws` | `name`, `field` | a secret of Secrets Manager, or one field of it; never recorded |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub source: String,
    pub argument: Map<String, Json>,
}

impl Question {
    pub fn new(source: &str, argument: Map<String, Json>) -> Question {
        Question { source: source.to_string(), argument }
    }

    /// A field that is text; without it the question makes no sense.
    pub fn text(&self, field: &str) -> Result<&str, AdapterError> {
        let missing = || AdapterError::permanent("Question", format!("`{}` asks without a `{field}`", self.source));
        self.optional(field).ok_or_else(missing)
    }

    pub fn optional(&self, field: &str) -> Option<&str> {
        self.argument.get(field).and_then(Json::as_str)
    }

    /// What a cloud says to a question that it does not know.
    pub fn unknown(&self, cloud: &str) -> AdapterError {
        AdapterError::permanent("Question", format!("the cloud `{cloud}` has no answer to `{}`", self.source))
    }

    /// What a cloud says when there is nothing of the kind.
    pub fn nothing(&self, what: impl fmt::Display) -> AdapterError {
        AdapterError::new(ErrorKind::NotFound, "Nothing", format!("there is no {what}"))
    }
}

/// One field of a secret's text that is a JSON object, or all of it.
pub fn field_of(text: &str, field: Option<&str>) -> Option<String> {
    let Some(field) = field else { return Some(text.to_string()) };
    match serde_json::from_str::<Json>(text).ok()?.get(field)? {
        Json::String(text) => Some(text.clone()),
        Json::Null => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::field_of;

    #[test]
    fn a_field_of_a_secret_is_text() {
        let text = r#"{"user": "shop", "port": 5432, "none": null}"#;
        assert_eq!(field_of(text, Some("user")).as_deref(), Some("shop"));
        assert_eq!(field_of(text, Some("port")).as_deref(), Some("5432"));
        assert_eq!(field_of(text, Some("none")), None);
        assert_eq!(field_of(text, Some("absent")), None);
        assert_eq!(field_of("plain", None).as_deref(), Some("plain"));
        assert_eq!(field_of("plain", Some("user")), None);
    }
}
