//! The parser's view of the tokens: up to three may be read again.

use crate::gotemplate::parser::lexer::LexError;
use crate::gotemplate::parser::parse::{Parsed, Parser, fail};
use crate::gotemplate::parser::token::{Kind, Token};
use crate::gotemplate::parser::tree::line;

impl Parser<'_> {
    pub(super) fn next(&mut self) -> Token {
        if let Some(last) = self.ahead_count.checked_sub(1) {
            self.ahead_count = last;
            if let Some(token) = self.ahead[last].take() {
                return token;
            }
        }
        let token = self.lexer.next();
        self.newest = token.span.start as usize;
        token
    }

    /// Returns what the lexer could not read, with where the action began when that is on another line.
    fn unreadable(&self, error: &LexError) -> String {
        let message = &error.message;
        let Some(action) = self.scope.action else { return message.clone() };
        let started = line(&self.text[..action]);
        if started == line(&self.text[..error.position]) {
            return message.clone();
        }
        let word = if message.ends_with(" action") { "" } else { " in action" };
        format!("{message}{word} started at {}:{started}", self.source.name)
    }

    pub(super) fn put_back(&mut self, token: Token) {
        self.ahead[self.ahead_count] = Some(token);
        self.ahead_count += 1;
    }

    pub(super) fn peek(&mut self) -> Token {
        let token = self.next();
        self.put_back(token);
        token
    }

    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.put_back(token);
        token
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    pub(super) fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        match self.lexer.error() {
            Some(error) if token.kind == Kind::Error => fail(self.unreadable(error)),
            _ => fail(format!("unexpected {} in {context}", token.describe(self.text))),
        }
    }
}
