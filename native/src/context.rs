//! One comment folded once, and questions about spans of it (`processors/linking/context.py`). Places in the joined
//! text are numbers of words here: a span is its first and its last word.

use crate::catalogue::Vocabulary;
use crate::chars::{ALPHA, Chars, FOLDS_UPPER, LOWER, MARK, UPPER};
use crate::own_words::own_words;

#[derive(Clone, Copy)]
pub struct Word {
    /// Offsets in the body.
    pub start: usize,
    pub end: usize,
    /// Offset in the joined text.
    pub flat: usize,
    pub length: usize,
    low: (usize, usize),
    /// In the vocabulary; `Vocabulary::UNKNOWN` for others.
    pub id: u32,
}

pub struct Context<'a> {
    chars: &'a Chars,
    pub text: Vec<char>,
    pub words: Vec<Word>,
    pub flat: Vec<char>,
    /// The joined text in lower case.
    pub low: String,
    pub shouting: bool,
    /// Whether the writer uses no capitals at all, "I" aside.
    pub small: bool,
    has_digits: bool,
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ':' | ';' | '\n' | '…' | '•' | '>' | '|')
}

fn is_opener(c: char) -> bool {
    matches!(c, '"' | '“' | '‘' | '\'' | '*' | '_' | '«' | '`' | '~' | ' ')
}

fn closers(opener: char) -> &'static str {
    match opener {
        '"' => "\"”",
        '“' => "”\"",
        '”' => "”“",
        '‘' => "’'",
        '\'' => "'’",
        '*' => "*",
        '_' => "_",
        '«' => "»",
        '`' => "`'",
        _ => "",
    }
}

impl<'a> Context<'a> {
    pub fn new(chars: &'a Chars, vocabulary: &Vocabulary, body: &[char]) -> Self {
        let text = own_words(chars, body);
        let mut context = Self {
            chars,
            words: Vec::with_capacity(text.len() / 5 + 1),
            flat: Vec::with_capacity(text.len() + 2),
            low: String::with_capacity(text.len() + 2),
            text,
            shouting: false,
            small: false,
            has_digits: false,
        };
        context.fold(vocabulary);
        context
    }

    fn fold(&mut self, vocabulary: &Vocabulary) {
        let (mut capitals, mut letters) = (0, 0);
        self.flat.push(' ');
        self.low.push(' ');
        let (mut at, length) = (0, self.text.len());
        while at < length {
            if self.chars.of(self.text[at]).fold == ' ' {
                at += 1;
                continue;
            }
            let (start, flat, low) = (at, self.flat.len(), self.low.len());
            while at < length {
                let properties = self.chars.of(self.text[at]);
                if properties.fold == ' ' {
                    break;
                }
                if properties.fold != MARK {
                    capitals += usize::from(properties.flags & FOLDS_UPPER != 0);
                    letters += 1;
                    self.flat.push(properties.fold);
                    self.low.push(properties.low);
                }
                at += 1;
            }
            if self.flat.len() > flat {
                let word = Word {
                    start,
                    end: at,
                    flat,
                    length: self.flat.len() - flat,
                    low: (low, self.low.len()),
                    id: vocabulary.id(&self.low[low..]),
                };
                self.words.push(word);
                self.flat.push(' ');
                self.low.push(' ');
            }
        }
        if self.words.is_empty() {
            self.flat.push(' ');
            self.low.push(' ');
        }
        self.shouting = capitals * 2 > letters;
        self.small =
            capitals == self.words.iter().filter(|word| word.length == 1 && self.flat[word.flat] == 'I').count();
        self.has_digits = self.text.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_digit());
    }

    /// A word in lower case; empty beyond the text's ends.
    pub fn low_word(&self, at: Option<usize>) -> &str {
        at.and_then(|at| self.words.get(at)).map_or("", |word| &self.low[word.low.0..word.low.1])
    }

    pub fn word_id(&self, at: Option<usize>) -> u32 {
        at.and_then(|at| self.words.get(at)).map_or(Vocabulary::UNKNOWN, |word| word.id)
    }

    /// The first letter of a word as written; none beyond the text's ends.
    pub fn initial(&self, at: Option<usize>) -> Option<char> {
        at.and_then(|at| self.words.get(at)).map(|word| self.flat[word.flat])
    }

    pub fn written(&self, first: usize, last: usize) -> &[char] {
        &self.flat[self.words[first].flat..self.words[last].flat + self.words[last].length]
    }

    pub fn is_upper(&self, c: char) -> bool {
        self.chars.is(c, UPPER)
    }

    pub fn is_lower(&self, c: char) -> bool {
        self.chars.is(c, LOWER)
    }

    pub fn is_alpha(&self, c: char) -> bool {
        self.chars.is(c, ALPHA)
    }

    pub fn is_upper_text(&self, text: &[char]) -> bool {
        self.chars.is_upper_text(text)
    }

    fn trim_openers(text: &[char], brackets: bool) -> &[char] {
        let mut end = text.len();
        while end > 0 && (is_opener(text[end - 1]) || (brackets && matches!(text[end - 1], '(' | '['))) {
            end -= 1;
        }
        &text[..end]
    }

    /// Whether a capital here is owed to the beginning of a sentence, line or list item.
    pub fn starts_sentence(&self, start: usize) -> bool {
        let before = Self::trim_openers(&self.text[start.saturating_sub(12)..start], true);
        before.iter().all(|&c| self.chars.is_space(c))
            || before.last().is_some_and(|&c| is_sentence_end(c))
            || self.ends_with_bullet(before)
    }

    /// `(?:^|\n)\s*(?:[-*+•–]|\d{1,3}[.)])?\s*$`: only what follows the last line break matters.
    fn ends_with_bullet(&self, text: &[char]) -> bool {
        let line = text.iter().rposition(|&c| c == '\n').map_or(0, |at| at + 1);
        let mut rest = &text[line..];
        while let [first, tail @ ..] = rest {
            if !self.chars.is_space(*first) {
                break;
            }
            rest = tail;
        }
        while let [head @ .., last] = rest {
            if !self.chars.is_space(*last) {
                break;
            }
            rest = head;
        }
        match rest {
            [] | ['-' | '*' | '+' | '•' | '–'] => true,
            [digits @ .., '.' | ')'] => (1..=3).contains(&digits.len()) && digits.iter().all(char::is_ascii_digit),
            _ => false,
        }
    }

    /// The characters between a span and the next word.
    pub fn gap_after(&self, end: usize) -> &[char] {
        let rest = &self.text[end..];
        let length = rest.iter().take(8).take_while(|&&c| c == '_' || !self.chars.is_word(c)).count();
        &rest[..length]
    }

    /// The characters between the word before and a span.
    pub fn gap_before(&self, start: usize) -> &[char] {
        let before = &self.text[start.saturating_sub(8)..start];
        let length = before.iter().rev().take_while(|&&c| c == '_' || !self.chars.is_word(c)).count();
        &before[before.len() - length..]
    }

    /// Whether quotes, asterisks or underscores stand on both sides.
    pub fn emphasised(&self, start: usize, end: usize) -> bool {
        let closing = if start == 0 { "" } else { closers(self.text[start - 1]) };
        if closing.is_empty() {
            return false;
        }
        let after = &self.text[end..self.text.len().min(end + 4)];
        let skipped = after.iter().find(|c| !matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | '\'' | '’' | 's'));
        after.first().is_some_and(|&c| closing.contains(c)) || skipped.is_some_and(|&c| closing.contains(c))
    }

    /// A year right after the span, or right before.
    pub fn year_beside(&self, start: usize, end: usize) -> Option<i32> {
        if !self.has_digits {
            return None;
        }
        let year = self.year_after(end).or_else(|| self.year_before(start))?;
        Some(if year > 99 {
            year
        } else if year > 30 {
            1900 + year
        } else {
            2000 + year
        })
    }

    /// `[\s\"”’'*_)\]]*[\s(\[,]\(?['’]?((?:19|20)\d\d|(?<=['’])\d\d)(?![\w%])`
    fn year_after(&self, end: usize) -> Option<i32> {
        let text = &self.text;
        let run = text[end..]
            .iter()
            .take_while(|&&c| matches!(c, '"' | '”' | '’' | '\'' | '*' | '_' | ')' | ']') || self.chars.is_space(c))
            .count();
        for at in (end..=end + run).rev() {
            let Some(&c) = text.get(at) else { continue };
            if !(matches!(c, '(' | '[' | ',') || self.chars.is_space(c)) {
                continue;
            }
            let bracket = at + 1 + usize::from(text.get(at + 1) == Some(&'('));
            for from in if bracket == at + 1 { vec![at + 1] } else { vec![bracket, at + 1] } {
                let quoted = matches!(text.get(from), Some('\'' | '’'));
                let digits = from + usize::from(quoted);
                let year = self.year_at(digits).or_else(|| if quoted { self.number_at(digits, 2) } else { None });
                if year.is_some() {
                    return year;
                }
            }
        }
        None
    }

    /// A year of 19.. or 20.. at a place, with no letter, digit or % after it.
    fn year_at(&self, at: usize) -> Option<i32> {
        self.number_at(at, 4).filter(|year| matches!(year / 100, 19 | 20))
    }

    fn number_at(&self, at: usize, digits: usize) -> Option<i32> {
        let found = digits_at(&self.text, at, digits)?;
        let after = self.text.get(at + digits);
        (!after.is_some_and(|&c| c == '%' || self.chars.is_word(c))).then_some(found)
    }

    /// `\b((?:19|20)\d\d)(?:['’]?s)?['\"“‘*_\s]*$`
    fn year_before(&self, start: usize) -> Option<i32> {
        let text = &self.text[start.saturating_sub(12)..start];
        let rest_is_open = |from: usize| {
            text[from..].iter().all(|&c| matches!(c, '\'' | '"' | '“' | '‘' | '*' | '_') || self.chars.is_space(c))
        };
        for at in 0..text.len() {
            if at > 0 && self.chars.is_word(text[at - 1]) {
                continue;
            }
            let Some(year) = digits_at(text, at, 4).filter(|year| matches!(year / 100, 19 | 20)) else { continue };
            let after = at + 4;
            let s = after + usize::from(matches!(text.get(after), Some('\'' | '’')));
            if (text.get(s) == Some(&'s') && rest_is_open(s + 1)) || rest_is_open(after) {
                return Some(year);
            }
        }
        None
    }

    /// Whether its line holds nothing else than marks and digits.
    pub fn alone_on_line(&self, start: usize, end: usize) -> bool {
        if !self.ends_with_bullet(Self::trim_openers(&self.text[..start], false)) {
            return false;
        }
        for &c in &self.text[end..] {
            if c == '\n' {
                return true;
            }
            let open = matches!(c, '"' | '”' | '’' | '\'' | '*' | '_' | '.' | '!' | '?' | ',' | '(' | ')')
                || c.is_ascii_digit()
                || self.chars.is_space(c);
            if !open {
                return false;
            }
        }
        true
    }
}

fn digits_at(text: &[char], at: usize, count: usize) -> Option<i32> {
    let digits = text.get(at..at + count)?;
    digits.iter().try_fold(0, |sum, c| c.to_digit(10).map(|d| sum * 10 + d as i32))
}
