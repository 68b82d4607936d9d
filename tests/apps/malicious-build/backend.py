"""Runs setup.py and makes a wheel of nothing, as setuptools would; so nothing has to be fetched."""

import runpy
import zipfile
from pathlib import Path

WHEEL = "malicious_build-1.0-py3-none-any.whl"
INFO = "malicious_build-1.0.dist-info"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    runpy.run_path("setup.py", run_name="__main__")
    with zipfile.ZipFile(Path(wheel_directory, WHEEL), "w") as wheel:
        wheel.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: malicious-build\nVersion: 1.0\n")
        wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{INFO}/RECORD", "")
    return WHEEL


build_editable = build_wheel
