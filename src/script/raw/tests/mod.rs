//! Random Lua programs over hostile JSON. They check that a Tweet behaves as a plain table. They also check that this
//! folder never touches freed memory, whatever a script does and even if memory runs out.
//!
//! `cargo test --lib script::raw` runs about a hundred programs. To run for a long time, and from another seed:
//!
//! ```text
//! OUZEL_FUZZ_SECONDS=3600 OUZEL_FUZZ_SEED=1 cargo test --lib script::raw::tests -- --nocapture
//! ```
//!
//! A failure prints the seed of its program. To run that program alone: `OUZEL_FUZZ_SECONDS=0 OUZEL_FUZZ_SEED=SEED`.
//! The address sanitizer sees each access to freed memory, also those of Lua's own code. To run under it:
//!
//! ```text
//! export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CFLAGS=-fsanitize=address CARGO_TARGET_DIR=target/asan
//! export ASAN_OPTIONS=detect_odr_violation=0 OUZEL_FUZZ_SECONDS=600
//! cargo test --target x86_64-unknown-linux-gnu --lib script::raw::tests -- --nocapture
//! ```

pub(super) mod json;
mod programs;

use std::{
    env,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use fastrand::Rng;
use mlua::{
    Function, Lua, LuaString, Table, Value,
    state::{GcGenParams, GcIncParams, GcMode},
};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait};

use self::programs::{Mood, program};
use super::{Held, encode::Unencodable, install, mark_array, push_tweet, to_json, with_fields};
use crate::{script::lua::new_state, text::json as reader, tweet::Tweet};

const HARNESS: &str = include_str!("harness.lua");

/// How many programs run if no time is given.
const SEEDS: u64 = 150;

/// A result that matches any other. It is used where the JSON of a Tweet and of a table may differ.
const EITHER: &str = "either";

/// A Lua state with the test harness.
struct World {
    lua: Lua,
    held: Rc<Held>,
}

impl World {
    fn new() -> Self {
        let lua = new_state(|lua| lua.create_function(|_, ()| Ok(()))).unwrap();
        let methods = lua.create_table().unwrap();
        let suggest = lua.create_function(|_, name: LuaString| Ok(name)).unwrap();
        install(&lua, methods.clone(), suggest).unwrap();
        let encode = lua.create_function(|lua, value: Value| {
            let mut out = Vec::new();
            let encoded = to_json(lua, &value, &mut out);
            Ok(shown_json(encoded.map(|()| out)))
        });
        let insert = lua.create_function(|lua, row: Table| {
            with_fields(lua, &row, |fields| {
                // The borrowed fields must stay valid whatever a database does meanwhile.
                let _ = row.clear();
                let _ = lua.gc_collect();
                let mut shown: Vec<_> = fields.iter().map(|field| format!("{field:?}")).collect();
                shown.sort();
                shown.join(" ")
            })
        });
        let collect = lua.create_function(|lua, kind: u8| {
            match kind {
                1 => lua.gc_collect()?,
                2 => {
                    lua.gc_step()?;
                }
                3 => {
                    // Runs the collector at nearly every allocation.
                    let always = GcIncParams::default()
                        .pause(1)
                        .step_multiplier(1_000)
                        .step_size(4);
                    lua.gc_set_mode(GcMode::Incremental(always));
                }
                _ => {
                    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
                }
            }
            Ok(())
        });
        let finalizing = lua.create_function(|_, (table, metatable): (Table, Table)| {
            table.set_metatable(Some(metatable))
        });
        lua.load(HARNESS)
            .set_name("=harness")
            .call::<()>((
                encode.unwrap(),
                insert.unwrap(),
                collect.unwrap(),
                Value::NULL,
                finalizing.unwrap(),
            ))
            .unwrap();
        let method: Function = lua.globals().get("method").unwrap();
        for name in ["full_text", "user", "a"] {
            methods.raw_set(name, &method).unwrap();
        }
        let held = Rc::default();
        Self { lua, held }
    }

    fn tweet(&self, line: &str) -> Value {
        let tweet = Tweet::parse(Bytes::copy_from_slice(line.as_bytes())).unwrap();
        push_tweet(&self.lua, tweet, &self.held).unwrap()
    }

    fn table(&self, line: &str) -> Value {
        plain(&self.lua, &reader::read_any(line.as_bytes()).unwrap())
    }

    fn restart(&self, tweet: Value) {
        let restart: Function = self.lua.globals().get("restart").unwrap();
        restart.call::<()>(tweet).unwrap();
    }

    fn play(&self, program: &str) -> Result<Vec<String>, String> {
        let ran = self.lua.load(program).set_name("=program").exec();
        ran.map_err(|error| error.to_string())?;
        let trace: Vec<LuaString> = self.lua.globals().get("trace").unwrap();
        Ok(trace.iter().map(|text| text.to_string_lossy()).collect())
    }
}

/// Makes a plain table of JSON, in the way a Tweet is read: if a name occurs twice, the first one counts.
fn plain(lua: &Lua, json: &sonic_rs::Value) -> Value {
    match json.get_type() {
        JsonType::Null => Value::NULL,
        JsonType::Boolean => Value::Boolean(json.is_true()),
        JsonType::Number => match json.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Number(reader::to_f64(json).unwrap()),
        },
        JsonType::String => Value::String(lua.create_string(json.as_str().unwrap()).unwrap()),
        JsonType::Array => {
            let elements = json.as_array().into_iter().flatten();
            let list = elements.map(|element| plain(lua, element));
            let list = lua.create_sequence_from(list).unwrap();
            mark_array(lua, &list).unwrap();
            Value::Table(list)
        }
        JsonType::Object => {
            let table = lua.create_table().unwrap();
            let mut seen = std::collections::HashSet::new();
            for (key, field) in json.as_object().into_iter().flatten() {
                if seen.insert(key) && !field.is_null() {
                    table.raw_set(key, plain(lua, field)).unwrap();
                }
            }
            Value::Table(table)
        }
    }
}

fn shown_json(encoded: Result<Vec<u8>, Unencodable>) -> String {
    match encoded {
        Ok(json) => match reader::read_any(&json) {
            Ok(value) => canonical(&value),
            Err(reader::Error::TooDeep) => EITHER.to_owned(),
            Err(error) => format!("{error}: {}", String::from_utf8_lossy(&json)),
        },
        // A Tweet writes an untouched part as it came in, whatever it is. An object of a Tweet that gets list items
        // does not become a list.
        Err(Unencodable::NotFinite | Unencodable::Depth | Unencodable::Mixed) => EITHER.to_owned(),
        Err(_) => "no JSON".to_owned(),
    }
}

/// Writes JSON so that a Tweet and a table give the same: without nulls in objects, and without repeated names.
fn canonical(json: &sonic_rs::Value) -> String {
    match json.get_type() {
        JsonType::Array => {
            let elements = json.as_array().into_iter().flatten().map(canonical);
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        JsonType::Object => {
            let mut fields = std::collections::BTreeMap::new();
            for (key, field) in json.as_object().into_iter().flatten() {
                fields.entry(key).or_insert(field);
            }
            let shown = fields.iter().filter(|(_, field)| !field.is_null());
            let shown = shown.map(|(key, field)| format!("{key:?}:{}", canonical(field)));
            format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
        }
        JsonType::Number => match json.as_i64() {
            Some(number) => number.to_string(),
            None => format!("{:?}", reader::to_f64(json)),
        },
        JsonType::String => format!("{:?}", json.as_str()),
        _ => json.to_string(),
    }
}

/// Runs one program on a Tweet. If the results have to agree, it runs on a plain table too.
fn check(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let limited = rng.u8(..4) == 0;
    let mood = Mood {
        writes_at_end: rng.u8(..3) == 0,
    };
    let (tweets, tables) = (World::new(), World::new());
    let collector = rng.u8(1..=4);
    for _ in 0..rng.usize(2..8) {
        let line = json::tweet(&mut rng);
        let program = format!("collect({collector})\n{}", program(&mut rng, mood));
        let shown: String = line.chars().take(2_000).collect();
        let report = |what: &str| format!("seed {seed}: {what}\n{shown}\n{program}");
        if !mood.writes_at_end && !limited {
            tweets.restart(tweets.tweet(&line));
            tables.restart(tables.table(&line));
            let tweet = tweets
                .play(&program)
                .map_err(|error| report(&error))
                .unwrap();
            let table = tables
                .play(&program)
                .map_err(|error| report(&error))
                .unwrap();
            let place = (0..tweet.len().max(table.len())).find(|place| {
                let (tweet, table) = (tweet.get(*place), table.get(*place));
                let either = |text: Option<&String>| text.is_some_and(|text| text == EITHER);
                tweet != table && !either(tweet) && !either(table)
            });
            if let Some(place) = place {
                let around = |trace: &[String]| {
                    format!(
                        "{:#?}",
                        &trace[place.saturating_sub(5).min(trace.len())
                            ..(place + 2).min(trace.len())]
                    )
                };
                panic!(
                    "{}",
                    report(&format!(
                        "place {place}: tweet {}, table {}",
                        around(&tweet),
                        around(&table)
                    ))
                );
            }
            continue;
        }
        tweets.restart(tweets.tweet(&line));
        let limit = if limited {
            tweets.lua.used_memory() + rng.usize(..60_000)
        } else {
            0
        };
        let chunk = tweets.lua.load(&program).into_function().unwrap();
        tweets.lua.set_memory_limit(limit).unwrap();
        // The memory is limited, so any error is fine, as long as it is an error.
        let _ = chunk.call::<()>(());
        tweets.lua.set_memory_limit(0).unwrap();
        let after = "for i = 1, 4 do try(function() fields(v[i]) json(v[i]) end) try(function() fields(kept[i]) json(kept[i]) end) end";
        tweets.play(after).map_err(|error| report(&error)).unwrap();
    }
    let held = Rc::clone(&tweets.held);
    drop(tweets);
    assert_eq!(
        held.tweets.get(),
        0,
        "seed {seed}: a document is left behind"
    );
}

#[test]
fn a_finalizer_that_writes_while_a_list_is_copied_loses_nothing() {
    let world = World::new();
    let lists = ["[{},{},{}]"; 3_000].join(",");
    world.restart(world.tweet(&format!(r#"{{"id_str":"1","lists":[{lists}]}}"#)));
    let trace = world.play(
        r"
        local bad = 0
        for _, list in ipairs(t.lists) do
          at_end(function() list.early = true list[1].x = 1 end)
          list[2] = 'late'
          if list[2] ~= 'late' or list[1] ~= list[1] or #list ~= 3 then bad = bad + 1 end
        end
        collect(1)
        for _, list in ipairs(t.lists) do
          if rawget(list, 'early') and list[1].x ~= 1 or list[2] ~= 'late' then bad = bad + 1 end
        end
        show(bad)",
    );
    assert_eq!(trace.unwrap(), ["integer0"]);
}

#[test]
#[allow(
    clippy::print_stderr,
    reason = "who waits for an hour wants to see it go on"
)]
fn a_tweet_is_a_table_to_every_program() {
    let read = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed: u64 = read("OUZEL_FUZZ_SEED").unwrap_or(0);
    let Some(seconds) = read("OUZEL_FUZZ_SECONDS") else {
        (seed..seed + SEEDS).for_each(check);
        return;
    };
    let started = Instant::now();
    for next in seed.. {
        check(next);
        let elapsed = started.elapsed();
        let is_over = elapsed >= Duration::from_secs(seconds);
        if is_over || next % 1_000 == 0 {
            // After a crash this is the only trace of how far the test came.
            eprintln!("seeds {seed} to {next} in {} s", elapsed.as_secs());
        }
        if is_over {
            break;
        }
    }
}
