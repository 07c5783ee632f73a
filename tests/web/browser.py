#!/usr/bin/env python3
"""Drives a headless Chromium by the WebDriver protocol, with the standard library alone.

	browser.py URL DIRECTORY CHECK...

Each CHECK is a function below; screenshots go into DIRECTORY.  Prints one line per check
and ends with 1 if any has failed.

"moved" wants a VM's UUID in $VM and the names of two nodes in $FROM and $TO; when
DIRECTORY/opened is there, somebody is to migrate it.
"""
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import time

SIZES = {"phone": (390, 844), "laptop": (1366, 768), "wall": (2560, 1440)}


class Browser:
	def __init__(self, url, directory):
		self.url = url
		self.directory = directory
		self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
			stderr=subprocess.DEVNULL, text=True, env=dict(os.environ, TMPDIR=directory))
		port = None
		for line in self.driver.stdout:
			found = re.search(r"successfully on port (\d+)", line)
			if found:
				port = int(found.group(1))
				break
		if port is None:
			raise RuntimeError("chromedriver does not start")
		self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
		self.session = None
		try:
			self.begin(directory)
		except BaseException:
			self.driver.kill()
			raise

	def begin(self, directory):
		arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--hide-scrollbars", "--disable-extensions", "--no-first-run", "--disable-background-networking",
			"--force-color-profile=srgb", "--user-data-dir=" + os.path.join(directory, "profile")]
		answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
			"browserName": "chrome",
			"goog:loggingPrefs": {"browser": "ALL"},
			"goog:chromeOptions": {"args": arguments}}}})
		self.session = answer["sessionId"]

	def call(self, method, path, body=None):
		if self.session is not None:
			path = "/session/" + self.session + path
		data = json.dumps(body if body is not None else {}) if method == "POST" else None
		self.connection.request(method, path, data, {"Content-Type": "application/json"})
		answer = json.loads(self.connection.getresponse().read())["value"]
		if isinstance(answer, dict) and "error" in answer:
			raise RuntimeError(answer["error"] + ": " + answer["message"].split("\n")[0])
		return answer

	def end(self):
		try:
			self.call("DELETE", "")
		except (OSError, RuntimeError, http.client.HTTPException):
			pass
		self.driver.terminate()
		self.driver.wait()

	def open(self, path):
		self.call("POST", "/url", {"url": self.url + path})

	def run(self, script, *arguments):
		return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

	def resize(self, width, height, scale=1, mobile=False):
		self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
			"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}})

	def theme(self, name):
		self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
			"features": [{"name": "prefers-color-scheme", "value": name}]}})

	def pictures_are_there(self):
		"""All that are to be seen; those further down load later."""
		for _ in range(150):
			if self.run("return Array.from(document.images).every(i => i.complete ||"
					" i.getBoundingClientRect().top > innerHeight + 600)"):
				return
			time.sleep(0.1)
		raise AssertionError("pictures do not come")

	def shoot(self, name):
		self.pictures_are_there()
		data = self.call("GET", "/screenshot")
		with open(os.path.join(self.directory, name + ".png"), "wb") as out:
			out.write(base64.b64decode(data))

	def complaints(self):
		log = self.call("POST", "/se/log", {"type": "browser"})
		return [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]

	def expect_quiet(self, path):
		found = self.complaints()
		if found:
			raise AssertionError(path + ": " + "; ".join(found))

	def point_at(self, x, y):
		self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse",
			"parameters": {"pointerType": "mouse"}, "actions": [
				{"type": "pointerMove", "duration": 50, "x": int(x), "y": int(y)}]}]})

	def wait_for(self, seconds, what, script, *arguments):
		"""The script's value, as soon as it has one."""
		end = time.time() + seconds
		while time.time() < end:
			value = self.run(script, *arguments)
			if value:
				return value
			time.sleep(0.3)
		raise AssertionError("not within %d s: %s" % (seconds, what))

	def links(self, selector):
		return self.run("return Array.from(document.querySelectorAll(arguments[0]),"
			" a => a.getAttribute('href'))", selector)

	def drag(self, x, y, to_x):
		pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
		move = lambda at, ms=100: {"type": "pointerMove", "duration": ms, "x": int(at), "y": int(y)}
		self.call("POST", "/actions", {"actions": [dict(pointer, actions=[move(x)])]})
		for _ in range(100):
			if self.run("return !!document.querySelector('figure.zoomable')"):
				break
			time.sleep(0.1)
		self.call("POST", "/actions", {"actions": [dict(pointer, actions=[
			{"type": "pointerDown", "button": 0}, move((x + to_x) / 2), move(to_x),
			{"type": "pointerUp", "button": 0}])]})


LISTS = ("vms", "nodes", "pools", "exports", "apps", "alarms", "events", "jobs", "top", "trends")


def all_pages(b):
	"""By name: the lists, and of each kind the first object that there is."""
	pages = dict({"overview": "/"}, **{name: "/" + name for name in LISTS})
	for name, place, selector in (("vm", "vms?state=running&sort=name", "tbody th a"), ("node", "nodes", "tbody th a"),
			("pool", "pools", "tbody th a"), ("disk", None, "a[href*='/disk/']"),
			("nic", None, "a[href*='/nic/']"), ("volume", "pool", "a[href*='/volume/']"),
			("app", "apps", "tbody th a")):
		b.open("/" + place if place and place != "pool" else pages.get(place or "vm", "/"))
		for link in b.links(selector)[:1]:
			pages[name] = link
	return pages


def check_pages(b):
	"""Every page loads, and the console has nothing to say."""
	pages = all_pages(b)
	for path in list(pages.values()) + [pages["vm"] + "?span=day", pages["vm"] + "?graph=cpu"]:
		b.open(path)
		b.pictures_are_there()
		if not b.run("return document.querySelector('main').innerText.length > 20"):
			raise AssertionError(path + " is empty")
		b.expect_quiet(path)


def check_sort(b):
	"""A head sorts, and turns the order round."""
	names = "return Array.from(document.querySelectorAll('tbody th'), t => t.innerText)"
	b.open("/vms")
	up = b.run(names)
	b.run("Array.from(document.querySelectorAll('thead a')).find(a => a.textContent === 'Name').click()")
	time.sleep(0.5)
	down = b.run(names)
	if b.run("return document.querySelector('th[aria-sort]').getAttribute('aria-sort')") != "descending":
		raise AssertionError("not descending")
	if len(up) > 1 and up[0] == down[0]:
		raise AssertionError("the same order: " + up[0])


def check_search(b):
	"""What is typed into the head's field is what the list shows."""
	b.open("/vms")
	name = b.run("return document.querySelector('tbody th').innerText")
	b.open("/")
	b.run("document.querySelector('.search input').value = arguments[0];"
		"document.querySelector('.search').requestSubmit()", name)
	time.sleep(0.7)
	shown = b.run("return Array.from(document.querySelectorAll('tbody th'), t => t.innerText)")
	if name not in shown:
		raise AssertionError(name + " is not in " + repr(shown))
	b.run("document.querySelector('.filters input').value = 'no such name';"
		"document.querySelector('.filters').requestSubmit()")
	time.sleep(0.7)
	if b.run("return document.querySelectorAll('tbody th').length") != 0:
		raise AssertionError("a search for nothing finds something")


def check_zoom(b):
	"""Dragging over a graph changes the span to what was dragged over."""
	b.resize(*SIZES["laptop"])
	b.open("/vms?state=running") # the others may have no data
	b.open(b.links("tbody th a")[0] + "?span=hour")
	b.pictures_are_there()
	b.run("document.querySelector('figure.graph').scrollIntoView({block: 'center'})")
	time.sleep(0.3)
	box = b.run("const r = document.querySelector('figure.graph img').getBoundingClientRect();"
		"return [r.left, r.top, r.width, r.height]")
	before = b.run("const d = document.querySelector('figure.graph').dataset; return [+d.from, +d.to]")
	left, top, width, height = box
	b.drag(left + width * 0.4, top + height * 0.4, left + width * 0.6)
	for _ in range(50):
		if "from=" in b.run("return location.search"):
			break
		time.sleep(0.1)
	after = b.run("const d = document.querySelector('figure.graph').dataset; return [+d.from, +d.to]")
	if not (before[0] < after[0] < after[1] < before[1]):
		raise AssertionError("%r became %r" % (before, after))
	share = (after[1] - after[0]) / (before[1] - before[0])
	if not 0.15 < share < 0.35: # a fifth of the picture, which is more of its plot
		raise AssertionError("a fifth of the picture became %.2f of the span" % share)
	b.expect_quiet("zoom")


def check_live(b):
	"""The page fetches itself and replaces its content."""
	b.open("/")
	b.run("document.body.dataset.mark = 'kept'")
	for _ in range(300):
		if b.run("return document.getElementById('pulse').textContent").startswith("updated"):
			break
		time.sleep(0.1)
	else:
		raise AssertionError("it does not update itself")
	if b.run("return document.body.dataset.mark") != "kept":
		raise AssertionError("the page was loaded anew")
	b.expect_quiet("/")


# Of the first graph, as it is painted: the columns of pixels that are of a migration's mark, a
# dashed line from top to bottom of the plot.  It is purple; where it lies between two columns,
# both are a pale purple.
MARK_LINES = """
const image = document.querySelector('figure.graph img');
if (!image.complete || !image.naturalWidth)
	return null;
const canvas = document.createElement('canvas');
canvas.width = image.naturalWidth;
canvas.height = image.naturalHeight;
const context = canvas.getContext('2d');
context.drawImage(image, 0, 0);
const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
const found = [];
for (let x = 0; x < canvas.width; x++) {
	let n = 0;
	for (let y = 0; y < canvas.height; y++) {
		const at = 4 * (y * canvas.width + x);
		if (pixels[at] - pixels[at + 1] > 25 && pixels[at + 2] - pixels[at + 1] > 10)
			n++;
	}
	if (n > canvas.height / 4)
		found.push(x / canvas.width);
}
return found;
"""


def check_moved(b):
	"""A VM that is migrated while its page is open: there it shows its node, and the mark."""
	vm, before, after = (os.environ[name] for name in ("VM", "FROM", "TO"))
	node = "return Array.from(document.querySelectorAll('.title .context a'), a => a.textContent).join()"
	b.resize(*SIZES["laptop"])
	b.theme("light")
	b.open("/vm/" + vm + "?span=hour")
	b.pictures_are_there()
	if b.run(node) != before:
		raise AssertionError("it is on %s, not %s" % (b.run(node), before))
	if b.run(MARK_LINES):
		raise AssertionError("there is a mark before it moves")
	b.run("document.body.dataset.mark = 'kept'")
	begun = time.time()
	open(os.path.join(b.directory, "opened"), "w").close()
	b.wait_for(90, "the page tells its new node", node + " === arguments[0]", after)
	ended = time.time()
	lines = b.wait_for(120, "its mark in the graph",
		"const found = (() => {" + MARK_LINES + "})(); return found && found.length ? found : null")
	if b.run("return document.body.dataset.mark") != "kept":
		raise AssertionError("the page was loaded anew")
	box = b.run("const i = document.querySelector('figure.graph img');"
		"i.scrollIntoView({block: 'center'}); const r = i.getBoundingClientRect();"
		"return [r.left, r.top, r.width, r.height]")
	x, y = box[0] + box[2] * lines[0], box[1] + box[3] * 0.4
	words = ""
	for i in range(40): # it asks for the words when the pointer comes
		b.point_at(x + i % 2, y)
		words = b.run("return document.querySelector('figure.graph img').title")
		if words:
			break
		time.sleep(0.2)
	if "migrated: moved from %s to %s" % (before, after) not in words:
		raise AssertionError("the mark says: %r" % words)
	told = time.mktime(time.strptime(words[:19], "%Y-%m-%d %H:%M:%S"))
	if not begun - 2 <= told <= ended + 1:
		raise AssertionError("the mark is of %s, the move was from %s to %s" % (
			words[:19], time.ctime(begun), time.ctime(ended)))
	b.shoot("moved")
	b.expect_quiet("moved")


SICK = ["critical", "warning", "unknown", "ok"]


def check_sick(b):
	"""Of more nodes and pools than the overview has room for, the sick ones are there."""
	b.open("/")
	for title, verb, column in (("Nodes", "nodes", "Node"), ("Pools", "pools", "Pool")):
		shown = b.run("const s = Array.from(document.querySelectorAll('section')).find(s =>"
			" s.querySelector('h2').firstChild.textContent === arguments[0]);"
			"return Array.from(s.querySelectorAll('tbody tr'), r => [r.querySelector('th').innerText.trim(),"
			" r.querySelector('[data-label=Health]').innerText.trim()])", title)
		rows = json.loads(b.run("const x = new XMLHttpRequest(); x.open('GET', arguments[0], false); x.send();"
			"return x.responseText", "/api/%s?columns=vcl%sName,vcl%sHealth" % (verb, column, column)))["rows"]
		every = sorted((SICK.index(r["vcl%sHealth" % column]), r["vcl%sName" % column]) for r in rows)
		if len(every) <= len(shown):
			raise AssertionError("all %d %s fit" % (len(every), verb))
		if any(told != SICK[rank] and not told.startswith("STALE") for (_, told), (rank, _) in zip(shown, every)):
			raise AssertionError("%s: %r" % (title, shown))
		if title == "Nodes" and [name for _, name in every[:len(shown)]] != [name for name, _ in shown]:
			raise AssertionError("not in the order of their names: %r" % shown)


def check_names(b):
	"""Names that are markup stay text: of the made-up cluster."""
	first = "/vm/00000000-0000-4000-8000-000000000001"
	b.open(first)
	own = [link for kind in ("disk", "nic", "volume") for link in b.links("a[href*='/%s/']" % kind)[:1]]
	if len(own) != 3:
		raise AssertionError("the VM has not a disk, a NIC and a volume: %r" % own)
	for path in [first] + own + ["/exports", "/apps", "/pools", "/vms?sort=name", "/vms?q=script", "/top", "/"]:
		b.open(path)
		if b.run("return document.querySelectorAll('main script, main [onerror], main iframe').length") != 0:
			raise AssertionError(path + " has somebody's markup")
		if b.run("return document.title") == "owned":
			raise AssertionError(path + " ran somebody's script")
	for link in b.links("tbody th a")[:12]:
		b.open(link)
		b.expect_quiet(link)


def shoot_all(b, pages, themes):
	for size, (width, height) in SIZES.items():
		b.resize(width, height, 2 if size == "phone" else 1, size == "phone")
		for theme in themes:
			b.theme(theme)
			for name, path in pages.items():
				b.open(path)
				wide = b.run("return document.documentElement.scrollWidth - arguments[0]", width)
				if wide > 1:
					raise AssertionError("%s on a %s is %d pixels too wide" % (path, size, wide))
				b.shoot("%s-%s-%s" % (name, size, theme))
	b.resize(*SIZES["laptop"])
	b.theme("light")


def check_screens(b):
	"""Screenshots of a phone, a laptop and a wall."""
	pages = all_pages(b)
	shoot_all(b, pages, ["light"])
	shoot_all(b, {name: pages[name] for name in ("overview", "vms", "vm")}, ["dark"])


def check_gallery(b):
	"""The same of all pages in both themes: to be looked at."""
	pages = all_pages(b)
	pages["vms"] += "?sort=cpu&desc=1"
	pages["day"] = pages["vm"] + "?span=day"
	shoot_all(b, pages, ["light", "dark"])


def check_documents(b):
	"""overview.png and vm.png of the documentation: of the made-up cluster, plain."""
	b.theme("light")
	b.open("/")
	b.wait_for(100, "an alarm", "const x = new XMLHttpRequest(); x.open('GET', '/api/alarms', false);"
		"x.send(); return JSON.parse(x.responseText).found > 0")
	for name, path, height in (("overview", "/", 1175),
			("vm", "/vm/00000000-0000-4000-8000-000000000001?span=day", 830)):
		b.resize(1200, height)
		b.open(path)
		b.shoot(name)


CHECKS = {name[6:]: function for name, function in globals().items() if name.startswith("check_")}


def main():
	if len(sys.argv) < 4 or any(check not in CHECKS for check in sys.argv[3:]):
		sys.exit("usage: browser.py URL DIRECTORY CHECK...  (%s)" % " ".join(CHECKS))
	os.makedirs(sys.argv[2], exist_ok=True)
	browser = Browser(sys.argv[1], sys.argv[2])
	failed = 0
	try:
		browser.resize(*SIZES["laptop"])
		for check in sys.argv[3:]:
			try:
				CHECKS[check](browser)
				print("ok", check, flush=True)
			except (AssertionError, RuntimeError) as error:
				failed = 1
				print("not ok", check + ":", error, flush=True)
	finally:
		browser.end()
	sys.exit(failed)


main()
