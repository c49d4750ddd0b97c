//! What is written the way it is to save flash. The bytes are those of firmware for thumbv6m that
//! is built for size, as `ci/target.sh size` measures them.
//!
//! | what | instead of | saves |
//! |---|---|---|
//! | [`push_within_capacity`] | `Vec::push`, which links code for a reallocation | 830 bytes |
//! | [`move_all`] | `Vec::append`, which links `memcpy` | 660 |
//! | `#[repr(C)]` on the lists of waiting tasks | the compiler's order of fields, which puts zeros side by side and links `memclr` | 160 |
//! | [`channel`](fn@crate::channel) counts its first receiver itself | `subscribe`, which links what `opened` needs | 280 |

use alloc::vec::Vec;

/// Pushes an item, or returns it if the vector is full.
#[inline]
pub(crate) fn push_within_capacity<T>(vec: &mut Vec<T>, item: T) -> Result<(), T> {
    if vec.len() == vec.capacity() {
        return Err(item);
    }
    vec.push(item);
    Ok(())
}

/// Moves the items of `from` to an empty vector, as far as it has room.
pub(crate) fn move_all<T>(from: &mut Vec<T>, to: &mut Vec<T>) {
    from.drain(..).for_each(|item| drop(push_within_capacity(to, item)));
}
