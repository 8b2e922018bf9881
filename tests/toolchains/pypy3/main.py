import ctypes.util
import datetime
import json
import locale
import mimetypes
import multiprocessing
import secrets
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import zoneinfo


def double(queue, number):
    queue.put(2 * number)


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    word = open("/dev/stdin", encoding="utf-8").readline().strip()
    with tempfile.NamedTemporaryFile("w+") as file:
        json.dump({"number": 21}, file)
        file.seek(0)
        number = json.load(file)["number"]
    zone = zoneinfo.ZoneInfo("Europe/Prague")
    assert len(word) == 9 and datetime.datetime.now(zone).year >= 2020 and secrets.randbelow(6) < 6
    assert mimetypes.guess_type("a.html")[0] == "text/html" and ssl.create_default_context()
    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,) and ctypes.util.find_library("c")
    assert subprocess.run(["true"]).returncode == 0
    thread = threading.Thread(target=len, args=("",))
    thread.start()
    thread.join()
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=double, args=(queue, number))
    process.start()
    answer = queue.get()
    process.join()
    with open("/dev/stdout", "w", encoding="utf-8") as out:
        print(word, answer, file=out)
