//! The plan: which steps lead from what is there to what the program wants.

use std::collections::{BTreeMap, BTreeSet};

use crate::resource::{Change, Collateral, Operation, Urn};

/// Steps in an order in which each comes after those that it waits for. It holds no secret and can be kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// The format's version.
    pub version: u32,
    /// The serial of the snapshot that it was made from.
    pub serial: u64,
    /// What is done; deletions come last.
    pub steps: Vec<Step>,
}

/// What is done to one resource.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The resource.
    pub urn: Urn,
    /// The name that it is remembered under, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formerly: Option<Urn>,
    /// What would change.
    pub change: Change,
    /// The resources whose steps come first.
    pub after: Vec<Urn>,
}

/// How many steps of each operation a plan has, and what goes with the deletions.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many are left alone.
    pub same: usize,
    /// How many are made.
    pub create: usize,
    /// How many are changed.
    pub update: usize,
    /// How many are deleted and made anew.
    pub replace: usize,
    /// How many are deleted.
    pub delete: usize,
    /// How many are forgotten.
    pub retain: usize,
    /// What goes with the deletions and replacements, by kind.
    pub collateral: BTreeMap<String, usize>,
}

impl Summary {
    /// Says whether nothing was to be changed outside.
    pub fn is_idle(&self) -> bool {
        self.create + self.update + self.replace + self.delete == 0
    }

    /// Returns what was done, in words: `10 created, 2 unchanged`.
    pub fn done(&self) -> String {
        let counts = [
            (self.create, "created"),
            (self.update, "changed"),
            (self.replace, "replaced"),
            (self.delete, "deleted"),
            (self.retain, "forgotten"),
            (self.same, "unchanged"),
        ];
        let counted = counts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = counted.map(|(count, what)| format!("{count} {what}")).collect();
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
    }
}

/// The sum of what several plans do.
impl<'a> std::iter::Sum<&'a Summary> for Summary {
    fn sum<I: Iterator<Item = &'a Self>>(summaries: I) -> Self {
        summaries.fold(Self::default(), |mut total, summary| {
            total.same += summary.same;
            total.create += summary.create;
            total.update += summary.update;
            total.replace += summary.replace;
            total.delete += summary.delete;
            total.retain += summary.retain;
            for (kind, count) in &summary.collateral {
                *total.collateral.entry(kind.clone()).or_default() += count;
            }
            total
        })
    }
}

impl Plan {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Says whether the plan would change anything outside.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step.change.operation, Operation::Same | Operation::Retain))
    }

    /// Returns the step of a resource.
    pub fn step(&self, urn: &Urn) -> Option<&Step> {
        self.steps.iter().find(|step| step.urn == *urn)
    }

    /// Counts the steps.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for Step { change, .. } in &self.steps {
            *match change.operation {
                Operation::Same => &mut summary.same,
                Operation::Create => &mut summary.create,
                Operation::Update => &mut summary.update,
                Operation::Replace => &mut summary.replace,
                Operation::Delete => &mut summary.delete,
                Operation::Retain => &mut summary.retain,
            } += 1;
        }
        for lost in self.losses() {
            *summary.collateral.entry(lost.kind.clone()).or_default() += 1;
        }
        summary
    }

    /// Returns the objects of others that would be lost: what goes with the deletions, but neither is deleted by the
    /// plan itself nor owned by something that is, be it by way of others.
    pub fn losses(&self) -> BTreeSet<&Collateral> {
        let collateral: BTreeSet<&Collateral> =
            self.steps.iter().flat_map(|step| &step.change.collateral).collect();
        let mut ours = self.deleted();
        loop {
            let is_ours = |kind: &str, name: &str| ours.contains(&(kind, name));
            // An owner without a namespace is told with that of what it owns.
            let is_owner = |(kind, name): &(String, String)| {
                is_ours(kind, name) || name.split_once('/').is_some_and(|(_, bare)| is_ours(kind, bare))
            };
            let owned: Vec<(&str, &str)> = collateral
                .iter()
                .filter(|lost| !is_ours(&lost.kind, &lost.name) && lost.owners.iter().any(is_owner))
                .map(|lost| (lost.kind.as_str(), lost.name.as_str()))
                .collect();
            if owned.is_empty() {
                break;
            }
            ours.extend(owned);
        }
        collateral
            .into_iter()
            .filter(|lost| !ours.contains(&(lost.kind.as_str(), lost.name.as_str())))
            .collect()
    }

    /// The objects that the plan deletes, by kind and name.
    fn deleted(&self) -> BTreeSet<(&str, &str)> {
        let removing = |step: &&Step| matches!(step.change.operation, Operation::Delete | Operation::Replace);
        let mut deleted = BTreeSet::new();
        for step in self.steps.iter().filter(removing) {
            let kind = step.urn.kind().rsplit(':').next().unwrap_or_default();
            deleted.insert((kind, step.urn.name()));
            deleted
                .extend(step.change.children.iter().map(|child| (child.kind.as_str(), child.name.as_str())));
        }
        deleted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collateral(kind: &str, name: &str, owner: Option<(&str, &str)>) -> Collateral {
        let owners = owner.map(|(kind, name)| (kind.to_owned(), name.to_owned())).into_iter().collect();
        Collateral { kind: kind.to_owned(), name: name.to_owned(), owners }
    }

    #[test]
    fn what_is_owned_by_way_of_others_is_no_loss() {
        let urn = Urn::new("test", "central-store", "kubernetes:ClusterExternalSecret", "pull");
        let mut change = Change::of(Operation::Delete);
        change.collateral = vec![
            collateral("ExternalSecret", "shop/pull", Some(("ClusterExternalSecret", "shop/pull"))),
            collateral("Secret", "shop/pull", Some(("ExternalSecret", "shop/pull"))),
            collateral("ExternalSecret", "shop/other", Some(("ClusterExternalSecret", "shop/other"))),
            collateral("Secret", "shop/own", None),
        ];
        let plan = Plan {
            version: 1,
            serial: 1,
            steps: vec![Step { urn, formerly: None, change, after: Vec::new() }],
        };
        let lost: Vec<&str> = plan.losses().into_iter().map(|lost| lost.name.as_str()).collect();
        assert_eq!(lost, ["shop/other", "shop/own"]);
    }
}
