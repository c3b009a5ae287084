//! Watches the tasks that must live as long as the run, and ends the run when one of them ends early.

use std::future::{Future, pending};

use tokio::task::{JoinError, JoinSet};

use super::Error;

/// The tasks of a run. They end with it.
#[derive(Default)]
pub(super) struct Tasks {
    running: JoinSet<&'static str>,
}

impl Tasks {
    /// Starts a task that should end only with the run.
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.running.spawn(async move {
            // The task runs inside another one, so that a panic is reported with the task's name too.
            match tokio::spawn(task).await {
                Ok(()) | Err(_) => name,
            }
        });
    }

    /// Waits for a task that ends early. Cancelling this loses nothing.
    pub(super) async fn died(&mut self) -> Error {
        match self.running.join_next().await {
            Some(Ok(name)) => Error::TaskDied(name),
            Some(Err(error)) => ended("background", Err(error)),
            None => pending().await,
        }
    }
}

/// The error for a task that ended although it should have gone on.
pub(super) fn ended(name: &'static str, _: Result<(), JoinError>) -> Error {
    // If the task panicked, its message is on stderr already.
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
