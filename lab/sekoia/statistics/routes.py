"""URL <-> statistics of alerts."""

from dataclasses import replace

from lab.sekoia.alerts.fields import COUNT_FILTERS
from lab.sekoia.alerts.search import Finder
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.query import Grammar
from lab.sekoia.route import Route, Visit
from lab.sekoia.statistics.model import mean_times, statistics

KPI_RIGHT = ("View alert statistics",)
READ = ("View alert statistics", "View alerts")
FILTERS = replace(COUNT_FILTERS, numbers=frozenset(), flags=COUNT_FILTERS.flags | {"with_custom_status"})
KPIS = Grammar(match=frozenset(("community_uuid",)), dates=frozenset(("created_at",)), paged=True)


def _finder(visit: Visit) -> Finder:
    return Finder(visit.world.alerts, visit.world.switches, visit.world.ties)


def alert_statistics(visit: Visit) -> Reply:
    found = _finder(visit).find(visit.query)
    return json_reply({"items": statistics(found, visit.query.flag("with_custom_status", False))})


def soc_kpis(visit: Visit) -> Reply:
    return json_reply(mean_times(_finder(visit).find(visit.query)))


ROUTES = (
    Route("GET", "/v1/sic/alerts/statistics", alert_statistics, READ, FILTERS),
    Route("GET", "/v1/sic/statistics/alerts/soc_kpis", soc_kpis, KPI_RIGHT, KPIS),
)
