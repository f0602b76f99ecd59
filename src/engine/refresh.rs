//! Refreshing: what is there becomes what is remembered.

use super::{Observed, Providers};
use crate::resource::{Known, Record};
use crate::state::{Fingerprints, Snapshot};

/// Returns the snapshot without what is gone, and with the uid and the outputs of what is there.
///
/// Inputs stay: they are what the program wanted, and the next plan compares them with what is there by itself.
#[must_use]
pub fn refresh(observed: &Observed, providers: &Providers, fingerprints: &Fingerprints) -> Snapshot {
    let mut snapshot = observed.snapshot.clone();
    for record in observed.snapshot.records() {
        let Some(live) = observed.live.get(&record.urn) else { continue };
        if !live.exists {
            snapshot.remove(&record.urn);
            continue;
        }
        let known = Known { urn: &record.urn, inputs: None, record: Some(record), options: None };
        let outputs = providers.of(&record.urn).ok().and_then(|provider| provider.outputs(known, live));
        snapshot.insert(Record {
            uid: live.uid.clone().or_else(|| record.uid.clone()),
            outputs: outputs
                .map_or_else(|| record.outputs.clone(), |value| fingerprints.record(&record.urn, &value)),
            ..record.clone()
        });
    }
    snapshot.hmac_key = fingerprints.sealed();
    snapshot
}
