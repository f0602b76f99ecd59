//! Cases of the environment language, made by chance: the same ones for the same seed.
//!
//! A case is a root document and what it imports. Most expressions are in order, so that values come of them; some
//! are not, so that each kind of diagnostic does, too.

#![expect(clippy::unwrap_used, reason = "writing into a String does not fail")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::vocabulary::{FAULTS, JSON, KEYS, NAMES, ODD_KEYS, SCALARS, SCHEMAS, TEXTS, TOP};

/// The documents of a case by name.
pub(crate) type Documents = BTreeMap<String, String>;

/// Returns the case of a seed.
pub(crate) fn case(seed: u64) -> Documents {
    let mut generator = Generator { random: StdRng::seed_from_u64(seed), imports: Vec::new() };
    generator.case()
}

struct Generator {
    random: StdRng,
    /// What the document at hand imports.
    imports: Vec<&'static str>,
}

impl Generator {
    fn case(&mut self) -> Documents {
        let mut documents = Documents::new();
        for name in ["other", "base", "proj/lib"] {
            if self.chance(85) {
                let may_import: &[&str] = match name {
                    "other" => &[],
                    "base" => &["other"],
                    _ => &["base", "other"],
                };
                let text = self.document(may_import, 2);
                documents.insert(name.to_owned(), text);
            }
        }
        let text = self.document(&["base", "other", "proj/lib"], 3);
        documents.insert("env".to_owned(), text);
        documents
    }

    fn document(&mut self, may_import: &[&'static str], depth: u32) -> String {
        let mut text = String::new();
        self.imports.clear();
        if self.chance(3) {
            text.push_str(self.pick(TOP));
        }
        let mut items = Vec::new();
        for _ in 0..self.random.gen_range(0..=may_import.len()) {
            let name = if self.chance(5) {
                self.pick(NAMES)
            } else {
                may_import[self.random.gen_range(0..may_import.len())]
            };
            self.imports.push(name);
            items.push(match self.random.gen_range(0..20) {
                0 => format!("{name}: {{ merge: true }}"),
                1..=3 => format!("{name}: {{ merge: false }}"),
                4 => format!("{name}: {{ Merge: false, other: 1 }}"),
                5 if self.chance(20) => format!("{name}: {{ merge: 1 }}"),
                6 if self.chance(20) => "[x]".to_owned(),
                7 if self.chance(20) => "null".to_owned(),
                _ => name.to_owned(),
            });
        }
        if !items.is_empty() {
            text.push_str("imports:\n");
            for item in &items {
                writeln!(text, "  - {item}").unwrap();
            }
        }
        text.push_str("values:");
        text.push_str(&self.block_object(depth, 2));
        if self.chance(30) {
            for reserved in ["environmentVariables", "files"] {
                let entries = self.flow_object(2);
                writeln!(text, "  {reserved}: {entries}").unwrap();
            }
        }
        if self.chance(10) {
            let fault = self.pick(FAULTS);
            writeln!(text, "  fault: {fault}").unwrap();
        }
        if self.chance(2) {
            text.push_str(self.pick(&[
                "  context: 1\n",
                "  imports: {}\n",
                "  fn::join: [a, b]\n",
                "  a: twice\n",
                "  \"${a}\": 1\n",
            ]));
        }
        if self.chance(3) {
            text.push_str(self.pick(TOP));
        }
        match self.random.gen_range(0..30) {
            0 => text.replace('\n', "\r\n"),
            1 => text.trim_end().to_owned(),
            _ => text,
        }
    }

    /// Returns what stands behind `KEY:` or `-`, up to the end of the line.
    fn block(&mut self, depth: u32, indent: usize) -> String {
        let margin = " ".repeat(indent);
        match self.random.gen_range(0..20) {
            0..=4 if depth > 0 => self.block_object(depth - 1, indent),
            5 | 6 if depth > 0 => {
                let items: Vec<String> =
                    (0..self.random.gen_range(1..4)).map(|_| self.block(depth - 1, indent + 2)).collect();
                items.iter().fold("\n".to_owned(), |text, item| format!("{text}{margin}-{item}"))
            }
            7 | 8 if depth > 0 => {
                let function = self.pick(&["final", "toJSON", "toYAML", "toString"]);
                format!("\n{margin}fn::{function}:{}", self.block(depth - 1, indent + 2))
            }
            9 => {
                let style = self.pick(&["|", ">", "|-", ">+", "|2"]);
                let access = self.access();
                format!(" {style}\n{margin}first ${{{access}}}\n{margin}second\n")
            }
            10 => {
                let access = self.access();
                let around = self.pick(&[
                    "漢",
                    "é",
                    "e\u{301}",
                    "👩\u{200d}👧",
                    "🇪🇺",
                    "x",
                    "\u{200b}",
                    "ｱ",
                    "☺️",
                    "한",
                    "ᄒ",
                ]);
                if self.chance(50) {
                    format!(" ${{{access}}}\n")
                } else {
                    format!(" {around} ${{{access}}} {around} ${{{access}}}\n")
                }
            }
            _ => format!(" {}\n", self.flow(depth)),
        }
    }

    fn block_object(&mut self, depth: u32, indent: usize) -> String {
        let mut text = "\n".to_owned();
        for key in self.keys() {
            let value = self.block(depth, indent + 2);
            write!(text, "{}{key}:{value}", " ".repeat(indent)).unwrap();
        }
        text
    }

    /// Returns an expression on one line, fit for inside of brackets.
    fn flow(&mut self, depth: u32) -> String {
        match self.random.gen_range(0..24) {
            0..=3 => self.pick(SCALARS).to_owned(),
            4..=6 => self.pick(TEXTS).to_owned(),
            7..=9 => self.symbol(),
            10 | 11 => self.interpolation(),
            12 => self.secret(),
            13 | 14 if depth > 0 => self.flow_object(depth - 1),
            15 | 16 if depth > 0 => self.flow_list(depth - 1),
            17.. if depth > 0 => self.call(depth - 1),
            _ => self.pick(TEXTS).to_owned(),
        }
    }

    fn flow_object(&mut self, depth: u32) -> String {
        let keys = self.keys();
        let entries: Vec<String> = keys.iter().map(|key| format!("{key}: {}", self.flow(depth))).collect();
        format!("{{ {} }}", entries.join(", "))
    }

    fn flow_list(&mut self, depth: u32) -> String {
        let items: Vec<String> = (0..self.random.gen_range(0..4)).map(|_| self.flow(depth)).collect();
        format!("[{}]", items.join(", "))
    }

    fn call(&mut self, depth: u32) -> String {
        match self.random.gen_range(0..18) {
            0 | 1 => format!("{{ fn::join: [{}, {}] }}", self.text(), self.texts(depth)),
            2 => format!(
                "{{ fn::split: [{}, {}] }}",
                self.pick(&["','", "\"\"", "ab", "\"${a}\""]),
                self.text()
            ),
            3 => format!("{{ fn::concat: [{}, {}] }}", self.texts(depth), self.list(depth)),
            4 => format!("{{ fn::toJSON: {} }}", self.flow(depth)),
            5 => {
                let json = self.pick(JSON);
                match self.random.gen_range(0..6) {
                    0 => format!("{{ fn::fromJSON: {{ fn::secret: {json} }} }}"),
                    1 => format!("{{ fn::fromJSON: {} }}", self.text()),
                    2 => format!("{{ fn::fromJSON: {{ fn::toJSON: {} }} }}", self.flow(depth)),
                    _ => format!("{{ fn::fromJSON: {json} }}"),
                }
            }
            6 => format!("{{ fn::toYAML: {} }}", self.flow(depth)),
            7 => format!("{{ fn::toString: {} }}", self.flow(depth)),
            8 => format!("{{ fn::toBase64: {} }}", self.text()),
            9 => match self.random.gen_range(0..4) {
                0 => format!("{{ fn::fromBase64: {} }}", self.text()),
                1 => format!("{{ fn::fromBase64: {{ fn::toBase64: {} }} }}", self.text()),
                _ => format!(
                    "{{ fn::fromBase64: {} }}",
                    self.pick(&["aGVsbG8=", "\"aGVs\\nbG8=\"", "aGVsbG8", "/w==", "\"a=b\"", "\"\""])
                ),
            },
            10 => format!("{{ fn::final: {} }}", self.flow(depth)),
            11 | 12 => {
                let schema = self.pick(SCHEMAS);
                format!("{{ fn::validate: {{ schema: {schema}, value: {} }} }}", self.flow(depth))
            }
            13..=15 => self.open(depth),
            16 => self.rotate(depth),
            _ => self.secret(),
        }
    }

    fn open(&mut self, depth: u32) -> String {
        let provider = self.pick(&[
            "test",
            "test",
            "test",
            "test-secret",
            "test-error",
            "test-context",
            "test-typed",
            "test-typed",
            "nope",
        ]);
        let inputs = match (provider, self.random.gen_range(0..8)) {
            (_, 0) => self.flow(depth),
            ("test-error", _) => format!("{{ why: {} }}", self.text()),
            ("test-typed", 1) => format!("{{ name: {}, wrong: 1 }}", self.text()),
            ("test-typed", 2) => format!("{{ count: {} }}", self.flow(depth)),
            ("test-typed", 3) => format!(
                "{{ name: {}, mode: {}, tags: {} }}",
                self.text(),
                self.pick(&["fast", "slow", "never"]),
                self.texts(depth)
            ),
            ("test-typed", _) => format!("{{ name: {} }}", self.text()),
            _ => self.flow_object(depth),
        };
        if self.chance(70) {
            format!("{{ fn::open::{provider}: {inputs} }}")
        } else {
            format!("{{ fn::open: {{ provider: {provider}, inputs: {inputs} }} }}")
        }
    }

    fn rotate(&mut self, depth: u32) -> String {
        let state = match self.random.gen_range(0..6) {
            0 => String::new(),
            1 => ", state: null".to_owned(),
            2 => ", state: { current: 1 }".to_owned(),
            3 => format!(", state: {{ current: {}, previous: {} }}", self.secret(), self.text()),
            _ => format!(", state: {{ current: {} }}", self.text()),
        };
        let inputs = match self.random.gen_range(0..4) {
            0 => format!("{{ user: {}, admin: {} }}", self.text(), self.flow(depth)),
            1 => self.flow(depth),
            _ => format!("{{ user: {} }}", self.text()),
        };
        let rotator = self.pick(&["test-rotate", "test-rotate", "test-rotate", "nope"]);
        if self.chance(50) {
            format!("{{ fn::rotate::{rotator}: {{ inputs: {inputs}{state} }} }}")
        } else {
            format!("{{ fn::rotate: {{ provider: {rotator}, inputs: {inputs}{state} }} }}")
        }
    }

    fn secret(&mut self) -> String {
        match self.random.gen_range(0..12) {
            0 => format!("{{ fn::secret: {{ ciphertext: {} }} }}", envelope("hidden", false)),
            1 => format!("{{ fn::secret: {{ ciphertext: {} }} }}", envelope("hidden", true)),
            2 => format!(
                "{{ fn::secret: {{ ciphertext: {} }} }}",
                self.pick(&["\"\"", "AAAA", "ZXNjeAAAAAFUMQ=="])
            ),
            3 => "{ fn::secret: \"a $$ ${b}\" }".to_owned(),
            _ => format!(
                "{{ fn::secret: {} }}",
                self.pick(&["s3cret", "\"p,q\"", "\"\"", "'{\"k\": [1, \"s\"]}'", "c2VjcmV0"])
            ),
        }
    }

    /// Most often a text.
    fn text(&mut self) -> String {
        match self.random.gen_range(0..10) {
            0 => self.symbol(),
            1 => self.interpolation(),
            2 => self.secret(),
            3 => self.flow(0),
            4 => "{ fn::open::test-secret: { a: x } }".to_owned(),
            _ => self.pick(TEXTS).to_owned(),
        }
    }

    fn texts(&mut self, depth: u32) -> String {
        if self.chance(15) {
            return self.list(depth);
        }
        let items: Vec<String> = (0..self.random.gen_range(0..4)).map(|_| self.text()).collect();
        format!("[{}]", items.join(", "))
    }

    fn list(&mut self, depth: u32) -> String {
        if self.chance(30) { self.symbol() } else { self.flow_list(depth) }
    }

    fn symbol(&mut self) -> String {
        let access = self.access();
        quoted(&format!("${{{access}}}"))
    }

    fn interpolation(&mut self) -> String {
        let (one, other) = (self.access(), self.access());
        let text = match self.random.gen_range(0..5) {
            0 => format!("${{{one}}}${{{other}}}"),
            1 => format!("$$ ${{{one}}} $"),
            2 => format!("漢 ${{{one}}} é ${{{other}}}."),
            _ => format!("x-${{{one}}}"),
        };
        quoted(&text)
    }

    fn access(&mut self) -> String {
        let mut path = match self.random.gen_range(0..24) {
            0..=1 if !self.imports.is_empty() => {
                let name = self.imports[self.random.gen_range(0..self.imports.len())];
                if self.chance(50) { format!("imports[\"{name}\"]") } else { format!("imports.{name}") }
            }
            2 => "environments.proj.lib".to_owned(),
            3 => self
                .pick(&[
                    "environments.proj.none",
                    "environments.proj",
                    "environments",
                    "imports",
                    "imports.none",
                    "context",
                ])
                .to_owned(),
            4 => self
                .pick(&[
                    "context.pulumi.user.login",
                    "context.level",
                    "context.rootEnvironment.name",
                    "context.currentEnvironment.name",
                    "context.nope",
                    "context.pulumi",
                ])
                .to_owned(),
            5 => self
                .pick(&[
                    "[\"a\"]",
                    "nothere",
                    "nmae",
                    "A",
                    "lists",
                    "",
                    "[\"x-y\"]",
                    "[\"1\"]",
                    "é",
                    "$k",
                    "fault",
                ])
                .to_owned(),
            _ => self.pick(KEYS).to_owned(),
        };
        for _ in 0..self.random.gen_range(0..3) {
            let step = match self.random.gen_range(0..16) {
                0..=2 => "[0]",
                3 => "[1]",
                4 => self.pick(&["[9]", "[-1]", "[\"a\"]", "[\"q\\\"r\"]", "[ 0]", "[00]", "[+1]"]),
                5 => self.pick(&[".inner.flag", ".x", ".list[1]", ".current", ".inner.none"]),
                6..=10 => self.pick(&[".a", ".b", ".c", ".d", ".name", ".list"]),
                _ => "",
            };
            path.push_str(step);
        }
        path
    }

    /// One to four keys; twice the same now and then.
    fn keys(&mut self) -> Vec<&'static str> {
        let count = self.random.gen_range(1..5);
        let mut keys: Vec<&str> = KEYS.choose_multiple(&mut self.random, count).copied().collect();
        if self.chance(12) {
            keys.push(self.pick(ODD_KEYS));
        }
        if self.chance(1) {
            keys.push(keys[0]);
        }
        keys
    }

    fn pick(&mut self, among: &[&'static str]) -> &'static str {
        among.choose(&mut self.random).copied().unwrap_or_default()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.gen_range(0..100) < percent
    }
}

/// Writes a text as a scalar that brackets may hold.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

/// Returns a ciphertext as the cases' cipher makes it, or one whose checksum is wrong.
fn envelope(plaintext: &str, broken: bool) -> String {
    let body = format!("T1:{}", STANDARD.encode(plaintext));
    let mut bytes = [b"escx".as_slice(), &1u32.to_be_bytes(), body.as_bytes()].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&bytes);
    bytes.extend_from_slice(&(crc.sum() ^ u32::from(broken)).to_be_bytes());
    STANDARD.encode(bytes)
}
