//! Rows of cells as lines with columns.

use std::{array, fmt::Write as _};

/// A line for each row, two blanks between its cells. A column is as wide as its widest cell, and the last one is not filled
/// up. The text of the columns with these numbers is on their right side.
pub(super) fn lines<const N: usize>(rows: &[[String; N]], right: &[usize]) -> Vec<String> {
    let widths: [usize; N] = array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let (last, cells) = row.split_last()?;
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let _ = match right.contains(&column) {
                true => write!(line, "{cell:>width$}  "),
                false => write!(line, "{cell:width$}  "),
            };
        }
        Some(match last.as_str() {
            "" => line.trim_end().to_owned(),
            last => line + last,
        })
    };
    rows.iter().filter_map(line).collect()
}
