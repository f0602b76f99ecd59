//! What functions take from the machine: randomness, the time and the local time zone.

use std::cell::RefCell;
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::{CryptoRng, RngCore};

/// A source of random bytes that is fit for keys.
pub trait Random: RngCore + CryptoRng {}

impl<R: RngCore + CryptoRng> Random for R {}

/// The machine as functions see it. Tests make one that always says the same.
pub struct Host {
    random: RefCell<Box<dyn Random>>,
    clock: Box<dyn Fn() -> Timestamp>,
    zone: TimeZone,
}

impl Host {
    /// Returns a host with these sources; `zone` is what Go calls `Local`.
    pub fn new(
        random: impl RngCore + CryptoRng + 'static,
        clock: impl Fn() -> Timestamp + 'static,
        zone: TimeZone,
    ) -> Self {
        Self { random: RefCell::new(Box::new(random)), clock: Box::new(clock), zone }
    }

    /// Returns the machine that runs this: its random source, clock and time zone.
    pub fn system() -> Self {
        Self::new(rand::rngs::OsRng, Timestamp::now, TimeZone::system())
    }

    /// Lends the random source to `use_it`, which must not call back into the host.
    pub fn with_random<T>(&self, use_it: impl FnOnce(&mut dyn Random) -> T) -> T {
        use_it(self.random.borrow_mut().as_mut())
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns the local time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("zone", &self.zone).finish_non_exhaustive()
    }
}
