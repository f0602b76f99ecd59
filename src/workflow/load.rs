//! From an environment's name to the programs of its stacks: evaluated, decoded, run, checked. Nothing is written.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    Problems, SecretFile, Surroundings, WorkflowError,
    secrets::{Watched, learn, learn_tokens, recipients},
};
use crate::diagnostic::{Diagnostic, Diagnostics, suggest};
use crate::environment::{
    self, EvaluateError, Evaluation, Evaluator, Failure, Folder, LoadError, Options, Outside, Sops,
    SopsError, Sources, plain_secrets,
};
use crate::keys::{Identities, Identity, Origin, Passphrases, Recipient};
use crate::resource::{Map, Value, decode};
use crate::sops;
use crate::stack::{Context, Path, Program, Settings, Stack, Step};

/// The cluster that an environment is for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The context of the kubeconfig.
    pub context: Option<String>,
    /// The UID of the namespace kube-system: the cluster's identity.
    pub uid: Option<String>,
}

/// An environment, evaluated, and its stacks' programs.
#[derive(Clone)]
pub struct Loaded {
    /// The environment's name.
    pub environment: String,
    /// The cluster it is for.
    pub cluster: Cluster,
    /// The stacks with what their programs registered, in the order of their names.
    pub programs: BTreeMap<String, Program>,
    /// What is odd, but works.
    pub warnings: Diagnostics,
    /// The recipients of the environment's encrypted files: the state's key is sealed to them.
    pub recipients: Vec<Recipient>,
    /// The age keys at hand.
    pub identities: Arc<Identities>,
    /// The environment's encrypted files.
    pub files: Vec<SecretFile>,
    /// The whole evaluation.
    pub evaluation: Evaluation,
}

/// Whether the environment's secrets are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are: for everything that is applied.
    Opened,
    /// They stay closed: nothing is known of them, for checks without a key.
    Closed,
    /// Those that no key here opens are made up, by their types and names: for rehearsals without a key.
    Placeholders,
}

/// Evaluates an environment with its secrets, whatever stacks it names, and whether it names any.
///
/// # Errors
/// Everything that is wrong with the environment, all at once.
pub async fn open(surroundings: &Surroundings, environment: &str) -> Result<Evaluation, WorkflowError> {
    let identities = Arc::new(Identities::discover(&surroundings.process, Passphrases::default()));
    let watched = Watched::new(surroundings, identities, Secrets::Opened);
    evaluate(surroundings, environment, Secrets::Opened, &watched).await
}

/// Evaluates an environment and runs the programs of its stacks.
///
/// # Errors
/// Everything that is wrong with the environment or with the stacks' configuration, all at once.
pub async fn load(
    surroundings: &Surroundings,
    stacks: &[Stack],
    environment: &str,
    secrets: Secrets,
) -> Result<Loaded, WorkflowError> {
    let identities = Arc::new(Identities::discover(&surroundings.process, Passphrases::default()));
    let watched = Watched::new(surroundings, Arc::clone(&identities), secrets);
    let evaluation = evaluate(surroundings, environment, secrets, &watched).await?;
    let charts = super::charts::lock(&surroundings.project)?;
    let settings = Settings { charts: Arc::new(charts), now: surroundings.clock.now() };
    let mut problems: Diagnostics = (watched.made_up().iter())
        .map(|source| {
            Diagnostic::warning(format!(
                "`fn::open::{source}` is not asked: placeholders stand for what it gives"
            ))
        })
        .collect();
    let cluster = cluster(&evaluation, &mut problems);
    let programs = run_all(stacks, environment, &evaluation, &settings, secrets, &mut problems);
    if secrets == Secrets::Closed {
        // A check is for reviews: what should not be committed is an error there, and only there.
        problems.extend(evaluation.documents.iter().flat_map(plain_secrets));
    }
    problems.sort();
    if problems.has_errors() {
        return Err(WorkflowError::Environment {
            environment: environment.to_owned(),
            diagnostics: Problems(problems),
        });
    }
    let files = watched.opened();
    // Nobody here could open what is sealed to the recipients of a file without its key.
    let (recipients, identities) = if files.iter().any(|file| file.made_up) {
        own_key()?
    } else {
        (recipients(watched.source())?, identities)
    };
    Ok(Loaded {
        environment: environment.to_owned(),
        cluster,
        programs,
        warnings: problems,
        recipients,
        identities,
        files,
        evaluation,
    })
}

/// Makes a key that lives no longer than this run.
fn own_key() -> Result<(Vec<Recipient>, Arc<Identities>), WorkflowError> {
    let key = Identity::generate();
    let recipient = key
        .public()
        .parse()
        .map_err(|source| WorkflowError::Recipients { recipient: key.public(), source: Box::new(source) })?;
    Ok((vec![recipient], Arc::new(Identities::of([key], Origin::Given("this run".into())))))
}

/// Returns the schema of environment documents for editors: with all sources, and the configuration of these stacks.
pub fn editor_schema(surroundings: &Surroundings, stacks: &[Stack]) -> serde_json::Value {
    let sops = Sops::new(surroundings.project.clone(), Arc::default());
    let sources = Sources::standard(&outside(surroundings), sops);
    environment::editor_schema(&sources, stacks.iter().map(|stack| (stack.name(), stack.schema().as_value())))
}

async fn evaluate(
    surroundings: &Surroundings,
    environment: &str,
    secrets: Secrets,
    watched: &Watched,
) -> Result<Evaluation, WorkflowError> {
    let sources = watched.among(Sources::standard(&outside(surroundings), watched.source().clone()));
    learn_tokens(surroundings);
    let folder = Folder::new(&surroundings.project);
    let evaluator = Evaluator::new(folder.clone(), sources, Map::new(), Options::default());
    let evaluated = match secrets {
        Secrets::Opened | Secrets::Placeholders => evaluator.evaluate(environment).await,
        Secrets::Closed => evaluator.check(environment),
    };
    let mut evaluation = evaluated.map_err(|source| {
        let hint = other_names(&folder, environment, &source);
        WorkflowError::Evaluate { environment: environment.to_owned(), hint, source }
    })?;
    learn(&evaluation.value, &surroundings.scrubber);
    if evaluation.diagnostics.has_errors() {
        evaluation.diagnostics.sort();
        let diagnostics = Problems(evaluation.diagnostics);
        let environment = environment.to_owned();
        return Err(if evaluation.failures.iter().any(is_undecryptable) {
            WorkflowError::Undecryptable { environment, diagnostics }
        } else {
            WorkflowError::Environment { environment, diagnostics }
        });
    }
    Ok(evaluation)
}

/// Tells of the environments that there are when one is not.
fn other_names(folder: &Folder, name: &str, error: &EvaluateError) -> Option<String> {
    let EvaluateError::Load(LoadError::NotFound { .. }) = error else { return None };
    let names = folder.names().unwrap_or_default();
    Some(match suggest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => {
            "there is no environment in this folder's `environments/`; `--project` names another project"
                .to_owned()
        }
        None => "`eggtooth env list` lists the project's environments".to_owned(),
    })
}

fn outside(surroundings: &Surroundings) -> Outside {
    Outside {
        project: surroundings.project.clone(),
        process: surroundings.process.clone(),
        target: surroundings.target.clone(),
        cluster: surroundings.cluster.clone(),
        clock: surroundings.clock.clone(),
        allow_exec: surroundings.allow_exec,
    }
}

/// A file that no key opens, or that is not what was encrypted; not one that can't be read at all.
fn is_undecryptable(failure: &Failure) -> bool {
    match failure.downcast_ref::<SopsError>() {
        Some(SopsError::Open(error)) => !matches!(**error, sops::Error::Read { .. }),
        Some(_) | None => false,
    }
}

fn cluster(evaluation: &Evaluation, problems: &mut Diagnostics) -> Cluster {
    let Some(value) = evaluation.value.get("cluster") else { return Cluster::default() };
    match decode(value) {
        Ok(cluster) => cluster,
        Err(error) => {
            let mut path = vec!["cluster".to_owned()];
            path.extend(error.path.iter().cloned());
            let diagnostic = Diagnostic::error(error.message).path(path.join("."));
            problems.push(match evaluation.origin(&path).or_else(|| evaluation.origin(&["cluster"])) {
                Some((file, span)) => diagnostic.at(file, span),
                None => diagnostic,
            });
            Cluster::default()
        }
    }
}

fn run_all(
    stacks: &[Stack],
    environment: &str,
    evaluation: &Evaluation,
    settings: &Settings,
    secrets: Secrets,
    problems: &mut Diagnostics,
) -> BTreeMap<String, Program> {
    let Some(Value::Map(wanted)) = evaluation.value.get("stacks") else {
        // Nothing is wrong with an environment for `env open` alone; nothing can be done with it, either.
        if secrets == Secrets::Closed && evaluation.value.get("stacks").is_none() {
            return BTreeMap::new();
        }
        let message = format!("the environment `{environment}` names no stacks");
        problems.push(
            Diagnostic::error(message).hint("add `values.stacks`, with a stack's name and its configuration"),
        );
        return BTreeMap::new();
    };
    let mut programs = BTreeMap::new();
    for (name, config) in wanted.iter() {
        let Some(stack) = stacks.iter().find(|stack| stack.name() == name.as_ref()) else {
            problems.push(unknown_stack(name, stacks, evaluation));
            continue;
        };
        let origin = |path: &Path, at_key: bool| {
            let mut keys = vec!["stacks".to_owned(), name.to_string()];
            keys.extend(path.0.iter().map(|step| match step {
                Step::Key(key) => key.clone(),
                Step::Index(index) => index.to_string(),
            }));
            if at_key { evaluation.key_origin(&keys) } else { evaluation.origin(&keys) }
        };
        let mut context = Context::new(environment, name, settings, &origin);
        if let Err(found) = stack.run(&mut context, config, &origin) {
            // Without its secrets a configuration is checked as far as it is known.
            problems.extend(
                found.into_iter().filter(|problem| secrets != Secrets::Closed || !is_unknown(problem)),
            );
            continue;
        }
        let mut program = context.finish();
        problems.extend(std::mem::take(&mut program.diagnostics));
        programs.insert(name.to_string(), program);
    }
    programs
}

fn is_unknown(problem: &Diagnostic) -> bool {
    problem.message.contains("is not known yet")
}

fn unknown_stack(name: &str, stacks: &[Stack], evaluation: &Evaluation) -> Diagnostic {
    let known: Vec<&str> = stacks.iter().map(Stack::name).collect();
    let hint = match suggest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known stacks: {}", known.join(", ")),
    };
    let diagnostic =
        Diagnostic::error(format!("unknown stack `{name}`")).path(format!("stacks.{name}")).hint(hint);
    match evaluation.key_origin(&["stacks", name]) {
        Some((file, span)) => diagnostic.at(file, span),
        None => diagnostic,
    }
}
