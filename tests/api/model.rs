//! Random programs over several handles. The result of each call, each wake-up and each waker kept
//! are compared with those of a plain model of the channel and of tokio's channel. In other
//! programs, wakers do some of the steps. `fuzz/` runs programs of the same kinds, which a fuzzer
//! finds.

use crate::programs::wakers::{self, Step};
use crate::programs::{Op, run_model, run_ours, run_tokio};
use proptest::prelude::*;

/// How many programs to run. In an emulator, CI sets a lower number.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(2_000, |cases| cases.parse().expect("PROPTEST_CASES is a number"))
}

fn program<S: std::fmt::Debug>(step: fn([u8; Op::BYTES]) -> S) -> impl Strategy<Value = Vec<S>> {
    prop::collection::vec(any::<[u8; Op::BYTES]>().prop_map(step), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_do_what_the_model_and_tokio_do(program in program(Op::of_both)) {
        let ours = run_ours(&program);
        prop_assert_eq!(&ours, &run_model(&program));
        prop_assert_eq!(&ours, &run_tokio(&program));
    }

    #[test]
    fn random_programs_with_calls_that_tokio_does_not_have_do_what_the_model_does(program in program(Op::of_all)) {
        prop_assert_eq!(run_ours(&program), run_model(&program));
    }

    /// After each step no task sleeps that should have been woken, and the channel keeps no waker
    /// of a wait that is over.
    #[test]
    fn g1_g3_g4_g6_wakers_that_do_anything_lose_no_wake_up(
        crowd in prop::sample::select(&wakers::CROWDS),
        steps in program(Step::decode),
    ) {
        crate::common::must_end(move || wakers::run(crowd, &steps));
    }
}
