//! What would change of a release: pure, from what was prepared and read.

use std::sync::Arc;

use super::objects;
use super::prepare::Prepared;
use crate::helm::record::Status;
use crate::kubernetes::{Comparison, Manifest};
use crate::resource::{Change, Child, Collateral, Operation};

/// What is there of a release.
pub(super) struct LiveRelease {
    /// What was prepared.
    pub(super) prepared: Arc<Prepared>,
    /// How each wanted object compares, in their order.
    pub(super) comparisons: Vec<Comparison>,
    /// Live objects of the revision that counts that are not wanted any more.
    pub(super) gone: Vec<Manifest>,
    /// Definitions among them that stay: there are objects of their kinds.
    pub(super) inhabited: Vec<Manifest>,
    /// The objects of the kinds that go with the release.
    pub(super) collateral: Vec<Collateral>,
}

impl LiveRelease {
    /// Returns what would change.
    pub(super) fn change(&self) -> Change {
        let prepared = &self.prepared;
        let mut children: Vec<Child> = prepared
            .objects
            .iter()
            .zip(&self.comparisons)
            .filter_map(|(object, comparison)| self.child(object, comparison))
            .collect();
        let goes = |object: &Manifest| child(object, Operation::Delete);
        children.extend(self.gone.iter().filter(|object| !objects::is_kept(object)).map(goes));
        children.extend(self.inhabited.iter().map(|object| child(object, Operation::Retain)));
        let Some(inputs) = &prepared.inputs else {
            let mut change =
                Change::of(if prepared.history.is_empty() { Operation::Same } else { Operation::Delete });
            change.children = children;
            change.collateral.clone_from(&self.collateral);
            return change;
        };
        let nothing = children.iter().all(|child| child.operation == Operation::Same);
        let operation = match (&prepared.deployed, prepared.next.is_some() || !nothing) {
            (None, _) => Operation::Create,
            (Some(_), true) => Operation::Update,
            (Some(_), false) => Operation::Same,
        };
        let mut change = Change { children, ..Change::of(operation) };
        change.reason = self.reason(&inputs.chart.version);
        change
    }

    /// Says why, where the objects' fields do not tell.
    fn reason(&self, version: &str) -> Option<String> {
        let foreign = self.foreign();
        if !foreign.is_empty() {
            return Some(format!("would be refused: {}", foreign.join("; ")));
        }
        let stuck = self.stuck();
        if !stuck.is_empty() {
            return Some(format!("would be refused: can't be changed in place: {}", stuck.join(", ")));
        }
        let refused = self.comparisons.iter().zip(&self.prepared.objects).find_map(|(comparison, object)| {
            match comparison {
                Comparison::Different { refused: Some(refused), .. } => Some(format!("{object}: {refused}")),
                _ => None,
            }
        });
        if let Some(refused) = refused {
            return Some(format!("would be refused: {refused}"));
        }
        if self.prepared.interrupted().is_some() {
            return Some("a killed run left it half done".into());
        }
        let record = &self.prepared.deployed.as_ref()?.record;
        self.prepared.next.as_ref()?;
        let before = &record.chart().metadata.version;
        if before != version {
            return Some(format!("chart {before} → {version}"));
        }
        if record.info.status != Status::Deployed {
            return Some(format!("revision {} is {}", record.version(), record.info.status.as_str()));
        }
        let same_values =
            self.prepared.inputs.as_ref().is_some_and(|inputs| inputs.values == *record.config());
        let what = if same_values { "patches, or what the cluster can do," } else { "chart values" };
        Some(format!("{what} changed"))
    }

    /// Returns the objects that can neither be changed in place nor be deleted and made anew: with a definition or a
    /// namespace would go what others keep in it, and what is not the release's is not ours to delete.
    pub(super) fn stuck(&self) -> Vec<String> {
        let owner = self.prepared.owner();
        let objects = self.prepared.objects.iter().zip(&self.comparisons);
        objects
            .filter_map(|(object, comparison)| match comparison {
                Comparison::Immutable { live, .. } => Some((object, live)),
                Comparison::Absent | Comparison::Same(_) | Comparison::Different { .. } => None,
            })
            .filter(|(object, live)| {
                objects::is_definition(object)
                    || object.kind() == "Namespace"
                    || owner.disowns(live).is_some()
            })
            .map(|(object, _)| object.to_string())
            .collect()
    }

    /// Returns the objects that exist and belong to somebody else.
    pub(super) fn foreign(&self) -> Vec<String> {
        let owner = self.prepared.owner();
        let of_release =
            |object: &Manifest| self.prepared.previous.iter().any(|known| known.key() == object.key());
        self.prepared
            .objects
            .iter()
            .zip(&self.comparisons)
            .filter(|(object, _)| !of_release(object))
            .filter_map(|(object, comparison)| Some((object, owner.disowns(comparison.live()?)?)))
            .map(|(object, why)| format!("{object}: {why}"))
            .collect()
    }

    fn child(&self, object: &Manifest, comparison: &Comparison) -> Option<Child> {
        let wanted = self.prepared.inputs.is_some();
        let operation = match comparison {
            _ if !wanted && objects::is_kept(object) => Operation::Retain,
            Comparison::Absent if !wanted => return None,
            Comparison::Same(_) | Comparison::Different { .. } | Comparison::Immutable { .. } if !wanted => {
                Operation::Delete
            }
            Comparison::Absent => Operation::Create,
            Comparison::Same(_) => Operation::Same,
            Comparison::Different { .. } => Operation::Update,
            Comparison::Immutable { .. } => Operation::Replace,
        };
        let mut child = child(object, operation);
        if let (true, Comparison::Different { fields, .. } | Comparison::Immutable { fields, .. }) =
            (wanted, comparison)
        {
            child.fields.clone_from(fields);
        }
        Some(child)
    }
}

fn child(object: &Manifest, operation: Operation) -> Child {
    Child {
        kind: object.kind().to_owned(),
        name: object.object_name().to_string(),
        operation,
        fields: Vec::new(),
    }
}
