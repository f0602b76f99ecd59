//! `verify`.

use super::Scene;
use crate::cli::{args, display, exit::Exit};
use crate::verify::Verdict;
use crate::workflow::{Secrets, verify};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Verify) -> Exit {
    let loaded = match scene.load(&arguments.name.environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    match verify(&scene.with_timeout(arguments.timeout), &loaded).await {
        Ok(verdicts) => {
            scene.lines.iter().for_each(|lines| lines.finish());
            if !scene.json {
                scene.terminal.print(&display::verdicts(&verdicts, scene.terminal.style));
            }
            if verdicts.iter().all(Verdict::is_usable) { Exit::Done } else { Exit::NotUsable }
        }
        Err(error) => scene.failed(&error),
    }
}
