//! Nodes as error messages quote them.

use std::fmt;

use crate::gotemplate::parser::token::Span;
use crate::gotemplate::parser::tree::{Command, Operand, Pipeline, Template, TemplateCall};
use crate::gotemplate::quote::quote;

/// A node with the template that it is of.
pub(crate) struct Displayed<'a, T>(pub(crate) &'a Template, pub(crate) &'a T);

impl<T> Displayed<'_, T> {
    fn span(&self, formatter: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(self.0.text(span)))
    }

    fn fields(&self, formatter: &mut fmt::Formatter<'_>, fields: &[Span]) -> fmt::Result {
        fields.iter().try_for_each(|field| {
            formatter.write_str(".")?;
            self.span(formatter, *field)
        })
    }
}

impl fmt::Display for Displayed<'_, TemplateCall> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(template, call) = self;
        write!(formatter, "{{{{template {}", quote(&call.name))?;
        if let Some(pipeline) = &call.pipeline {
            write!(formatter, " {}", Displayed(template, pipeline))?;
        }
        formatter.write_str("}}")
    }
}

impl fmt::Display for Displayed<'_, Pipeline> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(template, pipeline) = self;
        for (index, variable) in pipeline.variables.iter().enumerate() {
            formatter.write_str(if index > 0 { ", " } else { "" })?;
            self.span(formatter, *variable)?;
        }
        if !pipeline.variables.is_empty() {
            formatter.write_str(if pipeline.assigns { " = " } else { " := " })?;
        }
        for (index, command) in pipeline.commands.iter().enumerate() {
            formatter.write_str(if index > 0 { " | " } else { "" })?;
            Displayed(template, command).fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Displayed<'_, Command> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(template, command) = self;
        for (index, operand) in command.operands.iter().enumerate() {
            formatter.write_str(if index > 0 { " " } else { "" })?;
            parenthesized(template, operand, formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Displayed<'_, Operand> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(template, operand) = self;
        match operand {
            Operand::Dot(_) => formatter.write_str("."),
            Operand::Nil(_) => formatter.write_str("nil"),
            Operand::Bool(_, truth) => write!(formatter, "{truth}"),
            Operand::Number(number) => self.span(formatter, number.span),
            Operand::String(span, _) | Operand::Function(span, _) => self.span(formatter, *span),
            Operand::Field(_, fields) => self.fields(formatter, fields),
            Operand::Variable(variable) => {
                self.span(formatter, variable.name)?;
                self.fields(formatter, &variable.fields)
            }
            Operand::Pipeline(pipeline) => Displayed(template, pipeline.as_ref()).fmt(formatter),
            Operand::Chain(_, operand, fields) => {
                parenthesized(template, operand, formatter)?;
                self.fields(formatter, fields)
            }
        }
    }
}

fn parenthesized(template: &Template, operand: &Operand, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match operand {
        Operand::Pipeline(_) => write!(formatter, "({})", Displayed(template, operand)),
        _ => write!(formatter, "{}", Displayed(template, operand)),
    }
}
