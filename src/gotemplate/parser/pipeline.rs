//! Tokens to trees: pipelines and what they are made of.

use crate::gotemplate::parser::number::{character, number};
use crate::gotemplate::parser::parse::{Failed, Parsed, Parser, fail};
use crate::gotemplate::parser::token::{Kind, Span, Token};
use crate::gotemplate::parser::tree::{Callee, Command, Operand, Pipeline, Variable};
use crate::gotemplate::quote::{quote, unquote};
use crate::gotemplate::{Builtin, GoString};

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipeline> {
        let position = self.peek_non_space().span.start;
        let mut pipeline = Pipeline { position, assigns: false, variables: Vec::new(), commands: Vec::new() };
        self.declarations(&mut pipeline, context)?;
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                return checked(pipeline, context);
            }
            if !starts_operand(token.kind) {
                return self.unexpected(token, context);
            }
            self.put_back(token);
            pipeline.commands.push(self.command()?);
        }
    }

    fn declarations(&mut self, pipeline: &mut Pipeline, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next_non_space();
            let after = self.peek();
            let next = self.peek_non_space_keeping(after);
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipeline.assigns = next.kind == Kind::Assign;
                    self.next_non_space();
                    self.declare(pipeline, variable.span);
                    return Ok(());
                }
                Kind::Character if next.span.of(self.text) == b"," => {
                    self.next_non_space();
                    self.declare(pipeline, variable.span);
                    if context != "range" || pipeline.variables.len() >= 2 {
                        return fail(format!("too many declarations in {context}"));
                    }
                    let following = self.peek_non_space().kind;
                    if !matches!(following, Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis) {
                        return fail("range can only initialize variables");
                    }
                }
                _ => {
                    self.put_back(variable);
                    return Ok(());
                }
            }
        }
    }

    /// Returns the next token that is no space, and leaves `after`, the space before it, to be read again: in
    /// `$x y` it separates the operands.
    fn peek_non_space_keeping(&mut self, after: Token) -> Token {
        let next = self.peek_non_space();
        if after.kind == Kind::Space {
            self.put_back(after);
        }
        next
    }

    fn declare(&mut self, pipeline: &mut Pipeline, variable: Span) {
        pipeline.variables.push(variable);
        self.scope.variables.push(variable);
    }

    fn command(&mut self) -> Parsed<Command> {
        let position = self.peek_non_space().span.start;
        let mut operands = Vec::new();
        loop {
            self.peek_non_space();
            operands.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelimiter | Kind::RightParenthesis => {
                    self.put_back(token);
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(token, "operand"),
            }
        }
        if operands.is_empty() {
            return fail("empty command");
        }
        Ok(Command { position, operands })
    }

    /// A term with the fields that follow it at once; nothing where no term begins.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let position = first.span.start;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(without_dot(self.next().span));
        }
        Ok(Some(match term {
            Operand::Field(_, mut names) => {
                names.extend(fields);
                Operand::Field(position, names)
            }
            Operand::Variable(variable) => Operand::Variable(Variable { position, fields, ..variable }),
            Operand::Function(..) | Operand::Pipeline(_) | Operand::Chain(..) => {
                Operand::Chain(position, Box::new(term), fields)
            }
            Operand::Bool(..)
            | Operand::String(..)
            | Operand::Number(_)
            | Operand::Nil(_)
            | Operand::Dot(_) => {
                return fail(format!("unexpected . after term {}", quote(&self.literal(&term))));
            }
        }))
    }

    /// Returns a literal term as it is written.
    fn literal(&self, term: &Operand) -> Vec<u8> {
        match term {
            Operand::Number(number) => number.span.of(self.text).to_vec(),
            Operand::String(span, _) => span.of(self.text).to_vec(),
            Operand::Bool(_, truth) => truth.to_string().into_bytes(),
            Operand::Nil(_) => b"nil".to_vec(),
            _ => b".".to_vec(),
        }
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_non_space();
        let start = token.span.start;
        let text = token.span.of(self.text);
        Ok(Some(match token.kind {
            Kind::Identifier => Operand::Function(token.span, self.callee(text)?),
            Kind::Dot => Operand::Dot(start),
            Kind::Nil => Operand::Nil(start),
            Kind::Variable => self.variable(token)?,
            Kind::Field => Operand::Field(start, vec![without_dot(token.span)]),
            Kind::Bool => Operand::Bool(start, text == b"true"),
            Kind::CharacterConstant => {
                Operand::Number(Box::new(character(text, token.span).map_err(Failed)?))
            }
            Kind::Complex | Kind::Number => {
                Operand::Number(Box::new(number(text, token.span).map_err(Failed)?))
            }
            Kind::String | Kind::RawString => Operand::String(token.span, self.unquoted(token)?),
            Kind::LeftParenthesis => {
                Operand::Pipeline(Box::new(self.deeper("max expression depth exceeded", |parser| {
                    parser.pipeline("parenthesized pipeline", Kind::RightParenthesis)
                })?))
            }
            _ => {
                self.put_back(token);
                return Ok(None);
            }
        }))
    }

    fn callee(&self, name: &[u8]) -> Parsed<Callee> {
        if let Some(function) = self.functions.get(name) {
            return Ok(Callee::Function(function.clone()));
        }
        match Builtin::named(name) {
            Some(builtin) => Ok(Callee::Builtin(builtin)),
            None => fail(format!("function {} not defined", quote(name))),
        }
    }

    fn variable(&self, token: Token) -> Parsed<Operand> {
        let name = token.span.of(self.text);
        let known = name == b"$" || self.scope.variables.iter().any(|known| known.of(self.text) == name);
        if !known {
            return fail(format!("undefined variable {}", quote(name)));
        }
        Ok(Operand::Variable(Variable { position: token.span.start, name: token.span, fields: Vec::new() }))
    }

    pub(super) fn unquoted(&self, token: Token) -> Parsed<GoString> {
        let text = unquote(token.span.of(self.text)).ok_or_else(|| Failed("invalid syntax".to_owned()))?;
        Ok(GoString::from(text))
    }
}

fn starts_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharacterConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParenthesis
    )
}

fn without_dot(field: Span) -> Span {
    Span { start: field.start + 1, ..field }
}

/// Checks that there is a command, and that only the first is a literal.
fn checked(pipeline: Pipeline, context: &str) -> Parsed<Pipeline> {
    if pipeline.commands.is_empty() {
        return fail(format!("missing value for {context}"));
    }
    for (index, command) in pipeline.commands.iter().enumerate().skip(1) {
        match command.operands[0] {
            Operand::Bool(..)
            | Operand::Dot(_)
            | Operand::Nil(_)
            | Operand::Number(_)
            | Operand::String(..) => {
                return fail(format!("non executable command in pipeline stage {}", index + 1));
            }
            Operand::Field(..)
            | Operand::Variable(_)
            | Operand::Function(..)
            | Operand::Pipeline(_)
            | Operand::Chain(..) => {}
        }
    }
    Ok(pipeline)
}
