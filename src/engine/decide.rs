//! Planning: pure, so that the same graph and the same observation always give the same plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::order::order;
use super::program::{recorded, title};
use super::{Graph, Observed, Plan, Providers, Step};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::{Change, Known, Live, Operation, Options, Provider, Record, Resource, Urn, Value};
use crate::state::{Fingerprints, recalled};

/// Decides what is to be done; reads nothing and changes nothing.
///
/// Errors, all at once: what would delete or replace a protected resource, and types that no provider serves.
pub fn plan(
    graph: &Graph,
    observed: &Observed,
    providers: &Providers,
    fingerprints: &Fingerprints,
) -> Result<Plan, Diagnostics> {
    let mut planner = Planner {
        graph,
        observed,
        providers,
        fingerprints,
        outputs: HashMap::new(),
        claimed: BTreeSet::new(),
        problems: Diagnostics::new(),
    };
    let mut steps: Vec<Step> =
        graph.resources().iter().filter_map(|resource| planner.wanted(resource)).collect();
    steps.extend(planner.unwanted());
    if planner.problems.has_errors() {
        return Err(planner.problems);
    }
    Ok(Plan { version: Plan::VERSION, serial: observed.snapshot.serial, steps })
}

/// What is there where nothing was read.
static NOTHING: Live = Live { exists: false, uid: None, data: None };

struct Planner<'a> {
    graph: &'a Graph,
    observed: &'a Observed,
    providers: &'a Providers,
    fingerprints: &'a Fingerprints,
    /// The outputs of the resources that stay as they are.
    outputs: HashMap<Urn, Value>,
    /// The records that a wanted resource goes on from.
    claimed: BTreeSet<&'a Urn>,
    problems: Diagnostics,
}

impl<'a> Planner<'a> {
    fn wanted(&mut self, resource: &'a Resource) -> Option<Step> {
        let provider = self.provider(&resource.urn)?;
        let live = self.observed.live.get(&resource.urn).unwrap_or(&NOTHING);
        let record = recorded(resource, &self.observed.snapshot).or_else(|| self.renamed(live));
        self.claimed.extend(record.map(|record| &record.urn));

        let inputs = resource.inputs.resolve(&|urn| self.outputs.get(urn).cloned());
        let options = &resource.options;
        let known = Known { urn: &resource.urn, inputs: Some(&inputs), record, options: Some(options) };
        let change = if options.create_only && live.exists {
            Change::of(Operation::Same)
        } else {
            self.explained(ignoring(provider.diff(known, live), options), known)
        };
        let is_protected = options.protect || record.is_some_and(|record| record.protect);
        match change.operation {
            Operation::Same => {
                let remembered = || record.map(|record| recalled(&record.outputs));
                let outputs = provider.outputs(known, live).or_else(remembered);
                self.outputs.extend(outputs.map(|outputs| (resource.urn.clone(), outputs)));
            }
            Operation::Replace if is_protected => {
                self.refuse(&resource.urn, "replaced", change.reason.as_deref());
            }
            // What was there before us is not ours to delete.
            Operation::Replace if record.is_none_or(|record| !record.created) => {
                self.problems.push(
                    Diagnostic::error(format!(
                        "{} was there before us and can't be changed in place",
                        title(&resource.urn)
                    ))
                    .hint("delete it yourself, and the next `up` makes it; or leave it as it is"),
                );
            }
            Operation::Update if is_protected => {
                let replaced = change.children.iter().find(|child| child.operation == Operation::Replace);
                if let Some(child) = replaced {
                    let why = format!("for {} {} can't be changed in place", child.kind, child.name);
                    self.refuse(&resource.urn, "replaced in part", Some(&why));
                }
            }
            Operation::Create
            | Operation::Update
            | Operation::Replace
            | Operation::Delete
            | Operation::Retain => {}
        }
        Some(Step {
            urn: resource.urn.clone(),
            formerly: record.map(|record| record.urn.clone()).filter(|urn| *urn != resource.urn),
            change,
            after: self.graph.dependencies(&resource.urn),
        })
    }

    /// Returns the record of the very object under a name that the program does not have any more.
    fn renamed(&self, live: &Live) -> Option<&'a Record> {
        let uid = live.uid.as_deref()?;
        self.observed
            .snapshot
            .records()
            .iter()
            .find(|record| record.uid.as_deref() == Some(uid) && self.graph.resource(&record.urn).is_none())
    }

    /// Says of a change that comes from outside that it does.
    fn explained(&self, change: Change, known: Known<'_>) -> Change {
        let (Some(inputs), Some(record), Operation::Update, None) =
            (known.inputs, known.record, change.operation, &change.reason)
        else {
            return change;
        };
        if !inputs.holds_unknown() && self.fingerprints.record(known.urn, inputs) == record.inputs {
            return change.because("was changed since the last run");
        }
        change
    }

    /// Returns the steps for what is remembered and not wanted, each after what depends on it.
    fn unwanted(&mut self) -> Vec<Step> {
        let records: Vec<&'a Record> = self
            .observed
            .snapshot
            .records()
            .iter()
            .filter(|record| !self.claimed.contains(&record.urn))
            .collect();
        let index: BTreeMap<&Urn, usize> =
            records.iter().enumerate().map(|(index, record)| (&record.urn, index)).collect();
        let mut dependents = vec![BTreeSet::new(); records.len()];
        for (position, record) in records.iter().enumerate() {
            for needed in record.dependencies.iter().filter_map(|urn| index.get(urn)) {
                if *needed != position {
                    dependents[*needed].insert(position);
                }
            }
        }
        // Records of several runs may depend on each other in a circle; then any order is as good as another.
        let order = order(&dependents);
        let sequence = order.sequence.iter().chain(order.cycles.iter().flatten());
        let in_a_circle: BTreeSet<usize> = order.cycles.iter().flatten().copied().collect();
        let steps = sequence.filter_map(|&position| {
            let change = self.removal(records[position])?;
            let after = dependents[position]
                .iter()
                .filter(|other| !(in_a_circle.contains(&position) && in_a_circle.contains(other)))
                .map(|&other| records[other].urn.clone());
            Some(Step { urn: records[position].urn.clone(), formerly: None, change, after: after.collect() })
        });
        steps.collect()
    }

    fn removal(&mut self, record: &'a Record) -> Option<Change> {
        let live = self.observed.live.get(&record.urn).unwrap_or(&NOTHING);
        if self.graph.resource(&record.urn).is_some() {
            // The name lives on, with the record that another name claimed.
            return None;
        }
        if record.protect {
            self.refuse(&record.urn, "deleted", None);
            return None;
        }
        if record.retain_on_delete {
            return Some(Change::of(Operation::Retain).because("retain on delete"));
        }
        if !record.created {
            return Some(Change::of(Operation::Retain).because("was there before us"));
        }
        if !live.exists {
            return Some(Change::of(Operation::Delete).because("is gone already"));
        }
        let provider = self.provider(&record.urn)?;
        Some(
            provider
                .diff(Known { urn: &record.urn, inputs: None, record: Some(record), options: None }, live),
        )
    }

    fn provider(&mut self, urn: &Urn) -> Option<&'a dyn Provider> {
        self.providers.of(urn).map_err(|unknown| self.problems.push(*unknown)).ok()
    }

    fn refuse(&mut self, urn: &Urn, what: &str, why: Option<&str>) {
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        self.problems.push(
            Diagnostic::error(format!("{} is protected and would be {what}{why}", title(urn)))
                .hint("take `protect` away in the program, bring the stack up, and then try again"),
        );
    }
}

/// Takes the ignored paths out of a change; a change of nothing else is none.
fn ignoring(mut change: Change, options: &Options) -> Change {
    let ignored = |path: &str| {
        options.ignore_changes.iter().any(|ignored| {
            path.strip_prefix(ignored.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let before = change.fields.len();
    change.fields.retain(|field| !ignored(&field.path));
    let touched = change.fields.len() < before;
    if touched
        && change.operation == Operation::Update
        && change.fields.is_empty()
        && change.children.is_empty()
    {
        return Change::of(Operation::Same);
    }
    change
}
