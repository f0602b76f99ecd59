//! `preview`.

use super::Scene;
use crate::cli::{args, display, exit::Exit};
use crate::workflow::{Planned, Secrets, preview};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Preview) -> Exit {
    let loaded = match scene.load(&arguments.name.environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    match preview(&scene.surroundings, &loaded).await {
        Ok(planned) => {
            for stack in &planned {
                show(scene, stack);
            }
            let pending = planned.iter().any(|stack| stack.plan.has_changes());
            if pending && arguments.detailed_exitcode { Exit::Pending } else { Exit::Done }
        }
        Err(error) => scene.failed(&error),
    }
}

/// Prints a plan: for people, or as JSON.
pub(super) fn show(scene: &Scene<'_>, planned: &Planned) {
    let text = if scene.json {
        let mut line = serde_json::json!({ "event": "plan", "stack": planned.stack, "plan": planned.plan });
        if !planned.left_out.is_empty() {
            line["leftOut"] = planned.left_out.iter().map(|(urn, _)| urn.as_str()).collect();
        }
        format!("{line}\n")
    } else {
        let style = scene.terminal.style;
        display::left_out(&planned.left_out, style) + &display::plan(&planned.plan, &planned.stack, style)
    };
    scene.quietly(|| scene.terminal.print(&text));
}
