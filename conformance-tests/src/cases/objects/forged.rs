//! O4: object ids that are nobody's. What is sent is up to the transport's harness.

use crate::{
    case::{Case, cases},
    cases::failure::malformed::survives,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    O4 BOTH forged_object_ids_cost_only_that_connection;
};

fn forged_object_ids_cost_only_that_connection(world: &World) {
    survives(world, "O4");
}
