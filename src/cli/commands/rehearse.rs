//! `rehearse`.

use std::path::Path;

use super::{
    Scene,
    change::{Ending, close},
    preview,
};
use crate::cli::{args, display, exit::Exit};
use crate::file::{Privacy, write};
use crate::workflow::{Fault, Fetched, Loaded, Secrets, combinations, fetch, keep, rehearse, trials, trust};

/// How many combinations are tried with all faults where nothing else is asked for.
const COMBINATIONS: usize = 8;

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Rehearse) -> Exit {
    let environment = &arguments.name.environment;
    let secrets = if arguments.offline_secrets { Secrets::Placeholders } else { Secrets::Opened };
    let loaded = match scene.load(environment, secrets).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    // Charts come over a real network, in real time; from here on waiting takes none.
    let fetched = match fetch(&scene.with_timeout(arguments.timeout), &loaded).await {
        Ok(fetched) => fetched,
        Err(error) => return scene.failed(&error),
    };
    let basis = if scene.json {
        format!("{}\n", display::basis_json(&fetched.charts, &loaded.files))
    } else {
        display::basis(&fetched.charts, &loaded.files)
    };
    scene.quietly(|| scene.terminal.print(&basis));
    if arguments.preview {
        fetched.planned.iter().for_each(|planned| preview::show(scene, planned));
    }
    if let Some(port) = arguments.serve {
        return serve(scene, environment, &loaded, &fetched, port).await;
    }
    let mut played = display::Played::default();
    if let Err(exit) = play(scene, arguments, &loaded, &fetched, &mut played).await {
        return exit;
    }
    if let Some(file) = &arguments.report
        && let Err(error) = write_report(scene, file, &loaded, &fetched, &played)
    {
        let hint = format!("is {} a place where files can be written?", file.display());
        scene.quietly(|| scene.terminal.say(&display::error(&error, Some(&hint), scene.terminal.style)));
        return Exit::Failed;
    }
    if played.succeeded() { Exit::Done } else { Exit::Failed }
}

/// Plays what is asked for, and shows each part as it ends: the trials first, for their time is their own.
async fn play(
    scene: &Scene<'_>,
    arguments: &args::Rehearse,
    loaded: &Loaded,
    fetched: &Fetched,
    played: &mut display::Played,
) -> Result<(), Exit> {
    let surroundings = &fetched.surroundings;
    let sets = sets(arguments);
    let acts = sets.is_empty() || arguments.report.is_some();
    if !sets.is_empty() {
        let (lines, terminal) = (scene.lines.clone(), scene.terminal.clone());
        let done = move |faults: &str| {
            // Whoever reads JSON wants the verdicts only.
            if let Some(lines) = &lines {
                lines.quietly(|| terminal.say(&format!("tried {faults}")));
            }
        };
        let tried = trials(surroundings, loaded, sets, done).await.map_err(|error| scene.failed(&error))?;
        show(scene, tried.as_slice(), display::trials_json, display::trials);
        played.trials = tried;
    }
    if acts {
        tokio::time::pause();
        let rehearsal = rehearse(surroundings, loaded, arguments.objective).await;
        tokio::time::resume();
        let rehearsal = rehearsal.map_err(|error| scene.failed(&error))?;
        show(scene, &rehearsal, display::rehearsal_json, display::rehearsal);
        played.rehearsal = Some(rehearsal);
    }
    Ok(())
}

/// Brings the environment up and serves the cluster until somebody interrupts.
async fn serve(scene: &Scene<'_>, environment: &str, loaded: &Loaded, fetched: &Fetched, port: u16) -> Exit {
    tokio::time::pause();
    let kept = keep(&fetched.surroundings, loaded).await;
    tokio::time::resume();
    let kept = match kept {
        Ok(kept) => kept,
        Err(error) => return scene.failed(&error),
    };
    let ending = Ending {
        done: &kept.report.done,
        declined: None,
        verdicts: Some(&kept.report.verdicts),
        elapsed: kept.report.elapsed,
    };
    close(scene, &ending);
    let serving = match kept.serve(port).await {
        Ok(serving) => serving,
        Err(error) => return scene.failed(&error),
    };
    let kubeconfig = match kubeconfig(&serving.kubeconfig()) {
        Ok(kubeconfig) => kubeconfig,
        Err(error) => {
            let words = display::error(&error, None, scene.terminal.style);
            scene.terminal.say(&words);
            return Exit::Failed;
        }
    };
    let text = if scene.json {
        let server = format!("http://{}", serving.address());
        format!(
            "{}\n",
            serde_json::json!({"event": "serving", "server": server, "kubeconfig": kubeconfig.path()})
        )
    } else {
        format!(
            "\n`{environment}` is up on a cluster in memory, at http://{} until Ctrl-C:\n  export KUBECONFIG={}\n  kubectl get clustersecretstores,externalsecrets -A\n  helm list -A\n",
            serving.address(),
            kubeconfig.path().display(),
        )
    };
    scene.terminal.print(&text);
    scene.surroundings.cancel.cancelled().await;
    Exit::Done
}

/// Writes a kubeconfig for the time that the cluster is served.
fn kubeconfig(text: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().prefix("eggtooth-rehearsal-").suffix(".kubeconfig").tempfile()?;
    std::fs::write(file.path(), text)?;
    Ok(file)
}

/// Returns the sets of faults to try.
fn sets(arguments: &args::Rehearse) -> Vec<Vec<Fault>> {
    let (alone, random) = match arguments.faults {
        Some(args::Faults::All) => (Fault::all(), COMBINATIONS),
        None => (arguments.fault.clone(), 0),
    };
    let random = combinations(arguments.seed, arguments.combinations.unwrap_or(random));
    alone.into_iter().map(|fault| vec![fault]).chain(random).collect()
}

/// Prints what became of something: for people, or as a line of JSON.
fn show<T: ?Sized>(
    scene: &Scene<'_>,
    value: &T,
    json: impl Fn(&T) -> serde_json::Value,
    words: impl Fn(&T, display::Style) -> String,
) {
    let text = if scene.json { format!("{}\n", json(value)) } else { words(value, scene.terminal.style) };
    scene.quietly(|| scene.terminal.print(&text));
}

/// Writes the page. What the scrubber knows is taken out of it, should it ever get there.
fn write_report(
    scene: &Scene<'_>,
    file: &Path,
    loaded: &Loaded,
    fetched: &Fetched,
    played: &display::Played,
) -> Result<(), display::ReportError> {
    let now = scene.surroundings.clock.now();
    let page = display::report(&display::Report {
        environment: &loaded.environment,
        now,
        charts: &fetched.charts,
        files: &loaded.files,
        trust: &trust(&scene.surroundings.project, loaded, now),
        played,
    })?;
    let page = scene.terminal.scrubber.scrub(&page);
    write(file, page.as_bytes(), Privacy::Usual)?;
    scene.quietly(|| scene.terminal.say(&format!("wrote {}", file.display())));
    Ok(())
}
