//! What is told: a table, JSON, a page.

mod figures;
mod html;
mod machine;
mod table;

pub(crate) use figures::{Bytes, Figures, PerCall, write_json};
pub(crate) use html::write_html;
pub(crate) use machine::machine;
pub(crate) use table::{heading, row};
