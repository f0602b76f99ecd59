//! Who owns what of an object: `metadata.managedFields` read, changed and written.

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value as Json, json};

use super::compare::Comparison;
use crate::kubernetes::{FieldSet, Step};

/// Through which kind of request a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rehearsal) enum Operation {
    /// By server-side apply.
    Apply,
    /// By create, update or patch.
    Update,
}

/// Who writes, how and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearsal) struct Writer<'a> {
    /// The field manager.
    pub(in crate::rehearsal) manager: &'a str,
    /// The kind of request.
    pub(in crate::rehearsal) operation: Operation,
    /// The group and version that the request names, as `apps/v1`.
    pub(in crate::rehearsal) api_version: &'a str,
    /// As `status`; empty for the object itself.
    pub(in crate::rehearsal) subresource: &'a str,
    /// The time of the request.
    pub(in crate::rehearsal) now: Timestamp,
}

/// The managers of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Managed(Vec<Entry>);

#[derive(Clone, Debug)]
pub(super) struct Entry {
    manager: String,
    operation: Operation,
    api_version: String,
    subresource: String,
    time: Option<Timestamp>,
    pub(super) fields: FieldSet,
}

/// More managers that update than these are put together, the oldest first.
const MOST_UPDATERS: usize = 10;

impl Managed {
    /// Reads the managers of an object; `None` if what is there can't be read.
    pub(super) fn read(object: &Json) -> Option<Self> {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        entries.map(Entry::read).collect::<Option<Vec<Entry>>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entry of a writer.
    pub(super) fn of(&self, writer: &Writer<'_>) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.is_of(writer))
    }

    /// Returns the entries of all but the writer.
    pub(super) fn others(&self, writer: &Writer<'_>) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|entry| !entry.is_of(writer))
    }

    pub(super) fn others_mut(&mut self, writer: &Writer<'_>) -> impl Iterator<Item = &mut Entry> {
        self.0.iter_mut().filter(|entry| !entry.is_of(writer))
    }

    /// Returns all fields that somebody owns.
    pub(super) fn all(&self) -> FieldSet {
        self.0.iter().fold(FieldSet::default(), |all, entry| all.union(entry.fields.clone()))
    }

    /// Takes from everybody what a write changed or removed.
    pub(super) fn yield_to(&mut self, comparison: &Comparison) {
        for entry in &mut self.0 {
            entry.yield_to(comparison);
        }
        self.drop_empty();
    }

    /// Gives the writer these fields, and no others.
    pub(super) fn assign(&mut self, writer: &Writer<'_>, fields: FieldSet) {
        let entry = self.entry(writer);
        entry.fields = fields;
        writer.api_version.clone_into(&mut entry.api_version);
    }

    /// Gives the writer these fields beside those that it has.
    pub(super) fn extend(&mut self, writer: &Writer<'_>, fields: FieldSet) {
        let entry = self.entry(writer);
        entry.fields = std::mem::take(&mut entry.fields).union(fields);
        self.stamp(writer);
    }

    /// Notes that the writer changed something just now.
    pub(super) fn stamp(&mut self, writer: &Writer<'_>) {
        // The API keeps whole seconds.
        let now = writer.now.round(Unit::Second).unwrap_or(writer.now);
        let now = if now > writer.now { now - SignedDuration::from_secs(1) } else { now };
        self.entry(writer).time = Some(now);
    }

    fn entry(&mut self, writer: &Writer<'_>) -> &mut Entry {
        let index = self.0.iter().position(|entry| entry.is_of(writer)).unwrap_or_else(|| {
            self.0.push(Entry::new(writer));
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    pub(super) fn drop_empty(&mut self) {
        self.0.retain(|entry| !entry.fields.is_empty());
    }

    /// Puts the oldest of too many updaters together, by version.
    pub(super) fn cap(&mut self) {
        let mut updaters: Vec<usize> =
            (0..self.0.len()).filter(|&index| self.0[index].operation == Operation::Update).collect();
        let mut count = updaters.len();
        updaters.sort_by(|&left, &right| self.0[left].age().cmp(&self.0[right].age()));
        let mut buckets: Vec<usize> = Vec::new();
        let mut gone = Vec::new();
        for index in updaters {
            if count <= MOST_UPDATERS {
                break;
            }
            let entry = self.0[index].clone();
            match buckets.iter().find(|&&bucket| self.0[bucket].api_version == entry.api_version) {
                Some(&bucket) => {
                    let bucket = &mut self.0[bucket];
                    "ancient-changes".clone_into(&mut bucket.manager);
                    bucket.subresource.clear();
                    bucket.fields = std::mem::take(&mut bucket.fields).union(entry.fields);
                    bucket.time = entry.time;
                    gone.push(index);
                    count -= 1;
                }
                None => buckets.push(index),
            }
        }
        let mut index = 0;
        self.0.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
    }

    /// Writes the managers into an object, in the server's order.
    pub(super) fn write(mut self, object: &mut Json) {
        let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) else { return };
        if self.0.is_empty() {
            metadata.remove("managedFields");
            return;
        }
        self.0.sort_by(|left, right| (left.operation, left.age()).cmp(&(right.operation, right.age())));
        metadata.insert("managedFields".into(), self.0.iter().map(Entry::to_json).collect());
    }
}

impl Entry {
    fn new(writer: &Writer<'_>) -> Self {
        Self {
            manager: if writer.manager.is_empty() { "unknown" } else { writer.manager }.to_owned(),
            operation: writer.operation,
            api_version: writer.api_version.to_owned(),
            subresource: writer.subresource.to_owned(),
            time: None,
            fields: FieldSet::default(),
        }
    }

    fn read(json: &Json) -> Option<Self> {
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        if json["fieldsType"] != "FieldsV1" || text("apiVersion").is_empty() {
            return None;
        }
        Some(Self {
            manager: text("manager"),
            operation: match json["operation"].as_str() {
                Some("Apply") => Operation::Apply,
                Some("Update") => Operation::Update,
                _ => return None,
            },
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: json["time"].as_str().and_then(|time| time.parse().ok()),
            fields: FieldSet::parse(&json["fieldsV1"]),
        })
    }

    /// An applier is one whatever version it applies; an updater is another in each version.
    fn is_of(&self, writer: &Writer<'_>) -> bool {
        let manager = if writer.manager.is_empty() { "unknown" } else { writer.manager };
        self.manager == manager
            && self.operation == writer.operation
            && self.subresource == writer.subresource
            && (self.operation == Operation::Apply || self.api_version == writer.api_version)
    }

    pub(super) fn yield_to(&mut self, comparison: &Comparison) {
        self.fields = self.fields.difference(&comparison.written()).difference(&comparison.removed);
    }

    /// Returns who this is, as the server says it in a conflict.
    pub(super) fn shown(&self) -> String {
        let subresource = match self.subresource.as_str() {
            "" => String::new(),
            name => format!(" with subresource {name:?}"),
        };
        let version = match self.operation {
            Operation::Apply => String::new(),
            Operation::Update => format!(" using {}", self.api_version),
        };
        format!("{:?}{subresource}{version}", self.manager)
    }

    fn age(&self) -> (i64, &str, &str, &str) {
        let seconds = self.time.map_or(0, Timestamp::as_second);
        (seconds, &self.manager, &self.api_version, &self.subresource)
    }

    fn to_json(&self) -> Json {
        let mut json = json!({
            "manager": self.manager,
            "operation": match self.operation {
                Operation::Apply => "Apply",
                Operation::Update => "Update",
            },
            "apiVersion": self.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_json(),
        });
        if let Some(time) = self.time {
            json["time"] = time.to_string().into();
        }
        if !self.subresource.is_empty() {
            json["subresource"] = self.subresource.clone().into();
        }
        json
    }
}

/// Returns the fields that nobody owns: who an object is, and what the server alone writes.
pub(super) fn unowned() -> FieldSet {
    const METADATA: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let mut all = FieldSet::default().with(&["apiVersion", "kind"]);
    all.insert(Step::Field("metadata".into()), FieldSet::leaf().with(&METADATA));
    all
}
