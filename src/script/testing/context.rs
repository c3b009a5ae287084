//! What the methods of `t` share: the script under test, and what a test has made.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

use bytes::Bytes;
use mlua::{Lua, Value};

use super::{Subject, Trouble, snapshots::Snapshots};
use crate::{
    script::{
        api::{Answer, Host, internal},
        budget,
        error::Misuse,
        raw::{Held, push_tweet},
    },
    tweet::Tweet,
};

/// How many Tweets may wait for Lua's collector, which does not see what they hold.
const WAITING: usize = 128;

/// What the methods of `t` share.
pub(super) struct Context {
    pub(super) host: Rc<Host>,
    pub(super) snapshots: Snapshots,
    pub(super) subject: Rc<dyn Subject>,
    pub(super) folder: PathBuf,
    memory: usize,
    held: Rc<Held>,
    /// How many Tweets this test has made.
    pub(super) made: Cell<i64>,
    /// The files of Tweets that were read.
    pub(super) fixtures: RefCell<BTreeMap<String, Bytes>>,
    /// Which table `t` is.
    pub(super) t: Cell<usize>,
}

impl Context {
    pub(super) fn new(
        path: &Path,
        host: &Rc<Host>,
        subject: &Rc<dyn Subject>,
        update: bool,
        memory: usize,
    ) -> Self {
        Self {
            host: Rc::clone(host),
            snapshots: Snapshots::of(path, update),
            subject: Rc::clone(subject),
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            memory,
            held: Rc::default(),
            made: Cell::new(0),
            fixtures: RefCell::default(),
            t: Cell::new(0),
        }
    }

    /// Begins a test.
    pub(super) fn begin(&self) -> Result<(), Trouble> {
        self.made.set(0);
        self.subject.begin()
    }

    /// Gives a Tweet to the test.
    pub(super) fn push(&self, lua: &Lua, tweet: Tweet) -> Answer<Value> {
        let taken = || self.held.bytes.get().saturating_add(lua.used_memory());
        if self.held.tweets.get() > WAITING && self.held.tweets.get().is_multiple_of(WAITING) {
            let _ = lua.gc_step();
        }
        if taken() > self.memory {
            let _ = lua.gc_collect();
            if taken() > self.memory {
                budget::out_of_memory();
            }
        }
        push_tweet(lua, tweet, &self.held).map_err(internal)
    }
}

/// What the script could not do, as the error of the call that asked for it.
pub(super) fn misuse_of(trouble: Trouble) -> Misuse {
    Misuse::new(match trouble {
        Trouble::Load(error) => error.to_string(),
        Trouble::Handler(failure) => format!("{} failed{}", failure.handler, failure.fault),
        Trouble::Database(message) => message,
    })
}
