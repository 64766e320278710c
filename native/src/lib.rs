//! The processor's stage over Arrow buffers: decode, link, mask and score. Optional: everything here gives the results
//! of the Python code in `processors/`, and whatever is unusual is left to it.

mod batch;
mod catalogue;
mod chains;
mod chars;
mod context;
mod features;
mod linker;
mod message;
mod own_words;
mod resolve;
mod sentiment;
mod trie;
mod vader;
mod words;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::chars::Chars;

/// A linker over one catalogue.
#[pyclass(module = "trendscope_native")]
pub struct Linker {
    inner: linker::Linker,
    chars: Chars,
}

/// (movie id, by thread, start, end, probability)
type MentionRow = (i64, bool, usize, usize, f64);
/// Mentions, uncertain ones, places of the mentioned films (movie id, start, end), compounds of the mentions.
type Answer = (Vec<MentionRow>, Vec<MentionRow>, Vec<(i64, usize, usize)>, Vec<f64>);

#[pymethods]
impl Linker {
    /// `table`: as `processors/linking/native.py` makes it; `ask`: what Python says of a character.
    #[new]
    fn new(py: Python<'_>, table: &Bound<'_, PyDict>, ask: Py<PyAny>) -> PyResult<Self> {
        Ok(Self { inner: linker::Linker::new(table)?, chars: Chars::new(py, ask)? })
    }

    /// What one comment says; None when Python has to look.
    #[pyo3(signature = (analyzer, body, title, year))]
    fn understand(
        &mut self,
        py: Python<'_>,
        analyzer: &mut Analyzer,
        body: &str,
        title: Option<&str>,
        year: Option<i32>,
    ) -> PyResult<Option<Answer>> {
        let body: Vec<char> = body.chars().collect();
        if !self.chars.know(py, &body)? {
            return Ok(None);
        }
        let thread = self.inner.thread(py, title.unwrap_or_default(), year)?;
        let context = self.inner.context(&self.chars, &body);
        let links = self.inner.link(&context, &thread, year);
        let scores = sentiment::score(&mut analyzer.vader, &self.chars, &context.text, &links);
        let movie = |film: u32| self.inner.catalogue.films[film as usize].movie_id;
        let rows = |list: &[linker::Mention]| {
            list.iter().map(|m| (movie(m.film), m.thread, m.start, m.end, m.probability)).collect()
        };
        let places = links.places.iter().map(|&(film, start, end)| (movie(film), start, end)).collect();
        Ok(Some((rows(&links.mentions), rows(&links.uncertain), places, scores)))
    }
}

/// vaderSentiment's compound over the tables handed in.
#[pyclass(module = "trendscope_native")]
pub struct Analyzer {
    vader: vader::Vader,
    chars: Chars,
}

#[pymethods]
impl Analyzer {
    #[new]
    fn new(py: Python<'_>, table: &Bound<'_, PyDict>, ask: Py<PyAny>) -> PyResult<Self> {
        Ok(Self { vader: vader::Vader::new(table)?, chars: Chars::new(py, ask)? })
    }

    /// The compound of a text; None when Python has to look.
    fn compound(&mut self, py: Python<'_>, text: &str) -> PyResult<Option<f64>> {
        let text: Vec<char> = text.chars().collect();
        let known = self.chars.know(py, &text)?;
        Ok(known.then(|| self.vader.compound(&self.chars, &text)))
    }
}

#[pymodule]
fn trendscope_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", 3)?;
    module.add_class::<Linker>()?;
    module.add_class::<Analyzer>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<batch::Columns>()?;
    module.add_class::<batch::Stop>()?;
    Ok(())
}
