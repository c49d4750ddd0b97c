//! Which operations meet in which model. The table below has every pair of operations. The compiler
//! checks that none is left out or there twice, and that each model exists. `tests/project.rs`
//! checks that each model is there.

use Op::*;
use Why::*;

use crate::{closed, list, listen, lock, value, wait};

/// What two threads do at once.
#[derive(Clone, Copy)]
enum Op {
    Send,
    /// Also `send_modify`, `send_if_modified`, `send_replace` and `set_if_changed`, which share one
    /// function.
    Set,
    TrySet,
    /// Also `borrow_and_update` and `try_borrow`, of senders and receivers.
    Borrow,
    /// Also `get`, `get_and_update`, the checks for a version or the close, `Cached` and `Mapped`,
    /// of senders and receivers.
    With,
    /// The first poll of `changed`, in a task or on a thread.
    FirstPoll,
    LaterPoll,
    DroppedWait,
    /// The models call it `poll`.
    PollChanged,
    /// Also `wait_until` and `wait_for_map`.
    WaitFor,
    /// Also `recv_if` and the waits of `Mapped`.
    Recv,
    /// Also `try_recv_if`.
    TryRecv,
    /// The clone of any handle.
    CloneHandle,
    Subscribe,
    /// The drop of a sender that leaves other senders.
    SenderDrop,
    LastSenderDrop,
    /// The drop of a receiver that leaves other receivers.
    ReceiverDrop,
    LastReceiverDrop,
    Upgrade,
    /// The polls and the drop of its future, as of the next two.
    Closed,
    Opened,
    /// Also `listen_closed`.
    Listen,
}

/// The number of operations. (A `Watch` does not exist under loom, because a static needs `const`
/// constructors, which loom's types do not have. All its methods are those of a `Sender` in a cell.
/// `g1_two_first_waits_at_once` races for such a cell, and
/// `threads_that_race_to_be_first_make_one_channel` in `tests/api/watch.rs` for the one of a `Watch`.)
const OPS: usize = Listen as usize + 1;

/// What shows that two operations may run at once.
enum Why {
    Models(&'static [fn()]),
    /// There is nothing to order. The two touch different words, lists and locks, or both only
    /// read, or one changes a part of a word that the other does not read. Either may come first.
    Independent,
    /// Each of the two has an entry in a list, and the list's lock orders them. How a delivery
    /// treats the entries is in the rows of `Set` and of the drops, and `src/wake/loom_tests.rs`
    /// has models of the lists alone.
    OneList,
    /// One of the two consists of other operations, one after the other: `send` is a check for
    /// receivers and `set`; `recv` and `wait_for` are `changed` and `with`. See the rows of these
    /// operations.
    InParts,
    /// Once it has the lock, `try_set` does what `set` does, so the model of `set` covers it.
    LikeSet,
    /// One needs a sender or a receiver, and the other drops the last one, so the two never run at
    /// once.
    NeverMeet,
}

/// Each operation of the first list meets each of the second.
#[rustfmt::skip]
const TABLE: &[(&[Op], &[Op], Why)] = &[
    (&[Send], &[CloneHandle, Subscribe, SenderDrop, ReceiverDrop, Upgrade, Closed, Opened], Independent),
    (&[Set], &[Upgrade, Opened], Independent),
    (&[TrySet], &[SenderDrop, Upgrade], Independent),
    (&[Borrow], &[FirstPoll, LaterPoll, DroppedWait, PollChanged, CloneHandle, Subscribe, SenderDrop, LastSenderDrop,
        ReceiverDrop, LastReceiverDrop, Upgrade, Closed, Opened, Listen], Independent),
    (&[With], &[With, FirstPoll, LaterPoll, DroppedWait, PollChanged, CloneHandle, Subscribe, SenderDrop,
        LastSenderDrop, ReceiverDrop, LastReceiverDrop, Upgrade, Closed, Opened, Listen], Independent),
    (&[FirstPoll], &[TryRecv, CloneHandle, Subscribe, Upgrade], Independent),
    (&[LaterPoll, DroppedWait], &[TryRecv, CloneHandle, Subscribe, SenderDrop, Upgrade, Listen], Independent),
    (&[PollChanged], &[TryRecv, CloneHandle, Subscribe, SenderDrop, Listen], Independent),
    (&[WaitFor, Recv], &[CloneHandle, Subscribe, Upgrade], Independent),
    (&[TryRecv], &[TryRecv, CloneHandle, Subscribe, ReceiverDrop, Upgrade, Closed, Opened, Listen], Independent),
    (&[CloneHandle], &[CloneHandle, Upgrade, Opened, Listen], Independent),
    (&[Subscribe], &[Subscribe, SenderDrop, ReceiverDrop, Upgrade], Independent),
    (&[SenderDrop], &[ReceiverDrop, LastReceiverDrop, Closed, Opened, Listen], Independent),
    (&[ReceiverDrop], &[Upgrade, Opened, Listen], Independent),
    (&[Upgrade], &[Closed, Opened, Listen], Independent),
    (&[FirstPoll], &[LaterPoll, PollChanged, Opened], OneList),
    (&[LaterPoll], &[LaterPoll, DroppedWait, PollChanged, Closed, Opened], OneList),
    (&[DroppedWait], &[DroppedWait, PollChanged, Closed, Opened], OneList),
    (&[PollChanged], &[Opened], OneList),
    (&[Send], &[Send, Set, Borrow, With, FirstPoll, LaterPoll, DroppedWait, PollChanged, WaitFor, Recv, TryRecv,
        Listen], InParts),
    (&[Borrow, With, FirstPoll, LaterPoll, DroppedWait, PollChanged], &[WaitFor, Recv], InParts),
    (&[WaitFor], &[WaitFor, Recv, TryRecv, Closed, Opened, Listen], InParts),
    (&[Recv], &[Recv, TryRecv, SenderDrop, LastSenderDrop, ReceiverDrop, Closed, Opened, Listen], InParts),
    (&[TrySet], &[TrySet, With, FirstPoll, LaterPoll, DroppedWait, WaitFor, CloneHandle, Subscribe, ReceiverDrop,
        Closed, Opened], LikeSet),
    (&[Send, Set, TrySet, Subscribe], &[LastSenderDrop], NeverMeet),
    (&[FirstPoll, LaterPoll, DroppedWait, PollChanged, WaitFor, Recv, TryRecv, LastReceiverDrop], &[LastReceiverDrop],
        NeverMeet),
    (&[CloneHandle], &[LastSenderDrop, LastReceiverDrop], NeverMeet),
    (&[LastSenderDrop], &[LastSenderDrop, Closed, Opened], NeverMeet),
    (&[Send], &[TrySet, LastReceiverDrop], Models(&[value::sends_against_the_last_receivers_drop])),
    (&[Set], &[Set], Models(&[
        lock::two_writers, lock::two_writers_wait_for_a_reader, value::g2_a_value_and_its_version_are_one,
        wait::g1_a_wait_against_two_senders, list::g3_two_deliveries_at_once, list::g3_two_deliveries_on_two_threads,
    ])),
    (&[Set], &[TrySet], Models(&[
        value::g2_an_attempt_to_receive_returns_a_value_once, wait::g1_recv_against_a_set_and_a_try_set,
    ])),
    (&[Set], &[Borrow], Models(&[
        lock::two_readers_and_a_writer, lock::g7_a_second_read_and_a_queued_writer, lock::g7_two_channels_crosswise,
        lock::a_demand_against_a_newcomer, lock::g7_a_newcomer_finds_a_demand, lock::tries_against_a_holder,
    ])),
    (&[Set], &[With], Models(&[
        value::a_receiver_that_knows_a_version_finds_its_value, value::two_sends_against_a_cached_value,
        value::g2_three_kinds_of_reads_against_a_send, value::what_comes_before_a_send_is_visible,
    ])),
    (&[Set], &[FirstPoll], Models(&[
        wait::g1_a_wait_against_a_send, wait::what_comes_before_a_send_is_visible_after_a_wait,
        wait::g1_a_woken_task_finds_the_new_version, wait::g1_changed_on_a_thread_against_two_sends,
        list::g1_waits_in_one_lane_against_a_send, list::g1_growth_against_a_delivery,
        list::g1_two_growths_against_a_delivery,
    ])),
    (&[Set], &[LaterPoll], Models(&[
        list::g1_a_repeated_poll_against_a_delivery, list::g3_two_deliveries_on_two_threads,
    ])),
    (&[Set], &[DroppedWait], Models(&[
        list::g6_a_dropped_wait_against_a_delivery, list::g1_a_dropped_wait_and_another_against_a_send,
        wait::g1_a_wait_that_was_never_polled_against_a_send,
    ])),
    (&[Set], &[PollChanged], Models(&[
        wait::g1_poll_changed_against_two_sends, wait::g6_a_ready_wait_keeps_no_waker,
        list::g1_a_waiting_bit_that_another_receiver_has_set,
    ])),
    (&[Set], &[WaitFor], Models(&[wait::g1_wait_for_against_two_sends, wait::g1_wait_for_against_two_senders])),
    (&[Set], &[Recv], Models(&[wait::g1_recv_against_a_set_and_a_try_set])),
    (&[Set], &[TryRecv], Models(&[
        value::g2_an_attempt_to_receive_returns_a_value_once, value::g2_three_kinds_of_reads_against_a_send,
    ])),
    (&[Set], &[CloneHandle], Models(&[value::new_receivers_against_a_send])),
    (&[Set], &[Subscribe], Models(&[
        value::new_receivers_against_a_send, list::g1_a_dropped_receiver_against_a_delivery,
    ])),
    (&[Set], &[SenderDrop], Models(&[value::the_close_comes_after_every_send])),
    (&[Set], &[ReceiverDrop], Models(&[
        list::g1_a_dropped_receiver_against_a_delivery, list::g6_a_receiver_and_a_wait_are_dropped_during_a_delivery,
    ])),
    (&[Set], &[LastReceiverDrop], Models(&[value::sends_against_the_last_receivers_drop])),
    (&[Set], &[Closed], Models(&[closed::g3_closed_and_a_wait_against_a_send])),
    (&[Set], &[Listen], Models(&[
        listen::g1_a_listener_against_a_send, listen::g1_awaited_listeners_against_two_sends,
        listen::g1_a_wait_and_a_listener_against_a_send,
    ])),
    (&[TrySet], &[Borrow], Models(&[lock::tries_against_a_holder])),
    (&[TrySet], &[PollChanged], Models(&[wait::g1_a_wait_against_a_try_set])),
    (&[TrySet], &[Recv], Models(&[wait::g1_recv_against_a_set_and_a_try_set])),
    (&[TrySet], &[TryRecv], Models(&[value::g2_an_attempt_to_receive_returns_a_value_once])),
    (&[TrySet], &[LastReceiverDrop], Models(&[value::sends_against_the_last_receivers_drop])),
    (&[TrySet], &[Listen], Models(&[listen::g1_a_listener_against_two_senders])),
    (&[Borrow], &[Borrow], Models(&[lock::two_readers_and_a_writer])),
    (&[Borrow], &[With, TryRecv], Models(&[value::g2_three_kinds_of_reads_against_a_send])),
    (&[With], &[TryRecv], Models(&[value::g2_three_kinds_of_reads_against_a_send])),
    (&[FirstPoll], &[FirstPoll], Models(&[
        list::g1_two_first_waits_at_once, list::g1_two_growths_at_once, list::g1_waits_in_one_lane_against_a_send,
    ])),
    (&[FirstPoll], &[DroppedWait], Models(&[list::g1_a_dropped_wait_and_another_against_a_send])),
    (&[FirstPoll], &[SenderDrop], Models(&[wait::g1_a_wait_against_a_send_and_the_close])),
    (&[FirstPoll], &[LastSenderDrop], Models(&[
        wait::g1_a_wait_against_the_close, wait::g1_a_wait_against_a_send_and_the_close,
        wait::what_comes_before_a_send_is_visible_after_a_wait,
        wait::g1_changed_on_a_thread_against_a_send_and_the_close,
    ])),
    (&[FirstPoll], &[ReceiverDrop], Models(&[list::g1_a_list_that_shrinks_against_a_first_wait])),
    (&[FirstPoll], &[Closed], Models(&[closed::g3_closed_and_a_wait_against_a_send])),
    (&[FirstPoll], &[Listen], Models(&[listen::g1_a_wait_and_a_listener_against_a_send])),
    (&[LaterPoll], &[LastSenderDrop, ReceiverDrop], Models(&[wait::g1_a_repeated_poll_against_the_close])),
    (&[DroppedWait], &[LastSenderDrop, ReceiverDrop], Models(&[
        list::g6_a_receiver_and_a_wait_are_dropped_during_the_close,
    ])),
    (&[PollChanged], &[PollChanged], Models(&[list::g1_two_first_waits_at_once])),
    (&[PollChanged], &[LastSenderDrop], Models(&[
        list::g1_a_waiting_bit_that_another_receiver_has_set,
    ])),
    (&[PollChanged], &[ReceiverDrop], Models(&[list::g1_a_list_that_shrinks_against_a_first_wait])),
    (&[PollChanged], &[Upgrade], Models(&[value::two_upgrades_against_the_last_senders_drop])),
    (&[PollChanged], &[Closed], Models(&[closed::g3_closed_and_a_wait_against_a_send])),
    (&[WaitFor], &[SenderDrop, LastSenderDrop], Models(&[wait::g1_wait_for_against_a_send_and_the_close])),
    (&[WaitFor], &[ReceiverDrop], Models(&[list::g6_a_receiver_and_a_wait_are_dropped_during_a_delivery])),
    (&[TryRecv], &[SenderDrop, LastSenderDrop], Models(&[value::attempts_to_receive_against_a_send_and_the_close])),
    (&[CloneHandle], &[Subscribe], Models(&[value::new_receivers_against_a_send])),
    (&[CloneHandle], &[SenderDrop], Models(&[value::a_senders_clone_against_another_senders_drop])),
    (&[CloneHandle], &[ReceiverDrop, Closed], Models(&[closed::g1_closed_against_a_clone_and_drops])),
    (&[Subscribe], &[LastReceiverDrop, Closed], Models(&[closed::g1_closed_against_a_receiver_that_comes_and_goes])),
    (&[Subscribe], &[Opened], Models(&[
        closed::g1_opened_against_a_subscribe, closed::g1_opened_on_a_thread_against_a_subscribe,
    ])),
    (&[Subscribe], &[Listen], Models(&[
        listen::g1_a_closed_listener_and_a_receiver_that_comes_and_goes,
        listen::g1_a_closed_listener_against_the_first_receiver,
    ])),
    (&[SenderDrop], &[SenderDrop, LastSenderDrop], Models(&[
        value::what_comes_before_every_senders_drop_is_visible, value::the_close_comes_after_every_send,
    ])),
    (&[SenderDrop], &[Upgrade], Models(&[value::two_upgrades_against_the_last_senders_drop])),
    (&[LastSenderDrop], &[ReceiverDrop], Models(&[list::g6_a_receiver_and_a_wait_are_dropped_during_the_close])),
    (&[LastSenderDrop], &[LastReceiverDrop], Models(&[wait::g6_both_ends_are_dropped_at_once])),
    (&[LastSenderDrop], &[Upgrade], Models(&[
        value::an_upgrade_against_the_last_senders_drop, value::two_upgrades_against_the_last_senders_drop,
    ])),
    (&[LastSenderDrop], &[Listen], Models(&[listen::g1_a_listener_against_the_close])),
    (&[ReceiverDrop], &[ReceiverDrop, LastReceiverDrop], Models(&[
        value::what_comes_before_the_last_receivers_drop_is_visible,
    ])),
    (&[ReceiverDrop], &[Closed], Models(&[closed::g1_closed_against_two_receivers_drops])),
    (&[LastReceiverDrop], &[Upgrade], Models(&[wait::g6_both_ends_are_dropped_at_once])),
    (&[LastReceiverDrop], &[Closed], Models(&[
        closed::g1_closed_against_the_last_receivers_drop,
        closed::what_comes_before_the_last_receivers_drop_is_visible_after_closed,
        closed::g6_a_dropped_closed_against_the_last_receivers_drop,
        closed::g1_closed_on_a_thread_against_the_last_receivers_drop,
    ])),
    (&[LastReceiverDrop], &[Opened], Models(&[closed::g1_opened_against_a_receiver_that_comes_and_goes])),
    (&[LastReceiverDrop], &[Listen], Models(&[listen::g1_a_closed_listener_against_the_last_receivers_drop])),
    (&[Upgrade], &[Upgrade], Models(&[value::two_upgrades_against_the_last_senders_drop])),
    (&[Closed], &[Closed], Models(&[closed::g1_two_senders_in_closed_against_the_last_receivers_drop])),
    (&[Closed], &[Opened], Models(&[closed::g1_opened_and_closed_against_a_receiver_that_comes_and_goes])),
    (&[Closed], &[Listen], Models(&[listen::g1_a_closed_listener_and_a_receiver_that_comes_and_goes])),
    (&[Opened], &[Listen], Models(&[listen::g1_a_closed_listener_against_the_first_receiver])),
    (&[Opened], &[Opened], Models(&[closed::g1_two_senders_in_opened_against_a_subscribe])),
    (&[Listen], &[Listen], Models(&[listen::g1_two_listeners_against_a_send])),
];

const _: () = {
    let mut times = [[0; OPS]; OPS];
    let mut row = 0;
    while row < TABLE.len() {
        let (firsts, seconds, why) = &TABLE[row];
        assert!(!matches!(why, Models([])), "a row names no model");
        let mut pair = 0;
        while pair < firsts.len() * seconds.len() {
            let (a, b) = (firsts[pair / seconds.len()] as usize, seconds[pair % seconds.len()] as usize);
            times[if a < b { a } else { b }][if a < b { b } else { a }] += 1;
            pair += 1;
        }
        row += 1;
    }
    let mut pair = 0;
    while pair < OPS * OPS {
        let (a, b) = (pair / OPS, pair % OPS);
        assert!(a > b || times[a][b] == 1, "a pair of operations is missing, or is there twice");
        pair += 1;
    }
};
