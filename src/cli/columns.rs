//! Rows of cells as lines with columns.

use std::fmt::Write as _;

/// A line for each row, two blanks between its cells. A column is as wide as its widest cell, and the last one is not filled
/// up. The text of the columns with these numbers is on their right side.
pub(super) fn lines<R: AsRef<[String]>>(rows: &[R], right: &[usize]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.as_ref().iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let line = |row: &R| {
        let (last, cells) = row.as_ref().split_last()?;
        let mut line = String::new();
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
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
