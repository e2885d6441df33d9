//! The list of cases, once.

use super::cases;
use super::run::Case;

/// Hands the list to another macro, with arguments of its own in front.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_case {
    ([$($then:tt)*] $arguments:tt) => {
        $($then)*! { $arguments
            greeting {
                the_hello_carries_key_and_filter
                the_key_stands_in_no_address
                names_are_encoded_in_the_address
                every_scheme_and_path_is_understood
                who_is_ready_is_live
                every_spelling_of_a_greeting_is_one
                a_change_is_as_good_as_a_greeting
                a_second_greeting_changes_nothing
                a_peer_that_does_not_greet_is_given_up
                a_peer_that_wakes_up_is_forgiven
                a_gateway_proves_itself_with_whatever_it_says
                a_connection_has_a_name
                the_state_follows_the_link
                every_surface_greets_in_its_way
            }
            upgrade {
                status_401_refuses_the_key
                status_403_refuses_the_key
                status_404_refuses_the_address
                status_426_refuses_the_request
                a_redirection_is_not_followed
                a_page_instead_of_an_upgrade_is_refused
                status_503_passes
                statuses_408_500_502_504_pass
                status_429_is_obeyed
                where_nobody_listens_it_keeps_trying
                an_answer_that_is_no_http_is_a_fault
                an_answer_that_is_cut_off_is_a_fault
                an_upgrade_with_a_wrong_key_is_a_fault
                an_upgrade_that_never_comes_is_given_up
                pauses_grow_and_start_over
            }
            changes {
                changes_come_in_order_with_all_they_say
                every_spelling_of_a_change_is_one
                letters_of_all_scripts_arrive_as_they_left
                a_large_document_arrives_whole
                a_thousand_changes_at_once_come_in_order
                a_change_that_comes_twice_is_told_once
                a_hole_in_the_numbers_is_a_gap
                a_filter_leaves_holes_that_are_no_gaps
                what_is_not_known_is_told_and_ends_nothing
                an_error_that_passes_ends_nothing
            }
            frames {
                text_that_is_no_message_is_told
                binary_messages_are_told
                garbage_before_the_greeting_ends_nothing
                text_that_is_no_utf_8_is_survived
                a_message_of_a_terabyte_is_survived
                a_frame_of_an_unknown_kind_is_survived
                a_continuation_of_nothing_is_survived
                a_broken_control_frame_is_survived
                a_message_that_is_cut_off_is_not_told
                a_message_in_fragments_is_one
                bytes_that_trickle_in_are_messages
                messages_in_one_piece_are_several
                a_ping_is_answered
            }
            closes {
                code_1000_is_told_and_passes
                code_1001_is_told_and_passes
                codes_1002_1003_1007_1009_are_told_and_pass
                code_1008_is_told_and_passes
                code_1011_is_told_and_passes
                code_1012_is_told_and_passes
                code_1013_is_told_and_passes
                codes_of_programs_are_told_and_pass
                a_goodbye_without_a_code_passes
                an_end_without_a_goodbye_passes
                a_reset_passes
                a_goodbye_in_place_of_a_greeting_passes
                a_goodbye_is_answered
            }
        }
    };
}

macro_rules! list {
    (() $($group:ident { $($name:ident)* })*) => {
        /// The suite.
        pub const CASES: &[Case] = &[$($(
            Case {
                group: stringify!($group),
                name: stringify!($name),
                run: cases::$group::$name,
            },
        )*)*];
    };
}

__for_each_case!([list]());

/// Makes a test of every case, for one adapter: an expression that makes a new
/// [`Adapter`](crate::suite::Adapter) for each.
///
/// ```no_run
/// # use cocobase_testkit::suite::{Adapter, CannotOpen, Setup, Subject};
/// # struct Mine;
/// # impl Adapter for Mine {
/// #     fn open(&self, _: Setup) -> Result<Box<dyn Subject>, CannotOpen> {
/// #         Err(CannotOpen::Lacking("all"))
/// #     }
/// #     fn running(&self) -> Option<usize> {
/// #         None
/// #     }
/// # }
/// cocobase_testkit::adapter_suite!(crate::Mine);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! adapter_suite {
    ($adapter:expr) => {
        $crate::__for_each_case!([$crate::__tests]($adapter));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (($adapter:expr) $($group:ident { $($name:ident)* })*) => {
        $(mod $group {
            $(#[test]
            fn $name() {
                let name = concat!(stringify!($group), "::", stringify!($name));
                $crate::suite::run::test(name, || Box::new($adapter));
            })*
        })*
    };
}
