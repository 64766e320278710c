//! The forms of the catalogue as a trie over the numbers of their words.

use rustc_hash::FxHashMap;

const NONE: u32 = u32::MAX;

#[derive(Clone)]
struct Node {
    /// The form that ends here.
    end: u32,
    /// A bit for each word that goes on from here. Most words of a text do not, and are not looked up.
    next: u64,
}

const EMPTY: Node = Node { end: NONE, next: 0 };

pub struct Trie {
    /// A form's first node has the number of its first word.
    nodes: Vec<Node>,
    /// By node and next word.
    children: FxHashMap<u64, u32>,
}

fn step(node: u32, word: u32) -> u64 {
    u64::from(node) << 32 | u64::from(word)
}

/// One of 64 bits: the top six of a product with 2^32 divided by the golden ratio.
fn bit(word: u32) -> u64 {
    1 << (word.wrapping_mul(0x9E37_79B9) >> 26)
}

impl Trie {
    /// Over words with numbers below `words`.
    pub fn new(words: usize) -> Self {
        Self { nodes: vec![EMPTY; words], children: FxHashMap::default() }
    }

    /// Add a form of one word or more.
    pub fn add(&mut self, words: &[u32], form: u32) {
        let end = words[1..].iter().fold(words[0], |node, &word| self.child(node, word));
        self.nodes[end as usize].end = form;
    }

    fn child(&mut self, node: u32, word: u32) -> u32 {
        if let Some(&child) = self.children.get(&step(node, word)) {
            return child;
        }
        let child = self.nodes.len() as u32;
        self.nodes.push(EMPTY);
        self.children.insert(step(node, word), child);
        self.nodes[node as usize].next |= bit(word);
        child
    }

    /// Every form in a text, as (first word, last word, form), by end and then the longest first.
    pub fn matches(&self, words: impl Iterator<Item = u32> + Clone) -> Vec<(usize, usize, u32)> {
        let mut found = Vec::new();
        let mut rest = words;
        for first in 0.. {
            let Some(mut node) = rest.next() else { break };
            let mut following = rest.clone();
            let mut last = first;
            while let Some(Node { end, next }) = self.nodes.get(node as usize) {
                if *end != NONE {
                    found.push((first, last, *end));
                }
                let Some(word) = following.next().filter(|&word| next & bit(word) != 0) else { break };
                node = self.children.get(&step(node, word)).copied().unwrap_or(NONE);
                last += 1;
            }
        }
        found.sort_unstable_by_key(|&(first, last, _)| (last, first));
        found
    }
}
