//! What Python says of each character. The table is filled by asking Python itself, so that both agree whatever
//! version of Unicode it has.

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

pub const SPACE: u8 = 1;
pub const WORD: u8 = 2;
pub const UPPER: u8 = 4;
pub const LOWER: u8 = 8;
pub const ALPHA: u8 = 16;
/// The Python code must read texts with this character: its case or its value depends on more than itself.
pub const ODD: u8 = 32;
/// It folds to a capital.
pub const FOLDS_UPPER: u8 = 64;

/// A combining mark folds to this: no letter and no space.
pub const MARK: char = '\x01';

#[derive(Clone, Copy)]
pub struct Properties {
    pub fold: char,
    pub lower: char,
    /// Lower case of what it folds to.
    pub low: char,
    pub flags: u8,
}

const DIRECT: usize = 0x2100;

/// Properties of the characters met so far.
pub struct Chars {
    direct: Vec<Option<Properties>>,
    others: FxHashMap<char, Properties>,
    ask: Py<PyAny>,
}

impl Chars {
    /// `ask(character)` returns (what it folds to, its lower case, flags).
    pub fn new(py: Python<'_>, ask: Py<PyAny>) -> PyResult<Self> {
        let mut chars = Self { direct: vec![None; DIRECT], others: FxHashMap::default(), ask };
        for code in 0..128_u8 {
            chars.learn(py, code as char)?;
        }
        Ok(chars)
    }

    /// Have the properties of all characters of a text at hand; false when one of them is odd.
    pub fn know(&mut self, py: Python<'_>, text: &[char]) -> PyResult<bool> {
        for &character in text {
            if !character.is_ascii() && self.learn(py, character)?.flags & ODD != 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn learn(&mut self, py: Python<'_>, character: char) -> PyResult<Properties> {
        if let Some(known) = self.find(character) {
            return Ok(known);
        }
        let (fold, lower, flags): (char, char, u8) = self.ask.call1(py, (character,))?.extract(py)?;
        self.keep(character, Properties { fold, lower, low: lower, flags });
        let (folded, lowered) = (self.learn(py, fold)?, self.learn(py, lower)?);
        let odd = (flags | folded.flags | lowered.flags) & ODD;
        let upper = if folded.flags & UPPER != 0 { FOLDS_UPPER } else { 0 };
        let found = Properties { fold, lower, low: folded.lower, flags: flags | odd | upper };
        self.keep(character, found);
        Ok(found)
    }

    fn keep(&mut self, character: char, found: Properties) {
        if let Some(place) = self.direct.get_mut(character as usize) {
            *place = Some(found);
        } else {
            self.others.insert(character, found);
        }
    }

    fn find(&self, character: char) -> Option<Properties> {
        match self.direct.get(character as usize) {
            Some(place) => *place,
            None => self.others.get(&character).copied(),
        }
    }

    /// Of a character of a text that `know` was asked about.
    pub fn of(&self, character: char) -> Properties {
        self.find(character).unwrap_or(Properties { fold: ' ', lower: character, low: ' ', flags: 0 })
    }

    pub fn is(&self, character: char, flag: u8) -> bool {
        self.of(character).flags & flag != 0
    }

    pub fn is_space(&self, character: char) -> bool {
        self.is(character, SPACE)
    }

    pub fn is_word(&self, character: char) -> bool {
        self.is(character, WORD)
    }

    /// Python's `str.isupper`.
    pub fn is_upper_text(&self, text: &[char]) -> bool {
        let mut cased = false;
        for &character in text {
            let flags = self.of(character).flags;
            if flags & LOWER != 0 {
                return false;
            }
            cased |= flags & UPPER != 0;
        }
        cased
    }

    /// Python's `str.split()`: the runs without white space.
    pub fn split<'t>(&self, text: &'t [char]) -> impl Iterator<Item = &'t [char]> {
        text.split(|&character| self.is_space(character)).filter(|run| !run.is_empty())
    }
}
