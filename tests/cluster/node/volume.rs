//! The volumes of a pod as folders.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, KeyToPath, Pod, ServiceAccount, ServiceAccountTokenProjection, Volume,
    VolumeProjection,
};
use kube::Api;
use kube::api::PostParams;

use super::payload::{Files, Payload};
use super::{Context, downward};
use crate::network::Place;

/// The mounted volumes of one pod.
pub(crate) struct Volumes {
    context: Arc<Context>,
    pod: Arc<Pod>,
    place: Arc<Place>,
    folder: PathBuf,
    payloads: BTreeMap<String, Payload>,
    tokens: BTreeMap<String, Token>,
}

/// A service account token and when a kubelet would renew it.
struct Token {
    text: String,
    renew: Instant,
}

impl Volumes {
    pub(crate) fn new(context: Arc<Context>, pod: Arc<Pod>, place: Arc<Place>, folder: PathBuf) -> Self {
        Self { context, pod, place, folder, payloads: BTreeMap::new(), tokens: BTreeMap::new() }
    }

    /// The folder of a volume.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes every volume as its sources are now; the error is a kubelet's message.
    pub(crate) async fn refresh(&mut self) -> Result<(), String> {
        let pod = Arc::clone(&self.pod);
        for volume in pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()) {
            let folder = self.path(&volume.name);
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            let files = self.files(volume).await;
            let files = files.map_err(|reason| {
                format!("MountVolume.SetUp failed for volume \"{}\" : {reason}", volume.name)
            })?;
            if let Some(files) = files {
                let payload =
                    self.payloads.entry(volume.name.clone()).or_insert_with(|| Payload::new(folder));
                payload.write(files).map_err(|error| format!("{}: {error}", payload.folder().display()))?;
            }
        }
        Ok(())
    }

    /// `None` for volumes that are just a folder.
    async fn files(&mut self, volume: &Volume) -> Result<Option<Files>, String> {
        if let Some(secret) = &volume.secret {
            let name = secret.secret_name.as_deref().unwrap_or_default();
            return self.secret(name, secret.items.as_deref(), secret.optional).map(Some);
        }
        if let Some(map) = &volume.config_map {
            return self.config_map(&map.name, map.items.as_deref(), map.optional).map(Some);
        }
        if let Some(downward) = &volume.downward_api {
            return Ok(Some(self.downward(downward.items.as_deref().unwrap_or_default())));
        }
        let Some(projected) = &volume.projected else { return Ok(None) };
        let mut files = Files::new();
        for source in projected.sources.iter().flatten() {
            files.extend(self.projection(source).await?);
        }
        Ok(Some(files))
    }

    async fn projection(&mut self, source: &VolumeProjection) -> Result<Files, String> {
        if let Some(secret) = &source.secret {
            return self.secret(&secret.name, secret.items.as_deref(), secret.optional);
        }
        if let Some(map) = &source.config_map {
            return self.config_map(&map.name, map.items.as_deref(), map.optional);
        }
        if let Some(downward) = &source.downward_api {
            return Ok(self.downward(downward.items.as_deref().unwrap_or_default()));
        }
        match &source.service_account_token {
            Some(token) => Ok(Files::from([(token.path.clone(), self.token(token).await?.into_bytes())])),
            None => Ok(Files::new()),
        }
    }

    fn secret(
        &self,
        name: &str,
        items: Option<&[KeyToPath]>,
        optional: Option<bool>,
    ) -> Result<Files, String> {
        let Some(secret) = self.context.objects.secret(self.namespace(), name) else {
            return absent(optional, || format!("secret \"{name}\" not found"));
        };
        let data = secret.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect();
        select(data, items, optional)
    }

    fn config_map(
        &self,
        name: &str,
        items: Option<&[KeyToPath]>,
        optional: Option<bool>,
    ) -> Result<Files, String> {
        let Some(map) = self.context.objects.config_map(self.namespace(), name) else {
            return absent(optional, || format!("configmap \"{name}\" not found"));
        };
        let text = map.data.iter().flatten().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
        let binary = map.binary_data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone()));
        select(text.chain(binary).collect(), items, optional)
    }

    fn downward(&self, items: &[DownwardAPIVolumeFile]) -> Files {
        let gateway = self.context.network.gateway();
        let mut files = Files::new();
        for item in items {
            let field = item.field_ref.as_ref();
            let text = field
                .and_then(|field| downward::field(&self.pod, &field.field_path, self.place.address, gateway));
            files.insert(item.path.clone(), text.unwrap_or_default().into_bytes());
        }
        files
    }

    /// A token bound to the pod, renewed after four fifths of its life.
    async fn token(&mut self, projection: &ServiceAccountTokenProjection) -> Result<String, String> {
        if let Some(token) = self.tokens.get(&projection.path)
            && token.renew > Instant::now()
        {
            return Ok(token.text.clone());
        }
        let lifetime = projection.expiration_seconds.unwrap_or(3600);
        let account =
            self.pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: projection.audience.iter().cloned().collect(),
                expiration_seconds: Some(lifetime),
                bound_object_ref: Some(BoundObjectReference {
                    kind: Some("Pod".to_owned()),
                    api_version: Some("v1".to_owned()),
                    name: self.pod.metadata.name.clone(),
                    uid: self.pod.metadata.uid.clone(),
                }),
            },
            ..TokenRequest::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.context.client.clone(), self.namespace());
        let response = accounts.create_token_request(account, &PostParams::default(), &request).await;
        let status = response.map_err(|error| error.to_string())?.status;
        let text = status.ok_or("the token request has no status")?.token;
        let renew = Instant::now() + Duration::from_secs(lifetime.unsigned_abs() * 4 / 5);
        self.tokens.insert(projection.path.clone(), Token { text: text.clone(), renew });
        Ok(text)
    }

    fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or("default")
    }
}

fn absent(optional: Option<bool>, message: impl FnOnce() -> String) -> Result<Files, String> {
    if optional == Some(true) { Ok(Files::new()) } else { Err(message()) }
}

/// All keys, or the chosen ones under their paths.
fn select(mut data: Files, items: Option<&[KeyToPath]>, optional: Option<bool>) -> Result<Files, String> {
    let Some(items) = items.filter(|items| !items.is_empty()) else { return Ok(data) };
    let mut files = Files::new();
    for item in items {
        match data.remove(&item.key) {
            Some(content) => drop(files.insert(item.path.clone(), content)),
            None if optional == Some(true) => {}
            None => return Err(format!("references non-existent secret key: {}", item.key)),
        }
    }
    Ok(files)
}
