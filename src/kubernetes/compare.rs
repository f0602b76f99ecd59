//! Reading many objects and deciding, for each, whether and how it differs from what is wanted.
//!
//! Cheap first: an object that nobody touched since our last apply is the same; a pure comparison finds most of the
//! rest the same; only what still differs is dry-run on the server, and a Secret never is.

use std::collections::BTreeMap;

use futures::FutureExt;

use super::{
    ApiResource, ApplyOptions, Client, FieldSet, KubernetesError, Manifest, Selection, Settled, Written,
    diff::{diff, predicted},
    list::side_by_side,
};
use crate::resource::{FieldChange, ObjectName, Silent};

/// An object that is wanted, normalised.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What it should be.
    pub desired: &'a Manifest,
    /// What is remembered of the last apply.
    pub settled: Option<&'a Settled>,
    /// Whether the server may be asked: not when parts of `desired` are not known yet.
    pub dry_run: bool,
}

/// What became of a comparison.
#[derive(Clone, Debug)]
pub enum Comparison {
    /// It is not there.
    Absent,
    /// It is as wanted.
    Same(Manifest),
    /// It differs.
    Different {
        /// What is there.
        live: Manifest,
        /// How it differs; empty when only the owner of fields changes.
        fields: Vec<FieldChange>,
        /// What the server says to the change, when it would refuse it: a conflict with its owner, for example.
        refused: Option<String>,
    },
    /// It can't become what is wanted in place: it must be deleted and made anew.
    Immutable {
        /// What is there.
        live: Manifest,
        /// How it differs.
        fields: Vec<FieldChange>,
    },
}

impl Comparison {
    /// Returns what is there; of large kinds that did not change only the metadata.
    pub fn live(&self) -> Option<&Manifest> {
        match self {
            Self::Absent => None,
            Self::Same(live) | Self::Different { live, .. } | Self::Immutable { live, .. } => Some(live),
        }
    }
}

impl Client {
    /// Reads what is there of each wanted object, and compares, in the order of `wanted`.
    pub async fn compare(
        &self,
        wanted: &[Wanted<'_>],
        manager: &str,
    ) -> Result<Vec<Comparison>, KubernetesError> {
        let live = self.read_wanted(wanted, manager).await?;
        let decisions = wanted.iter().zip(live);
        side_by_side(decisions.map(|(wanted, live)| self.decide(*wanted, live, manager).boxed()).collect())
            .await
    }

    /// Returns the live objects; of an untouched definition its metadata, without its megabyte of schemas.
    async fn read_wanted(
        &self,
        wanted: &[Wanted<'_>],
        manager: &str,
    ) -> Result<Vec<Option<Manifest>>, KubernetesError> {
        let places = self.places(wanted).await?;
        let mut found: Vec<Option<Manifest>> = self.untouched(wanted, &places, manager).await?;
        let open: Vec<usize> =
            (0..wanted.len()).filter(|index| found[*index].is_none() && places[*index].is_some()).collect();
        let reads: Vec<(ApiResource, ObjectName)> = open
            .iter()
            .filter_map(|index| Some((places[*index].clone()?, wanted[*index].desired.object_name())))
            .collect();
        for (index, object) in open.into_iter().zip(self.get_many(&reads).await?) {
            found[index] = object;
        }
        Ok(found)
    }

    /// Returns where each is; `None` for a kind that the cluster does not serve yet. Looks again at most once.
    async fn places(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Option<ApiResource>>, KubernetesError> {
        let mut discovery = self.discovery().await?;
        let find = |discovery: &super::Discovery| -> Vec<Option<ApiResource>> {
            let place = |wanted: &Wanted<'_>| {
                discovery.find(&wanted.desired.group_kind(), Some(wanted.desired.version())).cloned()
            };
            wanted.iter().map(place).collect()
        };
        let places = find(&discovery);
        if places.iter().all(Option::is_some) {
            return Ok(places);
        }
        discovery = self.rediscover().await?;
        Ok(find(&discovery))
    }

    async fn untouched(
        &self,
        wanted: &[Wanted<'_>],
        places: &[Option<ApiResource>],
        manager: &str,
    ) -> Result<Vec<Option<Manifest>>, KubernetesError> {
        let mut found: Vec<Option<Manifest>> = wanted.iter().map(|_| None).collect();
        let remembered: Vec<(usize, &Settled)> = wanted
            .iter()
            .enumerate()
            .filter(|(_, wanted)| wanted.desired.kind() == "CustomResourceDefinition")
            .filter_map(|(index, wanted)| Some((index, wanted.settled?)))
            .collect();
        let Some(resource) = remembered.first().and_then(|(index, _)| places[*index].as_ref()) else {
            return Ok(found);
        };
        let listed = match self.list_metadata(resource, Selection::default()).await {
            // Each is read by itself then.
            Err(error) if error.is_refused() => return Ok(found),
            listed => listed?,
        };
        let mut listed: BTreeMap<String, Manifest> =
            listed.into_iter().map(|object| (object.name().to_owned(), object)).collect();
        for (index, settled) in remembered {
            let desired = wanted[index].desired;
            found[index] =
                listed.remove(desired.name()).filter(|object| settled.holds(desired, object, manager));
        }
        Ok(found)
    }

    async fn decide(
        &self,
        wanted: Wanted<'_>,
        live: Option<Manifest>,
        manager: &str,
    ) -> Result<Comparison, KubernetesError> {
        let Some(live) = live else { return Ok(Comparison::Absent) };
        let desired = wanted.desired;
        if wanted.settled.is_some_and(|settled| settled.holds(desired, &live, manager)) {
            return Ok(Comparison::Same(live));
        }
        let owned = FieldSet::owned_by(&live, manager, Written::Apply);
        let fields = diff(desired, &live, &owned);
        let adopts = owned.is_empty() && has_content(desired);
        if fields.is_empty() && !adopts {
            return Ok(Comparison::Same(live));
        }
        if desired.is_sensitive() || !wanted.dry_run {
            return Ok(Comparison::Different { live, fields, refused: None });
        }
        match self.apply(desired, ApplyOptions::new(manager).dry_run(), &Silent).await {
            Ok(dry) => {
                let fields = predicted(&live, &dry);
                let same_owner = owned == FieldSet::owned_by(&dry, manager, Written::Apply);
                Ok(if fields.is_empty() && same_owner {
                    Comparison::Same(live)
                } else {
                    Comparison::Different { live, fields, refused: None }
                })
            }
            Err(error) if error.status().is_some_and(super::Status::is_immutable) => {
                Ok(Comparison::Immutable { live, fields })
            }
            Err(error @ (KubernetesError::Conflict { .. } | KubernetesError::Api { .. })) => {
                let refused = Some(match &error {
                    KubernetesError::Conflict { conflicts, .. } => super::error::list(conflicts),
                    other => other.status().map(ToString::to_string).unwrap_or_default(),
                });
                Ok(Comparison::Different { live, fields, refused })
            }
            Err(error) => Err(error),
        }
    }
}

/// Says whether applying the object would own anything but its name.
fn has_content(desired: &Manifest) -> bool {
    let is_name = |key: &String| matches!(key.as_str(), "name" | "namespace");
    let metadata = desired.get(&["metadata"]).and_then(serde_json::Value::as_object);
    metadata.is_some_and(|metadata| metadata.keys().any(|key| !is_name(key)))
        || desired.json().as_object().is_some_and(|entries| {
            entries.keys().any(|key| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata"))
        })
}
