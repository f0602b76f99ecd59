//! An expression that was read once and is evaluated for each object.

use serde_json::Value as Json;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearsal::schema) enum Expression {
    Literal(Json),
    List(Vec<Expression>),
    Variable(String),
    /// A field of a map.
    Field(Box<Expression>, String),
    /// Whether a map has a field.
    Has(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Condition(Box<[Expression; 3]>),
    /// A function of values; the first is what it is called on.
    Call(Function, Vec<Expression>),
    /// An expression for each element of a list or key of a map.
    Each {
        each: Each,
        of: Box<Expression>,
        variable: String,
        body: Box<Expression>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal::schema) enum Operator {
    And,
    Or,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal::schema) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    Trim,
    LowerAscii,
    UpperAscii,
    Text,
    Integer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal::schema) enum Each {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}
