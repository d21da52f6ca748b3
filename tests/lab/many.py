"""More incidents than anybody would raise one by one: written into the store of a story, as fetch would have them."""

from lab.stage import Scene
from lab.xsoar.store import pack


def fill(stage: Scene, count: int) -> None:
    """So many incidents of other alerts, each with an entry, none of them touched here."""
    store, model = stage.host.store, stage.host.incidents.get("1")
    with store.transaction():
        for number in range(count):
            system = {
                **model.system,
                "name": f"Alert {number}",
                "dbotMirrorId": f"AL{number:010d}",
                "status": number % 3,
            }
            store.write(
                "INSERT INTO incidents (instance, type, system, custom, labels) VALUES (?, ?, ?, ?, '[]')",
                *(model.instance, model.type, pack(system), pack(model.custom_fields)),
            )
            body = pack({"Type": 1, "ContentsFormat": "text", "Contents": "note"})
            store.write("INSERT INTO entries (incident, at, body) VALUES (?, 0, ?)", str(number + 5), body)
