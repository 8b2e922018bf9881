using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Programs that fetch what a build needs, from a server of the test under a name of the list.</summary>
public abstract class ClientEgressTest : EgressTest, IDisposable
{
    private const string Name = "registry.example.org";
    private const string Address = "93.184.216.34";

    private readonly TlsFileServer _server = new(Name);

    private protected ClientEgressTest(bool withoutRedirects)
        : base(withoutRedirects)
    {
        Internet.Name(Name, Address);
        Internet.Server(Address, 443, _server.Server);
    }

    private protected async Task GitClonesAsync()
    {
        var made = await CommandRun.ShellInAsync(Directory, """
            export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
            git init -q work && cd work && echo cloned > file && git add file && git -c user.name=t -c user.email=t@example.org commit -qm one && cd .. &&
            git clone -q --bare work repo.git && git -C repo.git update-server-info
            """, Cancellation);
        Assert.True(made.ExitStatus == 0, made.ToString());
        _server.AddBelow("/repo.git", Path.Combine(Directory, "repo.git"));

        AssertFetched("cloned", await FetchAsync($"git -c http.sslCAInfo=/work/ca.pem clone -q https://{Name}/repo.git /work/repo && cat /work/repo/file"));
    }

    private protected async Task PipInstallsAsync()
    {
        var wheel = Wheel();
        var digest = Convert.ToHexStringLower(SHA256.HashData(wheel));
        _server.Add("/simple/hello/", Encoding.ASCII.GetBytes($"<!DOCTYPE html><html><body><a href=\"/files/hello-1.0-py3-none-any.whl#sha256={digest}\">hello-1.0-py3-none-any.whl</a></body></html>"));
        _server.Add("/files/hello-1.0-py3-none-any.whl", wheel);

        AssertFetched("installed", await FetchAsync(
            $"pip3 install -q --disable-pip-version-check --no-cache-dir --no-deps --target /work/site --cert /work/ca.pem --index-url https://{Name}/simple hello && PYTHONPATH=/work/site python3 -c 'import hello; print(hello.said)'"));
    }

    private protected async Task CurlFetchesAsync()
    {
        _server.Add("/file", "fetched\n"u8.ToArray());

        AssertFetched("fetched", await FetchAsync($"curl -sS --cacert /work/ca.pem https://{Name}/file"));
    }

    private protected async Task CargoFetchesAsync()
    {
        var (crate, digest) = Crate();
        _server.Add("/index/config.json", Encoding.ASCII.GetBytes($$"""{ "dl": "https://{{Name}}/crates/{crate}-{version}.crate" }"""));
        _server.Add("/index/he/ll/hello", Encoding.ASCII.GetBytes($$"""{"name":"hello","vers":"1.0.0","deps":[],"cksum":"{{digest}}","features":{},"yanked":false}""" + "\n"));
        _server.Add("/crates/hello-1.0.0.crate", crate);

        AssertFetched("fetched", await FetchAsync($$"""
            mkdir -p /work/p/src /work/p/.cargo && cd /work/p && touch src/lib.rs && export CARGO_HOME=/work/cargo CARGO_HTTP_CAINFO=/work/ca.pem
            printf '[package]\nname = "p"\nversion = "0.1.0"\n[dependencies]\nhello = "1"\n' > Cargo.toml
            printf '[source.crates-io]\nreplace-with = "own"\n[source.own]\nregistry = "sparse+https://{{Name}}/index/"\n' > .cargo/config.toml
            cargo fetch -q && find /work/cargo -name 'hello-1.0.0.crate' | grep -q . && echo fetched
            """));
    }

    private async Task<JobResult> FetchAsync(string script)
    {
        var job = Probe.Tool("sh", "-c", script) with
        {
            Network = Network.Egress($"{Name}:443"),
            Files = [new InjectedFile { Path = "/work/ca.pem", Content = new InlineContent { Bytes = Encoding.ASCII.GetBytes(_server.Authority) } }],
        };
        return await RunAsync(job);
    }

    // All of it over the one connection that the list allows, or several to the same.
    private static void AssertFetched(string said, JobResult result)
    {
        AssertPrinted(said, result);
        var row = Assert.Single(result.Connections);
        Assert.Equal((Name, Address, 443, true, null), (row.Name, row.Address, row.Port, row.Allowed, row.Reason));
    }

    private static byte[] Wheel()
    {
        var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(archive, "hello/__init__.py", "said = 'installed'\n");
            Write(archive, "hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n");
            Write(archive, "hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            Write(archive, "hello-1.0.dist-info/RECORD", "hello/__init__.py,,\nhello-1.0.dist-info/METADATA,,\nhello-1.0.dist-info/WHEEL,,\nhello-1.0.dist-info/RECORD,,\n");
        }

        return bytes.ToArray();
    }

    private static void Write(ZipArchive archive, string name, string text)
    {
        using var entry = archive.CreateEntry(name).Open();
        entry.Write(Encoding.ASCII.GetBytes(text));
    }

    private static (byte[] Bytes, string Digest) Crate()
    {
        var bytes = BusyboxImage.Compress(BusyboxImage.Layer(
            BusyboxImage.Text("hello-1.0.0/Cargo.toml", "[package]\nname = \"hello\"\nversion = \"1.0.0\"\n"),
            BusyboxImage.Text("hello-1.0.0/src/lib.rs", "\n")));
        return (bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    void IDisposable.Dispose()
    {
        _server.Dispose();
        Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>They need to know nothing of it where the kernel leads connections to the host.</summary>
public sealed class ClientEgressTests() : ClientEgressTest(withoutRedirects: false)
{
    [KernelFact(Needs.Redirect, tool: "git")]
    public Task Git_clones() => GitClonesAsync();

    [KernelFact(Needs.Redirect, tool: "pip3")]
    public Task Pip_installs() => PipInstallsAsync();

    [KernelFact(Needs.Redirect, tool: "curl")]
    public Task Curl_fetches() => CurlFetchesAsync();

    [KernelFact(Needs.Redirect, tool: "cargo")]
    public Task Cargo_fetches() => CargoFetchesAsync();
}

/// <summary>Elsewhere they take the proxy that the job's variables name.</summary>
public sealed class ClientProxyTests() : ClientEgressTest(withoutRedirects: true)
{
    [KernelFact(tool: "git")]
    public Task Git_clones() => GitClonesAsync();

    [KernelFact(tool: "pip3")]
    public Task Pip_installs() => PipInstallsAsync();

    [KernelFact(tool: "curl")]
    public Task Curl_fetches() => CurlFetchesAsync();

    [KernelFact(tool: "cargo")]
    public Task Cargo_fetches() => CargoFetchesAsync();
}
