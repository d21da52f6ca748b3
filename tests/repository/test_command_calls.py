"""The permissions command knows every command of the pack, and every call of it has a permission or needs none."""

import re

import SekoiaXDR

# Calls that need no permission, and changes of assets, whose permission is not public.
FREE = re.compile(r"GET /v1/(me|users|avatars|communities|auth|tasks)\b.*|(POST|PUT|DELETE) /v2/asset-management/.*")


def test_every_command_tells_the_calls_that_it_needs_permissions_for() -> None:
    unknown = []
    for name, command in SekoiaXDR.COMMANDS.items():
        try:
            SekoiaXDR.calls_of(name, command)
        except KeyError:
            unknown.append(name)
    assert unknown == [], f"commands without a row in COMMAND_CALLS: {', '.join(unknown)}"


def test_permissions_are_told_of_every_command_and_no_other() -> None:
    assert set(SekoiaXDR.all_calls()) == set(SekoiaXDR.COMMANDS)


def test_every_call_of_a_command_needs_a_known_permission_or_none() -> None:
    calls = {call for many in SekoiaXDR.all_calls().values() for call in many}
    assert [call for call in sorted(calls) if not SekoiaXDR.rights_of(call) and not FREE.fullmatch(call)] == []
