//! `fn::open::onepassword`: fields and files from 1Password by its `op` command.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::BoxFuture;

use super::{
    inputs,
    onepassword_connect::{Get, references},
    standard::{Kept, Outside},
};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::onepassword::{Op, Reference};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Reads by `op`.
pub(super) struct OnePassword {
    outside: Arc<Outside>,
    accounts: Kept<Op>,
}

impl OnePassword {
    pub(super) const NAME: &str = "onepassword";

    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside, accounts: Kept::default() }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// As whom to read; without it, as who is signed in, or by the token in `OP_SERVICE_ACCOUNT_TOKEN`
    login: Option<Login>,
    /// What to read, by the names of the values
    get: BTreeMap<String, Get>,
}

#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
pub(super) struct Login {
    /// The token of a service account
    service_account_token: Option<Secret<String>>,
    /// One of the accounts that are signed in
    account: Option<String>,
}

impl Source for OnePassword {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let inputs: Inputs = inputs::read(self.name(), inputs)?;
            let login = inputs.login.unwrap_or_default();
            let (names, references): (Vec<String>, Vec<Reference>) =
                references(inputs.get)?.into_iter().unzip();
            let variable = self.outside.process.get("OP_SERVICE_ACCOUNT_TOKEN");
            let token = login.service_account_token.or_else(|| variable.map(|token| token.to_owned().into()));
            let op = self.accounts.get(
                |op| op.is(token.as_ref(), login.account.as_deref()),
                || Op::new(self.outside.process.clone(), token.clone(), login.account.clone()),
            )?;
            let values = op.read(&references, meter).await?;
            Ok(Value::map(names.into_iter().zip(values.into_iter().map(Value::from))))
        })
    }
}
