//! Eggtooth takes an empty Kubernetes cluster to proven, usable secret stores, and does it again after a disaster.
//!
//! This page is the map: the way that a run takes through the modules, what each module is for, and the rules that
//! hold between them. What the program does for its users is told in the README.
//!
//! # The way through
//!
//! ```text
//! environments/NAME.yaml ─ environment ─ stack ─ engine: graph ─ plan ─ execute ─ verify ─ summary
//!   imports, SOPS files     values and    resources and            ▲         │        │
//!                           secrets       outputs                  │         │        └ canaries
//!                                               cluster, snapshot ─┘         └ journal, snapshot, lock
//! ```
//!
//! 1. [`cli`] turns the process's words, variables and clock into values, calls a verb of [`workflow`], and turns
//!    what comes back into words and an exit code.
//! 2. [`workflow::load`] evaluates the environment ([`environment::Evaluator`]). Its SOPS files are opened ([`sops`])
//!    with the age keys at hand ([`keys`]), and each secret is made known to the [`scrubber`].
//! 3. Each stack that the environment names runs with its typed configuration ([`stack::Stack`]). A stack program is
//!    a plain function without I/O: it registers resources ([`resource::Resource`]) and the stores to prove
//!    ([`verify::Proof`]). The programs of this repository are in `stacks/`, outside of the library.
//! 4. [`workflow::Stage`] connects to the cluster and refuses any but the environment's. `up` and `destroy` take the
//!    stack's lock ([`state::Session`]); `preview` only looks.
//! 5. [`engine::Graph`] adds the edges: what a resource needs and what another brings is said by their
//!    [providers](resource::Provider), and matched here.
//! 6. [`engine::observe`] reads what is there, in batches. [`engine::plan()`] compares, decides, and does no I/O; the
//!    [`engine::Plan`] holds no secret.
//! 7. [`engine::execute()`] walks the plan, bounded and concurrent. It decides nothing, writes each step to the
//!    [`state::Journal`] before and after, and stops what depends on a failure, but nothing else.
//! 8. [`verify::prove()`] makes each store deliver its canary, and [`verify::explain`] says what a controller's refusal
//!    means and what mends it.
//!
//! While all of this goes on, [`event::Event`]s tell what is done and what is waited for.
//!
//! # The modules
//!
//! From the top layer down. **A module uses only modules that stand below it**; `tests/layers.rs` reads the list at the
//! end of this file and fails on an arrow that points up.
//!
//! | module | what it is for |
//! |---|---|
//! | [`cli`] | words in, words out: arguments, commands, display, exit codes; nothing below prints, asks or exits |
//! | [`workflow`] | the verbs, each one's whole story on a screen |
//! | [`rehearsal`] | a cluster in memory: API server, controllers, node and network, in virtual time |
//! | [`stack`] | what a stack program sees: its configuration, and what it can register |
//! | [`verify`] | the proof that a store is usable, and the dictionary of errors |
//! | [`environment`] | the language of Pulumi ESC: evaluator, functions, sources |
//! | [`onepassword`] | 1Password: Connect's credentials and token, its API, the `op` command |
//! | [`pulumi_esc`] | the API of Pulumi ESC |
//! | [`external_secrets`] | typed stores and canaries, the webhook's gate, the certificate that is seeded for it |
//! | [`sealed_secrets`] | key pairs of the Sealed Secrets controller, and sealing without it |
//! | [`helm`] | charts, values, rendering, hooks, release records, repositories; the provider of releases |
//! | [`gotemplate`] | Go's text/template with Sprig's and Helm's functions; knows nothing of charts |
//! | [`engine`] | graph, plan, execution; knows neither Helm nor External Secrets |
//! | [`state`] | snapshot, journal, sealed fingerprints, lock; kept in the cluster or in a folder |
//! | [`kubernetes`] | connection, discovery, server-side apply, comparison, waiting; the provider of single objects |
//! | [`sops`] | encrypted documents as sops writes them |
//! | [`ssh`] | SSH keys: read, made, and their public halves |
//! | [`keys`] | age identities and recipients, and where they are found |
//! | [`event`] | what happens, told as it happens |
//! | [`resource`] | names, values, outputs, options, and the contract of a provider |
//! | [`esc`] | the documents of Pulumi ESC's language: imports and expressions, with their places |
//! | [`yaml`] | YAML with positions, resolved and written as Go does |
//! | [`diagnostic`] | problems with their place, in one form for every check |
//! | [`scrubber`] | the last net: takes known secrets out of what is printed or logged |
//! | [`file`] | files that are replaced whole or not at all |
//! | [`remote`] | services on the network, asked with a credential that is never tried twice |
//! | [`secret`] | a value that is never shown |
//! | [`clock`] | the time as a value |
//!
//! # Rules that hold everywhere
//!
//! - Reads come first, then the decision, then writes. Whatever decides is pure: it gets the process environment, the
//!   time and the state of the cluster as values.
//! - A secret is a [`secret::Secret`] or a [`resource::Value::Secret`] from where it is opened to where it is needed.
//!   `clippy.toml` disallows [`secret::Secret::expose`], so each place that reads one carries an `#[expect]` with its
//!   reason, and a search for it lists them all.
//! - Each module has one error enum. A variant names the act and the object; its cause is its source, not part of its
//!   text. Checks of what users write collect all [`diagnostic::Diagnostics`] and do not stop at the first.
//! - What is kept for later has a `version`.

pub mod cli;
pub mod workflow;
pub mod rehearsal;
pub mod stack;
pub mod verify;
pub mod environment;
pub mod onepassword;
pub mod pulumi_esc;
pub mod external_secrets;
pub mod sealed_secrets;
pub mod helm;
pub mod gotemplate;
pub mod engine;
pub mod state;
pub mod kubernetes;
pub mod sops;
pub mod ssh;
pub mod keys;
pub mod event;
pub mod resource;
pub use eggtooth_syntax::esc;

pub use eggtooth_syntax::yaml;

pub use eggtooth_syntax::diagnostic;
pub mod scrubber;
pub mod file;
pub mod remote;
pub mod secret;
pub mod clock;
