//! `rehearse`.

use super::Scene;
use crate::cli::{args, display, exit::Exit};
use crate::workflow::{Fault, Rehearsal, Secrets, Trial, fetch, rehearse, trial};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Rehearse) -> Exit {
    let environment = &arguments.name.environment;
    let loaded = match scene.load(environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let surroundings = scene.with_timeout(arguments.timeout);
    // Charts come over a real network, in real time; from here on waiting takes none.
    if let Err(error) = fetch(&surroundings, &loaded).await {
        return scene.failed(&error);
    }
    tokio::time::pause();
    let faults = faults(arguments);
    if faults.is_empty() {
        return match rehearse(&surroundings, &loaded, arguments.objective).await {
            Ok(rehearsal) => show(scene, &rehearsal),
            Err(error) => scene.failed(&error),
        };
    }
    let mut trials = Vec::new();
    for fault in faults {
        match trial(&surroundings, &loaded, fault).await {
            Ok(done) => trials.push(done),
            Err(error) => return scene.failed(&error),
        }
    }
    show_trials(scene, &trials)
}

fn faults(arguments: &args::Rehearse) -> Vec<Fault> {
    match arguments.faults {
        Some(args::Faults::All) => Fault::all(),
        None => arguments.fault.clone(),
    }
}

fn show(scene: &Scene<'_>, rehearsal: &Rehearsal) -> Exit {
    let text = if scene.json {
        format!("{}\n", display::rehearsal_json(rehearsal))
    } else {
        display::rehearsal(rehearsal, scene.terminal.style)
    };
    scene.quietly(|| scene.terminal.print(&text));
    if rehearsal.succeeded() { Exit::Done } else { Exit::Failed }
}

/// A fault may stop a run, but the next run without it must come through.
fn show_trials(scene: &Scene<'_>, trials: &[Trial]) -> Exit {
    let text = if scene.json {
        format!("{}\n", display::trials_json(trials))
    } else {
        display::trials(trials, scene.terminal.style)
    };
    scene.quietly(|| scene.terminal.print(&text));
    if trials.iter().all(|trial| trial.healed.is_ok()) { Exit::Done } else { Exit::Failed }
}
