//! `up`.

use std::path::Path;

use super::{
    Scene,
    change::{Ending, close, open},
    preview::show,
};
use crate::cli::{args, display, exit::Exit, terminal::Terminal};
use crate::environment::Folder;
use crate::workflow::{Planned, up};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Up) -> Exit {
    let environment = &arguments.name.environment;
    let loaded = match open(scene, environment, arguments.yes).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let approve = |planned: &Planned| {
        show(scene, planned);
        arguments.yes || scene.quietly(|| scene.terminal.confirm(&format!("Bring `{}` up?", planned.stack)))
    };
    let report = match up(&scene.with_timeout(arguments.timeout), &loaded, &approve).await {
        Ok(report) => report,
        Err(error) => return scene.failed(&error),
    };
    let exit = close(
        scene,
        &Ending {
            done: &report.done,
            declined: report.declined.as_deref(),
            verdicts: Some(&report.verdicts),
            elapsed: report.elapsed,
        },
    );
    if let Some(uid) = &report.unnamed_cluster {
        identify(&scene.terminal, &scene.surroundings.project, environment, uid, arguments.yes);
    }
    exit
}

/// Tells the uid of a cluster that the environment does not name, and offers to write it down.
fn identify(terminal: &Terminal, project: &Path, environment: &str, uid: &str, yes: bool) {
    terminal.say(&format!(
        "{} this cluster's uid is {uid}; with it in the environment no other cluster is ever taken for this one",
        terminal.style.strong("hint:")
    ));
    let question = format!("Write it into environments/{environment}.yaml?");
    if yes || !terminal.confirm(&question) {
        terminal.say(&format!("      write it down as `cluster: {{ uid: {uid} }}` under `values`"));
        return;
    }
    match Folder::new(project).identify(environment, uid) {
        Ok(file) => terminal.say(&format!("wrote `cluster.uid` into {file}")),
        Err(error) => {
            let hint = format!("write it by hand: `cluster: {{ uid: {uid} }}` under `values`");
            terminal.say(&display::error(&error, Some(&hint), terminal.style));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# Ours.\nvalues:\n  # All of it.\n  a: 1\n";

    /// The environment's file after somebody answered, or nobody was asked.
    fn after(answer: Option<&'static str>, yes: bool) -> String {
        let project = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(project.path().join("environments")).unwrap();
        let path = project.path().join("environments/prod.yaml");
        std::fs::write(&path, BEFORE).unwrap();
        identify(&Terminal::answered(answer), project.path(), "prod", "6f1c2c0e", yes);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_uid_is_written_down_only_when_somebody_says_yes() {
        let written = "# Ours.\nvalues:\n  cluster: { uid: 6f1c2c0e }\n  # All of it.\n  a: 1\n";
        assert_eq!(after(Some("yes"), false), written);
        assert_eq!(after(Some("no"), false), BEFORE);
        assert_eq!(after(None, false), BEFORE);
        assert_eq!(after(Some("yes"), true), BEFORE, "`--yes` is no answer to another question");
    }
}
