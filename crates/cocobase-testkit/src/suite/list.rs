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
            credentials {
                a_refused_key_ends_a_connection
                a_refused_key_ends_every_surface
                a_refused_collection_ends_a_watch
                a_refused_filter_ends_a_watch
                a_refusal_is_what_ready_says
                a_refusal_in_the_midst_ends_a_watch
                a_token_is_sent_as_one
                a_provider_is_asked_for_every_link
                a_provider_is_asked_once_more
                a_provider_is_not_asked_for_ever
                a_provider_that_fails_is_asked_again
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
            liveness {
                a_ping_is_said_and_its_answer_measured
                a_half_open_link_is_found_out
                whoever_says_anything_is_alive
                a_new_link_is_made_when_asked_for
                a_pause_is_cut_short_when_asked_for
            }
            resume {
                it_asks_for_what_it_missed_and_gets_it
                who_has_heard_nothing_yet_resumes_too
                a_history_that_is_too_short_leaves_a_gap
                another_history_leaves_a_gap
                a_server_that_cannot_resume_leaves_a_gap
                a_server_without_numbers_leaves_a_gap
                where_nothing_was_missed_there_is_no_gap
                a_filter_makes_a_gap_an_upper_bound
                who_does_not_want_to_resume_does_not_ask
                who_lagged_resumes
                who_lagged_and_cannot_resume_is_told
                twenty_lost_links_lose_nothing
            }
            live {
                a_snapshot_is_the_view
                an_empty_snapshot_is_a_view
                changes_keep_the_view_right
                the_view_is_sorted_and_limited
                without_snapshots_the_list_is_read
                a_list_that_fails_is_read_again
                a_list_that_is_refused_ends_the_view
                a_gap_is_made_good_by_the_list
                a_lost_link_is_made_good_by_a_snapshot
                a_snapshot_that_is_cut_off_is_void
            }
            events {
                the_request_carries_key_and_filter
                a_stream_without_a_greeting_is_live
                bytes_that_trickle_in_are_events
                every_end_of_a_line_will_do
                data_may_stand_in_several_lines
                a_chunked_answer_is_a_stream
                it_goes_on_from_the_last_id
                a_server_without_ids_leaves_a_gap
                an_event_that_is_cut_off_is_not_told
                the_servers_pause_is_kept
                comments_are_signs_of_life
                a_silent_stream_is_found_out
                a_message_that_is_too_large_is_left_out
                answers_that_refuse_end_a_watch
                answers_that_pass_are_tried_again
                a_busy_servers_pause_is_kept
                an_answer_that_never_comes_is_given_up
                garbage_in_a_stream_is_survived
            }
            fallback {
                where_upgrades_are_refused_events_are_taken
                it_moves_there_and_back_with_one_cursor
                what_comes_to_nothing_three_times_is_left
                a_server_in_trouble_is_no_reason
                who_is_refused_both_ways_is_refused
                it_is_closed_while_it_moves
                moves_between_kills_lose_nothing
                moves_under_load_lose_nothing
            }
            listen {
                functions_are_called_with_what_happens
                a_function_that_panics_is_reported_and_called_again
                a_panic_over_an_error_ends_nothing
                whatever_is_wrong_is_reported
                a_filter_goes_with_it
                no_function_is_called_after_its_end
                statistics_are_kept
                it_outlives_its_server
                a_line_that_is_cut_anywhere_loses_nothing
            }
            rooms {
                a_room_is_created_by_somebody
                a_room_is_joined
                a_missing_room_is_refused
                a_foreign_room_is_refused
                a_missing_room_is_made_if_wanted
                people_come_and_go
                messages_come_in_order
                any_json_may_be_said_and_comes_back
                a_room_is_entered_again_after_a_lost_link
                a_room_that_is_gone_meanwhile_is_refused
                whoever_leaves_says_goodbye
            }
            broadcast {
                messages_go_both_ways
                messages_may_be_missed_but_not_in_silence
            }
            gateway {
                several_collections_are_told_apart
                wishes_may_come_before_the_link
                a_confirmed_subscription_is_told
                one_refused_collection_leaves_the_others_alone
                a_refusal_without_a_name_is_of_the_open_one
                an_ended_subscription_is_silent
                another_filter_leaves_a_gap
                wishes_outlive_a_link
                rooms_are_joined_used_and_left
                nothing_is_said_to_rooms_that_were_not_joined
                an_ended_gateway_takes_no_command
            }
            outbox {
                what_is_said_too_early_waits_for_the_greeting
                what_is_said_without_a_link_leaves_with_the_next
                flushing_needs_no_reader
                flushing_takes_as_many_links_as_it_needs
                nothing_is_queued_where_it_is_not_wanted
                a_full_outbox_says_so
                what_waits_too_long_is_given_back
                what_is_no_json_is_not_sent
                a_closed_connection_takes_no_message
                a_thousand_messages_arrive_in_order
            }
            threads {
                a_waiting_reader_stops_no_sender
                a_waiting_reader_stops_no_close
                many_may_speak_at_once
                statistics_are_kept
                who_reads_late_is_told_what_was_missed
            }
            statistics {
                every_surface_counts
                what_is_said_is_counted
                other_threads_see_them_grow
                they_outlive_the_connection
            }
            ending {
                it_is_closed_while_connecting
                it_is_closed_while_greeting
                it_is_closed_while_live
                it_is_closed_while_waiting
                it_is_dropped_while_connecting
                it_is_dropped_while_greeting
                it_is_dropped_while_live
                it_is_dropped_while_waiting
                it_is_closed_before_it_was_ever_read
                a_peer_that_reads_nothing_holds_no_close_up
                what_was_not_taken_ends_with_a_close
                giving_up_the_next_event_loses_nothing
                giving_up_readiness_loses_nothing
                a_handle_outlives_its_connection
                what_was_said_is_written_before_the_goodbye
                a_hundred_connections_come_and_go
            }
            server {
                changes_are_told_as_they_happen
                a_filter_hides_what_does_not_match
                a_view_is_what_the_list_is
                a_wrong_key_is_refused
                two_meet_in_a_room
                a_missing_room_is_refused
                a_broadcast_reaches_everybody
                a_gateway_carries_all_of_it
                a_watch_outlives_its_server
                an_event_stream_outlives_its_server
                a_server_that_dies_in_the_midst_loses_nothing
                a_server_that_stops_says_goodbye
                a_server_without_its_data_is_another_history
                a_view_outlives_its_server
                a_room_outlives_its_server
                a_gateway_outlives_its_server
                a_message_waits_for_the_server_to_return
            }
            documents {
                documents_are_created_read_updated_and_deleted
                documents_are_listed_with_a_filter
                every_value_comes_back_as_it_left
                collections_are_listed
                rooms_are_listed
                what_is_not_there_is_told
                a_wrong_key_is_told
                a_server_that_is_not_there_is_told
                a_server_in_trouble_is_told
                a_provider_is_asked_once_more
            }
            connections {
                bytes_leave_at_once_and_silence_is_probed
                a_server_is_believed_by_its_certificate
                a_server_that_is_not_believed_is_tried_again
                a_server_without_tls_is_not_spoken_to
                a_client_shows_its_certificate
                a_server_with_tls_is_outlived
                tls_that_is_cut_anywhere_loses_nothing
                an_http_proxy_leads_to_the_server
                a_socks_proxy_leads_to_the_server
                a_proxy_that_refuses_is_named_without_the_password
                tls_goes_through_proxies
                who_is_excepted_is_reached_without_a_proxy
                a_unix_socket_takes_the_place_of_tcp
                every_surface_goes_through_a_proxy_and_tls
            }
            proxy {
                a_line_that_is_cut_loses_nothing
                a_line_that_is_cut_anywhere_loses_nothing
                a_stream_that_is_cut_anywhere_loses_nothing
                a_hello_that_is_cut_anywhere_is_said_again
                a_line_that_swallows_what_comes_is_found_out
                a_line_that_swallows_what_goes_is_found_out
                a_stream_that_is_swallowed_is_found_out
                a_slow_line_is_no_fault
                a_line_that_is_down_for_a_while_loses_nothing
                a_server_behind_a_line_moves
                cuts_under_load_lose_nothing
                a_view_is_right_after_every_fault
                no_message_of_a_room_is_lost_in_silence
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
/// # use cocobase_testkit::suite::{Adapter, CannotOpen, Question, Setup, Subject, Wish};
/// # struct Mine;
/// # impl Adapter for Mine {
/// #     fn open(&self, _: Setup, _: Wish) -> Result<Box<dyn Subject>, CannotOpen> {
/// #         Err(CannotOpen::Lacking("all"))
/// #     }
/// #     fn ask(&self, _: Setup, _: Question) -> Result<String, CannotOpen> {
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
