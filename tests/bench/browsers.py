#!/usr/bin/env python3
"""Browsers that reload: browsers.py ADDRESS:PORT BROWSERS PAUSE SECONDS UUID...

Each of them loads the overview, the page of a VM, and the graphs that are on it, then pauses
and begins again, with a VM of its own.  Prints how many replies there were and how long they
took; a reply that is no picture and no page ends it.
"""
import http.client
import re
import sys
import threading
import time


class Browser(threading.Thread):
    def __init__(self, where, uuid, pause, end):
        super().__init__()
        self.where, self.uuid, self.pause, self.end = where, uuid, pause, end
        self.times, self.failure = [], None

    def load(self, path):
        start = time.monotonic()
        self.connection.request("GET", path)
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status}")
        self.times.append(time.monotonic() - start)
        return body.decode()

    def run(self):
        self.connection = http.client.HTTPConnection(self.where, timeout=60)
        try:
            while time.monotonic() < self.end:
                self.load("/")
                page = self.load(f"/vm/{self.uuid}")
                for graph in re.findall(r'src="(/graph/[^"]*)"', page):
                    self.load(graph.replace("&amp;", "&"))
                time.sleep(self.pause)
        except Exception as failure:
            self.failure = failure


def main():
    where, n, pause, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    uuids = sys.argv[5:]
    end = time.monotonic() + seconds
    browsers = [Browser(where, uuids[i % len(uuids)], pause, end) for i in range(n)]
    for browser in browsers:
        browser.start()
    for browser in browsers:
        browser.join()
    for browser in browsers:
        if browser.failure:
            sys.exit(f"browsers: {browser.failure}")
    times = sorted(t for browser in browsers for t in browser.times)
    print(f"{len(times) / seconds:.0f} replies a second, median {times[len(times) // 2] * 1000:.0f} ms, "
          f"95 % {times[len(times) * 95 // 100] * 1000:.0f} ms")


main()
