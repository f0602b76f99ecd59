//! `verify`.

use super::{Scene, failure};
use crate::cli::{args, display, exit::Exit};
use crate::engine::Summary;
use crate::verify::Verdict;
use crate::workflow::{Secrets, verify};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Verify) -> Exit {
    let loaded = match scene.load(&arguments.name.environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let begun = scene.surroundings.clock.elapsed();
    match verify(&scene.with_timeout(arguments.timeout), &loaded).await {
        Ok(verdicts) => {
            scene.lines.iter().for_each(|lines| lines.finish());
            let elapsed = scene.surroundings.clock.elapsed().saturating_sub(begun);
            if !scene.json {
                let summary = display::summary(&Summary::default(), &verdicts, elapsed, scene.terminal.style);
                scene.terminal.print(&summary);
            }
            if verdicts.iter().all(Verdict::is_usable) { Exit::Done } else { Exit::NotUsable }
        }
        Err(error) => failure::report(&error, &scene.terminal),
    }
}
