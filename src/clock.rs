//! The time as one value, so that leases, deadlines and waits can be rehearsed in virtual time.
//!
//! Nothing else in the library asks the system what time it is or sleeps by itself.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    channel::oneshot,
    future::{BoxFuture, Either, select},
};
use jiff::Timestamp;

/// A source of time; cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Time>);

trait Time: Send + Sync {
    fn now(&self) -> Timestamp;
    fn elapsed(&self) -> Duration;
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

impl Clock {
    /// Returns the system's clock.
    pub fn system() -> Self {
        Self(Arc::new(SystemTime { start: Instant::now() }))
    }

    /// Returns a clock that shows the time of day as of now and from then on follows the runtime's time, which stands
    /// still and jumps where it is paused. It is to be used in that runtime.
    pub fn of_runtime() -> Self {
        Self::of_runtime_since(Timestamp::now())
    }

    /// As [`of_runtime`](Self::of_runtime), but beginning at `start`.
    pub fn of_runtime_since(start: Timestamp) -> Self {
        Self(Arc::new(RuntimeTime { start, begun: tokio::time::Instant::now() }))
    }

    /// Returns the time of day.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Returns the time since the clock was made; it never goes back, whatever happens to the time of day.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Waits for as long.
    pub async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    /// Returns what `future` becomes, or nothing if that takes longer than `limit`.
    pub async fn within<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(std::pin::pin!(future), self.0.sleep(limit)).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(((), _)) => None,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Clock({})", self.now())
    }
}

struct SystemTime {
    start: Instant,
}

impl Time for SystemTime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The time of a runtime.
struct RuntimeTime {
    start: Timestamp,
    begun: tokio::time::Instant,
}

impl Time for RuntimeTime {
    fn now(&self) -> Timestamp {
        self.start + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A time that moves only when it is told to.
#[derive(Clone)]
pub struct VirtualTime(Arc<Mutex<Hand>>);

struct Hand {
    start: Timestamp,
    elapsed: Duration,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    next: u64,
}

impl VirtualTime {
    /// Returns a time that stands still at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hand {
            start,
            elapsed: Duration::ZERO,
            sleepers: BTreeMap::new(),
            next: 0,
        })))
    }

    /// Returns the clock that shows this time.
    pub fn clock(&self) -> Clock {
        Clock(Arc::new(self.clone()))
    }

    /// Moves on, and wakes who sleeps no longer than that.
    pub fn advance(&self, duration: Duration) {
        let mut hand = self.hand();
        hand.elapsed += duration;
        let now = hand.elapsed;
        while let Some(first) = hand.sleepers.first_entry().filter(|first| first.key().0 <= now) {
            // A sleeper that was dropped has nobody to wake.
            let _ = first.remove().send(());
        }
    }

    /// Returns how many sleep, which lets a test wait until its subject does.
    pub fn sleepers(&self) -> usize {
        let mut hand = self.hand();
        hand.sleepers.retain(|_, sleeper| !sleeper.is_canceled());
        hand.sleepers.len()
    }

    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Time for VirtualTime {
    fn now(&self) -> Timestamp {
        let hand = self.hand();
        hand.start + hand.elapsed
    }

    fn elapsed(&self) -> Duration {
        self.hand().elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut hand = self.hand();
        if duration.is_zero() {
            return Box::pin(async {});
        }
        let (waker, woken) = oneshot::channel();
        let key = (hand.elapsed + duration, hand.next);
        hand.next += 1;
        hand.sleepers.insert(key, waker);
        Box::pin(async move {
            // The sender is dropped only with the time itself; then nothing is left to wait for.
            let _ = woken.await;
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn virtual_time_wakes_exactly_those_whose_time_has_come() {
        let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
        let clock = time.clock();
        let mut short = clock.sleep(Duration::from_secs(5)).boxed();
        let mut long = clock.sleep(Duration::from_secs(15)).boxed();
        assert!((&mut short).now_or_never().is_none() && (&mut long).now_or_never().is_none());
        time.advance(Duration::from_secs(5));
        assert!((&mut short).now_or_never().is_some() && (&mut long).now_or_never().is_none());
        assert_eq!((clock.now().as_second(), time.sleepers()), (5, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_the_runtime_jumps_with_its_time() {
        let clock = Clock::of_runtime_since(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_hours(1)).await;
        assert_eq!((clock.now().as_second(), clock.elapsed().as_secs()), (3600, 3600));
    }

    #[tokio::test]
    async fn a_limit_ends_what_takes_longer() {
        let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
        let clock = time.clock();
        assert_eq!(clock.within(Duration::from_secs(1), async { 7 }).await, Some(7));
        let endless =
            tokio::spawn(
                async move { clock.within(Duration::from_secs(1), std::future::pending::<()>()).await },
            );
        while time.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        time.advance(Duration::from_secs(1));
        assert_eq!(endless.await.unwrap(), None);
    }
}
