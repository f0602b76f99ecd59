//! What can be wrong with an SSH key.

/// Why a text is no key to work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshError {
    /// There is no key in it.
    #[error("it is no private key: no line `-----BEGIN … PRIVATE KEY-----`")]
    NoKey,
    /// The public half.
    #[error("it is a public key; the private one is needed")]
    Public,
    /// The lines were joined.
    #[error("its lines were joined to one, so no SSH client reads it")]
    Joined,
    /// A passphrase protects it.
    #[error("a passphrase protects it, and nobody is there to type it")]
    Encrypted,
    /// What is between the first line and the last.
    #[error("it can't be read: {0}")]
    Broken(String),
    /// A kind of key that is not known here.
    #[error("`{0}` is a kind of key that is not known here; Ed25519, ECDSA (P-256, P-384) and RSA are")]
    Kind(String),
    /// No host key at all.
    #[error("it names no host")]
    NoHost,
    /// A host key that can't be read.
    #[error("line {line} is no `HOST TYPE KEY`: {cause}")]
    Host {
        /// The line, from 1.
        line: usize,
        /// Why.
        cause: String,
    },
}

impl SshError {
    /// Returns what mends it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoKey | Self::Public | Self::Broken(_) | Self::Kind(_) => {
                "put the whole private key there: `eggtooth env set ENV PATH --secret < ~/.ssh/id_ed25519`, or make one \
                 with `--generate ssh-key`"
            }
            Self::Joined => {
                "keep its lines: `eggtooth env set ENV PATH --secret < KEY`, or a block of YAML (`|`, not `>`)"
            }
            Self::Encrypted => "take the passphrase off a copy: `ssh-keygen -p -N '' -f COPY`",
            Self::NoHost | Self::Host { .. } => {
                "take what `ssh-keyscan HOST` prints, and compare it with what the host publishes"
            }
        }
    }
}
