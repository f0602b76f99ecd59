//! The recorded answers, and the verdict on a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use futures::{StreamExt, stream};
use kube::Client;
use serde_json::Value;

use super::answer::differences;
use super::case::{files, folder};
use super::player::play;

/// At most so many cases at a time: two hundred namespaces at once are a load that is none of the suite's claims.
const AT_ONCE: usize = 16;

/// How many of the cases a cluster answered as recorded, and what differed.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) cases: usize,
    pub(crate) different: usize,
    requests: usize,
    told: String,
}

/// Plays all cases on a cluster and compares the answers with the recorded ones.
///
/// With `record`, what the cluster answers is written first, so that it is the contract from now on.
pub(crate) async fn judge(client: &Client, record: bool) -> Verdict {
    let mut verdict = Verdict::default();
    for (file, cases) in files() {
        let path = folder().join("answers").join(format!("{file}.jsonl"));
        let played = stream::iter(cases.iter().enumerate().map(|(index, case)| {
            let id = format!("{}-{index}", file.replace('_', "-"));
            async move { play(client, &id, case).await }
        }));
        let played: Vec<Vec<Value>> = played.buffered(AT_ONCE).collect().await;
        if record {
            let lines = played.iter().zip(&cases).flat_map(|(answers, case)| {
                answers.iter().map(|answer| format!("{:?} {answer}\n", case.name))
            });
            std::fs::write(&path, lines.collect::<String>()).unwrap();
        }
        let mut recorded = recorded(&std::fs::read_to_string(&path).unwrap_or_default());
        for (answers, case) in played.iter().zip(&cases) {
            verdict.add(
                &format!("{file}: {}", case.name),
                &recorded.remove(&case.name).unwrap_or_default(),
                answers,
            );
        }
        for name in recorded.keys() {
            verdict.different += 1;
            let _ = writeln!(verdict.told, "{file}: {name}: recorded, but no case");
        }
    }
    verdict
}

/// Reads `"CASE" ANSWER` lines.
fn recorded(text: &str) -> BTreeMap<String, Vec<Value>> {
    let mut recorded: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let mut values = serde_json::Deserializer::from_str(line).into_iter::<Value>().map(Result::unwrap);
        let (name, answer) = (values.next().unwrap(), values.next().unwrap());
        recorded.entry(name.as_str().unwrap().to_owned()).or_default().push(answer);
    }
    recorded
}

impl Verdict {
    fn add(&mut self, case: &str, recorded: &[Value], found: &[Value]) {
        self.cases += 1;
        self.requests += found.len();
        let mut told = Vec::new();
        for (index, answer) in found.iter().enumerate() {
            let mut here = Vec::new();
            differences("", recorded.get(index).unwrap_or(&Value::Null), answer, &mut here);
            told.extend(here.into_iter().map(|difference| format!("request {}: {difference}", index + 1)));
        }
        if recorded.len() > found.len() {
            told.push(format!("{} requests are recorded, {} were made", recorded.len(), found.len()));
        }
        if !told.is_empty() {
            self.different += 1;
            let _ = writeln!(self.told, "{case}\n    {}", told.join("\n    "));
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, different, requests, told } = self;
        write!(formatter, "{cases} cases, {} equal ({requests} requests)\n{told}", cases - different)
    }
}
