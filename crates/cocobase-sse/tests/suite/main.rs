//! The cases that every adapter runs, by server-sent events alone, in both ways to drive a connection.
#![allow(clippy::expect_used)]

mod adapter;

mod pulled {
    cocobase_testkit::adapter_suite!(crate::adapter::pulled());
}

mod spawned {
    cocobase_testkit::adapter_suite!(crate::adapter::spawned());
}
