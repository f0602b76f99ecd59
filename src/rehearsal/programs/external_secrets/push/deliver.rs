//! Pushing one Secret through its stores, and taking away what is not wanted there any more.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    resource::{PushSecret, PushUpdate, StoreReference, Synced},
    secret::{Data, reverse},
    store::Stores,
};

/// What was pushed so far, and what stopped it.
pub(super) struct Stopped {
    pub(super) synced: Synced,
    pub(super) cause: Failure,
}

/// Pushes a Secret to the stores. What was pushed before a failure is in the failure too.
pub(super) async fn push(
    spec: &PushSecret,
    namespace: &str,
    secret: &Secret,
    to: &[StoreReference],
    stores: &mut Stores<'_>,
) -> Result<Synced, Stopped> {
    let mut synced = Synced::new();
    for store in to {
        if let Err(cause) = push_to(spec, namespace, secret, store, stores, &mut synced).await {
            return Err(Stopped { synced, cause });
        }
    }
    Ok(synced)
}

async fn push_to(
    spec: &PushSecret,
    namespace: &str,
    secret: &Secret,
    store: &StoreReference,
    stores: &mut Stores<'_>,
    synced: &mut Synced,
) -> Result<(), Failure> {
    let name = &store.name;
    let pushed = synced.entry(format!("{}/{name}", store.kind)).or_default();
    let client = stores.get(store, namespace).await;
    let client =
        client.map_err(|failure| failure.within(format!("could not get secrets client for store {name}")))?;
    for entry in &spec.data {
        let original = secret.data.iter().flatten();
        let original: Data = original.map(|(key, value)| (key.clone(), value.0.clone())).collect();
        let data = reverse(&entry.conversion_strategy, original)
            .map_err(|failure| failure.within("could not apply conversion strategy to keys"))?;
        let key = &entry.matched.secret_key;
        if !key.is_empty() && !data.contains_key(key) {
            return Err(Failure::said(format!("secret key {key} does not exist")));
        }
        if spec.update_policy == PushUpdate::IfNotExists {
            let exists = client.exists(entry);
            let exists =
                exists.map_err(|failure| failure.within("could not verify if secret exists in store"))?;
            if exists {
                pushed.insert(entry.reference(), entry.clone());
                continue;
            }
        }
        let mut source = secret.clone();
        source.data =
            Some(data.iter().map(|(key, value)| (key.clone(), ByteString(value.clone()))).collect());
        client.push(&source, &data, entry).await.map_err(|failure| {
            failure.within(format!("could not write remote ref {key} to target secretstore {name}"))
        })?;
        pushed.insert(entry.reference(), entry.clone());
    }
    Ok(())
}

/// Deletes what was pushed `before` and is not wanted `now`. A failure leaves what is still there.
pub(super) async fn delete(
    namespace: &str,
    before: &Synced,
    now: &Synced,
    stores: &mut Stores<'_>,
) -> Result<(), Stopped> {
    let mut left = merged(now.clone(), before);
    for (place, entries) in before {
        let (kind, name) = place.split_once('/').unwrap_or(("", place));
        let store = StoreReference { name: name.to_owned(), kind: kind.to_owned() };
        let client = match stores.get(&store, namespace).await {
            Ok(client) => client,
            Err(failure) => {
                let said = format!("could not get secrets client for store {place}");
                return Err(Stopped { synced: left, cause: failure.within(said) });
            }
        };
        let wanted = now.get(place);
        for (reference, entry) in entries {
            if wanted.is_some_and(|wanted| wanted.contains_key(reference)) {
                continue;
            }
            if let Err(cause) = client.delete(entry).await {
                return Err(Stopped { synced: left, cause });
            }
            if let Some(left) = left.get_mut(place) {
                left.remove(reference);
            }
        }
        if wanted.is_none() {
            left.remove(place);
        }
    }
    Ok(())
}

/// Adds what was pushed before to what was pushed now.
pub(super) fn merged(mut now: Synced, before: &Synced) -> Synced {
    for (place, entries) in before {
        now.entry(place.clone()).or_default().extend(entries.clone());
    }
    now
}
