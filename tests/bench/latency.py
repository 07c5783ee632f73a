#!/usr/bin/env python3
"""From a SET to libvirt's call, and from libvirt's event to the trap on the wire.

usage: latency.py AGENT ROOT TRAP-PORT LIBVIRT-URI CALLS ROUNDS

CALLS  the file in which the daemon notes its calls (bench_calls)
"""
import datetime
import os
import re
import select
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                                "integration"))
from storm import Agent, INT, NO_ERROR, RESUME, SUSPEND  # noqa: E402

MOST_SET_MS, MOST_TRAP_MS = 10, 100


class Traps(threading.Thread):
    """When packets to the trap receiver were on the wire, in seconds since 1970."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.seen = port, []
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(0x0800))
        self.wire.bind(("lo", 0))

    def run(self):
        while True:
            packet, address = self.wire.recvfrom(65535)
            now = time.time()
            header = (packet[0] & 15) * 4
            if address[2] == socket.PACKET_HOST and packet[9] == 17 and \
                    int.from_bytes(packet[header + 2:header + 4], "big") == self.port:
                self.seen.append(now)

    def first_after(self, moment, seconds):
        end = time.time() + seconds
        while time.time() < end:
            later = [t for t in self.seen if t >= moment]
            if later:
                return later[0]
            time.sleep(0.005)
        return None


def one_line(pipe, seconds):
    ready, _, _ = select.select([pipe], [], [], seconds)
    return os.read(pipe.fileno(), 4096).decode() if ready else ""


def event_time(text):
    """Of the first line of `virsh event --timestamp`; its clock has milliseconds."""
    m = re.match(r"(\d+-\d+-\d+ \d+:\d+:\d+\.\d+)\+0000: event", text)
    if m is None:
        return None
    moment = datetime.datetime.strptime(m[1], "%Y-%m-%d %H:%M:%S.%f")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def event_to_trap(uri, port, rounds):
    traps = Traps(port)
    traps.start()
    pty, side = os.openpty()  # virsh buffers what goes to a pipe
    with subprocess.Popen(["virsh", "-c", uri, "event", "--event", "lifecycle", "--loop",
                           "--timestamp"], stdout=side, stdin=subprocess.DEVNULL) as listener, \
            os.fdopen(pty, "rb", buffering=0) as out:
        time.sleep(1)
        times = []
        for i in range(rounds):
            subprocess.run(["virsh", "-q", "-c", uri, ("suspend", "resume")[i % 2], "bench"],
                           check=True, stdout=subprocess.DEVNULL)
            moment = event_time(one_line(out, 5))
            trap = traps.first_after(moment, 5) if moment else None
            if trap:
                times.append((trap - moment) * 1000)
            time.sleep(0.5)
        listener.terminate()
    return times


def set_to_call(agent, vm, calls, rounds):
    times = []
    for i in range(rounds):
        with open(calls, "w", encoding="ascii"):
            pass
        start = time.monotonic()
        error = agent.set([((1, 9, 11, 1, 1, vm), INT((SUSPEND, RESUME)[i % 2]))])[0][0]
        if error != NO_ERROR:
            sys.exit("the SET was answered with error %d" % error)
        end = time.monotonic() + 5
        text = ""
        while not text and time.monotonic() < end:
            time.sleep(0.002)
            with open(calls, encoding="ascii") as lines:
                text = lines.readline()
        if text:
            times.append(int(text) / 1000 - start * 1000)
        time.sleep(1)  # until the job has ended and the table shows it
    return times


def tell(what, times, rounds, most):
    if len(times) < rounds:
        print("%s: only %d of %d were seen" % (what, len(times), rounds))
        return False
    times.sort()
    median, high = statistics.median(times), times[int(len(times) * 0.95)]
    print("%-34s median %6.1f ms   95%% %6.1f ms   longest %6.1f ms   (median at most %d ms)"
          % (what, median, high, times[-1], most))
    return median <= most


def main():
    address, root, port, uri, calls, rounds = sys.argv[1:7]
    rounds = int(rounds)
    agent = Agent(address, [int(a) for a in root.strip(".").split(".")], b"private")
    names = agent.column((1, 3, 11, 1), 2)
    vm = next(index for index, name in names.items() if name == b"bench")
    traps = tell("libvirt's event to trap on the wire",
                 event_to_trap(uri, int(port), rounds), rounds, MOST_TRAP_MS)
    sets = tell("SET to libvirt's call", set_to_call(agent, vm, calls, rounds), rounds,
                MOST_SET_MS)
    return 0 if traps and sets else 1


if __name__ == "__main__":
    sys.exit(main())
