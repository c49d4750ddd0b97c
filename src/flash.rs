//! Code that takes an unusual form to save flash. The bytes are those of firmware for thumbv6m that
//! is built for size, as `ci/target.sh size` measures them.
//!
//! | what | instead of | saves |
//! |---|---|---|
//! | a look at the capacity before each `Vec::push` | `Vec::push` alone, which links code for a reallocation | 830 bytes |
//! | [`move_all`] | `Vec::append`, which links `memcpy` | 660 |
//! | `#[repr(C)]` on the lists of waiting tasks | the compiler's order of fields, which puts zeros side by side and links `memclr` | 160 |
//! | [`channel`](fn@crate::channel) counts its first receiver itself | `subscribe`, which links what `opened` needs | 280 |

use alloc::vec::Vec;

/// Moves the items of `from` to an empty vector, as far as it has room.
pub(crate) fn move_all<T>(from: &mut Vec<T>, to: &mut Vec<T>) {
    for item in from.drain(..) {
        if to.len() < to.capacity() {
            to.push(item);
        }
    }
}
