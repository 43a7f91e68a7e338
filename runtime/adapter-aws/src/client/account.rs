//! Whose credentials these are.

use adapter::{AdapterError, ErrorKind};
use lw_plan::{Json, Map};

use super::{Client, Effect, described};

impl Client {
    /// The account that the credentials belong to.
    pub async fn account(&self) -> Result<&str, AdapterError> {
        let look = || async {
            let (service, operation) = described("sts", "GetCallerIdentity")?;
            let answer = self.send_until_answered(service, operation, &Map::new(), "", Effect::None).await?;
            let account = answer.get("Account").and_then(Json::as_str);
            account
                .map(str::to_string)
                .ok_or_else(|| AdapterError::new(ErrorKind::Retryable, "Account", "STS names no account"))
        };
        self.account.get_or_try_init(look).await.map(String::as_str)
    }

    /// Refuses every effect in an account that is not the expected one.
    pub async fn verify_account(&self) -> Result<(), AdapterError> {
        let Some(expected) = &self.target.account else { return Ok(()) };
        let actual = self.account().await?;
        if actual == expected {
            return Ok(());
        }
        let message = format!("the credentials are those of account {actual}, and the provider expects {expected}");
        Err(AdapterError::new(ErrorKind::Credentials, "WrongAccount", message))
    }
}
