"""Says numbered lines, so that one that is lost is missed, and leaves a daemon of its own behind."""

import itertools
import os
import subprocess
import time


def talk() -> None:
    subprocess.run(["sh", "-c", "setsid sleep 100000 > /dev/null 2>&1 &"], check=True)
    token = os.urandom(6).hex()
    for number in itertools.count(1):
        print(f"line {token} {number}", flush=True)
        time.sleep(0.02)


if __name__ == "__main__":
    talk()
