//! The type of a column: whether a declaration has one that is good, and which values the column takes.

use super::Answer;
use crate::{row::Cell, script::error::Misuse, text::nearest::nearest};

/// The type of a column, as far as ouzel checks what a script writes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Real,
    Text,
    Blob,
    /// `ANY`, and any column of a table that is declared with `strict = false`.
    Any,
}

/// The types that a STRICT table can have.
const KINDS: [(&str, Kind); 6] = [
    ("INTEGER", Kind::Integer),
    ("INT", Kind::Integer),
    ("REAL", Kind::Real),
    ("TEXT", Kind::Text),
    ("BLOB", Kind::Blob),
    ("ANY", Kind::Any),
];

/// The types of other databases and of SQLite's older tables, and what to write instead.
const OLD: [(&str, &[&str]); 4] = [
    (
        "TEXT",
        &[
            "VARCHAR",
            "CHAR",
            "CHARACTER",
            "NCHAR",
            "NVARCHAR",
            "CLOB",
            "STRING",
            "DATE",
            "TIME",
            "DATETIME",
            "TIMESTAMP",
            "TIMESTAMPTZ",
            "JSON",
            "UUID",
            "ENUM",
        ],
    ),
    (
        "INTEGER",
        &[
            "BOOLEAN",
            "BOOL",
            "TINYINT",
            "SMALLINT",
            "MEDIUMINT",
            "BIGINT",
            "INT2",
            "INT4",
            "INT8",
            "LONG",
            "UNSIGNED",
            "SERIAL",
            "BIGSERIAL",
        ],
    ),
    (
        "REAL",
        &["FLOAT", "DOUBLE", "NUMERIC", "DECIMAL", "NUMBER", "MONEY"],
    ),
    ("BLOB", &["BINARY", "VARBINARY", "BYTEA", "JSONB"]),
];

/// The words that may follow the type.
const CONSTRAINTS: [&str; 11] = [
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "CONSTRAINT",
];

const ALL: &str = "the types are INTEGER, REAL, TEXT, BLOB and ANY";

const LOOSE: &str =
    "`ouzel.table(name, columns, { strict = false })` makes a table that takes it as SQLite does";

impl Kind {
    /// Reads the type of a column from its declaration.
    pub(super) fn read(
        table: &str,
        column: &str,
        declaration: &str,
        is_strict: bool,
    ) -> Answer<Self> {
        let word = first_word(declaration);
        let rest = declaration[word.len()..].trim_start();
        let name = word.to_ascii_uppercase();
        let wrong = |message: String, hint: String| {
            let misuse = Misuse::new(format!("column `{column}` of table `{table}`: {message}"));
            Err(misuse.hint(hint).at_word(column))
        };
        let known = KINDS.iter().find(|(known, _)| *known == name);
        let old = OLD.iter().find(|(_, names)| names.contains(&&*name));
        let names = || KINDS.iter().map(|(known, _)| *known);
        if !is_strict {
            // An old table may have any word as a type, but none that is nearly the word of another one.
            let is_known = known.is_some() || old.is_some() || CONSTRAINTS.contains(&&*name);
            return match nearest(&name, names()) {
                Some(near) if !is_known => {
                    wrong(format!("there is no type `{word}`"), did_you_mean(near))
                }
                _ => Ok(Self::Any),
            };
        }
        let Some((_, kind)) = known else {
            if word.is_empty() || CONSTRAINTS.contains(&&*name) {
                let message = format!("`{declaration}` does not begin with a type");
                return wrong(message, ALL.to_owned());
            }
            if let Some((instead, _)) = old {
                return wrong(
                    format!("there is no type `{word}`; write `{instead}`"),
                    LOOSE.to_owned(),
                );
            }
            let message = format!("there is no type `{word}`");
            return wrong(
                message,
                nearest(&name, names()).map_or(ALL.to_owned(), did_you_mean),
            );
        };
        let next = first_word(rest);
        let upper = next.to_ascii_uppercase();
        if rest.is_empty() || CONSTRAINTS.contains(&&*upper) {
            return Ok(*kind);
        }
        if rest.starts_with('(') {
            let message = format!("a type has no length; write `{name}`");
            return wrong(
                message,
                format!("`CHECK (length({column}) <= 100)` bounds one"),
            );
        }
        let message = format!(
            "`{}` cannot follow `{word}`",
            if next.is_empty() { rest } else { next }
        );
        let near = nearest(&upper, CONSTRAINTS.into_iter());
        wrong(
            message,
            near.map_or(
                "constraints follow, such as `NOT NULL`, `UNIQUE` or `DEFAULT 0`".to_owned(),
                did_you_mean,
            ),
        )
    }

    /// The type's name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
            Self::Any => "ANY",
        }
    }

    /// Checks that the column takes a value, as a STRICT table would, except that no text is taken for a number: a text
    /// of digits only looks like one until a Tweet has another one.
    ///
    /// # Errors
    /// What the value is, and what to do about it.
    pub(super) fn check(self, cell: Cell<'_>) -> Result<(), (&'static str, &'static str)> {
        match (self, cell) {
            (Self::Any, _)
            | (_, Cell::Null)
            | (Self::Integer | Self::Real | Self::Text, Cell::Integer(_))
            | (Self::Real | Self::Text, Cell::Real(_))
            | (Self::Text | Self::Blob, Cell::Text(_))
            | (Self::Blob, Cell::Blob(_)) => Ok(()),
            (Self::Integer, Cell::Real(number)) if is_integral(number) => Ok(()),
            (Self::Integer, Cell::Real(number)) if number.fract() == 0.0 => Err((
                "a number that is too large for 64 bits",
                "declare the column as REAL or TEXT",
            )),
            (Self::Integer, Cell::Real(_)) => Err((
                "a number that is not whole",
                "`math.floor` makes an integer, or declare the column as REAL",
            )),
            (Self::Integer | Self::Real, Cell::Text(_)) => Err((
                "text",
                "`tonumber` makes a number of text, or declare the column as TEXT or ANY",
            )),
            (Self::Integer | Self::Real | Self::Text, Cell::Blob(_)) => Err((
                "text that is not UTF-8",
                "declare the column as BLOB or ANY",
            )),
            (Self::Blob, Cell::Integer(_) | Cell::Real(_)) => Err((
                "a number",
                "`tostring` makes text of it, or declare the column as INTEGER, REAL or ANY",
            )),
        }
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

fn first_word(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c: char| !is_part(c)).next().unwrap_or_default()
}

/// Whether SQLite can store this number in an INTEGER column without losing anything.
fn is_integral(number: f64) -> bool {
    const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    number.fract() == 0.0 && number.abs() < TOO_LARGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(declaration: &str, expected: &str) {
        let shown = match Kind::read("t", "c", declaration, true) {
            Ok(kind) => kind.name().to_owned(),
            Err(misuse) => {
                let message = misuse.message.replace("column `c` of table `t`: ", "");
                format!("{message} / {}", misuse.hint.unwrap_or_default())
            }
        };
        assert_eq!(shown, expected, "{declaration}");
    }

    #[test]
    fn a_declaration_begins_with_a_type_and_goes_on_with_constraints() {
        check("INTEGER", "INTEGER");
        check("integer  primary  key", "INTEGER");
        check("INT NOT NULL", "INTEGER");
        check("REAL DEFAULT 0.5", "REAL");
        check("TEXT CHECK (length(c) < 5)", "TEXT");
        check("TEXT COLLATE NOCASE UNIQUE", "TEXT");
        check("BLOB NULL", "BLOB");
        check("ANY REFERENCES t (id)", "ANY");
        check("TEXT GENERATED ALWAYS AS (id + 1)", "TEXT");
        check("TEXT AS (id + 1)", "TEXT");
        check("TEXT CONSTRAINT short CHECK (length(c) < 5)", "TEXT");
        check("TXET", "there is no type `TXET` / did you mean `TEXT`?");
        check(
            "Interger NOT NULL",
            "there is no type `Interger` / did you mean `INTEGER`?",
        );
        check(
            "GEOMETRY",
            "there is no type `GEOMETRY` / the types are INTEGER, REAL, TEXT, BLOB and ANY",
        );
        check(
            "NOT NULL",
            "`NOT NULL` does not begin with a type / the types are INTEGER, REAL, TEXT, BLOB and ANY",
        );
        check(
            "'TEXT'",
            "`'TEXT'` does not begin with a type / the types are INTEGER, REAL, TEXT, BLOB and ANY",
        );
        check(
            "TEXT UNIQE",
            "`UNIQE` cannot follow `TEXT` / did you mean `UNIQUE`?",
        );
        check(
            "INTEGER UNSIGNED",
            "`UNSIGNED` cannot follow `INTEGER` / constraints follow, such as `NOT NULL`, `UNIQUE` or `DEFAULT 0`",
        );
        check(
            "TEXT, x TEXT",
            "`, x TEXT` cannot follow `TEXT` / constraints follow, such as `NOT NULL`, `UNIQUE` or `DEFAULT 0`",
        );
        check(
            "TEXT (20)",
            "a type has no length; write `TEXT` / `CHECK (length(c) <= 100)` bounds one",
        );
    }

    #[test]
    fn a_type_of_old_tables_says_what_to_write() {
        for (declaration, instead) in [
            ("VARCHAR(20)", "TEXT"),
            ("datetime", "TEXT"),
            ("JSON", "TEXT"),
            ("BOOLEAN DEFAULT 0", "INTEGER"),
            ("BIGINT", "INTEGER"),
            ("DOUBLE PRECISION", "REAL"),
            ("BYTEA", "BLOB"),
        ] {
            let word = first_word(declaration);
            check(
                declaration,
                &format!("there is no type `{word}`; write `{instead}` / {LOOSE}"),
            );
            assert_eq!(
                Kind::read("t", "c", declaration, false).ok(),
                Some(Kind::Any)
            );
        }
        let is_read = |declaration| Kind::read("t", "c", declaration, false).is_ok();
        assert!(is_read("GEOMETRY") && is_read("NOT NULL") && !is_read("TXET"));
    }

    #[test]
    fn a_column_takes_what_a_strict_table_takes() {
        const KINDS: [Kind; 5] = [Kind::Integer, Kind::Real, Kind::Text, Kind::Blob, Kind::Any];
        for (cell, expected) in [
            (Cell::Null, [true; 5]),
            (Cell::Integer(5), [true, true, true, false, true]),
            (Cell::Real(5.0), [true, true, true, false, true]),
            (Cell::Real(-0.0), [true, true, true, false, true]),
            (Cell::Real(5.5), [false, true, true, false, true]),
            (Cell::Real(1e19), [false, true, true, false, true]),
            (Cell::Real(f64::INFINITY), [false, true, true, false, true]),
            (Cell::Real(f64::NAN), [false, true, true, false, true]),
            (Cell::Text("5"), [false, false, true, true, true]),
            (Cell::Blob(&[255]), [false, false, false, true, true]),
        ] {
            let taken = KINDS.map(|kind| kind.check(cell).is_ok());
            assert_eq!(taken, expected, "{cell:?}");
        }
    }
}
