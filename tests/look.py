"""Pictures of the guide's pages, to be looked at: `make look` renders them in a headless browser to build/look.

Not a test, and nothing depends on it: whether a page is pleasant to read on a phone is for eyes to say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guide import given

FOLDER = Path("build") / "look"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")
PHONE, WHOLE = (390, 844), (390, 5200)
DARK = "--blink-settings=preferredColorScheme=0"


def pages() -> dict[str, str]:
    """HTML pages by name: everything in each language, one profile, and the runbook."""
    found = {f"all-{each}": given.html(given.page(*given.EVERYTHING, language=each)) for each in ("en", "de", "he")}
    found |= {f"web-{each}": given.html(given.page(given.WEB, given.CLIP, language=each)) for each in ("en", "he")}
    return {**found, "runbook": given.html(given.admin(*given.EVERYTHING))}


def render(browser: str, page: Path, picture: Path, size: tuple[int, int], *more: str) -> None:
    """One picture. Raises `CalledProcessError` where the browser fails."""
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command += [f"--window-size={size[0]},{size[1]}", f"--screenshot={picture.resolve()}", *more]
        subprocess.run([*command, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)


def main() -> int:
    """0; 1 without a browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"NOTHING WAS RENDERED: none of {', '.join(BROWSERS)} is installed.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        page = FOLDER / f"{name}.html"
        page.write_text(text, encoding="utf-8")
        render(browser, page, FOLDER / f"{name}-light.png", PHONE)
        render(browser, page, FOLDER / f"{name}-dark.png", PHONE, DARK)
        render(browser, page, FOLDER / f"{name}-whole.png", WHOLE)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
