"""Puts the platform's stand-ins, the shared modules and the integration on the path, as the container does."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent
PLATFORM = Path(os.environ.get("XSOAR_PLATFORM", ROOT / "lab" / "xsoar" / "platform"))
SHARED = sorted((ROOT / "Packs/ApiModules/Scripts").glob("*ApiModule"))
SCRIPTS = sorted((ROOT / "Packs/SekoiaXDR/Scripts").glob("*/"))

for folder in (ROOT, PLATFORM, *SHARED, *SCRIPTS, ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR"):
    sys.path.insert(0, str(folder))
