//! The files of a pod's volumes.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::rehearsal::cache::{Cache, Kind, namespace};
use crate::rehearsal::programs::Mounts;

use super::downward;

/// Files by their path in the volume.
type Files = BTreeMap<String, Vec<u8>>;

/// The volumes of one pod, as they were at the last look.
pub(super) struct Volumes {
    cache: Cache,
    pod: Arc<Json>,
    address: Ipv4Addr,
    files: BTreeMap<String, Files>,
    /// The tokens of projected service accounts: they outlive a rehearsal, so each is asked for once.
    tokens: BTreeMap<String, Vec<u8>>,
}

impl Volumes {
    pub(super) fn new(cache: Cache, pod: Arc<Json>, address: Ipv4Addr) -> Self {
        Self { cache, pod, address, files: BTreeMap::new(), tokens: BTreeMap::new() }
    }

    /// Looks at every volume's sources; the error is a kubelet's message, and leaves what was there as it is.
    pub(super) async fn refresh(&mut self) -> Result<(), String> {
        let pod = Arc::clone(&self.pod);
        for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
            let name = volume["name"].as_str().unwrap_or_default();
            let files = self.read(volume).await;
            let files = files
                .map_err(|reason| format!("MountVolume.SetUp failed for volume \"{name}\" : {reason}"))?;
            self.files.insert(name.to_owned(), files);
        }
        Ok(())
    }

    /// Puts the files into a container that starts: all of them, also those of a `subPath`.
    pub(super) fn mount(&self, container: &Json, mounts: &Mounts) {
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            self.place(mount, mounts);
        }
    }

    /// Brings the files of a running container up to date; what is mounted by `subPath` never changes.
    pub(super) fn update(&self, container: &Json, mounts: &Mounts) {
        let mut all = container["volumeMounts"].as_array().into_iter().flatten();
        for mount in all.by_ref().filter(|mount| sub_path(mount).is_none()) {
            self.place(mount, mounts);
        }
    }

    fn place(&self, mount: &Json, mounts: &Mounts) {
        let Some(files) = mount["name"].as_str().and_then(|name| self.files.get(name)) else { return };
        let root = mount["mountPath"].as_str().unwrap_or_default().trim_end_matches('/');
        let placed = files.iter().filter_map(|(path, content)| {
            let place = match sub_path(mount) {
                None => format!("{root}/{path}"),
                Some(chosen) if path == chosen => root.to_owned(),
                Some(chosen) => format!("{root}/{}", path.strip_prefix(chosen)?.strip_prefix('/')?),
            };
            Some((place, content.clone()))
        });
        mounts.replace(root, placed.collect());
    }

    async fn read(&mut self, volume: &Json) -> Result<Files, String> {
        let secret = &volume["secret"];
        if secret.is_object() {
            return self.object(Kind::Secret, secret["secretName"].as_str(), secret);
        }
        let map = &volume["configMap"];
        if map.is_object() {
            return self.object(Kind::ConfigMap, map["name"].as_str(), map);
        }
        if volume["downwardAPI"].is_object() {
            return Ok(self.downward(&volume["downwardAPI"]));
        }
        let mut files = Files::new();
        for source in volume["projected"]["sources"].as_array().into_iter().flatten() {
            files.extend(self.project(source).await?);
        }
        Ok(files)
    }

    async fn project(&mut self, source: &Json) -> Result<Files, String> {
        for (key, kind) in [("secret", Kind::Secret), ("configMap", Kind::ConfigMap)] {
            if source[key].is_object() {
                return self.object(kind, source[key]["name"].as_str(), &source[key]);
            }
        }
        if source["downwardAPI"].is_object() {
            return Ok(self.downward(&source["downwardAPI"]));
        }
        let token = &source["serviceAccountToken"];
        let Some(path) = token["path"].as_str() else { return Ok(Files::new()) };
        if !self.tokens.contains_key(path) {
            let account = downward::account(&self.pod);
            let made = self.cache.token(namespace(&self.pod), account, token).await;
            self.tokens.insert(path.to_owned(), made.map_err(|error| error.to_string())?.into_bytes());
        }
        let token = self.tokens.get(path).cloned().unwrap_or_default();
        Ok(Files::from([(path.to_owned(), token)]))
    }

    fn object(&self, kind: Kind, name: Option<&str>, source: &Json) -> Result<Files, String> {
        let name = name.unwrap_or_default();
        let optional = source["optional"] == true;
        let Some(object) = self.cache.get(kind, namespace(&self.pod), name) else {
            if optional {
                return Ok(Files::new());
            }
            return Err(format!("{} \"{name}\" not found", kind.name().to_lowercase()));
        };
        let mut data = Files::new();
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let bytes = if kind == Kind::Secret {
                STANDARD.decode(text).unwrap_or_default()
            } else {
                text.as_bytes().to_vec()
            };
            data.insert(key.clone(), bytes);
        }
        for (key, value) in object["binaryData"].as_object().into_iter().flatten() {
            data.insert(key.clone(), STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default());
        }
        select(data, source["items"].as_array(), optional)
    }

    fn downward(&self, source: &Json) -> Files {
        let items = source["items"].as_array().into_iter().flatten();
        let files = items.map(|item| {
            let path = item["path"].as_str().unwrap_or_default().to_owned();
            let field = item["fieldRef"]["fieldPath"].as_str().unwrap_or_default();
            (path, downward::field(&self.pod, field, self.address).unwrap_or_default().into_bytes())
        });
        files.collect()
    }
}

fn sub_path(mount: &Json) -> Option<&str> {
    mount["subPath"].as_str().filter(|path| !path.is_empty())
}

/// All keys, or the chosen ones under their paths.
fn select(mut data: Files, items: Option<&Vec<Json>>, optional: bool) -> Result<Files, String> {
    let Some(items) = items.filter(|items| !items.is_empty()) else { return Ok(data) };
    let mut files = Files::new();
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        match data.remove(text("key")) {
            Some(content) => drop(files.insert(text("path").to_owned(), content)),
            None if optional => {}
            None => return Err(format!("references non-existent secret key: {}", text("key"))),
        }
    }
    Ok(files)
}
