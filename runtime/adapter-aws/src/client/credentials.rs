//! Credentials as the AWS tools find them: environment, profiles, SSO, processes, containers, instance metadata; and then a role.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use adapter::{AdapterError, ErrorKind};
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::Target;

/// Renewed so long before they expire, so that no call is made with credentials that end on the way.
const MARGIN: Duration = Duration::from_secs(300);

pub struct Credentials {
    target: Target,
    http: SharedHttpClient,
    provider: tokio::sync::OnceCell<SharedCredentialsProvider>,
    current: Mutex<Option<aws_credential_types::Credentials>>,
    /// One look-up at a time.
    looking: tokio::sync::Mutex<()>,
}

impl Credentials {
    pub fn new(target: &Target, http: SharedHttpClient) -> Credentials {
        Credentials {
            target: target.clone(),
            http,
            provider: tokio::sync::OnceCell::new(),
            current: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// Credentials that are good for a while.
    pub async fn current(&self) -> Result<aws_credential_types::Credentials, AdapterError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let _turn = self.looking.lock().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let provider = self.provider.get_or_try_init(|| self.provider()).await?;
        let found = provider.provide_credentials().await.map_err(|error| {
            let mut reason = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                reason = format!("{reason}: {inner}");
                source = inner.source();
            }
            let whose = self.target.profile.as_ref().map(|profile| format!(" for the profile `{profile}`"));
            let message = format!("there are no AWS credentials{}: {reason}", whose.unwrap_or_default());
            AdapterError::new(ErrorKind::Credentials, "NoCredentials", message)
        })?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// These, and no others.
    pub fn fix(&self, access_key: &str, secret_key: &str) {
        let keys = aws_credential_types::Credentials::new(access_key, secret_key, None, None, "linework");
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }

    /// The next call looks them up again.
    pub fn forget(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn known(&self) -> Option<aws_credential_types::Credentials> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |known: &&aws_credential_types::Credentials| {
            known.expiry().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN)
        };
        current.as_ref().filter(good).cloned()
    }

    async fn provider(&self) -> Result<SharedCredentialsProvider, AdapterError> {
        let target = &self.target;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(Region::new(target.region.clone()));
        if let Some(profile) = &target.profile {
            loader = loader.profile_name(profile);
        }
        let found = loader.load().await;
        let missing = || AdapterError::new(ErrorKind::Credentials, "NoCredentials", "there are no AWS credentials");
        let base = found.credentials_provider().ok_or_else(missing)?;
        let Some(role) = &target.role else { return Ok(base) };
        let mut config = found.into_builder();
        if let Some(endpoint) = &target.endpoint {
            config = config.endpoint_url(endpoint);
        }
        let assumed = AssumeRoleProvider::builder(role)
            .session_name("linework")
            .configure(&config.build())
            .build_from_provider(base)
            .await;
        Ok(SharedCredentialsProvider::new(assumed))
    }
}
