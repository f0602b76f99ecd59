//! `refresh`.

use super::{Scene, change::open};
use crate::cli::{args, exit::Exit};
use crate::resource::Urn;
use crate::workflow::{Refreshed, refresh};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Refresh) -> Exit {
    let quiet = arguments.yes || arguments.preview_only;
    let loaded = match open(scene, &arguments.name.environment, quiet).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let approve = |seen: &Refreshed| {
        show(scene, seen);
        let question = format!("Write this into the state of `{}`?", seen.stack);
        !arguments.preview_only && (arguments.yes || scene.quietly(|| scene.terminal.confirm(&question)))
    };
    match refresh(&scene.surroundings, &loaded, &approve).await {
        Ok(done) => {
            for seen in &done {
                let word = if seen.has_changes() { "is as the cluster is now" } else { "is as it was" };
                scene.terminal.say(&format!("the state of `{}` {word}", seen.stack));
            }
            Exit::Done
        }
        Err(error) => scene.failed(&error),
    }
}

/// Prints what a stack would remember differently: for people, or as JSON.
fn show(scene: &Scene<'_>, seen: &Refreshed) {
    let text = if scene.json {
        let line = serde_json::json!({
            "event": "refresh", "stack": seen.stack, "gone": seen.gone, "found": seen.found, "changed": seen.changed,
        });
        format!("{line}\n")
    } else {
        let style = scene.terminal.style;
        let lines = |urns: &[Urn], symbol: String, what: &str| -> String {
            let line = |urn: &Urn| format!("{symbol} {} {}  {}\n", urn.kind(), urn.name(), style.faint(what));
            urns.iter().map(line).collect()
        };
        format!(
            "{} {}\n{}{}{}",
            style.strong("stack"),
            seen.stack,
            lines(&seen.gone, style.bad("-"), "(is gone, and is forgotten)"),
            lines(&seen.found, style.good("+"), "(a killed run made it)"),
            lines(&seen.changed, style.change("~"), "(is another one, or has other properties)"),
        )
    };
    scene.quietly(|| scene.terminal.print(&text));
}
