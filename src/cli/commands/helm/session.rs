//! What every verb works with.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::HelmCommandError;
use super::told::Told;
use crate::cli::{args::Global, args::helm::ClusterFlags, terminal::Terminal};
use crate::clock::Clock;
use crate::helm::{
    action::{Releases, holder},
    provenance::Keyring,
    record::{Driver, Storage},
    repository::{Charts, Settings},
};
use crate::kubernetes::{Client, Target};

/// What every verb works with.
pub(super) struct Session {
    pub(super) flags: ClusterFlags,
    pub(super) terminal: Terminal,
    pub(super) project: PathBuf,
    /// Where downloads are kept.
    pub(super) cache: PathBuf,
    pub(super) clock: Clock,
    folder: Option<PathBuf>,
    target: Target,
    driver: String,
}

/// A cluster, and where in it releases are looked for.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) namespace: String,
    pub(super) driver: Driver,
    clock: Clock,
    holder: String,
    told: Told,
}

impl Session {
    pub(super) fn new(
        flags: ClusterFlags,
        global: Global,
        variables: BTreeMap<String, String>,
        terminal: Terminal,
    ) -> Self {
        let driver = variables.get("HELM_DRIVER").cloned().unwrap_or_default();
        let context = flags.kube_context.clone().or(global.context);
        let mut variables = variables;
        let places = &flags.places;
        for (name, place) in [
            ("HELM_REGISTRY_CONFIG", &places.registry_config),
            ("HELM_REPOSITORY_CONFIG", &places.repository_config),
        ] {
            if let Some(path) = place {
                variables.insert(name.to_owned(), path.display().to_string());
            }
        }
        let kept = places.repository_cache.clone();
        let cache = kept.unwrap_or_else(|| crate::cli::commands::cache(&variables));
        let Global { project, charts, kubeconfig, .. } = global;
        let target = Target { kubeconfig, context, environment: variables, server: flags.server() };
        Self { flags, terminal, project, cache, clock: Clock::system(), folder: charts, target, driver }
    }

    /// Returns where the project's charts are taken from.
    pub(super) fn charts(&self) -> Charts {
        Charts {
            folder: self.folder.clone(),
            cache: self.cache.clone(),
            settings: self.settings(),
            ..Charts::default()
        }
    }

    /// Returns what Helm and Docker know.
    pub(super) fn settings(&self) -> Settings {
        Settings::of(&self.target.environment)
    }

    /// Returns where the user's public keys are.
    fn keyring(&self) -> PathBuf {
        Keyring::usual(&self.target.environment)
    }

    /// Reads public keys: those of a file, or the user's.
    pub(super) fn ring(&self, path: Option<&Path>) -> Result<Keyring, HelmCommandError> {
        Ok(match path {
            Some(path) => Keyring::read(path)?,
            None => Keyring::read(&self.keyring())?,
        })
    }

    /// Connects to the cluster. Sends nothing yet.
    pub(super) async fn connect(&self) -> Result<Connected, HelmCommandError> {
        let driver =
            Driver::parse(&self.driver).ok_or_else(|| HelmCommandError::Driver(self.driver.clone()))?;
        let client = Client::connect(&self.target).await?;
        let flag = self.flags.namespace.clone().filter(|namespace| !namespace.is_empty());
        let namespace = flag.unwrap_or_else(|| client.default_namespace().to_owned());
        let told = Told::new(self.terminal.clone());
        Ok(Connected { client, namespace, driver, clock: self.clock.clone(), holder: holder(), told })
    }
}

impl Connected {
    /// Returns the namespace's releases, to change them.
    pub(super) fn releases(&self) -> Releases<'_> {
        let Self { client, namespace, driver, clock, holder, told } = self;
        Releases { client, clock, namespace, driver: *driver, holder, progress: told }
    }

    /// Returns the records of the namespace.
    pub(super) fn storage(&self) -> Storage<'_> {
        Storage::new(&self.client, &self.namespace).driven_by(self.driver)
    }
}
