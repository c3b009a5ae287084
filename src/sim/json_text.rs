//! JSON written straight into bytes, in the way the service escapes it.

/// Appends JSON to a buffer; what is raw is written as it stands.
pub(super) struct Json<'a>(pub(super) &'a mut Vec<u8>);

impl Json<'_> {
    /// Text that is JSON already, such as punctuation and keys.
    pub(super) fn raw(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// The same in bytes.
    pub(super) fn raw_bytes(&mut self, json: &[u8]) -> &mut Self {
        self.0.extend_from_slice(json);
        self
    }

    /// A string in quotes, escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push(b'"');
        write_escaped(self.0, text);
        self.0.push(b'"');
        self
    }

    /// A string in quotes, or null.
    pub(super) fn text_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// The inside of a string: escaped, without quotes.
    pub(super) fn part(&mut self, text: &str) -> &mut Self {
        write_escaped(self.0, text);
        self
    }

    /// A whole number.
    pub(super) fn int(&mut self, number: u64) -> &mut Self {
        write_int(self.0, number);
        self
    }

    /// A count or an index.
    pub(super) fn size(&mut self, number: usize) -> &mut Self {
        self.int(number as u64)
    }

    /// A number in quotes, as ids are repeated.
    pub(super) fn quoted(&mut self, number: u64) -> &mut Self {
        self.raw("\"").int(number).raw("\"")
    }

    pub(super) fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// Elements with commas between them.
    pub(super) fn list<T>(
        &mut self,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Self),
    ) {
        for (at, element) in elements.into_iter().enumerate() {
            self.raw(if at > 0 { "," } else { "" });
            write(element, self);
        }
    }

    /// A coordinate with six decimals, or with all that it has if there are more.
    pub(super) fn degrees(&mut self, degrees: f64) -> &mut Self {
        let millionths = (degrees * 1e6).round() as i32;
        #[expect(clippy::float_cmp, reason = "whether it is exactly that")]
        if f64::from(millionths) / 1e6 != degrees {
            return self.raw(&degrees.to_string());
        }
        if millionths < 0 {
            self.raw("-");
        }
        let millionths = millionths.unsigned_abs();
        self.int(u64::from(millionths / 1_000_000)).raw(".");
        let mut digits = [b'0'; 6];
        let mut rest = millionths % 1_000_000;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.0.extend_from_slice(&digits);
        self
    }
}

/// Appends a number in decimal.
pub(super) fn write_int(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends `text` escaped: ASCII only, `\uXXXX` for everything else, and `\/` for slashes.
fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let mut plain_from = 0;
    for (at, character) in text.char_indices() {
        if matches!(character, ' '..='~') && !matches!(character, '"' | '\\' | '/') {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain_from..at]);
        plain_from = at + character.len_utf8();
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '/' => out.extend_from_slice(b"\\/"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write_unit(out, *unit);
                }
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain_from..]);
}

fn write_unit(out: &mut Vec<u8>, unit: u16) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u32| HEX[usize::from(unit >> shift) & 0xf];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_ascii_with_escaped_slashes() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            Json(&mut out).text(text);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check("plain", r#""plain""#);
        check("a/b \"c\" \\", r#""a\/b \"c\" \\""#);
        check("é🌊\n\u{7f}", r#""\u00e9\ud83c\udf0a\n\u007f""#);
    }

    #[test]
    fn numbers_are_exact() {
        let mut out = Vec::new();
        Json(&mut out)
            .int(0)
            .raw(" ")
            .quoted(u64::MAX)
            .raw(" ")
            .degrees(-1.054_007)
            .raw(" ")
            .degrees(0.123_456_78);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "0 \"18446744073709551615\" -1.054007 0.12345678"
        );
    }
}
