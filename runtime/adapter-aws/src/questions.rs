//! What AWS is asked by name: for lookups, and for secrets on their way into one call.

use adapter::{AdapterError, ErrorKind, Question, field_of};
use lw_plan::{Json, Map};
use serde_json::json;

use crate::client::{Client, Effect};

/// The answer to a question that needs no type's lifecycle; none for one that does.
pub(crate) async fn answer(client: &Client, question: &Question) -> Result<Option<Json>, AdapterError> {
    Ok(Some(match question.source.as_str() {
        "aws.image" => image(client, question).await?,
        "aws.zones" => zones(client).await?,
        "aws.account" => Json::from(client.account().await?),
        "aws.export" => export(client, question).await?,
        "aws.parameter" => parameter(client, question, false).await?,
        "secret.parameter" => parameter(client, question, true).await?,
        "secret.aws" => secret(client, question).await?,
        _ => return Ok(None),
    }))
}

async fn ask(
    client: &Client,
    service: &str,
    operation: &str,
    parameters: Json,
) -> Result<Map<String, Json>, AdapterError> {
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    client.call(service, operation, &parameters, "", Effect::None).await
}

/// The newest of the images that match, the one with the least id where two are as old.
async fn image(client: &Client, question: &Question) -> Result<Json, AdapterError> {
    let (owner, name) = (question.text("owner")?, question.text("name")?);
    let mut filters =
        vec![json!({"Name": "name", "Values": [name]}), json!({"Name": "state", "Values": ["available"]})];
    let architecture = question.optional("architecture");
    filters.extend(architecture.map(|wanted| json!({"Name": "architecture", "Values": [wanted]})));
    let found = ask(client, "ec2", "DescribeImages", json!({"Owners": [owner], "Filters": filters})).await?;
    let text = |image: &Json, key: &str| image[key].as_str().unwrap_or_default().to_string();
    let images = found.get("Images").and_then(Json::as_array).into_iter().flatten();
    let newest = images
        .map(|image| (text(image, "CreationDate"), std::cmp::Reverse(text(image, "ImageId"))))
        .filter(|(_, id)| !id.0.is_empty())
        .max();
    let (_, id) = newest.ok_or_else(|| question.nothing(format!("image of `{owner}` whose name matches `{name}`")))?;
    Ok(Json::from(id.0))
}

/// The zones that the account may use without asking for them first, or has asked for.
async fn zones(client: &Client) -> Result<Json, AdapterError> {
    let filters = json!([
        {"Name": "zone-type", "Values": ["availability-zone"]},
        {"Name": "state", "Values": ["available"]},
        {"Name": "opt-in-status", "Values": ["opt-in-not-required", "opted-in"]},
    ]);
    let found = ask(client, "ec2", "DescribeAvailabilityZones", json!({"Filters": filters})).await?;
    let zones = found.get("AvailabilityZones").and_then(Json::as_array).into_iter().flatten();
    let mut names: Vec<&str> = zones.filter_map(|zone| zone["ZoneName"].as_str()).collect();
    names.sort_unstable();
    Ok(Json::from(names))
}

/// What a stack of the account exports under a name in the region.
async fn export(client: &Client, question: &Question) -> Result<Json, AdapterError> {
    let name = question.text("name")?;
    let mut token = Json::Null;
    loop {
        let parameters = if token.is_null() { json!({}) } else { json!({"NextToken": token}) };
        let found = ask(client, "cloudformation", "ListExports", parameters).await?;
        let mut exports = found.get("Exports").and_then(Json::as_array).into_iter().flatten();
        if let Some(export) = exports.find(|export| export["Name"] == name) {
            return Ok(export["Value"].clone());
        }
        // A page that leads back to itself is the last.
        let next = found.get("NextToken").cloned().unwrap_or(Json::Null);
        if next.is_null() || next == "" || next == token {
            return Err(question.nothing(format!("export `{name}` of a stack")));
        }
        token = next;
    }
}

async fn parameter(client: &Client, question: &Question, secret: bool) -> Result<Json, AdapterError> {
    let name = question.text("name")?;
    let found = ask(client, "ssm", "GetParameter", json!({"Name": name, "WithDecryption": secret})).await;
    let found = found.map_err(|error| match error.kind {
        ErrorKind::NotFound => question.nothing(format!("parameter `{name}`")),
        _ => error,
    })?;
    let parameter = found.get("Parameter").unwrap_or(&Json::Null);
    if !secret && parameter["Type"] == "SecureString" {
        let message = format!("the parameter `{name}` is a secret, and would be recorded; `Secret.parameter` reads it");
        return Err(AdapterError::permanent("SecureString", message));
    }
    let value = parameter["Value"].as_str();
    value.map(Json::from).ok_or_else(|| question.nothing(format!("value of the parameter `{name}`")))
}

async fn secret(client: &Client, question: &Question) -> Result<Json, AdapterError> {
    let name = question.text("name")?;
    let found = ask(client, "secretsmanager", "GetSecretValue", json!({"SecretId": name})).await;
    let found = found.map_err(|error| match error.kind {
        ErrorKind::NotFound => question.nothing(format!("secret `{name}`")),
        _ => error,
    })?;
    let text = found.get("SecretString").and_then(Json::as_str);
    let text = text.ok_or_else(|| question.nothing(format!("text of the secret `{name}`")))?;
    let field = question.optional("field");
    let value = field_of(text, field);
    value.map(Json::from).ok_or_else(|| question.nothing(format!("`{}` in `{name}`", field.unwrap_or_default())))
}
