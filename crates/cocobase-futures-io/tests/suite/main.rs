//! The cases that every adapter runs, on smol and on async-std, in both ways to drive a connection.

mod adapter;

mod smol_pulled {
    cocobase_testkit::adapter_suite!(crate::adapter::smol(false));
}

mod smol_spawned {
    cocobase_testkit::adapter_suite!(crate::adapter::smol(true));
}

mod async_std_pulled {
    cocobase_testkit::adapter_suite!(crate::adapter::async_std(false));
}

mod async_std_spawned {
    cocobase_testkit::adapter_suite!(crate::adapter::async_std(true));
}
