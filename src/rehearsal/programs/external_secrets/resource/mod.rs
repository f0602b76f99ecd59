//! External Secrets' kinds as the program reads them: typed where it decides by them, and no more.

mod cluster_external_secret;
mod condition;
mod external_secret;
mod kind;
mod object;
mod push_secret;
mod reference;
mod selector;
mod store;

pub(crate) use cluster_external_secret::{
    ClusterExternalSecret, ClusterExternalSecretStatus, NamespaceFailure,
};
pub(crate) use condition::{Condition, set_condition};
pub(crate) use external_secret::{
    Conversion, CreationPolicy, DataFrom, Decoding, DeletionPolicy, Entry, ExternalSecret, Find, FindName,
    MergePolicy, MergeRewrite, MetadataPolicy, RefreshPolicy, RemoteReference, Rewrite, Template,
    TemplateFrom, TemplateScope, TemplateSource, TemplateTarget,
};
pub(crate) use kind::{GROUP, Kind};
pub(crate) use object::{Object, Place, StatusOf};
pub(crate) use push_secret::{
    PushData, PushDeletion, PushSecret, PushSecretStatus, PushStore, PushUpdate, Synced,
};
pub(crate) use reference::{CaProvider, KeySelector, ServiceAccountSelector, StoreReference};
pub(crate) use selector::{InvalidSelector, matches};
pub(crate) use store::{
    FakeProvider, KubernetesAuth, KubernetesProvider, NamespaceCondition, OnePasswordProvider, Provider,
    PulumiProvider, Store, StoreStatus,
};
