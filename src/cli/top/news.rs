//! Brings what the screen waits for: keys, what the run tells, and signals. Each has a task of its own, and all send into
//! one bounded channel.

use std::{io, thread, time::Duration};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc::{self, Receiver, Sender},
    time::sleep,
};

use crate::status::look::{
    client::{self, Events, Told},
    view::View,
};

/// How much may wait to be shown. Whoever sends then waits, and the run drops a listener that is too slow.
const WAITING: usize = 64;

/// How often the whole view is asked for.
const VIEW_EVERY: Duration = Duration::from_secs(2);

/// How long a lost connection waits before it is made again.
const AGAIN: Duration = Duration::from_secs(2);

/// What the screen has to know.
#[derive(Debug)]
pub(super) enum News {
    Key(Key),
    /// The terminal has another size.
    Resized,
    View(Box<View>),
    Told(Told),
    /// The run does not answer any more.
    Lost(String),
    /// A signal asks for an end.
    Signal,
}

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    End,
    Pause,
    Up,
    Down,
    /// The next table.
    Table,
}

/// Starts the tasks.
///
/// # Errors
/// When the system does not let the process listen for signals or start a thread.
pub(super) fn news(address: String, events: Events) -> io::Result<Receiver<News>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let keys = sender.clone();
    // Reading keys blocks. The thread ends with the process.
    let named = thread::Builder::new().name("keys".to_owned());
    named.spawn(move || read_keys(&keys))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let signals = sender.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        let _ = signals.send(News::Signal).await;
    });
    tokio::spawn(ask(address.clone(), sender.clone()));
    tokio::spawn(listen(address, events, sender));
    Ok(receiver)
}

/// Asks for the whole view from time to time. What is wrong is told by the events that do not come.
async fn ask(address: String, sender: Sender<News>) {
    loop {
        sleep(VIEW_EVERY).await;
        if let Ok(view) = client::view(&address).await
            && sender.send(News::View(Box::new(view))).await.is_err()
        {
            return;
        }
    }
}

/// Listens to the run, and asks again when the connection is lost.
async fn listen(address: String, events: Events, sender: Sender<News>) {
    let mut events = Some(events);
    loop {
        let told = match &mut events {
            Some(listening) => listening.next().await.map(Some),
            None => Events::open(&address).await.map(|opened| {
                events = Some(opened);
                None
            }),
        };
        let news = match told {
            Ok(Some(told)) => News::Told(told),
            Ok(None) => continue,
            Err(error) => {
                events = None;
                News::Lost(error.to_string())
            }
        };
        if sender.send(news).await.is_err() {
            return;
        }
        if events.is_none() {
            sleep(AGAIN).await;
        }
    }
}

/// Reads keys until the terminal is gone.
fn read_keys(sender: &Sender<News>) {
    while let Ok(event) = event::read() {
        let news = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => match meant(key) {
                Some(key) => News::Key(key),
                None => continue,
            },
            Event::Resize(..) => News::Resized,
            _ => continue,
        };
        if sender.blocking_send(news).is_err() {
            return;
        }
    }
    let _ = sender.blocking_send(News::Signal);
}

fn meant(key: KeyEvent) -> Option<Key> {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if is_control => Some(Key::End),
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::End),
        KeyCode::Char('p' | ' ') => Some(Key::Pause),
        KeyCode::Up | KeyCode::Char('k') => Some(Key::Up),
        KeyCode::Down | KeyCode::Char('j') => Some(Key::Down),
        KeyCode::Tab | KeyCode::Char('t') => Some(Key::Table),
        _ => None,
    }
}
