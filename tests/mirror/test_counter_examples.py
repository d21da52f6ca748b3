"""Schedules that once broke a promise of mirroring, each by the fact it is about."""

import pytest

from lab.xsoar.bundle import Bundle
from tests.mirror.mutants import RATE_LIMITED, ROUND
from tests.mirror.schedule import Schedule, Step
from tests.mirror.trial import play

LONG = Step("w", "round", 4000)
COUNTER_EXAMPLES = {
    "comments_older_than_a_late_incident_arrive": Schedule(
        (Step("w", "raise"), Step("s", "comment", 2), ROUND, LONG, LONG, Step("w", "fetch"), ROUND)
    ),
    "change_before_the_very_first_round_arrives": Schedule((Step("s", "edit", 19, "verdict"),)),
    "status_set_on_a_closed_incident_is_taken_back": Schedule(
        (Step("x", "close", 19), Step("w", "calm"), Step("x", "edit", 15, "status"), ROUND)
    ),
    "closing_here_while_the_alert_was_closed_and_reopened_there_stands": Schedule(
        (ROUND, Step("s", "close", 0), Step("s", "reopen", 0), Step("x", "close", 0), ROUND)
    ),
    "own_change_of_a_field_is_not_overwritten_by_a_change_of_another": Schedule(
        (ROUND, Step("x", "edit", 1, "title"), Step("s", "edit", 1, "urgency"), ROUND)
    ),
    "change_sent_by_a_server_that_died_does_not_come_back_over_the_next_one": Schedule(
        (ROUND, ROUND, Step("x", "edit", 6, "title"), Step("w", "die", 48), Step("x", "edit", 4, "title"))
    ),
    "change_before_a_first_round_that_comes_late_arrives": Schedule((Step("s", "edit", 7, "verdict"), LONG)),
    "server_whose_time_never_moves_is_told_no_comment_twice": Schedule(
        (Step("s", "comment", 3),), habits=(("counts_rounds", False),)
    ),
    "value_that_waits_to_be_sent_is_not_overwritten_by_the_one_in_sekoia": Schedule(
        (
            Step("w", "fault", 23, "reset"),
            *(Step("x", "status", 6), ROUND, Step("x", "close", 0), ROUND, Step("w", "round", 0)),
        ),
        habits=(("tells_closing", False),),
    ),
    "incident_closed_while_others_are_sent_closes_its_alert_once": Schedule(
        (
            *(Step("w", "raise"), Step("w", "raise"), Step("w", "fetch"), Step("w", "raise")),
            *(Step("x", "file", 18), Step("w", "delete", 12), Step("w", "delete", 7), Step("w", "raise")),
            *(Step("x", "edit", 5, "details"), Step("w", "amid", 10, "x close"), Step("x", "edit", 22, "title")),
        ),
        settings=(("mirror_direction", "Outgoing"),),
    ),
    "change_that_rate_limits_keep_from_being_read_arrives_in_the_end": RATE_LIMITED,
    "status_that_goes_out_over_a_closing_of_a_side_that_only_follows_stands": Schedule(
        (Step("x", "edit", 21, "status"), Step("s", "close", 7)), settings=(("mirror_direction", "Outgoing"),)
    ),
    "status_set_where_nothing_goes_out_stays": Schedule(
        (Step("s", "status", 15), Step("w", "amid", 13, "x comment"), Step("x", "edit", 1, "status")),
        settings=(("reopen_out", False), ("mirror_direction", "Incoming")),
    ),
    "status_that_gives_way_to_a_closing_of_a_closed_alert_is_taken_back": Schedule(
        (
            *(Step("s", "status", 23), Step("w", "raise", 21), Step("x", "file", 10), Step("w", "fault", 23, "429")),
            *(ROUND, Step("x", "status", 16), Step("w", "amid", 16, "x close")),
        ),
        settings=(("close_incident", False),),
        habits=(("out_first", True), ("tells_closing", False), ("counts_rounds", False), ("asks_again", False)),
    ),
    "closing_that_a_death_took_is_given_again_though_the_next_round_could_not_read_the_alert": Schedule(
        (
            *(Step("w", "calm"), Step("s", "close", 6), Step("w", "die", 57)),
            *(Step("w", "fault", 18, "401"), ROUND),
        ),
        habits=(("out_first", True), ("tells_closing", False), ("closes_again", False)),
    ),
    "alert_that_was_open_for_a_moment_closes_an_incident_that_was_reopened_where_nothing_goes_out": Schedule(
        (
            *(Step("s", "close", 19), Step("w", "calm"), Step("x", "reopen", 19), Step("w", "calm")),
            *(Step("s", "reopen", 25), Step("s", "close", 19)),
        ),
        settings=(("mirror_direction", "Incoming"),),
    ),
    "incident_closed_while_its_comment_is_sent_is_told_of_in_the_next_round": Schedule(
        (
            *(Step("s", "status", 22), Step("x", "comment", 6), Step("w", "amid", 14, "x close"), Step("w", "calm")),
            Step("s", "reopen", 20),
        ),
        settings=(("close_incident", False), ("close_out", False)),
        habits=(("counts_rounds", False), ("marks_incoming", False)),
    ),
    "change_that_a_closed_incident_did_not_hear_of_stands": Schedule(
        (
            *(Step("x", "close", 24), Step("s", "edit", 6, "details"), Step("w", "calm")),
            *(Step("x", "edit", 2, "details"), Step("x", "reopen", 14)),
        ),
        habits=(("updates_closed", False),),
    ),
    "closing_amid_the_first_update_of_an_incident_is_remembered": Schedule(
        (
            *(Step("x", "comment", 6), Step("w", "amid", 14, "x close"), Step("s", "close", 24)),
            *(Step("w", "calm"), Step("s", "reopen", 20)),
        ),
        settings=(("close_incident", False),),
        habits=(("out_first", True),),
    ),
    "incident_that_was_closed_by_hand_where_nothing_goes_out_is_reopened": Schedule(
        (Step("x", "close", 6), Step("s", "status", 12), Step("w", "calm"), Step("w", "amid", 6, "s reopen")),
        settings=(("close_incident", False), ("mirror_direction", "Incoming")),
    ),
    "status_set_on_a_closed_incident_stays_there": Schedule(
        (
            *(Step("w", "raise"), Step("w", "raise"), Step("w", "calm"), Step("w", "raise")),
            *(Step("w", "amid", 23, "x close"), Step("w", "delete", 12), Step("w", "raise")),
            *(Step("s", "reopen", 12), Step("w", "calm"), Step("x", "edit", 2, "status")),
        ),
        settings=(("mirror_direction", "Outgoing"),),
    ),
    "incident_of_an_alert_that_was_closed_long_before_is_reopened_alone_where_reopening_is_off": Schedule(
        (
            *(Step("w", "delete"), Step("w", "raise"), Step("s", "status", 1), Step("w", "calm")),
            *(Step("w", "fetch"), ROUND, Step("x", "reopen", 1)),
        ),
        settings=(("reopen_out", False),),
    ),
}


@pytest.mark.parametrize("fact", COUNTER_EXAMPLES)
def test(bundle: Bundle, fact: str) -> None:
    assert play(bundle, COUNTER_EXAMPLES[fact]).incidents > 0
