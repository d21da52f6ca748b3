"""Mirroring: what changed in Sekoia becomes an update of the incident, what the analyst changed goes to Sekoia."""

from SekoiaXDRTenantCommandsApiModule import *  # brings the whole chain along
