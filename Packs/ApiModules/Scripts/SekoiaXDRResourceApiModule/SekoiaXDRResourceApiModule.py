"""Commands as tables: a list, an object, a change of the API described once, and the three functions that run them.

A command that only passes arguments on and shows what comes back is a row here, so that limits, pages, dry runs, ids,
empty answers and tables are the same everywhere. A command that decides something is a function of its own.
"""

import functools
import itertools
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRWarRoomApiModule import *  # brings the client and the frame along

# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------

# What a user wrote, the argument's name, the client -> what goes on the wire. Raises ValueError naming the argument.
Reader = Callable[[Any, str, SekoiaClient], Any]


UNSAID: Any = object()  # what a reader gives for an argument that says nothing, and that is not sent then


def as_written(value: Any, name: str, client: SekoiaClient) -> str:
    """A text, as it is but for blanks around it."""
    return str(value).strip()


def listed(value: Any, name: str, client: SekoiaClient) -> str:
    """Several values, as the comma list of a query."""
    return joined_values(name, words(value))


def several(value: Any, name: str, client: SekoiaClient) -> Any:
    """Several values, as the list of a body; UNSAID for an empty list that came as text, such as [] or [""]."""
    return list(words(value)) or UNSAID


def yes_no(value: Any, name: str, client: SekoiaClient) -> bool:
    """A yes or no; a query spells it true or false."""
    return flag({name: value}, name)


def window(value: Any, name: str, client: SekoiaClient) -> str:
    """A range of times 'start,end', each ISO 8601, epoch seconds or relative."""
    return time_range(parse_window(str(value), name))


def moment(value: Any, name: str, client: SekoiaClient) -> str:
    """One time, as ISO 8601 UTC."""
    return iso_utc(parse_time(str(value), name))


def whole(low: int, high: int | None = None) -> Reader:
    """A whole number between these bounds."""
    return lambda value, name, client: whole_number(value, name, low, low, high)


def between(low: int, high: int) -> Reader:
    """A range 'min,max' of whole numbers between these bounds."""

    def read(value: Any, name: str, client: SekoiaClient) -> str:
        parts = [part.strip() for part in str(value).split(",")]
        ends = [whole_number(part, name, bound, low, high) for part, bound in zip(parts, (low, high), strict=False)]
        ends += [high][len(ends) - 1 :]
        if len(parts) > 2 or ends[0] > ends[1]:
            raise ValueError(f"{name}: '{value}' is not a range. Write min,max, for example {low},{high}.")
        return f"{ends[0]},{ends[1]}"

    return read


def text_of(shortest: int, longest: int) -> Reader:
    """A text of so many characters."""

    def read(value: Any, name: str, client: SekoiaClient) -> str:
        text = str(value).strip()
        if not shortest <= len(text) <= longest:
            raise ValueError(f"{name}: Sekoia takes {shortest} to {longest} characters, this text has {len(text)}.")
        return text

    return read


def choice(*choices: str) -> Reader:
    """One of these words, in any case."""
    return lambda value, name, client: one_of({name: value}, name, choices)


def id_like(kind: str, prefix: str | None) -> Reader:
    """An identifier of that kind: a uuid, or a short id with this prefix."""
    return lambda value, name, client: validate_id(str(value), kind, prefix)


def ids_like(kind: str, prefix: str | None) -> Reader:
    """Several identifiers of that kind, as the list of a body."""
    return lambda value, name, client: [validate_id(word, kind, prefix) for word in words(value)]


NOTHING: Mapping[str, Any] = {}


class Field(NamedTuple):
    """An argument that is passed on: the API's name for it, how it is read, and whether it must be given."""

    key: str
    read: Reader = as_written
    needed: bool = False


# Argument -> kind of the object and prefix of its short id (None where it has no short form). A prefix that ends with
# "--" belongs to each id of that kind, and is put before a bare uuid.
IdKinds = Mapping[str, tuple[str, str | None]]
Fields = Mapping[str, Field]
Columns = Mapping[str, str]
Shape = Callable[[JsonObject, Params], JsonObject]


def names_nothing(value: Any) -> bool:
    """Whether an argument is absent, blank, or an empty list, or nothing but commas, as playbooks may pass it."""
    return value is None or value == [] or (isinstance(value, str) and not value.replace(",", "").strip())


def passed_on(client: SekoiaClient, args: Args, fields: Fields) -> JsonObject:
    """The API's names with what the user gave, in the order of the table; what was left out is not sent.

    Raises ValueError naming the argument at fault. A reader that asks the API (a name that becomes an id) stands last
    in its table, so that nothing is asked before the other arguments are known to be good.
    """
    found: JsonObject = {}
    for name, one in fields.items():
        value = args.get(name)
        if not names_nothing(value):
            found[one.key] = one.read(value, name, client)
            if found[one.key] is UNSAID:
                del found[one.key]
        if one.needed and found.get(one.key) in (None, "", []):
            raise ValueError(f"{name}: a value is needed.")
    return found


def as_query(found: JsonObject) -> dict[str, str]:
    """Values as a query spells them."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in found.items()}


def identified(value: str, kind: str, prefix: str | None) -> str:
    """The validated identifier, with the prefix that its kind always has; ValueError for what is none."""
    if prefix and prefix.endswith("--"):
        return prefix + validate_id(value.strip().removeprefix(prefix), kind, None)
    return validate_id(value, kind, prefix)


def filled(path: str, args: Args, ids: IdKinds) -> str:
    """The path with the validated identifiers in their places; ValueError for what is no identifier."""
    given = {name: identified(required(args, name), kind, prefix) for name, (kind, prefix) in ids.items()}
    return path.format(**{name: urllib.parse.quote(value, safe="") for name, value in given.items()})


# ---------------------------------------------------------------------------------------------------------------------
# What people see
# ---------------------------------------------------------------------------------------------------------------------

TIME_KEYS = ("_at", "date", "created", "modified", "_seen", "valid_from", "valid_until", "last_activity")


def unchanged(item: JsonObject, params: Params) -> JsonObject:
    """The object as the API gave it."""
    return item


def at_path(item: Any, path: str) -> Any:
    """What lies at a dotted path; of a list, the values of all its elements."""
    for step in path.split("."):
        item = [as_dict(one).get(step) for one in item] if isinstance(item, list) else as_dict(item).get(step)
    return item


def shown(item: JsonObject, path: str, params: Params) -> str:
    """The value at a path as a table cell: times on the analyst's clock, lists with commas.

    `a|b` is the first of them that has a value; `a@b` shows a as a link to the address at b.
    """
    choices, _, page = path.partition("@")
    found = [(at_path(item, one), one) for one in choices.split("|")]
    value, path = next((pair for pair in found if pair[0] not in (None, "", [])), found[0])
    if path.endswith(TIME_KEYS) and (as_epoch(value) is not None):
        return local_time(value, params.timezone)
    if isinstance(value, list):
        value = ", ".join(as_text(one, 200) for one in value if one not in (None, ""))
    text, address = cell(value), as_text(at_path(item, page)) if page else ""
    return f"[{text}]({address})" if text and address else text


def object_table(title: str, items: Iterable[JsonObject], columns: Columns, empty: str, params: Params) -> str:
    """Objects as a table; `columns` is header -> path as `shown` reads it."""
    rows = [{header: shown(item, path, params) for header, path in columns.items()} for item in items]
    return markdown_table(title, rows, empty)


# ---------------------------------------------------------------------------------------------------------------------
# The three kinds of command
# ---------------------------------------------------------------------------------------------------------------------


class Listing(NamedTuple):
    """A list of the API as a command. Its arguments `limit`, `page` and `all_results` are the same for every list.

    Each object of the list also carries the ids of `ids`, under the name that `owners` gives them (else their own).
    What `envelope` makes of the objects and the size of the whole list goes to context on the first element, where the
    official pack documents parts of the API's answer itself.
    """

    title: str
    path: str
    prefix: str
    columns: Columns
    fields: Fields = NOTHING
    ids: IdKinds = NOTHING
    key: str | list[str] = "uuid"
    fixed: Mapping[str, str] = NOTHING
    shape: Shape = unchanged
    size: int = API_PAGE_SIZE
    owners: Mapping[str, str] = NOTHING
    envelope: Callable[[list[JsonObject], int], JsonObject] | None = None


def pages_wanted(args: Args, size: int) -> tuple[int | None, int | None]:
    """`limit` (None = all) and `page` (None = from the start); ValueError when they do not go together."""
    limit = whole_number(args.get("limit"), "limit", 20, 1)
    page = whole_number(args.get("page"), "page", 0, 1) or None
    if page and flag(args, "all_results"):
        raise ValueError("page: leave it out when all_results is true.")
    if page and limit > size:
        raise ValueError(f"limit: a page holds at most {size} entries; leave out page to get more.")
    return None if flag(args, "all_results") else limit, page


def read_list(client: SekoiaClient, call: ApiCall, wanted: tuple[int | None, int | None], size: int) -> tuple[Any, str]:
    """The objects of a list, and a note when the time of the command ended before it did."""
    page, note = read_counted(client, call, wanted, size)
    return page.items, note


def read_counted(
    client: SekoiaClient, call: ApiCall, wanted: tuple[int | None, int | None], size: int
) -> tuple[AlertPage, str]:
    """As read_list, with the size of the whole list where the API told it."""
    limit, page = wanted
    if page and limit:
        asked = {**call.params, "limit": str(limit), "offset": str((page - 1) * limit)}
        return client.read_page(call._replace(params=asked)), ""
    totals: list[int | None] = [None]
    items, note = as_far_as_it_goes(itertools.islice(told(client.iter_pages(call, limit, size), totals), limit))
    return AlertPage(items, totals[-1]), note


def told(pages: Iterable[AlertPage], totals: list[int | None]) -> Iterator[Any]:
    """The items of pages; the size of the whole list is noted on the way."""
    for page in pages:
        totals.append(page.total)
        yield from page.items


def list_objects(spec: Listing, client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """Runs a list."""
    wanted, path = pages_wanted(args, spec.size), filled(spec.path, args, spec.ids)
    query = {**spec.fixed, **as_query(passed_on(client, args, spec.fields))}
    call = ApiCall("GET", path, query, names_object=bool(spec.ids))
    found, note = read_counted(client, call, wanted, spec.size)
    raw = found.items
    items = [spec.shape(item, params) for item in raw if isinstance(item, dict)]
    owner = {spec.owners.get(name, name): str(args[name]).strip() for name in spec.ids}
    table = object_table(f"{spec.title} ({len(items)})", items, spec.columns, "Nothing matches.", params)
    outputs = [{**item, **owner} for item in items]
    total = len(items) if found.total is None else found.total
    return CommandResults(
        outputs_prefix=spec.prefix,
        outputs_key_field=spec.key,
        outputs=with_envelope(outputs, spec.envelope(outputs, total)) if spec.envelope and outputs else outputs,
        raw_response=raw,
        readable_output=table + note,
    )


class Reading(NamedTuple):
    """One object of the API as a command."""

    title: str
    path: str
    prefix: str
    columns: Columns
    ids: IdKinds = NOTHING
    fields: Fields = NOTHING
    key: str = "uuid"
    fixed: Mapping[str, str] = NOTHING
    shape: Shape = unchanged


def read_one(spec: Reading, client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """Reads an object."""
    path = filled(spec.path, args, spec.ids)
    query = {**spec.fixed, **as_query(passed_on(client, args, spec.fields))}
    found = client.read_object(ApiCall("GET", path, query, names_object=bool(spec.ids)))
    item = spec.shape(found, params)
    return CommandResults(
        outputs_prefix=spec.prefix,
        outputs_key_field=spec.key,
        outputs=item,
        raw_response=found,
        readable_output=object_table(spec.title, [item], spec.columns, "", params),
    )


class Change(NamedTuple):
    """A change through the API as a command; `dry_run=true` shows the call and sends nothing.

    `fields` go into the body, `fixed` too. With `some`, at least one of the fields must be given. `done` is said
    afterwards, with the arguments in its places. Without a `prefix` nothing goes to context. With `visible` the object
    at the same path shows the fields under the names of the body, so that a doubtful answer can be cleared up; a change
    that is `repeatable` does no harm when it is done twice. With `names_object` the body names what may not exist.
    """

    done: str
    method: str
    path: str
    ids: IdKinds = NOTHING
    fields: Fields = NOTHING
    fixed: Mapping[str, Any] = NOTHING
    some: bool = False
    prefix: str = ""
    key: str = "uuid"
    columns: Columns = NOTHING
    shape: Shape = unchanged
    visible: bool = False
    repeatable: bool = False
    names_object: bool = False


def make_change(spec: Change, client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """Makes a change. After a doubtful answer it is looked for; where that is not possible, the error says to look."""
    path, given = filled(spec.path, args, spec.ids), passed_on(client, args, spec.fields)
    if spec.some and not given:
        raise ValueError(f"Nothing to change: give at least one of {', '.join(spec.fields)}.")
    return send_change(spec, client, args, params, path, {**spec.fixed, **given})


def send_change(
    spec: Change, client: SekoiaClient, args: Args, params: Params, path: str, body: JsonObject
) -> CommandResults:
    """Sends a change whose path and body are known, and tells what came of it."""
    said = spec.done.format_map({name: cell(value, 100) for name, value in args.items()})
    if flag(args, "dry_run"):
        return dry_run_result(said, f"{spec.method} {path}", body)
    call = ApiCall(spec.method, path, body=body or None, names_object=bool(spec.ids) or spec.names_object)
    answer = client.write(call, effect_of(spec, client, path, body))
    item = spec.shape(answer, params)
    if not spec.prefix:
        return CommandResults(readable_output=f"### {said}", raw_response=answer)
    return CommandResults(
        outputs_prefix=spec.prefix,
        outputs_key_field=spec.key,
        outputs=item,
        raw_response=answer,
        readable_output=object_table(said, [item], spec.columns, "", params) if spec.columns else f"### {said}",
    )


def effect_of(
    spec: Change, client: SekoiaClient, path: str, body: JsonObject
) -> Callable[[], JsonObject | None] | None:
    """How to look for what a change did; a look that never sees anything lets it be sent once more."""
    if spec.visible:
        return functools.partial(shows, client, path, body)
    return (lambda: None) if spec.repeatable else None


def shows(client: SekoiaClient, path: str, wanted: JsonObject) -> JsonObject | None:
    """The object at the path when it has these values; None when it has others."""
    found = client.read_object(ApiCall("GET", path, names_object=True))
    return found if all(found.get(key) == value for key, value in wanted.items()) else None


def listing(spec: Listing) -> Command:
    """The command of a list."""
    return functools.partial(list_objects, spec)


def reading(spec: Reading) -> Command:
    """The command of an object."""
    return functools.partial(read_one, spec)


def change(spec: Change) -> Command:
    """The command of a change."""
    return functools.partial(make_change, spec)
