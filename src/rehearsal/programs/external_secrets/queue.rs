//! The work queue of a controller, as controller-runtime's: a key waits once, is worked on by one worker at a time,
//! and comes back later the more often it failed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The first delay after a failure; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_mins(7);

/// All keys together: this many retries at once, then this many a second.
const BURST: f64 = 100.0;
const PER_SECOND: f64 = 10.0;

/// Keys to reconcile.
#[derive(Debug)]
pub(super) struct Queue<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

#[derive(Debug)]
struct State<K> {
    ready: VecDeque<K>,
    /// What is in `ready`, or came while it was worked on.
    dirty: BTreeSet<K>,
    running: BTreeSet<K>,
    delayed: BTreeMap<K, Instant>,
    failures: BTreeMap<K, u32>,
    tokens: f64,
    filled: Option<Instant>,
}

/// What a reconciliation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing until something changes.
    Wait,
    /// Another try after that long; past failures are forgotten.
    After(Duration),
    /// Another try soon, with the back-off of failures.
    Again,
}

impl<K: Clone + Ord + Hash> Queue<K> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                ready: VecDeque::new(),
                dirty: BTreeSet::new(),
                running: BTreeSet::new(),
                delayed: BTreeMap::new(),
                failures: BTreeMap::new(),
                tokens: BURST,
                filled: None,
            }),
            changed: Notify::new(),
        }
    }

    /// Puts a key at the end; one that waits already stays where it is.
    pub(super) fn add(&self, key: K) {
        self.state().add(key);
        self.changed.notify_one();
    }

    /// Waits for the next key, which is this worker's until [`Queue::done`].
    pub(super) async fn next(&self) -> K {
        loop {
            let wake = {
                let mut state = self.state();
                state.mature();
                if let Some(key) = state.ready.pop_front() {
                    state.dirty.remove(&key);
                    state.running.insert(key.clone());
                    if !state.ready.is_empty() {
                        self.changed.notify_one();
                    }
                    return key;
                }
                state.delayed.values().min().copied()
            };
            match wake {
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.changed.notified() => {}
                },
                None => self.changed.notified().await,
            }
        }
    }

    /// Gives a key back with what its reconciliation asks for.
    pub(super) fn done(&self, key: K, next: Next) {
        let mut state = self.state();
        state.running.remove(&key);
        match next {
            Next::Wait => {
                state.failures.remove(&key);
            }
            Next::After(delay) => {
                state.failures.remove(&key);
                state.delay(&key, delay);
            }
            Next::Again => {
                let delay = state.back_off(&key);
                state.delay(&key, delay);
            }
        }
        // What came meanwhile is ready now.
        if state.dirty.contains(&key) {
            state.ready.push_back(key);
        }
        drop(state);
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Ord> State<K> {
    fn add(&mut self, key: K) {
        if self.dirty.insert(key.clone()) && !self.running.contains(&key) {
            self.ready.push_back(key);
        }
    }

    /// Makes ready what has waited long enough.
    fn mature(&mut self) {
        let now = Instant::now();
        let due: Vec<K> =
            self.delayed.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.delayed.remove(&key);
            self.add(key);
        }
    }

    /// Of two delays of one key the earlier counts.
    fn delay(&mut self, key: &K, delay: Duration) {
        let at = Instant::now() + delay;
        self.delayed.entry(key.clone()).and_modify(|found| *found = at.min(*found)).or_insert(at);
    }

    /// Returns the longer of the key's own delay and what the bucket of all keys allows.
    fn back_off(&mut self, key: &K) -> Duration {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let own = FIRST_DELAY.saturating_mul(1 << (*failures).min(20)).min(LONGEST_DELAY);
        *failures += 1;
        own.max(self.reserve())
    }

    fn reserve(&mut self) -> Duration {
        let now = Instant::now();
        let passed = self.filled.map_or(Duration::ZERO, |filled| now.duration_since(filled));
        self.filled = Some(now);
        self.tokens = (self.tokens + passed.as_secs_f64() * PER_SECOND).min(BURST) - 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / PER_SECOND) }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failures_double_the_delay_from_one_second_to_seven_minutes() {
        let queue = Queue::new();
        queue.add("a");
        let mut delays = Vec::new();
        let mut before = Instant::now();
        for _ in 0..12 {
            let key = queue.next().await;
            delays.push(before.elapsed().as_secs());
            before = Instant::now();
            queue.done(key, Next::Again);
        }
        assert_eq!(delays, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 420, 420]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_forgets_the_failures() {
        let queue = Queue::new();
        queue.add("a");
        for _ in 0..3 {
            let key = queue.next().await;
            queue.done(key, Next::Again);
        }
        let key = queue.next().await;
        queue.done(key, Next::Wait);
        queue.add("a");
        let key = queue.next().await;
        let before = Instant::now();
        queue.done(key, Next::Again);
        queue.next().await;
        assert_eq!(before.elapsed(), FIRST_DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_worked_on_by_one_worker_and_not_forgotten_when_it_changes_meanwhile() {
        let queue = Queue::new();
        queue.add("a");
        let key = queue.next().await;
        queue.add("a");
        queue.add("a");
        assert!(queue.next().now_or_never().is_none());
        queue.done(key, Next::Wait);
        assert_eq!(queue.next().await, "a");
        assert!(queue.next().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_retries_go_at_once_and_ten_a_second_after_that() {
        let mut state = Queue::new().state.into_inner().unwrap();
        let delays: Vec<Duration> = (0..120).map(|key| state.back_off(&key)).collect();
        assert_eq!(delays[99], FIRST_DELAY);
        assert_eq!(delays[119], Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_delays_the_earlier_counts() {
        let queue = Queue::new();
        queue.add("a");
        let key = queue.next().await;
        queue.done(key, Next::After(Duration::from_mins(5)));
        queue.add("a");
        let key = queue.next().await;
        let before = Instant::now();
        queue.done(key, Next::After(Duration::from_mins(1)));
        queue.next().await;
        assert_eq!(before.elapsed(), Duration::from_mins(1));
    }
}
