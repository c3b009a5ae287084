//! Draws the screen. Nothing is told by colour alone, and a small terminal gets the most important part.

use std::time::Duration;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Cell, Paragraph, Row, Sparkline, Table, Wrap},
};

use super::screen::Screen;
use crate::{
    status::{counted, look::view, short, thousands},
    text::plain,
};

/// Bars of a line, from the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How wide the bars of a tag are.
const TAG_BARS: u16 = 30;

/// Below this height there is no room for anything but the head and the tags.
const SMALL: u16 = 16;

/// The styles, with colours or without.
#[derive(Clone, Copy)]
struct Styles {
    has_colours: bool,
}

impl Styles {
    fn colour(self, colour: Color) -> Style {
        match self.has_colours {
            true => Style::new().fg(colour),
            false => Style::new(),
        }
    }

    fn good(self) -> Style {
        self.colour(Color::Green)
    }

    fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn soft(self) -> Style {
        match self.has_colours {
            true => Style::new().fg(Color::DarkGray),
            false => Style::new().add_modifier(Modifier::DIM),
        }
    }

    fn bars(self) -> Style {
        self.colour(Color::Cyan)
    }
}

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen, has_colours: bool) {
    let styles = Styles { has_colours };
    let area = frame.area();
    let is_small = area.height < SMALL;
    let bars = if is_small { 0 } else { 7 };
    let [head, chart, middle, rows, foot] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(bars),
        Constraint::Fill(1),
        Constraint::Length(if is_small {
            0
        } else {
            (area.height / 4).clamp(4, 11)
        }),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(head_of(screen, styles), head);
    draw_chart(frame, chart, screen, styles);
    if area.width >= 100 && !is_small {
        let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
        let [left, right] = Layout::horizontal(halves).areas(middle);
        draw_tags(frame, left, screen, styles);
        draw_failures(frame, right, screen, styles);
    } else if is_small {
        draw_tags(frame, middle, screen, styles);
    } else {
        let halves = [Constraint::Fill(1), Constraint::Fill(1)];
        let [above, below] = Layout::vertical(halves).areas(middle);
        draw_tags(frame, above, screen, styles);
        draw_failures(frame, below, screen, styles);
    }
    draw_rows(frame, rows, screen, styles);
    let keys = " q end   p pause   ↑↓ pick a tag   t next table";
    frame.render_widget(Paragraph::new(Line::styled(keys, styles.soft())), foot);
}

/// The health, the numbers, and what is wrong.
fn head_of(screen: &Screen, styles: Styles) -> Paragraph<'_> {
    let now = screen.now();
    let is_well = now.health == "ok" && screen.lost.is_none();
    let health = match &screen.lost {
        Some(_) => "no connection".to_owned(),
        None => plain::line(&now.health).into_owned(),
    };
    let since = |ms: i64| short(milliseconds(now.at_ms.saturating_sub(ms)));
    let mut stream = plain::line(&now.stream.state).into_owned();
    if let Some(ms) = now.stream.since_ms {
        stream += &format!(" for {}", since(ms));
    }
    if let Some(cause) = &now.stream.cause {
        stream += &format!(": {}", plain::line(cause));
    }
    let lag = match now.lag_ms {
        0 => "0 ms".to_owned(),
        ms => short(Duration::from_millis(ms)),
    };
    let mut first = vec![
        Span::raw(" "),
        Span::styled(
            format!("{} {health}", if is_well { '✓' } else { '✕' }),
            if is_well { styles.good() } else { styles.bad() },
        ),
        Span::raw(format!(
            "  {stream}  ·  {:.1} Tweets/s  ·  lag {lag}",
            now.rate.now
        )),
    ];
    if now.waiting > 0 {
        first.push(Span::raw(format!(", {} waiting", thousands(now.waiting))));
    }
    if screen.is_paused {
        first.push(Span::styled("  PAUSED", styles.bad()));
    }
    let counts = &now.counts;
    let mut second = vec![Span::raw(format!(
        " {} Tweets: {} kept, {} filtered, ",
        thousands(counts.tweets),
        thousands(counts.kept),
        thousands(counts.filtered)
    ))];
    let failed = format!("{} failed", thousands(counts.failed));
    let style = if counts.failed > 0 {
        styles.bad()
    } else {
        Style::new()
    };
    second.push(Span::styled(failed, style));
    second.push(Span::raw(format!(
        "  ·  {}  ·  {} in quarantine",
        counted(counts.rows, "row"),
        thousands(counts.quarantined)
    )));
    let third = match (&screen.lost, &now.in_hand) {
        (Some(why), _) => Line::styled(format!(" {}", first_line(why)), styles.bad()),
        (None, Some(in_hand)) => Line::styled(
            format!(" does not end: {}", plain::line(in_hand)),
            styles.bad(),
        ),
        (None, None) => Line::styled(
            format!(
                " {} at {}, generation {}{}",
                plain::line(&screen.view.about.script),
                plain::line(&screen.address),
                now.generation.number,
                match now.generation.back_to {
                    Some(back_to) => format!(", rolled back to {back_to}"),
                    None => String::new(),
                }
            ),
            styles.soft(),
        ),
    };
    Paragraph::new(vec![Line::from(first), Line::from(second), third])
}

fn titled(title: String, styles: Styles) -> Block<'static> {
    Block::new()
        .borders(Borders::TOP)
        .border_style(styles.soft())
        .title(Span::styled(
            title,
            Style::new().add_modifier(Modifier::BOLD),
        ))
}

fn draw_chart(frame: &mut Frame<'_>, area: Rect, screen: &Screen, styles: Styles) {
    let tag = screen.tag.as_deref();
    let last = screen.last(usize::from(area.width), tag);
    let most = last.iter().max().copied().unwrap_or_default();
    let what = match tag {
        Some(tag) => format!("tagged {}", plain::line(tag)),
        None => "all".to_owned(),
    };
    let title = format!(" Tweets a second, {what}, up to {} ", thousands(most));
    // The newest second is on the right side.
    let mut data = vec![0; usize::from(area.width).saturating_sub(last.len())];
    data.extend(last);
    let sparkline = Sparkline::default()
        .block(titled(title, styles))
        .style(styles.bars())
        .data(data);
    frame.render_widget(sparkline, area);
}

fn draw_tags(frame: &mut Frame<'_>, area: Rect, screen: &Screen, styles: Styles) {
    let tags = &screen.view.tags;
    let picked = tags
        .iter()
        .position(|tag| Some(&tag.tag) == screen.tag.as_ref());
    // The picked one stays on the screen.
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    let from = picked.map_or(0, |picked| (picked + 1).saturating_sub(room));
    let width = TAG_BARS.min(area.width / 3);
    let rows = tags.iter().skip(from).take(room).map(|tag| {
        let is_picked = Some(&tag.tag) == screen.tag.as_ref();
        let style = match is_picked {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => Style::new(),
        };
        let mark = if is_picked { '›' } else { ' ' };
        let last = screen.last(usize::from(width), Some(&tag.tag));
        Row::new([
            Cell::new(format!("{mark}{}", plain::line(&tag.tag))).style(style),
            Cell::new(Line::from(thousands(tag.count)).right_aligned()),
            Cell::new(Line::from(format!("{:.1}/s", tag.rate)).right_aligned()),
            Cell::new(Line::from(bars(&last)).right_aligned()).style(styles.bars()),
        ])
    });
    let widths = [
        Constraint::Fill(1),
        Constraint::Length(11),
        Constraint::Length(9),
        Constraint::Length(width),
    ];
    let all = tags.len() + screen.view.more_tags;
    let title = format!(" {} ", counted(all as u64, "tag"));
    let table = Table::new(rows, widths).block(titled(title, styles));
    frame.render_widget(table, area);
}

/// The numbers as bars; the highest is full, and only 0 is empty.
fn bars(numbers: &[u64]) -> String {
    let most = numbers.iter().max().copied().unwrap_or_default().max(1);
    let bar = |number: &u64| match *number {
        0 => ' ',
        number => {
            let step = number.saturating_mul(BARS.len() as u64).div_ceil(most);
            BARS[usize::try_from(step)
                .unwrap_or(BARS.len())
                .clamp(1, BARS.len())
                - 1]
        }
    };
    numbers.iter().map(bar).collect()
}

fn draw_failures(frame: &mut Frame<'_>, area: Rect, screen: &Screen, styles: Styles) {
    let failures = &screen.view.kept.failures;
    let mut lines = Vec::new();
    for failure in failures {
        let place = failure.place.as_deref().unwrap_or("an unknown line");
        lines.push(Line::from(vec![
            Span::styled(format!(" {} ×", thousands(failure.count)), styles.bad()),
            Span::raw(format!(
                " {} at {}",
                plain::line(&failure.handler),
                plain::line(place)
            )),
        ]));
        lines.push(Line::raw(format!("   {}", first_line(&failure.error))));
        if let Some(code) = &failure.code {
            let code = format!("   {}", plain::line(code.trim()));
            lines.push(Line::styled(code, styles.soft()));
        }
    }
    if let Some(trouble) = &screen.view.kept.trouble {
        let text = format!(" the database cannot be read now: {}", first_line(trouble));
        lines.insert(0, Line::styled(text, styles.bad()));
    } else if lines.is_empty() {
        lines.push(Line::styled(" no Tweet is in quarantine", styles.soft()));
    }
    let title = " failures, by cause ".to_owned();
    frame.render_widget(Paragraph::new(lines).block(titled(title, styles)), area);
}

fn draw_rows(frame: &mut Frame<'_>, area: Rect, screen: &Screen, styles: Styles) {
    let tables = &screen.view.kept.tables;
    let Some(table) = tables.get(screen.table()) else {
        let text = Paragraph::new(Line::styled(
            " the script declares no tables",
            styles.soft(),
        ));
        frame.render_widget(text.block(titled(" newest rows ".to_owned(), styles)), area);
        return;
    };
    let which = match tables.len() {
        1 => String::new(),
        all => format!(", table {} of {all}", screen.table() + 1),
    };
    let title = format!(" newest rows of {}{which} ", plain::line(&table.name));
    if let Some(trouble) = &table.trouble {
        let text = format!(" they cannot be read: {}", first_line(trouble));
        let text = Paragraph::new(text).wrap(Wrap { trim: false });
        frame.render_widget(text.block(titled(title, styles)), area);
        return;
    }
    let names = table
        .columns
        .iter()
        .map(|name| plain::line(name).into_owned());
    let rows = table
        .rows
        .iter()
        .map(|row| Row::new(row.iter().map(|cell| shown(cell.as_ref()))));
    let widths = widths(table, area.width);
    let drawn = Table::new(rows, widths)
        .header(Row::new(names).style(styles.soft()))
        .column_spacing(2)
        .block(titled(title, styles));
    frame.render_widget(drawn, area);
}

fn shown(cell: Option<&String>) -> String {
    cell.map_or_else(|| "NULL".to_owned(), |text| plain::line(text).into_owned())
}

/// Each column is as wide as it needs, as far as all have room; the rest is shared.
fn widths(table: &view::Table, all: u16) -> Vec<Constraint> {
    let share = all
        / u16::try_from(table.columns.len())
            .unwrap_or(u16::MAX)
            .max(1);
    let needs = (0..table.columns.len()).map(|column| {
        let cells = table.rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| shown(cell.as_ref()).chars().count());
        let name = table.columns[column].chars().count();
        u16::try_from(cells.max().unwrap_or(0).max(name)).unwrap_or(u16::MAX)
    });
    needs
        .map(|need| match need <= share.max(20) {
            true => Constraint::Length(need),
            false => Constraint::Fill(1),
        })
        .collect()
}

fn first_line(text: &str) -> String {
    plain::line(text.lines().next().unwrap_or_default()).into_owned()
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;
    use crate::{
        cli::top::news::{Key, News},
        status::look::{
            client::Told,
            view::{Past, sample},
        },
    };

    fn screen() -> Screen {
        let mut screen = Screen::new("127.0.0.1:9464".to_owned(), sample());
        let past = Past {
            from: 0,
            at: (0..8).collect(),
            tweets: vec![1, 2, 3, 4, 5, 6, 7, 8],
            tags: vec![("climate".to_owned(), vec![0, 1, 2, 3, 4, 5, 6, 7])],
            ..Past::default()
        };
        screen.take(News::Told(Told::History(past)));
        screen
    }

    fn drawn(screen: &Screen, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, screen, true)).unwrap();
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(width));
        let text = |row: &[ratatui::buffer::Cell]| {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            // Without the bar, the blanks at the left side would be lost from what is expected.
            format!("|{}\n", row.trim_end())
        };
        rows.map(text).collect()
    }

    fn check(screen: &Screen, width: u16, height: u16, expected: Expect) {
        expected.assert_eq(&drawn(screen, width, height));
    }

    #[test]
    fn a_wide_screen_shows_everything() {
        check(
            &screen(),
            110,
            26,
            expect![[r#"
                | ✓ ok  connected for 1h 59m  ·  12.4 Tweets/s  ·  lag 340 ms, 12 waiting
                | 84 388 Tweets: 80 000 kept, 4 380 filtered, 8 failed  ·  81 234 rows  ·  9 in quarantine
                | scripts/main.lua at 127.0.0.1:9464, generation 3
                | Tweets a second, all, up to 8 ───────────────────────────────────────────────────────────────────────────────
                |                                                                                                            ▂█
                |                                                                                                           ▄██
                |                                                                                                          ▆███
                |                                                                                                        ▂█████
                |                                                                                                       ▄██████
                |                                                                                                      ▆███████
                | 9 tags ─────────────────────────────────────────────── failures, by cause ───────────────────────────────────
                | climate            60 000     8.4/s            ▂▃▄▅▆▇█ 8 × on "*" at main.lua:12
                | <script>\u{20      24 388     0.2/s                      attempt to index a nil value (field 'price')
                |                                                          local price = t.price.amount
                |
                |
                |
                |
                |
                | newest rows of seen ─────────────────────────────────────────────────────────────────────────────────────────
                |id                   text                  lang
                |2126362115006992384  a text\nof two lines  NULL
                |7                    \u{1b}[31mred         en
                |
                |
                | q end   p pause   ↑↓ pick a tag   t next table
            "#]],
        );
    }

    #[test]
    fn a_narrow_screen_puts_the_parts_below_each_other() {
        let mut screen = screen();
        screen.take(News::Key(Key::Down));
        screen.take(News::Key(Key::Pause));
        check(
            &screen,
            60,
            24,
            expect![[r#"
                | ✓ ok  connected for 1h 59m  ·  12.4 Tweets/s  ·  lag 340 ms
                | 84 388 Tweets: 80 000 kept, 4 380 filtered, 8 failed  ·  81
                | scripts/main.lua at 127.0.0.1:9464, generation 3
                | Tweets a second, tagged climate, up to 7 ──────────────────
                |                                                          ▁█
                |                                                         ▂██
                |                                                        ▃███
                |                                                       ▄████
                |                                                      ▅█████
                |                                                     ▆██████
                | 9 tags ────────────────────────────────────────────────────
                |›climate               60 000     8.4/s              ▂▃▄▅▆▇█
                | <script>\u{202e}      24 388     0.2/s
                |
                | failures, by cause ────────────────────────────────────────
                | 8 × on "*" at main.lua:12
                |   attempt to index a nil value (field 'price')
                | newest rows of seen ───────────────────────────────────────
                |id                   text                  lang
                |2126362115006992384  a text\nof two lines  NULL
                |7                    \u{1b}[31mred         en
                |
                |
                | q end   p pause   ↑↓ pick a tag   t next table
            "#]],
        );
    }

    #[test]
    fn a_lost_connection_is_told() {
        let mut screen = screen();
        screen.take(News::Lost("it was closed\nhint: no".to_owned()));
        check(
            &screen,
            60,
            8,
            expect![[r#"
                | ✕ no connection  connected for 1h 59m  ·  12.4 Tweets/s  ·
                | 84 388 Tweets: 80 000 kept, 4 380 filtered, 8 failed  ·  81
                | it was closed
                | 9 tags ────────────────────────────────────────────────────
                | climate               60 000     8.4/s              ▂▃▄▅▆▇█
                | <script>\u{202e}      24 388     0.2/s
                |
                | q end   p pause   ↑↓ pick a tag   t next table
            "#]],
        );
    }

    #[test]
    fn no_size_is_too_small_and_no_colour_is_needed() {
        let mut screen = screen();
        for height in 0..30 {
            for width in [0, 1, 2, 5, 20, 99, 100, 101, 300] {
                let backend = TestBackend::new(width, height);
                let mut terminal = Terminal::new(backend).unwrap();
                terminal.draw(|frame| draw(frame, &screen, false)).unwrap();
                let cells = &terminal.backend().buffer().content;
                assert!(
                    cells
                        .iter()
                        .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
                );
            }
            screen.take(News::Key(Key::Down));
        }
    }
}
