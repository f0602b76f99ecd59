//! Ways to render a chart, made of the chart itself: its own files of values for tests, its switches turned, its values
//! exchanged for others of the same kind, and for others of a wrong one. The same ways each time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use eggtooth::helm::chart::Chart;
use eggtooth::yaml::{Flavour, read_json};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Map, Value as Json, json};

use super::{Case, WELL_KNOWN};

/// Returns the ways to render a chart's archive.
pub(super) fn cases(archive: &Path) -> Vec<(PathBuf, Case)> {
    let chart = Chart::open(archive).unwrap();
    let mut hasher = DefaultHasher::new();
    chart.name().hash(&mut hasher);
    let mut random = StdRng::seed_from_u64(hasher.finish());
    let (other, wrong) = if WELL_KNOWN.contains(&chart.name()) { (5, 6) } else { (1, 2) };
    let plain = [
        &[][..],
        &["--include-crds", "--kube-version=1.33.0"],
        &["--kube-version=1.28.3"],
        &["--is-upgrade"],
    ];
    let mut cases: Vec<Case> = plain.into_iter().map(|flags| case(flags, Json::Null)).collect();
    let is_test =
        |name: &str| name.starts_with("ci/") && Path::new(name).extension().is_some_and(|end| end == "yaml");
    for file in chart.files.iter().filter(|file| is_test(&file.name)) {
        cases.push(case(&[], read_json(file.text().unwrap(), Flavour::GoYamlV2).unwrap()));
    }
    let values = Json::Object(chart.values.clone());
    let mut leaves = Vec::new();
    collect(&values, &mut Vec::new(), &mut leaves);
    let switches: Vec<&Leaf<'_>> = leaves.iter().filter(|(_, value)| value.is_boolean()).collect();
    for count in [1, 1, 2, 3, 5].into_iter().take(other) {
        let turned = switches.choose_multiple(&mut random, count);
        cases.push(case(&[], set(turned.map(|(path, value)| (path, json!(**value != json!(true)))))));
    }
    for _ in 0..other {
        let chosen: Vec<&Leaf<'_>> = leaves.choose_multiple(&mut random, 3).collect();
        let exchanged = chosen.into_iter().map(|(path, value)| (path, similar(value, &mut random)));
        cases.push(case(&[], set(exchanged)));
    }
    for _ in 0..wrong {
        let Some((path, _)) = leaves.choose(&mut random) else { break };
        let others = [
            json!(null),
            json!(5),
            json!(["a", 1]),
            json!({"egg": 1}),
            json!(true),
            json!("{{ .Values.a.b.c }}"),
        ];
        let other = others.choose(&mut random).unwrap().clone();
        cases.push(case(&[], set([(path, other)].into_iter())));
    }
    cases.into_iter().map(|case| (archive.to_owned(), case)).collect()
}

type Leaf<'a> = (Vec<String>, &'a Json);

fn case(flags: &[&str], values: Json) -> Case {
    Case { flags: flags.iter().map(|&flag| flag.to_owned()).collect(), values }
}

/// Collects all values that are no maps, and the empty maps, with their paths.
fn collect<'a>(value: &'a Json, path: &mut Vec<String>, leaves: &mut Vec<Leaf<'a>>) {
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(key.clone());
                collect(value, path, leaves);
                path.pop();
            }
        }
        leaf => leaves.push((path.clone(), leaf)),
    }
}

/// Returns another value of the same kind.
fn similar(value: &Json, random: &mut StdRng) -> Json {
    match value {
        Json::Null => json!("egg"),
        Json::Bool(value) => json!(!value),
        Json::Number(number) => json!(number.as_i64().unwrap_or(1) + 1),
        Json::String(_) => json!(format!("egg-{}", random.gen_range(0..100))),
        Json::Array(_) => json!([{"name": "egg", "value": "1"}]),
        Json::Object(_) => json!({"egg": "tooth"}),
    }
}

/// Returns values that say so much at these paths.
fn set<'a>(changes: impl Iterator<Item = (&'a Vec<String>, Json)>) -> Json {
    let mut values = Map::new();
    for (path, value) in changes {
        let Some((last, parents)) = path.split_last() else { continue };
        let mut map = &mut values;
        for key in parents {
            map = map.entry(key).or_insert_with(|| json!({})).as_object_mut().unwrap();
        }
        map.insert(last.clone(), value);
    }
    Json::Object(values)
}
