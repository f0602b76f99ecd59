//! The walk over a template's nodes.

use crate::gotemplate::evaluate::error::ExecError;
use crate::gotemplate::format::{print, print_value};
use crate::gotemplate::parser::{
    Branch, Command, Displayed, Node, Operand, Pipeline, Span, Template, TemplateCall,
};
use crate::gotemplate::quote::quote;
use crate::gotemplate::{Context, Element, FunctionError, Kind, Value, deepen};

/// How many templates may be executed one inside the other.
pub(crate) const DEPTH_LIMIT: usize = 100_000;

/// An evaluation's result; errors are boxed to keep it small.
pub(super) type Evaluated<T> = Result<T, Box<ExecError>>;

/// Where the walk goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// The node that an error would name.
#[derive(Clone, Copy)]
pub(super) enum At<'run> {
    Action(&'run Pipeline),
    Template(&'run TemplateCall),
    Pipeline(&'run Pipeline),
    Command(&'run Command),
    Operand(&'run Operand),
}

/// A value with whether Go holds it as an `interface {}`: error messages tell the difference.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) value: Value,
    pub(super) boxed: bool,
}

impl Held {
    pub(super) fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }
}

/// The execution of one template. `{{template}}` and functions start others.
pub(crate) struct Evaluator<'run> {
    pub(super) template: &'run Template,
    pub(super) context: &'run Context,
    pub(super) at: Option<At<'run>>,
    pub(super) variables: Vec<(&'run [u8], Held)>,
    output: &'run mut Vec<u8>,
}

impl<'run> Evaluator<'run> {
    pub(crate) fn new(
        template: &'run Template,
        context: &'run Context,
        output: &'run mut Vec<u8>,
        data: Value,
    ) -> Self {
        let variables = vec![(&b"$"[..], Held::plain(data))];
        Self { template, context, at: None, variables, output }
    }

    /// Executes the template: the data is the dot and `$`.
    pub(crate) fn run(&mut self) -> Result<(), ExecError> {
        let dot = self.variables[0].1.clone();
        deepen(|| self.walk(&dot, &self.template.root)).map(|_flow| ()).map_err(|error| *error)
    }

    /// Returns an error about the node that was looked at last.
    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Evaluated<T> {
        Err(Box::new(self.error(message.into(), None)))
    }

    /// Returns the error of a function that failed.
    pub(super) fn call_failed<T>(&self, name: &[u8], cause: FunctionError) -> Evaluated<T> {
        let message = format!("error calling {}: {cause}", String::from_utf8_lossy(name));
        Err(Box::new(self.error(message, Some(Box::new(cause)))))
    }

    fn error(&self, message: String, cause: Option<Box<FunctionError>>) -> ExecError {
        let template = self.template;
        let (position, node) = match self.at {
            Some(At::Action(pipeline)) => {
                (pipeline.position, format!("{{{{{}}}}}", Displayed(template, pipeline)))
            }
            Some(At::Template(call)) => (call.position, Displayed(template, call).to_string()),
            Some(At::Pipeline(pipeline)) => (pipeline.position, Displayed(template, pipeline).to_string()),
            Some(At::Command(command)) => (command.position, Displayed(template, command).to_string()),
            Some(At::Operand(operand)) => (operand.position(), Displayed(template, operand).to_string()),
            None => (0, String::new()),
        };
        ExecError::Node {
            location: template.source.location(position),
            template: quote(&template.name),
            node,
            message,
            cause,
        }
    }

    fn walk(&mut self, dot: &Held, nodes: &'run [Node]) -> Evaluated<Flow> {
        for node in nodes {
            let flow = match node {
                Node::Text(span) => {
                    self.output.extend_from_slice(self.template.text(*span));
                    Flow::Next
                }
                Node::Action(pipeline) => {
                    self.action(dot, pipeline)?;
                    Flow::Next
                }
                Node::If(branch) => self.branch(dot, branch, false)?,
                Node::With(branch) => self.branch(dot, branch, true)?,
                Node::Range(branch) => self.range(dot, branch)?,
                Node::Template(call) => {
                    self.template_call(dot, call)?;
                    Flow::Next
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn action(&mut self, dot: &Held, pipeline: &'run Pipeline) -> Evaluated<()> {
        let value = self.pipeline(dot, pipeline)?;
        if !pipeline.variables.is_empty() {
            return Ok(());
        }
        self.at = Some(At::Action(pipeline));
        if value.kind() == Kind::Function {
            let shown = Displayed(self.template, pipeline);
            return self.fail(format!("can't print {{{{{shown}}}}} of type {}", value.type_name()));
        }
        print_value(self.output, &value);
        Ok(())
    }

    fn branch(&mut self, dot: &Held, branch: &'run Branch, with: bool) -> Evaluated<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipeline)?;
        let flow = match (value.truth(), &branch.otherwise) {
            (true, _) if with => deepen(|| self.walk(&Held::plain(value), &branch.body))?,
            (true, _) => deepen(|| self.walk(dot, &branch.body))?,
            (false, Some(otherwise)) => deepen(|| self.walk(dot, otherwise))?,
            (false, None) => Flow::Next,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Held, branch: &'run Branch) -> Evaluated<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipeline)?;
        let flow = match self.iterate(&value, branch)? {
            Some(flow) => flow,
            None => match &branch.otherwise {
                Some(otherwise) => deepen(|| self.walk(dot, otherwise))?,
                None => Flow::Next,
            },
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    /// Walks the body for every element; nothing where there is none.
    fn iterate(&mut self, value: &Value, branch: &'run Branch) -> Evaluated<Option<Flow>> {
        match value {
            Value::Invalid | Value::Nil => Ok(None),
            Value::List(list) => {
                let boxed = list.collection_type().element == Element::Any;
                let items = list.iter().enumerate();
                self.each(branch, items.map(|(index, item)| (index_value(index), item.clone())), boxed)
            }
            Value::Bytes(bytes) => {
                let items = bytes.iter().enumerate();
                self.each(branch, items.map(|(index, byte)| (index_value(index), Value::Uint8(*byte))), false)
            }
            Value::Map(map) => {
                let boxed = map.collection_type().element == Element::Any;
                let entries = map.to_entries().into_iter();
                self.each(branch, entries.map(|(key, value)| (Value::String(key), value)), boxed)
            }
            Value::Object(object) => match object.underlying() {
                Some(underlying) => self.iterate(&underlying, branch),
                None => self.cannot_iterate(value),
            },
            Value::Int(_) | Value::Int32(_) | Value::Int64(_) | Value::Uint8(_) | Value::Uint64(_) => {
                self.count(value, branch)
            }
            Value::Bool(_) | Value::Float(_) | Value::String(_) | Value::Function(_) => {
                self.cannot_iterate(value)
            }
        }
    }

    fn cannot_iterate<T>(&self, value: &Value) -> Evaluated<T> {
        let mut shown = Vec::new();
        print_value(&mut shown, value);
        self.fail(format!("range can't iterate over {}", String::from_utf8_lossy(&shown)))
    }

    /// Ranges over an integer: from 0 up to it, in its own type.
    fn count(&mut self, value: &Value, branch: &'run Branch) -> Evaluated<Option<Flow>> {
        if branch.pipeline.variables.len() > 1 {
            let shown = print(std::slice::from_ref(value));
            let shown = String::from_utf8_lossy(&shown);
            return self.fail(format!("can't use {shown} to iterate over more than one variable"));
        }
        let pair = |element| (Value::Invalid, element);
        match value {
            Value::Int(end) => self.each(branch, (0..*end).map(|number| pair(Value::Int(number))), false),
            Value::Int32(end) => self.each(branch, (0..*end).map(|number| pair(Value::Int32(number))), false),
            Value::Int64(end) => self.each(branch, (0..*end).map(|number| pair(Value::Int64(number))), false),
            Value::Uint8(end) => self.each(branch, (0..*end).map(|number| pair(Value::Uint8(number))), false),
            Value::Uint64(end) => {
                self.each(branch, (0..*end).map(|number| pair(Value::Uint64(number))), false)
            }
            _ => Ok(None),
        }
    }

    fn each(
        &mut self,
        branch: &'run Branch,
        elements: impl Iterator<Item = (Value, Value)>,
        boxed: bool,
    ) -> Evaluated<Option<Flow>> {
        let mark = self.variables.len();
        let mut ran = false;
        for (index, element) in elements {
            ran = true;
            let element = Held { value: element, boxed };
            self.set_range_variables(&branch.pipeline, mark, index, &element)?;
            let flow = deepen(|| self.walk(&element, &branch.body))?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran.then_some(Flow::Next))
    }

    fn set_range_variables(
        &mut self,
        pipeline: &'run Pipeline,
        mark: usize,
        index: Value,
        element: &Held,
    ) -> Evaluated<()> {
        match (pipeline.variables.as_slice(), pipeline.assigns) {
            ([], _) => {}
            ([_], false) => self.variables[mark - 1].1 = element.clone(),
            ([_, _, ..], false) => {
                self.variables[mark - 1].1 = element.clone();
                self.variables[mark - 2].1 = Held::plain(index);
            }
            ([only], true) => self.assign(*only, element.clone())?,
            ([first, second, ..], true) => {
                self.assign(*first, Held::plain(index))?;
                self.assign(*second, element.clone())?;
            }
        }
        Ok(())
    }

    fn template_call(&mut self, dot: &Held, call: &'run TemplateCall) -> Evaluated<()> {
        self.at = Some(At::Template(call));
        let Some(template) = self.context.set().template(&call.name) else {
            return self.fail(format!("template {} not defined", quote(&call.name)));
        };
        if self.context.depth() >= DEPTH_LIMIT {
            return self.fail(format!("exceeded maximum template depth ({DEPTH_LIMIT})"));
        }
        let data = match &call.pipeline {
            Some(pipeline) => self.pipeline(dot, pipeline)?,
            None => Value::Invalid,
        };
        let context = self.context.deeper();
        Evaluator::new(template, &context, self.output, data).run().map_err(Box::new)
    }

    /// Evaluates a pipeline and gives its result to its variables.
    pub(super) fn pipeline(&mut self, dot: &Held, pipeline: &'run Pipeline) -> Evaluated<Value> {
        self.at = Some(At::Pipeline(pipeline));
        let mut result = None;
        for command in &pipeline.commands {
            let value = self.command(dot, command, result)?;
            // Go digs the value out of its interface here, and of a nil interface nothing is left.
            result = Some(if matches!(value, Value::Nil) { Value::Invalid } else { value });
        }
        let value = result.unwrap_or_default();
        for variable in &pipeline.variables {
            if pipeline.assigns {
                self.assign(*variable, Held::plain(value.clone()))?;
            } else {
                self.variables.push((self.template.text(*variable), Held::plain(value.clone())));
            }
        }
        Ok(value)
    }

    fn assign(&mut self, variable: Span, value: Held) -> Evaluated<()> {
        let name = self.template.text(variable);
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = value,
            None => return self.fail(format!("undefined variable: {}", String::from_utf8_lossy(name))),
        }
        Ok(())
    }
}

fn index_value(index: usize) -> Value {
    Value::Int(index as isize)
}
