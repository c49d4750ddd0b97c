"""Tests the page in a real browser: `page.py SCREENSHOTS PROGRAM`. ci/browser.sh runs it."""

import json
import subprocess
import sys
import urllib.request

import browser

# This takes some seconds in a debug build, which is long enough to see the bar move.
JOB = 5_000_000
VALUES = "document.querySelector('[name={}]').{}"
SIZES = [(width, scheme) for width in (480, 1100) for scheme in ("light", "dark")]


def main(screenshots, program):
    service = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().removeprefix("listening on ").strip()
        with browser.start(screenshots) as page:
            look(page, address, service)
    finally:
        service.kill()
        service.wait()


def look(page, address, service):
    def post(path, body):
        urllib.request.urlopen(address + path, body.encode()).close()

    def service_has(name, value):
        def has():
            with urllib.request.urlopen(address + "/admin/flags") as response:
                return json.load(response)[name] == value

        browser.wait_for(f"the service has {name} {value}", has)

    def shows(name, value, of="value"):
        page.wait_for(f"{name} is {value}", f"{VALUES.format(name, of)} === {value}")

    page.open(address)
    # A reload would lose this.
    page.run("window.marked = true")
    page.wait_for("the page is connected", "document.querySelector('#link.live') !== null")
    shows("max_body", '"1000"')

    # A flag is changed by a request and by a click.
    post("/admin/flags", "maintenance=true")
    shows("maintenance", "true", "checked")
    assert answer(page).startswith("503: closed for maintenance")
    page.find("[name=maintenance]").click()
    service_has("maintenance", False)
    assert answer(page) == "200: 5 words", answer(page)

    # A limit is changed by a request and by typing.
    post("/admin/flags", '{"max_body": 10}')
    shows("max_body", '"10"')
    assert answer(page) == "413: the body is longer than 10 bytes, the limit"
    page.type_into("[name=max_body]", "2000")
    service_has("max_body", 2000)
    assert answer(page) == "200: 5 words"

    # A value is refused: the page says why, and shows the value in force.
    page.type_into("[name=jobs_at_once]", "99")
    error = page.wait_for("an error", "document.querySelector('#settings-error').textContent")
    assert error == "jobs_at_once must be a whole number from 1 to 8, not 99", error
    shows("jobs_at_once", '"2"')
    page.type_into("[name=jobs_at_once]", "3")
    page.wait_for("no error", "document.querySelector('#settings-error').textContent === ''")

    # Text that is being typed stays when another value changes.
    page.find("[name=max_body]").send_keys("9")
    post("/admin/flags", "letters=true")
    shows("letters", "true", "checked")
    shows("max_body", '"20009"')
    page.type_into("[name=max_body]", "2000")
    service_has("max_body", 2000)
    assert answer(page) == "200: 5 words, 25 letters", answer(page)

    # The bar of a job moves and reaches its end.
    page.run("""
        const bar = document.querySelector("#bar");
        window.steps = [];
        new MutationObserver(() => window.steps.push(bar.value)).observe(bar, { attributeFilter: ["value"] });
    """)
    page.type_into("[name=up_to]", str(JOB))
    share = "document.querySelector('#bar').value / document.querySelector('#bar').max"
    page.wait_for("the bar moves", f"{share} > 0.3")
    for width, scheme in SIZES:
        page.screenshot("service", width, scheme)
    page.wait_for("the job ends", f"{share} === 1")
    steps = page.run("return window.steps")
    assert len(steps) > 5 and steps == sorted(steps) and steps[-1] == JOB, steps
    state = page.find("#job-state").text
    assert state == "job 1 is done: 100 %, 348,513 primes up to 5,000,000", state

    # A job that another client starts is shown as well.
    post("/jobs", "up_to=100")
    page.wait_for("the other job", "document.querySelector('#job-state').textContent.startsWith('job 2 is done: 100 %, 25 primes')")

    assert page.run("return window.marked"), "the page has been loaded again"
    expected = ["/words - Failed to load resource: the server responded with a status of 503", "413", "400"]
    complaints = page.complaints()
    assert len(complaints) == len(expected) and all(map(str.__contains__, complaints, expected)), complaints

    # At a shutdown the open page's event stream ends, and the page says so.
    post("/admin/shutdown", "")
    assert service.wait(browser.HANG) == 0
    assert service.stdout.read() == "stopped: all connections are closed\n"
    page.wait_for("the page says that it is not connected", "document.querySelector('#link.live') === null")


def answer(page):
    """Sends the text of the page, and returns what the page then shows."""
    page.run("document.querySelector('#answer').textContent = ''")
    page.find("#words-form button").click()
    return page.wait_for("an answer", "document.querySelector('#answer').textContent")


main(*sys.argv[1:])
