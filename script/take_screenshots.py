"""What `script/screenshots` runs: fills a server through its API, and keeps pictures of its pages."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from portico.client import Client
from portico.client.documents import Deploy
from script.pretended_hour import pretended_hour
from tests.browsing import launched
from tests.control.pages.gallery.serving import standing_alone
from tests.servers import Server, started
from tests.signing_in import sign_in

ROOT = Path(__file__).resolve().parent.parent
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each call
IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000  # bytes of a picture in the documentation

WIDE, TALL, PHONE = (1280, 860), (1280, 920), (390, 844)
Scheme = Literal["light", "dark"]
LIGHT: Scheme = "light"
DARK: Scheme = "dark"


@dataclass(frozen=True)
class Shot:
    path: str
    size: tuple[int, int] = WIDE
    scheme: Scheme = LIGHT
    user: str = "grace"
    awaited: str = (
        ""  # has to be there; with it nobody waits for the network, which streams keep busy
    )


def manager(
    tab: str, size: tuple[int, int] = WIDE, scheme: Scheme = LIGHT, awaited: str = "h1"
) -> Shot:
    """Of the App Manager, as the app's owner sees it."""
    return Shot(f"/-/manage/{MANAGED}/{tab}", size, scheme, user="", awaited=awaited)


def overview(size: tuple[int, int], scheme: Scheme = LIGHT) -> Shot:
    return manager("", size, scheme, awaited="[data-chart=memory] canvas")


def logs(size: tuple[int, int], scheme: Scheme = LIGHT) -> Shot:
    return manager("logs/", size, scheme, awaited="#log :nth-child(20)")


MANAGED = "sales"
COMPONENTS = "components"
SHOTS = {
    "portal": Shot("/-/portal/"),
    "portal-dark": Shot("/-/portal/", scheme=DARK),
    "portal-phone": Shot("/-/portal/", PHONE),
    "portal-phone-dark": Shot("/-/portal/", PHONE, DARK),
    "app-manager": overview(TALL),
    "app-manager-dark": overview(TALL, DARK),
    "app-manager-phone": overview(PHONE),
    "app-manager-phone-dark": overview(PHONE, DARK),
    "app-manager-deploys": manager("deploys/"),
    "app-manager-deploys-phone-dark": manager("deploys/", PHONE, DARK),
    "app-manager-logs-dark": logs(WIDE, DARK),
    "app-manager-logs-phone": logs(PHONE),
    "app-manager-config": manager("config/"),
    "app-manager-config-phone-dark": manager("config/", PHONE, DARK),
    "app-manager-access-dark": manager("access/", scheme=DARK),
    "app-manager-access-phone": manager("access/", PHONE),
}

# Name, what its card says, and how many web processes it has.
APPS: tuple[tuple[str, dict[str, Any], int], ...] = (
    (
        "sales",
        {
            "title": "Sales report",
            "description": "Revenue, margin and orders by week and region, fresh every morning.",
            "tags": ["finance", "weekly"],
            "rank": 1,
        },
        1,
    ),
    (
        "stores",
        {
            "title": "Store map",
            "description": "Where our stores are, and how far their customers travel.",
            "tags": ["geo"],
            "rank": 2,
        },
        1,
    ),
    (
        "energy",
        {
            "title": "Energy dashboard",
            "description": "Load and prices of the last 48 hours against the forecast.",
            "tags": ["operations", "live"],
            "rank": 3,
        },
        1,
    ),
    (
        "churn",
        {
            "title": "Churn explorer",
            "description": "Who leaves, when, and what they had in common before they did.",
            "tags": ["customers", "model"],
        },
        1,
    ),
    (
        "prices",
        {
            "title": "Price simulator",
            "description": "What a change of price does to volume and margin.",
            "tags": ["finance", "model"],
        },
        0,
    ),
    (
        "survey",
        {
            "title": "Survey explorer",
            "description": "Answers of the yearly survey by team and question.",
            "tags": ["people"],
        },
        1,
    ),
    (
        "triage",
        {
            "title": "Ticket triage",
            "description": "Sorts incoming tickets by what they are about.",
            "tags": ["support", "model"],
        },
        1,
    ),
)
FILES = {
    "Procfile": "web: python -m http.server $PORT\nworker: python refresh.py\n",
    "refresh.py": """import itertools, time
for number in itertools.count(1):
    print(f"Read {4000 + number * 37 % 900:,} new orders; figures of 52 weeks are fresh", flush=True)
    time.sleep(2)
""",
    "requirements.txt": "",
    "index.html": "<!doctype html><title>Demo</title><h1>Demo</h1>\n",
}


def main() -> None:
    wanted = sys.argv[1:] or [COMPONENTS, *SHOTS]
    with sync_playwright() as playwright, contextlib.closing(launched(playwright)) as browser:
        if COMPONENTS in wanted:
            with standing_alone() as address, visiting(browser, Shot(address)) as context:
                keep(COMPONENTS, pictured(context, address, whole=True))
        if pages := [name for name in wanted if name in SHOTS]:
            with started() as server:
                fill(server)
                for name in pages:
                    keep(name, of_server(server, browser, SHOTS[name]))


def fill(server: Server) -> None:
    with contextlib.closing(Client(server.url, server.token, timeout=120)) as client:
        for name, role in {"grace": "author", "linus": "viewer"}.items():
            client.add_person(name, role)
        client.create_group("finance")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda app: add(client, *app), APPS))
        client.set_picture(MANAGED, bars())
        manage(client)


def manage(client: Client) -> None:
    """Give the app whose manager is shown what its tabs can show."""
    client.scale(MANAGED, {"web": 2, "worker": 1})
    client.limit(MANAGED, {"web": {"memory": 128 << 20}})
    for changes, secret in (
        ({"WAREHOUSE_URL": "postgresql://reports@warehouse/sales", "API_KEY": "k3y" * 9}, True),
        ({"CURRENCY": "EUR", "WEEKS": "52", "TZ": "Europe/Lisbon"}, False),
    ):
        if deploy := client.set_config(MANAGED, changes, secret).deploy:
            finish(client, MANAGED, deploy)
    client.change_access(MANAGED, {"co_owners": ["grace"], "viewers": ["linus", "group:finance"]})


def add(client: Client, name: str, card: dict[str, Any], count: int) -> None:
    client.create_app(name)
    client.change_app(name, {"path_mode": "strip", "listed": True, **card})
    client.change_access(name, {"access": "signed-in"})
    source = archive()
    deploy = client.deploy(name, io.BytesIO(source), len(source))
    finish(client, name, deploy)
    client.scale(name, {"web": count})


def finish(client: Client, name: str, deploy: Deploy) -> None:
    for line in client.deploy_log(name, deploy.id, follow=True):
        if line and "deploy" in line and line["deploy"]["state"] != "live":
            raise SystemExit(f"{name} could not be deployed: {line['deploy']['problem']}")


def archive() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return written.getvalue()


def bars() -> bytes:
    """A picture as an author might choose: a chart of theirs."""
    picture = Image.new("RGB", (960, 480), "#fdf6ee")
    draw = ImageDraw.Draw(picture)
    for place in range(1, 5):
        draw.line((60, place * 90, 900, place * 90), fill="#eadfce", width=2)
    for place, height in enumerate((120, 160, 140, 210, 190, 250, 230, 290, 310, 270, 340, 360)):
        left = 70 + place * 70
        colour = "#c9643a" if place == 11 else "#e9b08c"
        draw.rounded_rectangle((left, 430 - height, left + 44, 430), 6, fill=colour)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def of_server(server: Server, browser: Browser, shot: Shot) -> bytes:
    variables = {"PORTICO_DATA": str(server.data), "PORTICO_URL": server.url}
    past = pretended_hour(server, MANAGED) if shot.path == overview(WIDE).path else None
    with past or contextlib.nullcontext(), visiting(browser, shot) as context:
        user = shot.user or server.json("whoami")["user"]
        sign_in({**server.environment, **variables}, context, server.url, user)
        return pictured(context, f"{server.url}{shot.path}", awaited=shot.awaited)


@contextlib.contextmanager
def visiting(browser: Browser, shot: Shot) -> Iterator[BrowserContext]:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=shot.scheme
    )
    yield context
    context.close()


def pictured(
    context: BrowserContext, address: str, *, whole: bool = False, awaited: str = ""
) -> bytes:
    """What stands on the screen, or the page from its head to its foot."""
    page = context.new_page()
    page.goto(address, wait_until="load" if awaited else "networkidle")
    if awaited:
        page.locator(awaited).first.wait_for()
        page.evaluate("document.fonts.ready")
    return page.screenshot(full_page=whole)


def keep(name: str, taken: bytes) -> None:
    """With few colours, so that the repository stays small; no eye sees the difference."""
    file = IMAGES / f"{name}.png"
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(256).save(file, optimize=True)
    size = file.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{file} has {size:,} bytes; {LARGEST:,} are allowed.")
    print(f"{file.relative_to(ROOT)}: {size:,} bytes")


if __name__ == "__main__":
    main()
