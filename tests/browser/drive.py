"""Drives headless Chromium through one scenario; ends with an error at the first thing that is not as it should be.

drive.py SCENARIO BASE GIVEN SHOTS AXE: GIVEN is a JSON object, SHOTS the directory for screenshots, AXE the file axe.min.js.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

SCENARIO, BASE, GIVEN, SHOTS, AXE = sys.argv[1:]
GIVEN, SHOTS = json.loads(GIVEN), pathlib.Path(SHOTS)
PASSWORD = "quarrel mantle orchid bridge"
PATIENCE = 20
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"


class Browser:
    def __init__(self, scripts=True, width=390, language="en", dark=False, phone=False):
        self.scripts, self.width, self.expected = scripts, width, []
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(PATIENCE)
        if not scripts:
            self.cdp("Emulation.setScriptExecutionDisabled", value=True)
        if phone:
            hints = {"platform": "Android", "platformVersion": "14", "architecture": "", "model": "", "mobile": True}
            self.cdp("Network.setUserAgentOverride", userAgent=ANDROID, userAgentMetadata=hints)
        self.look(width, dark)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def look(self, width, dark=False, media=""):
        self.width = width
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.cdp("Emulation.setEmulatedMedia", media=media, features=features)

    def get(self, url):
        self.driver.get(url)
        self.check_console()

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} of {selector} on {self.driver.current_url}:\n{self.driver.page_source}"
        return found[0]

    def text(self, selector="h1"):
        return self.one(selector).text

    def go(self, element):
        """Clicks what leads to another page, and waits for that."""
        page = self.one("html")
        element.click()
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.is_gone(page))
        self.check_console()

    def is_gone(self, element):
        try:
            element.is_enabled()
            return False
        except Exception:
            return self.driver.execute_script("return document.readyState") == "complete"

    def link(self, part):
        """The link whose address holds `part`."""
        return self.one(f'main a[href*="{part}"]')

    def check_console(self):
        """Nothing may be wrong but a page's own status, which is what the scenario asks for."""
        for entry in self.driver.get_log("browser"):
            is_status = "Failed to load resource" in entry["message"] and "status of 4" in entry["message"] or "status of 503" in entry["message"]
            own = self.driver.current_url.split("#")[0] in entry["message"]
            assert is_status and own, f"on {self.driver.current_url}: {entry}"

    def check_axe(self):
        self.driver.execute_script(pathlib.Path(AXE).read_text())
        found = self.driver.execute_async_script(
            """const done = arguments[0];
            const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
            axe.run({runOnly: {type: "tag", values: tags}}).then(result => done({
              passes: result.passes.length,
              violations: result.violations.map(one => [one.id, one.help, one.nodes.map(node => node.html)]),
            }));"""
        )
        assert found["passes"] > 5, found
        assert found["violations"] == [], f"on {self.driver.current_url}: {json.dumps(found['violations'], indent=1)}"

    def check_width(self):
        width = self.driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= self.width, f"{self.driver.current_url} is {width} wide at {self.width}"

    def shot(self, name):
        self.load_images()
        image = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        (SHOTS / f"{name}.png").write_bytes(base64.b64decode(image))

    def load_images(self):
        """Has the pictures of this page loaded that wait for being scrolled to."""
        self.driver.execute_script("document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
        script = "return [...document.images].every(image => image.complete && (image.naturalWidth > 0 || !image.checkVisibility()))"
        WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.execute_script(script))

    def fill(self, username, password):
        for name, value in (("username", username), ("password", password)):
            if value is not None:
                field = self.one(f"input[name={name}]")
                field.clear()
                field.send_keys(value)

    def submit(self):
        self.go(self.one("form[method=post] p button"))

    def tab_to(self, matches):
        """Presses Tab until what has the focus `matches`; it must be seen to have it."""
        for _ in range(60):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            focused = self.driver.switch_to.active_element
            if matches(focused):
                style = self.driver.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused)
                assert style != "none", f"the focus is not seen on {focused.get_attribute('outerHTML')}"
                return focused
        raise AssertionError("Tab does not lead there")

    def enter(self):
        page = self.one("html")
        ActionChains(self.driver).send_keys(Keys.ENTER).perform()
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.is_gone(page))
        self.check_console()


def signs_up():
    browser = Browser(scripts=GIVEN["scripts"])
    driver = browser.driver
    browser.get(GIVEN["link"])
    assert browser.text() == "You are invited to Example Chat", browser.text()
    browser.go(browser.link("register?t="))
    assert browser.text() == "Create your account on Example Chat"
    form = driver.current_url

    # What is wrong stands beside its field; the input is kept, the password is not.
    for username, password, field, error in (
        ("admin", PASSWORD, "username", "This name is reserved. Please choose another one."),
        ("juliet capulet", PASSWORD, "username", "This is no user name: use letters, digits and . _ - without blanks."),
        ("juliet", "passwordpassword", "password", "This password is too easy to guess. Please use more words, or rarer ones."),
        ("juliet", "juliet.example.com", "password", "This password is too easy to guess. Please use more words, or rarer ones."),
    ):
        browser.fill(username, password)
        browser.submit()
        assert browser.text(f"#{field}-error") == error, browser.text(f"#{field}-error")
        assert len(browser.all(".error")) == 1
        assert f"{field}-error" in browser.one(f"#{field}").get_attribute("aria-describedby").split()
        assert browser.one("#username").get_attribute("value") == username
        assert browser.one("#password").get_attribute("value") == ""
        assert password not in driver.page_source
        assert driver.title.startswith("Something is not right yet")
    # The browser itself says what is missing.
    browser.fill("juliet", "short")
    browser.one("form[method=post] p button").click()
    assert browser.one("#password:invalid") and driver.current_url.startswith(form)

    browser.fill("Juliet", PASSWORD)
    browser.submit()
    finished = driver.current_url
    for _ in range(2):
        assert browser.text() == "Your account is ready", browser.text()
        assert browser.text("#address") == "juliet@example.com"
        assert browser.link("chat.example.com")
        assert PASSWORD not in driver.page_source and PASSWORD.split()[0] not in driver.current_url
        driver.refresh()
        assert driver.current_url == finished
    browser.check_axe() if GIVEN["scripts"] else None

    # Back, and once more: nobody is made a second time, nothing is shown of the first.
    driver.back()
    assert PASSWORD not in driver.page_source
    driver.forward()
    assert browser.text() == "Your account is ready"
    browser.get(GIVEN["link"])
    assert browser.text() == "This invite has been used"
    browser.get(form)
    assert browser.text() == "This invite has been used"
    # A link that we have not written vouches for nothing.
    browser.get(finished.replace("u=juliet", "u=romeo"))
    assert browser.text() == "This invite has been used"

    browser.get(GIVEN["other"])
    browser.go(browser.link("register?t="))
    browser.fill("JULIET", PASSWORD)
    browser.submit()
    assert browser.text("#username-error") == "Somebody has this name already. Please choose another one."
    browser.fill("juliet2", PASSWORD)
    # Twice, as quickly as can be; one of them may be gone before the other is pressed.
    if GIVEN["scripts"]:
        page = browser.one("html")
        driver.execute_script("const b = document.querySelector('form[method=post] p button'); b.click(); b.click();")
        WebDriverWait(driver, PATIENCE).until(lambda _: browser.is_gone(page))
    else:
        browser.submit()
    assert browser.text("#address") == "juliet2@example.com"
    return browser


def keyboard():
    browser = Browser(width=1280)
    browser.get(GIVEN["link"])
    browser.tab_to(lambda one: "register?t=" in (one.get_attribute("href") or ""))
    browser.enter()
    browser.tab_to(lambda one: one.get_attribute("name") == "username").send_keys("juliet")
    browser.tab_to(lambda one: one.get_attribute("name") == "password").send_keys(PASSWORD)
    show = browser.tab_to(lambda one: one.get_attribute("data-show"))
    ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
    assert (browser.one("#password").get_attribute("type"), show.text) == ("text", "Hide")
    browser.tab_to(lambda one: one.tag_name == "button" and one.text == "Create account")
    browser.enter()
    assert browser.text() == "Your account is ready"
    return browser


def apps():
    browser = Browser(phone=True)
    browser.get(GIVEN["link"])
    token = GIVEN["link"].split("?")[1]
    assert [one.text for one in browser.all("h2")][0] == "Apps for Android"
    shown = [one.text for one in browser.all(".app strong") if one.is_displayed()]
    assert shown == ["Conversations", "Cheogram", "monocles chat"], shown
    uri = browser.one('main a.button[href^="xmpp:"]').get_attribute("href")
    assert uri.startswith("xmpp:example.com?register;preauth="), uri
    assert browser.all(".qr")[0].is_displayed() is False

    browser.go(browser.link("setup/conversations?"))
    assert browser.text() == "Get started with Conversations" or "Conversations" in browser.text()
    assert browser.one('main a.button[href^="xmpp:"]').get_attribute("href") == uri
    shop = browser.all("[data-get]")[0].get_attribute("href")
    assert shop.startswith("https://play.google.com/") and "preauth%3D" in shop, shop
    browser.go(browser.link(f"/invite?{token}"))

    browser.one("main details:not(.code) > summary").click()
    browser.go(browser.link("setup/dino?"))
    # It is for another device than this one.
    assert browser.one(".qr").is_displayed()
    browser.go(browser.link("register?t="))
    browser.fill("juliet", PASSWORD)
    browser.submit()
    assert "Log in with Dino" in browser.text("h2"), browser.text("h2")
    return browser


def reset():
    browser = Browser()
    browser.get(GIVEN["link"])
    browser.go(browser.link("register?t="))
    browser.fill("juliet", PASSWORD)
    browser.submit()
    browser.get(GIVEN["reset"])
    assert browser.text() == "A new password for Example Chat"
    browser.go(browser.link("reset?t="))
    form = browser.driver.current_url
    browser.fill(None, "aaaaaaaaaaaaaaaa")
    browser.submit()
    assert browser.text("#password-error").startswith("This password is too easy to guess.")
    browser.fill(None, "another " + PASSWORD)
    browser.submit()
    for _ in range(2):
        assert browser.text() == "Your new password is set"
        browser.driver.refresh()
    for url in (GIVEN["reset"], form):
        browser.get(url)
        assert browser.text() == "This invite has been used"
    return browser


def codes():
    browser = Browser(language="de-AT,de;q=0.9,en;q=0.5")
    browser.get(BASE)
    assert browser.text() == "Gib deinen Einladungscode ein"
    assert browser.one("html").get_attribute("lang") == "de"
    token = GIVEN["link"].split("?")[1]
    typed = " ".join(token[at : at + 4] for at in range(0, len(token), 4))
    browser.one("#entered").send_keys(f" {typed} ")
    browser.go(browser.one("form button"))
    assert browser.text() == "Einladung zu Example Chat"
    assert browser.one("#code").text.replace(" ", "") == token
    # A language that was asked for stays, on every page.
    browser.one(".languages summary").click()
    browser.go(browser.one('.languages a[lang="pl"]'))
    assert browser.text() == "Masz zaproszenie do Example Chat"
    browser.go(browser.link("register?t="))
    assert browser.text() == "Załóż konto w Example Chat"
    assert browser.one("html").get_attribute("lang") == "pl"

    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    for guess in range(4):
        browser.get(BASE)
        browser.one("#entered").send_keys(wrong)
        browser.go(browser.one("form button"))
        error = browser.text("#entered-error")
        assert browser.one("#entered").get_attribute("value") == wrong
        expected = "Zu diesem Code" if guess < 3 else "Das waren zu viele"
        assert error.startswith(expected), (guess, error)
    return browser


def decoded(browser):
    image = browser.one(".qr").screenshot_as_png
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(image)
        file.flush()
        return subprocess.run(["zbarimg", "-q", "--raw", file.name], capture_output=True, text=True).stdout.strip()


def qr():
    browser = Browser(width=1280)
    for dark in (False, True):
        browser.look(1280, dark)
        browser.get(GIVEN["link"])
        browser.load_images()
        assert decoded(browser) == GIVEN["link"], decoded(browser)
    browser.look(700, media="print")
    browser.load_images()
    assert decoded(browser) == GIVEN["link"]
    browser.shot("landing-print")
    shown = [one.text for one in browser.all("main a, main button, footer") if one.is_displayed()]
    assert shown == [], shown
    assert browser.one("#code").is_displayed() and browser.one("h1").is_displayed()
    return browser


def away():
    browser = Browser()
    browser.get(GIVEN["link"])
    assert "Accounts cannot be created on this page right now" in browser.text(".notice")
    assert browser.all('main a[href*="register?t="], main a[href^="xmpp:"]') == []
    browser.get(GIVEN["link"].replace("invite?", "register?t="))
    assert browser.text(".notice").startswith("The server cannot be reached right now.")
    browser.check_axe()
    return browser


def looks():
    browser = Browser(width=1280)

    def path(kind, page):
        return GIVEN[kind].replace("invite?", page)

    browser.get(path("used", "register?t="))
    browser.fill("romeo", PASSWORD)
    browser.submit()
    done = browser.driver.current_url
    pages = {
        "landing": GIVEN["account"],
        "landing-contact": GIVEN["contact"],
        "landing-bound": GIVEN["bound"],
        "landing-reset": GIVEN["reset"],
        "landing-ru": GIVEN["account"] + "&lang=ru",
        "setup": path("account", "invite/setup/conversations?"),
        "setup-account": path("account", "invite/setup/gajim?"),
        "register": path("account", "register?t="),
        "register-bound": path("bound", "register?t="),
        "register-de": path("account", "register?t=") + "&lang=de",
        "done": done,
        "reset": path("reset", "reset?t="),
        "enter": BASE,
        "used": GIVEN["used"],
        "expired": GIVEN["expired"],
        "revoked": GIVEN["revoked"],
        "unknown": BASE + "invite?nobody-knows-this-one-00",
        "nowhere": BASE + "nowhere",
    }
    titles = {
        "landing-contact": "romeo@example.com invites you to Example Chat",
        "used": "This invite has been used",
        "expired": "This invite has expired",
        "revoked": "This invite was taken back",
        "unknown": "This invite is not known",
        "nowhere": "There is nothing here",
    }
    for name, url in pages.items():
        for width in (320, 390, 1280):
            for dark in (False, True):
                browser.look(width, dark)
                browser.get(url)
                assert browser.text() == titles.get(name, browser.text()), browser.text()
                browser.check_width()
                browser.check_axe()
                browser.shot(f"{name}-{width}-{'dark' if dark else 'light'}")
    browser.get(GIVEN["contact"])
    have = browser.one('main a.button[href^="xmpp:romeo@example.com?roster"]:not([href*="ibr=y"])')
    new = browser.one('main a.button[href^="xmpp:romeo@example.com?roster"][href*="ibr=y"]')
    assert new.get_attribute("href") == have.get_attribute("href") + ";ibr=y"
    return browser


if __name__ == "__main__":
    started = {"signs_up": signs_up, "keyboard": keyboard, "apps": apps, "reset": reset, "codes": codes, "qr": qr,
               "away": away, "looks": looks}[SCENARIO]()
    started.driver.quit()
