//! Sealing to age recipients.

use std::{error::Error, sync::Arc};

use super::Sealing;
use crate::keys::{Identities, Recipient, seal};
use crate::secret::Secret;

/// Seals to an environment's age recipients, and opens with the identities at hand.
pub struct AgeSealing {
    recipients: Vec<Recipient>,
    identities: Arc<Identities>,
}

impl AgeSealing {
    /// Returns the sealing to `recipients`; none are needed until there is a secret.
    pub fn new(recipients: Vec<Recipient>, identities: Arc<Identities>) -> Self {
        Self { recipients, identities }
    }
}

impl Sealing for AgeSealing {
    fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<String> = self.recipients.iter().map(ToString::to_string).collect();
        recipients.sort();
        recipients.dedup();
        recipients
    }

    fn seal(&self, bytes: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(seal(&self.recipients, bytes)?)
    }

    fn open(&self, sealed: &str) -> Result<Secret<Vec<u8>>, Box<dyn Error + Send + Sync>> {
        Ok(self.identities.open(sealed, None)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Identity, Origin};
    use crate::resource::{Urn, Value};
    use crate::state::Fingerprints;

    #[test]
    fn a_key_sealed_to_an_age_recipient_opens_with_its_identity_and_no_other() {
        let sealing = |identity: &Identity| {
            let recipient = identity.public().parse().unwrap();
            let text = identity.to_secret_text().unwrap();
            let copy = Identity::parse(secrecy::ExposeSecret::expose_secret(&text)).unwrap();
            let identities = Identities::of([copy], Origin::Given("the test".into()));
            Arc::new(AgeSealing::new(vec![recipient], Arc::new(identities)))
        };
        let (ours, theirs) = (Identity::generate(), Identity::generate());
        let urn = Urn::new("dev", "s", "test:Thing", "a");
        let value = Value::from("chirp").secret();
        let first = Fingerprints::new(None, sealing(&ours));
        let recorded = first.record(&urn, &value);
        let stored = first.sealed();
        assert!(stored.as_ref().unwrap().age.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
        assert_eq!(Fingerprints::new(stored.clone(), sealing(&ours)).record(&urn, &value), recorded);
        assert_ne!(Fingerprints::new(stored, sealing(&theirs)).record(&urn, &value), recorded);
    }
}
