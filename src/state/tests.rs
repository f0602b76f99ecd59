use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;

use super::testing::Server;
use super::{
    Backend, ClusterBackend, Document, Entry, FileBackend, Holder, Journal, NoRecipients, Revision, Session,
    Snapshot, StateError, load,
};
use crate::clock::{Clock, VirtualTime};
use crate::resource::{Operation, Progress, Record, Silent, Urn};

fn holder(who: &str) -> Holder {
    Holder::here(&[("USER", who)].into_iter().collect(), Timestamp::UNIX_EPOCH)
}

/// A run on a machine that this one knows nothing of.
fn stranger(who: &str) -> Holder {
    Holder { process: None, ..holder(who) }
}

/// A run of this machine that was killed.
fn killed(who: &str) -> Holder {
    let mut holder = holder(who);
    holder.process.as_mut().unwrap().started += 1;
    holder
}

fn record(name: &str) -> Record {
    Record {
        urn: Urn::new("dev", "s", "test:Thing", name),
        inputs: serde_json::Value::Null,
        outputs: serde_json::Value::Null,
        dependencies: Vec::new(),
        uid: None,
        created: true,
        protect: false,
        retain_on_delete: false,
    }
}

fn begun(name: &str) -> Entry {
    let record = record(name);
    Entry::Begun { urn: record.urn.clone(), operation: Operation::Create, record: Some(record) }
}

fn ended(name: &str) -> Entry {
    let record = record(name);
    Entry::Ended { urn: record.urn.clone(), record: Some(record), formerly: None }
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.records().iter().map(|record| record.urn.name()).collect()
}

async fn open(backend: &Arc<dyn Backend>, holder: Holder) -> Result<Session, StateError> {
    Session::open(Arc::clone(backend), holder, Arc::new(NoRecipients), &Silent).await
}

fn cluster(server: &Arc<Server>, clock: &Clock) -> Arc<dyn Backend> {
    Arc::new(ClusterBackend::new(server.client(), clock.clone(), "dev", "s").unwrap())
}

/// Both backends, each twice as two runs have it, and what keeps them alive.
fn backends() -> (Vec<[Arc<dyn Backend>; 2]>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = Arc::new(Server::default());
    let file = || Arc::new(FileBackend::new(folder.path().join("state"), "dev", "s")) as Arc<dyn Backend>;
    let clock = Clock::system();
    (vec![[file(), file()], [cluster(&server, &clock), cluster(&server, &clock)]], folder)
}

#[tokio::test]
async fn what_is_committed_comes_back_and_destroy_leaves_nothing() {
    let (backends, _folder) = backends();
    for [first, second] in &backends {
        let session = open(first, holder("alice")).await.unwrap();
        session.begin(begun("a")).await.unwrap();
        session.end(ended("a"));
        let mut snapshot = session.snapshot().clone();
        snapshot.insert(record("a"));
        session.commit(&snapshot).await.unwrap();
        session.close().await.unwrap();

        let session = open(second, holder("bob")).await.unwrap();
        assert_eq!((names(session.snapshot()), session.snapshot().serial), (vec!["a"], 1));
        session.commit(&session.snapshot().clone()).await.unwrap();
        assert_eq!(load(&**first).await.unwrap().serial, 1, "nothing changed, nothing was written");
        session.destroy().await.unwrap();
        assert_eq!(load(&**first).await.unwrap(), Snapshot::default());
        assert!(first.holder().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock_until_it_is_given_back() {
    let (backends, _folder) = backends();
    for [first, second] in &backends {
        let session = open(first, holder("alice")).await.unwrap();
        let error = open(second, holder("bob")).await.err().unwrap();
        assert!(error.to_string().starts_with("dev.s is locked by alice on "), "{error}");
        assert!(error.hint().unwrap().contains("`eggtooth unlock dev`"));
        assert_eq!(second.holder().await.unwrap().unwrap().who, "alice");
        session.close().await.unwrap();
        open(second, holder("bob")).await.unwrap().close().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_read_before_another_wrote_is_not_written_over() {
    let (backends, _folder) = backends();
    for [first, second] in &backends {
        let held = open(first, holder("alice")).await.unwrap();
        let revision = first.write(Document::Snapshot, b"one", None).await.unwrap();
        let conflict =
            |result: Result<Revision, StateError>| matches!(result, Err(StateError::Conflict { .. }));
        assert!(conflict(second.write(Document::Snapshot, b"two", None).await));
        let later = second.write(Document::Snapshot, b"two", Some(&revision)).await.unwrap();
        assert!(conflict(first.write(Document::Snapshot, b"three", Some(&revision)).await));
        first.destroy().await.unwrap();
        assert!(conflict(first.write(Document::Snapshot, b"four", Some(&later)).await));
        held.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_run_is_resumed_at_once_from_its_journal() {
    let server = Arc::new(Server::default());
    let clock = Clock::system();
    let session = open(&cluster(&server, &clock), killed("alice")).await.unwrap();
    session.begin(begun("a")).await.unwrap();
    session.end(ended("a"));
    session.begin(begun("b")).await.unwrap();
    session.end(ended("b"));
    drop(session);

    let started = clock.elapsed();
    let session = open(&cluster(&server, &clock), holder("alice")).await.unwrap();
    assert!(clock.elapsed().saturating_sub(started) < Duration::from_secs(1));
    assert_eq!(names(session.snapshot()), ["a"]);
    assert_eq!(session.snapshot().in_doubt[0].urn.name(), "b");

    // Killed again before it came to a commit: what both wrote down stays.
    session.begin(begun("c")).await.unwrap();
    let resumed = load(&*cluster(&server, &clock)).await.unwrap();
    assert_eq!(names(&resumed), ["a"]);
    assert_eq!(resumed.in_doubt.iter().map(|doubt| doubt.urn.name()).collect::<Vec<_>>(), ["b", "c"]);
}

#[tokio::test]
async fn a_run_that_lost_its_lock_commits_nothing() {
    let (backends, _folder) = backends();
    for [first, second] in &backends {
        let paused = open(first, killed("alice")).await.unwrap();
        paused.begin(begun("a")).await.unwrap();
        assert_eq!(second.unlock().await.unwrap().unwrap().who, "alice");
        let other = open(second, holder("bob")).await.unwrap();
        other.begin(begun("b")).await.unwrap();
        let mut snapshot = Snapshot::default();
        snapshot.insert(record("a"));
        assert!(paused.begin(begun("c")).await.is_err());
        other.commit(&Snapshot { in_doubt: Vec::new(), ..other.snapshot().clone() }).await.unwrap();
        assert!(paused.commit(&snapshot).await.is_err());
        assert!(names(&load(&**second).await.unwrap()).is_empty());
        other.close().await.unwrap();
    }
}

#[tokio::test]
async fn many_steps_that_begin_at_once_are_written_down_in_few_writes() {
    let server = Arc::new(Server::default());
    let session = open(&cluster(&server, &Clock::system()), holder("alice")).await.unwrap();
    server.writes();
    let steps: Vec<String> = (0..16).map(|index| format!("step-{index:02}")).collect();
    futures::future::try_join_all(steps.iter().map(|name| session.begin(begun(name)))).await.unwrap();
    assert!(server.writes().len() <= 2);
    let kept = load(&*cluster(&server, &Clock::system())).await.unwrap();
    assert_eq!(kept.in_doubt.len(), 16);
}

#[tokio::test]
async fn from_empty_little_is_asked_and_the_last_stack_takes_the_namespace_away() {
    let server = Arc::new(Server::default());
    let clock = Clock::system();
    let session = open(&cluster(&server, &clock), holder("alice")).await.unwrap();
    assert_eq!(server.requests.lock().unwrap().len(), 5, "{:?}", server.requests.lock().unwrap());
    session.begin(begun("a")).await.unwrap();
    assert_eq!(
        server.names(),
        ["dev.s of leases", "dev.s.journal of secrets", "eggtooth-system of namespaces"]
    );

    let other: Arc<dyn Backend> =
        Arc::new(ClusterBackend::new(server.client(), clock.clone(), "dev", "other").unwrap());
    let second = open(&other, holder("alice")).await.unwrap();
    session.destroy().await.unwrap();
    assert_eq!(server.names(), ["dev.other of leases", "eggtooth-system of namespaces"]);
    second.destroy().await.unwrap();
    assert!(server.names().is_empty());
}

#[tokio::test]
async fn a_namespace_of_others_stays() {
    let server = Arc::new(Server::default());
    let namespace =
        serde_json::from_value(serde_json::json!({"metadata": {"name": "eggtooth-system"}})).unwrap();
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(server.client());
    namespaces.create(&kube::api::PostParams::default(), &namespace).await.unwrap();
    let session = open(&cluster(&server, &Clock::system()), holder("alice")).await.unwrap();
    session.destroy().await.unwrap();
    assert_eq!(server.names(), ["eggtooth-system of namespaces"]);
}

#[tokio::test]
async fn a_document_that_does_not_fit_one_secret_is_kept_in_parts() {
    let server = Arc::new(Server::default());
    let backend = cluster(&server, &Clock::system());
    let session = open(&backend, holder("alice")).await.unwrap();
    let large: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).take(2_000_000).collect();
    let revision = backend.write(Document::Snapshot, &large, None).await.unwrap();
    assert_eq!(server.names().len(), 2 + 3);
    assert!(backend.read().await.unwrap().snapshot.unwrap().bytes == large);
    backend.write(Document::Snapshot, b"small", Some(&revision)).await.unwrap();
    assert_eq!(server.names().len(), 2 + 1);
    session.close().await.unwrap();
}

struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn waiting(&self, what: &str, why: &str) {
        self.0.lock().unwrap().push(format!("{what}: {why}"));
    }

    fn note(&self, _: &str) {}
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_lock_of_a_silent_stranger_is_waited_for_and_taken() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), stranger("alice")).await.unwrap();
    drop(session);
    let heard = Heard(Mutex::default());
    let backend = cluster(&server, &time.clock());
    let opening = Session::open(Arc::clone(&backend), holder("bob"), Arc::new(NoRecipients), &heard);
    let driving = async {
        for _ in 0..30 {
            until(|| time.sleepers() == 1).await;
            time.advance(Duration::from_millis(500));
        }
    };
    let (session, ()) = tokio::join!(opening, driving);
    assert_eq!(time.clock().elapsed(), Duration::from_secs(15));
    let heard = heard.0.into_inner().unwrap();
    assert!(heard[0].starts_with("Lease eggtooth-system/dev.s: alice on "), "{}", heard[0]);
    assert!(heard[0].ends_with("shows no sign of life; its lock ends in 15 s"), "{}", heard[0]);
    assert_eq!(backend.holder().await.unwrap().unwrap().who, "bob");
    drop(session);
}

#[tokio::test]
async fn a_stranger_that_renews_its_lock_keeps_it() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), stranger("alice")).await.unwrap();
    let backend = cluster(&server, &time.clock());
    let opening = tokio::spawn(async move { open(&backend, holder("bob")).await.map(drop) });
    while !opening.is_finished() {
        settle().await;
        time.advance(Duration::from_millis(500));
    }
    let error = opening.await.unwrap().unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "{error}");
    assert!(time.clock().elapsed() < Duration::from_secs(7), "{:?}", time.clock().elapsed());
    assert!(session.permit().check().is_ok());
}

#[tokio::test]
async fn a_paused_holder_stops_before_its_lease_ends() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), holder("alice")).await.unwrap();
    // The process is stopped: time goes by, and no heartbeat comes.
    time.advance(Duration::from_secs(11));
    assert!(session.permit().check().is_ok());
    time.advance(Duration::from_secs(1));
    let error = session.permit().check().unwrap_err();
    assert!(error.to_string().contains("could not be renewed for 12 s"), "{error}");
    assert!(matches!(session.begin(begun("a")).await, Err(StateError::Lost(_))));
    assert_eq!(server.names().len(), 2, "nothing was written");
}

#[tokio::test]
async fn a_holder_notices_at_its_next_heartbeat_that_its_lock_was_taken_away() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), holder("alice")).await.unwrap();
    until(|| time.sleepers() > 0).await;
    assert!(cluster(&server, &time.clock()).unlock().await.unwrap().is_some());
    time.advance(Duration::from_secs(5));
    until(|| session.permit().check().is_err()).await;
    let error = session.permit().check().unwrap_err();
    assert!(error.to_string().contains("taken away by `eggtooth unlock`"), "{error}");
}

#[tokio::test]
async fn a_holder_that_was_stopped_asks_before_it_writes_again() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), holder("alice")).await.unwrap();
    assert!(session.permit().assure().await.is_ok());
    assert_eq!(server.writes().len(), 2, "while the lease is fresh nothing is asked");
    // The process is stopped, and somebody takes its lock away: no heartbeat tells when it goes on.
    assert!(cluster(&server, &time.clock()).unlock().await.unwrap().is_some());
    let other = open(&cluster(&server, &time.clock()), holder("bob")).await.unwrap();
    time.advance(Duration::from_secs(4));
    assert!(session.permit().check().is_ok(), "the clock alone does not tell");
    let error = session.permit().assure().await.unwrap_err();
    assert!(error.to_string().contains("was taken by bob"), "{error}");
    other.close().await.unwrap();
}

#[tokio::test]
async fn who_does_not_know_yet_that_its_lock_is_gone_begins_no_step() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    for steps in [&[][..], &["a"]] {
        let former = open(&cluster(&server, &time.clock()), holder("alice")).await.unwrap();
        for step in steps {
            former.begin(begun(step)).await.unwrap();
        }
        cluster(&server, &time.clock()).unlock().await.unwrap();
        let other = open(&cluster(&server, &time.clock()), holder("bob")).await.unwrap();
        assert!(former.permit().assure().await.is_ok(), "no time went by");
        let error = former.begin(begun("late")).await.unwrap_err();
        assert!(matches!(error, StateError::Conflict { .. }), "{error}");
        other.begin(begun("b")).await.unwrap();
        other.commit(&Snapshot { in_doubt: Vec::new(), ..other.snapshot().clone() }).await.unwrap();
        other.close().await.unwrap();
        let error = former.begin(begun("later")).await.unwrap_err();
        assert!(matches!(error, StateError::Conflict { .. }), "nor after the other came to its end: {error}");
    }
    let clean = open(&cluster(&server, &time.clock()), holder("carol")).await.unwrap();
    server.writes();
    clean.close().await.unwrap();
    assert_eq!(server.writes().len(), 1, "who takes a lock that was given back writes nothing but the lock");
}

#[tokio::test]
async fn a_heartbeat_keeps_the_lock() {
    let server = Arc::new(Server::default());
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let session = open(&cluster(&server, &time.clock()), holder("alice")).await.unwrap();
    for _ in 0..10 {
        settle().await;
        time.advance(Duration::from_secs(5));
    }
    settle().await;
    assert!(session.permit().check().is_ok());
    assert!(server.text().contains("1970-01-01T00:00:50"), "{}", server.text());
}

/// Lets the other tasks run until none has anything to do but to wait for the time.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_name_that_is_no_objects_name_is_refused() {
    let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let client = Arc::new(Server::default()).client();
    let refused = |name: &str| ClusterBackend::new(client.clone(), time.clock(), name, "s").is_err();
    assert!(["Dev", "a.b", "", "-a", "a/b"].into_iter().all(refused));
    assert!(!refused("eu-1"));
}
