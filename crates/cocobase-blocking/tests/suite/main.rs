//! The cases that every adapter runs, in both ways to drive a connection, with WebSockets and
//! by server-sent events alone.

mod adapter;

mod pulled {
    cocobase_testkit::adapter_suite!(crate::adapter::pulled());
}

mod spawned {
    cocobase_testkit::adapter_suite!(crate::adapter::spawned());
}

mod events_pulled {
    cocobase_testkit::adapter_suite!(crate::adapter::events_pulled());
}

mod events_spawned {
    cocobase_testkit::adapter_suite!(crate::adapter::events_spawned());
}
