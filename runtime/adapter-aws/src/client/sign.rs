//! Signature version 4.

use std::time::SystemTime;

use adapter::AdapterError;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;

use super::Endpoint;
use crate::model::Service;
use crate::protocol::Request;

/// The request with the headers that sign it.
pub fn signed(
    service: &Service,
    endpoint: &Endpoint,
    credentials: &Credentials,
    mut request: Request,
) -> Result<Request, AdapterError> {
    let failed = |error: &dyn std::fmt::Display| AdapterError::permanent("Signature", error.to_string());
    let mut settings = SigningSettings::default();
    if service.metadata.endpoint_prefix == "s3" {
        // Object names are taken as they are; and S3 wants to see the digest of the body.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&endpoint.region)
        .name(service.signing_name())
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let url = request.url(&endpoint.url);
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(&request.method, &url, headers, body).map_err(|error| failed(&error))?;
    let (instructions, _) = sign(signable, &parameters).map_err(|error| failed(&error))?.into_parts();
    let (headers, _) = instructions.into_parts();
    request.headers.extend(headers.iter().map(|header| (header.name().to_string(), header.value().to_string())));
    Ok(request)
}
