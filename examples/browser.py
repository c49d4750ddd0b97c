"""Headless Chromium for the tests of the pages, which ci/browser.sh runs: a page, waits with a deadline, and screenshots."""

import base64
import contextlib
import pathlib
import signal
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# In seconds. A wait that takes longer than this is a hang.
HANG = 300

FLAGS = """--headless --hide-scrollbars --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run
--disable-background-networking --disable-breakpad --disable-component-update --disable-sync""".split()


def wait_for(what, condition):
    """Calls `condition` until it returns a true value, and returns that value."""
    deadline = time.monotonic() + HANG
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {HANG} s: {what}")
        time.sleep(0.01)
    return value


class Page:
    def __init__(self, driver, screenshots):
        self.driver = driver
        self.screenshots = pathlib.Path(screenshots)

    def open(self, address):
        self.driver.get(address)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script):
        return self.driver.execute_script(script)

    def type_into(self, selector, text):
        """Replaces the text of an input field by typing, and presses Enter."""
        self.find(selector).send_keys(Keys.CONTROL + "a", Keys.NULL, text + Keys.ENTER)

    def wait_for(self, what, script):
        """Waits until the JavaScript expression `script` is true, and returns its value."""
        return wait_for(f"{what} ({script})", lambda: self.run(f"return {script}"))

    def screenshot(self, name, width, scheme):
        """Takes a picture of the whole page, `width` pixels wide, in the colour scheme `light` or `dark`."""
        command = self.driver.execute_cdp_cmd
        command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        size = {"width": width, "height": 1, "deviceScaleFactor": 1, "mobile": False}
        command("Emulation.setDeviceMetricsOverride", size)
        widest, height = self.run(
            "const page = document.documentElement; return [page.scrollWidth, Math.ceil(page.getBoundingClientRect().height)]"
        )
        assert widest <= width, f"{name}: the page is {widest} pixels wide and must be scrolled sideways"
        command("Emulation.setDeviceMetricsOverride", {**size, "height": height})
        # The page has been painted at its new size in the second frame from now.
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        picture = command("Page.captureScreenshot", {"format": "png"})["data"]
        path = self.screenshots / f"{name}-{scheme}-{width}.png"
        path.write_bytes(base64.b64decode(picture))
        print(f"screenshot: {path}")

    def complaints(self):
        """Returns the messages of the browser's console since the last call: script errors and failed requests."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@contextlib.contextmanager
def start(screenshots):
    """Starts the browser with a new profile, and ends it, even if `timeout` stops the test."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    with tempfile.TemporaryDirectory() as profile:
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        page = Page(driver, screenshots)
        try:
            driver.set_page_load_timeout(HANG)
            yield page
        except Exception:
            page.screenshot("failed", 1100, "light")
            print(*page.complaints(), sep="\n")
            raise
        finally:
            driver.quit()
