//! `Format` for handles and errors, for logs with defmt (feature `defmt`). Handles show only what
//! can be read without waiting.

use defmt::{Format, Formatter, write};

use crate::channel::state::Version;
use crate::receiver::Receiver;
use crate::sender::{Sender, WeakSender};

impl Format for Version {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "Version({=usize})", self.number());
    }
}

impl<T> Format for Sender<T> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "Sender {{ version: {}, receivers: {=usize} }}", self.version(), self.receiver_count());
    }
}

impl<T> Format for WeakSender<T> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "WeakSender {{ senders: {=usize} }}", self.sender_count());
    }
}

impl<T> Format for Receiver<T> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "Receiver {{ unseen: {=bool}, closed: {=bool} }}", self.has_unseen(), self.is_closed());
    }
}

macro_rules! format {
    ($($error:ident $(<$T:ident>)? { $($case:pat => $message:literal),+ })+) => { $(
        impl $(<$T>)? Format for crate::error::$error $(<$T>)? {
            fn format(&self, f: Formatter<'_>) {
                match self { $($case => write!(f, $message)),+ }
            }
        }
    )+ };
}
every_error!(format);
