//! Sequences of all that can happen, in any order; what has to hold is checked after each step.

use proptest::prelude::*;

use super::world::World;

#[derive(Clone, Debug)]
enum Step {
    Call { at: usize, thread: usize, object: usize, pass: Option<u32>, context: bool },
    Deliver { to: usize },
    Answer { at: usize, thread: usize, keeps: bool, gives: Option<u32> },
    Drop { at: usize, share: usize, destroys: Option<usize> },
    GiveUp { at: usize, thread: usize },
    EndThread { at: usize, thread: usize },
    Cut,
    Close { at: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (at, thread, number) = (0..2_usize, 0..6_usize, any::<u32>());
    let object = 0..8_usize;
    prop_oneof![
        8 => (at.clone(), thread.clone(), object.clone(), prop::option::of(number), prop::bool::weighted(0.9))
            .prop_map(|(at, thread, object, pass, context)| Step::Call { at, thread, object, pass, context }),
        12 => at.clone().prop_map(|to| Step::Deliver { to }),
        6 => (at.clone(), thread.clone(), any::<bool>(), prop::option::of(number))
            .prop_map(|(at, thread, keeps, gives)| Step::Answer { at, thread, keeps, gives }),
        4 => (at.clone(), object, prop::option::weighted(0.3, thread.clone()))
            .prop_map(|(at, share, destroys)| Step::Drop { at, share, destroys }),
        2 => (at.clone(), thread.clone()).prop_map(|(at, thread)| Step::GiveUp { at, thread }),
        1 => (at.clone(), thread).prop_map(|(at, thread)| Step::EndThread { at, thread }),
    ]
}

fn ending() -> impl Strategy<Value = Option<Step>> {
    prop_oneof![
        6 => Just(None),
        1 => Just(Some(Step::Cut)),
        1 => (0..2_usize).prop_map(|at| Some(Step::Close { at })),
    ]
}

fn run(world: &mut World, step: &Step) {
    match *step {
        Step::Call { at, thread, object, pass, context } => world.call(at, thread, object, pass, context),
        Step::Deliver { to } => drop(world.deliver(to)),
        Step::Answer { at, thread, keeps, gives } => drop(world.answer(at, thread, keeps, gives)),
        Step::Drop { at, share, destroys } => drop(world.drop_share(at, share, destroys)),
        Step::GiveUp { at, thread } => world.give_up(at, thread),
        Step::EndThread { at, thread } => world.end_thread(at, thread),
        Step::Cut => world.cut(),
        Step::Close { at } => world.close(at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_has_to_hold_holds_after_each_step(
        before in prop::collection::vec(step(), 1..120),
        ending in ending(),
        after in prop::collection::vec(step(), 0..30),
    ) {
        let mut world = World::new();
        for step in before.iter().chain(&ending).chain(&after) {
            run(&mut world, step);
        }
        if matches!(ending, Some(Step::Cut)) {
            prop_assert!(world.is_lost());
        }
        world.finish();
    }
}
