//! `diff`: what an upgrade would change, object by object. Secrets are hidden.

use super::{ActionError, ChangeOptions, Chosen, DryRun, Releases, Reuse, prepare};
use crate::helm::record::MANAGER;
use crate::helm::release::live_of;
use crate::kubernetes::{Comparison, Manifest, Wanted};
use crate::resource::{Child, Operation};

/// What would change.
#[derive(Debug, Default)]
pub struct Difference {
    /// The objects, those that stay as they are among them.
    pub children: Vec<Child>,
    /// What the server would refuse, and why.
    pub refused: Vec<String>,
}

/// Compares what an upgrade would make with what is there. The server is asked, and nothing is written.
pub async fn diff(releases: &Releases<'_>, chosen: &Chosen, reuse: Reuse) -> Result<Difference, ActionError> {
    let options = ChangeOptions { dry_run: DryRun::Server, ..ChangeOptions::default() };
    let next = prepare(releases, chosen, &options, reuse).await?;
    let wanted: Vec<Wanted<'_>> =
        next.objects.iter().map(|desired| Wanted { desired, settled: None, dry_run: true }).collect();
    let comparisons = releases.client.compare(&wanted, MANAGER).await?;
    let mut difference = Difference::default();
    for (object, comparison) in next.objects.iter().zip(comparisons) {
        let (operation, fields) = match comparison {
            Comparison::Absent => (Operation::Create, Vec::new()),
            Comparison::Same(_) => (Operation::Same, Vec::new()),
            Comparison::Different { fields, refused, .. } => {
                difference.refused.extend(refused.map(|why| format!("{object}: {why}")));
                (Operation::Update, fields)
            }
            Comparison::Immutable { fields, .. } => {
                difference.refused.push(format!("{object}: it can't be changed in place"));
                (Operation::Update, fields)
            }
        };
        difference.children.push(Child { fields, ..child(object, operation) });
    }
    let dropped: Vec<Manifest> = (next.previous.iter())
        .filter(|known| next.objects.iter().all(|object| object.key() != known.key()))
        .cloned()
        .collect();
    let gone = live_of(releases.client, &dropped).await?;
    difference.children.extend(gone.iter().map(|object| child(object, Operation::Delete)));
    Ok(difference)
}

fn child(object: &Manifest, operation: Operation) -> Child {
    Child {
        kind: object.kind().to_owned(),
        name: object.object_name().to_string(),
        operation,
        fields: Vec::new(),
    }
}
