//! All pages of an answer, as the model's paginator says.

use adapter::AdapterError;
use lw_plan::{Json, Map};

use super::{Client, Effect, described, find_all};
use crate::model::Paginator;

/// More pages than this are a service that turns in a circle.
const PAGES_MAX: usize = 100_000;

impl Client {
    /// An operation that only reads, with all its pages as one answer.
    pub async fn read(
        &self,
        service: &str,
        operation: &str,
        parameters: &Map<String, Json>,
    ) -> Result<Map<String, Json>, AdapterError> {
        let (model, described) = described(service, operation)?;
        let mut parameters = parameters.clone();
        let mut whole = self.send_until_answered(model, described, &parameters, "", Effect::None).await?;
        let Some(paginator) = model.paginators.get(operation) else { return Ok(whole) };
        let mut last = next_tokens(paginator, &whole);
        for _ in 0..PAGES_MAX {
            let Some(tokens) = last else { return Ok(whole) };
            parameters.extend(tokens.clone());
            let page = self.send_until_answered(model, described, &parameters, "", Effect::None).await?;
            let next = next_tokens(paginator, &page);
            for key in paginator.result_key.iter() {
                append(&mut whole, &page, key);
            }
            if next.as_ref() == Some(&tokens) {
                break;
            }
            last = next;
        }
        Err(AdapterError::unknown("Pages", format!("the pages of {operation} do not end")))
    }
}

/// The parameters of the next page; `None` after the last.
fn next_tokens(paginator: &Paginator, page: &Map<String, Json>) -> Option<Map<String, Json>> {
    if let Some(more) = &paginator.more_results
        && find_all(page, more).first().is_none_or(|more| **more != Json::Bool(true))
    {
        return None;
    }
    let mut tokens = Map::new();
    for (input, output) in paginator.input_token.iter().zip(paginator.output_token.iter()) {
        if let Some(token) = find_all(page, output).first().filter(|token| !token.is_null() && **token != "") {
            tokens.insert(input.clone(), (*token).clone());
        }
    }
    (!tokens.is_empty()).then_some(tokens)
}

/// Puts the results of a page behind those of the pages before: `Users`, `DistributionList.Items`.
fn append(whole: &mut Map<String, Json>, page: &Map<String, Json>, key: &str) {
    let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let Some(more) = page.get(name) else { return };
    match (whole.get_mut(name), more, rest) {
        (Some(Json::Object(inner)), Json::Object(more), Some(rest)) => append(inner, more, rest),
        (Some(Json::Array(items)), Json::Array(more), None) => items.extend(more.iter().cloned()),
        (Some(Json::Object(inner)), Json::Object(more), None) => inner.extend(more.clone()),
        (Some(_), _, _) => {}
        (None, more, _) => {
            whole.insert(name.to_string(), more.clone());
        }
    }
}
