//! Tokens to trees: files, definitions and control structures.

use std::mem;
use std::rc::Rc;

use crate::gotemplate::parser::error::ParseError;
use crate::gotemplate::parser::lexer::Lexer;
use crate::gotemplate::parser::token::{Kind, Span, Token};
use crate::gotemplate::parser::tree::{Branch, Node, Source, Template, TemplateCall, line};
use crate::gotemplate::quote::quote;
use crate::gotemplate::{Functions, GoString, deepen};

/// How deep parentheses and control structures may nest. Go allows 10,000 parentheses; a chart needs five.
const DEPTH_LIMIT: usize = 1000;

/// Parses a source into its templates: every `define`, then the body under the source's own name.
pub(crate) fn parse(
    functions: &Functions,
    name: &GoString,
    text: &GoString,
) -> Result<Vec<Template>, ParseError> {
    let source = Rc::new(Source { name: name.clone(), text: text.clone() });
    let failed = |(message, line)| ParseError { name: name.to_string(), line, message };
    if u32::try_from(text.len()).is_err() {
        return Err(failed(("the template is larger than 4 GiB".to_owned(), 1)));
    }
    let mut parser = Parser {
        functions,
        source,
        text,
        lexer: Lexer::new(text),
        ahead: [None; 3],
        ahead_count: 0,
        newest: 0,
        depth: 0,
        scope: Scope::default(),
        templates: Vec::new(),
    };
    parser.file().map_err(|Failed(message)| failed((message, line(&text[..parser.newest]))))?;
    Ok(parser.templates)
}

/// What is wrong, in text/template's words; the line is that of the newest token.
pub(super) struct Failed(pub(super) String);

pub(super) type Parsed<T> = Result<T, Failed>;

pub(super) fn fail<T>(message: impl Into<String>) -> Parsed<T> {
    Err(Failed(message.into()))
}

pub(super) struct Parser<'source> {
    pub(super) functions: &'source Functions,
    pub(super) source: Rc<Source>,
    pub(super) text: &'source [u8],
    pub(super) lexer: Lexer<'source>,
    /// Tokens to be read again, the next one last.
    pub(super) ahead: [Option<Token>; 3],
    pub(super) ahead_count: usize,
    /// Where the newest token begins.
    pub(super) newest: usize,
    pub(super) depth: usize,
    pub(super) scope: Scope,
    pub(super) templates: Vec<Template>,
}

/// What belongs to one `define`.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) variables: Vec<Span>,
    pub(super) ranges: usize,
    pub(super) action: Option<usize>,
}

/// What ended a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A node, or what ends the list of them.
enum Item {
    Node(Node),
    Ending(Ending),
}

impl Parser<'_> {
    fn file(&mut self) -> Parsed<()> {
        let mut root = Vec::new();
        loop {
            let token = self.next();
            match token.kind {
                Kind::EndOfFile => break,
                Kind::LeftDelimiter => {
                    let keyword = self.next_non_space();
                    if keyword.kind == Kind::Define {
                        self.define()?;
                        continue;
                    }
                    self.put_back(keyword);
                    self.put_back(token);
                }
                _ => self.put_back(token),
            }
            match self.text_or_action()? {
                Item::Node(node) => root.push(node),
                Item::Ending(ending) => return fail(format!("unexpected {}", ending.name())),
            }
        }
        self.add(self.source.name.clone(), root)
    }

    fn define(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = mem::take(&mut self.scope);
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        self.expect(Kind::RightDelimiter, CONTEXT)?;
        let body = self.definition(CONTEXT)?;
        self.scope = outer;
        self.add(name, body)
    }

    /// Parses up to the end of a `define` or a `block`.
    fn definition(&mut self, context: &str) -> Parsed<Vec<Node>> {
        match self.list()? {
            (body, Ending::End) => Ok(body),
            (_, Ending::Else) => fail(format!("unexpected {{{{else}}}} in {context}")),
        }
    }

    fn add(&mut self, name: GoString, root: Vec<Node>) -> Parsed<()> {
        let template = Template { name, source: Rc::clone(&self.source), root };
        match self.templates.iter_mut().find(|known| known.name == template.name) {
            None => self.templates.push(template),
            Some(known) if known.is_empty() => *known = template,
            Some(_) if template.is_empty() => {}
            Some(_) => {
                return fail(format!("template: multiple definition of template {}", quote(&template.name)));
            }
        }
        Ok(())
    }

    fn list(&mut self) -> Parsed<(Vec<Node>, Ending)> {
        let mut nodes = Vec::new();
        loop {
            if self.peek_non_space().kind == Kind::EndOfFile {
                return fail("unexpected EOF");
            }
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Ending(ending) => return Ok((nodes, ending)),
            }
        }
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.span))),
            Kind::LeftDelimiter => {
                self.scope.action = Some(token.span.start as usize);
                let item = self.action()?;
                self.scope.action = None;
                Ok(item)
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => self.loop_control(token.kind)?,
            Kind::Else => return self.otherwise(),
            Kind::End => {
                self.expect(Kind::RightDelimiter, "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Kind::If => Node::If(self.branch(Control::If)?),
            Kind::Range => Node::Range(self.branch(Control::Range)?),
            Kind::With => Node::With(self.branch(Control::With)?),
            Kind::Template => self.template_call()?,
            _ => {
                self.put_back(token);
                Node::Action(self.pipeline("command", Kind::RightDelimiter)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_control(&mut self, kind: Kind) -> Parsed<Node> {
        let (node, name) = match kind {
            Kind::Break => (Node::Break, "{{break}}"),
            _ => (Node::Continue, "{{continue}}"),
        };
        self.expect(Kind::RightDelimiter, name)?;
        if self.scope.ranges == 0 {
            return fail(format!("{name} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    /// An `else`; of `else if` and `else with` the second word is left to be read.
    fn otherwise(&mut self) -> Parsed<Item> {
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelimiter, "else")?;
        }
        Ok(Item::Ending(Ending::Else))
    }

    fn branch(&mut self, control: Control) -> Parsed<Box<Branch>> {
        self.deeper("max nesting depth exceeded", |parser| parser.branch_at_depth(control))
    }

    fn branch_at_depth(&mut self, control: Control) -> Parsed<Box<Branch>> {
        let variables = self.scope.variables.len();
        let pipeline = self.pipeline(control.name(), Kind::RightDelimiter)?;
        let ranges = usize::from(control == Control::Range);
        self.scope.ranges += ranges;
        let (body, ending) = self.list()?;
        self.scope.ranges -= ranges;
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else => Some(self.else_branch(control)?),
        };
        self.scope.variables.truncate(variables);
        Ok(Box::new(Branch { pipeline, body, otherwise }))
    }

    fn else_branch(&mut self, control: Control) -> Parsed<Vec<Node>> {
        let next = self.peek().kind;
        match (control, next) {
            (Control::If, Kind::If) => {
                self.next();
                Ok(vec![Node::If(self.branch(Control::If)?)])
            }
            (Control::With, Kind::With) => {
                self.next();
                Ok(vec![Node::With(self.branch(Control::With)?)])
            }
            _ => match self.list()? {
                (nodes, Ending::End) => Ok(nodes),
                (_, Ending::Else) => fail("expected end; found {{else}}"),
            },
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipeline = Some(self.pipeline(CONTEXT, Kind::RightDelimiter)?);
        let outer = mem::take(&mut self.scope);
        let body = self.deeper("max nesting depth exceeded", |parser| parser.definition(CONTEXT))?;
        self.scope = outer;
        self.add(name.clone(), body)?;
        Ok(Node::Template(Box::new(TemplateCall { position: token.span.start, name, pipeline })))
    }

    fn template_call(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let next = self.next_non_space();
        let pipeline = if next.kind == Kind::RightDelimiter {
            None
        } else {
            self.put_back(next);
            Some(self.pipeline(CONTEXT, Kind::RightDelimiter)?)
        };
        Ok(Node::Template(Box::new(TemplateCall { position: token.span.start, name, pipeline })))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Parsed<GoString> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token),
            _ => self.unexpected(token, context),
        }
    }

    /// Parses something nested: bounded, and on a stack that grows.
    pub(super) fn deeper<T>(
        &mut self,
        too_deep: &str,
        nested: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        if self.depth >= DEPTH_LIMIT {
            return fail(too_deep);
        }
        self.depth += 1;
        let parsed = deepen(|| nested(self));
        self.depth -= 1;
        parsed
    }
}

/// A control structure's keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    Range,
    With,
}

impl Control {
    fn name(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::Range => "range",
            Self::With => "with",
        }
    }
}
