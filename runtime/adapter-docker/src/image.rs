//! Images that are built here. What a registry holds is named by its digest and is no resource.

use std::collections::HashMap;

use adapter::{AdapterError, Call, Object, Owner};
use base64::Engine as _;
use bollard::Docker as Client;
use bollard::models::ImageInspect;
use bollard::query_parameters::{BuildImageOptions, ListImagesOptions, RemoveImageOptions};
use bytes::Bytes;
use futures_util::StreamExt as _;
use lw_plan::{Json, Map};

use crate::context;
use crate::error::{self, Effect};
use crate::labels::{self, Carrier};
use crate::shown::{Shown, entries, text};

pub(crate) const TYPE: &str = "Docker::Image";

pub(crate) async fn create(
    client: &Client,
    call: &Call,
    properties: &Map<String, Json>,
) -> Result<Object, AdapterError> {
    let unreadable = |reason: String| AdapterError::permanent("Context", format!("the context of the image: {reason}"));
    let archive = text(properties, "Context").unwrap_or_default();
    let archive = base64::engine::general_purpose::STANDARD.decode(archive);
    let archive = archive.map_err(|error| unreadable(error.to_string()))?;
    let tar = context::tar_of_zip(&archive).map_err(|reason| unreadable(reason.to_string()))?;
    let name = text(properties, "Name").unwrap_or_default();
    let options = BuildImageOptions {
        dockerfile: text(properties, "Dockerfile").unwrap_or_else(|| "Dockerfile".to_string()),
        t: Some(name.clone()),
        q: true,
        rm: true,
        forcerm: true,
        buildargs: Some(entries(properties.get("Arguments")).collect())
            .filter(|arguments: &HashMap<_, _>| !arguments.is_empty()),
        labels: Some(labels::written(properties, &call.owner, Carrier::Image)),
        target: text(properties, "Target").unwrap_or_default(),
        ..BuildImageOptions::default()
    };
    let mut build = std::pin::pin!(client.build_image(options, None, Some(bollard::body_full(Bytes::from(tar)))));
    while let Some(told) = build.next().await {
        let told = told.map_err(|error| error::of(error, Effect::Possible))?;
        if let Some(failed) = told.error_detail {
            return Err(AdapterError::permanent("Build", failed.message.unwrap_or_default().trim().to_string()));
        }
    }
    let missing = || AdapterError::unknown("NotSeen", format!("the image `{name}` that was built is not there"));
    read(client, &name).await?.ok_or_else(missing)
}

pub(crate) async fn read(client: &Client, id: &str) -> Result<Option<Object>, AdapterError> {
    Ok(error::optional(client.inspect_image(id).await)?.map(show))
}

pub(crate) async fn delete(client: &Client, id: &str) -> Result<(), AdapterError> {
    // An image in use stays, and one that somebody else has given another name.
    let options = RemoveImageOptions { force: false, noprune: false, platforms: None };
    let removed = client.remove_image(id, Some(options), None).await;
    removed.map(|_| ()).map_err(|error| error::of(error, Effect::Possible))
}

pub(crate) async fn list(client: &Client, owner: Option<&Owner>) -> Result<Vec<Object>, AdapterError> {
    let options = ListImagesOptions { filters: Some(Carrier::Image.filter(owner)), ..ListImagesOptions::default() };
    let found = client.list_images(Some(options)).await.map_err(|error| error::of(error, Effect::None))?;
    let mut found: Vec<_> = found.into_iter().map(|image| (image.created, image.id)).collect();
    found.sort();
    let mut objects = Vec::with_capacity(found.len());
    for (_, id) in found {
        objects.extend(read(client, &id).await?);
    }
    Ok(objects)
}

fn show(image: ImageInspect) -> Object {
    let id = image.id.unwrap_or_default();
    let labels = image.config.and_then(|config| config.labels).unwrap_or_default();
    let (labels, owner) = labels::shown(&labels, Carrier::Image);
    // The engine puts a tag to a name; there is but one of each image, and a name has none.
    let mut tags = image.repo_tags.unwrap_or_default().into_iter();
    let name = tags.find_map(|tag| tag.strip_suffix(":latest").map(str::to_string));
    Shown::default()
        .with("ImageId", id.as_str())
        .with("Name", name)
        .with(labels::PROPERTY, labels)
        .object(TYPE, id, owner)
}
