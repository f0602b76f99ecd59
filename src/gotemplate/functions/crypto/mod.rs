//! Passwords, ciphers, keys and certificates.

mod authority;
mod certificate;
mod cipher;
mod key;
mod password;
mod pem;

use std::rc::Rc;

use crate::gotemplate::Functions;
use crate::gotemplate::functions::Host;

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    password::add(functions, host);
    cipher::add(functions, host);
    key::add(functions, host);
    authority::add(functions, host);
}
