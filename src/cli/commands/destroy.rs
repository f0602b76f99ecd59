//! `destroy`.

use super::{Scene, failure, preview::show, up::total};
use crate::cli::{args, display, exit::Exit};
use crate::workflow::{Planned, Secrets, destroy};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Destroy) -> Exit {
    if !arguments.yes && !scene.terminal.can_ask() {
        scene
            .terminal
            .say("error: nobody can be asked here\nhint: say `--yes` to destroy without a question");
        return Exit::Usage;
    }
    let loaded = match scene.load(&arguments.name.environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let approve = |planned: &Planned| {
        show(scene, planned);
        arguments.yes || scene.terminal.confirm(&format!("Destroy `{}`?", planned.stack))
    };
    let begun = scene.surroundings.clock.elapsed();
    match destroy(&scene.with_timeout(arguments.timeout), &loaded, arguments.allow_loss, &approve).await {
        Ok(Some(done)) => {
            scene.lines.iter().for_each(|lines| lines.finish());
            let elapsed = scene.surroundings.clock.elapsed().saturating_sub(begun);
            let done = total(done.iter().map(|(_, summary)| summary));
            if scene.json {
                let line =
                    serde_json::json!({ "event": "summary", "done": done, "elapsed": elapsed.as_secs_f64() });
                scene.terminal.print(&format!(
                    "{line}
"
                ));
            } else {
                scene.terminal.print(&display::summary(&done, elapsed, scene.terminal.style));
            }
            Exit::Done
        }
        Ok(None) => {
            scene.terminal.say("nothing was changed");
            Exit::Done
        }
        Err(error) => failure::report(&error, &scene.terminal),
    }
}
