//! The breaker: takes the rules of a tag off the stream when they bring too much, and puts them back when somebody asks for
//! it or when their time has come. What it has decided is in the database before anything follows from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use tracing::{info, warn};

use super::reconciler::Paused;
use crate::{
    control::resume::Resumed,
    script::Declared,
    store::{PauseChange, PausedTag},
    tally::{Count, Tally},
    text::plain,
    volume::Alarm,
    worker::{
        behind::Controls,
        inbox::{Control, PauseTag},
    },
};

/// How many orders may wait. Whoever gives one waits for room.
pub(super) const WAITING: usize = 16;

/// The clock of the machine may be set meanwhile, so it is looked at this often while a tag waits for its time.
const LOOK_EVERY: Duration = Duration::from_secs(30);

const HINT: &str = "`ouzel rules resume TAG` puts them back";

/// What the breaker is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// The rules of a tag bring too much.
    Pause(Alarm),
    /// The rules with this tag are to go back. The answer says why they do not.
    Resume {
        tag: String,
        reply: oneshot::Sender<Result<Resumed, String>>,
    },
}

/// The breaker of a run.
pub(super) struct Breaker {
    /// The rules endpoint.
    pub(super) endpoint: String,
    /// Who writes into the database.
    pub(super) controls: Controls,
    /// The tags that are paused, by their names.
    pub(super) tags: BTreeMap<String, PausedTag>,
    /// Who keeps the rules off the stream.
    pub(super) paused: watch::Sender<Paused>,
    pub(super) declared: watch::Receiver<Arc<Declared>>,
    /// After how long rules go back by themselves; `None` for never.
    pub(super) resume_after: Option<Duration>,
    pub(super) tally: Arc<Tally>,
}

/// The worker has ended.
struct Gone;

/// Paused tags by their names.
pub(super) fn by_tag(paused: Vec<PausedTag>) -> BTreeMap<String, PausedTag> {
    let named = paused
        .into_iter()
        .map(|paused| (paused.tag.clone(), paused));
    named.collect()
}

impl Breaker {
    /// Takes over what an earlier run has paused.
    pub(super) fn begin(&self) {
        for paused in self.tags.values() {
            let tag = plain::line(&paused.tag);
            let PausedTag {
                per_minute, most, ..
            } = paused;
            let since = moment(paused.since_ms);
            let until = paused.until_ms.map(moment);
            warn!(%tag, since, until, per_minute, limit = most, hint = HINT, "BREAKER: the rules with this tag are off the stream");
        }
        self.publish();
    }

    /// Carries out orders until nobody gives any more.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let carried_out = tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Pause(alarm)) => self.pause(&alarm).await,
                    Some(Order::Resume { tag, reply }) => match self.resume(&tag).await {
                        Ok(answer) => {
                            // Whoever has asked may have gone.
                            let _ = reply.send(answer);
                            Ok(())
                        }
                        Err(gone) => Err(gone),
                    },
                    None => return,
                },
                () = sleep(self.wait()) => self.resume_overdue().await,
            };
            if carried_out.is_err() {
                // The worker says why it has ended.
                return pending().await;
            }
        }
    }

    /// How long no tag has to be looked at.
    fn wait(&self) -> Duration {
        let first = self
            .tags
            .values()
            .filter_map(|paused| paused.until_ms)
            .min();
        let left = first.map(|until| until.saturating_sub(now_ms()).max(0).unsigned_abs());
        left.map_or(LOOK_EVERY, |left| {
            Duration::from_millis(left).min(LOOK_EVERY)
        })
    }

    async fn pause(&mut self, alarm: &Alarm) -> Result<(), Gone> {
        let rules = self.declared_with(&alarm.tag);
        let tag = plain::line(&alarm.tag);
        if self.tags.contains_key(&alarm.tag) {
            return Ok(());
        }
        if rules == 0 {
            let hint = "only rules that the script declares with a tag can be paused";
            warn!(%tag, hint, "BREAKER: a rule brings too much and stays on the stream");
            return Ok(());
        }
        let since = Timestamp::now();
        let until = self.resume_after.and_then(|after| {
            let after = SignedDuration::try_from(after).ok()?;
            since.checked_add(after).ok()
        });
        let paused = PausedTag {
            tag: alarm.tag.clone(),
            since_ms: since.as_millisecond(),
            until_ms: until.map(Timestamp::as_millisecond),
            per_minute: alarm.per_minute,
            most: alarm.limit,
        };
        self.write(PauseChange::Pause(paused.clone())).await?;
        self.tags.insert(alarm.tag.clone(), paused);
        let Alarm {
            per_minute, limit, ..
        } = alarm;
        let until = until.map(|until| moment(until.as_millisecond()));
        warn!(%tag, rules, per_minute, limit, until, hint = HINT, "BREAKER: the rules with this tag are taken off the stream");
        self.publish();
        Ok(())
    }

    async fn resume(&mut self, tag: &str) -> Result<Result<Resumed, String>, Gone> {
        if !self.tags.contains_key(tag) {
            return Ok(Err(Resumed::unknown(tag, self.tags.keys())));
        }
        self.put_back(tag, "somebody has asked for it").await?;
        Ok(Ok(Resumed {
            running: true,
            tag: tag.to_owned(),
            rules: Some(self.declared_with(tag)),
        }))
    }

    /// Puts back what has waited for its time.
    async fn resume_overdue(&mut self) -> Result<(), Gone> {
        let now = now_ms();
        let is_over = |paused: &&PausedTag| paused.until_ms.is_some_and(|until| until <= now);
        let over = self.tags.values().filter(is_over);
        let over: Vec<String> = over.map(|paused| paused.tag.clone()).collect();
        for tag in over {
            self.put_back(&tag, "its time has come").await?;
        }
        Ok(())
    }

    async fn put_back(&mut self, tag: &str, why: &str) -> Result<(), Gone> {
        let resume = PauseChange::Resume {
            tag: tag.to_owned(),
            at_ms: now_ms(),
        };
        self.write(resume).await?;
        self.tags.remove(tag);
        let (named, rules) = (plain::line(tag), self.declared_with(tag));
        info!(tag = %named, rules, why, "the rules with this tag go back to the stream");
        self.publish();
        Ok(())
    }

    /// How many rules the script declares with this tag.
    fn declared_with(&self, tag: &str) -> usize {
        let declared = self.declared.borrow();
        let rules = declared.rules.iter();
        rules
            .filter(|rule| rule.tag.as_deref() == Some(tag))
            .count()
    }

    fn publish(&self) {
        self.tally.set(Count::Paused, self.tags.len() as u64);
        let tags: BTreeSet<String> = self.tags.keys().cloned().collect();
        self.paused.send_if_modified(|paused| {
            let is_new = **paused != tags;
            if is_new {
                *paused = Arc::new(tags);
            }
            is_new
        });
    }

    /// Writes a change. When this returns, it is committed.
    async fn write(&self, change: PauseChange) -> Result<(), Gone> {
        let (done, written) = oneshot::channel();
        let endpoint = self.endpoint.clone();
        let asked = PauseTag {
            endpoint,
            change,
            done,
        };
        let sent = self.controls.send(Control::Pause(asked));
        sent.map_err(|_| Gone)?;
        written.await.map_err(|_| Gone)
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A moment as the log has it.
fn moment(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
