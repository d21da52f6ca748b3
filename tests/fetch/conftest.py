"""Fetch on a clock that tests push, against answers that tests choose; the fixtures live beside the integration."""

from SekoiaXDR_test import clock as clock
from SekoiaXDR_test import logs as logs
from SekoiaXDR_test import tenant as tenant
