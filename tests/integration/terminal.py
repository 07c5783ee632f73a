#!/usr/bin/env python3
"""terminal.py ROWSxCOLUMNS STEP... -- PROGRAM...: what a person does and sees.

STEP: see:TEXT, until TEXT stands on the screen; gone:TEXT, until it does not; key:KEYS;
stop and go: Ctrl-Z, and SIGCONT; run:COMMAND, for a shell; print: the screen to standard output.
At the end the program must have ended well and the terminal be as it was before.
"""
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, termios, time

SECONDS = 30
KEYS = {"up": b"\x1b[A", "down": b"\x1b[B", "ctrl-c": b"\x03"}

rows, columns = map(int, sys.argv[1].split("x"))
split = sys.argv.index("--")
steps, program = sys.argv[2:split], sys.argv[split + 1:]
size = struct.pack("HHHH", rows, columns, 0, 0)
held, hold = os.pipe()
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.environ.pop("COLUMNS", None)
    os.close(hold)
    os.read(held, 1)  # until the terminal has its size
    os.execv(program[0], program)
fcntl.ioctl(fd, termios.TIOCSWINSZ, size)
before = termios.tcgetattr(fd)
os.close(hold)
seen = b""


def screen():
    frames = re.findall(rb"\x1b\[H((?:(?!\x1b\[H).)*?)\x1b\[J", seen, re.S)
    text = frames[-1] if frames else b""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\r", b"", text).decode()


def read(timeout):
    global seen
    if not select.select([fd], [], [], timeout)[0]:
        return True
    try:
        seen += os.read(fd, 65536)
    except OSError:
        return False
    return True


def wait(what, done):
    end = time.monotonic() + SECONDS
    while not done():
        if time.monotonic() > end or not read(0.5):
            sys.exit(f"in vain: {what}\n{screen()}\n{seen[-300:]!r}")


for step in steps:
    word, _, text = step.partition(":")
    if word == "see":
        wait(step, lambda: re.search(text, screen(), re.M))
    elif word == "gone":
        wait(step, lambda: screen() and not re.search(text, screen(), re.M))
    elif word == "key":
        os.write(fd, KEYS.get(text, text.encode()))
    elif word == "stop":
        os.write(fd, b"\x1a")
        assert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
        assert termios.tcgetattr(fd) == before
        wait("the first screen again", lambda: seen.endswith(b"\x1b[?1049l"))
    elif word == "go":
        seen = b""
        os.kill(pid, signal.SIGCONT)
    elif word == "run":
        subprocess.run(text, shell=True, check=True, stdout=sys.stderr)
    elif word == "print":
        print(screen())
        widest = max(map(len, screen().split("\n")))
        assert widest <= columns and screen().count("\n") <= rows, (widest, rows)
    else:
        sys.exit(f"no such step: {step}")
while read(SECONDS):
    pass
status = os.waitpid(pid, 0)[1]
assert status == 0, status
assert termios.tcgetattr(fd) == before
assert seen.startswith(b"\x1b[?1049h") and seen.rstrip().endswith(b"\x1b[?1049l")
