//! The wish to stop: no step begins any more, and those that run come to their end.

use tokio::sync::watch;

/// Expresses the wish to stop.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

/// Hears of the wish to stop; cheap to clone.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Receiver<bool>);

impl Canceller {
    /// Returns both ends.
    pub fn new() -> (Self, Cancel) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Cancel(receiver))
    }

    /// Stops what hears of it.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl Cancel {
    /// Returns an end that never hears of anything.
    pub fn never() -> Self {
        Canceller::new().1
    }

    /// Says whether to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is to stop; for ever, if nobody can say so any more.
    pub async fn cancelled(&self) {
        if self.0.clone().wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
