#!/usr/bin/env python3
"""Managers at once fire valid and invalid SETs at VMs, and compare what they were told
with what the daemon's log says it did.

usage: storm.py HOST:PORT ROOT LOG SECONDS MANAGERS

A line of JSON with what was counted, and one for each thing that is wrong; exit status 1
then.  Speaks SNMPv2c itself, so that it can send the same datagram twice.
"""
import collections
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time

NO_ERROR, WRONG_TYPE, WRONG_VALUE, NO_CREATION, INCONSISTENT_VALUE, RESOURCE, NOT_WRITABLE, \
    INCONSISTENT_NAME = 0, 7, 10, 11, 12, 13, 17, 18
# what a valid SET may be answered with when others act on the same VM
BUSY = {NO_ERROR, INCONSISTENT_VALUE, RESOURCE}
NEVER = {5: "genErr", 14: "commitFailed", 15: "undoFailed", 1: "tooBig"}

TYPE, OBJECT, KEEP, AMOUNT, STATUS, TARGET = 3, 5, 30, 31, 32, 18
GO, WAIT, ACTIVE, DESTROY = 4, 5, 1, 6
POWER_ON, SHUTDOWN, POWER_OFF, RESET, SUSPEND, RESUME, POWER_CYCLE, MIGRATE = \
    2, 3, 4, 6, 7, 8, 13, 18
ACTIONS = (POWER_ON, POWER_ON, POWER_OFF, RESET, RESET, SUSPEND, RESUME, RESUME, POWER_CYCLE)

# --- BER, as much of it as is needed


def tlv(tag, body):
    n = len(body)
    head = bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + head + body


def number(tag, value):
    n = value.bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(n, "big", signed=True))


def arc(value):
    out = [value & 0x7f]
    while value > 0x7f:
        value >>= 7
        out.append(0x80 | value & 0x7f)
    return bytes(reversed(out))


def oid(arcs):
    return tlv(6, bytes([arcs[0] * 40 + arcs[1]]) + b"".join(map(arc, arcs[2:])))


def parts(data):
    """The elements of a constructed body."""
    at = 0
    while at < len(data):
        tag, n = data[at], data[at + 1]
        at += 2
        if n & 0x80:
            more = n & 0x7f
            n = int.from_bytes(data[at:at + more], "big")
            at += more
        yield tag, data[at:at + n]
        at += n


def signed(body):
    return int.from_bytes(body, "big", signed=True)


INT, TEXT, UNSIGNED, NULL = (lambda v: number(2, v)), (lambda v: tlv(4, v.encode())), \
    (lambda v: number(0x42, v)), (lambda v=None: tlv(5, b""))


class Agent:
    """One manager's way to the agent."""

    def __init__(self, address, root, community):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))
        self.root, self.community = root, community
        self.request = random.randrange(1, 1 << 30)

    def ask(self, pdu, varbinds, twice=False):
        """(error, index, [(arcs of the OID, tag, body)]); sends again after a second."""
        self.request += 1
        binds = b"".join(tlv(0x30, oid(self.root + list(arcs)) + value)
                         for arcs, value in varbinds)
        body = number(2, self.request) + number(2, 0) + number(2, 0) + tlv(0x30, binds)
        message = tlv(0x30, number(2, 1) + tlv(4, self.community) + tlv(pdu, body))
        for _ in range(20):
            self.socket.send(message)
            if twice:
                self.socket.send(message)
            answers = [a for a in (self.answer() for _ in range(1 + twice)) if a]
            if answers:
                return answers
        raise RuntimeError("the agent does not answer")

    def answer(self):
        self.socket.settimeout(2)
        while True:
            try:
                data = self.socket.recv(65535)
            except socket.timeout:
                return None
            _, message = next(parts(data))
            pdu = list(parts(message))[2][1]
            fields = list(parts(pdu))
            if signed(fields[0][1]) != self.request:
                continue
            values = [list(parts(bind)) for _, bind in parts(fields[3][1])]
            return signed(fields[1][1]), signed(fields[2][1]), [v[1] for v in values]

    def get(self, *arcs):
        return self.ask(0xa0, [(arcs, NULL())])[0][2][0]

    def get_number(self, *arcs):
        tag, body = self.get(*arcs)
        return signed(body) if tag < 0x80 else None

    def set(self, varbinds, twice=False):
        return self.ask(0xa3, varbinds, twice)

    def column(self, prefix, column):
        """{index: body} by GETBULK."""
        base = self.root + list(prefix) + [column]
        rows, at = {}, list(prefix) + [column]
        while True:
            self.request += 1
            bind = tlv(0x30, oid(self.root + at) + NULL())
            body = number(2, self.request) + number(2, 0) + number(2, 50) + tlv(0x30, bind)
            self.socket.send(tlv(0x30, number(2, 1) + tlv(4, self.community) +
                                 tlv(0xa5, body)))
            self.socket.settimeout(5)
            pdu = list(parts(next(parts(self.socket.recv(65535)))[1]))[2][1]
            for _, one in parts(list(parts(pdu))[3][1]):
                (_, name), (tag, value) = list(parts(one))
                arcs = decode(name)
                if arcs[:len(base)] != base or tag >= 0x80:
                    return rows
                rows[arcs[-1]] = value
                at = arcs[len(self.root):]


def decode(body):
    arcs, value = [body[0] // 40, body[0] % 40], 0
    for byte in body[1:]:
        value = value << 7 | byte & 0x7f
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    return arcs


# --- the storm

wrong = []  # sentences
counts = collections.Counter()
lock = threading.Lock()


def complain(sentence):
    with lock:
        wrong.append(sentence)


def job(row, column):
    return (1, 6, 11, 1, column, row)


class Manager(threading.Thread):
    def __init__(self, n, address, root, vms, nodes, end):
        super().__init__()
        self.agent = Agent(address, root, b"private")
        self.n, self.vms, self.nodes, self.end = n, vms, nodes, end
        self.random = random.Random(n)
        self.next_row = 2000000000 + n * 1000000
        self.rows = []     # that were accepted
        self.refused = []  # that were not
        self.actions = 0   # accepted SETs of vclVmAction and vclCommand, one VM each

    def set(self, what, varbinds, allowed, twice=False):
        answers = self.agent.set(varbinds, twice)
        with lock:
            counts["sets"] += 1
            for error, _, _ in answers:
                counts["error %d" % error] += 1
        for error, _, _ in answers:
            if error in NEVER:
                complain("%s: %s" % (what, NEVER[error]))
            elif error not in allowed:
                complain("%s: error %d, not one of %s" % (what, error, sorted(allowed)))
        return answers[0][0], answers

    # each: what it sends, and what may come back

    def action(self, twice=False):
        vm = self.random.choice(self.vms)
        error, answers = self.set("action", [((1, 9, 11, 1, 1, vm),
            INT(self.random.choice(ACTIONS)))], BUSY, twice)
        self.actions += sum(e == NO_ERROR for e, _, _ in answers)

    def action_twice(self):
        self.action(True)

    def command(self):
        verb = self.random.choice(("start", "poweroff", "reset", "suspend", "resume"))
        error, _ = self.set("command", [((1, 9, 3, 0),
            TEXT("%s %d" % (verb, self.random.choice(self.vms))))], BUSY)
        self.actions += error == NO_ERROR

    def with_lock(self):
        value = self.agent.get_number(1, 9, 2, 0)
        error, _ = self.set("with lock", [((1, 9, 2, 0), INT(value)),
            ((1, 9, 11, 1, 1, self.random.choice(self.vms)), INT(RESET))], BUSY)
        self.actions += error == NO_ERROR

    def new_row(self):
        self.next_row += 1
        return self.next_row

    def job_of(self, row):
        kind = self.random.choice(ACTIONS + (MIGRATE, MIGRATE, SHUTDOWN))
        more = []
        if kind == MIGRATE:
            more = [(job(row, TARGET), INT(self.random.choice(self.nodes)))]
        elif kind == SHUTDOWN:
            more = [(job(row, AMOUNT), UNSIGNED(2))]
        return [(job(row, TYPE), INT(kind)),
                (job(row, OBJECT), UNSIGNED(self.random.choice(self.vms)))] + more

    def note(self, row, error):
        (self.rows if error == NO_ERROR else self.refused).append(row)

    def go(self, twice=False):
        row = self.new_row()
        varbinds = [(job(row, STATUS), INT(GO))] + self.job_of(row)
        self.random.shuffle(varbinds)
        error, answers = self.set("createAndGo", varbinds, BUSY, twice)
        # the second may be accepted when the VM became free between the two
        accepted = any(e == NO_ERROR for e, _, _ in answers)
        if error == NO_ERROR and any(e != NO_ERROR for e, _, _ in answers):
            complain("row %d: accepted, and refused when it was sent again" % row)
        self.note(row, NO_ERROR if accepted else error)

    def go_twice(self):
        self.go(True)

    def wait(self):
        row = self.new_row()
        error, _ = self.set("createAndWait", [(job(row, STATUS), INT(WAIT))],
                            {NO_ERROR, RESOURCE})
        if error != NO_ERROR:
            self.refused.append(row)
            return
        for varbind in self.job_of(row):
            self.set("fill", [varbind], {NO_ERROR})
        error, _ = self.set("active", [(job(row, STATUS), INT(ACTIVE))], BUSY)
        self.note(row, error)
        if error != NO_ERROR:
            self.set("destroy a draft", [(job(row, STATUS), INT(DESTROY))], {NO_ERROR})

    def destroy(self):
        row = self.random.choice(self.rows) if self.rows else 5
        self.set("destroy", [(job(row, STATUS), INT(DESTROY))],
                 {NO_ERROR, INCONSISTENT_VALUE})

    def two_rows_one_bad(self):
        good, bad = self.new_row(), self.new_row()
        self.set("two rows, one bad", [(job(good, STATUS), INT(GO)),
            (job(good, TYPE), INT(RESET)), (job(good, OBJECT), UNSIGNED(self.vms[0])),
            (job(bad, STATUS), INT(GO)), (job(bad, TYPE), INT(RESET)),
            (job(bad, OBJECT), UNSIGNED(4711))], {INCONSISTENT_VALUE, RESOURCE})
        self.refused += [good, bad]

    def invalid(self):
        vm = self.random.choice(self.vms)
        row = self.new_row()
        self.refused.append(row)
        varbinds, error = self.random.choice((
            ([((1, 9, 11, 1, 1, vm), INT(99))], WRONG_VALUE),
            ([((1, 9, 11, 1, 1, vm), INT(1))], WRONG_VALUE),
            ([((1, 9, 11, 1, 1, vm), UNSIGNED(4))], WRONG_TYPE),
            ([((1, 9, 11, 1, 1, 4711), INT(4))], NO_CREATION),
            ([((1, 9, 11, 1, 1, vm), INT(RESET)), ((1, 9, 3, 0), TEXT("explode"))],
             WRONG_VALUE),
            ([((1, 9, 3, 0), TEXT("start nobody"))], INCONSISTENT_NAME),
            ([((1, 9, 1, 0), INT(1))], NOT_WRITABLE),
            ([((1, 9, 2, 0), INT(-1))], WRONG_VALUE),
            ([(job(row, TYPE), INT(RESET))], INCONSISTENT_NAME),
            ([(job(row, STATUS), INT(ACTIVE))], INCONSISTENT_VALUE),
            ([(job(row, STATUS), INT(3))], WRONG_VALUE),
            ([(job(row, STATUS), INT(GO)), (job(row, TYPE), INT(RESET))], INCONSISTENT_VALUE),
            ([(job(row, STATUS), INT(GO)), (job(row, TYPE), INT(99)),
              (job(row, OBJECT), UNSIGNED(vm))], WRONG_VALUE),
            ([(job(0, STATUS), INT(GO))], NO_CREATION),
            ([(job(row, 9), INT(1))], NOT_WRITABLE),
        ))
        # the master answers for what VACM hides: vclControlEnabled is in the view
        self.set("invalid %r" % (varbinds[0][0],), varbinds, {error})

    def run(self):
        kinds = (self.action, self.action, self.action_twice, self.command, self.with_lock,
                 self.go, self.go, self.go_twice, self.wait, self.destroy,
                 self.two_rows_one_bad, self.invalid, self.invalid)
        try:
            while time.monotonic() < self.end:
                self.random.choice(kinds)()
                time.sleep(self.random.random() * 0.1)
        except Exception as e:  # the main thread tells of it
            complain("manager %d: %s" % (self.n, e))


# --- what the others say


def running(uri):
    out = subprocess.run(["virsh", "-q", "-c", uri, "list", "--name", "--state-running"],
                         stdout=subprocess.PIPE, text=True, check=False).stdout
    return set(out.split())


def watch_places(uris):
    """No VM runs on two hosts.  The order of asking may see one that has just moved."""
    first = [running(uri) for uri in uris]
    both = set.intersection(*first)
    if both:
        both &= set.intersection(*[running(uri) for uri in reversed(uris)])
    for name in both:
        complain("%s runs in two places" % name)


def settle(agent):
    """Until no job waits or runs."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if agent.get_number(1, 1, 19, 0) == 0 and agent.get_number(1, 1, 20, 0) == 0:
            return
        time.sleep(0.2)
    complain("jobs still wait or run after two minutes")


def read_log(path):
    accepted, ended = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            m = re.search(r"jobs: job (\d+) \(.*?\) (accepted|succeeded|failed|cancelled|"
                          r"interrupted)\b", line)
            if m:
                (accepted if m[2] == "accepted" else ended)[int(m[1])] += 1
    return accepted, ended


def check_log(path, managers):
    accepted, ended = read_log(path)
    for number_, n in accepted.items():
        if n != 1:
            complain("job %d was accepted %d times" % (number_, n))
        if ended[number_] != 1:
            complain("job %d has %d results" % (number_, ended[number_]))
    for manager in managers:
        for row in manager.rows:
            if accepted[row] != 1:
                complain("row %d was accepted, and has %d jobs" % (row, accepted[row]))
        for row in manager.refused:
            if accepted[row]:
                complain("row %d was refused, and has a job" % row)
    own = sum(1 for n in accepted if n < 1000000000)
    actions = sum(m.actions for m in managers)
    if own > actions:
        complain("%d jobs of %d accepted actions" % (own, actions))
    counts.update(jobs=len(accepted), rows=sum(len(m.rows) for m in managers),
                  actions=actions)


def check_twice(agent, vms, path):
    """Nobody else is there: a datagram sent twice is one job, for each VM."""
    time.sleep(2.5)  # the same action of the storm would be this one
    before = len(read_log(path)[0])
    n = 0
    for vm in vms:
        answers = agent.set([((1, 9, 11, 1, 1, vm), INT(POWER_CYCLE))], True)
        errors = {a[0] for a in answers}
        n += errors == {NO_ERROR}
        if len(errors) != 1:
            complain("VM %d: the same datagram twice: errors %s" % (vm, errors))
    time.sleep(0.5)
    settle(agent)
    jobs = len(read_log(path)[0]) - before
    if jobs != n:
        complain("%d jobs of %d actions that were sent twice" % (jobs, n))
    counts["twice"] = n


def main():
    address, root, path = sys.argv[1], [int(a) for a in sys.argv[2].strip(".").split(".")], \
        sys.argv[3]
    seconds, n = int(sys.argv[4]), int(sys.argv[5])
    agent = Agent(address, root, b"private")
    vms = list(agent.column((1, 3, 11, 1), 2))
    nodes = list(agent.column((1, 2, 11, 1), 2))
    uris = [v for k, v in sorted(os.environ.items()) if k.startswith("VCL_URI_")]
    end = time.monotonic() + seconds
    managers = [Manager(i, address, root, vms, nodes, end) for i in range(n)]
    for manager in managers:
        manager.start()
    while time.monotonic() < end:
        watch_places(uris)
        time.sleep(1)
    for manager in managers:
        manager.join()
    settle(agent)
    watch_places(uris)
    check_log(path, managers)
    check_twice(agent, vms, path)
    print(json.dumps(counts, sort_keys=True))
    for sentence in wrong[:50]:
        print("wrong: " + sentence)
    if not counts["rows"] or not counts["actions"] or not counts["twice"]:
        print("wrong: nothing was accepted")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
