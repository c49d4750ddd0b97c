"""Tests the page of examples/wasm in a browser: `test.py SCREENSHOTS PAGE`, where PAGE is the directory that build.sh has made.

It needs the module `browser`, which is in examples/.
"""

import functools
import http.server
import sys
import threading

import browser
from selenium.webdriver.common.keys import Keys

screenshots, directory = sys.argv[1:]


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def check(page, key, level):
    """Moves the slider by `key`, and waits until both views show `level`."""
    page.find("#slider").send_keys(key)
    page.wait_for("the slider moves", f"document.querySelector('#slider').value == {level}")
    page.wait_for("the number follows", f"document.querySelector('#number').textContent == '{level}'")
    page.wait_for("the meter follows", f"document.querySelector('#meter').value == {level}")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=directory))
threading.Thread(target=server.serve_forever, daemon=True).start()
with browser.start(screenshots) as page:
    page.open(f"http://127.0.0.1:{server.server_port}/")
    try:
        page.wait_for("the first value", "document.querySelector('#number').textContent == '20'")
        # Many inputs one after the other, then both ends, then one step.
        check(page, Keys.ARROW_RIGHT * 22, 42)
        for scheme in "light", "dark":
            page.screenshot("wasm", 600, scheme)
        check(page, Keys.END, 100)
        check(page, Keys.HOME, 0)
        check(page, Keys.ARROW_UP, 1)
    finally:
        # If a view does not follow, the console often shows why.
        complaints = page.complaints()
        print(*complaints, sep="\n", file=sys.stderr, end="")
    assert not complaints, "the browser's console is not empty"
print("both views follow the slider")
