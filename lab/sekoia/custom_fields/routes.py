"""URL <-> custom fields, and their values on an alert."""

from typing import Any

from lab.sekoia.body import UUID, read_body
from lab.sekoia.custom_fields.model import MOST_VALUES, CustomField
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_offset
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

READ = ("View custom fields",)
MANAGE = ("Manage alerts",)
BORN = 1_768_035_600.0
SORTS = {"name": "name", "created_at": "uuid", "updated_at": "uuid"}
LIST = Grammar(words=frozenset(("name",)), sorts=tuple(SORTS), paged=True, limit_default=100)


def custom_fields(visit: Visit) -> Reply:
    found = visit.world.custom_fields.all()
    if "name" in visit.query.words:
        wanted = visit.query.words["name"].split(",")
        found = [field for field in found if field.name in wanted]
    found.sort(key=lambda field: getattr(field, SORTS[visit.query.sort or "name"]))
    if visit.query.direction == "desc":
        found.reverse()
    return json_reply({"items": [shown(visit, field) for field in page_of(found, visit.query)], "total": len(found)})


def custom_field(visit: Visit) -> Reply:
    found = visit.world.custom_fields.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown custom field")
    return json_reply(shown(visit, found))


def are_entries(value: Any) -> bool:
    """Whether a value is a list of {uuid, value}, not too long."""

    def is_entry(one: Any) -> bool:
        return (
            isinstance(one, dict) and one.keys() == {"uuid", "value"} and UUID.fullmatch(str(one["uuid"])) is not None
        )

    return isinstance(value, list) and 1 <= len(value) <= MOST_VALUES and all(map(is_entry, value))


def set_on_alert(visit: Visit) -> Reply:
    world = visit.world
    alert = world.alerts.shown(visit.args["uuid"])
    given = read_body(visit.request, {"custom_fields": are_entries}, ("custom_fields",))["custom_fields"]
    values = world.custom_fields.changed(alert.facts["custom_fields"], given, world.switches.custom_fields_patch)
    alert.facts["custom_fields"] = held(visit, values)
    alert.touch(world.clock.time(), visit.key.actor)
    return json_reply({"custom_fields": alert.facts["custom_fields"]})


def held(visit: Visit, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The values of an object as it shows them, each with its definition."""
    fields = {uuid: visit.world.custom_fields.get(uuid) for uuid in values}
    return [
        {**(shown(visit, field) if field else {"uuid": uuid}), "value": values[uuid]} for uuid, field in fields.items()
    ]


def shown(visit: Visit, field: CustomField) -> dict[str, Any]:
    """A definition."""
    who = visit.world.ids.of("avatar", "administrator")
    is_plain = visit.world.switches.custom_field_options == "texts"
    options = list(field.options) if is_plain else [{"value": option} for option in field.options]
    return {
        "task_uuid": None,
        "uuid": field.uuid,
        "community_uuid": visit.world.community,
        "name": field.name,
        "slug": field.slug,
        "description": field.description,
        "type": field.kind,
        "options": options or None,
        "color": field.color,
        "auto_added_to_case": False,
        "auto_added_to_alert": False,
        "created_at": iso_offset(BORN),
        "created_by": who,
        "created_by_type": "avatar",
        "updated_at": iso_offset(BORN),
        "updated_by": who,
        "updated_by_type": "avatar",
    }


ROUTES = (
    Route("GET", "/v1/sic/custom-fields", custom_fields, READ, LIST),
    Route("GET", "/v1/sic/custom-fields/{uuid}", custom_field, READ),
    Route("PATCH", "/v1/sic/alerts/{uuid}/custom-fields", set_on_alert, MANAGE),
)
