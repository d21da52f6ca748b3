"""The commands on cases."""

from SekoiaXDRAssetCommandsApiModule import *  # brings the whole chain along

CASE_COMMANDS: dict[str, Command] = {}
