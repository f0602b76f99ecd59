//! `fmt.Sprintf`.

use crate::gotemplate::Value;
use crate::gotemplate::format::flags::Flags;
use crate::gotemplate::format::printer::Printer;
use crate::gotemplate::rune::decode;

/// Widths and precisions beyond this are refused, as in Go.
const LARGEST: usize = 1_000_000;

/// Formats as `fmt.Sprintf` does.
pub fn printf(format: &[u8], arguments: &[Value]) -> Vec<u8> {
    let mut formatter =
        Formatter { format, position: 0, arguments, next: 0, reordered: false, printer: Printer::default() };
    formatter.run();
    formatter.printer.output
}

struct Formatter<'a> {
    format: &'a [u8],
    position: usize,
    arguments: &'a [Value],
    next: usize,
    reordered: bool,
    printer: Printer,
}

/// Whether the argument indexes of one verb are good, and whether one was just read.
struct Indexes {
    good: bool,
    just_read: bool,
}

impl Formatter<'_> {
    fn run(&mut self) {
        while self.position < self.format.len() {
            let rest = &self.format[self.position..];
            let text = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            self.write(&rest[..text]);
            self.position += text;
            if self.position < self.format.len() {
                self.position += 1;
                self.verb();
            }
        }
        self.extra();
    }

    fn write(&mut self, text: &[u8]) {
        self.printer.output.extend_from_slice(text);
    }

    fn byte(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    fn verb(&mut self) {
        let mut flags = self.flags();
        let mut indexes = Indexes { good: true, just_read: false };
        self.argument_index(&mut indexes);
        self.width(&mut flags, &mut indexes);
        self.precision(&mut flags, &mut indexes);
        if !indexes.just_read {
            self.argument_index(&mut indexes);
        }
        let Some((verb, width)) = decode(&self.format[self.position..]) else {
            return self.write(b"%!(NOVERB)");
        };
        self.position += width;
        if verb == '%' {
            return self.write(b"%");
        }
        if !indexes.good {
            return self.write(format!("%!{verb}(BADINDEX)").as_bytes());
        }
        let Some(argument) = self.arguments.get(self.next) else {
            return self.write(format!("%!{verb}(MISSING)").as_bytes());
        };
        self.printer.flags = if matches!(verb, 'v' | 'w') { flags.for_value() } else { flags };
        self.printer.argument(argument, verb);
        self.next += 1;
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.position += 1;
        }
        flags
    }

    fn width(&mut self, flags: &mut Flags, indexes: &mut Indexes) {
        if self.byte() == Some(b'*') {
            self.position += 1;
            match self.integer_argument() {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.zero &= width >= 0;
                    flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.write(b"%!(BADWIDTH)"),
            }
            indexes.just_read = false;
        } else {
            flags.width = self.number();
            indexes.good &= !(indexes.just_read && flags.width.is_some());
        }
    }

    fn precision(&mut self, flags: &mut Flags, indexes: &mut Indexes) {
        if self.byte() != Some(b'.') || self.position + 1 >= self.format.len() {
            return;
        }
        self.position += 1;
        indexes.good &= !indexes.just_read;
        self.argument_index(indexes);
        if self.byte() == Some(b'*') {
            self.position += 1;
            flags.precision = self.integer_argument().and_then(|precision| usize::try_from(precision).ok());
            if flags.precision.is_none() {
                self.write(b"%!(BADPREC)");
            }
            indexes.just_read = false;
        } else {
            flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// Reads `[3]`.
    fn argument_index(&mut self, indexes: &mut Indexes) {
        if self.byte() != Some(b'[') {
            indexes.just_read = false;
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.position..];
        let Some(length) = memchr::memchr(b']', rest) else {
            self.position += 1;
            indexes.good = false;
            indexes.just_read = false;
            return;
        };
        let number = std::str::from_utf8(&rest[1..length]).ok().and_then(|text| text.parse::<usize>().ok());
        self.position += length + 1;
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.arguments.len() => {
                self.next = index;
                indexes.just_read = true;
            }
            _ => {
                indexes.good = false;
                indexes.just_read = number.is_some();
            }
        }
    }

    fn integer_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        let number = argument.as_signed().or_else(|| argument.as_unsigned()?.try_into().ok())?;
        (number.unsigned_abs() <= LARGEST as u64).then_some(number)
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.position;
        let mut number = 0usize;
        while let Some(digit) = self.byte().filter(u8::is_ascii_digit) {
            number = number * 10 + usize::from(digit - b'0');
            if number > LARGEST {
                self.position = self.format.len();
                return None;
            }
            self.position += 1;
        }
        (self.position > start).then_some(number)
    }

    /// Says which arguments no verb took.
    fn extra(&mut self) {
        if self.reordered || self.next >= self.arguments.len() {
            return;
        }
        self.printer.flags = Flags::default();
        self.write(b"%!(EXTRA ");
        for (index, argument) in self.arguments[self.next..].iter().enumerate() {
            if index > 0 {
                self.write(b", ");
            }
            if argument.is_nil() {
                self.write(b"<nil>");
            } else {
                self.write(argument.type_name().as_bytes());
                self.write(b"=");
                self.printer.argument(argument, 'v');
            }
        }
        self.write(b")");
    }
}
