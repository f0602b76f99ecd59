//! ExternalSecrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Condition, StatusOf, StoreReference};

/// An ExternalSecret's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ExternalSecret {
    pub(crate) secret_store_ref: StoreReference,
    pub(crate) refresh_policy: RefreshPolicy,
    /// A duration as Go writes it; the definition's default is an hour.
    pub(crate) refresh_interval: Option<String>,
    pub(crate) data: Vec<Entry>,
    pub(crate) data_from: Vec<DataFrom>,
    pub(crate) target: Target,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum RefreshPolicy {
    #[default]
    Periodic,
    CreatedOnce,
    OnChange,
}

/// One key of the Secret.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Entry {
    pub(crate) secret_key: String,
    pub(crate) remote_ref: RemoteReference,
    pub(crate) source_ref: Option<EntrySource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EntrySource {
    #[serde(rename = "storeRef")]
    pub(crate) store: StoreReference,
}

/// What is asked of a provider.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RemoteReference {
    pub(crate) key: String,
    pub(crate) property: String,
    pub(crate) version: String,
    pub(crate) metadata_policy: MetadataPolicy,
    pub(crate) conversion_strategy: Conversion,
    pub(crate) decoding_strategy: Decoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum MetadataPolicy {
    #[default]
    None,
    Fetch,
}

/// How keys become those of a Secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Conversion {
    #[default]
    Default,
    Unicode,
    None,
}

/// How values are decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Decoding {
    Auto,
    Base64,
    #[serde(rename = "Base64URL")]
    Base64Url,
    #[default]
    None,
}

impl Decoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Base64 => "Base64",
            Self::Base64Url => "Base64URL",
            Self::None => "None",
        }
    }
}

/// Many keys at once.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DataFrom {
    pub(crate) extract: Option<RemoteReference>,
    pub(crate) find: Option<Find>,
    pub(crate) rewrite: Vec<Rewrite>,
    pub(crate) source_ref: Option<DataSource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DataSource {
    #[serde(rename = "storeRef")]
    pub(crate) store: Option<StoreReference>,
    pub(crate) generator_ref: Option<GeneratorReference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GeneratorReference {
    pub(crate) kind: String,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Find {
    pub(crate) path: Option<String>,
    pub(crate) name: Option<FindName>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) conversion_strategy: Conversion,
    pub(crate) decoding_strategy: Decoding,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FindName {
    pub(crate) regexp: String,
}

/// One step that renames or merges keys.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rewrite {
    pub(crate) merge: Option<MergeRewrite>,
    pub(crate) regexp: Option<RegexpRewrite>,
    pub(crate) transform: Option<TransformRewrite>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MergeRewrite {
    pub(crate) into: String,
    pub(crate) priority: Vec<String>,
    pub(crate) priority_policy: String,
    pub(crate) conflict_policy: String,
    pub(crate) strategy: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RegexpRewrite {
    pub(crate) source: String,
    pub(crate) target: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TransformRewrite {
    pub(crate) template: String,
}

/// The Secret that comes of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) creation_policy: CreationPolicy,
    pub(crate) deletion_policy: DeletionPolicy,
    pub(crate) immutable: bool,
    pub(crate) template: Option<Template>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum CreationPolicy {
    #[default]
    Owner,
    Orphan,
    Merge,
    None,
    CreateOrMerge,
}

impl CreationPolicy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Orphan => "Orphan",
            Self::Merge => "Merge",
            Self::None => "None",
            Self::CreateOrMerge => "CreateOrMerge",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum DeletionPolicy {
    Delete,
    Merge,
    #[default]
    Retain,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Template {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) engine_version: String,
    pub(crate) metadata: TemplateMetadata,
    pub(crate) merge_policy: MergePolicy,
    pub(crate) data: BTreeMap<String, String>,
    #[serde(rename = "templateFrom")]
    pub(crate) from: Vec<TemplateFrom>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TemplateMetadata {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) finalizers: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum MergePolicy {
    #[default]
    Replace,
    Merge,
}

/// Templates that stand elsewhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TemplateFrom {
    pub(crate) config_map: Option<TemplateSource>,
    pub(crate) secret: Option<TemplateSource>,
    pub(crate) target: TemplateTarget,
    pub(crate) literal: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TemplateSource {
    pub(crate) name: String,
    pub(crate) items: Vec<TemplateItem>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TemplateItem {
    pub(crate) key: String,
    pub(crate) template_as: TemplateScope,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum TemplateScope {
    #[default]
    Values,
    KeysAndValues,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum TemplateTarget {
    #[default]
    Data,
    Annotations,
    Labels,
}

/// An ExternalSecret's status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ExternalSecretStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_time: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) synced_resource_version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) conditions: Vec<Condition>,
    pub(crate) binding: Binding,
}

/// The Secret, as the service binding specification asks for it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Binding {
    pub(crate) name: String,
}

impl StatusOf for ExternalSecret {
    type Status = ExternalSecretStatus;
}
