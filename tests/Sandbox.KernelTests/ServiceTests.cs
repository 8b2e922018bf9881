using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The job host as a service of systemd's, with a program in the place of systemd.</summary>
public sealed class ServiceTests : KernelTest
{
    // Does what sd_notify(3) and sd_listen_fds(3) say of the manager.
    private const string Manager = """
        import json, os, re, select, signal, socket, subprocess, sys, time

        sandbox, directory, cgroup = sys.argv[1:4]

        def listen(family, address):
            listener = socket.socket(family)
            listener.bind(address)
            listener.listen()
            return listener

        def ask(family, address, path):
            client = socket.socket(family)
            client.settimeout(20)
            client.connect(address)
            client.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
            answer = b""
            while piece := client.recv(65536):
                answer += piece
            return answer.decode()

        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind("\0sandbox-test-%d" % os.getpid())
        notified.settimeout(20)
        unix, tcp = directory + "/s", listen(socket.AF_INET, ("127.0.0.1", 0))
        port = tcp.getsockname()[1]
        sockets = [listen(socket.AF_UNIX, unix), listen(socket.AF_UNIX, unix + ".exec"), tcp]
        said = open(directory + "/said", "w+b")

        def pass_on():
            os.dup2(said.fileno(), 2)
            for number, one in enumerate(sockets):
                os.dup2(one.fileno(), 100 + number)
            for number in range(3):
                os.dup2(100 + number, 3 + number, inheritable=True)
                os.close(100 + number)
            status = os.fstat(2)
            os.environ.update(NOTIFY_SOCKET="@sandbox-test-%d" % os.getppid(), LISTEN_PID=str(os.getpid()), LISTEN_FDS="3", LISTEN_FDNAMES="a:b:c",
                              WATCHDOG_USEC="400000", WATCHDOG_PID=str(os.getpid()), JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}")

        # Asked for before anybody answers: it waits for the server, as at the first connection.
        early = socket.socket(socket.AF_UNIX)
        early.connect(unix)
        early.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        server = os.fork()
        if server == 0:
            pass_on()
            os.closerange(6, 1000)
            os.execv(sandbox, [sandbox, "serve", "--grace", "30s"] + (["--cgroup", cgroup] if cgroup else []))

        ready = notified.recv(4096).decode()
        assert "READY=1" in ready.split("\n") and f"MAINPID={server}" in ready.split("\n"), ready
        assert early.recv(100).startswith(b"HTTP/1.1 200"), "early"
        assert ask(socket.AF_UNIX, unix, "/readyz").startswith("HTTP/1.1 200")
        assert ask(socket.AF_INET, ("127.0.0.1", port), "/v1/host").startswith("HTTP/1.1 200")
        for _ in range(3):
            assert notified.recv(4096) == b"WATCHDOG=1"

        # A job, and what the processes around it know of the manager.
        job = directory + "/job.json"
        json.dump({"command": ["sleep", "2"]}, open(job, "w"))
        first = subprocess.Popen([sandbox, "exec", "--server", unix, job], stdout=subprocess.PIPE)
        found = []
        while first.poll() is None:
            children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server)], stdout=subprocess.PIPE, text=True).stdout.split()
            for child in children:
                try:
                    found.append(open(f"/proc/{child}/environ").read())
                    links = [os.readlink(f"/proc/{child}/fd/{name}") for name in os.listdir(f"/proc/{child}/fd")]
                    assert not any(f"socket:[{os.fstat(one.fileno()).st_ino}]" in links for one in sockets), "a child has a socket"
                except (FileNotFoundError, PermissionError, ProcessLookupError):
                    pass
            time.sleep(0.05)
        assert json.loads(first.communicate(timeout=60)[0])["verdict"] == "ok"
        assert not any(word in environment for environment in found for word in ("NOTIFY_SOCKET", "LISTEN_", "WATCHDOG_")), found

        # It drains: not ready, but alive. The slot of the last job may be free only after its result is there.
        while '"running":0' not in ask(socket.AF_UNIX, unix, "/v1/host"):
            time.sleep(0.02)
        json.dump({"command": ["sleep", "3"]}, open(job, "w"))
        run = subprocess.Popen([sandbox, "exec", "--server", unix, job], stdout=subprocess.PIPE)
        while '"running":1' not in ask(socket.AF_UNIX, unix, "/v1/host"):
            time.sleep(0.02)
        os.kill(server, signal.SIGTERM)
        told = notified.recv(4096)
        while told == b"WATCHDOG=1":
            told = notified.recv(4096)
        told = told.decode().split("\n")
        assert told[0] == "STOPPING=1" and int(told[1].removeprefix("EXTEND_TIMEOUT_USEC=")) >= 30_000_000, told
        assert ask(socket.AF_UNIX, unix, "/readyz").startswith("HTTP/1.1 503")
        assert ask(socket.AF_UNIX, unix, "/healthz").startswith("HTTP/1.1 200")
        assert json.loads(run.communicate(timeout=60)[0])["verdict"] == "ok"
        assert os.waitpid(server, 0)[1] == 0

        # What is the manager's stays: it starts the next server on it.
        assert os.path.exists(unix) and os.path.exists(unix + ".exec")
        said.seek(0)
        lines = said.read().decode().splitlines()
        assert lines and all(re.match("<[3-7]>", line) for line in lines), lines
        print("as it should be")
        """;

    [KernelFact]
    public async Task It_takes_sockets_from_its_manager_and_tells_it_how_it_stands()
    {
        var script = Directory + "/manager.py";
        await File.WriteAllTextAsync(script, Manager, Cancellation);

        var run = await CommandRun.StartAsync("/usr/bin/python3", "", Cancellation, script, Probe.CommandLine, Directory, Environment.GetEnvironmentVariable("SANDBOX_CGROUP") ?? "");

        Assert.True(run.Stdout == "as it should be\n", run.Stderr + (File.Exists(Directory + "/said") ? await File.ReadAllTextAsync(Directory + "/said", Cancellation) : ""));
    }

    [KernelFact]
    public async Task A_socket_of_its_manager_that_others_reach_needs_a_token_too()
    {
        const string pass = "import os, socket, sys\ns = socket.socket()\ns.bind(('0.0.0.0', 0))\ns.listen()\nos.dup2(s.fileno(), 3)\nos.set_inheritable(3, True)\nos.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\nos.execv(sys.argv[1], [sys.argv[1], 'serve'])\n";
        var refused = await CommandRun.StartAsync("/usr/bin/python3", "", Cancellation, "-c", pass, Probe.CommandLine);
        var noSocket = await CommandRun.StartAsync("/usr/bin/python3", "", Cancellation, "-c", pass.Replace("s.listen()", "pass", StringComparison.Ordinal), Probe.CommandLine);

        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("it needs --token-file", refused.Stderr, StringComparison.Ordinal);
        Assert.Equal(3, noSocket.ExitStatus);
        Assert.Contains("no socket that listens", noSocket.Stderr, StringComparison.Ordinal);
    }
}
