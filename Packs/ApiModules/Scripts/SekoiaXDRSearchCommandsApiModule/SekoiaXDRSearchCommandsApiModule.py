"""The commands that search: events by search jobs, queries in SOL."""

from SekoiaXDRCaseCommandsApiModule import *  # brings the whole chain along

SEARCH_COMMANDS: dict[str, Command] = {}
