//! Rules of definitions in the Common Expression Language, as far as definitions commonly use it.
//!
//! Fields and their presence, comparison, arithmetic, texts, lists with their macros, and conditions. A rule with
//! anything else is not checked here: the real server does.

mod evaluate;
mod expression;
mod parser;
mod token;

pub(super) use expression::Expression;
