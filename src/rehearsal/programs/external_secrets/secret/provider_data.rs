//! What an ExternalSecret gets from its stores.

use super::keys::{self, Data};
use super::rewrite::rewrite;
use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    recorder::{Notice, Recorder},
    resource::{Conversion, DataFrom, Decoding, DeletionPolicy, Entry, ExternalSecret, Kind, Object},
    store::Stores,
    world::{World, reference},
};

/// Asks the providers: `dataFrom` in its order, then `data`; later keys win.
///
/// What a provider does not have is an error only where the Secret is to be retained; else it is left out.
pub(super) async fn fetch(
    world: &World,
    recorder: &Recorder,
    object: &Object<ExternalSecret>,
) -> Result<Data, Failure> {
    let mut stores = Stores::new(world, world.flags.flood_gate);
    let may_miss = object.spec.target.deletion_policy != DeletionPolicy::Retain;
    let mut data = Data::new();
    for (index, from) in object.spec.data_from.iter().enumerate() {
        match many(world, &mut stores, object, from).await {
            Ok(found) => data.extend(found),
            Err((_, failure)) if may_miss && failure.is_no_secret() => {
                let text = format!("secret does not exist at provider using spec.dataFrom[{index}]");
                missing(recorder, object, text).await;
            }
            Err((what, failure)) => {
                return Err(failure.within(format!("error processing spec.dataFrom[{index}].{what}, err")));
            }
        }
    }
    for (index, entry) in object.spec.data.iter().enumerate() {
        let key = &entry.remote_ref.key;
        match one(&mut stores, object, entry).await {
            Ok(value) => {
                data.insert(entry.secret_key.clone(), value);
            }
            Err(failure) if may_miss && failure.is_no_secret() => {
                // The operator says dataFrom here too.
                let text =
                    format!("secret does not exist at provider using spec.dataFrom[{index}] (key={key})");
                missing(recorder, object, text).await;
            }
            Err(failure) => {
                return Err(failure.within(format!("error processing spec.data[{index}] (key: {key}), err")));
            }
        }
    }
    Ok(data)
}

async fn missing(recorder: &Recorder, object: &Object<ExternalSecret>, text: String) {
    let notice = Notice::normal("MissingProviderSecret", text);
    recorder.record(&reference(Kind::ExternalSecret, object), &notice).await;
}

async fn one(
    stores: &mut Stores<'_>,
    object: &Object<ExternalSecret>,
    entry: &Entry,
) -> Result<Vec<u8>, Failure> {
    let own = entry.source_ref.as_ref().map(|source| &source.store);
    let store = own.unwrap_or(&object.spec.secret_store_ref);
    let value = stores.get(store, object.namespace()).await?.secret(&entry.remote_ref).await?;
    let strategy = entry.remote_ref.decoding_strategy;
    keys::decode(strategy, value).map_err(|failure| undecoded(strategy.name(), failure))
}

/// Returns what failed along with why.
async fn many(
    world: &World,
    stores: &mut Stores<'_>,
    object: &Object<ExternalSecret>,
    from: &DataFrom,
) -> Result<Data, (&'static str, Failure)> {
    let own = from.source_ref.as_ref().and_then(|source| source.store.as_ref());
    let store = own.unwrap_or(&object.spec.secret_store_ref);
    let generator = from.source_ref.as_ref().and_then(|source| source.generator_ref.as_ref());
    match (&from.find, &from.extract, generator) {
        (Some(find), _, _) => {
            let found = async {
                let found = stores.get(store, object.namespace()).await?.find(find).await;
                let found = found.map_err(|failure| failure.within("error getting all secrets"))?;
                let (conversion, decoding) = (find.conversion_strategy, find.decoding_strategy);
                finish(world, from, found, conversion, decoding)
            };
            found.await.map_err(|failure| ("find", failure))
        }
        (None, Some(extract), _) => {
            let found = async {
                let found = stores.get(store, object.namespace()).await?.extract(extract).await?;
                let (conversion, decoding) = (extract.conversion_strategy, extract.decoding_strategy);
                finish(world, from, found, conversion, decoding)
            };
            found.await.map_err(|failure| ("extract", failure))
        }
        (None, None, Some(generator)) => {
            let text = format!("a rehearsal has no generators ({} {})", generator.kind, generator.name);
            Err(("sourceRef.generatorRef", Failure::said(text)))
        }
        (None, None, None) => Ok(Data::new()),
    }
}

fn finish(
    world: &World,
    from: &DataFrom,
    data: Data,
    conversion: Conversion,
    decoding: Decoding,
) -> Result<Data, Failure> {
    let mut data = rewrite(&from.rewrite, data, &world.clock)
        .map_err(|failure| failure.within("error applying rewrite to keys"))?;
    if from.rewrite.is_empty() {
        data = keys::convert(conversion, data).map_err(|failure| {
            failure.within(format!("error applying conversion strategy {conversion:?} to keys"))
        })?;
    }
    let data = keys::check(data).map_err(|failure| {
        failure.within("invalid secret keys (TIP: use rewrite or conversionStrategy to change keys)")
    })?;
    keys::decode_all(decoding, data).map_err(|failure| undecoded(decoding.name(), failure))
}

fn undecoded(strategy: &str, failure: Failure) -> Failure {
    failure.within(format!("error applying decoding strategy {strategy} to data"))
}
