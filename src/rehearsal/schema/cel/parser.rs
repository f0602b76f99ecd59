//! Expressions from their text.

use serde_json::Value as Json;

use super::{
    expression::{Each, Expression, Function, Operator},
    token::{Token, tokens},
};

impl Expression {
    /// Reads an expression; `None` for one that is not understood here.
    pub(in crate::rehearsal::schema) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let expression = parser.condition()?;
        (parser.at == parser.tokens.len()).then_some(expression)
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// The operators from the loosest to the tightest.
const LEVELS: [&[(&str, Operator)]; 5] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<=", Operator::LessOrEqual),
        ("<", Operator::Less),
        (">=", Operator::GreaterOrEqual),
        (">", Operator::Greater),
        ("in", Operator::In),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Parser {
    fn take(&mut self, mark: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Mark(found)) => *found == mark,
            Some(Token::Name(name)) => mark == "in" && name == "in",
            Some(Token::Text(_) | Token::Integer(_) | Token::Double(_)) | None => false,
        };
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Option<()> {
        self.take(mark).then_some(())
    }

    fn name(&mut self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Some(name.clone())
            }
            Some(Token::Mark(_) | Token::Text(_) | Token::Integer(_) | Token::Double(_)) | None => None,
        }
    }

    fn condition(&mut self) -> Option<Expression> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Some(condition);
        }
        let yes = self.binary(0)?;
        self.expect(":")?;
        let no = self.condition()?;
        Some(Expression::Condition(Box::new([condition, yes, no])))
    }

    fn binary(&mut self, level: usize) -> Option<Expression> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(mark, _)| self.take(mark)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        if self.take("!") {
            return Some(Expression::Not(Box::new(self.unary()?)));
        }
        if self.take("-") {
            return Some(Expression::Minus(Box::new(self.unary()?)));
        }
        self.member()
    }

    fn member(&mut self) -> Option<Expression> {
        let mut value = self.primary()?;
        loop {
            if self.take(".") {
                let name = self.name()?;
                value = if self.take("(") {
                    self.method(value, &name)?
                } else {
                    Expression::Field(Box::new(value), unescaped(&name))
                };
            } else if self.take("[") {
                let index = self.condition()?;
                self.expect("]")?;
                value = Expression::Index(Box::new(value), Box::new(index));
            } else {
                return Some(value);
            }
        }
    }

    fn method(&mut self, on: Expression, name: &str) -> Option<Expression> {
        let each = match name {
            "all" => Some(Each::All),
            "exists" => Some(Each::Exists),
            "exists_one" => Some(Each::ExistsOne),
            "filter" => Some(Each::Filter),
            "map" => Some(Each::Map),
            _ => None,
        };
        if let Some(each) = each {
            let variable = self.name()?;
            self.expect(",")?;
            let body = Box::new(self.condition()?);
            self.expect(")")?;
            return Some(Expression::Each { each, of: Box::new(on), variable, body });
        }
        let function = match name {
            "size" => Function::Size,
            "startsWith" => Function::StartsWith,
            "endsWith" => Function::EndsWith,
            "contains" => Function::Contains,
            "matches" => Function::Matches,
            "trim" => Function::Trim,
            "lowerAscii" => Function::LowerAscii,
            "upperAscii" => Function::UpperAscii,
            _ => return None,
        };
        let mut values = vec![on];
        values.extend(self.list(")")?);
        Some(Expression::Call(function, values))
    }

    /// Reads values up to a closing bracket.
    fn list(&mut self, end: &str) -> Option<Vec<Expression>> {
        let mut values = Vec::new();
        while !self.take(end) {
            if !values.is_empty() {
                self.expect(",")?;
            }
            values.push(self.condition()?);
        }
        Some(values)
    }

    fn primary(&mut self) -> Option<Expression> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Text(text) => Some(Expression::Literal(text.into())),
            Token::Integer(number) => Some(Expression::Literal(number.into())),
            Token::Double(number) => Some(Expression::Literal(number.into())),
            Token::Mark("(") => {
                let value = self.condition()?;
                self.expect(")")?;
                Some(value)
            }
            Token::Mark("[") => Some(Expression::List(self.list("]")?)),
            Token::Mark(_) => None,
            Token::Name(name) => match name.as_str() {
                "true" => Some(Expression::Literal(true.into())),
                "false" => Some(Expression::Literal(false.into())),
                "null" => Some(Expression::Literal(Json::Null)),
                _ if self.take("(") => self.function(&name),
                // What the object was before is not known here.
                _ => Some(Expression::Variable(name)),
            },
        }
    }

    fn function(&mut self, name: &str) -> Option<Expression> {
        let function = match name {
            "has" => {
                let Expression::Field(of, name) = self.condition()? else { return None };
                self.expect(")")?;
                return Some(Expression::Has(of, name));
            }
            "size" => Function::Size,
            "string" => Function::Text,
            "int" => Function::Integer,
            _ => return None,
        };
        Some(Expression::Call(function, self.list(")")?))
    }
}

/// Names that the language cannot write are written with words for their signs.
fn unescaped(name: &str) -> String {
    if !name.contains("__") {
        return name.to_owned();
    }
    name.replace("__dot__", ".")
        .replace("__dash__", "-")
        .replace("__slash__", "/")
        .replace("__underscores__", "__")
}
