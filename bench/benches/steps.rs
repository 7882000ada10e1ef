//! What happens inside of a call, timed: `cargo bench -p bench`. How often it got slower is told better by its instructions,
//! which `compare --check=counts` counts.

use std::time::Instant;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for step in bench::micro::steps() {
        criterion.bench_function(step.name, |bencher| {
            bencher.iter_custom(|times| {
                let start = Instant::now();
                (step.run)(times);
                start.elapsed()
            });
        });
    }
    criterion.final_summary();
}
