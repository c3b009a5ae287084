//! `ouzel top`: a run in a terminal, live. Takes what the run tells at its status address and keys, draws one screen, and
//! never changes the run. The only folder that draws with ratatui.

mod draw;
mod news;
mod screen;

use std::io::{self, IsTerminal};

use clap::Args;
use ratatui::DefaultTerminal;

use self::{
    news::news,
    screen::{Ended, Screen},
};
use super::{print::say, run_address::RunAddress, runtime};
use crate::{error::Error, status::look::client};

/// `ouzel top`.
#[derive(Debug, Args)]
pub(crate) struct Top {
    #[command(flatten)]
    run: RunAddress,
}

/// Shows the run until somebody has seen enough.
///
/// # Errors
/// [`Error::Usage`] without a terminal. [`Error::Look`] if no run can be asked.
pub(crate) fn top(arguments: &Top) -> Result<(), Error> {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_dumb || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::Usage(
            "`ouzel top` needs a terminal that can be drawn on\nhint: `ouzel status` prints the same once, and `ouzel status --json` for programs"
                .to_owned(),
        ));
    }
    let address = arguments.run.find()?;
    let ended = runtime()?.block_on(async {
        // Asked before anything is drawn, so that an error stands on a terminal as it was.
        let view = client::view(&address).await?;
        let events = client::Events::open(&address).await?;
        let mut news = news(address.clone(), events).map_err(Error::system("cannot watch"))?;
        let mut terminal = Drawn::begin()?;
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let mut screen = Screen::new(address, view);
        loop {
            terminal.draw(|frame| draw::draw(frame, &screen, has_colours))?;
            let Some(news) = news.recv().await else {
                return Ok(Ended::Asked);
            };
            if let Some(ended) = screen.take(news) {
                return Ok::<_, Error>(ended);
            }
        }
    })?;
    if ended == Ended::Run {
        say("the run has ended\n");
    }
    Ok(())
}

/// The terminal while it is drawn on. It is as before afterwards, also after a panic.
struct Drawn(DefaultTerminal);

impl Drawn {
    fn begin() -> Result<Self, Error> {
        // It also restores the terminal before a panic is told.
        let terminal = ratatui::try_init();
        terminal
            .map(Self)
            .map_err(Error::system("cannot draw on the terminal"))
    }

    fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> Result<(), Error> {
        let drawn = self.0.draw(draw);
        drawn
            .map(|_| ())
            .map_err(Error::system("cannot draw on the terminal"))
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
