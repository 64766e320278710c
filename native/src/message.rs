//! A message of reddit_stream, read where it is exactly as our producers write it. Whatever is unusual in any way is
//! left to the contract in Python, which alone rejects: so nothing is accepted here that the contract would refuse.

use std::borrow::Cow;

/// A comment as far as the stage needs it.
#[derive(Default)]
pub struct Comment<'a> {
    pub id: Cow<'a, str>,
    pub body: Vec<char>,
    pub subreddit: Cow<'a, str>,
    /// As the contract writes it: microseconds only when there are any.
    pub created: Instant,
    pub permalink: Option<Cow<'a, str>>,
    pub title: Option<Cow<'a, str>>,
    pub search: bool,
}

#[derive(Default, Clone, Copy)]
pub struct Instant {
    pub millis: i64,
    pub year: i32,
    fields: (i64, i64, i64, i64, i64),
    micros: i64,
}

impl Instant {
    /// ISO 8601 in UTC, as pydantic writes it.
    pub fn text(&self) -> String {
        let (month, day, hour, minute, second) = self.fields;
        let head = format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", self.year);
        if self.micros == 0 { format!("{head}Z") } else { format!("{head}.{:06}Z", self.micros) }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

/// The comment; none when Python has to look.
pub fn read(value: &[u8]) -> Option<Comment<'_>> {
    let text = std::str::from_utf8(value).ok()?;
    let mut scanner = Scanner { bytes: value, text, at: 0 };
    let mut comment = Comment::default();
    let mut seen = 0_u32;
    scanner.expect(b'{')?;
    loop {
        let key = scanner.key()?;
        scanner.expect(b':')?;
        let field = FIELDS.iter().position(|known| *known == key)?;
        if seen & (1 << field) != 0 {
            return None;
        }
        seen |= 1 << field;
        scanner.space();
        match key {
            "schema_version" => (scanner.integer()? == 1).then_some(())?,
            "id" => comment.id = scanner.string()?,
            "body" => comment.body = scanner.characters()?,
            "subreddit" => comment.subreddit = scanner.string()?,
            "created_utc" => comment.created = scanner.instant()?,
            "fetched_at" => drop(scanner.instant()?),
            "score" => drop(scanner.optional(Scanner::integer)?),
            "permalink" => comment.permalink = scanner.optional(Scanner::string)?,
            "submission_title" => comment.title = scanner.optional(Scanner::string)?,
            "author" | "submission_id" => drop(scanner.optional(Scanner::string)?),
            _ => comment.search = scanner.origin()?,
        }
        scanner.space();
        match scanner.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    scanner.space();
    let complete = scanner.at == value.len() && seen & REQUIRED == REQUIRED;
    (complete && !comment.id.is_empty() && comment.id.len() <= 64).then_some(comment)
}

const FIELDS: [&str; 12] = [
    "id",
    "body",
    "subreddit",
    "created_utc",
    "fetched_at",
    "schema_version",
    "author",
    "score",
    "permalink",
    "submission_id",
    "submission_title",
    "origin",
];
/// The first five of them.
const REQUIRED: u32 = 0b1_1111;

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        self.space();
        (self.next()? == wanted).then_some(())
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// A string without escapes.
    fn key(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        while !matches!(self.bytes.get(self.at)?, b'"' | b'\\' | 0..=31) {
            self.at += 1;
        }
        let found = &self.text[start..self.at];
        (self.next()? == b'"').then_some(found)
    }

    fn optional<T>(&mut self, read: fn(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.word("null") { Some(None) } else { read(self).map(Some) }
    }

    /// Borrowed where nothing in it is escaped.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        if let Some(plain) = self.key_here() {
            return Some(Cow::Borrowed(plain));
        }
        self.at = start;
        let mut found = String::new();
        self.pieces(|piece| found.push_str(piece))?;
        Some(Cow::Owned(found))
    }

    fn characters(&mut self) -> Option<Vec<char>> {
        let mut found = Vec::with_capacity(256);
        self.pieces(|piece| {
            if piece.is_ascii() {
                found.extend(piece.bytes().map(char::from)); // of known length: copied without a check for each
            } else {
                found.extend(piece.chars());
            }
        })?;
        Some(found)
    }

    /// A string's runs without escapes, and its escaped characters.
    fn pieces(&mut self, mut take: impl FnMut(&str)) -> Option<()> {
        if self.next()? != b'"' {
            return None;
        }
        loop {
            let start = self.at;
            while !matches!(self.bytes.get(self.at)?, b'"' | b'\\' | 0..=31) {
                self.at += 1;
            }
            take(&self.text[start..self.at]);
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => take(self.escaped()?.encode_utf8(&mut [0; 4])),
                _ => return None,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return None,
        })
    }

    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first); // none for a lone second half
        }
        if !self.word("\\u") {
            return None;
        }
        let second = self.four_digits()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |sum, &b| (b as char).to_digit(16).map(|d| sum * 16 + d))
    }

    /// Up to 18 digits without a leading zero.
    fn integer(&mut self) -> Option<i64> {
        let negative = self.word("-");
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        let plain = (1..=18).contains(&digits.len()) && (digits == "0" || !digits.starts_with('0'));
        let ends = !matches!(self.bytes.get(self.at), Some(b'.' | b'e' | b'E'));
        let value: i64 = digits.parse().ok().filter(|_| plain && ends)?;
        Some(if negative { -value } else { value })
    }

    /// "stream" or "search"; true for the latter.
    fn origin(&mut self) -> Option<bool> {
        if self.word("\"stream\"") { Some(false) } else { self.word("\"search\"").then_some(true) }
    }

    /// `YYYY-MM-DDTHH:MM:SS[.up to six digits](Z|+00:00)`, of the years 1970 to 2200.
    fn instant(&mut self) -> Option<Instant> {
        let text = self.key_here()?;
        let bytes = text.as_bytes();
        let shape = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if bytes.len() < 20 || shape.iter().any(|&(at, sign)| bytes[at] != sign) {
            return None;
        }
        let (year, month, day) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
        let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
        let zone = if text.ends_with("+00:00") { 6 } else { usize::from(text.ends_with('Z')) };
        let fraction = bytes.get(19..bytes.len() - zone)?;
        let micros = match fraction {
            [] => 0,
            [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
                number(digits)? * 10_i64.pow(6 - digits.len() as u32)
            }
            _ => return None,
        };
        let days = days_in(year, month)?;
        let valid =
            (1970..=2200).contains(&year) && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
        let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        (valid && zone > 0).then_some(Instant {
            millis: seconds * 1_000 + micros / 1_000,
            year: year as i32,
            fields: (month, day, hour, minute, second),
            micros,
        })
    }

    fn key_here(&mut self) -> Option<&'a str> {
        (*self.bytes.get(self.at)? == b'"').then_some(())?;
        self.key()
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0')))
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
