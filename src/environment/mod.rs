//! Environment documents: the language of Pulumi ESC, evaluated here.
