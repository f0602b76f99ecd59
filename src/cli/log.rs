//! The log: `RUST_LOG` picks what is written, to stderr, and every line passes the scrubber.

use std::io::{self, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::scrubber::Scrubber;

/// Starts the log, if the filter (as `RUST_LOG` holds it) asks for one.
pub(super) fn start(filter: Option<&str>, scrubber: &Scrubber) {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { return };
    let writer = Scrubbed(scrubber.clone());
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(writer)
        .with_ansi(false);
    // A second start, as in tests, keeps the first log.
    let _ = log.try_init();
}

/// Writes whole events only, so that no secret is cut in two before it is looked for.
#[derive(Clone)]
struct Scrubbed(Scrubber);

struct Event {
    scrubber: Scrubber,
    line: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = Event;

    fn make_writer(&'a self) -> Event {
        Event { scrubber: self.0.clone(), line: Vec::new() }
    }
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // A log that can't be written is no reason to stop.
        let _ = io::stderr().write_all(&self.scrubber.scrub_bytes(&self.line));
    }
}
