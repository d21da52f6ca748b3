"""The commands on assets."""

from SekoiaXDRAlertCommandsApiModule import *  # brings the whole chain along

ASSET_COMMANDS: dict[str, Command] = {}
