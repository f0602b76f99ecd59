use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use futures::future::BoxFuture;
use proptest::prelude::{Strategy, any, proptest};

use super::testing::{CANARY, Stack, after, thing, urn};
use super::{Canceller, Graph, Program, StepError};
use crate::event::Event;
use crate::resource::{Gate, GateError, Need, Operation, Output, Progress, Resource, Value};

fn names(urns: &[crate::resource::Urn]) -> Vec<&str> {
    urns.iter().map(crate::resource::Urn::name).collect()
}

fn operations(plan: &super::Plan) -> Vec<(&str, Operation)> {
    plan.steps.iter().map(|step| (step.urn.name(), step.change.operation)).collect()
}

#[tokio::test]
async fn what_needs_comes_after_what_brings_and_the_second_run_changes_nothing() {
    let program = [
        thing("inside", [("namespace", "onepassword".into())]),
        thing("space", [("brings-namespace", "onepassword".into())]),
    ];
    let mut stack = Stack::default();
    assert!(stack.up(&program).await.is_complete());
    assert_eq!(stack.world.log(), ["apply space", "apply inside"]);
    let first = stack.snapshot.clone();
    assert_eq!(names(&first.record(&urn("inside")).unwrap().dependencies), ["space"]);

    assert!(!stack.preview(&program).await.unwrap().has_changes());
    let second = stack.up(&program).await;
    assert!(second.is_complete() && stack.world.log().is_empty());
    assert_eq!(second.snapshot, first.at(second.snapshot.serial));
}

#[test]
fn a_need_that_nothing_meets_is_left_to_the_cluster() {
    let stack = Stack::default();
    let resources = vec![thing("a", [("namespace", "elsewhere".into())])];
    let (program, providers) = (Program { resources, ..Program::nothing() }, stack.providers());
    let graph = Graph::build(&program.check(&providers).unwrap(), &providers).unwrap();
    assert_eq!(graph.unmet_needs()[0].need, Need::Namespace("elsewhere".into()));
    assert!(graph.dependencies(&urn("a")).is_empty());
}

#[test]
fn what_is_wanted_only_with_a_kind_is_left_out_where_nobody_has_it() {
    let stack = Stack::default();
    let kind = crate::resource::GroupKind::new("monitoring.coreos.com", "ServiceMonitor");
    let mut watched = thing("watched", []);
    watched.options.only_with = Some(kind.clone());
    let (program, providers) =
        (Program { resources: vec![thing("a", []), watched], ..Program::nothing() }, stack.providers());
    let checked = program.check(&providers).unwrap();
    let left = |is_served: bool| {
        let served = |asked: &crate::resource::GroupKind| is_served && *asked == kind;
        let program = checked.with_kinds(&providers, &served);
        program.program().resources.iter().map(|resource| resource.urn.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((left(true), left(false)), (vec!["a".to_owned(), "watched".into()], vec!["a".into()]));
}

#[test]
fn all_that_is_wrong_with_a_graph_is_said_at_once() {
    let stack = Stack::default();
    let resources = vec![
        after(thing("a", [("brings-namespace", "n".into())]), &["b"]),
        thing("b", [("namespace", "n".into())]),
        thing("twice", []),
        thing("twice", []),
        after(thing("c", []), &["twices"]),
    ];
    let (program, providers) = (Program { resources, ..Program::nothing() }, stack.providers());
    let problems = Graph::build(&program.check(&providers).unwrap(), &providers).unwrap_err();
    let text = problems.to_string();
    assert!(text.contains("urn:eggtooth:dev::s::test:Thing::twice is registered twice"), "{text}");
    assert!(text.contains("twices is not in the program"), "{text}");
    assert!(text.contains("did you mean urn:eggtooth:dev::s::test:Thing::twice?"), "{text}");
    let cycle =
        "test:Thing a → test:Thing b (depends on it), test:Thing b → test:Thing a (needs the namespace n)";
    assert!(text.contains(cycle), "{text}");
}

#[tokio::test]
async fn a_failed_step_leaves_its_dependents_untouched_and_nothing_else() {
    let program = [
        thing("bad", []),
        after(thing("child", []), &["bad"]),
        after(thing("grandchild", []), &["child", "good"]),
        thing("good", []),
    ];
    let mut stack = Stack::default();
    stack.world.fails.lock().unwrap().insert("bad".into());
    let outcome = stack.up(&program).await;
    assert_eq!(stack.world.names(), ["good"]);
    assert_eq!(outcome.failures.iter().map(|failure| failure.urn.name()).collect::<Vec<_>>(), ["bad"]);
    assert_eq!(names(&outcome.skipped), ["child", "grandchild"]);
    let heard = stack.heard.0.lock().unwrap();
    assert!(heard.iter().any(
        |event| matches!(event, Event::Failed { error, .. } if error.contains("apply bad: injected fault"))
    ));
    assert_eq!(heard.iter().filter(|event| matches!(event, Event::Skipped { .. })).count(), 2);
}

#[tokio::test]
async fn outputs_reach_those_that_take_them_also_from_what_stays() {
    let uid: Output<String> = Output::property(&urn("a"), &["uid"]);
    let password: Output<String> = Output::property(&urn("a"), &["password"]);
    let first = thing("a", [("password", Value::from(CANARY).secret())]);
    let taker = thing("b", [("uid", uid.into())]);
    let mut stack = Stack::default();
    assert!(stack.up(&[first.clone(), taker.clone()]).await.is_complete());
    assert_eq!(stack.world.objects.lock().unwrap()["b"].content["uid"], "uid-0");

    let late = thing("c", [("copy", password.into())]);
    assert!(stack.up(&[first, taker, late]).await.is_complete());
    assert_eq!(stack.world.log(), ["apply a", "apply b", "apply c"]);
    assert_eq!(stack.world.objects.lock().unwrap()["c"].content["copy"], CANARY);
}

#[tokio::test]
async fn what_is_not_wanted_goes_dependents_first_and_after_what_is_made() {
    let mut stack = Stack::default();
    let old = [thing("a", []), after(thing("b", []), &["a"]), after(thing("c", []), &["b"])];
    stack.up(&old).await;
    stack.world.log();
    stack.up(&[thing("new", [])]).await;
    assert_eq!(stack.world.log(), ["apply new", "delete c", "delete b", "delete a"]);
    assert_eq!(names(&stack.snapshot.records().iter().map(|r| r.urn.clone()).collect::<Vec<_>>()), ["new"]);
}

#[tokio::test]
async fn a_failure_keeps_what_was_to_be_deleted() {
    let mut stack = Stack::default();
    stack.up(&[thing("old", [])]).await;
    stack.world.fails.lock().unwrap().insert("new".into());
    let outcome = stack.up(&[thing("new", [])]).await;
    assert_eq!((stack.world.names(), names(&outcome.skipped)), (vec!["old".to_owned()], vec!["old"]));
}

#[tokio::test]
async fn protected_retained_found_and_renamed_resources_are_not_deleted() {
    let mut stack = Stack::default();
    let mut kept = thing("kept", []);
    kept.options.retain_on_delete = true;
    let mut safe = thing("safe", [("replace-on", 1.into())]);
    safe.options.protect = true;
    stack.up(&[kept, safe.clone(), thing("before", [("object", "thing".into())])]).await;

    let found = {
        let mut other = Stack { world: Arc::clone(&stack.world), ..Stack::default() };
        other.up(&[thing("found", [("object", "thing".into())])]).await;
        operations(&other.preview(&[]).await.unwrap()).first().map(|(_, operation)| *operation)
    };
    assert_eq!(found, Some(Operation::Retain));

    let problems = stack.preview(&[]).await.unwrap_err().to_string();
    assert!(problems.contains("test:Thing safe is protected and would be deleted"), "{problems}");
    let mut other = safe.clone();
    other.inputs = Value::map([("replace-on", 2.into())]);
    let problems = stack.preview(&[other]).await.unwrap_err().to_string();
    assert!(problems.contains("test:Thing safe is protected and would be replaced"), "{problems}");

    let renamed = [safe, thing("now", [("object", "thing".into())])];
    let plan = stack.preview(&renamed).await.unwrap();
    assert_eq!(
        operations(&plan),
        [("safe", Operation::Same), ("now", Operation::Same), ("kept", Operation::Retain)]
    );
    assert_eq!(plan.step(&urn("now")).unwrap().formerly, Some(urn("before")));
    assert!(stack.up(&renamed).await.is_complete());
    assert!(
        stack.snapshot.record(&urn("now")).unwrap().created
            && stack.snapshot.record(&urn("before")).is_none()
    );
    assert_eq!(stack.world.names(), ["kept", "safe", "thing"]);
}

#[tokio::test]
async fn an_alias_goes_on_from_what_the_old_name_left() {
    let mut stack = Stack::default();
    stack.up(&[thing("old", [("object", "thing".into())])]).await;
    stack.world.log();
    let mut new = thing("new", [("object", "thing".into()), ("more", 1.into())]);
    new.options.aliases.push(urn("old"));
    stack.up(&[new]).await;
    assert_eq!(stack.world.log(), ["apply new"]);
    assert_eq!(stack.snapshot.records().len(), 1);
    assert!(stack.snapshot.record(&urn("new")).unwrap().created);
}

#[tokio::test]
async fn create_only_and_ignored_differences_change_nothing() {
    let mut stack = Stack::default();
    let mut seeded = thing("seeded", [("certificate", "ours".into())]);
    seeded.options.create_only = true;
    let mut scaled = thing("scaled", [("replicas", 1.into())]);
    scaled.options.ignore_changes.push("replicas".into());
    let program = [seeded, scaled];
    stack.up(&program).await;
    for object in stack.world.objects.lock().unwrap().values_mut() {
        object.content = serde_json::json!({"certificate": "theirs", "replicas": 5});
    }
    assert!(!stack.preview(&program).await.unwrap().has_changes());
}

#[tokio::test]
async fn a_change_from_outside_is_called_one() {
    let mut stack = Stack::default();
    let program = [thing("a", [("replicas", 1.into())])];
    stack.up(&program).await;
    stack.world.objects.lock().unwrap().get_mut("a").unwrap().content["replicas"] = 5.into();
    let plan = stack.preview(&program).await.unwrap();
    assert_eq!(plan.steps[0].change.reason.as_deref(), Some("was changed since the last run"));
    let plan = stack.preview(&[thing("a", [("replicas", 2.into())])]).await.unwrap();
    assert_eq!(plan.steps[0].change.reason, None);
}

#[tokio::test]
async fn no_more_steps_run_at_once_than_allowed() {
    let program: Vec<Resource> = (0..20).map(|index| thing(&format!("t{index:02}"), [])).collect();
    let mut stack = Stack { concurrency: 4, ..Stack::default() };
    assert!(stack.up(&program).await.is_complete());
    assert_eq!(stack.world.peak.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_lost_lease_stops_writing() {
    let program = [thing("a", []), after(thing("b", []), &["a"]), after(thing("c", []), &["b"])];
    // Two permits a step: one before it is written down and one after.
    for (permits, done) in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)] {
        let mut stack = Stack { permits: Some(permits), ..Stack::default() };
        let outcome = stack.up(&program).await;
        assert_eq!(stack.world.names().len(), done, "{permits} permits");
        assert!(matches!(outcome.failures[0].error, StepError::Forbidden(_)));
        assert_eq!(outcome.skipped.len(), 0);
    }
}

#[derive(Debug)]
struct Closed;

impl Gate for Closed {
    fn name(&self) -> String {
        "the webhook".into()
    }

    fn wait<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), GateError>> {
        progress.waiting("the webhook", "connection refused");
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_cancelled_run_ends_what_runs_and_begins_nothing() {
    let mut gated = thing("gated", []);
    gated.options.gates.push(Arc::new(Closed));
    let program = [thing("runs", []), gated, after(thing("later", []), &["runs"])];
    let (canceller, cancel) = Canceller::new();
    let mut stack = Stack { cancel, concurrency: 2, ..Stack::default() };
    let heard = Arc::clone(&stack.heard);
    let (outcome, ()) = tokio::join!(stack.up(&program), async {
        while heard.0.lock().unwrap().iter().filter(|event| matches!(event, Event::Waiting { .. })).count()
            == 0
        {
            tokio::task::yield_now().await;
        }
        canceller.cancel();
    });
    assert_eq!(stack.world.names(), ["runs"]);
    assert!(outcome.failures.is_empty() && !outcome.is_complete());
    assert_eq!(
        outcome.not_begun.iter().map(crate::resource::Urn::name).collect::<BTreeSet<_>>(),
        BTreeSet::from(["gated", "later"])
    );
    assert!(stack.snapshot.record(&urn("runs")).is_some());
}

#[tokio::test]
async fn a_gate_that_gives_up_is_no_failure_to_apply() {
    #[derive(Debug)]
    struct Late;
    impl Gate for Late {
        fn name(&self) -> String {
            "the webhook".into()
        }

        fn wait<'a>(&'a self, _: &'a dyn Progress) -> BoxFuture<'a, Result<(), GateError>> {
            let error =
                GateError::Deadline { name: self.name(), seconds: 60, reason: "connection refused".into() };
            Box::pin(async { Err(error) })
        }
    }
    let mut gated = thing("gated", []);
    gated.options.gates.push(Arc::new(Late));
    let outcome = Stack::default().up(&[gated]).await;
    assert!(outcome.only_waiting_failed());
}

fn everything() -> ([Resource; 5], [Resource; 4]) {
    let uid: Output<String> = Output::property(&urn("space"), &["uid"]);
    let first = [
        thing("space", [("brings-namespace", "n".into())]),
        thing("seed", [("namespace", "n".into()), ("password", Value::from(CANARY).secret())]),
        thing("grown", [("namespace", "n".into()), ("size", 1.into())]),
        thing("swapped", [("replace-on", 1.into())]),
        after(thing("gone", [("uid", uid.clone().into())]), &["seed"]),
    ];
    let second = [
        first[0].clone(),
        first[1].clone(),
        thing("grown", [("namespace", "n".into()), ("size", 2.into())]),
        after(thing("swapped", [("replace-on", 2.into())]), &["grown"]),
    ];
    (first, second)
}

#[tokio::test]
async fn killed_at_any_point_and_run_again_the_end_is_the_same() {
    let (first, second) = everything();
    let mut undisturbed = Stack::default();
    undisturbed.up(&first).await;
    undisturbed.up(&second).await;
    let contents = |stack: &Stack| {
        let objects = stack.world.objects.lock().unwrap();
        objects.iter().map(|(name, object)| (name.clone(), object.content.clone())).collect::<Vec<_>>()
    };
    let mut points = 0;
    for concurrency in [1, 16] {
        for life in 0.. {
            let mut stack = Stack { concurrency, ..Stack::default() };
            let mut killed = stack.up_until(&first, life).await;
            assert!(stack.up(&first).await.is_complete());
            killed |= stack.up_until(&second, life).await;
            assert!(stack.up(&second).await.is_complete());
            assert_eq!(contents(&stack), contents(&undisturbed), "killed at {life}");
            let (records, expected) = (stack.snapshot.records(), undisturbed.snapshot.records());
            assert_eq!(records.len(), expected.len(), "killed at {life}");
            assert!(records.iter().all(|record| record.created), "killed at {life}: what we made is ours");
            assert!(!stack.preview(&second).await.unwrap().has_changes());
            assert!(stack.up(&[]).await.is_complete());
            assert!(stack.world.names().is_empty(), "killed at {life}: destroy leaves nothing");
            if !killed {
                break;
            }
            points += 1;
        }
    }
    assert!(points > 20, "only {points} points were tried");
}

#[tokio::test]
async fn killed_again_while_resuming_the_end_is_the_same() {
    let (first, _) = everything();
    for life in 0..20 {
        let mut stack = Stack::default();
        for _ in 0..4 {
            stack.up_until(&first, life % 7).await;
        }
        assert!(stack.up(&first).await.is_complete());
        assert_eq!(stack.world.names(), ["gone", "grown", "seed", "space", "swapped"]);
        assert!(stack.snapshot.records().iter().all(|record| record.created));
    }
}

#[tokio::test]
async fn no_secret_is_in_plan_snapshot_journal_or_events() {
    let (first, _) = everything();
    let mut stack = Stack::default();
    let plan = stack.preview(&first).await.unwrap();
    assert!(plan.steps.iter().any(|step| step.urn.name() == "seed"));
    assert!(stack.up_until(&first, 12).await);
    let journal = serde_json::to_string(&stack.journal).unwrap();
    assert!(journal.contains("seed") && journal.contains("$hmac"), "{journal}");
    stack.up(&first).await;
    let heard = serde_json::to_string(&*stack.heard.0.lock().unwrap()).unwrap();
    let texts = [
        serde_json::to_string(&plan).unwrap(),
        journal,
        serde_json::to_string(&stack.snapshot).unwrap(),
        heard,
    ];
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
    }
    assert_eq!(stack.world.objects.lock().unwrap()["seed"].content["password"], CANARY);
}

#[tokio::test]
async fn a_plan_comes_back_as_it_was() {
    let (first, _) = everything();
    let plan = Stack::default().preview(&first).await.unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<super::Plan>(&text).unwrap(), plan);
    assert_eq!((plan.summary().create, plan.version), (5, super::Plan::VERSION));
}

/// Graphs of up to 24 nodes, each with edges to earlier ones, registered in a shuffled order.
fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    proptest::collection::vec(proptest::collection::vec(any::<usize>(), 0..4), 1..24).prop_map(|nodes| {
        let below = |(index, edges): (usize, Vec<usize>)| match index {
            0 => Vec::new(),
            _ => edges.into_iter().map(|edge| edge % index).collect(),
        };
        nodes.into_iter().enumerate().map(below).collect()
    })
}

proptest! {
    #[test]
    fn every_step_runs_once_and_after_those_that_it_waits_for(nodes in graphs(), limit in 1_usize..8, seed in any::<u64>()) {
        let mut program: Vec<Resource> = nodes.iter().enumerate().map(|(index, edges)| {
            let names: Vec<String> = edges.iter().map(|edge| format!("n{edge}")).collect();
            after(thing(&format!("n{index}"), []), &names.iter().map(String::as_str).collect::<Vec<_>>())
        }).collect();
        program.sort_by_key(|resource| (resource.urn.name().len() as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ resource.urn.name().bytes().map(u64::from).sum::<u64>()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stack = Stack { concurrency: limit, ..Stack::default() };
            assert!(stack.up(&program).await.is_complete());
            in_order(&stack.world.log(), "apply", &nodes, false);
            assert!(stack.world.peak.load(Ordering::SeqCst) <= limit);
            assert!(stack.up(&[]).await.is_complete());
            in_order(&stack.world.log(), "delete", &nodes, true);
        });
    }
}

fn in_order(log: &[String], verb: &str, nodes: &[Vec<usize>], reverse: bool) {
    assert_eq!(log.len(), nodes.len());
    let place = |node: usize| log.iter().position(|line| *line == format!("{verb} n{node}")).unwrap();
    for (node, edges) in nodes.iter().enumerate() {
        for &edge in edges {
            assert!((place(edge) < place(node)) != reverse, "{log:?}");
        }
    }
}
