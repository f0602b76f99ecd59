//! The report of a rehearsal: one page that needs nothing else, for whoever has to know.
//!
//! Where things stand in the pictures is computed here; how they look is in `page.html`. Names, times and words go
//! into it, and nothing secret: of a value only where it comes from and when it ends is known here.

mod picture;
mod timeline;
mod trust;

use jiff::Timestamp;
use minijinja::Environment;
use serde_json::{Value as Json, json};

use super::{
    chain,
    rehearsal::{Played, Verdict},
};
use crate::file::FileError;
use crate::verify::Finding;
use crate::workflow::{ChartUsed, Rehearsal, SecretFile, Trial, Trust};

const PAGE: &str = include_str!("page.html");

/// What a report tells of.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) environment: &'a str,
    pub(in crate::cli) now: Timestamp,
    pub(in crate::cli) charts: &'a [ChartUsed],
    pub(in crate::cli) files: &'a [SecretFile],
    pub(in crate::cli) trust: &'a Trust,
    pub(in crate::cli) played: &'a Played,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ReportError {
    /// The page can't be made.
    #[error("make the report's page")]
    Page(#[source] minijinja::Error),
    /// The file can't be written.
    #[error(transparent)]
    Write(#[from] FileError),
}

/// Returns the page.
pub(in crate::cli) fn report(report: &Report<'_>) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    // A name that ends in `.html` has everything escaped.
    environment.add_template("page.html", PAGE).map_err(ReportError::Page)?;
    let page = environment.get_template("page.html").map_err(ReportError::Page)?;
    page.render(content(report)).map_err(ReportError::Page)
}

fn content(report: &Report<'_>) -> Json {
    let played = report.played;
    let acts = played.rehearsal.as_ref().map(|rehearsal| rehearsal.acts.as_slice()).unwrap_or_default();
    json!({
        "environment": report.environment,
        "made": report.now.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        "eggtooth": env!("CARGO_PKG_VERSION"),
        "succeeded": played.succeeded(),
        "real": report.charts.iter().all(|chart| chart.stands_in.is_none())
            && report.files.iter().all(|file| !file.made_up),
        "made_up": report.files.iter().filter(|file| file.made_up).map(|file| &file.path).collect::<Vec<_>>(),
        "charts": report.charts.iter().map(chart).collect::<Vec<_>>(),
        "images": played.rehearsal.as_ref().map(|rehearsal| &rehearsal.images),
        "objective": played.rehearsal.as_ref().and_then(|one| one.objective).map(|one| one.as_secs_f64()),
        "acts": played.rehearsal.as_ref().map(rows),
        "stores": played.rehearsal.as_ref().map(stores),
        "timeline": timeline::picture(acts),
        "trust": trust::picture(report.trust),
        "trust_rows": trust::rows(report.trust),
        "faults": played.trials.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn chart(chart: &ChartUsed) -> Json {
    json!({
        "name": chart.pinned.name,
        "version": chart.pinned.version,
        "repository": chart.pinned.repository,
        "digest": chart.pinned.digest,
        "stands_in": chart.stands_in,
    })
}

fn rows(rehearsal: &Rehearsal) -> Vec<Json> {
    let row = |act: &crate::workflow::Performance| {
        json!({
            "act": act.act.to_string(),
            "simulated": format!("{:.1} s", act.simulated.as_secs_f64()),
            "real": format!("{:.1} s", act.real.as_secs_f64()),
            "ok": act.outcome.is_ok(),
            "told": act.outcome.as_ref().map_or_else(|shortfall| chain(shortfall), Clone::clone),
        })
    };
    rehearsal.acts.iter().map(row).collect()
}

fn stores(rehearsal: &Rehearsal) -> Vec<Json> {
    let store = |verdict: &crate::verify::Verdict| {
        let remedy = match &verdict.finding {
            Finding::NotUsable { explanation: Some(explanation), .. } => Some(explanation.remedy.clone()),
            Finding::NotUsable { .. } | Finding::Usable { .. } | Finding::Unproven => None,
        };
        json!({ "store": verdict.store, "ok": verdict.is_usable(), "proof": verdict.proof(), "remedy": remedy })
    };
    rehearsal.verdicts.iter().map(store).collect()
}

fn fault(trial: &Trial) -> Json {
    let verdict = Verdict::of(trial);
    json!({
        "name": trial.title(),
        "what": trial.faults.iter().map(|fault| fault.what()).collect::<Vec<_>>().join("; "),
        "ended": verdict.ended,
        "code": verdict.code,
        "why": verdict.why,
        "sound": trial.is_sound(),
        "healed": trial.healed.as_ref().map_or_else(|shortfall| chain(shortfall), |()| String::new()),
        "shrunk_from": trial.shrunk_from.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "simulated": format!("{:.1} s", trial.simulated.as_secs_f64()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{Tier, TrustNode};

    fn page(trust: &Trust, played: &Played) -> String {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let report = Report { environment: "a<b", now, charts: &[], files: &[], trust, played };
        super::report(&report).unwrap()
    }

    #[test]
    fn names_are_escaped_and_nothing_is_fetched_from_elsewhere() {
        let name = "bootstrap/<script>.sops.yaml".to_owned();
        let node = TrustNode { tier: Tier::File, name, facts: vec!["a \"fact\" & more".to_owned()] };
        let trust = Trust { nodes: vec![node], ..Trust::default() };
        let page = page(&trust, &Played::default());
        assert!(page.contains("a&lt;b") && page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("@import"), "{page}");
        assert!(!page.contains("url("), "{page}");
    }

    #[test]
    fn the_verdict_is_that_of_all_that_was_played() {
        let good = page(&Trust::default(), &Played::default());
        assert!(good.contains("class=\"verdict good\"") && !good.contains("class=\"verdict bad\""));
        let short = Played { rehearsal: Some(Rehearsal::default()), ..Played::default() };
        let bad = page(&Trust::default(), &short);
        assert!(bad.contains("class=\"verdict bad\"") && !bad.contains("class=\"verdict good\""));
    }
}
