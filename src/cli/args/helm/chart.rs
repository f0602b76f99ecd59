//! Which chart, and how it is got: for every verb that takes one.

use std::path::PathBuf;

use clap::Args;

use crate::helm::repository::{Access, Finder, Login, Settings, Wanted};
use crate::secret::Secret;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ChartFlags {
    /// A folder, an archive, `https://…/NAME.tgz`, `oci://HOST/PATH/NAME`, REPOSITORY/NAME, or a name with --repo
    #[arg(value_name = "CHART")]
    pub(in crate::cli) chart: String,
    /// The chart's repository
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) repo: Option<String>,
    /// The chart's version, or a range of versions; without one the newest release
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) version: Option<String>,
    /// Take prereleases, too, where no version is given
    #[arg(long)]
    pub(in crate::cli) devel: bool,
    #[command(flatten)]
    pub(in crate::cli) provenance: ProvenanceFlags,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionFlags,
}

#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ProvenanceFlags {
    /// Take the archive only when somebody in the keyring signed it
    #[arg(long)]
    pub(in crate::cli) verify: bool,
    /// The public keys whose signatures count; without this those of GnuPG
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) keyring: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Repository options")]
pub(in crate::cli) struct ConnectionFlags {
    /// Who asks the repository
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// The password; other users of this machine can see it (`helm repo add` or `docker login` keep it from them)
    #[arg(long, value_name = "PASSWORD", requires = "username")]
    password: Option<String>,
    /// Trust the authorities in this file (PEM), too
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// Show this certificate to the repository (PEM)
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub(in crate::cli) cert_file: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub(in crate::cli) key_file: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long)]
    pub(in crate::cli) insecure_skip_tls_verify: bool,
    /// Ask a registry over HTTP without TLS
    #[arg(long)]
    pub(in crate::cli) plain_http: bool,
    /// Send the password to other hosts that the repository points at, too
    #[arg(long)]
    pub(in crate::cli) pass_credentials: bool,
}

impl ChartFlags {
    /// Returns what is wanted, in the library's words.
    pub(in crate::cli) fn wanted(&self) -> Wanted {
        Wanted {
            reference: self.chart.clone(),
            repository: self.repo.clone(),
            version: self.version.clone(),
            devel: self.devel,
            provenance: self.provenance.verify,
        }
    }
}

impl ConnectionFlags {
    /// Returns where charts are looked for.
    pub(in crate::cli) fn finder(&self, settings: Settings, cache: PathBuf) -> Finder {
        let login = self.username.clone().map(|username| Login {
            username,
            password: Secret::new(self.password.clone().unwrap_or_default()),
        });
        let access = Access {
            login,
            authorities: self.ca_file.clone(),
            identity: self.cert_file.clone().zip(self.key_file.clone()),
            insecure: self.insecure_skip_tls_verify,
            plain_http: self.plain_http,
            pass_credentials: self.pass_credentials,
        };
        Finder { access, settings, cache }
    }
}
