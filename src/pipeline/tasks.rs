//! Watches the tasks that must live as long as the run, and ends the run when one of them ends early.

use std::future::{Future, pending};

use tokio::task::{JoinError, JoinSet};

use super::Error;

/// The tasks of a run; they end with it.
#[derive(Default)]
pub(super) struct Tasks {
    running: JoinSet<&'static str>,
}

impl Tasks {
    /// Starts a task that ends only with the run.
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.running.spawn(async move {
            // A panic inside is told with its name too.
            match tokio::spawn(task).await {
                Ok(()) | Err(_) => name,
            }
        });
    }

    /// Waits for one that ends all the same. Cancelling this loses nothing.
    pub(super) async fn died(&mut self) -> Error {
        match self.running.join_next().await {
            Some(Ok(name)) => Error::TaskDied(name),
            Some(Err(error)) => ended("background", Err(error)),
            None => pending().await,
        }
    }
}

/// A task that should have gone on has ended.
pub(super) fn ended(name: &'static str, _: Result<(), JoinError>) -> Error {
    // What it panicked of stands above, on stderr.
    Error::TaskDied(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_or_panics_is_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("patient", pending());
        tasks.spawn("quiet", async {});
        assert!(matches!(tasks.died().await, Error::TaskDied("quiet")));
        tasks.spawn("loud", async { panic!("a bug") });
        assert!(matches!(tasks.died().await, Error::TaskDied("loud")));
    }
}
