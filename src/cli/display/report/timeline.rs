//! What was done when, as bars over the cluster's time.

use serde_json::{Value as Json, json};

use super::picture::{place, short};
use crate::workflow::{Bar, Performance};

/// Where the bars begin: labels stand before them.
const LEFT: f64 = 330.0;
const WIDTH: f64 = 1000.0;
const ROW: f64 = 22.0;
const TOP: f64 = 34.0;
/// Behind a bar stands its time.
const RIGHT: f64 = 60.0;
const NARROWEST: f64 = 2.0;
const MOST_TICKS: f64 = 8.0;

/// Returns the picture: rows from top to bottom, an act's title before its bars, all on one scale.
pub(super) fn picture(acts: &[Performance]) -> Json {
    let longest = acts.iter().map(|act| act.simulated.as_secs_f64()).fold(0.1, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / longest;
    let mut rows = Vec::new();
    let mut y = TOP;
    for act in acts.iter().filter(|act| !act.timeline.is_empty()) {
        rows.push(json!({ "act": act.act.to_string(), "y": place(y + 15.0), "line": place(y) }));
        y += ROW;
        for bar in &act.timeline {
            rows.push(row(bar, y, scale));
            y += ROW;
        }
        y += 8.0;
    }
    json!({ "width": WIDTH, "height": place(y), "top": TOP, "left": LEFT, "rows": rows, "ticks": ticks(longest, scale) })
}

fn row(bar: &Bar, y: f64, scale: f64) -> Json {
    let (begun, ended) = (bar.begun.as_secs_f64(), bar.ended.as_secs_f64());
    let (x, width) = (LEFT + begun * scale, ((ended - begun) * scale).max(NARROWEST));
    json!({
        "what": short(&bar.what, 44),
        "x": place(x),
        "y": place(y),
        "text": place(y + 15.0),
        "width": place(width),
        "after": place(x + width + 6.0),
        "took": format!("{:.1} s", ended - begun),
        "ok": bar.ok,
    })
}

fn ticks(longest: f64, scale: f64) -> Vec<Json> {
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];
    let step = steps.into_iter().find(|step| longest / step <= MOST_TICKS).unwrap_or(1800.0);
    let mut ticks = Vec::new();
    let mut at = 0.0;
    while at <= longest && ticks.len() < 100 {
        ticks.push(json!({ "x": place(LEFT + at * scale), "text": format!("{} s", place(at)) }));
        at += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::workflow::Act;

    #[test]
    fn a_bar_is_as_long_as_its_part_of_the_longest_act() {
        let bar = |begun, ended| Bar {
            what: "Release a/b".into(),
            begun: Duration::from_secs(begun),
            ended: Duration::from_secs(ended),
            ok: true,
        };
        let act = Performance {
            act: Act::Up,
            outcome: Ok(String::new()),
            simulated: Duration::from_secs(10),
            real: Duration::ZERO,
            timeline: vec![bar(0, 10), bar(5, 5)],
        };
        let picture = picture(&[act]);
        assert_eq!(
            (picture["rows"][1]["x"].as_f64(), picture["rows"][1]["width"].as_f64()),
            (Some(330.0), Some(610.0))
        );
        assert_eq!(
            (picture["rows"][2]["x"].as_f64(), picture["rows"][2]["width"].as_f64()),
            (Some(635.0), Some(2.0))
        );
        assert_eq!(picture["ticks"].as_array().unwrap().len(), 6, "every two seconds: {picture}");
    }
}
