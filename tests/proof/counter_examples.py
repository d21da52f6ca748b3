"""Schedules that once broke a promise, or that hit a weak spot on purpose; each by the fact it is about."""

from tests.proof.schedule import EVENT_CALLS, URGENT_ONLY, WITH_EVENTS, Act, Blow, Schedule, Step, Wave

ONE = (Wave(),)
NO_LOOK_BACK = (("max_fetch", "200"), ("look_back", "0"))
EVENTS = (*NO_LOOK_BACK, ("fetch_mode", WITH_EVENTS))
RICH = (Wave(3, events=2),)
LATE = (("max_fetch", "10"), ("look_back", "15"), ("fetch_late_matches", "true"), ("alerts_urgency", URGENT_ONLY))

COUNTER_EXAMPLES: dict[str, Schedule] = {
    "look_back_that_is_lowered_in_the_middle_of_a_late_backlog_loses_nothing": Schedule(
        steps=(
            Step(waves=(Wave(2),)),
            Step(waves=(Wave(2, age=1800),)),
            Step(settings=(("max_fetch", "10"), ("look_back", "15"))),
        ),
        settings=(("max_fetch", "1"), ("look_back", "60")),
    ),
    "run_too_short_for_what_is_known_gives_up_only_what_it_has_read": Schedule(
        steps=(Step(), Step(waves=(Wave(2),)), Step(waves=(Wave(205, age=240, spacing=0.01),))),
        settings=(
            ("max_fetch", "10"),
            ("look_back", "15"),
            ("fetch_budget", "10"),
            ("requests_per_second", "1"),
        ),
    ),
    "run_that_ends_in_the_middle_of_what_is_known_still_finds_the_late_alert_behind_it": Schedule(
        steps=(
            Step(waves=(Wave(150, age=150, spacing=1),)),
            Step(waves=(Wave(1, age=85),), blows=(Blow(2, "slow 130", 1),)),
        ),
        settings=(("max_fetch", "200"), ("look_back", "15"), ("fetch_budget", "120")),
    ),
    "page_that_failed_is_asked_again": Schedule(
        steps=(
            Step(waves=ONE),
            Step(pause=300, waves=(Wave(2, age=290), Wave(2, age=10)), blows=(Blow(1, "400", 1),)),
        ),
        settings=NO_LOOK_BACK,
    ),
    "rate_limit_in_the_middle_of_known_pages_costs_no_look_back": Schedule(
        steps=(
            Step(waves=(Wave(150, age=150, spacing=1),)),
            Step(blows=(Blow(2, "429 wait 110", 5),)),
            Step(waves=(Wave(3, age=300),)),
        ),
        settings=(("max_fetch", "200"), ("look_back", "15"), ("fetch_budget", "45")),
    ),
    "alert_that_leaves_a_crowded_second_while_it_is_read_hides_no_other": Schedule(
        steps=(Step(waves=(Wave(150, age=30), Wave(1, age=10)), acts=(Act(4, "close", 20),)), Step(waves=ONE)),
        switches=(("bounds", "exclusive"),),
        settings=NO_LOOK_BACK,
    ),
    "alert_that_leaves_between_two_pages_shifts_nothing": Schedule(
        steps=(Step(waves=(Wave(150, age=600, spacing=1),), acts=(Act(2, "delete", 20),)), Step(waves=ONE)),
        settings=NO_LOOK_BACK,
    ),
    "crowded_second_in_any_order_is_read_whole": Schedule(
        steps=(Step(waves=(Wave(205, age=5),)), Step(waves=ONE)),
        switches=(("shuffle_ties", True), ("bounds", "exclusive"), ("with_total", False)),
        settings=NO_LOOK_BACK,
    ),
    "crowded_second_is_taken_bit_by_bit_when_the_api_fails_in_it": Schedule(
        steps=(
            Step(waves=(Wave(205, age=5),), blows=(Blow(3, "400", 9),)),
            Step(blows=(Blow(2, "401 revoked", 1),)),
            Step(blows=(Blow(4, "reset", 9),)),
        ),
        switches=(("shuffle_ties", True),),
        settings=(("max_fetch", "50"), ("look_back", "0")),
    ),
    "crowd_in_any_order_is_read_at_one_call_a_second": Schedule(
        steps=(Step(waves=(Wave(205, age=299),)), Step(waves=ONE)),
        switches=(("shuffle_ties", True),),
        settings=(("max_fetch", "1"), ("look_back", "1"), ("fetch_budget", "45"), ("requests_per_second", "1")),
    ),
    "raised_look_back_doubles_nothing": Schedule(
        steps=(
            Step(waves=(Wave(5),)),
            Step(pause=3600, waves=ONE),
            Step(settings=(("look_back", "1440"),)),
            Step(waves=(Wave(1, age=1800),)),
        ),
        settings=(("max_fetch", "10"), ("look_back", "1")),
    ),
    "host_that_dies_at_each_point_of_a_commit_loses_and_doubles_nothing": Schedule(
        steps=tuple(
            Step(waves=(Wave(3),), death=death)
            for death in ("setLastRun", "incidents", "commit:before", "commit:after", 0, 3, 5)
        ),
        settings=(("max_fetch", "2"), ("look_back", "0")),
    ),
    "clock_of_the_api_five_minutes_ahead_loses_nothing": Schedule(
        steps=(Step(waves=(Wave(3),)), Step(waves=(Wave(3, wait=240),)), Step(waves=ONE), Step(pause=300, waves=ONE)),
        skew=300,
        settings=(("max_fetch", "2"), ("look_back", "5")),
    ),
    "key_revoked_between_two_pages_ends_all_calls_of_the_run": Schedule(
        steps=(Step(waves=(Wave(150, age=300, spacing=1),), blows=(Blow(2, "401 revoked", 1),)), Step()),
        settings=(*NO_LOOK_BACK, ("fetch_late_matches", "true")),
    ),
    "reopened_alert_that_was_fetched_before_is_not_doubled": Schedule(
        steps=(
            Step(waves=ONE),
            Step(acts=(Act(0, "close", 0),), waves=ONE),
            Step(pause=3600, waves=ONE),
            Step(pause=300, acts=(Act(0, "reopen", 0),), waves=ONE),
        ),
        settings=(("max_fetch", "10"), ("look_back", "5"), ("fetch_late_matches", "true")),
    ),
    "alerts_lifted_into_the_filter_of_a_backlog_are_not_doubled": Schedule(
        steps=(
            Step(),
            Step(
                pause=3600,
                waves=(*(Wave(1, age=3500, oddity="low"),) * 3, Wave(50, age=3000, spacing=60)),
                acts=(Act(0, "lift"),) * 3,
            ),
            *(Step() for _ in range(6)),
        ),
        settings=LATE,
    ),
    "alert_lifted_into_the_filter_between_the_two_lists_of_a_run_is_not_lost": Schedule(
        steps=(
            Step(waves=ONE),
            Step(pause=300, waves=(Wave(1, oddity="low"),)),
            Step(pause=3600, waves=ONE, acts=(Act(2, "lift"),)),
        ),
        settings=LATE,
    ),
    "alerts_lifted_while_no_history_can_be_read_come_once": Schedule(
        steps=(
            Step(waves=(Wave(1, oddity="low"),) * 4),
            Step(pause=3600, waves=ONE),
            Step(acts=(Act(0, "lift"),) * 4, blows=(Blow(1, "404", 99, "/alerts/"),)),
            *(Step(waves=ONE, blows=(Blow(1, "500", 99, "/alerts/"),)) for _ in range(6)),
            Step(pause=3600),
        ),
        settings=LATE,
    ),
    "alert_without_any_id_stops_no_other": Schedule(
        steps=(Step(waves=(Wave(3, age=9, spacing=3, oddity="nameless"),)),), settings=NO_LOOK_BACK
    ),
    "slow_body_ends_the_run_in_time": Schedule(
        steps=(Step(waves=(Wave(150, age=300, spacing=1),), blows=(Blow(2, "dripping for long", 1),)), Step()),
        settings=(("max_fetch", "200"), ("look_back", "0"), ("fetch_budget", "45")),
    ),
    "dense_traffic_is_read_whole_where_the_second_before_a_page_does_not_show": Schedule(
        steps=(Step(waves=(Wave(180, age=600, spacing=1 / 60),)), Step(waves=ONE)),
        switches=(("bounds", "exclusive"),),
        settings=NO_LOOK_BACK,
    ),
    "alerts_that_leave_dense_traffic_while_it_is_read_hide_no_other": Schedule(
        steps=(
            Step(
                waves=(Wave(280, age=600, spacing=1 / 60),),
                acts=tuple(Act(2, "close", pick) for pick in range(0, 100)),
            ),
            Step(waves=ONE),
        ),
        switches=(("shuffle_ties", True),),
        settings=NO_LOOK_BACK,
    ),
    "told_wait_holds_for_every_later_call_of_the_run": Schedule(
        steps=(Step(waves=ONE, blows=(Blow(2, "429 wait an hour", 1),)), Step(waves=ONE)),
        settings=(*NO_LOOK_BACK, ("fetch_late_matches", "true"), ("fetch_with_kill_chain", "true")),
    ),
    "slow_event_searches_leave_tickets_that_come_back_once": Schedule(
        steps=(Step(waves=RICH, jobs="slow"), Step(waves=RICH), Step(death="commit:before"), Step(waves=RICH)),
        settings=EVENTS,
    ),
    "host_that_dies_at_each_point_of_a_run_with_tickets_loses_and_doubles_nothing": Schedule(
        steps=(
            Step(waves=RICH, jobs="slow"),
            *(Step(waves=RICH, death=death) for death in (*range(21), "commit:after")),
        ),
        settings=EVENTS,
    ),
    "alert_that_waits_for_events_counts_as_taken_once_a_run_could_see_it": Schedule(
        steps=(Step(waves=ONE), Step(waves=(Wave(1, age=900),))),
        fraction=0.4,
        switches=(("bounds", "exclusive"),),
        settings=EVENTS,
    ),
    "ticket_of_an_alert_that_was_deleted_meanwhile_holds_nobody_back": Schedule(
        steps=(
            Step(waves=ONE),
            Step(acts=(Act(2, "delete"),)),
            Step(pause=3600, blows=(Blow(5, "429 wait an hour", 1),)),
            Step(pause=3600, waves=ONE),
        ),
        settings=(("max_fetch", "10"), ("look_back", "5"), ("fetch_mode", WITH_EVENTS)),
    ),
    "event_searches_that_end_without_events_hold_no_alert_back": Schedule(
        steps=(
            *(Step(waves=RICH, jobs=name) for name in ("canceled", "failed", "expires", "never", "very slow")),
            *(Step() for _ in range(4)),
        ),
        settings=EVENTS,
    ),
    "event_service_that_is_gone_holds_no_alert_back": Schedule(
        steps=tuple(
            Step(waves=RICH, blows=(Blow(1, name, 9, EVENT_CALLS),))
            for name in ("503", "410", "404", "403", "reset after", "200 page", "slow 29", "429 wait 30")
        ),
        settings=EVENTS,
    ),
    "crowd_whose_searches_take_one_call_each_is_not_held_back": Schedule(
        steps=(Step(waves=(Wave(205, age=30, spacing=0.1, events=1),), jobs="never"), *(Step() for _ in range(6))),
        switches=(("term_or", "reject"),),
        settings=(*EVENTS, ("requests_per_second", "1"), ("fetch_budget", "45")),
    ),
    "events_attached_late_come_with_their_alert": Schedule(
        steps=(Step(waves=(Wave(2, events=3, attached=100),), jobs="at once"), Step(), Step(), Step(waves=RICH)),
        settings=EVENTS,
    ),
    "tickets_survive_that_fetch_with_events_is_switched_off": Schedule(
        steps=(
            Step(waves=RICH, jobs="slow"),
            Step(waves=ONE, settings=(("fetch_mode", "Fetch Without Events"),)),
            Step(waves=ONE),
        ),
        settings=EVENTS,
    ),
}
