//! `up`.

use super::{Scene, failure, preview::show};
use crate::cli::{args, display, exit::Exit};
use crate::engine::Summary;
use crate::workflow::{Planned, Secrets, UpReport, up};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Up) -> Exit {
    if !arguments.yes && !scene.terminal.can_ask() {
        scene.terminal.say("error: nobody can be asked here\nhint: say `--yes` to bring the environment up without a question");
        return Exit::Usage;
    }
    let loaded = match scene.load(&arguments.name.environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let approve = |planned: &Planned| {
        show(scene, planned);
        arguments.yes || scene.terminal.confirm(&format!("Bring `{}` up?", planned.stack))
    };
    match up(&scene.with_timeout(arguments.timeout), &loaded, &approve).await {
        Ok(report) => end(scene, &report),
        Err(error) => failure::report(&error, &scene.terminal),
    }
}

fn end(scene: &Scene<'_>, report: &UpReport) -> Exit {
    if report.declined {
        scene.terminal.say("nothing was changed");
        return Exit::Done;
    }
    let done = total(report.done.iter().map(|(_, summary)| summary));
    let usable = report.verdicts.iter().all(crate::verify::Verdict::is_usable);
    if scene.json {
        let seconds = (report.elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
        let line =
            serde_json::json!({ "event": "summary", "usable": usable, "done": done, "elapsed": seconds });
        scene.terminal.print(&format!("{line}\n"));
    } else {
        scene.lines.iter().for_each(|lines| lines.finish());
        scene.terminal.print(&display::verdicts(&report.verdicts, scene.terminal.style));
        scene.terminal.print(&display::summary(&done, report.elapsed, scene.terminal.style));
    }
    if let Some(uid) = &report.unnamed_cluster {
        let advice = format!(
            "this cluster's uid is {uid}: write it into the environment as `cluster: {{ uid: {uid} }}`, and no other cluster is taken for it"
        );
        scene.terminal.say(&format!("{} {advice}", scene.terminal.style.strong("hint:")));
    }
    if usable { Exit::Done } else { Exit::NotUsable }
}

/// The sum over all stacks.
pub(super) fn total<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Summary {
    summaries.fold(Summary::default(), |mut total, summary| {
        total.same += summary.same;
        total.create += summary.create;
        total.update += summary.update;
        total.replace += summary.replace;
        total.delete += summary.delete;
        total.retain += summary.retain;
        total
    })
}
