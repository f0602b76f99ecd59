//! The schema of one version of a kind.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value as Json};

use super::{
    place::Place,
    shape::{Id, Node},
};
use crate::kubernetes::{FieldSet, Step};

/// The schema of one version of a kind.
#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct Schema {
    pub(super) nodes: Arc<[Node]>,
    pub(super) root: Id,
    /// Whether `status` is written through its own subresource only.
    pub(super) status: bool,
    /// Whether the server keeps the kind in Go structs.
    pub(super) native: bool,
}

impl Schema {
    /// Returns the schema of a kind of which nothing but its metadata is known; it accepts everything.
    pub(in crate::rehearsal) fn unknown() -> Arc<Self> {
        static UNKNOWN: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(Schema::open()));
        Arc::clone(&UNKNOWN)
    }

    /// Says whether `status` has its own subresource, so that other writes leave it alone.
    #[must_use]
    pub(in crate::rehearsal) fn with_status(self, status: bool) -> Self {
        Self { status, ..self }
    }

    /// Returns the place of the whole object.
    pub(in crate::rehearsal) fn root(&self) -> Place<'_> {
        Place { nodes: &self.nodes, id: self.root }
    }

    /// Returns what an object of this kind is before anything is written to it.
    pub(in crate::rehearsal) fn blank(&self) -> Json {
        let mut blank = Json::Object(Map::new());
        if self.native {
            self.root().settle(&mut blank);
        }
        blank
    }

    /// Returns the fields that a write through this subresource cannot change, so that nobody comes to own them.
    pub(in crate::rehearsal) fn reset(&self, subresource: &str) -> FieldSet {
        let name = match subresource {
            "" if self.status => "status",
            "status" => "spec",
            _ => return FieldSet::default(),
        };
        let mut set = FieldSet::default().with(&[name]);
        if self.native && subresource == "status" {
            let whole = FieldSet::leaf();
            let metadata = match &*self.root().node().name {
                "Deployment" => FieldSet::default().with(&["labels"]),
                "Pod" => FieldSet::default().with(&["deletionTimestamp", "ownerReferences"]),
                "APIService"
                | "CustomResourceDefinition"
                | "ValidatingAdmissionPolicy"
                | "VolumeAttachment" => whole,
                _ => FieldSet::default(),
            };
            set.insert(Step::Field("metadata".into()), metadata);
        }
        set
    }
}
