//! `destroy`.

use super::{
    Scene,
    change::{Ending, close, open},
    preview::show,
};
use crate::cli::{args, exit::Exit, terminal::Terminal};
use crate::workflow::{Planned, destroy};

pub(super) async fn run(scene: &Scene<'_>, arguments: &args::Destroy) -> Exit {
    let loaded = match open(scene, &arguments.name.environment, arguments.yes).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let allow = |planned: &Planned| {
        show(scene, planned);
        if arguments.yes {
            return Some(arguments.allow_loss);
        }
        let lost = planned.plan.summary().collateral;
        scene.quietly(|| ask(&scene.terminal, &planned.stack, &lost, arguments.allow_loss))
    };
    match destroy(&scene.with_timeout(arguments.timeout), &loaded, &allow).await {
        Ok(report) => {
            let declined = report.declined.as_deref();
            close(scene, &Ending { done: &report.done, declined, verdicts: None, elapsed: report.elapsed })
        }
        Err(error) => scene.failed(&error),
    }
}

/// Asks for leave to destroy a stack; a loss that was not allowed before has to be allowed by its number.
fn ask(
    terminal: &Terminal,
    stack: &str,
    lost: &std::collections::BTreeMap<String, usize>,
    allowed: usize,
) -> Option<usize> {
    let count: usize = lost.values().sum();
    if count <= allowed {
        return terminal.confirm(&format!("Destroy `{stack}`?")).then_some(allowed);
    }
    let what: Vec<String> = lost.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let question = format!(
        "{count} objects of others would be lost ({}). Type {count} to destroy `{stack}` all the same",
        what.join(", ")
    );
    let answer = terminal.ask(&question)?;
    answer.trim().parse().ok().filter(|typed| *typed == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_lose_is_allowed_by_its_number_only() {
        let lost = [("ExternalSecret".to_owned(), 1), ("Secret".to_owned(), 2)].into();
        let asked = |answer| ask(&Terminal::answered(answer), "s", &lost, 0);
        assert_eq!(asked(Some("3")), Some(3));
        for other in [Some("yes"), Some("2"), Some("4"), Some(""), None] {
            assert_eq!(asked(other), None, "{other:?}");
        }
        let allowed = |answer| ask(&Terminal::answered(answer), "s", &lost, 5);
        assert_eq!(allowed(Some("yes")), Some(5));
        assert_eq!(allowed(Some("no")), None);
    }
}
