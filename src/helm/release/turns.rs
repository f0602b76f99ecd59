//! A chart that renders on a thread of its own and asks for live objects in between.
//!
//! Who computes and who reads take turns: while the thread computes, a blocking task waits for it; while an object is
//! read, none does. So where time is paused it stands still while the thread computes, and goes on while the cluster is
//! asked: a request that has to wait does not wait for ever.

use std::future::Future;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use serde_json::Value as Json;

use crate::kubernetes::KubernetesError;

/// What a template asks for: version, kind, namespace, name.
pub(super) type Question = [String; 4];

/// The object, or an empty one.
pub(super) type Answer = Result<Json, KubernetesError>;

/// What the thread says.
enum Turn<T> {
    Asks(Question, SyncSender<Answer>),
    Done(T),
}

/// The thread ended before it was done.
#[derive(Debug, thiserror::Error)]
#[error("the thread ended before it was done")]
pub struct ThreadEnded;

/// How the thread asks; it waits for the answer.
pub(super) type Ask = Box<dyn Fn(Question) -> Result<Answer, ThreadEnded>>;

/// Runs `work` on a thread, and answers what it asks.
pub(super) async fn taking_turns<T: Send + 'static, F: Future<Output = Answer>>(
    work: impl FnOnce(Ask) -> T + Send + 'static,
    answer: impl Fn(Question) -> F,
) -> Result<T, ThreadEnded> {
    let (say, mut heard) = channel();
    let thread = std::thread::Builder::new().name("render".to_owned());
    thread.spawn(move || say_all(work, &say)).map_err(|_| ThreadEnded)?;
    loop {
        let (turn, again) = next(heard).await?;
        heard = again;
        match turn {
            Turn::Done(done) => return Ok(done),
            Turn::Asks(question, asker) => {
                // A thread that ended wants no answer; the next turn tells.
                let _ = asker.send(answer(question).await);
            }
        }
    }
}

fn say_all<T: Send + 'static>(work: impl FnOnce(Ask) -> T, say: &Sender<Turn<T>>) {
    let asking = say.clone();
    let ask: Ask = Box::new(move |question| {
        let (asker, answer) = sync_channel(1);
        asking.send(Turn::Asks(question, asker)).map_err(|_| ThreadEnded)?;
        answer.recv().map_err(|_| ThreadEnded)
    });
    // Nobody hears it when the run was given up.
    let _ = say.send(Turn::Done(work(ask)));
}

/// Waits for what the thread says next.
async fn next<T: Send + 'static>(
    heard: Receiver<Turn<T>>,
) -> Result<(Turn<T>, Receiver<Turn<T>>), ThreadEnded> {
    let wait = move || heard.recv().map(|turn| (turn, heard));
    let turn = tokio::task::spawn_blocking(wait).await.map_err(|_| ThreadEnded)?;
    turn.map_err(|_| ThreadEnded)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn question(name: &str) -> Question {
        ["v1", "Secret", "a", name].map(str::to_owned)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_time_comes_where_time_is_paused() {
        let slow = async |[.., name]: Question| {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(name.into())
        };
        let work = |ask: Ask| ["x", "y"].map(|name| ask(question(name)).unwrap().unwrap());
        let begun = tokio::time::Instant::now();
        assert_eq!(taking_turns(work, slow).await.unwrap(), ["x", "y"]);
        assert_eq!(begun.elapsed().as_secs(), 120, "two questions, and no time for the work itself");
    }

    #[tokio::test]
    async fn a_thread_that_ends_early_is_told() {
        let nothing = async |_: Question| Ok(Json::Null);
        let work = |_: Ask| -> usize { panic!("an unforeseen end") };
        assert!(taking_turns(work, nothing).await.is_err());
    }
}
