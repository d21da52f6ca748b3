"""The rules of comments: who wrote it, how many there may be, who may take it back."""

from lab.sekoia.actors import Actor
from lab.sekoia.alerts.model import MAX_AUTHOR, MAX_COMMENTS, Alert, Comment
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing, NotYours, Unfit


def write_comment(
    ids: Ids,
    alert: Alert,
    content: str,
    author: str | None,
    by: Actor,
    at: float,
    kind: str = "alert_comment",
    log: bool = True,
) -> Comment:
    """Add a comment; the author is free text of 32 characters at most and defaults to the actor's identity."""
    if author is not None and len(author) > MAX_AUTHOR:
        raise Unfit(f"author is longer than {MAX_AUTHOR} characters", ("body", "author"))
    if len(alert.comments) >= MAX_COMMENTS:
        raise Unfit(f"an alert has at most {MAX_COMMENTS} comments", ("body", "content"))
    comment = Comment(ids.uuid(), content, author or by.name, at, at, by, by.kind != "apikey", kind)
    alert.comments.append(comment)
    if log:
        detail = {"uuid": comment.uuid, "status": "created", "display_name": comment.author, "content": content}
        alert.remember(ids, at, by, "comment", comment=detail)
    alert.touch(at, by)
    return comment


def find_comment(alert: Alert, uuid: str) -> Comment:
    """The comment with that uuid."""
    for comment in alert.comments:
        if comment.uuid == uuid:
            return comment
    raise Missing("Unknown comment")


def rewrite(alert: Alert, uuid: str, content: str, by: Actor, at: float) -> Comment:
    """Change one's own comment."""
    comment = _own(alert, uuid, by)
    comment.content = content
    comment.updated_at = at
    alert.touch(at, by)
    return comment


def take_back(alert: Alert, uuid: str, by: Actor, at: float) -> None:
    """Delete one's own comment."""
    alert.comments.remove(_own(alert, uuid, by))
    alert.touch(at, by)


def _own(alert: Alert, uuid: str, by: Actor) -> Comment:
    comment = find_comment(alert, uuid)
    if comment.by.uuid != by.uuid:
        raise NotYours("Only the author of a comment may change it")
    return comment
