//! Looks from time to time how many Tweets have come: warns of the month's cap, and of rules that bring too much.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use super::{breaker::Order, reconciler::Paused};
use crate::{
    journal::Newest,
    settings::{AfterAlarm, VolumeSettings},
    store::{self, ReadOnly, Volume, Warned},
    tally::{Count, Tally},
    text::plain,
    tweet::Tweet,
    volume::{Alarm, Alarms, Bill, Month, News, Usual, Watched},
    worker::{
        behind::Controls,
        inbox::{Control, TellAlarm},
        vetting::last_tweets,
    },
};

/// How often the counts of tags are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often the month's bill is made, in looks. It is made sooner where a hundredth of the cap has come meanwhile.
const BILL_EVERY: u64 = 30;

/// While Tweets wait for longer than this, what is handled says nothing of what comes.
const BEHIND: Duration = Duration::from_secs(60);

/// How many weeks say what is usual.
const WEEKS: i64 = 8;

/// A rule that brings too much is shown with so many texts, from so many of the last Tweets.
const SAMPLES: usize = 3;
const SAMPLED: usize = 2_000;

/// A burst of less than so many seconds is not taken for a rate.
const LEAST_SECONDS: i64 = 10;

/// A sample is cut behind so many characters.
const LONGEST: usize = 140;

/// What the task looks at.
pub(super) struct Meter {
    pub(super) settings: VolumeSettings,
    pub(super) database: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) newest: Newest,
    pub(super) tally: Arc<Tally>,
    /// Who tells the script of alarms.
    pub(super) controls: Controls,
    /// Who takes rules off the stream.
    pub(super) orders: mpsc::Sender<Order>,
    /// The tags whose rules are off the stream.
    pub(super) paused: watch::Receiver<Paused>,
}

/// Looks until it is dropped.
pub(super) async fn run(meter: Meter) {
    let meter = Arc::new(meter);
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut warned, mut spent, mut handled, mut is_due) = (None, 0_u64, 0, true);
    let mut alarms = Alarms::default();
    let mut usual = (None, BTreeMap::new());
    let mut paused = Paused::default();
    for look in 0_u64.. {
        ticks.tick().await;
        let now = Timestamp::now();
        // What cannot be read now is read at the next look.
        is_due |= look.is_multiple_of(BILL_EVERY) || meter.has_spent(handled);
        if is_due && let Some((bill, noted)) = on_disk(&meter, move |meter| meter.bill(now)).await {
            let warned = warned.get_or_insert_with(|| {
                meter.tell_start(bill);
                noted
            });
            meter.tell_bill(bill, warned, now);
            (spent, handled, is_due) = (bill.tweets, meter.tally.get(Count::Tweets), false);
        }
        let new = meter.tally.get(Count::Tweets).saturating_sub(handled);
        meter
            .tally
            .set(Count::MonthTweets, spent.saturating_add(new));
        let Some(limit) = meter.settings.alarm_per_minute else {
            continue;
        };
        if meter.tally.lag(now.as_millisecond()) > BEHIND {
            alarms.pass_over(meter.tally.tags());
            continue;
        }
        let hour = now.as_second().div_euclid(3_600);
        if usual.0.replace(hour) != Some(hour) {
            let known = on_disk(&meter, move |meter| meter.usual(hour)).await;
            usual.1 = known.unwrap_or_default();
        }
        let watched = |tag: &str| match usual.1.get(tag) {
            Some(Usual { per_minute, limit }) => Watched {
                limit: Some(*limit),
                usual: Some(*per_minute),
            },
            None => Watched {
                limit: Some(limit),
                usual: None,
            },
        };
        let paused_now = Arc::clone(&meter.paused.borrow());
        for resumed in paused.difference(&paused_now) {
            alarms.begin_anew(resumed);
        }
        paused = paused_now;
        let news = alarms.look(now.as_second().div_euclid(60), meter.tally.tags(), watched);
        meter.tally.set(Count::Alarms, alarms.on().count() as u64);
        for news in news {
            meter.tell(news, now).await;
        }
    }
}

/// Reads the database or the journal on a thread of its own. What cannot be read now is read the next time.
async fn on_disk<T: Send + 'static>(
    meter: &Arc<Meter>,
    read: impl FnOnce(&Meter) -> Result<T, store::Error> + Send + 'static,
) -> Option<T> {
    let meter = Arc::clone(meter);
    let read = tokio::task::spawn_blocking(move || read(&meter)).await;
    match read.ok()? {
        Ok(read) => Some(read),
        Err(error) => {
            debug!(%error, "how many Tweets have come cannot be read");
            None
        }
    }
}

impl Meter {
    /// The month's bill, and of which part of the cap somebody was last warned.
    fn bill(&self, now: Timestamp) -> Result<(Bill, Option<Warned>), store::Error> {
        let month = Month::of(now);
        let day = now
            .saturating_sub(SignedDuration::from_hours(24))
            .unwrap_or(now);
        let (mut tweets, mut last_day) = (0, 0);
        let database = ReadOnly::open(&self.database)?;
        // Where nothing was ever counted, nothing says what is to come.
        let counted_since = Some(database.counted_since()?.unwrap_or(now));
        database.each_minute(month.begin.min(day), Timestamp::MAX, |volume| {
            let Volume {
                at, tweets: came, ..
            } = volume;
            tweets += if at >= month.begin { came } else { 0 };
            last_day += if at >= day { came } else { 0 };
        })?;
        let bill = Bill::at(now, tweets, last_day, counted_since);
        Ok((bill, database.warned()?))
    }

    /// What each tag brought in the same hour of the weeks before. A week counts if anything was received in that hour.
    fn usual(&self, hour: i64) -> Result<BTreeMap<String, Usual>, store::Error> {
        let database = ReadOnly::open(&self.database)?;
        let mut weeks = Vec::new();
        for week in 1..=WEEKS {
            let begin = (hour - week * 7 * 24) * 3_600;
            let span = Timestamp::from_second(begin)
                .ok()
                .zip(Timestamp::from_second(begin + 3_600).ok());
            let Some((from, to)) = span else { continue };
            let (mut tags, mut has_any) = (BTreeMap::<String, u64>::new(), false);
            database.each_volume(from, to, |volume| match volume.tag {
                None => has_any = true,
                Some(tag) => *tags.entry(tag).or_default() += volume.tweets,
            })?;
            if has_any {
                weeks.push(tags);
            }
        }
        let tags: std::collections::BTreeSet<&String> =
            weeks.iter().flat_map(BTreeMap::keys).collect();
        let known = tags.into_iter().filter_map(|tag| {
            let weeks: Vec<_> = weeks
                .iter()
                .map(|tags| tags.get(tag).copied().unwrap_or(0))
                .collect();
            Some((tag.clone(), Usual::of(&weeks)?))
        });
        Ok(known.collect())
    }

    /// Whether much of the cap has come since so many Tweets were handled.
    fn has_spent(&self, handled: u64) -> bool {
        let new = self.tally.get(Count::Tweets).saturating_sub(handled);
        self.settings
            .monthly_cap
            .is_some_and(|cap| new > 0 && new >= cap / 100)
    }

    /// Says at the start how much of the cap is spent.
    fn tell_start(&self, bill: Bill) {
        if let Some(cap) = self.settings.monthly_cap {
            let Bill { tweets, forecast } = bill;
            let percent = (100.0 * tweets as f64 / cap as f64).round();
            info!(tweets, cap, percent, forecast, "Tweets of this month");
        }
    }

    /// Warns once of each part of the cap. `warned` is of what somebody was warned last, also in an earlier run.
    fn tell_bill(&self, bill: Bill, warned: &mut Option<Warned>, now: Timestamp) {
        let Bill { tweets, forecast } = bill;
        self.tally.set(Count::MonthForecast, forecast.unwrap_or(0));
        let Some(cap) = self.settings.monthly_cap else {
            return;
        };
        self.tally.set(Count::MonthCap, cap);
        let month = Month::of(now).name();
        let same = warned
            .as_ref()
            .filter(|warned| warned.month == month && warned.cap == cap);
        let known = same.map_or(0, |warned| warned.percent);
        let Some(percent) = bill.reached(known, cap) else {
            return;
        };
        let hint = "`ouzel report` and /metrics say which tags bring them; `ouzel rules estimate` what a narrower rule would bring";
        warn!(
            tweets,
            cap, forecast, hint, "{percent} % of the month's Tweets are spent"
        );
        let now_warned = Warned {
            month,
            cap,
            percent,
        };
        // Where the worker has gone, the run is ending.
        let _ = self.controls.send(Control::Warned(now_warned.clone()));
        *warned = Some(now_warned);
    }

    async fn tell(self: &Arc<Self>, news: News, now: Timestamp) {
        match news {
            News::Raised {
                tag,
                tweets,
                watched,
            } => {
                let named = tag.clone();
                let samples = on_disk(self, move |meter| Ok(meter.samples(&named))).await;
                // The minute is not over.
                let seconds = now.as_second().rem_euclid(60).max(LEAST_SECONDS) as u64;
                let per_minute = tweets.max(tweets.saturating_mul(60) / seconds);
                let alarm = Alarm {
                    tag,
                    per_minute,
                    limit: watched.limit.unwrap_or(u64::MAX),
                    usual: watched.usual,
                    per_day: per_minute.saturating_mul(24 * 60),
                    samples: samples.unwrap_or_default(),
                };
                self.log(&alarm);
                // Where the worker or the breaker has gone, the run is ending.
                let _ = self.controls.send(Control::Alarm(TellAlarm(alarm.clone())));
                if self.settings.breaker == AfterAlarm::PauseRule {
                    let _ = self.orders.send(Order::Pause(alarm)).await;
                }
            }
            // That it brings nothing is no news.
            News::Ended { tag } if self.paused.borrow().contains(&tag) => {}
            News::Ended { tag } => {
                let tag = plain::line(&tag);
                info!(%tag, "the rule brings as much as usual again");
            }
        }
    }

    fn log(&self, alarm: &Alarm) {
        let Alarm {
            per_minute,
            limit,
            per_day,
            samples,
            ..
        } = alarm;
        let cap = self.settings.monthly_cap;
        let of_cap = cap.map(|cap| format!("{:.1} %", 100.0 * *per_day as f64 / cap as f64));
        let (tag, usual) = (plain::line(&alarm.tag), alarm.usual.map(f64::round));
        // They are plain already, so only what would end them is escaped.
        let quoted = samples
            .iter()
            .map(|text| format!("\"{}\"", text.replace('"', "\\\"")));
        let samples = format!("[{}]", quoted.collect::<Vec<_>>().join(", "));
        let hint = "a narrower rule brings less; `ouzel rules estimate` says how much";
        warn!(%tag, per_minute, limit, usual, per_day, of_cap, %samples, hint, "ALARM: a rule brings more than usual");
    }

    /// The texts of a few of the last Tweets with this tag.
    fn samples(&self, tag: &str) -> Vec<String> {
        let lines = last_tweets(&self.newest, &self.journal, SAMPLED).unwrap_or_default();
        let tweets = lines
            .into_iter()
            .rev()
            .filter_map(|line| Tweet::parse(line).ok());
        let named = tweets.filter(|tweet| tweet.matching_tags().any(|known| known == Some(tag)));
        let texts = named.filter_map(|tweet| {
            let text: String = tweet.text()?.chars().take(LONGEST).collect();
            Some(plain::line(&text).into_owned())
        });
        texts.take(SAMPLES).collect()
    }
}
