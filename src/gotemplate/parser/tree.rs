//! The parsed form of a template.

use std::rc::Rc;

use crate::gotemplate::parser::token::Span;
use crate::gotemplate::{Builtin, Function, GoString};

/// A parsed file: what its trees point into.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: GoString,
    pub(crate) text: GoString,
}

impl Source {
    /// Returns `NAME:LINE:COLUMN` of a position, as text/template counts: lines from 1, bytes from 0.
    pub(crate) fn location(&self, position: u32) -> String {
        let before = &self.text[..position as usize];
        let column =
            memchr::memrchr(b'\n', before).map_or(before.len(), |newline| before.len() - newline - 1);
        format!("{}:{}:{column}", self.name, line(before))
    }
}

/// Returns the line, from 1, that follows `before`.
pub(crate) fn line(before: &[u8]) -> usize {
    1 + memchr::memchr_iter(b'\n', before).count()
}

/// A named template: a file's body or a `define`.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: GoString,
    pub(crate) source: Rc<Source>,
    pub(crate) root: Vec<Node>,
}

impl Template {
    /// Tells whether there is nothing but space: such a template does not replace another.
    pub(crate) fn is_empty(&self) -> bool {
        self.root.iter().all(|node| match node {
            Node::Text(span) => span.of(&self.source.text).trim_ascii().is_empty(),
            _ => false,
        })
    }

    /// Returns the source of a span.
    pub(crate) fn text(&self, span: Span) -> &[u8] {
        span.of(&self.source.text)
    }
}

/// A node of a template's body.
#[derive(Debug)]
pub(crate) enum Node {
    /// Text between actions.
    Text(Span),
    /// `{{ pipeline }}`.
    Action(Pipeline),
    /// `{{if}}`.
    If(Box<Branch>),
    /// `{{with}}`.
    With(Box<Branch>),
    /// `{{range}}`.
    Range(Box<Branch>),
    /// `{{template}}`, and what a `{{block}}` leaves in its place.
    Template(Box<TemplateCall>),
    /// `{{break}}`.
    Break,
    /// `{{continue}}`.
    Continue,
}

/// A control structure.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipeline: Pipeline,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// A `{{template}}` action.
#[derive(Debug)]
pub(crate) struct TemplateCall {
    pub(crate) position: u32,
    pub(crate) name: GoString,
    pub(crate) pipeline: Option<Pipeline>,
}

/// Commands, each given the result of the one before, and the variables that take the last result.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) position: u32,
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Span>,
    pub(crate) commands: Vec<Command>,
}

/// An operand with arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) position: u32,
    pub(crate) operands: Vec<Operand>,
}

/// A variable with the fields that follow it; the dollar is part of the name.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) position: u32,
    pub(crate) name: Span,
    pub(crate) fields: Vec<Span>,
}

/// A term.
#[derive(Debug)]
pub(crate) enum Operand {
    /// `.`.
    Dot(u32),
    /// `nil`.
    Nil(u32),
    /// `true`, `false`.
    Bool(u32, bool),
    /// A number or a character constant.
    Number(Box<Number>),
    /// A string constant: its span in the source and its value.
    String(Span, GoString),
    /// `.a.b`: the position and the names without dots.
    Field(u32, Vec<Span>),
    /// `$x.a`.
    Variable(Variable),
    /// A function's name.
    Function(Span, Callee),
    /// `( pipeline )`.
    Pipeline(Box<Pipeline>),
    /// A parenthesis or a function with fields after it.
    Chain(u32, Box<Operand>, Vec<Span>),
}

impl Operand {
    /// Returns where errors about it point to.
    pub(crate) fn position(&self) -> u32 {
        match self {
            Self::Dot(position)
            | Self::Nil(position)
            | Self::Bool(position, _)
            | Self::Field(position, _)
            | Self::Chain(position, ..) => *position,
            Self::Number(number) => number.span.start,
            Self::String(span, _) | Self::Function(span, _) => span.start,
            Self::Variable(variable) => variable.position,
            Self::Pipeline(pipeline) => pipeline.position,
        }
    }
}

/// What a function's name stands for, found when the template is parsed.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    /// One of text/template's own.
    Builtin(Builtin),
    /// One of the table.
    Function(Function),
}

/// A numeric constant under every type that holds it exactly, as Go's untyped constants are.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) span: Span,
    pub(crate) signed: Option<i64>,
    pub(crate) unsigned: Option<u64>,
    pub(crate) float: f64,
    /// Whether it is a float where nothing says which type is wanted.
    pub(crate) is_float: bool,
}
