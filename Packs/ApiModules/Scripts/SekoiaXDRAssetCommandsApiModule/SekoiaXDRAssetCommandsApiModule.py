"""The commands on assets."""

from SekoiaXDRTaskCommandsApiModule import *  # brings the whole chain along

ASSET_COMMANDS: dict[str, Command] = {}
