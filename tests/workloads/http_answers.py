# SPDX-License-Identifier: MIT
"""http_answers.py WEFT - talk to `weft run httpd` over raw sockets and check each answer."""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

WEFT = sys.argv[1]
failed = 0
checks = 0


def check(what, good, seen=""):
    global failed, checks
    checks += 1
    if not good:
        failed += 1
        print(f"FAIL: {what}: {seen!r}")


class Server:
    def __init__(self, *options):
        self.dir = tempfile.TemporaryDirectory()
        port_file = os.path.join(self.dir.name, "port")
        self.trace = os.path.join(self.dir.name, "t.weft")
        self.process = subprocess.Popen(
            [WEFT, "run", "httpd", "--listen", "127.0.0.1:0", "--port-file", port_file,
             "--trace", self.trace, "--duration", "60s", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(500):
            if os.path.exists(port_file):
                break
            time.sleep(0.02)
        self.port = int(open(port_file, encoding="ascii").read())

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(10)
        return s

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out = self.process.communicate(timeout=30)[0].decode()
        return self.process.returncode, out


def read_all(s):
    data = b""
    while True:
        try:
            more = s.recv(65536)
        except (ConnectionResetError, socket.timeout):
            break
        if not more:
            break
        data += more
    return data


def talk(server, data, half_close=True):
    with server.connect() as s:
        s.sendall(data)
        if half_close:
            s.shutdown(socket.SHUT_WR)
        return read_all(s)


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def expect(server, what, data, status, body=None, close=None):
    answer = talk(server, data)
    check(what, status_of(answer) == status, answer[:200])
    head, _, rest = answer.partition(b"\r\n\r\n")
    if body is not None:
        check(what + ": body", rest == body, rest)
    if close is not None:
        check(what + ": close", (b"Connection: close" in head) == close, head)
    check(what + ": answered once", answer.count(b"HTTP/1.1 ") == 1, answer)


HOST = b"Host: x\r\n"


def answers(s):
    expect(s, "root", b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", 200, b"OK")
    expect(s, "HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", 200, b"OK", close=True)
    expect(s, "query", b"GET /?a=b HTTP/1.1\r\n" + HOST + b"\r\n", 200, b"OK")
    expect(s, "healthz", b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 200)
    expect(s, "head", b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n", 200, b"")
    expect(s, "sleep", b"GET /sleep?ms=5 HTTP/1.1\r\n" + HOST + b"\r\n", 200)
    expect(s, "spin", b"GET /spin?us=500 HTTP/1.1\r\n" + HOST + b"\r\n", 200)
    expect(s, "block", b"GET /block?ms=5 HTTP/1.1\r\n" + HOST + b"\r\n", 200)
    expect(s, "close asked", b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 200,
           close=True)
    expect(s, "counted body", b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
           200, b"hello")
    expect(s, "chunked body", b"POST /echo HTTP/1.1\r\n" + HOST +
           b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 200, b"hello")


def refusals(s):
    expect(s, "unknown path", b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n", 404)
    expect(s, "method", b"DELETE / HTTP/1.1\r\n" + HOST + b"\r\n", 405)
    check("Allow", b"Allow: GET, HEAD" in talk(s, b"DELETE / HTTP/1.1\r\n" + HOST + b"\r\n"))
    expect(s, "unknown method", b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 501)
    expect(s, "bad number", b"GET /sleep?ms=x HTTP/1.1\r\n" + HOST + b"\r\n", 400)
    expect(s, "version 2", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505)
    expect(s, "version 1.7", b"GET / HTTP/1.7\r\n" + HOST + b"\r\n", 505)
    for what, data in {
        "bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
        "bare LF in a header": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        "bare CR": b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "NUL": b"GET / HTTP/1.1\r\nHost: \0x\r\n\r\n",
        "space before colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "folded header": b"GET / HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n",
        "no target": b"GET\r\n\r\n",
        "garbage": b"\x16\x03\x01\x02\x00\r\n\r\n",
        "two lengths": b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                       b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "length and chunks": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "unknown coding": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "negative length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "huge length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    }.items():
        expect(s, what, data, 400, close=True)
    expect(s, "header too large", b"GET / HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n", 431)
    expect(s, "body too large", b"POST /echo HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n", 413)
    expect(s, "expectation", b"POST /echo HTTP/1.1\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417)


def connections(s):
    one = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = talk(s, one * 50)
    check("pipelining", answer.count(b"HTTP/1.1 200 OK") == 50, answer[:100])

    with s.connect() as c:  # byte by byte, twice on one connection
        for _ in range(2):
            for i in range(len(one)):
                c.sendall(one[i:i + 1])
            check("byte by byte", c.recv(4096).startswith(b"HTTP/1.1 200"))

    with s.connect() as c:
        c.sendall(b"POST /echo HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        check("100 continue", c.recv(4096).startswith(b"HTTP/1.1 100 "))
        c.sendall(b"ok")
        check("after 100", c.recv(4096).endswith(b"ok"))

    with s.connect() as c:
        c.sendall(b"GET / HT")
        check("slow header", status_of(read_all(c)) == 408)


def main():
    s = Server("--read-timeout", "1s")
    answers(s)
    refusals(s)
    connections(s)
    status, out = s.stop()
    check("exit status", status == 0, out)
    check("figures", "PASS" in out, out)
    verify = subprocess.run([WEFT, "verify", s.trace], capture_output=True, text=True)
    check("verify", verify.returncode == 0, verify.stdout + verify.stderr)
    print(f"{checks - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
