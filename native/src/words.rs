//! Words as keys. Nearly all have at most 15 bytes and fit into a number, which is compared and hashed where it stands;
//! a string would have to be fetched from elsewhere in memory for each comparison.

use std::hash::Hash;

use rustc_hash::FxHashMap;

const LONGEST: usize = 15;

/// A word that may be a number.
pub trait Word: Hash + Eq {
    /// Its bytes after their count; none for a word that is too long. No two words have the same.
    fn number(&self) -> Option<u128>;
}

impl Word for str {
    fn number(&self) -> Option<u128> {
        let bytes = self.as_bytes();
        (bytes.len() <= LONGEST).then(|| bytes.iter().fold(bytes.len() as u128, |sum, &b| sum << 8 | u128::from(b)))
    }
}

impl Word for [char] {
    /// None where a character is not ASCII, too.
    fn number(&self) -> Option<u128> {
        if self.len() > LONGEST {
            return None;
        }
        self.iter().try_fold(self.len() as u128, |sum, &c| c.is_ascii().then(|| sum << 8 | u128::from(c as u32)))
    }
}

/// Values by word.
pub struct Words<W: Word + ?Sized, V> {
    short: FxHashMap<u128, V>,
    long: FxHashMap<Box<W>, V>,
}

impl<W: Word + ?Sized, V> Default for Words<W, V> {
    fn default() -> Self {
        Self { short: FxHashMap::default(), long: FxHashMap::default() }
    }
}

impl<W: Word + ?Sized, V> Words<W, V> {
    pub fn get(&self, word: &W) -> Option<&V> {
        match word.number() {
            Some(number) => self.short.get(&number),
            None => self.long.get(word),
        }
    }

    pub fn insert<'w>(&mut self, word: &'w W, value: V)
    where
        Box<W>: From<&'w W>,
    {
        match word.number() {
            Some(number) => drop(self.short.insert(number, value)),
            None => drop(self.long.insert(word.into(), value)),
        }
    }

    pub fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    pub fn clear(&mut self) {
        self.short.clear();
        self.long.clear();
    }
}
