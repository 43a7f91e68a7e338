//! The page of each code: docs/errors/LWxxxx.md, built into the program.

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The Markdown page of a code, as `lw explain` prints it.
pub fn explain(code: &str) -> Option<&'static str> {
    let code = code.to_ascii_uppercase();
    PAGES.binary_search_by(|(name, _)| (*name).cmp(&code)).ok().map(|at| PAGES[at].1)
}

/// Every code that has a page, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(name, _)| *name)
}
