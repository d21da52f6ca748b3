"""The commands on what a tenant is made of: rules, indicators, entities, intakes, communities, people, permissions."""

from SekoiaXDRSearchCommandsApiModule import *  # brings the whole chain along

TENANT_COMMANDS: dict[str, Command] = {}
