//! Go's text/template and its function library.
