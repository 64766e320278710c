//! The writer's own words: what is quoted or a link becomes spaces (`processors/linking/text.py`, `own_words`).

use crate::chars::Chars;

/// Characters read of one body.
pub const READ_LIMIT: usize = 40_000;

pub fn own_words(chars: &Chars, body: &[char]) -> Vec<char> {
    let mut text = body[..body.len().min(READ_LIMIT)].to_vec();
    let mut signs = signs(&text);
    if signs & QUOTE != 0 {
        blank_quotes(&mut text);
        signs = self::signs(&text);
    }
    if signs & ADDRESS != 0 {
        blank_addresses(chars, &mut text);
    }
    if signs & NAME != 0 {
        blank_names(chars, &mut text);
    }
    if signs & ENTITY != 0 {
        resolve_entities(&mut text);
    }
    text
}

const QUOTE: u8 = 1;
const ADDRESS: u8 = 2;
const NAME: u8 = 4;
const ENTITY: u8 = 8;

/// What a text may hold: `>` or `&gt;`; `://`, `www.` or `WWW.`; `r/` or `u/`; `&`.
fn signs(text: &[char]) -> u8 {
    let mut found = 0;
    for (at, &c) in text.iter().enumerate() {
        found |= match c {
            '>' => QUOTE,
            '&' if starts_with(text, at, "&gt;") => QUOTE | ENTITY,
            '&' => ENTITY,
            '/' => match text[..at].last() {
                Some(':') if text.get(at + 1) == Some(&'/') => ADDRESS,
                Some('r' | 'u') => NAME,
                _ => 0,
            },
            '.' if text[..at].ends_with(&['w', 'w', 'w']) || text[..at].ends_with(&['W', 'W', 'W']) => ADDRESS,
            _ => 0,
        };
    }
    found
}

/// Whether an ASCII string stands at a place of the text.
pub fn starts_with(text: &[char], at: usize, wanted: &str) -> bool {
    let length = wanted.len();
    at + length <= text.len() && text[at..at + length].iter().copied().eq(wanted.chars())
}

fn blank(text: &mut [char], start: usize, end: usize) {
    text[start..end].fill(' ');
}

/// `^[ \t]*(?:>|&gt;)(?!!)[^\n]*`
fn blank_quotes(text: &mut [char]) {
    let mut line = 0;
    while line <= text.len() {
        let end = text[line..].iter().position(|&c| c == '\n').map_or(text.len(), |n| line + n);
        let mut at = line;
        while at < end && matches!(text[at], ' ' | '\t') {
            at += 1;
        }
        let sign = if starts_with(text, at, ">") {
            1
        } else if starts_with(text, at, "&gt;") {
            4
        } else {
            0
        };
        if sign > 0 && !starts_with(text, at + sign, "!") {
            blank(text, line, end);
        }
        line = end + 1;
    }
}

/// `(?:https?://|www\.)[^\s()\[\]<>]+(?:\([^\s()]*\)[^\s()\[\]<>]*)*`, whatever the case.
fn blank_addresses(chars: &Chars, text: &mut [char]) {
    let mut at = 0;
    while at < text.len() {
        match address(chars, text, at) {
            Some(end) => {
                blank(text, at, end);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn address(chars: &Chars, text: &[char], start: usize) -> Option<usize> {
    let same = |at: usize, wanted: &str| {
        at + wanted.len() <= text.len()
            && text[at..at + wanted.len()].iter().zip(wanted.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    let head = ["http://", "https://", "www."].into_iter().find(|head| same(start, head))?;
    let plain = |mut at: usize| {
        while at < text.len() && !chars.is_space(text[at]) && !matches!(text[at], '(' | ')' | '[' | ']' | '<' | '>') {
            at += 1;
        }
        at
    };
    let mut end = plain(start + head.len());
    if end == start + head.len() {
        return None;
    }
    while end < text.len() && text[end] == '(' {
        let mut close = end + 1;
        while close < text.len() && !chars.is_space(text[close]) && !matches!(text[close], '(' | ')') {
            close += 1;
        }
        if close >= text.len() || text[close] != ')' {
            break;
        }
        end = plain(close + 1);
    }
    Some(end)
}

/// `(?<![\w/])/?[ru]/[A-Za-z0-9_-]+`
fn blank_names(chars: &Chars, text: &mut [char]) {
    let mut at = 0;
    while at < text.len() {
        match name(chars, text, at) {
            Some(end) => {
                blank(text, at, end);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn name(chars: &Chars, text: &[char], start: usize) -> Option<usize> {
    if start > 0 && (text[start - 1] == '/' || chars.is_word(text[start - 1])) {
        return None;
    }
    let kind = start + usize::from(text[start] == '/');
    if !matches!(text.get(kind), Some('r' | 'u')) || text.get(kind + 1) != Some(&'/') {
        return None;
    }
    let begin = kind + 2;
    let length = text[begin..].iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).count();
    (length > 0).then_some(begin + length)
}

/// `&(?:amp|gt|lt|nbsp|quot|#\d{1,7}|#x[0-9A-Fa-f]{1,6});`
fn resolve_entities(text: &mut [char]) {
    let mut at = 0;
    while at < text.len() {
        match entity(text, at) {
            Some(end) => {
                let and = starts_with(text, at, "&amp;");
                blank(text, at, end);
                if and {
                    text[at] = '&';
                }
                at = end;
            }
            None => at += 1,
        }
    }
}

fn entity(text: &[char], start: usize) -> Option<usize> {
    if text[start] != '&' {
        return None;
    }
    for named in ["&amp;", "&gt;", "&lt;", "&nbsp;", "&quot;"] {
        if starts_with(text, start, named) {
            return Some(start + named.len());
        }
    }
    if text.get(start + 1) != Some(&'#') {
        return None;
    }
    let hexadecimal = text.get(start + 2) == Some(&'x');
    let begin = start + 2 + usize::from(hexadecimal);
    let (most, digit): (usize, fn(&char) -> bool) =
        if hexadecimal { (6, char::is_ascii_hexdigit) } else { (7, char::is_ascii_digit) };
    let length = text.get(begin..)?.iter().take_while(|c| digit(c)).count();
    let end = begin + length;
    ((1..=most).contains(&length) && text.get(end) == Some(&';')).then_some(end + 1)
}
